// A facility's package as a source: read whole, from a folder or from files by themselves.
// Invariant: a package is read whole or not at all, from one of its formats, and each format gives the same persons. Whether it
// is as it was sent is another's to say.
// Load: a facility's some ten thousand people; a million in two seconds.

import Files
package import Values

package enum FacilityPackage {
  /// Reads a package.
  ///
  /// - Parameter path: the package's folder, the folder `data` in it, or a CSV, SQLite, XML or NDJSON file.
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if nothing stands there, ``Exit/storeUnavailable`` if it is no
  ///   package or damaged.
  package static func open(_ path: String) throws(Stop) -> MemoryCards {
    guard Folder.exists(path) else {
      throw Stop(
        .exportMissing, at: path, expected: "a facility's package", found: "nothing",
        remedy: "Name the folder of the package as it was received, or its CSV, SQLite, XML or NDJSON file.",
        next: "cardlink check-card --help")
    }
    // Also by a link, as `cardlink apply` leaves one.
    let isFolder = Folder.isFolder(path + "/.")
    var folder = isFolder ? path : Folder.parent(of: path)
    if isFolder, Folder.isFolder(path + "/data") { folder = path + "/data" }
    // Where the package may say of itself what it is.
    var places = [folder, Folder.parent(of: folder)]
    if Folder.name(of: folder) == "fhir" { places.append(Folder.parent(of: places[1])) }
    var kinds: Set<String> = []
    for place in places {
      let info = try Folder.read(place + "/bag-info.txt") ?? ""
      for line in info.split(separator: "\n") where line.hasPrefix("Cardlink-Kind: ") {
        kinds.insert(String(line))
      }
    }
    if kinds.contains("Cardlink-Kind: delta") { throw .holdsChanges(path) }
    var names = [Folder.name(of: path)]
    if isFolder {
      names = Folder.names(in: folder) + Folder.names(in: folder + "/fhir").map { "fhir/" + $0 }
      names = tables(among: names, isApplied: kinds.contains("Cardlink-Kind: applied"))
    } else if path.hasSuffix(".ndjson") {
      // One half of it is of no use.
      names = fhirNames
    }
    var standing = DataStanding()
    let people = try read(names.map { (name: $0, path: folder + "/" + $0) }, &standing, path)
    for place in places {
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
  ///   - tables: what ``tables(among:isApplied:)`` has chosen, and where it can be read.
  ///   - facts: its `bag-info.txt`.
  package static func open(_ path: String, tables: [(name: String, path: String)], facts: String) throws(Stop)
    -> MemoryCards
  {
    if facts.contains("Cardlink-Kind: delta\n") { throw .holdsChanges(path) }
    var standing = DataStanding()
    let people = try read(tables, &standing, path)
    take(facts, into: &standing)
    return MemoryCards(people, standing)
  }

  private static let fhirNames = ["Patient.ndjson", "Coverage.ndjson"]

  /// The files that are read of a package: its SQLite, or what comes first of CSV, XML and FHIR.
  ///
  /// - Parameter isApplied: whether it was put together where it was received: its CSV and not its SQLite file is what the
  ///   sender's signature covers.
  package static func tables(among names: [String], isApplied: Bool = false) -> [String] {
    let sqlite = names.filter { $0.hasSuffix(".sqlite") }
    let csv = names.filter { $0.hasSuffix(".csv") }
    let xml = names.filter { $0.hasSuffix(".xml") }
    let fhir = names.filter { fhirNames.contains(Folder.name(of: $0)) }
    let forms = isApplied ? [csv, sqlite, xml, fhir] : [sqlite, csv, xml, fhir]
    return forms.first { !$0.isEmpty } ?? []
  }

  private static func read(
    _ files: [(name: String, path: String)], _ standing: inout DataStanding, _ path: String
  ) throws(Stop) -> PersonBatch {
    var people = PersonBatch()
    var (csv, xml, fhir) = (PackageTable(), PackageXML(), PackageFHIR())
    var tables = 0
    standing.isPackage = true
    func isTable(_ file: (name: String, path: String)) throws(Stop) -> Bool {
      if file.name.hasSuffix(".xml") { return try xml.read(file.path, into: &people, &standing) }
      if PackageDatabase.isOne(file.path) {
        return try PackageDatabase.read(file.path, into: &people, &standing)
      }
      return try csv.read(file.path, into: &people)
    }
    let resources = fhirNames.map { name in files.first { Folder.name(of: $0.name) == name } }
    if let patients = resources[0], let coverages = resources[1], Folder.exists(patients.path),
      Folder.exists(coverages.path)
    {
      if try fhir.read(patients: patients.path, coverages: coverages.path, into: &people) { tables += 1 }
    } else if resources.contains(where: { $0 != nil }) {
      throw Stop(
        .storeUnavailable, at: path, expected: "Patient.ndjson and Coverage.ndjson", found: "one of them",
        remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
    } else {
      for file in files where try isTable(file) { tables += 1 }
    }
    guard tables > 0 else {
      throw Stop(
        .storeUnavailable, at: path,
        expected: "people as CSV, SQLite, XML or FHIR, with personal_id, full_name and birth_date",
        found: "none",
        remedy: "Ask the sender for the package anew, with these attributes in one of these formats.",
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
      // FHIR's own manifest has it as a time: `"transactionTime": "2026-11-23T00:00:00+07:00"`.
      let isTime = key == "transactiontime"
      guard let date = CalendarDate(iso: isTime ? String(value.prefix(10)) : value), date.precision == .day
      else { continue }
      if isTime || key.hasSuffix("asof"), standing.asOf.isNone { standing.asOf = date }
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

  /// A file of a package that isn't as publishing writes it, or isn't ours.
  static func damagedPackage(_ path: String, _ line: Int, _ expected: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, line: line, expected: expected, found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
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
        throw .damagedPackage(path, line, "\(columnCount) fields", "\(cut.fields.count)")
      }
      do throws(StoredFault) {
        try columns.append(cut.text.span, cut.fields, to: &people)
      } catch {
        throw .damagedPackage(path, line, "a value of the form of \(error.column)", "another one")
      }
    }
    return true
  }
}
