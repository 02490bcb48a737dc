// A pattern of export files in the pipeline file, and the files that it matches on a business date.
// Invariant: only the text in the pipeline file is a pattern; the folder of the pipeline file is taken as it is written. A
// folder that can't be opened and a name that is not a file stop the run: no export is left unread silently.
// Load: some hundred names, a few times a night.

import Files
import Foundation
import Glibc
package import Values

/// An absolute pattern of paths: `*`, `?` and `[a-z]` match within one name, `{date}` is the business date.
package struct FilePattern: Hashable, Sendable, ExpressibleByStringLiteral {
  /// A backslash makes the next character an ordinary one.
  package var text: String
  /// Only the file that was written last is read.
  package var isNewestOnly = false

  package init(stringLiteral text: String) { self.text = text }

  /// A pattern of the pipeline file.
  ///
  /// - Parameter base: the folder that it is relative to.
  init(_ pattern: String, base: String) {
    text = Paths.join(String(base.flatMap { "*?[{\\".contains($0) ? ["\\", $0] : [$0] }), pattern)
  }

  /// As messages show it, on a business date.
  func shown(on asOf: CalendarDate) -> String { Self.plain(dated(asOf)) }

  // MARK: The business date

  /// The first `{date…}` that has no known form.
  var unknownDate: String? {
    var unknown: String?
    _ = replacingDates { date in
      if unknown == nil, Self.text(of: date, on: .none) == nil { unknown = date }
      return nil
    }
    return unknown
  }

  /// The pattern with the business date in place of each `{date…}`.
  private func dated(_ asOf: CalendarDate) -> String { replacingDates { Self.text(of: $0, on: asOf) } }

  private func replacingDates(_ new: (String) -> String?) -> String {
    text.replacing(/(\\?)\{date[^}]*\}?/) { match in
      let written = String(match.0)
      return match.1.isEmpty ? new(written) ?? written : written
    }
  }

  /// The text of `{date}`, `{date-1}` or `{date:ddMMyyyy}`; nil for another form.
  private static func text(of written: String, on asOf: CalendarDate) -> String? {
    guard let form = written.wholeMatch(of: /\{date(-[1-9][0-9]?)?(?::([dMy._-]+))?\}/) else { return nil }
    let day = asOf.isNone ? asOf : asOf.adding(days: form.1.flatMap { Int($0) } ?? 0)
    let iso = day.isNone ? "0000-00-00" : day.text
    var text = form.2.map(String.init) ?? "yyyy-MM-dd"
    for (letters, part) in zip(["yyyy", "MM", "dd"], iso.split(separator: "-")) {
      guard text.ranges(of: letters).count == 1 else { return nil }
      text = text.replacing(letters, with: part)
    }
    return text.contains { $0.isLetter } ? nil : text
  }

  // MARK: Matching

  /// The paths that match, sorted; none if nothing does.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if a folder on the way can't be opened or a match is no file.
  func matches(on asOf: CalendarDate) throws(Stop) -> [String] {
    var paths = [""]
    let parts = dated(asOf).split(separator: "/").map(String.init)
    for (i, part) in parts.enumerated() {
      var next: [String] = []
      for folder in paths { next += try Self.matches(part, in: folder, isLast: i == parts.count - 1) }
      paths = next
    }
    var files: [(path: String, modified: Int)] = []
    for path in paths {
      guard let found = try FileAttributes(of: path) else {
        throw .notAnExport(path, found: "a link that leads nowhere")
      }
      switch found.kind {
      case .file: files.append((path, found.modified))
      // `exports/*` also matches the folder of last month's.
      case .folder where parts.last?.contains(".") != true: continue
      default: throw .notAnExport(path, found: found.kind.text)
      }
    }
    guard isNewestOnly else { return files.map(\.path).sorted() }
    return files.max { ($0.modified, $0.path) < ($1.modified, $1.path) }.map { [$0.path] } ?? []
  }

  /// Whether a file of this path would be read on a business date; false if only the newest file is.
  package func matches(_ path: String, on asOf: CalendarDate) -> Bool {
    let parts = dated(asOf).split(separator: "/").map(String.init)
    let names = path.split(separator: "/").map(String.init)
    return !isNewestOnly && parts.count == names.count && !Self.isDesktops(Folder.name(of: path))
      && zip(names, parts).allSatisfy { Self.plain($1) == $0 || Self.fits($0, $1) }
  }

  /// The paths in a folder whose name matches one part of a pattern.
  private static func matches(_ part: String, in folder: String, isLast: Bool) throws(Stop) -> [String] {
    let wildcards = part.replacing(/\\./, with: "").filter { "*?[".contains($0) }
    if wildcards.allSatisfy({ $0 == "[" }) {
      // A name with brackets that is there as it is written is meant, and no other.
      let written = folder + "/" + plain(part)
      if try FileAttributes(of: written, following: false) != nil { return [written] }
      if wildcards.isEmpty { return [] }
    }
    var paths: [String] = []
    for name in try Folder.names(in: folder.isEmpty ? "/" : folder)
    where fits(name, part) && !isDesktops(name) {
      let path = folder + "/" + name
      if isLast {
        paths.append(path)
      } else if try isOpenFolder(path) {
        paths.append(path)
      }
    }
    return paths
  }

  /// Whether a name that a pattern matches is a folder.
  private static func isOpenFolder(_ path: String) throws(Stop) -> Bool {
    guard let found = try FileAttributes(of: path) else {
      throw .notAnExport(path, found: "a link that leads nowhere")
    }
    guard found.kind == .folder else { return false }
    guard unsafe access(path, X_OK) == 0 else { throw .readFailed(path, errno) }
    return true
  }

  /// Whether a name fits one part of a pattern; letters fit whether their marks are separate characters or not.
  private static func fits(_ name: String, _ part: String) -> Bool {
    unsafe fnmatch(
      part.precomposedStringWithCanonicalMapping, name.precomposedStringWithCanonicalMapping, FNM_PERIOD) == 0
  }

  /// Whether a desktop wrote a file of this name beside those that people put there.
  private static func isDesktops(_ name: String) -> Bool {
    ["thumbs.db", "desktop.ini"].contains(name.lowercased()) || name.hasPrefix("~$")
  }

  /// Without the backslashes before other characters.
  private static func plain(_ text: String) -> String { text.replacing(/\\(.)/) { $0.1 } }
}

extension Stop {
  fileprivate static func notAnExport(_ path: String, found: String) -> Stop {
    Stop(
      .exportMissing, at: path, expected: "an export file", found: found,
      remedy: "Remove it, or narrow the pattern in the pipeline file; nothing was changed.")
  }
}
