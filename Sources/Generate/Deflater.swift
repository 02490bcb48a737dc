// Writes a gzip member: takes bytes, writes compressed bytes to the file.
// Invariant: the stream is freed when its owner's scope ends. Equal bytes give equal files: the header has no
// time and no name.

internal import CZlib
internal import Files
internal import Values

/// A gzip member under construction.
@safe struct Deflater: ~Copyable {
  private let stream: UnsafeMutablePointer<z_stream>
  private var out = [UInt8](repeating: 0, count: 1 << 18)

  init(_ path: String) throws(Stop) {
    unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe cardlink_deflate_start(stream, 6) == Z_OK else {
      throw Self.failed(path, "memory for zlib")
    }
  }

  deinit {
    _ = unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  mutating func deflate(
    _ bytes: borrowing [UInt8], _ count: Int, isLast: Bool, to file: inout OutputFile
  ) throws(Stop) {
    var taken = 0
    var isDone = false
    while !isDone {
      var made = 0
      let result = unsafe bytes.withUnsafeBytes { all in
        unsafe out.withUnsafeMutableBytes { room in
          // zlib only reads, but its header lacks the `const`.
          unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: all.baseAddress?.assumingMemoryBound(to: UInt8.self)
          ).map { unsafe $0 + taken }
          unsafe stream.pointee.avail_in = uInt(count - taken)
          unsafe stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
          unsafe stream.pointee.avail_out = uInt(room.count)
          let result = unsafe CZlib.deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          made = unsafe room.count - Int(stream.pointee.avail_out)
          taken = unsafe count - Int(stream.pointee.avail_in)
          return result
        }
      }
      guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
        throw Self.failed(file.path, "zlib to compress")
      }
      try file.append(out.span.extracting(0..<made))
      isDone = isLast ? result == Z_STREAM_END : taken == count && made < out.count
    }
  }

  private static func failed(_ path: String, _ expected: String) -> Stop {
    Stop(
      .internalError, at: path, expected: expected, found: "a failure",
      remedy: "Free some memory, or leave out --gzip.")
  }
}
