// What a package says of itself.
// Invariant: every value is one line without quotes or angle brackets, so that it needs no escaping in bag-info, XML,
// JSON or SQL; the same people, rule, run and predecessor give the same text.

import Record

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

  /// The facts that are known before the people are written, as the SQLite file's table `package` has them.
  var pairs: [(String, String)] {
    [
      ("schema_version", String(Self.schemaVersion)), ("pipeline", pipeline), ("recipient", recipient),
      ("run", String(runID)), ("edition", String(edition)), ("as_of", asOf), ("valid_until", validUntil),
    ]
  }
}

/// The package that the recipient got before.
package struct PackageBefore: Hashable, Sendable {
  /// The SHA-256 of its tag manifest.
  var digest: String
  var runID: Int
  var edition: Int
}
