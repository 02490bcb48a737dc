// One sorted run on disk: blocks of records, then an index of the blocks.
// Invariant: records ascend by (key, place); each block carries a checksum; the index and a fixed tail end the file,
// so that a file cut short is recognised and a key is found by reading two blocks at most.
// Load: read from front to back at disk speed; 64 KiB blocks.
//
//   file   block… index tail
//   block  checksum u64, byte count u32, record count u32, file u64, records
//   record key: varint, less the key before it in the block (the first: less the block's first key in the index)
//          payload byte count: varint, doubled, odd if the place's lowest byte is not zero
//          place without its lowest byte: varint, with the block's file taken out; the lowest byte, if not zero
//          payload
//   index  per block: offset u64, first key u64
//   tail   offset of the index u64, block count u64, record count u64, magic u64
//
// A place begins with the number of a file, which is the same for nearly all records of a block, and ends with the
// number of a card in its record, which is nearly always zero: so a place costs three to five bytes instead of eight,
// and a key, which ascends, about three.

import Disk
package import Record

private let magic: UInt64 = 0x326e_7572_6b6e_6c63  // "clnkrun2"
private let blockBytes = 64 << 10
private let blockHeadBytes = 24
/// The most bytes that a record needs besides its payload.
private let recordHeadBytes = 26
private let tailBytes = 32

/// The bits of a place that name its file, shifted as they are stored.
private func fileBits(_ place: UInt64) -> UInt64 { (place >> 48) << 40 }

/// Writes records that come in ascending order.
package struct SortedRunWriter: ~Copyable {
  private var file: OutputFile
  private let name: String
  /// Room for the block's head, then its records.
  private var block = GrowingMemory()
  private var blockRecords: UInt32 = 0
  private var blockFirstKey: UInt64 = 0
  private var blockFile: UInt64 = 0
  private var index: [UInt8] = []
  private var recordCount = 0
  private var firstKey: UInt64 = 0
  private var lastKey: UInt64 = 0
  private var lastPlace: UInt64 = 0

  package init(folder: String, name: String) throws(Stop) {
    file = try OutputFile(creating: folder + "/" + name)
    self.name = name
    block.reserve(blockBytes + 4096)
    block.count = blockHeadBytes
  }

  /// Appends a record; (key, place) is never below the one before.
  package mutating func append(key: UInt64, place: UInt64, _ payload: RawSpan) throws(Stop) {
    precondition(
      recordCount == 0 || lastKey < key || lastKey == key && lastPlace <= place, "records must ascend")
    if recordCount == 0 { firstKey = key }
    if blockRecords == 0 {
      blockFirstKey = key
      blockFile = fileBits(place)
      lastKey = key
    }
    let room = recordHeadBytes + payload.byteCount
    block.reserve(room)
    var writer = unsafe ByteWriter(block.base + block.count, room: room)
    writer.append(varint: key - lastKey)
    let lowest = place & 0xff
    writer.append(varint: UInt64(payload.byteCount) << 1 | (lowest == 0 ? 0 : 1))
    writer.append(varint: place >> 8 ^ blockFile)
    if lowest != 0 { writer.append(varint: lowest) }
    writer.append(payload)
    block.count += writer.count
    (lastKey, lastPlace) = (key, place)
    blockRecords += 1
    recordCount += 1
    if block.count >= blockBytes { try endBlock() }
  }

  /// Appends a record from a span.
  package mutating func append(key: UInt64, place: UInt64, _ payload: Span<UInt8>) throws(Stop) {
    try append(key: key, place: place, payload.bytes)
  }

  /// Appends a record from a buffer that stands beside the writer in one value.
  package mutating func append(key: UInt64, place: UInt64, _ payload: [UInt8]) throws(Stop) {
    try append(key: key, place: place, payload.span.bytes)
  }

  /// Ends the file.
  /// - Returns: the run, synced to disk; nil, and no file, if it holds no record.
  package consuming func finish() throws(Stop) -> SortedRun? {
    guard recordCount > 0 else { return nil }
    try endBlock()
    var tail: [UInt8] = []
    let indexOffset = file.byteCount
    tail.append(integer: UInt64(indexOffset))
    tail.append(integer: UInt64(index.count / 16))
    tail.append(integer: UInt64(recordCount))
    tail.append(integer: magic)
    let blocks = index
    try file.append(blocks.span)
    try file.append(tail.span)
    let byteCount = file.byteCount
    try file.finish()
    return SortedRun(
      name: name, recordCount: recordCount, byteCount: byteCount, firstKey: firstKey, lastKey: lastKey)
  }

  private mutating func endBlock() throws(Stop) {
    guard blockRecords > 0 else { return }
    index.append(integer: UInt64(file.byteCount))
    index.append(integer: blockFirstKey)
    unsafe block.base.storeBytes(
      of: UInt32(truncatingIfNeeded: block.count - blockHeadBytes), toByteOffset: 8, as: UInt32.self)
    unsafe block.base.storeBytes(of: blockRecords, toByteOffset: 12, as: UInt32.self)
    unsafe block.base.storeBytes(of: blockFile, toByteOffset: 16, as: UInt64.self)
    let whole = unsafe UnsafeRawBufferPointer(start: block.base, count: block.count)
    unsafe block.base.storeBytes(of: checksum(unsafe whole.bytes.extracting(8...)), as: UInt64.self)
    try file.append(unsafe Span<UInt8>(_bytes: whole.bytes))
    block.count = blockHeadBytes
    blockRecords = 0
  }
}

/// A checksum that notices damage, eight bytes at a time; not a defence against forgery.
func checksum(_ raw: RawSpan) -> UInt64 {
  var sum: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(raw.byteCount)
  var i = 0
  while i + 8 <= raw.byteCount {
    let word: UInt64 = raw.integer(at: i)
    sum = (sum ^ word) &* 0xBF58_476D_1CE4_E5B9
    sum ^= sum >> 29
    i += 8
  }
  while i < raw.byteCount {
    sum = (sum ^ UInt64(raw.integer(at: i) as UInt8)) &* 0x94D0_49BB_1331_11EB
    sum ^= sum >> 31
    i += 1
  }
  return sum
}

/// Reads one run from a key on, a block at a time; the one owner of its block.
struct RunCursor: ~Copyable {
  private let file: InputFile
  private let path: String
  /// Offset and first key of each block.
  private let offsets: [Int]
  private let firstKeys: [UInt64]
  private let indexOffset: Int
  private var nextBlock = 0
  /// The block being read: its own memory, so that lending a payload costs no retain.
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 16)
  private var blockByteCount = 0
  private var at = 0
  private var payloadCount = 0
  private var blockFile: UInt64 = 0
  /// Where the first call of ``next()`` goes to; zero afterwards.
  private var firstWanted: UInt64

  /// The record that ``next()`` went to.
  private(set) var key: UInt64 = 0
  private(set) var place: UInt64 = 0

  /// - Parameter start: the first record read is the first whose key is not below it.
  init(_ path: String, from start: UInt64 = 0) throws(Stop) {
    let file = try InputFile(path)
    guard file.byteCount >= tailBytes else { throw .damaged(path) }
    var tail: [UInt8] = []
    try file.read(at: file.byteCount - tailBytes, count: tailBytes, into: &tail)
    let raw = tail.span.bytes
    let offset: UInt64 = raw.integer(at: 0)
    let blocks: UInt64 = raw.integer(at: 8)
    let foundMagic: UInt64 = raw.integer(at: 24)
    guard foundMagic == magic, blocks < 1 << 32, offset < UInt64(file.byteCount),
      Int(offset) + Int(blocks) * 16 + tailBytes == file.byteCount
    else { throw .damaged(path) }
    var index: [UInt8] = []
    try file.read(at: Int(offset), count: Int(blocks) * 16, into: &index)
    let words = index.span.bytes
    var offsets: [Int] = []
    var firstKeys: [UInt64] = []
    offsets.reserveCapacity(Int(blocks))
    firstKeys.reserveCapacity(Int(blocks))
    for i in 0..<Int(blocks) {
      let blockOffset: UInt64 = words.integer(at: i * 16)
      // The index has no checksum: what it says is checked before it is believed.
      guard blockOffset < offset, offsets.isEmpty ? blockOffset == 0 : Int(blockOffset) > offsets[i - 1]
      else {
        throw .damaged(path)
      }
      offsets.append(Int(blockOffset))
      firstKeys.append(words.integer(at: i * 16 + 8))
      guard i == 0 || firstKeys[i] >= firstKeys[i - 1] else { throw .damaged(path) }
    }
    self.file = file
    self.path = path
    self.offsets = offsets
    self.firstKeys = firstKeys
    indexOffset = Int(offset)
    firstWanted = start
  }

  deinit { unsafe memory.deallocate() }

  /// Goes to the next record.
  /// - Returns: false when there is none.
  mutating func next() throws(Stop) -> Bool {
    if firstWanted > 0 {
      let start = firstWanted
      firstWanted = 0
      return try skip(to: start)
    }
    at += payloadCount
    payloadCount = 0
    if at >= blockByteCount {
      guard nextBlock < offsets.count else { return false }
      try readBlock()
    }
    let raw = unsafe RawSpan(_unsafeBytes: memory).extracting(..<blockByteCount)
    var reading = at
    let newKey = key &+ raw.varint(at: &reading)
    let countAndFlag = raw.varint(at: &reading)
    let upper = raw.varint(at: &reading) ^ blockFile
    let lowest = countAndFlag & 1 == 0 ? 0 : raw.varint(at: &reading)
    let count = Int(countAndFlag >> 1)
    guard reading + count <= raw.byteCount else { throw .damaged(path) }
    (key, place, payloadCount, at) = (newKey, upper << 8 | lowest, count, reading)
    return true
  }

  /// Goes on, by one record at least, to one whose key is not below `start`; reads two blocks at most.
  /// - Returns: false when there is none.
  mutating func skip(to start: UInt64) throws(Stop) -> Bool {
    // The block before the first that begins at or above the start may hold the first record wanted.
    let wanted = firstKeys.partition(startingAt: start) - 1
    if wanted > nextBlock {
      nextBlock = wanted
      (at, blockByteCount, payloadCount) = (0, 0, 0)
    }
    while try next() { if key >= start { return true } }
    return false
  }

  /// Lends the payload of the record that ``next()`` went to.
  func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    try body(unsafe RawSpan(_unsafeBytes: memory).extracting(at..<at + payloadCount))
  }

  private mutating func readBlock() throws(Stop) {
    let start = offsets[nextBlock]
    let end = nextBlock + 1 < offsets.count ? offsets[nextBlock + 1] : indexOffset
    guard start >= 0, end - start > blockHeadBytes, end <= file.byteCount else { throw .damaged(path) }
    // Head and records in one read.
    let byteCount = end - start
    if byteCount > memory.count {
      unsafe memory.deallocate()
      memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(byteCount, min(indexOffset, blockBytes + 8192)), alignment: 16)
    }
    let block = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
    try file.read(at: start, into: block)
    let raw = unsafe RawSpan(_unsafeBytes: block)
    let expected: UInt64 = raw.integer(at: 0)
    let count: UInt32 = raw.integer(at: 8)
    guard Int(count) == byteCount - blockHeadBytes, checksum(raw.extracting(8..<byteCount)) == expected
    else { throw .damaged(path) }
    blockFile = raw.integer(at: 16)
    key = firstKeys[nextBlock]
    blockByteCount = byteCount
    at = blockHeadBytes
    nextBlock += 1
  }

  /// The first keys of the run's blocks: a sample of its keys, evenly spread.
  var sampledKeys: [UInt64] { firstKeys }
}

/// Reads one run from a key on, a block at a time, for callers that keep it in a class or a collection.
package final class SortedRunReader {
  private var cursor: RunCursor

  /// - Parameter start: the first record read is the first whose key is not below it.
  package init(_ path: String, from start: UInt64 = 0) throws(Stop) {
    cursor = try RunCursor(path, from: start)
  }

  /// The record that ``next()`` went to.
  package var key: UInt64 { cursor.key }
  package var place: UInt64 { cursor.place }

  /// Goes to the next record.
  /// - Returns: false when there is none.
  package func next() throws(Stop) -> Bool { try cursor.next() }

  /// Lends the payload of the record that ``next()`` went to.
  package func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    try cursor.withPayload(body)
  }

  /// The first keys of the run's blocks: a sample of its keys, evenly spread.
  package var sampledKeys: [UInt64] { cursor.sampledKeys }
}

extension [UInt64] {
  /// The index of the first element not below `bound`, in an ascending array.
  func partition(startingAt bound: UInt64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Stop {
  static func damaged(_ path: String) -> Stop {
    Stop(
      .inputOutput, at: path, expected: "a staged file as it was written",
      found: "a damaged or shortened one",
      remedy: "Run the pipeline again from the exports: cardlink rerun extract PIPELINE")
  }
}
