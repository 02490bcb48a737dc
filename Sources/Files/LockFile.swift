// A lock file: the lock keeps a second process out, and the text names the process that holds it.
// Invariant: one process at a time holds the lock, which ends with the process. The text is for people only:
// it neither grants nor refuses the lock.

import Glibc
package import Values

/// A lock file, mode 0600, held by this process while the value lives.
package final class LockFile: Sendable {
  private let file: OpenFile

  /// Opens or creates the file and takes the lock; nil if another process has it.
  package init?(holding path: String) throws(Stop) {
    try Faults.pass(.create, path)
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw .cannotCreate(path, errno) }
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(opened)
      if code == EWOULDBLOCK { return nil }
      throw .writeFailed(path, code)
    }
    file = OpenFile(descriptor: opened, path: path)
  }

  /// Replaces the text that says who holds it.
  package func say(_ text: String) throws(Stop) {
    guard ftruncate(file.descriptor, 0) == 0 else { throw .writeFailed(file.path, errno) }
    let failure = unsafe Array(text.utf8).withUnsafeBytes { unsafe file.write($0, at: 0) }
    if let failure { throw failure }
  }

  /// Whether its path still leads to this file.
  package func isInPlace() throws(Stop) -> Bool {
    try Faults.pass(.read, file.path)
    var (held, found) = (stat(), stat())
    guard unsafe fstat(file.descriptor, &held) == 0, unsafe stat(file.path, &found) == 0 else {
      if isAbsence(errno) { return false }
      throw .readFailed(file.path, errno)
    }
    return held.st_dev == found.st_dev && held.st_ino == found.st_ino
  }

  // A child between its fork and its exec has the descriptor too, and would hold the lock beyond its end here.
  deinit {
    flock(file.descriptor, LOCK_UN)
    close(file.descriptor)
  }
}
