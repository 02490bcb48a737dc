// Many sorted runs read as one ascending stream.
// Invariant: records come by (key, place), each once; a merge over key ranges that touch gives, one after the other,
// what the merge over the whole gives.
// Load: some hundred runs, one block of each in memory; a binary heap of the runs' current keys, so that a step moves
// numbers and touches no reference count.

package import Record

/// The records of several runs in ascending order, from a key up to another.
package struct Merge: ~Copyable {
  /// The current record of one run.
  private struct Head: BitwiseCopyable {
    var key: UInt64
    var place: UInt64
    var cursor: Int

    static func < (a: Head, b: Head) -> Bool {
      a.key != b.key ? a.key < b.key : a.place != b.place ? a.place < b.place : a.cursor < b.cursor
    }
  }

  /// Memory of this merge alone, so that going on costs no retain; all of it is initialized.
  private let cursors: UnsafeMutableBufferPointer<RunCursor>
  /// A heap of the runs that have a record, the least first.
  private let heap: UnsafeMutableBufferPointer<Head>
  private var count = 0
  private let end: UInt64

  /// - Parameters:
  ///   - runs: runs in `folder`.
  ///   - start: the least key read.
  ///   - end: the first key not read.
  package init(_ runs: [SortedRun], in folder: String, from start: UInt64 = 0, to end: UInt64 = .max)
    throws(Stop)
  {
    try self.init([(runs, folder)], from: start, to: end)
  }

  /// Reads runs of several folders as one.
  package init(
    _ sources: [(runs: [SortedRun], folder: String)], from start: UInt64 = 0, to end: UInt64 = .max
  )
    throws(Stop)
  {
    var paths: [String] = []
    for (runs, folder) in sources {
      for run in runs where run.lastKey >= start && run.firstKey < end {
        paths.append(folder + "/" + run.name)
      }
    }
    let cursors = UnsafeMutableBufferPointer<RunCursor>.allocate(capacity: paths.count)
    let heap = UnsafeMutableBufferPointer<Head>.allocate(capacity: paths.count)
    var opened = 0
    var count = 0
    do throws(Stop) {
      for path in paths {
        unsafe cursors.initializeElement(at: opened, to: try RunCursor(path, from: start))
        opened += 1
        guard try unsafe cursors[opened - 1].next(), unsafe cursors[opened - 1].key < end else { continue }
        unsafe heap.initializeElement(
          at: count,
          to: Head(key: cursors[opened - 1].key, place: cursors[opened - 1].place, cursor: opened - 1))
        count += 1
      }
    } catch {
      for i in 0..<opened { unsafe cursors.deinitializeElement(at: i) }
      unsafe cursors.deallocate()
      unsafe heap.deallocate()
      throw error
    }
    self.end = end
    self.cursors = unsafe cursors
    self.heap = unsafe heap
    self.count = count
    for i in stride(from: count / 2 - 1, through: 0, by: -1) { siftDown(i) }
  }

  deinit {
    for i in 0..<cursors.count { unsafe cursors.deinitializeElement(at: i) }
    unsafe cursors.deallocate()
    unsafe heap.deallocate()
  }

  /// Whether there is a record to look at.
  package var hasRecord: Bool { count > 0 }

  /// The current record's key; the end of all keys when there is none.
  package var key: UInt64 { count == 0 ? .max : unsafe heap[0].key }
  package var place: UInt64 { count == 0 ? .max : unsafe heap[0].place }

  /// Lends the current record's payload.
  ///
  /// There must be one: see ``hasRecord``.
  package func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    precondition(count > 0)
    return try unsafe cursors[heap[0].cursor].withPayload(body)
  }

  /// Goes to the record after the current one.
  package mutating func advance() throws(Stop) {
    precondition(count > 0)
    let top = unsafe heap[0].cursor
    settle(try unsafe cursors[top].next())
  }

  /// Goes to the first record whose key is not below `start`; blocks in between are not read.
  package mutating func skip(to start: UInt64) throws(Stop) {
    while count > 0, unsafe heap[0].key < start {
      let top = unsafe heap[0].cursor
      settle(try unsafe cursors[top].skip(to: start))
    }
  }

  /// Puts the least run where it belongs after it moved, or takes it out.
  @inline(__always)
  private mutating func settle(_ hasNext: Bool) {
    let top = unsafe heap[0].cursor
    if hasNext, unsafe cursors[top].key < end {
      unsafe heap[0] = Head(key: cursors[top].key, place: cursors[top].place, cursor: top)
    } else {
      count -= 1
      if count > 0 { unsafe heap[0] = heap[count] }
    }
    siftDown(0)
  }

  private func siftDown(_ from: Int) {
    guard count > 1 else { return }
    var i = from
    let moving = unsafe heap[i]
    while true {
      var child = 2 * i + 1
      guard child < count else { break }
      if child + 1 < count, unsafe heap[child + 1] < heap[child] { child += 1 }
      guard unsafe heap[child] < moving else { break }
      unsafe heap[i] = heap[child]
      i = child
    }
    unsafe heap[i] = moving
  }
}

/// Keys that cut the records of the runs into `parts` of about equal size; ascending, at most `parts - 1` of them.
///
/// A key is never cut apart, so a run of records with one key stays whole.
/// - Parameters:
///   - start: keys below are left out of the count.
///   - end: keys from here on are left out.
package func splitKeys(
  of runs: [SortedRun], in folder: String, parts: Int, from start: UInt64 = 0, to end: UInt64 = .max
) throws(Stop) -> [UInt64] {
  guard parts > 1 else { return [] }
  var keys: [UInt64] = []
  for run in runs where run.lastKey >= start && run.firstKey < end {
    keys += try RunCursor(folder + "/" + run.name).sampledKeys.filter { $0 >= start && $0 < end }
  }
  keys.sort()
  guard keys.count > 1 else { return [] }
  var cuts: [UInt64] = []
  for part in 1..<parts {
    let key = keys[part * keys.count / parts]
    if key > keys[0], cuts.last != key { cuts.append(key) }
  }
  return cuts
}
