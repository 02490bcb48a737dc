// The manifest of a publication: its packages, and the place of each in its recipient's sequence.
// Invariant: the publisher can't read an encrypted package, so the manifest holds everything that the next
// publication needs. An unreadable manifest counts as absent, and packages are then full.

import Files
import Foundation
import Package
package import Values

struct RunManifest: Decodable {
  static let name = "manifest.json"

  struct Package: Decodable {
    var folder: String?
    /// The name of an encrypted package.
    var file: String?
    var kind: String
    var base: String
    var baseDigest: String?
    var deltas: Int?
    var encryptedTo: String?
    var digest: String
    var persons: Int?
    var bytes: Int?
  }
  var asOf: String?
  var validUntil: String?
  var folders: [Package]
  /// The packages not written because they have no key.
  var leftOut: [String]?

  /// The folder of the earliest publication that a package of this one builds on; empty if all are full.
  var chainFrom: String?

  /// The manifest of the publication in force; nil if there is none or it can't be read.
  static func inForce(in folder: String) throws(Stop) -> RunManifest? { try read(in: folder + "/current") }

  /// The manifest of the publication in a folder; nil if there is none or it can't be read.
  static func read(in publication: String) throws(Stop) -> RunManifest? {
    guard let text = try Folder.read(publication + "/" + name) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(RunManifest.self, from: Data(text.utf8))
  }
}

/// The packages of the publication in force: recipients, and the digests of their packages.
///
/// - Parameter folder: the folder of packages.
/// - Returns: nil if there is no publication, or its manifest can't be read.
package func packagesInForce(in folder: String) throws(Stop) -> [String: String]? {
  try RunManifest.inForce(in: folder).map { manifest in
    Dictionary(manifest.folders.map { ($0.recipient, $0.digest) }) { first, _ in first }
  }
}

extension RunManifest {
  /// The earliest publication that this one builds on, or itself; nil if unknown.
  static func chainStart(of publication: String) throws(Stop) -> (runID: Int, edition: Int)? {
    guard try Folder.exists(publication + "/" + name) else { return (.max, .max) }
    guard let manifest = try read(in: publication) else { return nil }
    return manifest.chainFrom.flatMap(RunFolders.place(of:)) ?? (.max, .max)
  }
}

extension RunManifest.Package {
  /// The name of its recipient.
  var recipient: String { folder ?? String((file ?? "").dropLast(EncryptedPackage.suffix.count)) }
}

/// The packages of the publication in force, by their recipients.
struct PublicationBefore: Sendable {
  struct Package: Sendable {
    var point: PackagePoint
    /// The full package that it builds on; nil if unknown.
    var base: PackagePoint?
    var deltas: Int
    var encryptedTo: String?
  }
  private var packages: [String: Package] = [:]

  subscript(recipient: String) -> Package? { packages[recipient] }

  /// - Parameter folders: those of the publication under way.
  init(_ folders: RunFolders) throws(Stop) {
    guard let name = try folders.inForce(), let place = RunFolders.place(of: name),
      let manifest = try RunManifest.inForce(in: folders.folder)
    else { return }
    for package in manifest.folders {
      let point = PackagePoint(digest: package.digest, runID: place.runID, edition: place.edition)
      var base: PackagePoint?
      if package.kind == PackageKind.full.rawValue {
        base = point
      } else if let digest = package.baseDigest, let place = RunFolders.place(of: package.base) {
        base = PackagePoint(digest: digest, runID: place.runID, edition: place.edition)
      }
      packages[package.recipient] = Package(
        point: point, base: base, deltas: package.deltas ?? 0, encryptedTo: package.encryptedTo)
    }
  }
}

extension RunManifest {
  static func write(
    _ packages: [PublishedPackage], _ request: PublishRequest, _ report: PublishReport,
    _ chainStart: PackagePoint?, to folder: String
  ) throws(Stop) {
    // Names are letters, digits and hyphens, so they need no escaping.
    var file = try OutputFile(creating: folder + "/" + name)
    try file.append(
      """
      {
        "run": \(request.runID),
        "as_of": "\(request.asOf.text)",
        "valid_until": "\(request.validUntil.text)",
        "packages": \(packages.count),
        "deltas": \(report.deltas),
        "encrypted": \(report.encrypted),
        "left_out": [\(report.leftOut.map { "\"\($0)\"" }.joined(separator: ", "))],
        "chain_from": "\(chainStart.map { RunFolders.name(of: $0) } ?? "")",
        "persons": \(report.persons),
        "copies": \(report.copies),
        "persons_left_out": \(report.personsLeftOut),
        "persons_without_facility": \(report.personsWithoutFacility - report.personsWithMalformedFacility),
        "persons_with_unusable_facility": \(report.personsWithMalformedFacility),
        "persons_not_selected": \(report.personsNotSelected),
        "card_numbers_left_out": \(report.cardNumbersLeftOut),
        "folders": [
      """)
    for (i, package) in packages.enumerated() {
      let place =
        package.encryptedTo.map {
          "\"file\": \"\(package.recipient)\(EncryptedPackage.suffix)\", \"encrypted_to\": \"\($0)\""
        } ?? "\"folder\": \"\(package.recipient)\""
      let base =
        package.base.map {
          "\"base\": \"\(RunFolders.name(of: $0))\", \"base_digest\": \"\($0.digest)\", \"deltas\": \(package.deltas)"
        } ?? "\"base\": \"\""
      try file.append(
        """
        \(i == 0 ? "" : ",")
            {\(place), "kind": "\(package.kind.rawValue)", \(base), "persons": \(package.persons), \
        "bytes": \(package.byteCount), "digest": "\(package.digest)"}
        """)
    }
    try file.append("\n  ]\n}\n")
    try file.finishUnsynced()
  }
}
