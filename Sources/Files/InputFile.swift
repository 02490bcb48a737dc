// Reads a file of our own at chosen offsets.
// Invariant: a read gives exactly the requested bytes or stops; the descriptor is closed on every path.

import Glibc
package import Values

/// An open file, read with pread(2); safe to share between threads.
package final class InputFile: Sendable {
  package let path: String
  package let byteCount: Int
  private let descriptor: Int32

  package init(_ path: String) throws(Stop) {
    self.path = path
    try Faults.pass(.read, path)
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .readFailed(path, errno) }
    var info = stat()
    guard unsafe fstat(descriptor, &info) == 0 else { throw .readFailed(path, errno) }
    byteCount = Int(info.st_size)
  }

  /// Fills `buffer` with `count` bytes from `offset` on.
  package func read(at offset: Int, count: Int, into buffer: inout [UInt8]) throws(Stop) {
    if buffer.count != count {
      buffer.removeAll(keepingCapacity: true)
      buffer.append(contentsOf: repeatElement(0, count: count))
    }
    let failure = unsafe buffer.withUnsafeMutableBytes { unsafe fill($0, from: offset) }
    if let failure { throw failure }
  }

  /// Fills all of `buffer` with the bytes from `offset` on.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(Stop) {
    if let failure = unsafe fill(buffer, from: offset) { throw failure }
  }

  /// Passes on all bytes from front to back, at most 256 KiB at a time.
  package func readAll(_ take: (Span<UInt8>) throws(Stop) -> Void) throws(Stop) {
    var chunk: [UInt8] = []
    var offset = 0
    while offset < byteCount {
      let count = min(256 << 10, byteCount - offset)
      try read(at: offset, count: count, into: &chunk)
      try take(chunk.span)
      offset += count
    }
  }

  /// Lets the system drop a range of the file from the page cache.
  ///
  /// It is only a hint: a later read gives the same bytes, perhaps from the disk.
  package func letGo(of range: Range<Int>) {
    _ = posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_DONTNEED)
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) -> Stop? {
    unsafe OpenFile(descriptor: descriptor, path: path).read(at: offset, into: buffer)
  }

  deinit { close(descriptor) }
}
