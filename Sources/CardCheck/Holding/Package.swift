// A facility's package as a source: read whole, from a folder or from one CSV file.
// Invariant: a package is read whole or not at all; columns are found by their names, and one that isn't there is a
// value that the facility may not see. Persons are those of all the CSV files of the package together.
// Load: a facility's some ten thousand people; a million in two seconds.

import Disk
package import Record

package enum FacilityPackage {
  /// Reads a package.
  ///
  /// - Parameter path: the package's folder, the folder `data` in it, or a CSV file.
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if nothing stands there, ``Exit/storeUnavailable`` if it is no
  ///   package or damaged.
  package static func open(_ path: String) throws(Stop) -> MemoryCards {
    guard Folder.exists(path) else {
      throw Stop(
        .exportMissing, at: path, expected: "a facility's package", found: "nothing",
        remedy: "Name the folder of the package as it was received, or its CSV file.",
        next: "cardlink check-card --help")
    }
    var people = PersonBatch()
    var files: [String] = []
    var folder = path
    // Also by a link, as `cardlink apply` leaves one.
    if Folder.isFolder(path + "/.") {
      if Folder.isFolder(path + "/data") { folder = path + "/data" }
      files = Folder.names(in: folder).filter { $0.hasSuffix(".csv") }.map { folder + "/" + $0 }
    } else {
      files = [path]
      folder = Folder.parent(of: path)
    }
    for place in [folder, Folder.parent(of: folder)]
    where try Folder.read(place + "/bag-info.txt")?.contains("Cardlink-Kind: delta\n") ?? false {
      throw Stop(
        .storeUnavailable, at: path, expected: "a package of all people", found: "one of changes",
        remedy: "Apply it to the package that you have, and ask that one.", next: "cardlink apply --help")
    }
    var reader = PackageTable()
    var tables = 0
    for file in files where try reader.read(file, into: &people) { tables += 1 }
    guard tables > 0 else {
      throw Stop(
        .storeUnavailable, at: path,
        expected: "a CSV file with the columns personal_id, full_name and birth_date",
        found: "none",
        remedy: "Ask the sender for the package anew; a package holds its tables in the folder data.",
        next: "cardlink check-card --help")
    }
    var standing = DataStanding()
    standing.isPackage = true
    for place in [folder, Folder.parent(of: folder)] { try readStanding(in: place, &standing) }
    return MemoryCards(people, standing)
  }

  /// Reads `bag-info.txt`, where a package says of itself when it was made and how long it may be used, or the
  /// manifest of a folder of packages.
  private static func readStanding(in folder: String, _ standing: inout DataStanding) throws(Stop) {
    for name in ["bag-info.txt", "manifest.json"] {
      guard let text = try Folder.read(folder + "/" + name) else { continue }
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
    let names = cut.columnNames
    func place(_ column: String) -> Int { names.firstIndex(of: column.filter { $0 != "_" }) ?? -1 }
    let (id, name, birthDate, sex) = (
      place("personal_id"), place("full_name"), place("birth_date"), place("sex")
    )
    guard id >= 0, name >= 0, birthDate >= 0 else { return false }
    let card = StoredValues.cardColumns.map(place)
    var line = 1
    while let range = try lines.next() {
      line += 1
      if cut.split(lines.buffer.span.extracting(range), at: UInt8(ascii: ",")) == .openQuote
        || lines.isTooLong
        || cut.fields.count != names.count
      {
        throw damaged(path, line, "\(names.count) fields", "\(cut.fields.count)")
      }
      do throws(StoredFault) {
        let personalID = try StoredValues.personalID(cut.text.span.extracting(cut.fields[id]))
        var row = PersonRow(
          personalID: personalID, birthDate: .none, sex: .unknown, nameRange: 0..<0, cards: 0..<0)
        row.birthDate = try StoredValues.date(cut.text.span.extracting(cut.fields[birthDate]), "birth_date")
        if sex >= 0 { row.sex = try StoredValues.sex(cut.text.span.extracting(cut.fields[sex])) }
        let start = people.bytes.count
        people.bytes.append(contentsOf: cut.text[cut.fields[name]])
        row.nameRange = start..<people.bytes.count
        row.cards = people.cards.count..<people.cards.count + 1
        people.cards.append(try readCard(personalID, card))
        people.persons.append(row)
      } catch {
        throw damaged(path, line, "a value of the form of \(error.column)", "another one")
      }
    }
    return true
  }

  private func readCard(_ id: PersonalID, _ columns: [Int]) throws(StoredFault) -> CardRow {
    var row = CardRow()
    row.personalID = id
    func range(_ i: Int) -> Range<Int> { columns[i] < 0 ? 0..<0 : cut.fields[columns[i]] }
    let text = cut.text.span
    row.insuranceNumber = try StoredValues.insuranceNumber(text.extracting(range(0)))
    row.cardNumber = try StoredValues.cardNumber(text.extracting(range(1)))
    row.facility = try StoredValues.code(text.extracting(range(2)), "facility_code")
    row.validFrom = try StoredValues.date(text.extracting(range(3)), "valid_from")
    row.validTo = try StoredValues.date(text.extracting(range(4)), "valid_to")
    row.fiveYearsFrom = try StoredValues.date(text.extracting(range(5)), "five_years_from")
    row.area = try StoredValues.code(text.extracting(range(6)), "area_code")
    return row
  }

  private func damaged(_ path: String, _ line: Int, _ expected: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, line: line, expected: expected, found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
  }
}
