// Finds the keys that each package is encrypted to, by the rules of the pipeline file.
// Invariant: a package whose rule encrypts it has a key or is not written. If a rule names keys by facility,
// its packages need a key of their own facility, whatever other keys the rule names. A file with a line that
// is not a key is refused.
// Load: 13,000 facilities, each with its own file or a line in a common one; read once per publication.
//
//   # a key file: for every package of the rule, and for one facility's
//   age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
//   01028 age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg

import Files
package import Seal
package import Values

struct PackageKeys: Sendable {
  /// The content of one key file.
  private struct Table: Sendable {
    var forAll: [EncryptionKey] = []
    var byName: [String: [EncryptionKey]] = [:]
  }
  private var tables: [String: Table] = [:]
  /// Whether packages without a key are left out.
  let leavesOut: Bool
  /// The most keys that one package may be encrypted to.
  private static let mostKeys = 100

  /// Reads the key files that the rules name.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if one is missing or malformed.
  init(_ policy: PublishPolicy) throws(Stop) {
    leavesOut = policy.leavesOutWithoutKey
    for source in policy.rules.flatMap(\.encryptTo) where !source.hasPrefix("age1") && tables[source] == nil {
      guard try !Folder.isFolder(source + "/.") else { continue }
      guard let text = try Folder.read(source) else {
        throw Self.stop(
          source, "the facilities' public keys", "no such file or folder", "Ask the facilities for them.")
      }
      tables[source] = try Self.table(text, source)
    }
  }

  /// The keys of one package; nil if its rule leaves it plain, empty if it has no key and is to be left out.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if it needs a key and has none, or a key file is
  ///   malformed.
  func keys(of name: String, _ rule: PackageRule) throws(Stop) -> [EncryptionKey]? {
    let keys = try knownKeys(of: name, rule)
    let lacksDeskKey = try lacksDeskKey(name, rule)
    guard lacksDeskKey || keys?.isEmpty == true else { return keys }
    guard leavesOut else { throw Self.missing([name], rule) }
    return []
  }

  /// Whether the desk of a package is to be encrypted and its key is missing.
  private func lacksDeskKey(_ name: String, _ rule: PackageRule) throws(Stop) -> Bool {
    guard let file = rule.deskKeyFile(of: name) else { return false }
    return try !Folder.exists(file)
  }

  /// The keys of one package, empty if it has none; nil if its rule leaves it plain.
  private func knownKeys(of name: String, _ rule: PackageRule) throws(Stop) -> [EncryptionKey]? {
    guard !rule.encryptTo.isEmpty else { return nil }
    var (shared, own) = ([] as [EncryptionKey], [] as [EncryptionKey])
    var goesByName = false
    for source in rule.encryptTo {
      if let key = EncryptionKey(source) {
        shared.append(key)
      } else if let table = tables[source] {
        shared += table.forAll
        own += table.byName[name] ?? []
        if !table.byName.isEmpty { goesByName = true }
      } else {
        goesByName = true
        let file = source + "/" + name + ".pub"
        guard let text = try Folder.read(file) else { continue }
        own += try Self.table(text, file).forAll
      }
    }
    var keys: [EncryptionKey] = []
    for key in own + shared where !keys.contains(key) { keys.append(key) }
    guard !keys.isEmpty, !goesByName || !own.isEmpty else { return [] }
    guard keys.count <= Self.mostKeys else {
      throw Self.stop(
        rule.encryptTo[0], "at most \(Self.mostKeys) keys for one package", "\(keys.count) for \(name)",
        "Give some of them a package of their own.")
    }
    return keys
  }

  /// Looks up the keys of all packages before the first one is written.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` that names the packages without a key.
  func check(_ packages: some Sequence<UInt64>, _ recipients: Recipients) throws(Stop) {
    guard !leavesOut else { return }
    let found = try lookUp(packages, recipients)
    if let rule = found.rule { throw Self.missing(found.missing, rule) }
  }

  /// Finds the packages without a key, the rule of the first of these, and how many packages are to be
  /// encrypted.
  func lookUp(_ packages: some Sequence<UInt64>, _ recipients: Recipients) throws(Stop) -> (
    missing: [String], rule: PackageRule?, encrypted: Int
  ) {
    var found = (missing: [] as [String], rule: nil as PackageRule?, encrypted: 0)
    for package in packages.sorted() {
      let recipient = recipients.recipient(of: package)
      let keys = try knownKeys(of: recipient.name, recipient.rule)
      guard keys != nil || recipient.rule.deskKeyFile(of: recipient.name) != nil else { continue }
      found.encrypted += 1
      let lacksDeskKey = try lacksDeskKey(recipient.name, recipient.rule)
      guard lacksDeskKey || keys?.isEmpty == true else { continue }
      found.missing.append(recipient.name)
      found.rule = found.rule ?? recipient.rule
    }
    return found
  }

  /// Checks one file in a folder of key files.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if it is malformed.
  static func check(file: String) throws(Stop) { _ = try table(Folder.read(file) ?? "", file) }

  /// A digest of the keys: it changes when a facility's keys change.
  static func digest(of keys: [EncryptionKey]) -> String {
    Digest.text(of: keys.map(\.text).sorted().joined(separator: "\n"))
  }

  private static func table(_ text: String, _ path: String) throws(Stop) -> Table {
    var table = Table()
    for (number, line) in KeyFile.lines(text) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let word = words.last, words.count <= 2, let key = EncryptionKey(String(word)) else {
        throw stop(
          path, line: number, "a public key, age1…, or a facility's code and one",
          line.uppercased().contains("AGE-SECRET-KEY-") ? "a private key" : "something else",
          "Ask the facility for its public key; its private key stays with it.")
      }
      if words.count == 2 {
        table.byName[String(words[0]), default: []].append(key)
      } else {
        table.forAll.append(key)
      }
    }
    guard !table.forAll.isEmpty || !table.byName.isEmpty else {
      throw stop(path, "a public key, age1…", "none", "Ask the facilities for their public keys.")
    }
    return table
  }

  private static func missing(_ names: [String], _ rule: PackageRule) -> Stop {
    let shown = names.prefix(10).joined(separator: ", ") + (names.count > 10 ? ", …" : "")
    let publicKeys = rule.encryptTo.isEmpty ? [] : ["a public key for each package that is to be encrypted"]
    let desks =
      rule.deskKeyFile(of: "") == nil
      ? [] : ["a key CODE.desk for each desk, made by cardlink keys passphrase"]
    return stop(
      rule.encryptTo.first { !$0.hasPrefix("age1") } ?? rule.encryptTo.first ?? rule.passphrases ?? "",
      (publicKeys + desks).joined(separator: ", and "),
      "none for \(names.count) of them: \(shown)",
      "Nothing was published. Put their keys there, or write missing_key: leave_out to publish without these packages."
    )
  }

  private static func stop(
    _ path: String, line: Int? = nil, _ expected: String, _ found: String, _ remedy: String
  ) -> Stop {
    Stop(.pipelineWrong, at: path, line: line, expected: expected, found: found, remedy: remedy)
  }
}

/// The keys that answers for one consumer are encrypted to; empty for none.
///
/// - Parameter sources: as ``PackageRule/encryptTo``.
/// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if a key is missing or malformed.
package func encryptionKeys(_ sources: [String], of name: String) throws(Stop) -> [EncryptionKey] {
  let rule = PackageRule(.all, name: name, encryptTo: sources)
  var policy = PublishPolicy()
  policy.rules = [rule]
  return try PackageKeys(policy).keys(of: name, rule) ?? []
}

extension PublishPolicy {
  /// The digest of all key files that the rules name; nil if they name none.
  ///
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if one can't be read; a missing one counts as empty.
  package func keysDigest() throws(Stop) -> String? {
    let desks = rules.compactMap { $0.formats.contains(.desk) ? $0.passphrases : nil }
    let sources =
      rules.flatMap(\.encryptTo).filter { !$0.hasPrefix("age1") }
      + desks.filter { $0 != PackageRule.plainDesk }
    guard !sources.isEmpty else { return nil }
    var digest = Digest()
    for source in sources {
      let files =
        try Folder.isFolder(source + "/.")
        ? try Folder.names(in: source).filter { $0.hasSuffix(".pub") || $0.hasSuffix(".desk") }
          .map { source + "/" + $0 } : [source]
      for file in files { digest.update("\(Folder.name(of: file))\n\(try Folder.read(file) ?? "")\n") }
    }
    return digest.text
  }
}
