// A package as a BagIt 1.0 directory (RFC 8493): payload under data/, manifests with the SHA-256 of every file, and,
// beyond BagIt, a chain and a signature.
// Invariant: every file but the tag manifest and its signature stands in a manifest, so that the tag manifest's digest
// is the digest of all of it; the signature is Ed25519 over the tag manifest's bytes.
// Load: five small files for each of 13,000 packages.

import Disk
import Record

enum BagName {
  static let declaration = "bagit.txt"
  static let info = "bag-info.txt"
  static let manifest = "manifest-sha256.txt"
  static let tagManifest = "tagmanifest-sha256.txt"
  static let signature = "tagmanifest-sha256.txt.sig"
  static let publisher = "publisher.pem"
}

enum Bag {
  /// Ends a package whose payload is written.
  ///
  /// - Returns: the digest of the package.
  static func finish(
    _ folder: String, _ facts: PackageFacts, payload: [BagEntry], persons: Int, before: PackageBefore?,
    key: SigningKey?
  ) throws(Stop) -> String {
    let payload = payload.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    var tags = [
      try PayloadFile.write(
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", to: BagName.declaration, in: folder),
      try PayloadFile.write(
        info(facts, payload, persons: persons, before, key), to: BagName.info, in: folder),
      try PayloadFile.write(lines(payload), to: BagName.manifest, in: folder),
    ]
    if let key { tags.append(try PayloadFile.write(key.verifying.pem, to: BagName.publisher, in: folder)) }
    tags.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let tagManifest = lines(tags)
    let entry = try PayloadFile.write(tagManifest, to: BagName.tagManifest, in: folder)
    if let key {
      let file = try PayloadFile(BagName.signature, in: folder)
      let signature = try key.signature(of: tagManifest)
      try file.append { $0.append(contentsOf: signature) }
      _ = try file.finish()
    }
    return entry.digest
  }

  private static func lines(_ entries: [BagEntry]) -> String {
    entries.map { "\($0.digest)  \($0.path)\n" }.joined()
  }

  private static func info(
    _ facts: PackageFacts, _ payload: [BagEntry], persons: Int, _ before: PackageBefore?, _ key: SigningKey?
  ) -> String {
    let octets = payload.reduce(0) { $0 + $1.byteCount }
    let pairs: [(String, String)] = [
      ("Payload-Oxum", "\(octets).\(payload.count)"),
      ("Cardlink-Schema-Version", "\(PackageFacts.schemaVersion)"),
      ("Cardlink-Pipeline", facts.pipeline),
      ("Cardlink-Recipient", facts.recipient),
      ("Cardlink-Run", "\(facts.runID)"),
      ("Cardlink-Edition", "\(facts.edition)"),
      ("Cardlink-As-Of", facts.asOf),
      ("Cardlink-Valid-Until", facts.validUntil),
      ("Cardlink-Persons", "\(persons)"),
      ("Cardlink-Formats", facts.rule.formats.map(\.rawValue).joined(separator: " ")),
      ("Cardlink-Attributes", facts.rule.attributes.map(\.name).joined(separator: " ")),
      ("Cardlink-Previous-Run", before.map { "\($0.runID)" } ?? "none"),
      ("Cardlink-Previous-Edition", before.map { "\($0.edition)" } ?? "none"),
      ("Cardlink-Previous-Package", before?.digest ?? "none"),
      (
        "Cardlink-Signature",
        key.map { "Ed25519, key \($0.verifying.fingerprint)" } ?? "none: this package is not signed"
      ),
    ]
    return pairs.map { "\($0): \($1)\n" }.joined()
  }

  /// What a package that stands in a folder says of itself, as the chain needs it; nil if none stands there.
  static func before(in folder: String) throws(Stop) -> PackageBefore? {
    guard let tags = try Folder.read(folder + "/" + BagName.tagManifest),
      let info = try Folder.read(folder + "/" + BagName.info).map(BagInfo.init),
      let run = info["Cardlink-Run"].flatMap({ Int($0) }),
      let edition = info["Cardlink-Edition"].flatMap({ Int($0) })
    else { return nil }
    return PackageBefore(digest: Digest.text(of: tags), runID: run, edition: edition)
  }
}

/// The lines of a bag-info.txt.
struct BagInfo {
  private var values: [String: String] = [:]

  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...]
      values[String(line[..<colon])] = String(value.drop { $0 == " " })
    }
  }

  subscript(_ key: String) -> String? { values[key] }
}
