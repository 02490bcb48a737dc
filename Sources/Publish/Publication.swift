// Publications for those who supervise: which recipient got which package, by the manifests that are kept; and which packages
// hold a person, by the rules.
// Invariant: codes, counts and keys' fingerprints, nothing of a person.
// Load: 13,000 packages in a manifest; the history of one recipient reads one line of each.

import Files
import Foundation
import Package
import Rules
import Seal
package import Values

/// What one publication's manifest says.
package struct Publication: Sendable {
  /// One package.
  package struct Entry: Hashable, Sendable {
    package var recipient: String
    /// Whether it holds what has changed since the package before.
    package var isDelta: Bool
    /// The run of the full package that it builds on; nil for a full one.
    package var baseRun: Int?
    /// Packages of changes since the base, this one included.
    package var deltas: Int
    /// Nil in manifests that do not say it.
    package var persons: Int?
    package var byteCount: Int?
    /// The digest of the keys that it is encrypted to; nil for a plain one.
    package var encryptedTo: String?
  }

  /// The name of its folder.
  package let name: String
  package let run: Int
  package let asOf: String
  package let validUntil: String
  /// Ascending by recipient.
  package let entries: [Entry]
  /// The recipients without a package for want of a key, ascending.
  package let leftOut: [String]

  /// Reads a manifest; nil if it is not kept, or can't be read.
  ///
  /// - Parameter folder: the folder of packages.
  package init?(named name: String, in folder: String) throws(Stop) {
    guard let place = RunFolders.place(of: name), let manifest = try RunManifest.read(in: folder + "/" + name)
    else { return nil }
    (self.name, run) = (name, place.runID)
    (asOf, validUntil) = (manifest.asOf ?? "", manifest.validUntil ?? "")
    entries = manifest.folders.map(Entry.init).sorted { $0.recipient < $1.recipient }
    leftOut = (manifest.leftOut ?? []).sorted()
  }

  /// The names of the publications whose folders are kept, ascending.
  package static func names(in folder: String) throws(Stop) -> [String] {
    try Folder.names(in: folder).compactMap { name in RunFolders.place(of: name).map { (name, $0) } }
      .sorted { $0.1 < $1.1 }.map(\.0)
  }

  /// One recipient's package of a publication; nil if it got none, or the manifest is not kept.
  ///
  /// - Complexity: one pass over the manifest's text; only the recipient's line is decoded.
  package static func entry(
    of recipient: String, named name: String, in folder: String
  ) throws(Stop) -> Entry? {
    guard let text = try Folder.read("\(folder)/\(name)/\(RunManifest.name)") else { return nil }
    let places = [
      "{\"folder\": \"\(recipient)\",", "{\"file\": \"\(recipient)\(EncryptedPackage.suffix)\",",
    ]
    // Each package has a line of its own.
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let object = line.drop { $0 == UInt8(ascii: " ") }
      guard places.contains(where: { object.starts(with: $0.utf8) }) else { continue }
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return
        (try? decoder.decode(
          RunManifest.Package.self, from: Data(object.prefix { $0 != UInt8(ascii: "}") }) + Data("}".utf8)))
        .map(Entry.init)
    }
    return nil
  }
}

extension Publication.Entry {
  init(_ package: RunManifest.Package) {
    recipient = package.recipient
    isDelta = package.kind == PackageKind.delta.rawValue
    baseRun = RunFolders.place(of: package.base)?.runID
    deltas = package.deltas ?? 0
    (persons, byteCount, encryptedTo) = (package.persons, package.bytes, package.encryptedTo)
  }
}

/// The keys to which today's rules encrypt packages.
package struct RecipientKeys: Sendable {
  private let keys: PackageKeys
  private let rules: [PackageRule]
  private let facilities: Facilities

  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if a key file is missing or malformed.
  package init(_ policy: PublishPolicy, _ facilities: Facilities) throws(Stop) {
    keys = try PackageKeys(policy)
    (rules, self.facilities) = (policy.rules, facilities)
  }

  /// The fingerprints of the keys that a package is encrypted to; nil if the recipient's keys have changed since.
  package func fingerprints(of entry: Publication.Entry) throws(Stop) -> [String]? {
    guard let digest = entry.encryptedTo else { return [] }
    let name = entry.recipient
    let code = ShortCode(Array(name.utf8).span) ?? .none
    guard
      let rule = rules.first(where: { $0.name == name })
        ?? rules.first(where: { !$0.isCopy && $0.name == nil && $0.selects(code, facilities) }),
      let now = try keys.keys(of: name, rule), PackageKeys.digest(of: now) == digest
    else { return nil }
    return now.map(\.fingerprint)
  }
}

extension PublishPolicy {
  /// The recipients whose packages hold a person.
  ///
  /// - Parameters:
  ///   - cards: the person's cards, the serving one first.
  ///   - first: the business date.
  package func recipients(
    ofPersonWith cards: [CardRow], _ facilities: Facilities, on first: CalendarDate
  ) -> [String] {
    var (recipients, keys) = (Recipients(rules, facilities), [] as [UInt64])
    let last = first.adding(days: validDays)
    let others = cards.dropFirst().filter { $0.validFrom.firstDay <= last.firstDay }
    guard let serving = cards.first else { return [] }
    let shown = Array(([serving] + others).prefix(PackedPerson.mostOthers + 1))
    recipients.takePackages(
      of: shown, serving: servingCards(among: shown.span, from: first, through: last), into: &keys)
    return keys.map { recipients.recipient(of: $0).name }
  }
}
