// read(2) and write(2) of whole buffers, fsync(2) and close(2), for the files of this module.
// Invariant: each call completes or returns a stop; signals don't interrupt it. Nothing else in this module
// writes bytes.

import Glibc
import Values

/// The descriptor of an open file, with its path for messages.
///
/// The caller opens and closes it.
struct OpenFile {
  let descriptor: Int32
  let path: String

  /// Fills all of `buffer` with the bytes from `offset` on.
  /// - Returns: the failure, if any; a file that ends before the buffer is full counts as damaged.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) -> Stop? {
    if let planned = Faults.failure(of: .read, path) { return planned }
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

  /// Writes all bytes at `offset`, or, without one, at the file's position.
  /// - Returns: the failure, if any; some of the bytes may be written then.
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

  /// Syncs what was written.
  /// - Returns: the failure, if any.
  func sync() -> Stop? {
    if let planned = Faults.failure(of: .sync, path) { return planned }
    return fsync(descriptor) == 0 ? nil : .writeFailed(path, errno)
  }

  /// Closes a written file; it is closed even if this fails.
  /// - Returns: a failure that the disk reports only now.
  func close() -> Stop? {
    let planned = Faults.failure(of: .close, path)
    return Glibc.close(descriptor) == 0 ? planned : .writeFailed(path, errno)
  }
}
