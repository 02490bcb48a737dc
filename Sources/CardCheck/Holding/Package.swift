// A facility's package as a source: read whole, from a folder or from one CSV or SQLite file.
// Invariant: a package is read whole or not at all; persons are those of all the CSV files of the package together, or of its
// SQLite file where it has no CSV. Whether it is as it was sent is another's to say.
// Load: a facility's some ten thousand people; a million in two seconds.

import Disk
package import Record

package enum FacilityPackage {
  /// Reads a package.
  ///
  /// - Parameter path: the package's folder, the folder `data` in it, or a CSV or SQLite file.
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if nothing stands there, ``Exit/storeUnavailable`` if it is no
  ///   package or damaged.
  package static func open(_ path: String) throws(Stop) -> MemoryCards {
    guard Folder.exists(path) else {
      throw Stop(
        .exportMissing, at: path, expected: "a facility's package", found: "nothing",
        remedy: "Name the folder of the package as it was received, or its CSV or SQLite file.",
        next: "cardlink check-card --help")
    }
    var files: [String] = []
    var folder = path
    // Also by a link, as `cardlink apply` leaves one.
    if Folder.isFolder(path + "/.") {
      if Folder.isFolder(path + "/data") { folder = path + "/data" }
      files = tables(among: Folder.names(in: folder)).map { folder + "/" + $0 }
    } else {
      files = [path]
      folder = Folder.parent(of: path)
    }
    for place in [folder, Folder.parent(of: folder)]
    where try Folder.read(place + "/bag-info.txt")?.contains("Cardlink-Kind: delta\n") ?? false {
      throw .holdsChanges(path)
    }
    var standing = DataStanding()
    let people = try read(files, &standing, path)
    for place in [folder, Folder.parent(of: folder)] {
      for name in ["bag-info.txt", "manifest.json"] {
        if let text = try Folder.read(place + "/" + name) { take(text, into: &standing) }
      }
    }
    return MemoryCards(people, standing)
  }

  /// Reads the tables of a package that was opened elsewhere.
  ///
  /// - Parameters:
  ///   - path: the package's name, for messages.
  ///   - facts: its `bag-info.txt`.
  package static func open(_ path: String, tables: [String], facts: String) throws(Stop) -> MemoryCards {
    if facts.contains("Cardlink-Kind: delta\n") { throw .holdsChanges(path) }
    var standing = DataStanding()
    let people = try read(tables, &standing, path)
    take(facts, into: &standing)
    return MemoryCards(people, standing)
  }

  /// The files that are read of a package: its CSV, or its SQLite where it has none.
  package static func tables(among names: [String]) -> [String] {
    let tables = names.filter { $0.hasSuffix(".csv") }
    return tables.isEmpty ? names.filter { $0.hasSuffix(".sqlite") } : tables
  }

  private static func read(_ files: [String], _ standing: inout DataStanding, _ path: String) throws(Stop)
    -> PersonBatch
  {
    var people = PersonBatch()
    var reader = PackageTable()
    var tables = 0
    standing.isPackage = true
    for file in files {
      let isTable =
        PackageDatabase.isOne(file)
        ? try PackageDatabase.read(file, into: &people, &standing) : try reader.read(file, into: &people)
      if isTable { tables += 1 }
    }
    guard tables > 0 else {
      throw Stop(
        .storeUnavailable, at: path,
        expected: "a CSV or SQLite file with the columns personal_id, full_name and birth_date",
        found: "none",
        remedy: "Ask the sender for the package anew, with CSV or SQLite among its formats.",
        next: "cardlink check-card --help")
    }
    return people
  }

  /// Takes the dates from a `bag-info.txt`, where a package says of itself when it was made and how long it may be used, or
  /// from the manifest of a folder of packages.
  private static func take(_ text: String, into standing: inout DataStanding) {
    for line in text.split(whereSeparator: \.isNewline) {
      // `As-Of: 2026-11-23` and `"as_of": "2026-11-23",` alike.
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].lowercased().filter(\.isLetter)
      let value = line[line.index(after: colon)...].filter { $0.isASCII && ($0.isNumber || $0 == "-") }
      guard let date = CalendarDate(iso: value), date.precision == .day else { continue }
      if key.hasSuffix("asof"), standing.asOf.isNone { standing.asOf = date }
      if key.hasSuffix("validuntil"), standing.validUntil.isNone { standing.validUntil = date }
    }
  }
}

extension Stop {
  fileprivate static func holdsChanges(_ path: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a package of all people", found: "one of changes",
      remedy: "Apply it to the package that you have, and ask that one.", next: "cardlink apply --help")
  }
}

/// Reads one CSV file of a package.
private struct PackageTable {
  private var cut = DelimitedLine()

  /// Appends the persons of a file.
  ///
  /// - Returns: false if it is no table of persons.
  mutating func read(_ path: String, into people: inout PersonBatch) throws(Stop) -> Bool {
    var lines = try LineReader(path)
    guard let header = try lines.next() else { return false }
    guard cut.split(lines.buffer.span.extracting(header), at: UInt8(ascii: ",")) == nil else { return false }
    guard let columns = PackageColumns(cut.columnNames) else { return false }
    let columnCount = cut.fields.count
    var line = 1
    while let range = try lines.next() {
      line += 1
      if cut.split(lines.buffer.span.extracting(range), at: UInt8(ascii: ",")) == .openQuote
        || lines.isTooLong
        || cut.fields.count != columnCount
      {
        throw damaged(path, line, "\(columnCount) fields", "\(cut.fields.count)")
      }
      do throws(StoredFault) {
        try columns.append(cut.text.span, cut.fields, to: &people)
      } catch {
        throw damaged(path, line, "a value of the form of \(error.column)", "another one")
      }
    }
    return true
  }

  private func damaged(_ path: String, _ line: Int, _ expected: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, line: line, expected: expected, found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
  }
}
