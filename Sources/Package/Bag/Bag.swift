// A package as a BagIt 1.0 directory (RFC 8493): payload under data/, manifests with the SHA-256 of every file. Beyond BagIt
// it names the package that it follows, and is signed.
// Invariant: a manifest lists every file but the tag manifest and its signature, so the tag manifest's digest covers the
// whole package. The signature is Ed25519 over the tag manifest's bytes.

import Seal
import Values

package enum BagName {
  static let declaration = "bagit.txt"
  static let info = "bag-info.txt"
  /// What the package is and how to check it, for people; in a package of changes in `data`, since programs of the first
  /// version take no other tag files there.
  static let guide = "HUONG-DAN.txt"
  static let manifest = "manifest-sha256.txt"
  package static let tagManifest = "tagmanifest-sha256.txt"
  static let signature = "tagmanifest-sha256.txt.sig"
  static let publisher = "publisher.pem"
  /// In an applied package: the signed files of the last package of changes.
  static let proof = "proof"
  static let people = "data/people.csv"
  static let changes = "data/changes.csv"
  /// The cards beside the serving ones; in a package of changes those of the people in it.
  static let otherCards = "data/other-cards.csv"
  /// In a package of changes: the digests of the people's files after the changes.
  static let result = "data/result-sha256.txt"
  /// The same of the other cards, in a file of its own: programs of the first version compare the one above whole.
  static let otherResult = "data/result-other-cards-sha256.txt"
  /// The beginning of a status list's name in `data`.
  static let statusPrefix = "status-"
}

/// What is known of a package once its payload is written.
struct BagEnd {
  var standing: PackageStanding
  var payload: [BagEntry] = []
  /// Tag files already written.
  var tags: [BagEntry] = []
  var persons = 0
  /// Persons put in and taken out by a package of changes; of those put in, the ones whose cards were renumbered and who are
  /// otherwise unchanged.
  var put = 0, renumbered = 0, removed = 0
  /// The names in FHIR resources, for a recipient who makes them from changes.
  var fhir: FHIRNames?
}

enum Bag {
  /// Writes the tag files of a package whose payload is written.
  ///
  /// - Returns: the digest of the package.
  static func finish(_ folder: String, _ facts: PackageFacts, _ end: BagEnd, key: SigningKey?) throws(Stop)
    -> String
  {
    try finish(
      folder, info: info(facts, end, key), end.payload, end.tags,
      guide: end.standing.kind == .delta ? nil : Guide.text(contact: facts.contact), key: key)
  }

  /// Writes the tag files.
  ///
  /// - Parameters:
  ///   - info: the lines of `bag-info.txt`.
  ///   - tags: tag files already written.
  /// - Returns: the digest of the package.
  static func finish(
    _ folder: String, info: String, _ payload: [BagEntry], _ tags: [BagEntry], guide: String?,
    key: SigningKey?
  ) throws(Stop) -> String {
    var tags =
      tags + [
        try PayloadFile.write(
          "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", to: BagName.declaration, in: folder),
        try PayloadFile.write(info, to: BagName.info, in: folder),
        try PayloadFile.write(lines(payload), to: BagName.manifest, in: folder),
      ]
    if let key { tags.append(try PayloadFile.write(key.verifying.pem, to: BagName.publisher, in: folder)) }
    if let guide { tags.append(try PayloadFile.write(guide, to: BagName.guide, in: folder)) }
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

  /// The digests that a package of changes names: those of the people's files, and of those of the other cards.
  static func results(_ payload: [BagEntry]) -> (people: String, others: String) {
    let text = payload.filter { !$0.path.hasSuffix(".sqlite") }
    return (lines(text.filter { !$0.isOfOtherCards }), lines(text.filter(\.isOfOtherCards)))
  }

  /// A manifest's lines, in the order of the paths' bytes.
  static func lines(_ entries: [BagEntry]) -> String {
    entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
      .map { "\($0.digest)  \($0.path)\n" }.joined()
  }

  private static func info(_ facts: PackageFacts, _ end: BagEnd, _ key: SigningKey?) -> String {
    let standing = end.standing
    var pairs: [(String, String)] = [
      ("Payload-Oxum", oxum(end.payload)),
      ("Cardlink-Schema-Version", "\(PackageFacts.schemaVersion)"),
      ("Cardlink-Kind", standing.kind.rawValue),
      ("Cardlink-Pipeline", facts.pipeline),
      ("Cardlink-Recipient", facts.recipient),
      ("Cardlink-Run", "\(facts.runID)"),
      ("Cardlink-Edition", "\(facts.edition)"),
      ("Cardlink-As-Of", facts.asOf),
      ("Cardlink-Valid-Until", facts.validUntil),
      ("Cardlink-Persons", "\(end.persons)"),
      ("Cardlink-Formats", facts.formats.map(\.rawValue).joined(separator: " ")),
      ("Cardlink-Attributes", facts.attributes.map(\.name).joined(separator: " ")),
    ]
    if !facts.contact.isEmpty { pairs.append(("Cardlink-Contact", facts.contact)) }
    if !facts.armedForces.isEmpty {
      pairs.append(("Cardlink-Armed-Forces", facts.armedForces.joined(separator: " ")))
    }
    if let key = facts.receiptKey { pairs.append(("Cardlink-Receipt-Key", key)) }
    if standing.kind == .delta {
      pairs.append(("Cardlink-Persons-Put", "\(end.put)"))
      if end.renumbered > 0 { pairs.append(("Cardlink-Persons-Renumbered", "\(end.renumbered)")) }
      pairs.append(("Cardlink-Persons-Removed", "\(end.removed)"))
      for (key, value) in end.fhir?.pairs ?? [] { pairs.append(("Cardlink-FHIR-" + key, value)) }
    }
    func point(_ name: String, _ point: PackagePoint?) {
      pairs.append(("Cardlink-\(name)-Run", point.map { "\($0.runID)" } ?? "none"))
      pairs.append(("Cardlink-\(name)-Edition", point.map { "\($0.edition)" } ?? "none"))
      pairs.append(("Cardlink-\(name)-Package", point?.digest ?? "none"))
    }
    point("Previous", standing.before)
    if standing.base != nil {
      pairs.append(("Cardlink-Deltas-Since-Full", "\(standing.deltas)"))
      point("Base", standing.base)
    }
    pairs.append(
      (
        "Cardlink-Signature",
        standing.kind == .applied
          ? "none: put together where it was received; see \(BagName.proof)/" : signature(key)
      ))
    return pairs.map { "\($0): \($1)\n" }.joined()
  }

  static func oxum(_ payload: [BagEntry]) -> String {
    "\(payload.reduce(0) { $0 + $1.byteCount }).\(payload.count)"
  }

  /// The lines of bag-info.txt about the signature.
  static func signature(_ key: SigningKey?) -> String {
    key.map { "Ed25519, key \($0.verifying.fingerprint)" } ?? "none: this package is not signed"
  }

  /// The place of a package in the chain; nil if the package doesn't state it.
  static func held(in package: ReceivedPackage) throws(Stop) -> HeldPackage? {
    guard let info = try package.text(BagName.info).map(BagInfo.init),
      let run = info["Cardlink-Run"].flatMap({ Int($0) }),
      let edition = info["Cardlink-Edition"].flatMap({ Int($0) })
    else { return nil }
    // An applied package has the place of the package whose changes it contains.
    let place = info.kind == .applied ? BagName.proof + "/" : ""
    guard let tags = try package.text(place + BagName.tagManifest) else { return nil }
    return HeldPackage(
      point: PackagePoint(digest: Digest.text(of: tags), runID: run, edition: edition), info: info)
  }

  /// The package in a folder; nil if there is none.
  static func held(in folder: String) throws(Stop) -> HeldPackage? {
    try held(in: ReceivedPackage(folder: folder))
  }
}

/// A package that someone has.
struct HeldPackage {
  var point: PackagePoint
  var info: BagInfo
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

  /// Packages of the first version don't say their kind; they are full.
  var kind: PackageKind { self["Cardlink-Kind"].map { PackageKind(rawValue: $0) ?? .delta } ?? .full }

  func point(_ name: String) -> PackagePoint? {
    guard let run = self["Cardlink-\(name)-Run"].flatMap({ Int($0) }),
      let edition = self["Cardlink-\(name)-Edition"].flatMap({ Int($0) }),
      let digest = self["Cardlink-\(name)-Package"]
    else { return nil }
    return PackagePoint(digest: digest, runID: run, edition: edition)
  }
}

extension FHIRNames {
  fileprivate static var keys: [(String, WritableKeyPath<FHIRNames, String>)] {
    [
      ("Personal-ID", \.personalID), ("Insurance-Number", \.insuranceNumber), ("Card-Number", \.cardNumber),
      ("Facility-Code", \.facilityCode), ("Definitions", \.definitions), ("Payor", \.payor),
    ]
  }
  package var pairs: [(String, String)] { Self.keys.map { ($0.0, self[keyPath: $0.1]) } }
  /// Whether the values can be written to a bag-info.txt and read back.
  package var areLines: Bool {
    pairs.allSatisfy { !$0.1.contains(where: \.isNewline) && !$0.1.hasPrefix(" ") && !$0.1.isEmpty }
  }

  /// Reads the values from a package of changes.
  init(_ info: BagInfo) {
    self.init()
    for (key, path) in Self.keys { if let text = info["Cardlink-FHIR-" + key] { self[keyPath: path] = text } }
  }
}
