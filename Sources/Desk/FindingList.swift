// The findings of the store in force as a list that is filtered, counted and read by pages.
// Invariant: the list and its pages come from one store, even if a run replaces it meanwhile. Counts name no person; each
// page is in the audit log before it is read.
// Load: one pass over the findings for each store, then 40 bytes a finding in memory; a filter is a pass over these.

package import Store
package import Values
package import Workspace

/// The findings of a store.
package struct FindingList: Sendable {
  /// What is wanted; nil for all.
  package struct Filter: Hashable, Sendable {
    package var outcome: Outcome?
    package var reason: Reason?
    package var export: ExportKind?
    /// The first three digits of the personal ID field.
    package var birthPlace: String?
    package var isDecidable = false

    package init() {}
  }

  /// How many findings there are with each value, of those that the filter's other conditions admit.
  package struct Counts: Sendable {
    package var total = 0
    package var outcomes: [Outcome: Int] = [:]
    package var reasons: [Reason: Int] = [:]
    package var exports: [ExportKind: Int] = [:]
    package var birthPlaces: [String: Int] = [:]
  }

  private struct Entry {
    var row: Int64
    var reasons: Reasons
    var birthPlace: UInt16
    var export: ExportKind
    var outcome: Outcome
    var isDecidable: Bool
  }

  /// The run that the store is of.
  package let run: RunRecord
  let store: Store
  private var entries: [Entry] = []
  private static let noPlace = UInt16.max

  init(_ store: Store, of run: RunRecord) throws(Stop) {
    (self.store, self.run) = (store, run)
    var entries: [Entry] = []
    var sets: [String: Reasons] = [:]
    try store.findingKeys { (key) throws(Stop) in
      guard let outcome = Outcome(name: key.outcome) else { return }
      let text = key.reasons ?? ""
      let reasons = sets[text] ?? Reasons(shown: text)
      sets[text] = reasons
      entries.append(
        Entry(
          row: key.row, reasons: reasons, birthPlace: Self.place(key.birthPlace),
          export: key.export, outcome: outcome, isDecidable: key.isDecidable))
    }
    self.entries = entries
  }

  /// Three digits, and nothing else.
  private static func place(_ text: String) -> UInt16 {
    text.utf8.count == 3 && text.utf8.allSatisfy { (48...57).contains($0) }
      ? UInt16(text) ?? noPlace : noPlace
  }

  private static func text(_ place: UInt16) -> String {
    String(repeating: "0", count: max(0, 3 - String(place).count)) + String(place)
  }

  /// The rows that a filter admits, in their order.
  package func rows(_ filter: Filter) -> [Int64] {
    let place = filter.birthPlace.flatMap { UInt16($0) }
    return entries.compactMap { entry in
      (filter.outcome == nil || entry.outcome == filter.outcome)
        && (filter.reason.map { entry.reasons.contains($0) } ?? true)
        && (filter.export == nil || entry.export == filter.export)
        && (place == nil || entry.birthPlace == place) && (!filter.isDecidable || entry.isDecidable)
        ? entry.row : nil
    }
  }

  /// The counts beside each choice of the filter.
  package func counts(_ filter: Filter) -> Counts {
    let place = filter.birthPlace.flatMap { UInt16($0) }
    var counts = Counts()
    var (outcomes, exports) = ([Int](repeating: 0, count: 64), [0, 0])
    var places = [Int](repeating: 0, count: 1001)
    var reasons: [Reasons: Int] = [:]
    for entry in entries where !filter.isDecidable || entry.isDecidable {
      let isOutcome = filter.outcome == nil || entry.outcome == filter.outcome
      let isReason = filter.reason.map { entry.reasons.contains($0) } ?? true
      let isExport = filter.export == nil || entry.export == filter.export
      let isPlace = place == nil || entry.birthPlace == place
      if isOutcome, isReason, isExport, isPlace { counts.total += 1 }
      if isReason, isExport, isPlace { outcomes[Int(entry.outcome.rawValue)] += 1 }
      if isOutcome, isExport, isPlace { reasons[entry.reasons, default: 0] += 1 }
      if isOutcome, isReason, isPlace { exports[Int(entry.export.rawValue)] += 1 }
      if isOutcome, isReason, isExport { places[Int(min(entry.birthPlace, 1000))] += 1 }
    }
    for outcome in Outcome.allCases where outcomes[Int(outcome.rawValue)] > 0 {
      counts.outcomes[outcome] = outcomes[Int(outcome.rawValue)]
    }
    for (set, count) in reasons {
      for reason in Reason.allCases where set.contains(reason) { counts.reasons[reason, default: 0] += count }
    }
    for export in ExportKind.allCases { counts.exports[export] = exports[Int(export.rawValue)] }
    for (place, count) in places.dropLast().enumerated() where count > 0 {
      counts.birthPlaces[Self.text(UInt16(place))] = count
    }
    return counts
  }
}

extension Reasons {
  /// The set of the words that the store shows.
  fileprivate init(shown text: String) {
    self.init()
    for word in text.split(separator: ",") {
      if let reason = Reason(shown: String(word)) { insert(reason) }
    }
  }
}

extension Desk {
  /// The list of the findings in force.
  ///
  /// - Parameter old: a list from before, which is given back while its store is in force.
  package func findingList(_ old: FindingList? = nil) throws(Stop) -> FindingList {
    let asked = try askedInForce()
    if let old, old.run.id == asked.run.id { return old }
    return try FindingList(storeInForce(), of: asked.run)
  }

  /// One page of a list.
  package func page(_ rows: ArraySlice<Int64>, of list: FindingList) throws(Stop) -> [StoredFinding] {
    try audit(.findingsRead, run: list.run.id, detail: ["records": "\(rows.count)"])
    return try list.store.findings(rows: rows).map(\.finding)
  }

  /// Many records of a list, for a file: pieces of it by number, nil after the last.
  package func pieces(
    _ rows: [Int64], of list: FindingList, length: Int = 1000
  ) throws(Stop) -> @Sendable (Int) throws(Stop) -> [StoredFinding]? {
    try audit(.findingsRead, run: list.run.id, detail: ["records": "\(rows.count)", "as": "csv"])
    return { (piece) throws(Stop) in
      let start = piece * length
      guard start < rows.count else { return nil }
      return try list.store.findings(rows: rows[start..<min(start + length, rows.count)]).map(\.finding)
    }
  }
}
