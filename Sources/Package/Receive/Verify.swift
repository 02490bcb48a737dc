// Verifies a received package, without network, pipeline or workspace.
// Invariant: any changed byte and any added or missing file is found. Nothing outside the package's folder is opened,
// whatever its manifests say. An applied package is compared with the signed files of its last package of changes.
// Load: a facility's few megabytes, read once.

package import Files
import Seal
package import Values

package struct VerifyRequest: Sendable {
  /// The package: its folder, or its encrypted file.
  package var folder: String
  /// The publisher's public key, received separately from the package.
  package var keyFile: String?
  /// The package that the facility has.
  package var after: String?
  /// The file that remembers the packages seen; the key is pinned there on first use.
  package var state: String?
  /// Whether this package is remembered there too.
  package var remembers = true
  /// The facility's private keys, to which packages are encrypted.
  package var identityFile: String?
  /// The day for which it must be valid.
  package var day: CalendarDate
  /// How a receipt is made of a package without faults; nil for none.
  package var receipt: ReceiptMaking?

  package init(
    folder: String, keyFile: String? = nil, after: String? = nil, state: String? = nil,
    identityFile: String? = nil, day: CalendarDate
  ) {
    self.folder = folder
    self.keyFile = keyFile
    self.after = after
    self.state = state
    self.identityFile = identityFile
    self.day = day
  }
}

/// Verifies a package.
///
/// - Throws: ``Stop`` with ``Exit/exportMissing`` if there is no package in the folder, or no package or key where the
///   request says.
package func verify(_ request: VerifyRequest) throws(Stop) -> PackageVerdict {
  try openPackage(request) { _ in [] }.verdict
}

/// A verified package and its decrypted tables.
package struct OpenedPackage: Sendable {
  package var verdict: PackageVerdict
  /// Its `bag-info.txt`.
  package var facts = ""
  /// The requested files of an encrypted package, by name; these are the bytes that were verified.
  package var tables: [String: MemoryFile] = [:]
}

/// Verifies a package and keeps some of its decrypted files.
///
/// - Parameter chosen: which of the files of an encrypted package's people are kept in memory, by their names seen from it.
package func openPackage(_ request: VerifyRequest, keeping chosen: ([String]) -> [String]) throws(Stop)
  -> OpenedPackage
{
  let identities = try request.identityFile.map { file throws(Stop) in try DecryptionKey.all(inFile: file) }
  var key = try request.keyFile.map { file throws(Stop) in try VerifyingKey(receivedAs: file) }
  var seen = try request.state.map { file throws(Stop) in try SeenPackages(file) }
  let package: ReceivedPackage
  do throws(ArchiveFailure) {
    package = try ReceivedPackage(request.folder, with: identities, keeping: chosen)
  } catch {
    return OpenedPackage(verdict: PackageVerdict(faults: [try error.fault(of: request.folder)]))
  }
  var verifier = Verifier(package)
  if let pinned = seen?.key {
    if let key, key.fingerprint != pinned.fingerprint { verifier.note(.otherKey, BagName.publisher) }
    key = pinned
  }
  try verifier.checkFiles()
  try verifier.checkSignature(key)
  try verifier.checkFacts(on: request.day)
  if let newest = seen?.newest(of: verifier.verdict.recipient) {
    verifier.checkChain(newest.point, asOf: newest.asOf, recipient: verifier.verdict.recipient)
  }
  if let after = request.after {
    let had: HeldPackage?
    do throws(ArchiveFailure) {
      let before = try ReceivedPackage(after, with: identities, whole: false)
      had = try orStop { () throws(Stop) in try Bag.held(in: before) }
    } catch {
      return OpenedPackage(verdict: PackageVerdict(faults: [try error.fault(of: after)]))
    }
    guard let had else { throw .noPackage(after) }
    verifier.checkChain(had)
  }
  if seen != nil, request.remembers, verifier.verdict.faults.isEmpty, let held = try Bag.held(in: package) {
    verifier.verdict.isKeyPinnedNow = seen?.key == nil && verifier.signer != nil
    try seen?.remember(verifier.verdict, held.point, signedWith: key ?? verifier.signer)
  }
  if let receipt = request.receipt, verifier.verdict.faults.isEmpty {
    verifier.verdict.receipt = try receipt.write(verifier.verdict, verifier.signedFacts, on: request.day)
  }
  return OpenedPackage(
    verdict: verifier.verdict, facts: try package.text(BagName.info) ?? "", tables: package.tables)
}

/// Verifies a package that must follow another one.
func verify(_ folder: String, key: VerifyingKey?, after had: HeldPackage?, on day: CalendarDate) throws(Stop)
  -> PackageVerdict
{
  var verifier = Verifier(ReceivedPackage(folder: folder))
  try verifier.checkFiles()
  try verifier.checkSignature(key)
  try verifier.checkFacts(on: day)
  if let had {
    verifier.checkChain(had)
  } else if verifier.info.kind == .delta {
    verifier.note(.outOfChain)
  }
  return verifier.verdict
}

extension VerifyingKey {
  /// Reads a key that was received another way than the packages.
  init(receivedAs file: String) throws(Stop) {
    guard let text = try Folder.read(file), let read = VerifyingKey(pem: text) else {
      throw Stop(
        .exportMissing, at: file, expected: "the publisher's public key as PEM (Ed25519)",
        found: try Folder.exists(file) ? "another file" : "nothing",
        remedy: "Ask the publisher for it, not over the way by which the packages come.",
        next: "cardlink verify --help")
    }
    self = read
  }
}

private struct Verifier {
  private let package: ReceivedPackage
  var verdict = PackageVerdict()
  private var tagManifest = ""
  private(set) var info = BagInfo("")
  /// The signed facts of an applied package; nil for others, whose facts are ``info``.
  private var signedInfo: BagInfo?
  var signedFacts: BagInfo { signedInfo ?? info }
  /// The key that signed.
  private(set) var signer: VerifyingKey?

  init(_ package: ReceivedPackage) { self.package = package }

  mutating func note(_ kind: PackageFault.Kind, _ file: String = "") { note(PackageFault(kind, file)) }

  mutating func note(_ fault: PackageFault) {
    if !verdict.faults.contains(fault) { verdict.faults.append(fault) }
  }

  // MARK: Files

  mutating func checkFiles() throws(Stop) {
    var (unlisted, others) = try package.names()
    for other in others { note(PackageFault.unlisted(other)) }
    guard unlisted.remove(BagName.tagManifest) != nil,
      let text = try package.text(BagName.tagManifest)
    else { return note(.missing, BagName.tagManifest) }
    tagManifest = text
    verdict.digest = Digest.text(of: text)
    guard let tags = Self.entries(text) else { return note(.malformed, BagName.tagManifest) }
    unlisted.remove(BagName.signature)
    for name in [BagName.declaration, BagName.info, BagName.manifest]
    where !tags.contains(where: { $0.path == name }) {
      note(.malformed, BagName.tagManifest)
    }
    try check(tags, &unlisted)
    if let text = try package.text(BagName.manifest) {
      if let payload = Self.entries(text, mayBeEmpty: true),
        payload.allSatisfy({ $0.path.hasPrefix("data/") })
      {
        try check(payload, &unlisted)
      } else {
        note(.malformed, BagName.manifest)
      }
    }
    for file in unlisted.sorted() { note(PackageFault.unlisted(file)) }
    if let text = try package.text(BagName.info) { info = BagInfo(text) }
    if info.kind == .applied { try checkApplied() }
  }

  /// Compares an applied package with the signed files of the last package of changes: its facts, and the
  /// digests of the text files after the changes.
  private mutating func checkApplied() throws(Stop) {
    let proof = BagName.proof + "/"
    guard let tags = try package.text(proof + BagName.tagManifest),
      let signed = Self.entries(tags),
      let manifest = try package.text(proof + BagName.manifest).flatMap({ Self.entries($0) }),
      let result = try package.text(proof + Folder.name(of: BagName.result)),
      var files = Self.entries(result),
      let said = try package.text(proof + BagName.info).map(BagInfo.init)
    else { return note(.malformed, BagName.proof) }
    (tagManifest, verdict.digest) = (tags, Digest.text(of: tags))
    for entry in signed
    where try Digest.text(of: package.text(proof + entry.path) ?? "") != entry.digest {
      note(.altered, proof + entry.path)
    }
    let others = try package.text(proof + Folder.name(of: BagName.otherResult))
    for (name, text) in [(BagName.result, result), (BagName.otherResult, others)] {
      let signed = manifest.first { $0.path == name }?.digest
      if signed != text.map(Digest.text(of:)) { note(.altered, proof + Folder.name(of: name)) }
    }
    files += others.flatMap { Self.entries($0) } ?? []
    for file in files {
      guard try package.has(file.path) else {
        note(.missing, file.path)
        continue
      }
      if try package.digest(of: file.path) != file.digest { note(.altered, file.path) }
    }
    for key in [
      "Pipeline", "Recipient", "Run", "Edition", "As-Of", "Valid-Until", "Persons", "Formats", "Attributes",
    ] where info["Cardlink-" + key] != said["Cardlink-" + key] {
      note(.altered, BagName.info)
    }
    if said.kind != .delta { note(.malformed, BagName.proof) }
    signedInfo = said
  }

  private mutating func check(_ entries: [(digest: String, path: String)], _ unlisted: inout Set<String>)
    throws(Stop)
  {
    for entry in entries {
      guard unlisted.remove(entry.path) != nil else {
        note(.missing, entry.path)
        continue
      }
      if try package.digest(of: entry.path) != entry.digest { note(.altered, entry.path) }
    }
  }

  /// Reads a manifest in the form that ``Bag`` writes; nil for any other.
  private static func entries(_ text: String, mayBeEmpty: Bool = false) -> [(digest: String, path: String)]? {
    var entries: [(digest: String, path: String)] = []
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let last = lines.popLast(), last.isEmpty, mayBeEmpty || !lines.isEmpty else { return nil }
    for line in lines {
      let bytes = Array(line)
      guard bytes.count > 66, bytes[64] == 0x20, bytes[65] == 0x20,
        bytes[..<64].allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
        bytes[66...].allSatisfy({ $0 > 0x20 && $0 < 0x7f })
      else { return nil }
      let path = String(decoding: bytes[66...], as: UTF8.self)
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
      if let last = entries.last, !last.path.utf8.lexicographicallyPrecedes(path.utf8) { return nil }
      entries.append((String(decoding: bytes[..<64], as: UTF8.self), path))
    }
    return entries
  }

  // MARK: Signature

  mutating func checkSignature(_ known: VerifyingKey?) throws(Stop) {
    let place = info.kind == .applied ? BagName.proof + "/" : ""
    let shipped = try package.text(place + BagName.publisher)
    guard try package.has(place + BagName.signature) else {
      if known != nil || shipped != nil
        || signedFacts["Cardlink-Signature"]?.hasPrefix("Ed25519") ?? false
      {
        note(.signatureAbsent, BagName.signature)
      }
      return
    }
    let signature = try package.bytes(place + BagName.signature, count: 64) ?? []
    guard let publisher = shipped.flatMap(VerifyingKey.init(pem:)),
      publisher.isSignature(signature, of: Array(tagManifest.utf8))
    else { return note(.signatureWrong, BagName.signature) }
    verdict.signedBy = publisher.fingerprint
    signer = publisher
    guard let known else { return }
    if known.fingerprint == publisher.fingerprint {
      verdict.isKeyKnown = true
    } else {
      note(.otherKey, BagName.publisher)
    }
  }

  // MARK: Facts

  mutating func checkFacts(on day: CalendarDate) throws(Stop) {
    guard let recipient = info["Cardlink-Recipient"], let run = info["Cardlink-Run"].flatMap({ Int($0) }),
      let asOf = info["Cardlink-As-Of"].flatMap({ CalendarDate(iso: $0) }),
      let validUntil = info["Cardlink-Valid-Until"].flatMap({ CalendarDate(iso: $0) }),
      let persons = info["Cardlink-Persons"].flatMap({ Int($0) })
    else {
      if verdict.faults.isEmpty { note(.malformed, BagName.info) }
      return
    }
    (verdict.recipient, verdict.runID, verdict.persons) = (recipient, run, persons)
    (verdict.asOf, verdict.validUntil) = (asOf.text, validUntil.text)
    verdict.kind = info.kind
    if day.firstDay > validUntil.lastDay { note(.expired) }
  }

  // MARK: The chain

  mutating func checkChain(_ had: HeldPackage) {
    checkChain(
      had.point, asOf: had.info["Cardlink-As-Of"] ?? "", recipient: had.info["Cardlink-Recipient"] ?? "")
  }

  mutating func checkChain(_ had: PackagePoint, asOf: String, recipient: String) {
    if recipient != info["Cardlink-Recipient"] { note(.otherRecipient) }
    guard verdict.digest != had.digest else {
      verdict.succession = .same
      return
    }
    func number(_ key: String) -> Int { info[key].flatMap { Int($0) } ?? 0 }
    let this = (number("Cardlink-Run"), number("Cardlink-Edition"))
    let hadPlace = (had.runID, had.edition)
    if this < hadPlace || verdict.asOf < asOf { return note(.older) }
    // Two packages have the same place in the sequence, so they come from different workspaces.
    if this == hadPlace { return note(.outOfChain) }
    let before = (number("Cardlink-Previous-Run"), number("Cardlink-Previous-Edition"))
    if info["Cardlink-Previous-Package"] == had.digest {
      verdict.succession = .next
    } else if before == hadPlace {
      // It follows another package of the same run.
      note(.outOfChain)
    } else {
      verdict.succession = before < hadPlace ? .takenBack : .gap
      // Changes apply only to the package that they follow.
      if info.kind == .delta { note(.outOfChain) }
    }
  }
}
