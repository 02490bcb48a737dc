// Paths and globs.

package import Files
import Glibc
package import Values

package enum Paths {
  /// `path` relative to `base` as an absolute path, without `.` and `..`.
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

  /// The files that a glob pattern matches, sorted; empty if there are none.
  static func matching(_ pattern: String) -> [String] {
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    guard unsafe glob(pattern, GLOB_MARK, nil, &found) == 0 else { return [] }
    return unsafe (0..<Int(found.gl_pathc)).compactMap { i in
      unsafe found.gl_pathv[i].map { unsafe String(cString: $0) }
    }.filter { !$0.hasSuffix("/") }.sorted()
  }
}

extension ExportSpec {
  /// The files that the patterns match now, sorted by name: the order of ``Place/file``.
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
      let name = Folder.name(of: path)
      found.append(try FoundFile(export: kind, path: path, name: uses[name] == 1 ? name : path))
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}
