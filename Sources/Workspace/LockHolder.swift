// Finds which process holds a workspace, without touching its lock.
// Invariant: a question never takes the lock. If it did, a run that starts meanwhile would exit with 75.

import Files
import Glibc
package import Values

/// The process that holds a workspace.
package struct LockHolder: Hashable, Sendable, Codable {
  package var process: Int
  package var since: String
}

extension RunRecord {
  /// The state, considering the lock: a run recorded as running was cut off if no process holds the
  /// workspace.
  package func state(holder: LockHolder?) -> RunState {
    state == .running && holder == nil ? .cutOff : state
  }
}

extension WorkspaceReader {
  /// The process that holds the workspace; nil if none does.
  package func lockHolder() throws(Stop) -> LockHolder? {
    guard let text = try Folder.read(path + "/lock"),
      let match = text.firstMatch(of: /process ([0-9]+) since ([0-9T:+-]+)/), let process = Int(match.1)
    else { return nil }
    let holder = LockHolder(process: process, since: String(match.2))
    return try isLocked(by: process) ? holder : nil
  }

  /// Whether the kernel's list of locks has this file with that process; without a list, whether the process lives.
  private func isLocked(by process: Int) throws(Stop) -> Bool {
    guard let lock = try FileAttributes(of: path + "/lock") else { return false }
    guard let locks = try? Folder.read("/proc/locks") else {
      return kill(pid_t(process), 0) == 0 || errno == EPERM
    }
    return Self.names(locks, inode: lock.inode, process: process)
  }

  /// Whether `/proc/locks` names this lock: `1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF`.
  ///
  /// The device is not compared: some file systems show another there than `stat` does.
  static func names(_ locks: String, inode: UInt64, process: Int) -> Bool {
    locks.split(separator: "\n").contains { line in
      let words = line.split(separator: " ")
      guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", words[4] == "\(process)" else {
        return false
      }
      return words[5].split(separator: ":").last == "\(inode)"
    }
  }
}
