// A file that is being written: buffered, compressed if asked for, on the disk when it is finished.
// Invariant: mode 0600; a file that `finish` has returned from is synced; lines are counted as they are written.
// Load: some hundred bytes per record in writes of a quarter of a megabyte.

internal import Glibc
internal import Record

struct OutputFile: ~Copyable {
  let path: String
  private let descriptor: Int32
  private var buffer: [UInt8]
  private var count = 0
  private var deflater: Deflater?

  private static let fullCount = 1 << 18
  /// The longest record, by far.
  private static let slackCount = 1 << 14

  init(_ path: String, gzip: Bool) throws(Stop) {
    self.path = path
    buffer = Array(repeating: 0, count: Self.fullCount + Self.slackCount)
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    deflater = nil
    guard descriptor >= 0 else { throw Self.stop(.cannotCreate, path, "a file that can be written") }
    // A file that was there before keeps its old mode otherwise.
    guard fchmod(descriptor, 0o600) == 0 else { throw Self.stop(.cannotCreate, path, "a file of our own") }
    if gzip { deflater = try Deflater(path) }
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }

  mutating func append(byte: UInt8) {
    buffer[count] = byte
    count += 1
  }
  mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { utf8 in copy(utf8) }
  }
  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte: byte) }
  }
  mutating func append(_ row: borrowing FieldRow, _ range: Range<Int>) {
    row.withBytes(range) { bytes in copy(bytes) }
  }
  private mutating func copy(_ bytes: UnsafeBufferPointer<UInt8>) {
    let start = count
    precondition(start + bytes.count <= buffer.count, "a record longer than its room")
    unsafe buffer.withUnsafeMutableBufferPointer { room in
      for i in bytes.indices { unsafe room[start + i] = bytes[i] }
    }
    count += bytes.count
  }
  mutating func append(_ number: Int) {
    if number >= 10 { append(number / 10) }
    append(byte: UInt8(ascii: "0") + UInt8(number % 10))
  }

  /// Makes room for the next record.
  mutating func endRecord() throws(Stop) {
    if count >= Self.fullCount { try flush(isLast: false) }
  }

  /// Writes what is left and waits until the disk has it.
  mutating func finish() throws(Stop) {
    try flush(isLast: true)
    guard fsync(descriptor) == 0 else {
      throw Self.stop(.inputOutput, path, "a disk that keeps what is written")
    }
  }

  private mutating func flush(isLast: Bool) throws(Stop) {
    if deflater == nil {
      try Self.write(buffer, count, to: descriptor, path)
    } else {
      try deflater?.deflate(buffer, count, isLast: isLast, to: descriptor, path)
    }
    count = 0
  }

  static func write(
    _ bytes: borrowing [UInt8], _ count: Int, to descriptor: Int32, _ path: String
  ) throws(Stop) {
    var written = 0
    while written < count {
      let result = unsafe bytes.withUnsafeBytes { all in
        unsafe Glibc.write(descriptor, all.baseAddress.map { unsafe $0 + written }, count - written)
      }
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { throw stop(.inputOutput, path, "room on the disk") }
      written += result
    }
  }

  static func stop(_ exit: Exit, _ path: String, _ expected: String) -> Stop {
    let reason = unsafe String(cString: strerror(errno))
    return Stop(
      exit, at: path, expected: expected, found: reason,
      remedy: "Check the folder, its owner and its free space.")
  }
}
