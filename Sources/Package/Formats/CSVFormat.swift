// CSV: the table of people, for spreadsheets and `cardlink check-card`, the table of their other cards, and that of changes.
// Invariant: UTF-8, LF, RFC 4180 quoting; a header, then a line for each person, ascending by personal ID number; of the other
// cards a line each, in the order of their persons.

import Files
import Values

private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")

/// Writes `data/people.csv`, and `data/other-cards.csv` if anybody has another card.
final class CSVFormat: FormatWriter {
  private let file: PayloadFile
  private let attributes: [Attribute]
  private let others: OtherCardsTable
  /// The first and the last attribute, where no attribute between them is left out.
  private let together: (first: Attribute, last: Attribute)?

  init(_ attributes: [Attribute], in bag: String?) throws(Stop) {
    self.attributes = attributes
    let isGapless = zip(attributes, attributes.dropFirst()).allSatisfy { $0.rawValue + 1 == $1.rawValue }
    if isGapless, let first = attributes.first, let last = attributes.last {
      together = (first, last)
    } else {
      together = nil
    }
    others = OtherCardsTable(attributes, in: bag)
    file = try PayloadFile(BagName.people, in: bag)
    try file.append(csvLine(attributes.map(\.name)) + "\n")
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    try file.append { line in
      if let together, person.isCommaJoined, !hasSpecials(person) {
        let range = person.range(together.first).lowerBound..<person.range(together.last).upperBound
        line.append(contentsOf: person.bytes[range])
      } else {
        line.append(csv: attributes, of: person)
      }
      line.append(newline)
    }
    if person.otherCount > 0 { try others.append(person) }
  }

  private func hasSpecials(_ person: borrowing PersonTexts) -> Bool {
    for attribute in Attribute.freeText {
      if needsQuotes(person.bytes.span.extracting(person.range(attribute))) { return true }
    }
    return false
  }

  func finish() throws(Stop) -> [BagEntry] { [try file.finish()] + (try others.finish()) }
}

/// Writes `data/other-cards.csv`.
private struct OtherCardsTable {
  private let file: LatePayloadFile
  private let attributes: [Attribute]

  /// - Parameter attributes: those of the table of people.
  init(_ attributes: [Attribute], in bag: String?) {
    self.attributes = Attribute.ofOtherCards(attributes)
    file = LatePayloadFile(
      BagName.otherCards, head: csvLine(self.attributes.map(\.name)) + "\n", in: bag)
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    guard !attributes.isEmpty else { return }
    for i in 0..<person.otherCount {
      try file.append { line in
        line.append(csv: attributes, of: person.others[i])
        line.append(newline)
      }
    }
  }

  func finish() throws(Stop) -> [BagEntry] { try file.finish() }
}

extension [UInt8] {
  fileprivate mutating func append(csv attributes: [Attribute], of person: borrowing PersonTexts) {
    for (i, attribute) in attributes.enumerated() {
      if i > 0 { append(comma) }
      append(csv: attribute, of: person)
    }
  }

  fileprivate mutating func append(csv attribute: Attribute, of person: borrowing PersonTexts) {
    if attribute.isFreeText {
      append(csv: person.bytes.span.extracting(person.range(attribute)))
    } else {
      append(contentsOf: person.bytes[person.range(attribute)])
    }
  }
}

/// Writes `data/changes.csv`: a line for each person put in, changed or taken out, ascending by personal ID number; and the other
/// cards of those who are put.
final class ChangesFormat {
  fileprivate static let put = "put"
  fileprivate static let remove = "remove"
  fileprivate static let renumbered = "renumbered"
  fileprivate static let columns = ["change", "reason"]
  private let file: PayloadFile
  private let others: OtherCardsTable
  private let attributes: [Attribute]
  private(set) var putCount = 0
  private(set) var renumberedCount = 0
  private(set) var removedCount = 0

  init(_ attributes: [Attribute], in bag: String) throws(Stop) {
    self.attributes = attributes
    others = OtherCardsTable(attributes, in: bag)
    file = try PayloadFile(BagName.changes, in: bag)
    try file.append(csvLine(Self.columns + attributes.map(\.name)) + "\n")
  }

  /// - Parameter isRenumbered: whether nothing but the cards' numbers is changed.
  func put(_ person: borrowing PersonTexts, isRenumbered: Bool) throws(Stop) {
    putCount += 1
    if isRenumbered { renumberedCount += 1 }
    try file.append { line in
      line.append(contentsOf: Self.put.utf8)
      line.append(comma)
      if isRenumbered { line.append(contentsOf: Self.renumbered.utf8) }
      line.append(comma)
      line.append(csv: attributes, of: person)
      line.append(newline)
    }
    if person.otherCount > 0 { try others.append(person) }
  }

  func remove(_ id: PersonalID, because reason: RemovalReason) throws(Stop) {
    removedCount += 1
    let fields = [Self.remove, reason.word, id.text]
    let hidden = [String](repeating: "", count: attributes.count - 1)
    try file.append(csvLine(fields + hidden) + "\n")
  }

  func finish() throws(Stop) -> [BagEntry] { [try file.finish()] + (try others.finish()) }
}

/// Reads a table of people, of changes or of other cards.
struct CSVPeople: ~Copyable {
  private let path: String
  private var rows: DelimitedRows
  private let columnCount: Int
  /// The columns that hold attributes.
  private let columns: [(attribute: Attribute, column: Int)]
  /// The current row.
  fileprivate(set) var person = PersonTexts()

  var attributes: [Attribute] { columns.map(\.attribute) }

  init(_ path: String) throws(Stop) {
    var rows = try DelimitedRows(path)
    let names = try rows.next() == true ? rows.columnNames : []
    self.path = path
    self.rows = rows
    columnCount = names.count
    columns = Attribute.columns(names)
  }

  /// Goes to the next person.
  ///
  /// - Returns: false if there is none left.
  mutating func next() throws(Stop) -> Bool {
    guard let isWhole = try rows.next() else { return false }
    let fields = rows.fields
    guard isWhole, fields.count == columnCount else {
      throw .damagedPackage(path, rows.line, "\(columnCount) fields", "\(fields.count)")
    }
    person.removeAll()
    for (attribute, column) in columns { person.set(attribute, rows.text.span.extracting(fields[column])) }
    return true
  }

  /// Whether the current row of a table of changes takes the person out.
  var isRemoval: Bool { rows.text[rows.fields[0]].elementsEqual(ChangesFormat.remove.utf8) }

  /// Appends the persons of a file.
  ///
  /// - Returns: false if it is no table of persons.
  static func read(_ path: String, into people: inout PackagePeople) throws(Stop) -> Bool {
    var table = try CSVPeople(path)
    guard Attribute.areOfPersons(table.attributes) else { return false }
    while try table.next() { try people.append(table.person, path, line: table.rows.line) }
    return true
  }

  /// Reads a table of other cards.
  static func readOtherCards(_ path: String) throws(Stop) -> [CardRow] {
    var table = try CSVPeople(path)
    var cards: [CardRow] = []
    while try table.next() {
      do throws(StoredFault) {
        cards.append(try table.person.card())
      } catch {
        throw .damagedPackage(path, table.rows.line, "a value of the form of \(error.column)", "another one")
      }
    }
    return cards
  }
}

/// Reads the people of a package, or of one of changes, with their other cards.
struct CSVPeopleWithCards: ~Copyable {
  private var people: CSVPeople
  private var others: CSVPeople?
  private var hasOther: Bool
  var person: PersonTexts { people.person }

  /// - Parameter table: the table's path seen from the package.
  init(_ table: String, in package: String) throws(Stop) {
    let people = try CSVPeople(package + "/" + table)
    var others = try Self.otherCards(package + "/" + BagName.otherCards)
    let hasOther = try others?.next() ?? false
    self.people = people
    self.others = others
    self.hasOther = hasOther
  }

  private static func otherCards(_ path: String) throws(Stop) -> CSVPeople? {
    guard try Folder.exists(path) else { return nil }
    return try CSVPeople(path)
  }

  var attributes: [Attribute] { people.attributes }
  var isRemoval: Bool { people.isRemoval }

  /// Goes to the next person.
  ///
  /// - Returns: false if there is none left.
  mutating func next() throws(Stop) -> Bool {
    guard try people.next() else { return false }
    while hasOther, let id = others?.person[.personalID],
      !people.person[.personalID].lexicographicallyPrecedes(id)
    {
      if let card = others?.person, id == people.person[.personalID] { people.person.addOther(card) }
      hasOther = try others?.next() ?? false
    }
    return true
  }
}
