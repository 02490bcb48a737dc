// The attributes of a file: kind, size, times, owner and rights.
// Invariant: "nothing has this name" is an answer; every other failure stops with the name, so that a disk or a share
// that fails is never taken for an empty one.

import Glibc
package import Values

/// The attributes of a file, a folder or a link.
package struct FileAttributes: Sendable {
  package enum Kind: Hashable, Sendable {
    case file, folder, link, pipe, socket, device

    /// As messages name it.
    package var text: String {
      switch self {
      case .file: "a file"
      case .folder: "a folder"
      case .link: "a link"
      case .pipe: "a named pipe"
      case .socket: "a socket"
      case .device: "a device"
      }
    }
  }

  /// A file whatever its names: two paths with the same identity lead to one file.
  package struct Identity: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    private var byteCount: Int
    private var modified: Int

    fileprivate init(_ info: stat) {
      (device, inode) = (UInt64(info.st_dev), UInt64(info.st_ino))
      // Some network file systems give several files one inode number.
      (byteCount, modified) = (Int(info.st_size), info.modified)
    }
  }

  private let info: stat

  /// Asks for the attributes; nil if nothing has this name.
  ///
  /// - Parameter following: whether a link stands for what it leads to; nil then also for one that leads nowhere.
  package init?(of path: String, following: Bool = true) throws(Stop) {
    try Faults.pass(.read, path)
    var info = stat()
    guard unsafe (following ? stat(path, &info) : lstat(path, &info)) == 0 else {
      if isAbsence(errno) { return nil }
      throw .readFailed(path, errno)
    }
    self.info = info
  }

  package var kind: Kind {
    switch info.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    case S_IFLNK: .link
    case S_IFIFO: .pipe
    case S_IFSOCK: .socket
    default: .device
    }
  }
  package var identity: Identity { Identity(info) }
  package var byteCount: Int { Int(info.st_size) }
  package var inode: UInt64 { UInt64(info.st_ino) }
  package var owner: UInt32 { info.st_uid }
  /// Read, write and execute rights of owner, group and others, as `chmod` writes them.
  package var rights: UInt32 { info.st_mode & 0o7777 }
  /// Nanoseconds since 1970.
  package var modified: Int { info.modified }
  /// When anything about the file last changed, which no program can set back; nanoseconds since 1970.
  package var changed: Int { info.st_ctim.tv_sec * 1_000_000_000 + info.st_ctim.tv_nsec }
}

extension stat {
  fileprivate var modified: Int { st_mtim.tv_sec * 1_000_000_000 + st_mtim.tv_nsec }
}

/// Whether a failed call says that nothing has this name.
func isAbsence(_ code: Int32) -> Bool { code == ENOENT || code == ENOTDIR }
