// read(2) and write(2) until all bytes are there, for the files of this module.
// Invariant: all or a stop; a signal in between doesn't matter.
// Load: each call is worth a mebibyte or more on long ways, a line on short ones.

import Glibc
import Record

/// An open file's number, with the path for messages; whoever opened it closes it.
struct OpenFile {
  let descriptor: Int32
  let path: String

  /// Fills all of `buffer` with the bytes from `offset` on.
  /// - Returns: why not; the file's end before the buffer's counts as damage.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Stop? {
    var done = 0
    while done < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .readFailed(path, count == 0 ? EIO : errno) }
      done += count
    }
    return nil
  }

  /// Writes all bytes from `offset` on, or, without one, where the file is at.
  /// - Returns: why not.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int? = nil) -> Stop? {
    var done = 0
    while done < bytes.count {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count =
        if let offset {
          unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
        } else {
          unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
        }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return .writeFailed(path, errno) }
      done += count
    }
    return nil
  }
}
