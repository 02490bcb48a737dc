// Writes findings to the store: one thread makes their text, SQLite inserts them on another.
// Invariant: each finding becomes one row, in the order given; every return code of SQLite is read.
// Load: a few per cent of a night's records, all of them on the worst; batches of a thousand rows, whose
// memory is reused.

import Files
internal import GRDB
import Threads
import Values

/// Some findings as the columns of `held_record`.
struct FindingBatch: Sendable {
  fileprivate struct Row: BitwiseCopyable {
    var export: ExportKind
    var sourceID: Int64
    var line: Int64
    /// -1: candidates were not searched for.
    var candidates: Int64
    /// The end of each text, which is the start of the next one.
    var ends = InlineArray<7, UInt32>(repeating: 0)
  }
  /// The columns of the texts: the first five come before the origin, the others after the candidates.
  fileprivate static let columns: InlineArray<7, Int> = [1, 2, 3, 4, 5, 9, 10]
  private static let most = 1000

  fileprivate var rows: [Row] = []
  fileprivate var bytes: [UInt8] = []

  /// Replaces the content with the next findings.
  /// - Returns: false when there are none left.
  mutating func fill(from next: () throws(Stop) -> FindingRow?) throws(Stop) -> Bool {
    rows.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    while rows.count < Self.most, let finding = try next() {
      var row = Row(
        export: finding.export, sourceID: Schema.sourceID(finding.export, finding.fileIndex),
        line: Int64(finding.line), candidates: finding.candidates.map { Int64($0) } ?? -1)
      add(finding.outcome.name, 0, &row)
      add(finding.reasons, 1, &row)
      add(finding.personalID, 2, &row)
      add(finding.insuranceNumber, 3, &row)
      add(finding.cardNumber, 4, &row)
      add(finding.candidatePersonalID, 5, &row)
      add(finding.judged?.text ?? "", 6, &row)
      rows.append(row)
    }
    return !rows.isEmpty
  }

  private mutating func add(_ text: String, _ i: Int, _ row: inout Row) {
    bytes.append(contentsOf: text.utf8)
    row.ends[i] = UInt32(truncatingIfNeeded: bytes.count)
  }
}

/// Inserts all findings, then builds their indexes by sorting.
/// - Returns: how many findings there were.
func write(_ batches: BatchQueue<FindingBatch>, _ db: Database, _ path: String) throws -> Int {
  var count = 0
  var batch = FindingBatch()
  var held = try BulkInsert(Schema.insertHeldRecord, db, columnCount: 11, path: path)
  while batches.take(&batch) {
    try Faults.pass(.database, path)
    var start = 0
    for row in batch.rows {
      held.set(0, Int64(row.export.rawValue))
      held.set(6, row.sourceID)
      held.set(7, row.line)
      if row.candidates >= 0 { held.set(8, row.candidates) } else { held.setNull(8) }
      try batch.bytes.withUnsafeBufferPointer { bytes throws(Stop) in
        for i in row.ends.indices {
          let end = Int(row.ends[i])
          held.set(FindingBatch.columns[i], bytes: UnsafeBufferPointer(rebasing: bytes[start..<end]))
          start = end
        }
        try held.step()
      }
    }
    count += batch.rows.count
  }
  for sql in Schema.indexes { try db.execute(sql: sql) }
  return count
}
