// The office door: a reverse proxy that has signed the person in names the account in a header.
// Invariant: the header counts only over the Unix socket, from the process user of the proxy, given once, not empty, and in
// no other spelling: proxies pass `X_Remote_User` on as it came from the browser. Roles come from the accounts file alone.

import Seal
package import Values

package struct ProxyDoor: Sendable {
  package let header: String
  /// The user that the proxy's processes run as.
  package let peer: UInt32
  package let accountsFile: String

  /// - Throws: ``Stop`` with ``Exit/usage`` if the accounts can't be read.
  package init(header: String, peer: UInt32, accountsFile: String) throws(Stop) {
    _ = try Accounts(file: accountsFile)
    self.header = header.lowercased()
    (self.peer, self.accountsFile) = (peer, accountsFile)
  }

  enum Refusal: Error { case peer, header, account }

  /// The account of a request, with its roles.
  func account(of request: Request) throws(Refusal) -> (name: String, roles: Set<Role>) {
    guard request.peer == peer else { throw .peer }
    let spellings = request.headers.filter { Self.plain($0.name) == Self.plain(header) }
    guard spellings.count == 1, spellings[0].name == header, !spellings[0].value.trimmed.isEmpty else {
      throw .header
    }
    let name = spellings[0].value.trimmed
    guard let account = (try? Accounts(file: accountsFile))?[name] else { throw .account }
    return (name, account.roles)
  }

  private static func plain(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}
