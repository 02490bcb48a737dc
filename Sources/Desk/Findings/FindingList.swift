// The findings of one run as a list that is filtered, counted and read by pages: of the store in force, of a kept store, or of a
// held run, which has a match result and no store.
// Invariant: the list and its pages come from one store, even if a run replaces it meanwhile. Counts name no person; each
// page is in the audit log before it is read.
// Load: one pass over the findings and one over the staged insurance records for each store, then 40 bytes a finding in memory;
// a filter is a pass over these.

package import Store
package import Values
package import Workspace

/// The findings of a run.
package struct FindingList: Sendable {
  /// What is wanted; nil for all.
  package struct Filter: Hashable, Sendable {
    package var outcome: Outcome?
    package var reason: Reason?
    package var export: ExportKind?
    /// The first three digits of the personal ID field.
    package var birthPlace: String?
    /// The first characters of the code of the facility in the record, in capitals.
    package var facility: String?
    package var ageGroup: AgeGroup?
    /// The run since which the record waits: of one of ``FindingList/sinces``, or ``FindingList/withoutNumber``.
    package var since: Int?
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
    /// Those whose record names a facility.
    package var facilities: [ShortCode: Int] = [:]
    package var ageGroups: [AgeGroup: Int] = [:]
    /// By the run since which the record waits.
    package var sinces: [Int: Int] = [:]
  }

  /// A run since which records wait.
  package struct Since: Hashable, Sendable {
    package var run: Int
    package var asOf: String
    /// Whether the record may have waited before: no earlier store is kept.
    package var orEarlier: Bool
  }

  struct Entry {
    var row: Int64
    var reasons: Reasons
    /// Its index in ``codes``; 0 for none.
    var facility: UInt32 = 0
    var birthPlace: UInt16
    var export: ExportKind
    var outcome: Outcome
    var isDecidable: Bool
    var ageGroup = AgeGroup.unknown
    /// Its index in ``sinces``; ``noSince`` for a record without a number.
    var since = FindingList.noSince
  }

  /// The run that the findings are of.
  package let run: RunRecord
  package let isInForce: Bool
  let source: FindingSource
  private(set) var entries: [Entry] = []
  /// The facilities of the records; the first is none.
  private(set) var codes = [ShortCode.none]
  /// Whether facility and birth date of the records are known: the staged records were there when the list was read.
  package private(set) var knowsRecords = false
  /// The runs since which records wait, this one first.
  package private(set) var sinces: [Since]
  /// The records of this list and of the stores before, which the list of the next run compares with.
  private(set) var held: [HeldRecords]

  static let noSince = UInt8.max
  /// For ``Filter/since``: records without a number, which can't be found again in an earlier store.
  package static let withoutNumber = 0
  private static let noPlace = UInt16.max

  /// - Parameters:
  ///   - staged: reads facility and birth date of the insurance records; nil if the staged records are gone.
  ///   - earlier: the records that were held in the stores before, the last store first.
  ///   - isWhole: whether there was no store before the first of these.
  init(
    _ source: FindingSource, of run: RunRecord, isInForce: Bool, staged: StagedFacts?,
    earlier: [HeldRecords], isWhole: Bool
  ) throws(Stop) {
    (self.source, self.run, self.isInForce) = (source, run, isInForce)
    let line = [(run.id, run.asOf)] + earlier.map { ($0.run, $0.asOf) }
    sinces = line.enumerated().map { i, point in
      Since(run: point.0, asOf: point.1, orEarlier: i == line.count - 1 && !isWhole)
    }
    held = []
    var facts = staged
    var entries: [Entry] = []
    var identities: [UInt64] = []
    var sets: [String: Reasons] = [:]
    try source.forEachKey { (key) throws(Stop) in
      guard let outcome = Outcome(name: key.outcome) else { return }
      let text = key.reasons ?? ""
      let reasons = sets[text] ?? Reasons(shown: text)
      sets[text] = reasons
      var entry = Entry(
        row: key.row, reasons: reasons, birthPlace: Self.place(key.personalID), export: key.export,
        outcome: outcome, isDecidable: key.isDecidable)
      if let identity = HeldRecords.identity(of: key) {
        identities.append(identity)
        let others = earlier.firstIndex { !$0.contains(identity) } ?? earlier.count
        entry.since = UInt8(truncatingIfNeeded: min(others, Int(Self.noSince) - 1))
      }
      facts?.want(key, entries.count)
      entries.append(entry)
    }
    if let facts {
      try facts.read { i, facility, ageGroup in
        entries[i].facility = facility
        entries[i].ageGroup = ageGroup
      } codes: {
        codes = $0
      }
      knowsRecords = true
    }
    self.entries = entries
    held = [HeldRecords(run: run.id, asOf: run.asOf, identities)] + earlier
  }

  /// The first three characters if they are digits.
  private static func place(_ number: String?) -> UInt16 {
    let text = (number ?? "").utf8.prefix(3)
    guard text.count == 3, text.allSatisfy({ (48...57).contains($0) }) else { return noPlace }
    return text.reduce(0) { $0 * 10 + UInt16($1 - 48) }
  }

  static func text(_ place: UInt16) -> String {
    String(repeating: "0", count: max(0, 3 - String(place).count)) + String(place)
  }
}

// MARK: Filters and counts

extension FindingList {
  /// A filter as the loop compares it.
  private struct Conditions {
    let filter: Filter
    let place: UInt16?
    /// For each code, whether it begins as wanted; nil for all.
    let facilities: [Bool]?
    let since: UInt8?
    /// Whether a condition has a value that no record can have.
    var isImpossible = false

    init(_ filter: Filter, _ list: FindingList) {
      self.filter = filter
      place = filter.birthPlace.flatMap { UInt16($0) }
      facilities = filter.facility.map { wanted in
        list.codes.map { !$0.isNone && $0.text.uppercased().hasPrefix(wanted) }
      }
      if filter.since == FindingList.withoutNumber {
        since = FindingList.noSince
      } else {
        let index = filter.since.flatMap { run in list.sinces.firstIndex { $0.run == run } }
        isImpossible = filter.since != nil && index == nil
        since = index.map { UInt8(truncatingIfNeeded: $0) }
      }
    }

    func isOutcome(_ entry: Entry) -> Bool { filter.outcome == nil || entry.outcome == filter.outcome }
    func isReason(_ entry: Entry) -> Bool { filter.reason.map { entry.reasons.contains($0) } ?? true }
    func isExport(_ entry: Entry) -> Bool { filter.export == nil || entry.export == filter.export }
    func isPlace(_ entry: Entry) -> Bool { place == nil || entry.birthPlace == place }
    func isFacility(_ entry: Entry) -> Bool { facilities.map { $0[Int(entry.facility)] } ?? true }
    func isAge(_ entry: Entry) -> Bool { filter.ageGroup == nil || entry.ageGroup == filter.ageGroup }
    func isSince(_ entry: Entry) -> Bool { !isImpossible && (since == nil || entry.since == since) }
    func isWanted(_ entry: Entry) -> Bool { !filter.isDecidable || entry.isDecidable }
  }

  /// The rows that a filter admits, in their order.
  package func rows(_ filter: Filter) -> [Int64] {
    let wanted = Conditions(filter, self)
    return entries.compactMap { entry in
      wanted.isWanted(entry) && wanted.isOutcome(entry) && wanted.isReason(entry) && wanted.isExport(entry)
        && wanted.isPlace(entry) && wanted.isFacility(entry) && wanted.isAge(entry) && wanted.isSince(entry)
        ? entry.row : nil
    }
  }

  /// The counts beside each choice of the filter.
  package func counts(_ filter: Filter) -> Counts {
    let wanted = Conditions(filter, self)
    var counts = Counts()
    var (outcomes, exports) = ([Int](repeating: 0, count: 64), [0, 0])
    var (places, facilities) = ([Int](repeating: 0, count: 1001), [Int](repeating: 0, count: codes.count))
    var (ages, sinces) = (
      [Int](repeating: 0, count: AgeGroup.allCases.count), [Int](repeating: 0, count: 256)
    )
    var reasons: [Reasons: Int] = [:]
    for entry in entries where wanted.isWanted(entry) {
      // One bit for each condition that the record does not meet.
      var missed: UInt8 = 0
      if !wanted.isOutcome(entry) { missed |= 1 }
      if !wanted.isReason(entry) { missed |= 2 }
      if !wanted.isExport(entry) { missed |= 4 }
      if !wanted.isPlace(entry) { missed |= 8 }
      if !wanted.isFacility(entry) { missed |= 16 }
      if !wanted.isAge(entry) { missed |= 32 }
      if !wanted.isSince(entry) { missed |= 64 }
      if missed == 0 { counts.total += 1 }
      if missed & ~1 == 0 { outcomes[Int(entry.outcome.rawValue)] += 1 }
      if missed & ~2 == 0 { reasons[entry.reasons, default: 0] += 1 }
      if missed & ~4 == 0 { exports[Int(entry.export.rawValue)] += 1 }
      if missed & ~8 == 0 { places[Int(min(entry.birthPlace, 1000))] += 1 }
      if missed & ~16 == 0 { facilities[Int(entry.facility)] += 1 }
      if missed & ~32 == 0 { ages[Int(entry.ageGroup.rawValue)] += 1 }
      if missed & ~64 == 0 { sinces[Int(entry.since)] += 1 }
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
    for (i, count) in facilities.enumerated() where i > 0 && count > 0 { counts.facilities[codes[i]] = count }
    for group in AgeGroup.allCases { counts.ageGroups[group] = ages[Int(group.rawValue)] }
    for (i, since) in self.sinces.enumerated() { counts.sinces[since.run] = sinces[i] }
    counts.sinces[Self.withoutNumber] = sinces[Int(Self.noSince)]
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
