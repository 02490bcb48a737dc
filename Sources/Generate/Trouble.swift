// The kinds of trouble in invented records, and the outcome of a record of each kind.
// Invariant: this file and the two row files alone fix what a kind does to the record and how the record
// ends; the matcher is not asked. A person has at most one kind.
//
// `--rate` takes these names: cardlink generate … --rate disputed_name=0.02.

import Values

/// What is wrong with a person's records.
enum Trouble: UInt8, NamedCase {
  case none
  // Linked, but the record is unusual.
  case nameTonePlace, nameWithoutMarks, nameLetterCase, nameDecomposed, nameEth, nameSpaces, nameApostrophe
  case nameLineBreak, birthDateCoarser, sexEmpty, severalInsuranceNumbers, severalCards, validToEmpty
  case card17, insuranceNumber12, cardMissing, insuranceNumberMissing, legacyLink, idDigitsDiffer
  /// In the population only.
  case uninsured
  // id_missing
  case idEmpty, idFiller, armedForces, newbornWithoutID
  // id_invalid
  case leadingZeroLost, idPassport, idIsInsuranceNumber, idExponent, idWrongLength
  // person_unknown
  case unknownPerson, legacyUnknown, testPerson
  case populationStatusCode, populationNameMissing, populationBirthDateImpossible, populationSexCode
  case populationIDMalformed, populationTooFewFields, populationBadEncoding
  // person_duplicated, repeated
  case personDuplicated, populationRepeated
  // person_inactive
  case dead, missing, numberCancelled, leftNationality
  // disputed
  case disputedName, disputedSurname, disputedWordOrder, disputedIY, disputedMiddleName, disputedBirthYear
  case disputedDayMonth, disputedLunar, disputedSex, disputedNewborn
  // quarantined
  case birthDateImpossible, birthDateFuture, birthDateMissing, nameMissing, nameDigits, sexCode
  case insuranceNumberMalformed, cardNumberMalformed, benefitLevel, bothNumbersMissing, validReversed
  case validFromMissing, tooFewFields, badEncoding
  // Linked by the insurance number or the card: the ID field is empty.
  case idFromNumber12, idFromCard17
  // Linked, with a 12-digit insurance number that no person has.
  case numberOfNobody
  // Kinds that two people have together; of the last, the first has the second's number in the insurance number or card.
  case legacyAmbiguous, numberShared, numberOfAnother

  /// The names of their rates.
  static let names = snakeCaseNames(of: allCases)
  /// Whether two people, an even index and the next, have it together.
  var isOfPair: Bool { rawValue >= Self.legacyAmbiguous.rawValue }
  /// Whether the person was born in the year of the business date.
  var isNewborn: Bool { self == .newbornWithoutID || self == .disputedNewborn }

  /// How many records of a register the person has.
  func recordCount(in register: ExportKind) -> Int {
    switch (register, self) {
    case (.population, .unknownPerson), (.population, .testPerson), (.insurance, .uninsured): 0
    case (.population, .personDuplicated), (.population, .populationRepeated): 2
    case (.insurance, .severalInsuranceNumbers), (.insurance, .severalCards): 2
    default: 1
    }
  }
}

/// How often a kind occurs, and how the records of a person who has it end.
struct TroubleFacts {
  /// The name under which the rates of several kinds are set at once.
  var group = "none"
  var defaultRate = 0.0
  /// A duplicated person and a repeated record need more than the kind: see the population row.
  var population = RowEnd(outcome: .registered)
  /// A pair and a duplicated person need more than the kind: see the insurance row.
  var insurance = RowEnd(outcome: .linked)
}

extension Trouble {
  var facts: TroubleFacts { Self.allFacts[Int(rawValue)] }

  private static let allFacts: [TroubleFacts] = {
    var all = [TroubleFacts](repeating: TroubleFacts(), count: allCases.count)
    /// The reasons are those of the record that does not end well, the population's or the insurance's.
    func add(
      _ group: String, population: Outcome = .registered, _ insurance: Outcome,
      _ kinds: [(trouble: Trouble, rate: Double, reasons: String)]
    ) {
      for kind in kinds {
        let isPopulation = population != .registered
        all[Int(kind.trouble.rawValue)] = TroubleFacts(
          group: group, defaultRate: kind.rate,
          population: RowEnd(outcome: population, reasons: isPopulation ? kind.reasons : ""),
          insurance: RowEnd(outcome: insurance, reasons: isPopulation ? "" : kind.reasons))
      }
    }
    add(
      "tolerated", .linked,
      [
        (.nameTonePlace, 0.004, ""), (.nameWithoutMarks, 0.01, ""), (.nameLetterCase, 0.01, ""),
        (.nameDecomposed, 0.002, ""), (.nameEth, 0.001, ""), (.nameSpaces, 0.003, ""),
        (.nameApostrophe, 0.001, ""), (.nameLineBreak, 0.0002, ""), (.birthDateCoarser, 0.01, ""),
        (.sexEmpty, 0.004, ""), (.severalInsuranceNumbers, 0.01, ""), (.severalCards, 0.03, ""),
        (.validToEmpty, 0.02, ""), (.card17, 0.05, ""), (.insuranceNumber12, 0.05, ""),
        (.cardMissing, 0.02, ""), (.insuranceNumberMissing, 0.01, ""), (.legacyLink, 0.01, ""),
        (.idDigitsDiffer, 0.003, ""), (.idFromNumber12, 0.004, ""), (.idFromCard17, 0.002, ""),
        (.numberOfNobody, 0.0005, ""),
      ])
    add("uninsured", .linked, [(.uninsured, 0.05, "")])
    add(
      "id_missing", .idMissing,
      [
        (.idEmpty, 0.006, ""), (.idFiller, 0.003, ""), (.armedForces, 0.005, "armed_forces"),
        (.newbornWithoutID, 0.002, "newborn"),
      ])
    add(
      "id_invalid", .idInvalid,
      [
        (.leadingZeroLost, 0.006, "leading_zero_lost"), (.idPassport, 0.001, "passport"),
        (.idIsInsuranceNumber, 0.001, "insurance_number_in_id"),
        (.idExponent, 0.0005, "spreadsheet_exponent"), (.idWrongLength, 0.001, "wrong_length"),
      ])
    add(
      "person_unknown", .personUnknown,
      [
        (.unknownPerson, 0.005, ""), (.legacyUnknown, 0.003, "legacy_unknown"),
        (.testPerson, 0.0002, "test_number"), (.legacyAmbiguous, 0.001, "legacy_ambiguous"),
      ])
    add(
      "population_quarantined", population: .quarantined, .personUnknown,
      [
        (.populationStatusCode, 0.0005, "status_code"), (.populationNameMissing, 0.0002, "name_missing"),
        (.populationBirthDateImpossible, 0.0003, "birth_date_impossible"),
        (.populationSexCode, 0.0002, "sex_code"), (.populationIDMalformed, 0.0003, "personal_id_format"),
        (.populationTooFewFields, 0.0001, "field_count"), (.populationBadEncoding, 0.0001, "encoding"),
      ])
    add("person_duplicated", .personDuplicated, [(.personDuplicated, 0.002, "")])
    add("repeated", .linked, [(.populationRepeated, 0.003, "")])
    add(
      "person_inactive", .personInactive,
      [
        (.dead, 0.006, "dead"), (.missing, 0.0005, "missing"), (.numberCancelled, 0.001, "number_cancelled"),
        (.leftNationality, 0.0003, "left_nationality"),
      ])
    add(
      "disputed", .disputed,
      [
        (.disputedName, 0.006, "name"), (.disputedSurname, 0.001, "name"),
        (.disputedWordOrder, 0.002, "name,same_words"), (.disputedIY, 0.002, "i_y_spelling,name"),
        (.disputedMiddleName, 0.003, "middle_name_dropped,name"), (.disputedBirthYear, 0.004, "birth_date"),
        (.disputedDayMonth, 0.003, "birth_date,day_month_swapped"),
        (.disputedLunar, 0.001, "birth_date,lunar_birthday"), (.disputedSex, 0.002, "sex"),
        (.disputedNewborn, 0.002, "name"), (.numberOfAnother, 0.001, "insurance_number_not_id"),
      ])
    add(
      "quarantined", .quarantined,
      [
        (.birthDateImpossible, 0.001, "birth_date_impossible"),
        (.birthDateFuture, 0.0003, "birth_date_future"), (.birthDateMissing, 0.0005, "birth_date_missing"),
        (.nameMissing, 0.0003, "name_missing"), (.nameDigits, 0.0003, "name_format"),
        (.sexCode, 0.0005, "sex_code"), (.insuranceNumberMalformed, 0.0005, "insurance_number_format"),
        (.cardNumberMalformed, 0.0005, "card_number_format"), (.benefitLevel, 0.0003, "benefit_level"),
        (.bothNumbersMissing, 0.0003, "insurance_number_missing"), (.validReversed, 0.0004, "valid_reversed"),
        (.validFromMissing, 0.0003, "valid_from_missing"), (.tooFewFields, 0.0002, "field_count"),
        (.badEncoding, 0.0002, "encoding"),
      ])
    add("number_shared", .numberShared, [(.numberShared, 0.001, "insurance_number")])
    return all
  }()
}
