// CSV: the table of people, for spreadsheets and `cardlink check-card`, and the table of changes.
// Invariant: UTF-8, LF, RFC 4180 quoting; a header, then a line for each person, ascending by personal ID number.

import Files
import Values

private let comma = UInt8(ascii: ",")
private let newline = UInt8(ascii: "\n")

/// Writes `data/people.csv`.
final class CSVFormat: FormatWriter {
  private let file: PayloadFile
  private let attributes: [Attribute]
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
    file = try PayloadFile(BagName.people, in: bag)
    try file.append(csvLine(attributes.map(\.name)) + "\n")
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    try file.append { line in
      if let together, person.isCommaJoined, !hasSpecials(person) {
        let range = person.range(together.first).lowerBound..<person.range(together.last).upperBound
        line.append(contentsOf: person.bytes[range])
      } else {
        for (i, attribute) in attributes.enumerated() {
          if i > 0 { line.append(comma) }
          line.append(csv: attribute, of: person)
        }
      }
      line.append(newline)
    }
  }

  private func hasSpecials(_ person: borrowing PersonTexts) -> Bool {
    for attribute in Attribute.freeText {
      if needsQuotes(person.bytes.span.extracting(person.range(attribute))) { return true }
    }
    return false
  }

  func finish() throws(Stop) -> [BagEntry] { [try file.finish()] }
}

extension [UInt8] {
  fileprivate mutating func append(csv attribute: Attribute, of person: borrowing PersonTexts) {
    if attribute.isFreeText {
      append(csv: person.bytes.span.extracting(person.range(attribute)))
    } else {
      append(contentsOf: person.bytes[person.range(attribute)])
    }
  }
}

/// Writes `data/changes.csv`: a line for each person put in, changed or taken out, ascending by personal ID number.
final class ChangesFormat {
  fileprivate static let put = "put"
  fileprivate static let remove = "remove"
  fileprivate static let columns = ["change", "reason"]
  private let file: PayloadFile
  private let attributes: [Attribute]
  private(set) var putCount = 0
  private(set) var removedCount = 0

  init(_ attributes: [Attribute], in bag: String) throws(Stop) {
    self.attributes = attributes
    file = try PayloadFile(BagName.changes, in: bag)
    try file.append(csvLine(Self.columns + attributes.map(\.name)) + "\n")
  }

  func put(_ person: borrowing PersonTexts) throws(Stop) {
    putCount += 1
    try file.append { line in
      line.append(contentsOf: Self.put.utf8)
      // The reason is empty.
      line.append(comma)
      for attribute in attributes {
        line.append(comma)
        line.append(csv: attribute, of: person)
      }
      line.append(newline)
    }
  }

  func remove(_ id: PersonalID, because reason: RemovalReason) throws(Stop) {
    removedCount += 1
    let fields = [Self.remove, reason.word, id.text]
    let hidden = [String](repeating: "", count: attributes.count - 1)
    try file.append(csvLine(fields + hidden) + "\n")
  }

  func finish() throws(Stop) -> BagEntry { try file.finish() }
}

/// Reads a table of people or of changes.
struct CSVPeople: ~Copyable {
  private let path: String
  private var rows: DelimitedRows
  private let columnCount: Int
  /// The columns that hold attributes.
  private let columns: [(attribute: Attribute, column: Int)]
  /// The current row.
  private(set) var person = PersonTexts()

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
}
