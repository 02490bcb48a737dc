// Sorting more records than fit in memory: full buffers go to disk as sorted runs, a merge reads them as one.
// Invariant: the merge of the runs is ordered by (key, place), whatever the buffer's size and however the records
// were spread over sorters; nothing is compared but these two words.
// Load: 100 million records through a buffer of some ten MiB; 16 bytes of index beside each record in memory.

package import Record

/// Takes records in any order and leaves sorted runs.
package struct Sorter: ~Copyable {
  private let folder: String
  private let name: String
  private let bufferBytes: Int
  private var index: [IndexEntry] = []
  private var bytes: [UInt8] = []
  private var runs: [SortedRun] = []

  /// Where a buffered record begins: key, place, then its payload in ``bytes``.
  struct IndexEntry: BitwiseCopyable {
    var key: UInt64
    var place: UInt64
    var start: UInt32
    var count: UInt32
  }

  /// - Parameters:
  ///   - folder: where the runs are written; it exists.
  ///   - name: the runs are called `name-0`, `name-1`, …; no other sorter in the folder has it.
  ///   - bufferBytes: memory for records before they are sorted and written; at most 2 GiB.
  package init(folder: String, name: String, bufferBytes: Int) {
    self.folder = folder
    self.name = name
    self.bufferBytes = min(max(bufferBytes, 4096), 2 << 30)
  }

  /// Takes one record of at most 16 MiB.
  package mutating func append(key: UInt64, place: UInt64, _ payload: Span<UInt8>) throws(Stop) {
    if bytes.count + payload.count + (index.count + 1) * MemoryLayout<IndexEntry>.stride > bufferBytes {
      try spill()
    }
    index.append(
      IndexEntry(
        key: key, place: place, start: UInt32(truncatingIfNeeded: bytes.count),
        count: UInt32(truncatingIfNeeded: payload.count)))
    unsafe payload.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Takes one record from a buffer that stands beside the sorter in one value.
  package mutating func append(key: UInt64, place: UInt64, _ payload: [UInt8]) throws(Stop) {
    try append(key: key, place: place, payload.span)
  }

  /// Writes what is left.
  /// - Returns: the runs, all of them synced to disk.
  package consuming func finish() throws(Stop) -> [SortedRun] {
    try spill()
    return runs
  }

  private mutating func spill() throws(Stop) {
    guard !index.isEmpty else { return }
    index.sort { a, b in a.key != b.key ? a.key < b.key : a.place < b.place }
    var run = try SortedRunWriter(folder: folder, name: "\(name)-\(runs.count)")
    for entry in index {
      let payload = bytes.span.extracting(Int(entry.start)..<Int(entry.start) + Int(entry.count))
      try run.append(key: entry.key, place: entry.place, payload)
    }
    if let finished = try run.finish() { runs.append(finished) }
    index.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }
}
