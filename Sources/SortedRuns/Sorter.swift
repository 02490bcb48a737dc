// Sorts more records than fit in memory: writes full buffers to disk as sorted runs, which a merge reads as
// one.
// Invariant: the merge of the runs is ordered by (key, place), whatever the buffer's size and however records
// were distributed over sorters. Only these two words are compared.
// Load: 100 million records through a buffer of some ten MiB; 32 bytes of index per record in memory. A radix
// sort of eleven bits per pass orders the keys.

internal import CScan
package import Values

/// Takes records in any order and writes sorted runs.
package struct Sorter: ~Copyable {
  private let folder: String
  private let name: String
  private let bufferBytes: Int
  private let synced: Bool
  /// Records one after the other: place 8, payload byte count 4, payload.
  private var memory: GrowingMemory
  /// An ``IndexEntry`` for each record.
  private var index: GrowingMemory
  private var runs: [SortedRun] = []

  /// - Parameters:
  ///   - folder: where the runs are written; it exists.
  ///   - name: the runs are called `name-0`, `name-1`, …; no other sorter in the folder may have it.
  ///   - bufferBytes: memory for records before they are sorted and written; at most 2 GiB.
  ///   - synced: whether to sync the finished runs; not needed for runs that are removed before the stage ends.
  ///   - lent: memory of a finished sorter; ``finish(returning:)`` gives it back.
  package init(
    folder: String, name: String, bufferBytes: Int, synced: Bool = true,
    memory lent: consuming SorterMemory = SorterMemory()
  ) {
    memory = lent.records
    index = lent.index
    self.folder = folder
    self.name = name
    self.bufferBytes = min(max(bufferBytes, 4096), 2 << 30)
    self.synced = synced
  }

  /// Appends one record of at most 16 MiB.
  package mutating func append(key: UInt64, place: UInt64, _ payload: Span<UInt8>) throws(Stop) {
    var writer = try begin(key: key, place: place, room: payload.count)
    unsafe writer.append(payload.bytes)
    end(writer)
  }

  /// Appends one record from an array, for callers that store the array beside the sorter.
  package mutating func append(key: UInt64, place: UInt64, _ payload: [UInt8]) throws(Stop) {
    try append(key: key, place: place, payload.span)
  }

  /// Begins a record whose payload, of at most `room` bytes, is written into the sorter's own memory.
  ///
  /// Nothing else may be called before ``end(_:)``.
  package mutating func begin(key: UInt64, place: UInt64, room: Int) throws(Stop) -> ByteWriter {
    let recordCount = index.count / MemoryLayout<IndexEntry>.stride
    let indexBytes = (recordCount + 1) * 2 * MemoryLayout<IndexEntry>.stride
    if recordCount > 0, memory.count + room + headBytes + indexBytes > bufferBytes { try spill() }
    memory.reserve(headBytes + room + 16)
    index.reserve(MemoryLayout<IndexEntry>.stride)
    unsafe (index.base + index.count).storeBytes(
      of: IndexEntry(key: key, start: UInt32(truncatingIfNeeded: memory.count)), as: IndexEntry.self)
    unsafe (memory.base + memory.count).storeBytes(of: place, as: UInt64.self)
    return unsafe ByteWriter(memory.base + memory.count + headBytes, room: room + 16)
  }

  /// Ends the record that ``begin(key:place:room:)`` began.
  package mutating func end(_ writer: ByteWriter) {
    unsafe (memory.base + memory.count + 8).storeBytes(
      of: UInt32(truncatingIfNeeded: writer.count), as: UInt32.self)
    memory.count += headBytes + writer.count
    index.count += MemoryLayout<IndexEntry>.stride
  }

  /// Writes the remaining records.
  /// - Returns: the runs.
  package consuming func finish() throws(Stop) -> [SortedRun] {
    try spill()
    return runs
  }

  /// Writes the remaining records, and gives the memory back.
  /// - Returns: the runs.
  package consuming func finish(returning lent: inout SorterMemory) throws(Stop) -> [SortedRun] {
    try spill()
    lent.records = memory
    lent.index = index
    return runs
  }

  private mutating func spill() throws(Stop) {
    let count = index.count / MemoryLayout<IndexEntry>.stride
    guard count > 0 else { return }
    index.reserve(index.count)
    let entries = unsafe UnsafeMutableBufferPointer(
      start: index.base.assumingMemoryBound(to: IndexEntry.self), count: count)
    let scratch = unsafe UnsafeMutableBufferPointer(
      start: (index.base + index.count).assumingMemoryBound(to: IndexEntry.self), count: count)
    let sorted = unsafe sortedByDigits(entries, scratch)
    var run = try SortedRunWriter(folder: folder, name: "\(name)-\(runs.count)")
    var inOrder = 0
    for i in 0..<count {
      // Few keys occur twice.
      if i >= inOrder, i + 1 < count, unsafe sorted[i].key == sorted[i + 1].key {
        inOrder = unsafe sortEqualKeysByPlace(sorted, from: i, memory.base)
      }
      // Records are scattered over the buffer: prefetch later ones while this one is written.
      if i + 16 < count {
        unsafe cardlink_prefetch(memory.base + Int(sorted[i + 16].start))
        unsafe cardlink_prefetch(memory.base + Int(sorted[i + 16].start) + 64)
      }
      let record = unsafe memory.base + Int(sorted[i].start)
      let payloadCount = Int(unsafe (record + 8).loadUnaligned(as: UInt32.self))
      let payload = unsafe UnsafeRawBufferPointer(start: record + headBytes, count: payloadCount)
      try unsafe run.append(
        key: sorted[i].key, place: unsafe record.loadUnaligned(as: UInt64.self), unsafe payload.bytes)
    }
    if let finished = try run.finish(synced: synced) { runs.append(finished) }
    index.count = 0
    memory.count = 0
  }
}

/// Bytes before the payload of a record in memory.
private let headBytes = 12

/// The position of a record in memory.
struct IndexEntry: BitwiseCopyable {
  var key: UInt64
  var start: UInt32
}

/// Sorts by key; entries with the same key keep their order.
///
/// - Parameter scratch: as long as `entries`; its content is overwritten.
/// - Returns: one of the two, sorted.
/// - Complexity: O(*n*) for each eleven bits in which the keys differ.
func sortedByDigits(
  _ entries: UnsafeMutableBufferPointer<IndexEntry>, _ scratch: UnsafeMutableBufferPointer<IndexEntry>
) -> UnsafeMutableBufferPointer<IndexEntry> {
  // Moving entries does not change how often each digit occurs: count all digits at once.
  let digits = (64 + 10) / 11
  return unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: digits << 11) { counts in
    unsafe counts.initialize(repeating: 0)
    for i in 0..<entries.count {
      var rest = unsafe entries[i].key
      var table = 0
      while rest != 0 {
        unsafe counts[table | Int(truncatingIfNeeded: rest & 2047)] &+= 1
        rest &>>= 11
        table &+= 2048
      }
    }
    var (from, to) = unsafe (entries, scratch)
    for digit in 0..<digits {
      let starts = unsafe UnsafeMutableBufferPointer(rebasing: counts[digit << 11..<(digit + 1) << 11])
      // Shorter keys have a zero at this digit.
      var sum: UInt32 = 0
      var counted = 0
      for value in 0..<2048 { counted += Int(unsafe starts[value]) }
      unsafe starts[0] &+= UInt32(entries.count - counted)
      guard unsafe !starts.contains(UInt32(entries.count)) else { continue }
      for value in 0..<2048 {
        let count = unsafe starts[value]
        unsafe starts[value] = sum
        sum &+= count
      }
      let shift = UInt64(digit * 11)
      for i in 0..<from.count {
        let entry = unsafe from[i]
        let value = Int(truncatingIfNeeded: entry.key &>> shift & 2047)
        let place = unsafe starts[value]
        unsafe to[Int(place)] = entry
        unsafe starts[value] = place &+ 1
      }
      unsafe swap(&from, &to)
    }
    return unsafe from
  }
}

/// Sorts the entries with the first entry's key by place; most are in that order already.
/// - Returns: the index of the first entry with another key.
@inline(never)
private func sortEqualKeysByPlace(
  _ entries: UnsafeMutableBufferPointer<IndexEntry>, from first: Int, _ memory: UnsafeMutableRawPointer
) -> Int {
  func place(_ entry: IndexEntry) -> UInt64 {
    unsafe (memory + Int(entry.start)).loadUnaligned(as: UInt64.self)
  }
  var end = first + 1
  var ascends = true
  while end < entries.count, unsafe entries[end].key == entries[first].key {
    if unsafe place(entries[end - 1]) > place(entries[end]) { ascends = false }
    end += 1
  }
  if !ascends {
    var equal = unsafe UnsafeMutableBufferPointer(rebasing: entries[first..<end])
    unsafe equal.sort { place($0) < place($1) }
  }
  return end
}
