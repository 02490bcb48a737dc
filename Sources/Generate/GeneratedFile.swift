// Writes a file record by record through memory, compressed if asked for.
// Invariant: the file has mode 0600, is synced when it is finished and removed when it is not. A record fits
// in the room reserved for it.

internal import Files
internal import Values

struct GeneratedFile: ~Copyable {
  private var file: OutputFile
  private var buffer: [UInt8]
  private var count = 0
  private var deflater: Deflater?

  private static let fullCount = 1 << 18
  /// An upper bound of the longest record.
  private static let slackCount = 1 << 14

  init(_ path: String, gzip: Bool) throws(Stop) {
    var deflater: Deflater?
    if gzip { deflater = try Deflater(path) }
    let created = try OutputFile(creating: path)
    file = created
    buffer = Array(repeating: 0, count: Self.fullCount + Self.slackCount)
    self.deflater = deflater
  }

  mutating func append(byte: UInt8) {
    buffer[count] = byte
    count += 1
  }
  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in unsafe copy(utf8) }
  }
  mutating func append(_ row: borrowing FieldRow, _ range: Range<Int>) {
    unsafe row.withBytes(range) { bytes in unsafe copy(bytes) }
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

  /// Writes the rest and syncs the file.
  consuming func finish() throws(Stop) {
    try flush(isLast: true)
    try file.finish()
  }

  private mutating func flush(isLast: Bool) throws(Stop) {
    if deflater == nil {
      try Self.append(buffer, count, to: &file)
    } else {
      try deflater?.deflate(buffer, count, isLast: isLast, to: &file)
    }
    count = 0
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func append(
    _ bytes: borrowing [UInt8], _ count: Int, to file: inout OutputFile
  ) throws(Stop) {
    try file.append(bytes.span.extracting(0..<count))
  }
}
