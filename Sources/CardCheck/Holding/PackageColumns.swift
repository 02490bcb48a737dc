// The columns of a package's table, whatever its format: one row into a person with a card.
// Invariant: columns are found by their names; one that isn't there is a value that the facility may not see. A value of
// another form is a fault that names the column and not the value.
// Load: a million rows in two seconds.

import Values

struct PackageColumns {
  private let id, name, birthDate, sex, graceUntil: Int
  private let card: [Int]

  /// - Parameter names: in small letters, without `_`.
  /// - Returns: nil if it is no table of persons.
  init?(_ names: [String]) {
    func place(_ column: String) -> Int { names.firstIndex(of: column.filter { $0 != "_" }) ?? -1 }
    (id, name, birthDate, sex) = (
      place("personal_id"), place("full_name"), place("birth_date"), place("sex")
    )
    guard id >= 0, name >= 0, birthDate >= 0 else { return nil }
    card = StoredValues.cardColumns.map(place)
    graceUntil = place("grace_until")
  }

  /// All columns, in the order in which a person's values stand in XML and FHIR rows.
  init() {
    (id, name, birthDate, sex) = (0, 1, 2, 3)
    let first = 4
    card = StoredValues.cardColumns.indices.map { first + $0 }
    graceUntil = first + StoredValues.cardColumns.count
  }

  /// - Parameter fields: where the values stand in `text`, in the columns' order.
  func append(_ text: Span<UInt8>, _ fields: borrowing [Range<Int>], to people: inout PersonBatch)
    throws(StoredFault)
  {
    let personalID = try StoredValues.personalID(text.extracting(fields[id]))
    var row = PersonRow(
      personalID: personalID, birthDate: .none, sex: .unknown, nameRange: 0..<0, cards: 0..<0)
    row.birthDate = try StoredValues.date(text.extracting(fields[birthDate]), "birth_date")
    if sex >= 0 { row.sex = try StoredValues.sex(text.extracting(fields[sex])) }
    let start = people.bytes.count
    unsafe text.extracting(fields[name]).withUnsafeBufferPointer {
      unsafe people.bytes.append(contentsOf: $0)
    }
    row.nameRange = start..<people.bytes.count
    row.cards = people.cards.count..<people.cards.count + 1
    people.cards.append(try readCard(personalID, text, fields))
    people.persons.append(row)
  }

  private func readCard(_ id: PersonalID, _ text: Span<UInt8>, _ fields: borrowing [Range<Int>])
    throws(StoredFault) -> CardRow
  {
    var row = CardRow()
    row.personalID = id
    func range(_ i: Int) -> Range<Int> { card[i] < 0 ? 0..<0 : fields[card[i]] }
    row.insuranceNumber = try StoredValues.insuranceNumber(text.extracting(range(0)))
    row.cardNumber = try StoredValues.cardNumber(text.extracting(range(1)))
    row.facility = try StoredValues.code(text.extracting(range(2)), "facility_code")
    row.validFrom = try StoredValues.date(text.extracting(range(3)), "valid_from")
    row.validTo = try StoredValues.date(text.extracting(range(4)), "valid_to")
    row.fiveYearsFrom = try StoredValues.date(text.extracting(range(5)), "five_years_from")
    row.area = try StoredValues.code(text.extracting(range(6)), "area_code")
    if graceUntil >= 0 {
      row.graceUntil = try StoredValues.date(text.extracting(fields[graceUntil]), "grace_until")
    }
    return row
  }
}
