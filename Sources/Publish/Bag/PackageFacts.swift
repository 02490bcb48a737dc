// What a package says of itself.
// Invariant: every value is one line without quotes or angle brackets, so that it needs no escaping in bag-info, XML,
// JSON or SQL; the same people, rule, run and predecessor give the same text.

import Values

struct PackageFacts: Hashable, Sendable {
  static let schemaVersion = 1

  var pipeline: String
  var recipient: String
  var runID: Int
  /// 1 for the first publication of the run, 2 when it was published again.
  var edition: Int
  var asOf: String
  var validUntil: String
  var rule: PackageRule

  init(
    pipeline: String, recipient: String, runID: Int, edition: Int, asOf: CalendarDate, validDays: Int,
    rule: PackageRule
  ) {
    self.pipeline = String(
      decoding: pipeline.utf8.filter { $0 >= 0x20 && !"\"<>&'\\".utf8.contains($0) }, as: UTF8.self)
    self.recipient = recipient
    self.runID = runID
    self.edition = edition
    self.asOf = asOf.text
    validUntil = asOf.adding(days: validDays).text
    self.rule = rule
  }

  /// Reads back what a package says of itself; nil if it isn't in our words.
  init?(_ info: BagInfo) {
    guard let pipeline = info["Cardlink-Pipeline"], let recipient = info["Cardlink-Recipient"],
      let run = info["Cardlink-Run"].flatMap({ Int($0) }),
      let edition = info["Cardlink-Edition"].flatMap({ Int($0) }),
      let asOf = info["Cardlink-As-Of"].flatMap({ CalendarDate(iso: $0) }),
      let validUntil = info["Cardlink-Valid-Until"].flatMap({ CalendarDate(iso: $0) }),
      let formats = info["Cardlink-Formats"]?.split(separator: " "),
      let attributes = info["Cardlink-Attributes"]?.split(separator: " ")
    else { return nil }
    (self.pipeline, self.recipient, runID, self.edition) = (pipeline, recipient, run, edition)
    (self.asOf, self.validUntil) = (asOf.text, validUntil.text)
    rule = PackageRule(
      .all, formats: PackageFormat.allCases.filter { formats.contains(Substring($0.rawValue)) },
      attributes: Attribute.allCases.filter { attributes.contains(Substring($0.name)) })
    guard rule.formats.count == formats.count, rule.attributes.count == attributes.count,
      rule.attributes.first == .personalID
    else { return nil }
  }

  /// The facts that are known before the people are written, as the SQLite file's table `package` has them.
  var pairs: [(String, String)] {
    [
      ("schema_version", String(Self.schemaVersion)), ("pipeline", pipeline), ("recipient", recipient),
      ("run", String(runID)), ("edition", String(edition)), ("as_of", asOf), ("valid_until", validUntil),
    ]
  }
}

/// What a package holds.
package enum PackageKind: String, Sendable {
  /// All people of the recipient.
  case full
  /// What has changed since the recipient's package before.
  case delta
  /// All people, put together where the packages were received, from a full one and the changes since.
  case applied
}

/// One package of a recipient's sequence.
package struct PackagePoint: Hashable, Sendable {
  /// The SHA-256 of its tag manifest.
  package var digest: String
  package var runID: Int
  package var edition: Int

  static func isBefore(_ a: PackagePoint, _ b: PackagePoint) -> Bool {
    (a.runID, a.edition) < (b.runID, b.edition)
  }
}

/// Where a package stands in its recipient's sequence.
struct PackageStanding: Hashable, Sendable {
  var kind = PackageKind.full
  /// The package that the recipient got before.
  var before: PackagePoint?
  /// The full package that the changes build on; nil for a full one.
  var base: PackagePoint?
  /// Packages of changes from the base to this one, this one counted.
  var deltas = 0
}
