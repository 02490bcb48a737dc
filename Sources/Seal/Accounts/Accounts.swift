// The accounts of the console: what each may do, and how it signs in where no proxy does that.
// Invariant: a file with passphrases is one that its owner alone may read. It holds hashes of passphrases, never these; the
// secrets of one-time codes it must hold.
//
//   # one account a line
//   nguyen.b: officer
//   tran.c: officer supervisor; scrypt 65536 8 2 SALT HASH; totp SECRET

import Files
package import Values

/// A line of the file.
package struct Account: Hashable, Sendable {
  package var name: String
  package var roles: Set<Role>
  /// Nil where a proxy signs in.
  package var passphrase: PassphraseHash?
  /// Nil where none is asked for.
  package var code: OneTimeCode?
}

package struct Accounts: Sendable {
  private let accounts: [String: Account]

  package subscript(name: String) -> Account? { accounts[name] }

  /// Whether each has a passphrase.
  package var areComplete: Bool { !accounts.isEmpty && accounts.values.allSatisfy { $0.passphrase != nil } }

  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no file, others may read its secrets, or at the first line that has
  ///   another form.
  package init(file path: String) throws(Stop) {
    guard let text = try Folder.read(path), let attributes = try FileAttributes(of: path) else {
      throw Stop(
        .usage, at: path, expected: "a file of accounts", found: "none",
        remedy: "Write one line for each account, name: role role, or make it by cardlink keys account.")
    }
    var accounts: [String: Account] = [:]
    for (number, line) in KeyFile.lines(text) {
      guard let account = Account(line), accounts[account.name] == nil else {
        throw Stop(
          .usage, at: path, line: number, expected: "name: role role, each name once", found: "another line",
          remedy: "Roles are \(Role.allCases.map(\.rawValue).joined(separator: ", ")). What follows a "
            + "semicolon is written by cardlink keys account.")
      }
      accounts[account.name] = account
    }
    let mode: UInt32 = accounts.values.contains { $0.passphrase != nil } ? 0o077 : 0o022
    guard attributes.rights & mode == 0 else {
      throw Stop(
        .usage, at: path,
        expected: mode == 0o077
          ? "a file that its owner alone may read" : "one that its owner alone may change",
        found: "another one", remedy: mode == 0o077 ? "chmod 600 \(path)" : "chmod go-w \(path)")
    }
    self.accounts = accounts
  }

  /// Sets an account's roles, passphrase and code in a file, which is made if there is none.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` for a name that the file can't hold. Nothing was written then.
  package static func set(_ account: Account, in path: String) throws(Stop) {
    guard Account.canBeNamed(account.name), !account.roles.isEmpty else {
      throw Stop(
        .usage, at: path, expected: "a name of letters, digits, dots, - and _, 64 at most, and a role",
        found: "another name, or no role", remedy: "Nothing was written. Give it such a name.")
    }
    let exists = try Folder.exists(path)
    if exists { _ = try Accounts(file: path) }
    let old = try exists ? Folder.read(path) ?? "" : ""
    var lines = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    if let i = lines.firstIndex(where: { Account(KeyFile.lines($0).first?.text ?? "")?.name == account.name })
    {
      lines[i] = account.line
    } else {
      lines.append(account.line)
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(lines.joined(separator: "\n") + "\n", to: path)
  }
}

extension Account {
  package init(
    _ name: String, _ roles: Set<Role>, passphrase: PassphraseHash? = nil, code: OneTimeCode? = nil
  ) {
    (self.name, self.roles, self.passphrase, self.code) = (name, roles, passphrase, code)
  }

  fileprivate init?(_ line: String) {
    let parts = line.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
    guard let first = parts.first, let colon = first.lastIndex(of: ":") else { return nil }
    name = first[..<colon].trimmed
    let words = first[first.index(after: colon)...].split(separator: " ")
    let roles = words.compactMap { Role(rawValue: String($0)) }
    guard !name.isEmpty, !words.isEmpty, roles.count == words.count else { return nil }
    self.roles = Set(roles)
    for part in parts.dropFirst() {
      if passphrase == nil, let hash = PassphraseHash(part) {
        passphrase = hash
      } else if code == nil, part.hasPrefix("totp "), let code = OneTimeCode(base32: part.dropFirst(5)) {
        self.code = code
      } else {
        return nil
      }
    }
  }

  fileprivate var line: String {
    let roles = Role.allCases.filter(roles.contains).map(\.rawValue).joined(separator: " ")
    return (["\(name): \(roles)"] + [passphrase?.text, code.map { "totp \($0.base32)" }].compactMap { $0 })
      .joined(separator: "; ")
  }

  /// The audit log holds the name as one word.
  fileprivate static func canBeNamed(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-@".utf8.contains(byte)
      }
  }
}
