// An append-only file: one process at a time appends, and each append is on disk before it returns.
// Invariant: no byte is overwritten. The caller can see an append that a crash interrupted. Only a failed
// append may be taken back.

import Glibc
package import Values

/// A file, mode 0600, locked by this process while the value exists.
package struct GrowingFile: ~Copyable {
  package let path: String
  private let descriptor: Int32
  package private(set) var byteCount: Int

  /// Opens or creates the file, and waits until no other process holds its lock.
  package init(_ path: String) throws(Stop) {
    try Faults.pass(.create, path)
    let held = try Self.held(path)
    // An earlier process may have created it without syncing the folder.
    if held.byteCount == 0 {
      do throws(Stop) {
        try Folder.sync(Folder.parent(of: path))
      } catch {
        close(held.descriptor)
        throw error
      }
    }
    self.path = path
    descriptor = held.descriptor
    byteCount = held.byteCount
  }

  private static func held(_ path: String) throws(Stop) -> (descriptor: Int32, byteCount: Int) {
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw .cannotCreate(path, errno) }
    var locked = flock(opened, LOCK_EX)
    while locked != 0, errno == EINTR { locked = flock(opened, LOCK_EX) }
    var info = stat()
    guard locked == 0, unsafe fstat(opened, &info) == 0 else {
      let code = errno
      close(opened)
      throw .writeFailed(path, code)
    }
    return (opened, Int(info.st_size))
  }

  /// The last bytes of the file, at most `count`.
  package func end(_ count: Int) throws(Stop) -> [UInt8] {
    let wanted = min(count, byteCount)
    var bytes = [UInt8](repeating: 0, count: wanted)
    let file = OpenFile(descriptor: descriptor, path: path)
    let offset = byteCount - wanted
    let failure = unsafe bytes.withUnsafeMutableBytes { unsafe file.read(at: offset, into: $0) }
    if let failure { throw failure }
    return bytes
  }

  /// Appends text and waits until it is on disk.
  package mutating func append(_ text: String) throws(Stop) {
    let bytes = Array(text.utf8)
    let file = OpenFile(descriptor: descriptor, path: path)
    if let failure = unsafe bytes.withUnsafeBytes({ unsafe file.write($0) }) { throw failure }
    if let failure = file.sync() { throw failure }
    byteCount += bytes.count
  }

  /// Syncs everything in the file, because an earlier process's sync may have failed.
  package func sync() throws(Stop) {
    if let failure = OpenFile(descriptor: descriptor, path: path).sync() { throw failure }
  }

  /// Removes the remains of a failed append.
  ///
  /// - Returns: whether the file is as it was before the append.
  package func takeBack() -> Bool {
    guard Faults.failure(of: .remove, path) == nil, ftruncate(descriptor, off_t(byteCount)) == 0 else {
      return false
    }
    return OpenFile(descriptor: descriptor, path: path).sync() == nil
  }

  deinit { close(descriptor) }
}
