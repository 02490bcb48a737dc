// One sorted run on disk: blocks of records, then an index of the blocks.
// Invariant: records ascend by (key, place). Each block has a checksum. The file ends with an index and a
// tail of fixed size, so that a truncated file is recognized, and a key is found by reading at most two
// blocks.
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
// A place begins with a file number, which is the same for nearly all records of a block, and ends with the
// number of a card in its record, which is nearly always zero. So a place takes three to five bytes instead
// of eight, and a key, as a difference, about three.

internal import CScan
import Files
package import Values

private let magic: UInt64 = 0x336e_7572_6b6e_6c63  // "clnkrun3"
private let blockBytes = 64 << 10
private let blockHeadBytes = 24
/// The most bytes that a record needs besides its payload.
private let recordHeadBytes = 26
private let tailBytes = 32
/// Spare memory after a block, so that a record's head can be read without a bounds check.
private let spareBytes = 64

/// The bits of a place that name its file, shifted as they are stored.
private func fileBits(_ place: UInt64) -> UInt64 { (place >> 48) << 40 }

/// Writes records in ascending order.
package struct SortedRunWriter: ~Copyable {
  private var file: OutputFile
  private let name: String
  /// The block's head, then its records.
  private var block = GrowingMemory()
  private var blockRecords: UInt32 = 0
  private var blockFirstKey: UInt64 = 0
  private var blockFile: UInt64 = 0
  private var index: [UInt8] = []
  private var recordCount = 0
  private var firstKey: UInt64 = 0
  private var lastKey: UInt64 = 0
  private var lastPlace: UInt64 = 0
  /// Of the current record.
  private var payloadCount = 0

  package init(folder: String, name: String) throws(Stop) {
    file = try OutputFile(creating: folder + "/" + name)
    self.name = name
    block.reserve(blockBytes + 4096)
    block.count = blockHeadBytes
  }

  /// Appends a record, whose (key, place) is not below the one before.
  package mutating func append(key: UInt64, place: UInt64, _ payload: RawSpan) throws(Stop) {
    var writer = begin(key: key, place: place, byteCount: payload.byteCount)
    writer.append(payload)
    try end(writer)
  }

  /// Begins a record whose payload, of exactly `byteCount` bytes, is written into the block itself.
  ///
  /// Nothing else may be called before ``end(_:)``.
  package mutating func begin(key: UInt64, place: UInt64, byteCount: Int) -> ByteWriter {
    precondition(
      recordCount == 0 || lastKey < key || lastKey == key && lastPlace <= place, "records must ascend")
    if recordCount == 0 { firstKey = key }
    if blockRecords == 0 {
      blockFirstKey = key
      blockFile = fileBits(place)
      lastKey = key
    }
    block.reserve(recordHeadBytes + byteCount + 16)
    var head = unsafe ByteWriter(block.base + block.count, room: recordHeadBytes + 10)
    head.append(varint: key - lastKey)
    let lowest = place & 0xff
    head.append(varint: UInt64(byteCount) << 1 | (lowest == 0 ? 0 : 1))
    head.append(varint: place >> 8 ^ blockFile)
    if lowest != 0 { head.append(varint: lowest) }
    block.count += head.count
    payloadCount = byteCount
    (lastKey, lastPlace) = (key, place)
    return unsafe ByteWriter(block.base + block.count, room: byteCount + 16)
  }

  /// Ends the record that ``begin(key:place:byteCount:)`` began.
  package mutating func end(_ writer: ByteWriter) throws(Stop) {
    precondition(writer.count == payloadCount, "a payload of another size")
    block.count += payloadCount
    blockRecords += 1
    recordCount += 1
    if block.count >= blockBytes { try endBlock() }
  }

  /// Appends a record from an array, for callers that store the array beside the writer.
  package mutating func append(key: UInt64, place: UInt64, _ payload: [UInt8]) throws(Stop) {
    try unsafe append(key: key, place: place, payload.span.bytes)
  }

  /// Ends the file.
  ///
  /// - Parameter synced: whether to sync it; not needed for a run that is removed before its stage ends.
  /// - Returns: the run; nil, and no file, if it holds no record.
  package consuming func finish(synced: Bool = true) throws(Stop) -> SortedRun? {
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
    if synced { try file.finish() } else { try file.finishUnsynced() }
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

/// A checksum against damage, not against forgery, over four words of eight bytes in parallel.
func checksum(_ raw: RawSpan) -> UInt64 {
  let factor: UInt64 = 0xBF58_476D_1CE4_E5B9
  let seed: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(raw.byteCount)
  var (a, b, c, d) = (seed, seed &+ 1, seed &+ 2, seed &+ 3)
  @inline(__always)
  func add(_ word: UInt64, to sum: inout UInt64) {
    sum = (sum ^ word) &* factor
    sum ^= sum >> 29
  }
  let whole = raw.byteCount & ~31
  // Through a pointer: a span's checks would take longer than the sum.
  unsafe raw.withUnsafeBytes { bytes in
    guard let base = bytes.baseAddress else { return }
    func word(_ at: Int) -> UInt64 {
      unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    }
    var i = 0
    while i < whole {
      add(word(i), to: &a)
      add(word(i &+ 8), to: &b)
      add(word(i &+ 16), to: &c)
      add(word(i &+ 24), to: &d)
      i &+= 32
    }
  }
  add(b, to: &a)
  add(c, to: &a)
  add(d, to: &a)
  for i in whole..<raw.byteCount { add(UInt64(raw.integer(at: i) as UInt8), to: &a) }
  return a
}

/// Reads one run from a key on, a block at a time.
@safe package struct RunCursor: ~Copyable {
  private let file: InputFile
  private let path: String
  /// Offset and first key of each block.
  private let offsets: [Int]
  private let firstKeys: [UInt64]
  private let indexOffset: Int
  private var nextBlock = 0
  /// The current block, in memory of the cursor's own, so that passing on a payload costs no retain.
  package private(set) var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 16)
  private var blockByteCount = 0
  package private(set) var at = 0
  package private(set) var payloadCount = 0
  private var blockFile: UInt64 = 0
  /// The key that the first call of ``next()`` goes to; zero afterwards.
  private var firstWanted: UInt64

  /// The current record's key.
  private(set) var key: UInt64 = 0
  package private(set) var place: UInt64 = 0

  /// - Parameter start: reading begins at the first record whose key is not below it.
  init(_ path: String, from start: UInt64 = 0) throws(Stop) {
    let file = try InputFile(path)
    guard file.byteCount >= tailBytes else { throw .damaged(path) }
    var tail: [UInt8] = []
    try file.read(at: file.byteCount - tailBytes, count: tailBytes, into: &tail)
    let raw = unsafe tail.span.bytes
    let offset: UInt64 = raw.integer(at: 0)
    let blocks: UInt64 = raw.integer(at: 8)
    let foundMagic: UInt64 = raw.integer(at: 24)
    guard foundMagic == magic, blocks < 1 << 32, offset < UInt64(file.byteCount),
      Int(offset) + Int(blocks) * 16 + tailBytes == file.byteCount
    else { throw .damaged(path) }
    var index: [UInt8] = []
    try file.read(at: Int(offset), count: Int(blocks) * 16, into: &index)
    let words = unsafe index.span.bytes
    var offsets: [Int] = []
    var firstKeys: [UInt64] = []
    offsets.reserveCapacity(Int(blocks))
    firstKeys.reserveCapacity(Int(blocks))
    for i in 0..<Int(blocks) {
      let blockOffset: UInt64 = words.integer(at: i * 16)
      // The index has no checksum, so it is validated.
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

  /// Advances to the next record.
  /// - Returns: false when there is none.
  @inline(__always)
  mutating func next() throws(Stop) -> Bool {
    at &+= payloadCount
    payloadCount = 0
    if at >= blockByteCount { return try nextBlocksFirst() }
    try readHead()
    return true
  }

  /// Advances to the first record of the next block.
  @inline(never)
  private mutating func nextBlocksFirst() throws(Stop) -> Bool {
    if firstWanted > 0 {
      let start = firstWanted
      firstWanted = 0
      return try skip(to: start)
    }
    guard nextBlock < offsets.count else { return false }
    try readBlock()
    try readHead()
    return true
  }

  /// Reads key, place and payload byte count of the record that begins at ``at``, which is in the block.
  @inline(__always)
  private mutating func readHead() throws(Stop) {
    let base = unsafe UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped)
    // A record's head may extend past the block into the spare memory; such a record is then refused.
    var reading = at
    let newKey = unsafe key &+ varint(base, &reading)
    // Of nearly all records one byte.
    let first = UInt64(unsafe base.load(fromByteOffset: reading, as: UInt8.self))
    if first < 0x80 { reading &+= 1 }
    let countAndFlag = first < 0x80 ? first : unsafe varint(base, &reading)
    let upper = unsafe varint(base, &reading) ^ blockFile
    let lowest = countAndFlag & 1 == 0 ? 0 : unsafe varint(base, &reading)
    let count = Int(truncatingIfNeeded: countAndFlag >> 1)
    guard count <= blockByteCount, reading &+ count <= blockByteCount else { throw damage() }
    (key, place, payloadCount, at) = (newKey, upper << 8 | lowest, count, reading)
    // A merge of many runs comes back to this one only after many records of others.
    unsafe cardlink_prefetch(base + reading + count)
    unsafe cardlink_prefetch(base + reading + count + 64)
  }

  @inline(never)
  private func damage() -> Stop { .damaged(path) }

  /// Reads what ``ByteWriter/append(varint:)`` wrote, eight bytes at once, and moves past it.
  ///
  /// The length is unpredictable, so the code gathers the seven bits of all bytes without a branch.
  @inline(__always)
  private func varint(_ base: UnsafeRawPointer, _ at: inout Int) -> UInt64 {
    let word = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
    let stops = ~word & 0x8080_8080_8080_8080
    guard stops != 0 else { return unsafe longVarint(base, &at) }
    at &+= stops.trailingZeroBitCount >> 3 &+ 1
    return gathered(word & (stops ^ (stops &- 1)))
  }

  /// Reads a number of nine or ten bytes, such as a key's first difference.
  @inline(never)
  private func longVarint(_ base: UnsafeRawPointer, _ at: inout Int) -> UInt64 {
    let raw = unsafe RawSpan(_unsafeStart: base + at, byteCount: 10)
    var reading = 0
    let value = raw.varint(at: &reading)
    at += reading
    return value
  }

  /// Advances by at least one record to one whose key is not below `start`; reads at most two blocks.
  /// - Returns: false when there is none.
  mutating func skip(to start: UInt64) throws(Stop) -> Bool {
    // The last block that begins below the start may hold the first record wanted.
    let wanted = firstKeys.partition(startingAt: start) - 1
    if wanted > nextBlock {
      nextBlock = wanted
      (at, blockByteCount, payloadCount) = (0, 0, 0)
    }
    while try next() { if key >= start { return true } }
    return false
  }

  /// Passes the current record's payload to `body`.
  package func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    // The current record is inside the block.
    try body(unsafe RawSpan(_unsafeStart: memory.baseAddress.unsafelyUnwrapped + at, byteCount: payloadCount))
  }

  private mutating func readBlock() throws(Stop) {
    let start = offsets[nextBlock]
    let end = nextBlock + 1 < offsets.count ? offsets[nextBlock + 1] : indexOffset
    guard start >= 0, end - start > blockHeadBytes, end <= file.byteCount else { throw .damaged(path) }
    // Reads head and records at once.
    let byteCount = end - start
    if unsafe byteCount + spareBytes > memory.count {
      unsafe memory.deallocate()
      unsafe memory = UnsafeMutableRawBufferPointer.allocate(
        byteCount: spareBytes + max(byteCount, min(indexOffset, blockBytes + 8192)), alignment: 16)
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    }
    let block = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
    try unsafe file.read(at: start, into: block)
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

  /// The first keys of the run's blocks: an even sample of its keys.
  var sampledKeys: [UInt64] { firstKeys }
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
