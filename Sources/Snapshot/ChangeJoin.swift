// Joins the changes of deltas with the records of the base by identity, and writes what is in force.
// Invariant: a record of the base is kept, or listed once among those replaced.
// Load: one range of identities; sorters for as many records as the deltas have.

import Rules
import SortedRuns
import Values

/// What the changes of one export, or of a range of identities, do.
struct ChangeResult: Sendable {
  /// Counts of one file.
  struct Counts {
    /// Records of the base that are no longer in force, and those of them in quarantine.
    var removed = 0
    var removedHeld = 0
    /// Records of a delta in force, and records of it in quarantine that no later one has overtaken.
    var added = 0
    var open = 0
    var outcomes = InlineArray<8, Int>(repeating: 0)
  }

  /// Records and 9-digit numbers in force that come from deltas, or are marked.
  var records: [SortedRun] = []
  var legacy: [SortedRun] = []
  /// Records in quarantine that come from deltas.
  var held: [SortedRun] = []
  /// The base's records that are replaced, deleted or marked, by key and place.
  var replaced: [SortedRun] = []
  var replacedLegacy: [SortedRun] = []
  /// The same in quarantine; the payload is the export.
  var replacedHeld: [SortedRun] = []
  var repeats = 0
  /// How many more records in force have no value in a field.
  var blanks: [Field: Int] = [:]
  private var files: [Counts] = []

  func counts(of file: Int) -> Counts { file < files.count ? files[file] : Counts() }
  func outcomes(of file: Int, _ outcome: DeltaOutcome) -> Int {
    counts(of: file).outcomes[Int(outcome.rawValue)]
  }

  mutating func count(_ file: Int, _ change: (inout Counts) -> Void) {
    while files.count <= file { files.append(Counts()) }
    change(&files[file])
  }

  mutating func add(_ other: ChangeResult) {
    records += other.records
    legacy += other.legacy
    held += other.held
    replaced += other.replaced
    replacedLegacy += other.replacedLegacy
    replacedHeld += other.replacedHeld
    repeats += other.repeats
    blanks.merge(other.blanks, uniquingKeysWith: +)
    for (i, counts) in other.files.enumerated() {
      count(i) {
        $0.removed += counts.removed
        $0.removedHeld += counts.removedHeld
        $0.added += counts.added
        $0.open += counts.open
        for k in counts.outcomes.indices { $0.outcomes[k] += counts.outcomes[k] }
      }
    }
  }
}

/// One range of identities.
struct ChangeJoin: Sendable {
  var request: SnapshotRequest
  var export: ExportKind
  /// The changes and the base's records, by identity.
  var runs: [SortedRun]
  var part: Int
  var start: UInt64
  var end: UInt64

  func run() throws(Stop) -> ChangeResult {
    var writer = ChangeWriter(request, export, part: part)
    var group = ChangeGroup(export, isOrdered: request.ordered.contains(export))
    var merge = try Merge(runs, in: request.folder, from: start, to: end)
    while merge.hasRecord {
      let key = merge.key
      group.removeAll()
      while merge.key == key {
        let place = merge.place
        try merge.withPayload { payload throws(Stop) in group.append(payload, place: place) }
        try merge.advance()
      }
      group.sort()
      var first = 0
      while first < group.entries.count {
        let end = group.end(from: first)
        // The filter passes some records of the base that nothing changes.
        if !group.entries[end - 1].isPresent {
          group.apply(first..<end)
          try writer.write(group, first..<end)
        }
        first = end
      }
    }
    return try writer.finish()
  }
}
