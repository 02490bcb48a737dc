// The records in force: the base of a series as its deltas have changed it, in one staged snapshot.
// Invariant: each record of a delta ends in one outcome, and base − repeats + inserted − deleted = records in force. The
// result has the form that a full export leaves, so the stages after it don't know about deltas.
// Load: two sequential passes over the base, the second only over exports of which a record is replaced, and sorts of as
// many records as the deltas have.

import Files
package import SortedRuns
import Threads
package import Values

/// A snapshot with deltas to apply, and the memory and threads to use.
package struct SnapshotRequest: Sendable {
  /// The base's records, and the deltas' in ``StagedSnapshot/changes``.
  package var snapshot: StagedSnapshot
  /// Where the runs are, and where new ones are written.
  package var folder: String
  /// What identifies a record, for each export that has deltas.
  package var identity: [ExportKind: IdentityFields]
  /// Exports whose records say which of two changes is the later one.
  package var ordered: Set<ExportKind>
  package var threads: Int
  package var memoryBytes: Int

  package init(
    snapshot: StagedSnapshot, folder: String, identity: [ExportKind: IdentityFields],
    ordered: Set<ExportKind>,
    threads: Int, memoryBytes: Int
  ) {
    (self.snapshot, self.folder, self.identity) = (snapshot, folder, identity)
    (self.ordered, self.threads, self.memoryBytes) = (ordered, max(1, threads), memoryBytes)
  }

  /// Memory of one sorter; a thread fills six at most.
  var sorterBytes: Int { memoryBytes / 2 / threads / 6 }

  /// Cuts keys into ranges for the threads.
  func ranges(of runs: [SortedRun]) throws(Stop) -> [(part: Int, start: UInt64, end: UInt64)] {
    let cuts = try splitKeys(of: runs, in: folder, parts: threads == 1 ? 1 : 4 * threads)
    let bounds = [0] + cuts + [.max]
    return cuts.indices.map { (part: $0, start: bounds[$0], end: bounds[$0 + 1]) }
      + [(part: cuts.count, start: bounds[cuts.count], end: .max)]
  }

  func sorter(_ name: String) -> Sorter {
    Sorter(folder: folder, name: name, bufferBytes: sorterBytes, synced: false)
  }
}

/// Applies the deltas of a snapshot to its bases.
///
/// - Returns: the records in force, with the ledger of each series.
/// - Throws: ``Stop`` with ``Exit/dataRefused`` if a series doesn't balance.
package func inForce(_ request: SnapshotRequest) throws(Stop) -> StagedSnapshot {
  var applied = AppliedDeltas(request)
  for export in ExportKind.allCases where request.identity[export] != nil { try applied.apply(export) }
  return try applied.finish()
}

/// Deltas being applied.
private struct AppliedDeltas {
  private let request: SnapshotRequest
  private var snapshot: StagedSnapshot
  private var replacedHeld: [SortedRun] = []
  private var newHeld: [SortedRun] = []

  init(_ request: SnapshotRequest) { (self.request, snapshot) = (request, request.snapshot) }

  mutating func apply(_ export: ExportKind) throws(Stop) {
    let changes = snapshot.changes?[export] ?? []
    let result = try join(changes, export)
    try remove(changes)
    switch export {
    case .population:
      snapshot.population = try replaced(snapshot.population, result.replaced, "population") + result.records
      snapshot.legacy = try replaced(snapshot.legacy, result.replacedLegacy, "legacy") + result.legacy
    case .insurance:
      snapshot.insurance = try replaced(snapshot.insurance, result.replaced, "insurance") + result.records
    }
    replacedHeld += result.replacedHeld
    newHeld += result.held
    try count(result, export)
  }

  mutating func finish() throws(Stop) -> StagedSnapshot {
    snapshot.quarantine = try replaced(snapshot.quarantine, replacedHeld, "quarantine") + newHeld
    snapshot.changes = nil
    let runs = snapshot.population + snapshot.insurance + snapshot.quarantine
    let written = runs.reduce(0) { $0 + $1.recordCount }
    let counted = snapshot.files.reduce(0) { $0 + $1.recordCount - ($1.notRecordCount ?? 0) }
    guard written == counted else {
      throw Stop(
        .dataRefused, at: "snapshot", expected: "\(counted) records, as the files' counts say",
        found: "\(written)",
        remedy: "Nothing was loaded. This is a defect of cardlink: please report it.")
    }
    for run in runs + snapshot.legacy { _ = try Folder.syncFile(request.folder + "/" + run.name) }
    return snapshot
  }

  // MARK: One export

  /// Finds out what the changes do to the records in force.
  private func join(_ changes: [SortedRun], _ export: ExportKind) throws(Stop) -> ChangeResult {
    guard !changes.isEmpty else { return ChangeResult() }
    let keys = try ChangedKeys(changes, in: request.folder)
    let present = try PresentRecords(request: request, export: export, keys: keys).found()
    let parts = try inOrder(request.ranges(of: changes), width: request.threads) {
      [request] (range) throws(Stop) in
      try ChangeJoin(
        request: request, export: export, runs: changes + present, part: range.part, start: range.start,
        end: range.end
      ).run()
    }
    try remove(present)
    var result = ChangeResult()
    for part in parts { result.add(part) }
    return result
  }

  /// The runs without the records that are replaced or deleted.
  private func replaced(_ runs: [SortedRun], _ dead: [SortedRun], _ name: String) throws(Stop) -> [SortedRun]
  {
    guard !dead.isEmpty else { return runs }
    let kept = try inOrder(request.ranges(of: runs), width: request.threads) {
      [request] (range) throws(Stop) in
      try RecordRemoval(
        folder: request.folder, runs: runs, dead: dead, name: "in-force-\(name)-\(range.part)",
        isQuarantine: name == "quarantine", start: range.start, end: range.end
      ).run()
    }
    let (removed, expected) = (kept.reduce(0) { $0 + $1.removed }, dead.reduce(0) { $0 + $1.recordCount })
    guard removed == expected else {
      throw Stop(
        .internalError, at: "snapshot", expected: "\(expected) records of the base to replace",
        found: "\(removed)",
        remedy: "Nothing was loaded. This is a defect of cardlink: please report it.")
    }
    try remove(runs + dead)
    return kept.compactMap(\.run)
  }

  private func remove(_ runs: [SortedRun]) throws(Stop) {
    for run in runs { try Folder.remove(request.folder + "/" + run.name) }
  }

  /// Writes the ledger of the series, and what is in force of each file.
  private mutating func count(_ result: ChangeResult, _ export: ExportKind) throws(Stop) {
    let first = snapshot.files.firstIndex { $0.export == export } ?? 0
    let files = snapshot.files(of: export)
    let base = files.filter { $0.holdsChanges != true }
    var ledger = SeriesLedger(
      export: export, baseSequence: base.compactMap(\.sequence).max() ?? 0,
      base: base.reduce(0) { $0 + $1.records }, inForce: 0)
    ledger.repeats = result.repeats
    for (i, file) in files.enumerated() {
      var now = file
      if file.holdsChanges == true {
        var delta = DeltaLedger(file: file.name, sequence: file.sequence ?? 0, records: file.records)
        for outcome in DeltaOutcome.allCases { delta[outcome] = result.outcomes(of: i, outcome) }
        // Quarantined records without an identity.
        delta[.quarantined] += file.quarantinedCount
        ledger.deltas.append(delta)
        now.quarantinedCount += result.counts(of: i).open
        now.recordCount = (file.notRecordCount ?? 0) + now.quarantinedCount + result.counts(of: i).added
        ledger.open += now.quarantinedCount
        ledger.inForce += result.counts(of: i).added
      } else {
        now.quarantinedCount -= result.counts(of: i).removedHeld
        now.recordCount -= result.counts(of: i).removed + result.counts(of: i).removedHeld
        ledger.inForce += now.records
      }
      snapshot.files[first + i] = now
    }
    for (field, blanks) in result.blanks where snapshot.blanks?["\(export.name).\(field.rawValue)"] != nil {
      snapshot.blanks?["\(export.name).\(field.rawValue)", default: 0] += blanks
    }
    try ledger.check()
    snapshot.series = (snapshot.series ?? []) + [ledger]
  }
}

extension StagedFile {
  /// Its records, without lines that are none.
  fileprivate var records: Int { recordCount - (notRecordCount ?? 0) }
}
