// read(2) and write(2) until all bytes are there, fsync(2) and close(2), for the files of this module.
// Invariant: all or a stop; a signal in between doesn't matter. Nothing else in this module writes bytes.
// Load: each call is worth a mebibyte or more on long ways, a line on short ones.

import Glibc
import Values

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
  /// - Returns: why not; some of them may be written then.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int? = nil) -> Stop? {
    let planned = Faults.failureOfWrite(bytes.count, path)
    let end = planned?.written ?? bytes.count
    var done = 0
    while done < end {
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done..<end])
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
    return planned?.stop
  }

  /// Waits until the disk has all that was written.
  /// - Returns: why not.
  func sync() -> Stop? {
    if let planned = Faults.failure(of: .sync, path) { return planned }
    return fsync(descriptor) == 0 ? nil : .writeFailed(path, errno)
  }

  /// Closes a file that was written to, once; it is closed also if that fails.
  /// - Returns: what the disk only says now.
  func close() -> Stop? {
    let planned = Faults.failure(of: .close, path)
    return Glibc.close(descriptor) == 0 ? planned : .writeFailed(path, errno)
  }
}
