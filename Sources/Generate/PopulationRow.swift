// A person's record in the population register, and how it must end.
// Invariant: the outcome follows from the trouble alone. A quarantined record leaves no person registered
// under its number; a repeated record is identical to the byte.

import Values

/// The fields of a population row; the three name fields are one column of a CSV.
enum PopulationField {
  static let id = 0, legacy = 1, family = 2, middle = 3, given = 4, birth = 5, sex = 6, status = 7
  /// Only where the export has it.
  static let residence = 8
  /// The earlier personal ID number; only where the export has it.
  static func previous(_ options: GeneratorOptions) -> Int? {
    options.previous == 0 ? nil : options.hasResidence ? 9 : 8
  }
}

struct RowEnd {
  var outcome: Outcome
  var reasons = ""
}

/// The fields in which a duplicated person's records differ.
enum Duplication: Int, NamedCase {
  case name, birthDate, sex, status

  static let names = snakeCaseNames(of: allCases)
  init(_ variant: UInt64) { self = Self.allCases[Int(variant % 4)] }
}

extension People {
  /// Writes the person's record to `row`.
  ///
  /// - Parameters:
  ///   - isOther: whether this is the second of the person's two records.
  ///   - isLater: whether the other one comes earlier in the export.
  func population(_ person: Person, isOther: Bool, isLater: Bool, in row: inout FieldRow) -> RowEnd {
    let trouble = person.trouble
    let isXML = options.populationFormat == .xml
    let duplication = trouble == .personDuplicated ? Duplication(person.variant) : nil
    row.begin()

    row.field { row in
      guard trouble == .populationIDMalformed else { return row.append(person.idNumber, width: 12) }
      // Leading zeros lost: 11 digits or fewer. A number from abroad loses its last digit.
      let digits = person.idNumber >= 100_000_000_000 ? person.idNumber / 10 : person.idNumber
      row.append(digits, width: digitCount(digits))
    }
    row.field { if person.legacy > 0 { $0.append(person.legacy, width: 9) } }

    var name = person.name
    if duplication == .name, isOther {
      name.given = Names.otherGiven(isFemale: person.isFemale, word: person.variant)
    }
    // Some systems put the whole name in the last element.
    let isWhole = isXML && person.variant >> 8 & 7 == 0
    let isMissing = trouble == .populationNameMissing
    row.field { if !isMissing, !isWhole { $0.append(name.family) } }
    row.field { if !isMissing, !isWhole { $0.append(name.middle) } }
    row.field { row in
      if isMissing { return }
      if isWhole { return row.append(name) }
      row.append(name.given)
      // The first byte of a character without the rest.
      if trouble == .populationBadEncoding { row.append(byte: 0xE1) }
    }

    var birth = person.birth
    if duplication == .birthDate, isOther { birth = moved(birth, toYear: birth.year - 1) }
    if trouble == .birthDateCoarser, Coarser(person.variant) == .populationYear {
      birth = CalendarDate(birth.year, 0, 0)
    }
    if trouble == .populationBirthDateImpossible { birth = CalendarDate(birth.year, 2, 31) }
    row.field { isXML ? $0.append(iso: birth) : $0.append(birth) }

    let isFemale = duplication == .sex && isOther ? !person.isFemale : person.isFemale
    row.field { row in
      switch trouble {
      case .populationSexCode: row.append("7")
      case .sexEmpty where person.variant & 3 == 0: row.append(isXML ? "0" : "")
      default: row.append(isXML ? isFemale ? "2" : "1" : isFemale ? "Nữ" : "Nam")
      }
    }
    row.field { $0.append(duplication == .status && isOther ? "2" : statusCode(trouble)) }

    if options.hasResidence {
      // A code of the 63 provinces before July 2025, or of the 34 since.
      let today = person.variant >> 52 & 1 == 0 ? ProvinceOfToday.of(person.residence)?.code : nil
      row.field { $0.append(today ?? person.residence, width: 2) }
    }
    if options.previous > 0 {
      row.field { if let number = previousNumber(person) { $0.append(number, width: 12) } }
    }
    if options.hasUnreadColumns {
      let group = person.variant >> 40 & 63 == 0 ? Int(person.variant >> 46 & 31) : 0
      row.field { $0.append(1 + group, width: 2) }
      row.field { $0.append("VN") }
      appendAddress(person, &row)
    }

    if trouble == .populationTooFewFields { row.missingFields = 2 }
    if person.variant >> 16 & 63 == 0 { row.quote(PopulationField.family) }
    return end(trouble, duplication, isLater: isLater)
  }

  /// The number that the person had before the present one, with a century digit that no person has yet; nil for most.
  func previousNumber(_ person: Person) -> UInt64? {
    guard person.trouble == .none,
      Double(mixed(seed ^ UInt64(person.index) &* 5) >> 11) < options.previous * 0x1p53
    else { return nil }
    return person.idNumber + 600_000_000
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

  private func statusCode(_ trouble: Trouble) -> StaticString {
    switch trouble {
    case .dead: "2"
    case .missing: "3"
    case .numberCancelled: "4"
    case .leftNationality: "5"
    case .populationStatusCode: "9"
    default: "1"
    }
  }

  private func end(_ trouble: Trouble, _ duplication: Duplication?, isLater: Bool) -> RowEnd {
    if let duplication { return RowEnd(outcome: .personDuplicated, reasons: duplication.name) }
    return isLater ? RowEnd(outcome: .repeated) : trouble.facts.population
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
