// One person's values out of a format without columns, XML or FHIR, on their way into the batch.
// Invariant: a value that isn't there is empty, as in a table; which values may stand together is for ``PackageColumns``
// to say, so that all formats answer alike.
// Load: a facility's hundred thousand people; two buffers that are reused.

import Values

/// What a package may say of a person, in the order of the columns.
enum PersonValue: Int, CaseIterable {
  case personalID, fullName, birthDate, sex, insuranceNumber, cardNumber, facilityCode, validFrom, validTo,
    fiveYearsFrom, areaCode, graceUntil
}

struct PersonValues {
  /// All values back to back; one is appended, then ended.
  var text: [UInt8] = []
  private var fields = [Range<Int>](repeating: 0..<0, count: PersonValue.allCases.count)
  private let columns = PackageColumns()
  private var personCount = 0
  private var hasNames = false
  private var hasBirthDates = false

  /// Whether what was read is a table of persons: an attribute that the facility may not see is nowhere.
  var isTable: Bool { personCount == 0 || hasNames && hasBirthDates }

  func isEmpty(_ value: PersonValue) -> Bool { fields[value.rawValue].isEmpty }
  subscript(_ value: PersonValue) -> ArraySlice<UInt8> { text[fields[value.rawValue]] }

  mutating func begin() {
    text.removeAll(keepingCapacity: true)
    for i in fields.indices { fields[i] = 0..<0 }
  }

  /// Takes what was appended since `start` as a value.
  mutating func end(_ value: PersonValue, from start: Int) { fields[value.rawValue] = start..<text.count }

  /// Appends the person to the others.
  mutating func append(to people: inout PersonBatch) throws(StoredFault) {
    try columns.append(text.span, fields, to: &people)
    personCount += 1
    if !isEmpty(.fullName) { hasNames = true }
    if !isEmpty(.birthDate) { hasBirthDates = true }
  }
}
