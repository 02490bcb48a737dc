// A person's record in the population register, and how it must end.
// Invariant: the outcome follows from the trouble alone. A quarantined record leaves no person registered
// under its number; a repeated record is identical to the byte.

/// The fields of a population row; the three name fields are one column of a CSV.
enum PopulationField {
  static let id = 0, legacy = 1, family = 2, middle = 3, given = 4, birth = 5, sex = 6, status = 7
}

struct RowEnd {
  var outcome: TrueOutcome
  var reasons: StaticString = ""
}

/// The fields in which a duplicated person's records differ.
enum Duplication: Int {
  case name, birthDate, sex, status

  init(_ variant: UInt64) { self = Duplication(rawValue: Int(variant % 4)) ?? .name }

  var reasons: StaticString {
    switch self {
    case .name: "name"
    case .birthDate: "birth_date"
    case .sex: "sex"
    case .status: "status"
    }
  }
}

extension People {
  /// Writes the person's record to `row`.
  ///
  /// - Parameters:
  ///   - isOther: whether this is the second of the person's two records.
  ///   - isLater: whether the other one comes earlier in the export.
  func population(_ person: Person, isOther: Bool, isLater: Bool, in row: inout FieldRow) -> RowEnd {
    let trouble = person.trouble
    let format = populationFormat
    let duplication = trouble == .personDuplicated ? Duplication(person.variant) : nil
    row.begin()

    switch trouble {
    // Leading zeros lost: 11 digits or fewer. A number from abroad loses its last digit.
    case .populationIDMalformed:
      let digits = person.idNumber >= 100_000_000_000 ? person.idNumber / 10 : person.idNumber
      row.append(digits, width: digitCount(digits))
    default: row.append(person.idNumber, width: 12)
    }
    row.endField()

    if person.legacy > 0 { row.append(person.legacy, width: 9) }
    row.endField()

    var name = person.name
    if duplication == .name, isOther {
      name.given = Names.otherGiven(isFemale: person.isFemale, word: person.variant)
    }
    if trouble == .populationNameMissing {
      for _ in 0..<3 { row.endField() }
    } else if format == .xml, person.variant >> 8 & 7 == 0 {
      // Some systems put the whole name in the last element.
      row.endField()
      row.endField()
      row.append(name)
      row.endField()
    } else {
      row.append(name.family)
      row.endField()
      row.append(name.middle)
      row.endField()
      row.append(name.given)
      // The first byte of a character without the rest.
      if trouble == .populationBadEncoding { row.append(byte: 0xE1) }
      row.endField()
    }

    var birth = person.birth
    if duplication == .birthDate, isOther { birth = moved(birth, toYear: birth.year - 1) }
    if trouble == .birthDateCoarser, Coarser(person.variant) == .populationYear {
      birth = Day(birth.year, 0, 0)
    }
    if trouble == .populationBirthDateImpossible { birth = Day(birth.year, 2, 31) }
    if format == .xml { row.append(iso: birth) } else { row.append(birth) }
    row.endField()

    let isFemale = duplication == .sex && isOther ? !person.isFemale : person.isFemale
    if trouble == .populationSexCode {
      row.append(byte: UInt8(ascii: "7"))
    } else if trouble == .sexEmpty, person.variant & 3 == 0 {
      if format == .xml { row.append(byte: UInt8(ascii: "0")) }
    } else if format == .xml {
      row.append(byte: UInt8(ascii: isFemale ? "2" : "1"))
    } else {
      row.append(isFemale ? "Nữ" : "Nam")
    }
    row.endField()

    row.append(byte: duplication == .status && isOther ? UInt8(ascii: "2") : statusCode(trouble))
    row.endField()

    if hasUnreadColumns {
      row.append(1 + (person.variant >> 40 & 63 == 0 ? Int(person.variant >> 46 & 31) : 0), width: 2)
      row.endField()
      row.append("VN")
      row.endField()
      appendAddress(person, &row)
    }

    if trouble == .populationTooFewFields { row.missingFields = 2 }
    if person.variant >> 16 & 63 == 0 { row.quote(PopulationField.family) }
    return end(trouble, duplication, isLater: isLater)
  }

  /// An invented address, with commas like a real one.
  func appendAddress(_ person: Person, _ row: inout FieldRow) {
    row.quote(row.count)
    row.append("Tổ ")
    row.append(1 + Int(person.variant >> 32 & 15), width: 2)
    row.append(", Phường Mẫu ")
    row.append(1 + Int(person.variant >> 36 & 63), width: 2)
    row.append(", ")
    row.append(person.residence, width: 2)
    row.endField()
  }

  private func statusCode(_ trouble: Trouble) -> UInt8 {
    switch trouble {
    case .dead: UInt8(ascii: "2")
    case .missing: UInt8(ascii: "3")
    case .numberCancelled: UInt8(ascii: "4")
    case .leftNationality: UInt8(ascii: "5")
    case .populationStatusCode: UInt8(ascii: "9")
    default: UInt8(ascii: "1")
    }
  }

  private func end(_ trouble: Trouble, _ duplication: Duplication?, isLater: Bool) -> RowEnd {
    switch trouble {
    case .populationStatusCode: RowEnd(outcome: .quarantined, reasons: "status_code")
    case .populationNameMissing: RowEnd(outcome: .quarantined, reasons: "name_missing")
    case .populationBirthDateImpossible: RowEnd(outcome: .quarantined, reasons: "birth_date_impossible")
    case .populationSexCode: RowEnd(outcome: .quarantined, reasons: "sex_code")
    case .populationIDMalformed: RowEnd(outcome: .quarantined, reasons: "personal_id_format")
    case .populationTooFewFields: RowEnd(outcome: .quarantined, reasons: "field_count")
    case .populationBadEncoding: RowEnd(outcome: .quarantined, reasons: "encoding")
    case .personDuplicated: RowEnd(outcome: .personDuplicated, reasons: duplication?.reasons ?? "")
    case .populationRepeated: RowEnd(outcome: isLater ? .repeated : .registered)
    default: RowEnd(outcome: .registered)
    }
  }
}

/// Which register has the less precise birth date.
enum Coarser: Int {
  case insuranceYear, insuranceMonth, populationYear
  init(_ variant: UInt64) { self = Coarser(rawValue: Int(variant % 3)) ?? .insuranceYear }
}

func digitCount(_ number: UInt64) -> Int {
  var (count, rest) = (1, number)
  while rest >= 10 {
    rest /= 10
    count += 1
  }
  return count
}
