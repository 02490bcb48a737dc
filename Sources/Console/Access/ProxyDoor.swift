// The office door: a reverse proxy that has signed the person in names the account in a header.
// Invariant: the header counts only over the Unix socket, from the process user of the proxy, given once, not empty, and in
// no other spelling: proxies pass `X_Remote_User` on as it came from the browser. Roles come from the accounts file alone.

import Files
package import Values

package struct ProxyDoor: Sendable {
  package let header: String
  /// The user that the proxy's processes run as.
  package let peer: UInt32
  /// One line for each account: `name: role role`; a line with # is a comment.
  package let accountsFile: String

  package init(header: String, peer: UInt32, accountsFile: String) {
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
    guard let accounts = try? Self.accounts(accountsFile), let roles = accounts[name], !roles.isEmpty else {
      throw .account
    }
    return (name, roles)
  }

  private static func plain(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  /// Reads an accounts file.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` at the first line that can't be read.
  package static func accounts(_ path: String) throws(Stop) -> [String: Set<Role>] {
    guard let text = try Folder.read(path) else {
      throw Stop(
        .usage, at: path, expected: "a file of accounts", found: "none",
        remedy: "Write one line for each account: name: role role.")
    }
    var accounts: [String: Set<Role>] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmed
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      let colon = line.lastIndex(of: ":")
      let name = colon.map { line[..<$0].trimmed } ?? ""
      let words = colon.map { line[line.index(after: $0)...].split(separator: " ") } ?? []
      let roles = words.compactMap { Role(rawValue: String($0)) }
      guard !name.isEmpty, !words.isEmpty, roles.count == words.count, accounts[name] == nil else {
        throw Stop(
          .usage, at: path, line: number + 1, expected: "name: role role, each name once",
          found: "another line",
          remedy: "Roles are \(Role.allCases.map(\.rawValue).joined(separator: ", ")).")
      }
      accounts[name] = Set(roles)
    }
    return accounts
  }
}
