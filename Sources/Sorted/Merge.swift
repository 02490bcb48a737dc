// Many sorted runs read as one ascending stream.
// Invariant: records come by (key, place), each once; a merge over key ranges that touch gives, one after the other,
// what the merge over the whole gives.
// Load: some hundred runs, one block of each in memory; a binary heap of the runs' current records.

package import Record

/// The records of several runs in ascending order, from a key up to another.
package struct Merge: ~Copyable {
  private let readers: [SortedRunReader]
  /// A heap of the indices of readers that have a record, the least first.
  private var heap: [Int] = []
  private let end: UInt64

  /// - Parameters:
  ///   - runs: runs in `folder`.
  ///   - start: the least key read.
  ///   - end: the first key not read.
  package init(_ runs: [SortedRun], in folder: String, from start: UInt64 = 0, to end: UInt64 = .max)
    throws(Stop)
  {
    var readers: [SortedRunReader] = []
    var heap: [Int] = []
    for run in runs where run.lastKey >= start && run.firstKey < end {
      let reader = try SortedRunReader(folder + "/" + run.name, from: start)
      guard try reader.next(), reader.key < end else { continue }
      heap.append(readers.count)
      readers.append(reader)
    }
    self.end = end
    self.readers = readers
    self.heap = heap
    for i in stride(from: heap.count / 2 - 1, through: 0, by: -1) { siftDown(i) }
  }

  /// Whether there is a record to look at.
  package var hasRecord: Bool { !heap.isEmpty }

  /// The current record's key; the end of all keys when there is none.
  package var key: UInt64 { heap.isEmpty ? .max : readers[heap[0]].key }
  package var place: UInt64 { heap.isEmpty ? .max : readers[heap[0]].place }

  /// Lends the current record's payload. There must be one: see ``hasRecord``.
  package func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    try readers[heap[0]].withPayload(body)
  }

  /// Goes to the record after the current one.
  package mutating func advance() throws(Stop) {
    let top = heap[0]
    if try readers[top].next(), readers[top].key < end {
      siftDown(0)
    } else {
      heap.swapAt(0, heap.count - 1)
      heap.removeLast()
      siftDown(0)
    }
  }

  private mutating func siftDown(_ from: Int) {
    var i = from
    while true {
      var least = i
      for child in [2 * i + 1, 2 * i + 2] where child < heap.count && isBefore(heap[child], heap[least]) {
        least = child
      }
      if least == i { return }
      heap.swapAt(i, least)
      i = least
    }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (readers[a], readers[b])
    return x.key != y.key ? x.key < y.key : x.place < y.place
  }
}

/// Keys that cut the records of the runs into `parts` of about equal size; ascending, at most `parts - 1` of them.
///
/// A key is never cut apart, so a run of records with one key stays whole.
package func splitKeys(of runs: [SortedRun], in folder: String, parts: Int) throws(Stop) -> [UInt64] {
  var keys: [UInt64] = []
  for run in runs { keys += try SortedRunReader(folder + "/" + run.name).sampledKeys }
  keys.sort()
  guard parts > 1, keys.count > 1 else { return [] }
  var cuts: [UInt64] = []
  for part in 1..<parts {
    let key = keys[part * keys.count / parts]
    if key > keys[0], cuts.last != key { cuts.append(key) }
  }
  return cuts
}
