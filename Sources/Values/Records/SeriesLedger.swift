// The ledger of a series: what its deltas did to the records of its base.
// Invariant: each record of a delta has one outcome; base − repeats + inserted − deleted = records in force.

/// What became of the records of one delta.
package struct DeltaLedger: Hashable, Sendable, Codable {
  package var file: String
  package var sequence: Int
  /// Its records, without lines that are none.
  package var records: Int
  /// Records by ``DeltaOutcome``'s name; outcomes without a record are left out.
  package private(set) var outcomes: [String: Int] = [:]

  package init(file: String, sequence: Int, records: Int) {
    (self.file, self.sequence, self.records) = (file, sequence, records)
  }

  package subscript(_ outcome: DeltaOutcome) -> Int {
    get { outcomes[outcome.name] ?? 0 }
    set { outcomes[outcome.name] = newValue == 0 ? nil : newValue }
  }

  package var isBalanced: Bool { outcomes.values.reduce(0, +) == records }
}

/// What a full export and the series that it closes disagree in.
package struct Reconciliation: Hashable, Sendable, Codable {
  /// The numbers of the series' full export and of its last delta, and the run that applied them.
  package var base = 0
  package var last = 0
  package var run = 0
  /// The records in force of the series.
  package var records = 0
  /// Records of the series that the full export lacks, and the other way round.
  package var missing = 0
  package var added = 0
  /// Records of one identity and other content.
  package var changed = 0
  /// How many of these differ in a field, by the field's name.
  package var fields: [String: Int] = [:]

  package init() {}

  package var differences: Int { missing + added + changed }

  /// The differences as a share of the records of the series.
  package var share: Double { Double(differences) / Double(max(1, records)) }

  package mutating func add(_ other: Reconciliation) {
    records += other.records
    missing += other.missing
    added += other.added
    changed += other.changed
    fields.merge(other.fields, uniquingKeysWith: +)
  }
}

/// What the deltas of one export did.
package struct SeriesLedger: Hashable, Sendable, Codable {
  package var export: ExportKind
  /// The number of the base.
  package var baseSequence: Int
  /// The records of the base.
  package var base: Int
  /// Records of the base with the identity of another one, left out when a delta changed that identity.
  package var repeats = 0
  package var deltas: [DeltaLedger] = []
  /// Records of deltas in quarantine, deletes of unknown records among them, that no later record has overtaken.
  package var open = 0
  package var inForce: Int
  /// The comparison of the full export with the series before it; nil unless this run closed one.
  package var closed: Reconciliation?

  package init(export: ExportKind, baseSequence: Int, base: Int, inForce: Int) {
    (self.export, self.baseSequence, self.base, self.inForce) = (export, baseSequence, base, inForce)
  }

  package func total(_ outcome: DeltaOutcome) -> Int { deltas.reduce(0) { $0 + $1[outcome] } }

  package var isBalanced: Bool {
    deltas.allSatisfy(\.isBalanced) && base - repeats + total(.inserted) - total(.deleted) == inForce
  }

  /// Stops a run whose series does not balance.
  package func check() throws(Stop) {
    guard !isBalanced else { return }
    let wrong = deltas.first { !$0.isBalanced }
    throw Stop(
      .dataRefused, at: wrong?.file ?? "series of \(export.name)",
      expected: wrong.map { "\($0.records) records of the delta to end in as many outcomes" }
        ?? "\(base - repeats) + \(total(.inserted)) - \(total(.deleted)) records in force",
      found: wrong.map { "\($0.outcomes.values.reduce(0, +))" } ?? "\(inForce)",
      remedy: "Nothing was loaded. This is a defect of cardlink: please report it.")
  }
}
