// Reads the people of a package, from a folder or from single files.
// Invariant: a package is read whole or not at all, from one of its formats, and each format gives the same persons. It is
// not verified here.
// Load: a facility's some ten thousand people; a million in two seconds.

import Files
package import Values

/// The people of a package.
package struct PackagePeople: Sendable {
  /// Each with the serving card first.
  package var batch = PersonBatch()
  /// The business date; `none` if the package doesn't say it.
  package var asOf = CalendarDate.none
  /// The last day of use; `none` if the package doesn't say it.
  package var validUntil = CalendarDate.none
  /// Groups of the armed forces besides ``ArmedForces/known``.
  package var armedForces: [String] = []

  /// Whether any person has a name and any a birth date; a clerk's question needs both.
  var areOfPersons: Bool {
    batch.persons.isEmpty
      || batch.persons.contains { !$0.nameRange.isEmpty } && batch.persons.contains { !$0.birthDate.isNone }
  }

  /// Adds cards beside the serving ones to their persons.
  ///
  /// - Parameter path: the file that they come from.
  mutating func add(_ others: [CardRow], _ path: String) throws(Stop) {
    guard !others.isEmpty else { return }
    let byPerson = Dictionary(grouping: others, by: \.personalID)
    var cards: [CardRow] = []
    cards.reserveCapacity(batch.cards.count + others.count)
    var added = 0
    for i in batch.persons.indices {
      let start = cards.count
      cards.append(contentsOf: batch.cards[batch.persons[i].cards])
      if let more = byPerson[batch.persons[i].personalID] {
        cards.append(contentsOf: more)
        added += more.count
      }
      batch.persons[i].cards = start..<cards.count
    }
    batch.cards = cards
    guard added == others.count else {
      throw .damagedPackage(path, 1, "the cards of the package's people", "another person's")
    }
  }

  mutating func append(_ person: borrowing PersonTexts, _ path: String, line: Int) throws(Stop) {
    do throws(StoredFault) {
      try person.append(to: &batch)
    } catch {
      throw .damagedPackage(path, line, "a value of the form of \(error.column)", "another one")
    }
  }
}

package enum FacilityPackage {
  /// Reads a package.
  ///
  /// - Parameter path: the package's folder, the folder `data` in it, or a CSV, SQLite, XML or NDJSON file.
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if the path doesn't exist, ``Exit/storeUnavailable`` if
  ///   it is not a
  ///   package or is damaged.
  package static func open(_ path: String) throws(Stop) -> PackagePeople {
    guard try Folder.exists(path) else {
      throw Stop(
        .exportMissing, at: path, expected: "a facility's package", found: "nothing",
        remedy: "Name the folder of the package as it was received, or its CSV, SQLite, XML or NDJSON file.",
        next: "cardlink check-card --help")
    }
    // The path may be a link, such as `cardlink apply` creates.
    let isFolder = try Folder.isFolder(path + "/.")
    var folder = isFolder ? path : Folder.parent(of: path)
    if isFolder, try Folder.isFolder(path + "/data") { folder = path + "/data" }
    // Folders in which the package may describe itself.
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
      names = try Folder.names(in: folder) + Folder.names(in: folder + "/fhir").map { "fhir/" + $0 }
      names = tables(among: names, isApplied: kinds.contains("Cardlink-Kind: applied"))
    } else if path.hasSuffix(".ndjson") {
      // One half alone is useless.
      names = fhirNames
    } else if let others = otherCards(of: names[0]) {
      names.append(others)
    }
    for name in names where optionalNames.contains(Folder.name(of: name)) {
      if try !Folder.exists(folder + "/" + name) { names.removeAll { $0 == name } }
    }
    var people = try read(names.map { (name: $0, path: folder + "/" + $0) }, path)
    for place in places {
      for name in ["bag-info.txt", "manifest.json"] {
        if let text = try Folder.read(place + "/" + name) { take(text, into: &people) }
      }
    }
    return people
  }

  /// Reads the tables of a package that was opened elsewhere.
  ///
  /// - Parameters:
  ///   - path: the package's name, for messages.
  ///   - tables: the choice of ``tables(among:isApplied:)``, with readable paths.
  ///   - facts: its `bag-info.txt`.
  package static func open(_ path: String, tables: [(name: String, path: String)], facts: String) throws(Stop)
    -> PackagePeople
  {
    if facts.contains("Cardlink-Kind: delta\n") { throw .holdsChanges(path) }
    var people = try read(tables, path)
    take(facts, into: &people)
    return people
  }

  private static let fhirNames = ["Patient.ndjson", "Coverage.ndjson", FHIRFormat.otherCoverages]
  /// Files that a package has only if somebody has another card.
  private static let optionalNames = ["other-cards.csv", "other-cards.xml", FHIRFormat.otherCoverages]

  /// The file of other cards beside a table of people.
  private static func otherCards(of name: String) -> String? {
    switch name {
    case "people.csv": "other-cards.csv"
    case "people.xml": "other-cards.xml"
    default: nil
    }
  }

  /// The files to read of a package: its SQLite file, or else the first of CSV, XML and FHIR.
  ///
  /// - Parameter isApplied: whether the recipient made it from changes. The sender's signature then covers
  ///   its CSV file,
  ///   not its SQLite file.
  package static func tables(among names: [String], isApplied: Bool = false) -> [String] {
    let sqlite = names.filter { $0.hasSuffix(".sqlite") }
    let csv = names.filter { $0.hasSuffix(".csv") }
    let xml = names.filter { $0.hasSuffix(".xml") }
    let fhir = names.filter { fhirNames.contains(Folder.name(of: $0)) }
    let forms = isApplied ? [csv, sqlite, xml, fhir] : [sqlite, csv, xml, fhir]
    return forms.first { !$0.isEmpty } ?? []
  }

  private static func read(_ files: [(name: String, path: String)], _ path: String) throws(Stop)
    -> PackagePeople
  {
    var people = PackagePeople()
    var tables = 0
    let others = files.first { optionalNames.contains(Folder.name(of: $0.name)) }
    func isTable(_ file: (name: String, path: String)) throws(Stop) -> Bool {
      if file.name == others?.name { return false }
      if file.name.hasSuffix(".xml") { return try XMLPeople.read(file.path, into: &people) }
      if try SQLitePeople.isDatabase(file.path) { return try SQLitePeople.read(file.path, into: &people) }
      return try CSVPeople.read(file.path, into: &people)
    }
    let resources = fhirNames.prefix(2).map { name in files.first { Folder.name(of: $0.name) == name } }
    if let patients = resources[0], let coverages = resources[1], try Folder.exists(patients.path),
      try Folder.exists(coverages.path)
    {
      var fhir = FHIRPeople()
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
    if let others {
      let cards =
        switch Folder.name(of: others.name) {
        case "other-cards.csv": try CSVPeople.readOtherCards(others.path)
        case "other-cards.xml": try XMLPeople.readOtherCards(others.path)
        default: try FHIRPeople.readOtherCards(others.path)
        }
      try people.add(cards, others.path)
    }
    return people
  }

  /// Reads the business date, the last day of use and the groups of the armed forces from a `bag-info.txt` or from the manifest of a folder
  /// of packages.
  private static func take(_ text: String, into people: inout PackagePeople) {
    for line in text.split(whereSeparator: \.isNewline) {
      // Matches both `As-Of: 2026-11-23` and `"as_of": "2026-11-23",`.
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].lowercased().filter(\.isLetter)
      if key == "cardlinkarmedforces" {
        people.armedForces = line[line.index(after: colon)...].split(separator: " ").map(String.init)
      }
      let value = line[line.index(after: colon)...].filter { $0.isASCII && ($0.isNumber || $0 == "-") }
      // FHIR's own manifest gives a time: `"transactionTime": "2026-11-23T00:00:00+07:00"`.
      let isTime = key == "transactiontime"
      guard let date = CalendarDate(iso: isTime ? String(value.prefix(10)) : value), date.precision == .day
      else { continue }
      if isTime || key.hasSuffix("asof"), people.asOf.isNone { people.asOf = date }
      if key.hasSuffix("validuntil"), people.validUntil.isNone { people.validUntil = date }
    }
  }
}

extension Stop {
  fileprivate static func holdsChanges(_ path: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a package of all people", found: "one of changes",
      remedy: "Apply it to the package that you have, and ask that one.", next: "cardlink apply --help")
  }

  /// A package file that differs from the form in which it is written.
  static func damagedPackage(_ path: String, _ line: Int, _ expected: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, line: line, expected: expected, found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
  }
}
