// The facts that a package states about itself.
// Invariant: every value is one line without quotes or angle brackets, so it needs no escaping in bag-info,
// XML, JSON or SQL.

package import Values

package struct PackageFacts: Hashable, Sendable {
  /// Version 2 added the cards beside the serving ones.
  package static let schemaVersion = 2

  var pipeline: String
  var recipient: String
  var runID: Int
  /// 1 for the first publication of the run, 2 for the second.
  var edition: Int
  var asOf: String
  var validUntil: String
  /// Ascending, as the attributes are.
  var formats: [PackageFormat]
  var attributes: [Attribute]
  /// Whom to ask about the package; may be empty.
  var contact: String
  /// Groups of the armed forces besides ``ArmedForces/known``.
  var armedForces: [String]
  /// The key with which the recipient seals its receipt; nil in a package that is not signed.
  package var receiptKey: String?

  package init(
    pipeline: String, recipient: String, runID: Int, edition: Int, asOf: CalendarDate, validDays: Int,
    formats: [PackageFormat], attributes: [Attribute], contact: String = "", armedForces: [String] = []
  ) {
    func line(_ text: String) -> String {
      String(decoding: text.utf8.filter { $0 >= 0x20 && !"\"<>&'\\".utf8.contains($0) }, as: UTF8.self)
    }
    self.pipeline = line(pipeline)
    self.contact = line(contact)
    self.armedForces = armedForces
    self.recipient = recipient
    self.runID = runID
    self.edition = edition
    self.asOf = asOf.text
    validUntil = asOf.adding(days: validDays).text
    (self.formats, self.attributes) = (formats, attributes)
  }

  /// Reads the facts that describe a package; nil if a fact is missing or unknown.
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
    self.formats = PackageFormat.allCases.filter { formats.contains(Substring($0.rawValue)) }
    self.attributes = Attribute.allCases.filter { attributes.contains(Substring($0.name)) }
    contact = info["Cardlink-Contact"] ?? ""
    armedForces = (info["Cardlink-Armed-Forces"] ?? "").split(separator: " ").map(String.init)
    guard self.formats.count == formats.count, self.attributes.count == attributes.count,
      self.attributes.first == .personalID
    else { return nil }
  }

  /// The facts known before the people are written, in the form of the SQLite file's table `package`.
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
  /// What has changed since the recipient's previous package.
  case delta
  /// All people, put together by the recipient from a full package and the changes since.
  case applied
  /// Answers to the requests of a consumer.
  case answers
}

/// One package of a recipient's sequence.
package struct PackagePoint: Hashable, Sendable {
  /// The SHA-256 of its tag manifest.
  package var digest: String
  package var runID: Int
  package var edition: Int

  package init(digest: String, runID: Int, edition: Int) {
    (self.digest, self.runID, self.edition) = (digest, runID, edition)
  }

  package static func isBefore(_ a: PackagePoint, _ b: PackagePoint) -> Bool {
    (a.runID, a.edition) < (b.runID, b.edition)
  }
}

/// The place of a package in its recipient's sequence.
package struct PackageStanding: Hashable, Sendable {
  package var kind = PackageKind.full
  /// The recipient's previous package.
  package var before: PackagePoint?
  /// The full package that the changes build on; nil for a full one.
  package var base: PackagePoint?
  /// The number of packages of changes since the base, this one included.
  package var deltas = 0

  package init(before: PackagePoint?) { self.before = before }
  package init(kind: PackageKind, before: PackagePoint?, base: PackagePoint?, deltas: Int) {
    (self.kind, self.before, self.base, self.deltas) = (kind, before, base, deltas)
  }
}
