// Paths and globs.

import Files
import Glibc
package import Values

package enum Paths {
  /// `path` seen from `base`, without `.` and `..`.
  package static func join(_ base: String, _ path: String) -> String {
    normal(path.hasPrefix("/") ? path : base + "/" + path)
  }

  /// The absolute form of a path that is relative to the current folder.
  package static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return normal(path) }
    defer { unsafe free(here) }
    return join(unsafe String(cString: here), path)
  }

  private static func normal(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": if !parts.isEmpty { parts.removeLast() }
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The files that match a glob pattern, sorted; none if nothing does.
  static func matching(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, GLOB_MARK, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { i in
      unsafe found.gl_pathv[i].map { unsafe String(cString: $0) }
    }.filter { !$0.hasSuffix("/") }.sorted()
  }
}

/// One file of an export as it was found: what a resumed run compares.
package struct FoundFile: Hashable, Sendable, Codable {
  package var export: ExportKind
  package var path: String
  /// As lineage shows it: the file's name, or its whole path where two files of the export share a name.
  package var name: String
  package var byteCount: Int
  /// Nanoseconds since 1970.
  package var modified: Int
  /// When anything about the file last changed, which nobody can set back; nanoseconds since 1970.
  package var changed: Int?
  package var inode: UInt64?
  /// The SHA-256 of its bytes, once it was read.
  package var digest: String?

  /// Looks at the file again.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if it is no longer the one that was found.
  func checkUnchanged() throws(Stop) {
    var info = stat()
    guard unsafe stat(path, &info) == 0, Int(info.st_size) == byteCount, info.modified == modified,
      inode == nil || inode == UInt64(info.st_ino)
    else {
      throw Stop(
        .dataRefused, at: name, expected: "an export that stays as it is while it is read",
        found: "one that was written to",
        remedy: "Wait until the supplier has finished writing, then run again; nothing was changed.",
        next: "cardlink run PIPELINE")
    }
  }
}

extension stat {
  /// Nanoseconds since 1970.
  fileprivate var modified: Int { st_mtim.tv_sec * 1_000_000_000 + st_mtim.tv_nsec }
  fileprivate var changed: Int { st_ctim.tv_sec * 1_000_000_000 + st_ctim.tv_nsec }
}

extension ExportSpec {
  /// The files that the patterns match today, sorted by name: the order of ``Place/file``.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if a pattern matches nothing.
  package func foundFiles(pipeline: String) throws(Stop) -> [FoundFile] {
    var paths: [String] = []
    for pattern in files {
      let matches = Paths.matching(pattern)
      guard !matches.isEmpty else {
        throw Stop(
          .exportMissing, at: pipeline, field: "exports.\(kind.name).files",
          expected: "at least one file like \(pattern)", found: "none",
          remedy: "Wait for the export or correct the pattern; nothing was changed.")
      }
      for path in matches where !paths.contains(path) { paths.append(path) }
    }
    guard paths.count <= 65_535 else {
      throw Stop(
        .pipelineWrong, at: pipeline, field: "exports.\(kind.name).files", expected: "at most 65,535 files",
        found: "\(paths.count)", remedy: "Join files, or narrow the pattern.")
    }
    var uses: [String: Int] = [:]
    for path in paths { uses[Folder.name(of: path), default: 0] += 1 }
    var found: [FoundFile] = []
    for path in paths {
      var info = stat()
      guard unsafe stat(path, &info) == 0, unsafe access(path, R_OK) == 0 else {
        throw Stop(
          .exportMissing, at: path, expected: "a file that can be read", found: "none",
          remedy: "Give this user the right to read it; nothing was changed.")
      }
      let name = Folder.name(of: path)
      found.append(
        FoundFile(
          export: kind, path: path, name: uses[name] == 1 ? name : path, byteCount: Int(info.st_size),
          modified: info.modified, changed: info.changed, inode: UInt64(info.st_ino)))
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
