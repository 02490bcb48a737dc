// Folders, and results that appear at once or not at all.
// Invariant: folders have mode 0700. A result is written under a temporary name, synced, and renamed; then
// the folder with the new name is synced.

import CSync
import Glibc
package import Values

package enum Folder {
  /// Creates the folder and its parents with mode 0700; an existing one stays as it is.
  package static func create(_ path: String) throws(Stop) {
    guard try !exists(path) else { return }
    let parent = parent(of: path)
    if parent != path, !parent.isEmpty { try create(parent) }
    try Faults.pass(.create, path)
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .cannotCreate(path, errno) }
  }

  /// Whether something has this name; a link that leads nowhere has not.
  package static func exists(_ path: String) throws(Stop) -> Bool {
    try Faults.pass(.read, path)
    if unsafe access(path, F_OK) == 0 { return true }
    guard isAbsence(errno) else { throw .readFailed(path, errno) }
    return false
  }

  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of a path.
  package static func name(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }

  /// Syncs the names in this folder to disk.
  package static func sync(_ path: String) throws(Stop) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writeFailed(path, errno) }
    defer { close(descriptor) }
    if let failure = OpenFile(descriptor: descriptor, path: path).sync() { throw failure }
  }

  /// Syncs a file that another library has written.
  /// - Returns: its byte count.
  package static func syncFile(_ path: String) throws(Stop) -> Int {
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writeFailed(path, errno) }
    defer { close(descriptor) }
    if let failure = OpenFile(descriptor: descriptor, path: path).sync() { throw failure }
    var info = stat()
    guard unsafe fstat(descriptor, &info) == 0 else { throw .writeFailed(path, errno) }
    return Int(info.st_size)
  }

  /// Syncs everything written to the file system that holds `path`: one call for thousands of files.
  package static func syncAll(_ path: String) throws(Stop) {
    try Faults.pass(.sync, path)
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writeFailed(path, errno) }
    defer { close(descriptor) }
    guard cardlink_syncfs(descriptor) == 0 else { throw .writeFailed(path, errno) }
  }

  /// Renames `old` to `new` atomically.
  package static func rename(_ old: String, to new: String) throws(Stop) {
    try Faults.pass(.rename, new)
    guard unsafe Glibc.rename(old, new) == 0 else { throw .writeFailed(new, errno) }
    try sync(parent(of: new))
  }

  /// Gives the file at `path` a second name on the same disk.
  package static func link(_ path: String, as name: String) throws(Stop) {
    try Faults.pass(.create, name)
    guard unsafe Glibc.link(path, name) == 0 else { throw .cannotCreate(name, errno) }
  }

  /// Points the symbolic link at `path` to `target`, atomically.
  package static func point(_ path: String, to target: String) throws(Stop) {
    let partial = path + ".partial"
    try remove(partial)
    try makeLink(partial, to: target)
    try rename(partial, to: path)
  }

  /// Makes a symbolic link where nothing is.
  package static func makeLink(_ path: String, to target: String) throws(Stop) {
    try Faults.pass(.create, path)
    guard unsafe symlink(target, path) == 0 else { throw .cannotCreate(path, errno) }
  }

  /// The target of a symbolic link; nil if there is none.
  package static func target(ofLink path: String) throws(Stop) -> String? {
    try Faults.pass(.read, path)
    var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe readlink(path, base.assumingMemoryBound(to: CChar.self), buffer.count)
    }
    guard count >= 0 || isAbsence(errno) || errno == EINVAL else { throw .readFailed(path, errno) }
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }

  /// The bytes of a file, or of all files in a folder and those below it; 0 if there is none.
  package static func byteCount(of path: String) throws(Stop) -> Int {
    guard let attributes = try FileAttributes(of: path, following: false) else { return 0 }
    guard attributes.kind == .folder else { return attributes.byteCount }
    var sum = 0
    for name in try names(in: path) { sum += try byteCount(of: path + "/" + name) }
    return sum
  }

  /// Writes a small file atomically.
  ///
  /// - Parameter readableForAll: mode 0644 rather than 0600, for what another service reads; never personal
  ///   data.
  package static func writeWhole(_ text: String, to path: String, readableForAll: Bool = false) throws(Stop) {
    let temporary = path + ".partial"
    var file = try OutputFile(creating: temporary, readableForAll: readableForAll)
    try file.append(text)
    try file.finish()
    do throws(Stop) {
      try rename(temporary, to: path)
    } catch {
      try? remove(temporary)
      throw error
    }
  }

  /// A small file as text; nil if there is none.
  package static func read(_ path: String) throws(Stop) -> String? {
    try readBytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of a small file; nil if there is none.
  package static func readBytes(_ path: String) throws(Stop) -> [UInt8]? {
    try Faults.pass(.read, path)
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if isAbsence(errno) { return nil }
      throw .readFailed(path, errno)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .readFailed(path, errno) }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
    return bytes
  }

  /// The names in a folder, sorted; none if it doesn't exist.
  package static func names(in path: String) throws(Stop) -> [String] {
    try Faults.pass(.read, path)
    guard let folder = unsafe opendir(path) else {
      if isAbsence(errno) { return [] }
      throw .readFailed(path, errno)
    }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(folder) else {
        guard errno == 0 else { throw .readFailed(path, errno) }
        break
      }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether it is a folder, and no link to one.
  package static func isFolder(_ path: String) throws(Stop) -> Bool {
    try FileAttributes(of: path, following: false)?.kind == .folder
  }

  /// Whether removing this name counts as an operation; the name of nothing or of a folder does not.
  private static func isCounted(_ path: String) -> Bool {
    var info = stat()
    return unsafe lstat(path, &info) == 0 && info.st_mode & S_IFMT != S_IFDIR
  }

  /// Removes a file, or a folder with its content; a link is removed, not followed.
  package static func remove(_ path: String) throws(Stop) {
    if Faults.arePlanned, isCounted(path) { try Faults.pass(.remove, path) }
    guard unsafe unlink(path) != 0, errno != ENOENT else { return }
    // Only folders remain now; checking the type of each of a hundred thousand files would be slow.
    let code = errno
    guard try isFolder(path) else { throw .writeFailed(path, code) }
    for name in try names(in: path) { try remove(path + "/" + name) }
    try Faults.pass(.remove, path)
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .writeFailed(path, errno) }
  }
}
