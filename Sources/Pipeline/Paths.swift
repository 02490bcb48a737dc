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
}

extension ExportSpec {
  /// The files that the patterns match on a business date, in the order of ``Place/file``: by name, and of an export with
  /// deltas the base, then the deltas by number.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if a pattern matches nothing, or a folder or file can't be read;
  ///   ``Exit/dataRefused`` if one file has two names.
  ///
  /// - Parameter number: reads the number of a delivery; by default from the file's name.
  package func foundFiles(
    pipeline: String, asOf: CalendarDate, number: ((FoundFile) throws(Stop) -> Int)? = nil
  ) throws(Stop) -> [FoundFile] {
    do throws(Stop) {
      let found = try filesFound(pipeline: pipeline, asOf: asOf, number)
      try checkEachOnce(found)
      return found
    } catch  where error.exit == .inputOutput {
      throw Stop(
        .exportMissing, at: error.finding.origin.file, expected: "an export that can be read",
        found: error.finding.found,
        remedy: "Check the disk or the share, and that this user may read it; nothing was changed.")
    }
  }

  private func filesFound(
    pipeline: String, asOf: CalendarDate, _ number: ((FoundFile) throws(Stop) -> Int)?
  ) throws(Stop) -> [FoundFile] {
    let paths = try paths(of: files, "files", pipeline, asOf, mayBeNone: delta.isOn).filter(isExport)
    guard delta.isOn else { return try named(paths) }
    let base = try self.paths(of: delta.base, "base", pipeline, asOf).filter(isExport)
    let found = try named(base + paths.filter { !base.contains($0) })
    var numbered: [FoundFile] = []
    for file in found {
      var file = file
      file.sequence = if let number { try number(file) } else { try self.number(of: file) }
      file.holdsChanges = !base.contains(file.path)
      numbered.append(file)
    }
    let newest = numbered.filter { $0.holdsChanges == false }.compactMap(\.sequence).max()
    let deltas = numbered.filter { $0.holdsChanges == true }.sorted {
      ($0.sequence ?? 0, $0.name) < ($1.sequence ?? 0, $1.name)
    }
    return numbered.filter { $0.holdsChanges == false && $0.sequence == newest } + deltas
  }

  /// Whether a path is not that of a delivery's control totals, which a pattern may match too.
  private func isExport(_ path: String) -> Bool { delta.control.map { !path.hasSuffix($0) } ?? true }

  /// The number of a delivery in its file's name.
  package func number(of file: FoundFile) throws(Stop) -> Int {
    let name = Folder.name(of: file.path)
    let match = (try? Regex(delta.pattern ?? "")).flatMap { try? $0.firstMatch(in: name) }
    if let digits = match?["sequence"]?.substring, digits.utf8.count <= 18, let number = Int(digits),
      number >= 0
    {
      return number
    }
    throw Stop(
      .dataRefused, at: file.name, expected: "a number in the name, as exports.\(kind.name).sequence says",
      found: "none",
      remedy: "Correct the file's name, or the pattern in the pipeline file; nothing was changed.")
  }

  /// The paths that patterns match, each once.
  private func paths(
    of patterns: [FilePattern], _ key: String, _ pipeline: String, _ asOf: CalendarDate,
    mayBeNone: Bool = false
  ) throws(Stop) -> [String] {
    var paths: [String] = []
    for pattern in patterns {
      let matches = try pattern.matches(on: asOf)
      guard !matches.isEmpty || mayBeNone else {
        throw Stop(
          .exportMissing, at: pipeline, field: "exports.\(kind.name).\(key)",
          expected: "at least one file like \(pattern.shown(on: asOf))", found: "none",
          remedy: "Wait for the export or correct the pattern; nothing was changed.")
      }
      for path in matches where !paths.contains(path) { paths.append(path) }
    }
    guard paths.count <= 65_535 else {
      throw Stop(
        .pipelineWrong, at: pipeline, field: "exports.\(kind.name).\(key)", expected: "at most 65,535 files",
        found: "\(paths.count)", remedy: "Join files, or narrow the pattern.")
    }
    return paths
  }

  /// The files at some paths, sorted by name.
  private func named(_ paths: [String]) throws(Stop) -> [FoundFile] {
    var uses: [String: Int] = [:]
    for path in paths { uses[Folder.name(of: path), default: 0] += 1 }
    var found: [FoundFile] = []
    for path in paths {
      let name = Folder.name(of: path)
      found.append(try FoundFile(export: kind, path: path, name: uses[name] == 1 ? name : path))
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Refuses a file that has two names, and one that lies beside its compressed form.
  private func checkEachOnce(_ found: [FoundFile]) throws(Stop) {
    var names: [FileAttributes.Identity: String] = [:]
    let paths = Set(found.map(\.path))
    for file in found {
      if let identity = try FileAttributes(of: file.path)?.identity {
        if let other = names.updateValue(file.name, forKey: identity) {
          throw .readTwice(file, "\(other), which is the same file")
        }
      }
      for suffix in [".gz", ".GZ"] where paths.contains(file.path + suffix) {
        throw .readTwice(file, "\(file.name)\(suffix) beside it")
      }
    }
  }
}

extension Stop {
  fileprivate static func readTwice(_ file: FoundFile, _ other: String) -> Stop {
    Stop(
      .dataRefused, at: file.name, expected: "each file of the export once", found: other,
      remedy: "Remove one of the two, or narrow the pattern in the pipeline file; nothing was changed.")
  }
}
