// A person's record in the insurance register, and how it must end.
// Invariant: the outcome follows from the trouble alone; everything that the trouble does not touch is right
// and agrees with the population register.
// Load: one per insured person; allocates only for the few per cent of names in other spellings.

import Values

extension People {
  /// Writes the person's record to `row`.
  ///
  /// - Parameters:
  ///   - isOther: whether this is the second of the person's two records.
  ///   - changed: the day of five years in a row that a later delivery gives; nil for the base's.
  func insurance(
    _ person: Person, isOther: Bool, changed: CalendarDate? = nil, in row: inout FieldRow
  ) -> RowEnd {
    let trouble = person.trouble
    var random = SeededGenerator(person.variant ^ (isOther ? 0x4F74_6865_72 : 0x4361_7264))
    row.begin()

    let number = insuranceNumber(person, isOther: isOther)
    row.field { appendNumber(number, person, &$0) }
    row.field { appendCard(number, person, isOther: isOther, &random, &$0) }
    row.field { appendID(number, person, &$0) }
    row.field { appendName(person, &$0) }
    row.field { appendBirth(person, &$0) }
    row.field { appendSex(person, &$0) }
    row.field { appendFacility(person, &random, &$0) }
    appendValidity(person, isOther: isOther, &random, &row)
    row.field { row in
      if let changed { return row.append(changed) }
      guard random.below(10) < 6, !isChild(person) else { return }
      row.append(CalendarDate(asOf.year - 10 + random.below(15), 1 + random.below(12), 1))
    }
    row.field { row in
      guard person.residence % 8 == 4 else { return }
      row.append("K")
      row.append(1 + random.below(3), width: 1)
    }

    if options.hasUnreadColumns {
      appendAddress(person, &row)
      row.field { row in
        row.append(person.residence, width: 2)
        row.append(random.below(30), width: 2)
      }
    }

    if trouble == .tooFewFields { row.missingFields = 3 }
    if person.variant >> 24 & 63 == 0 || row.lineBreaks > 0 { row.quote(3) }
    return end(person)
  }

  private func end(_ person: Person) -> RowEnd {
    switch person.trouble {
    // The second of the pair has its personal ID number in the record, which no other person has.
    case .legacyAmbiguous where person.isSecondOfPair: RowEnd(outcome: .linked)
    // The second of the pair has only its own numbers.
    case .numberOfAnother where person.isSecondOfPair: RowEnd(outcome: .linked)
    case .personDuplicated:
      RowEnd(outcome: .personDuplicated, reasons: Duplication(person.variant).name)
    default: person.trouble.facts.insurance
    }
  }

  // MARK: Numbers

  /// The ten digits.
  private func insuranceNumber(_ person: Person, isOther: Bool) -> UInt64 {
    // The child's record has the parent's number.
    if person.trouble == .numberShared, person.isSecondOfPair {
      return insuranceNumber(self.person(person.index - 1, .numberShared), isOther: false)
    }
    let isSecondNumber = isOther && person.trouble == .severalInsuranceNumbers
    return numbers.insuranceNumber(person.index, residence: person.residence, second: isSecondNumber)
  }

  /// Whether the person's own ID number has replaced the ten digits.
  private func isRenumbered(_ person: Person) -> Bool {
    switch person.trouble {
    // These need the ten digits.
    case .severalInsuranceNumbers, .numberShared, .idIsInsuranceNumber, .idEmpty, .idFiller, .armedForces,
      .newbornWithoutID:
      false
    default: Double(mixed(seed ^ UInt64(person.index) &* 3) >> 11) < options.renumbered * 0x1p53
    }
  }

  /// The number of another person, in the insurance number or in the card; nil without such a trouble.
  private func otherNumber(_ person: Person, inCard: Bool) -> UInt64? {
    switch person.trouble {
    // A number with a century digit that no person has yet.
    case .numberOfNobody where !inCard: person.idNumber + 400_000_000
    case .numberOfAnother where !person.isSecondOfPair && inCard == (person.variant & 1 == 0):
      self.person(person.index + 1, .numberOfAnother).idNumber
    default: nil
    }
  }

  private func appendNumber(_ number: UInt64, _ person: Person, _ row: inout FieldRow) {
    switch person.trouble {
    case .insuranceNumberMissing, .bothNumbersMissing: break
    case .insuranceNumber12, .idFromNumber12: row.append(person.idNumber, width: 12)
    case .insuranceNumberMalformed:
      row.append(number / 10, width: 9)
      if person.variant & 1 == 0 { row.append(byte: UInt8(ascii: "X")) }
    default:
      if let other = otherNumber(person, inCard: false) {
        row.append(other, width: 12)
      } else if isRenumbered(person) {
        row.append(person.idNumber, width: 12)
      } else {
        row.append(number, width: 10)
      }
    }
  }

  private func appendCard(
    _ number: UInt64, _ person: Person, isOther: Bool, _ random: inout SeededGenerator, _ row: inout FieldRow
  ) {
    let group = group(person, isOther: isOther, random.next())
    switch person.trouble {
    case .cardMissing, .bothNumbersMissing: return
    case .card17, .idFromCard17:
      row.append(group)
      row.append(person.residence, width: 2)
      row.append(person.idNumber, width: 12)
    case .cardNumberMalformed:
      // One digit too few.
      row.append(group)
      row.append(person.residence, width: 2)
      row.append(number / 10, width: 9)
    case .benefitLevel:
      row.append("DN7")
      row.append(person.residence, width: 2)
      row.append(number, width: 10)
    default:
      row.append(group)
      row.append(person.residence, width: 2)
      if let other = otherNumber(person, inCard: true) {
        row.append(other, width: 12)
      } else if isRenumbered(person) {
        row.append(person.idNumber, width: 12)
      } else {
        row.append(number, width: 10)
      }
    }
  }

  private func isChild(_ person: Person) -> Bool { asOf.year - person.birth.year < 6 }

  /// Object group and benefit level.
  private func group(_ person: Person, isOther: Bool, _ word: UInt64) -> StaticString {
    switch person.trouble {
    case .armedForces:
      let groups: [3 of StaticString] = ["QN5", "CA5", "CY5"]
      return groups[cut(person.variant, to: 3)]
    case .newbornWithoutID, .disputedNewborn: return "TE1"
    // Independent of the age, so that the two cards of a pair differ.
    case .numberShared: return person.isSecondOfPair ? "TE1" : "DN4"
    default: break
    }
    // A new card during the year comes with a new group.
    if isOther { return "GD4" }
    return switch asOf.year - person.birth.year {
    case ..<6: "TE1"
    case ..<18: "HS4"
    case ..<23: "SV4"
    case 60...: word % 3 == 0 ? "CK2" : "HT3"
    default:
      switch word % 20 {
      case 0..<9: "DN4"
      case 9..<13: "HX4"
      case 13: "HN2"
      case 14: "CN2"
      case 15: "DT2"
      case 16: "DK2"
      case 17: "HC4"
      case 18: "TN4"
      default: "XN4"
      }
    }
  }

  private func appendID(_ number: UInt64, _ person: Person, _ row: inout FieldRow) {
    let id = person.idNumber
    switch person.trouble {
    case .idEmpty, .armedForces, .newbornWithoutID, .idFromNumber12: break
    case .idFiller, .idFromCard17:
      let fillers: [4 of StaticString] = ["000000000000", "-", "000000000", "999999999999"]
      row.append(fillers[cut(person.variant, to: 4)])
    // The number as a spreadsheet shows it.
    case .leadingZeroLost: row.append(id, width: digitCount(id))
    case .idPassport:
      row.append(byte: UInt8(ascii: "A") + UInt8(person.variant % 26))
      row.append(id % 10_000_000, width: person.variant & 64 == 0 ? 7 : 8)
    case .idIsInsuranceNumber: row.append(number, width: 10)
    case .idExponent:
      row.append(byte: UInt8(ascii: "1") + UInt8(id / 100_000 % 9))
      row.append(byte: UInt8(ascii: "."))
      row.append(id / 100 % 10_000, width: 4)
      row.append("E+10")
    case .idWrongLength:
      row.append(id, width: 12)
      row.append(id % 10, width: 1)
    case .testPerson:
      row.append("1000")
      row.append(numbers.insuranceNumber(person.index, residence: 0) % 100_000_000, width: 8)
    case .legacyLink: row.append(person.legacy, width: 9)
    case .legacyAmbiguous where !person.isSecondOfPair: row.append(person.legacy, width: 9)
    case .legacyUnknown: row.append(numbers.legacyNumber(person.index, ofNobody: true), width: 9)
    default:
      let isOld = person.variant >> 48 & 1 == 0
      row.append(isOld ? previousNumber(person) ?? id : id, width: 12)
    }
  }

  // MARK: Name, birth date, sex

  private func appendName(_ person: Person, _ row: inout FieldRow) {
    var name = person.name
    let variant = person.variant
    func text() -> String { words(name).joined(separator: " ") }
    switch person.trouble {
    case .nameTonePlace: name.given = Names.tonePlaces[cut(variant, to: Names.tonePlaces.count)].1
    case .disputedIY: name.given = Names.iAndY[cut(variant, to: Names.iAndY.count)].1
    case .disputedSurname: name.family = Names.surnames[cut(variant, to: Names.surnames.count)].1
    case .disputedName, .disputedNewborn:
      name.given = Names.otherGiven(isFemale: person.isFemale, word: variant)
    case .disputedMiddleName: name.middle = ""
    case .disputedWordOrder: (name.family, name.given) = (name.given, name.family)
    case .testPerson: name = Name(family: "TEST", given: name.given)
    case .nameMissing: return
    case .nameDigits:
      row.append(name)
      return row.append(" 2")
    case .badEncoding:
      row.append(name)
      // The first byte of a character without the rest.
      return row.append(byte: 0xE1)
    case .nameWithoutMarks: return row.append(NameForms.bare(text()))
    case .nameDecomposed: return row.append(NameForms.decomposed(text()))
    case .nameEth:
      return row.append(NameForms.replacing("Đ", with: variant & 1 == 0 ? "\u{D0}" : "\u{189}", in: text()))
    case .nameLetterCase:
      switch variant % 3 {
      case 0: return row.append(NameForms.titled(text()))
      case 1: return row.append(text().lowercased())
      default: return row.append(NameForms.mixedCase(text()))
      }
    case .nameSpaces:
      let spaces: [3 of String] = ["  ", "\u{A0}", " \u{A0} "]
      return row.append(words(name).joined(separator: spaces[cut(variant, to: 3)]))
    case .nameLineBreak: return row.append(words(name).joined(separator: "\n"))
    case .nameApostrophe:
      let apostrophes: [3 of Unicode.Scalar] = ["\u{2019}", "\u{2BC}", "\u{2018}"]
      return row.append(NameForms.replacing("'", with: apostrophes[cut(variant, to: 3)], in: text()))
    default: break
    }
    row.append(name)
  }

  private func words(_ name: Name) -> [String] {
    [name.family, name.middle, name.given].filter { $0.utf8CodeUnitCount > 0 }.map { "\($0)" }
  }

  private func appendBirth(_ person: Person, _ row: inout FieldRow) {
    let birth = person.birth
    let variant = person.variant
    switch person.trouble {
    case .birthDateMissing: break
    case .birthDateImpossible: row.append(CalendarDate(birth.year, 2, variant & 1 == 0 ? 30 : 31))
    case .birthDateFuture: row.append(moved(birth, toYear: asOf.year + 1))
    case .birthDateCoarser:
      switch Coarser(variant) {
      case .insuranceYear: row.append(CalendarDate(birth.year, 0, 0))
      case .insuranceMonth: row.append(CalendarDate(birth.year, birth.month, 0))
      case .populationYear: row.append(birth)
      }
    case .disputedBirthYear: row.append(moved(birth, toYear: birth.year - 1 - Int(variant & 1)))
    case .disputedDayMonth: row.append(CalendarDate(birth.year, birth.day, birth.month))
    case .disputedLunar: row.append(birth.adding(days: -20 - cut(variant, to: 31)))
    default: row.append(birth)
    }
  }

  private func appendSex(_ person: Person, _ row: inout FieldRow) {
    switch person.trouble {
    case .sexEmpty where person.variant & 3 != 0: break
    case .sexCode: row.append(byte: UInt8(ascii: "9"))
    case .disputedSex: row.append(byte: UInt8(ascii: person.isFemale ? "1" : "2"))
    default: row.append(byte: UInt8(ascii: person.isFemale ? "2" : "1"))
    }
  }

  // MARK: Facility and validity

  private func appendFacility(_ person: Person, _ random: inout SeededGenerator, _ row: inout FieldRow) {
    // The smaller of two draws: a few facilities get most of the people.
    let number = min(random.below(options.facilitiesPerProvince), random.below(options.facilitiesPerProvince))
    if random.below(100) == 0 { return }
    let facility = GeneratedFacility(number, in: person.residence, options)
    let isNew = facility.isRecoded && person.variant >> 50 & 1 == 0
    for byte in (isNew ? facility.newCode : facility.code).utf8 { row.append(byte: byte) }
  }

  /// Both dates of validity.
  private func appendValidity(
    _ person: Person, isOther: Bool, _ random: inout SeededGenerator, _ row: inout FieldRow
  ) {
    var from = CalendarDate(asOf.year, 1, 1)
    var to = CalendarDate(asOf.year, 12, 31)
    // Some people change their work or their province during the year.
    if random.below(8) == 0 { from = CalendarDate(asOf.year, 1 + random.below(asOf.month), 1) }
    if person.birth.year == asOf.year, person.birth.month > 0 {
      from = person.birth
      to = CalendarDate(asOf.year + 5, 12, 31)
    }
    var isEndEmpty = person.trouble == .validToEmpty
    switch person.trouble {
    case .severalCards where isOther:
      let year = person.variant & 1 == 0 ? asOf.year - 1 : asOf.year + 1
      (from, to) = (CalendarDate(year, 1, 1), CalendarDate(year, 12, 31))
    case .severalInsuranceNumbers where isOther:
      (from, to) = (CalendarDate(asOf.year - 2, 7, 1), CalendarDate(asOf.year - 1, 6, 30))
    case .armedForces: isEndEmpty = person.variant & 2 == 0
    case .validReversed: to = CalendarDate(asOf.year - 1, 12, 31)
    default: break
    }
    if person.trouble != .validFromMissing { row.append(from) }
    row.endField()
    if !isEndEmpty { row.append(to) }
    row.endField()
  }
}
