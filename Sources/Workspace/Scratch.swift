// A private folder in the workspace for temporary work.
// Invariant: it is removed with its owner. If the process was killed, the next command that creates a scratch
// folder or holds the workspace removes it, but never while its process lives, which holds an advisory lock
// on it.

import Files
import Glibc
package import Values

/// A folder `scratch-…` in a workspace, mode 0700, removed with this value.
package struct Scratch: ~Copyable {
  package let path: String
  private let lock: Int32

  package init(in workspace: String) throws(Stop) {
    try Self.removeLeftovers(in: workspace)
    let path = workspace + "/scratch-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    try Folder.create(path)
    let opened = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0, flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      if opened >= 0 { close(opened) }
      try? Folder.remove(path)
      throw .cannotCreate(path, code)
    }
    (self.path, lock) = (path, opened)
  }

  /// Removes the scratch folders of killed commands.
  static func removeLeftovers(in workspace: String) throws(Stop) {
    for name in try Folder.names(in: workspace) where isLeftover(workspace + "/" + name) {
      try? Folder.remove(workspace + "/" + name)
    }
  }

  /// Whether it is the scratch folder of a process that has ended.
  package static func isLeftover(_ path: String) -> Bool {
    guard Folder.name(of: path).hasPrefix("scratch-") else { return false }
    let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return false }
    defer { close(folder) }
    return flock(folder, LOCK_EX | LOCK_NB) == 0
  }

  deinit {
    try? Folder.remove(path)
    close(lock)
  }
}
