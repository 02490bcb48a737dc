// The kinds of trouble in invented records, and the outcome of a record of each kind.
// Invariant: this file and the two row files alone fix what a kind does to the record and how the record
// ends; the matcher is not asked. A person has at most one kind.
//
// `--rate` takes these names: cardlink generate … --rate disputed_name=0.02.

/// The outcomes, in the contract's words.
enum TrueOutcome: Int, CaseIterable, Sendable {
  case quarantined, idMissing, idInvalid, personUnknown, personDuplicated, personInactive, disputed
  case numberShared, linked
  /// Population records only.
  case registered, repeated

  var name: StaticString {
    switch self {
    case .quarantined: "quarantined"
    case .idMissing: "id_missing"
    case .idInvalid: "id_invalid"
    case .personUnknown: "person_unknown"
    case .personDuplicated: "person_duplicated"
    case .personInactive: "person_inactive"
    case .disputed: "disputed"
    case .numberShared: "number_shared"
    case .linked: "linked"
    case .registered: "registered"
    case .repeated: "repeated"
    }
  }
}

/// What is wrong with a person's records.
enum Trouble: UInt8, CaseIterable, Sendable {
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
  // Kinds that two people have together.
  case legacyAmbiguous, numberShared

  /// The name of its rate.
  var name: String { row.name }
  /// The name that sets the rates of several kinds at once.
  var group: String { row.group }
  var defaultRate: Double { row.rate }
  /// Whether two people, an even index and the next, have it together.
  var isOfPair: Bool { self == .legacyAmbiguous || self == .numberShared }
  /// Whether the person was born in the year of the business date.
  var isNewborn: Bool { self == .newbornWithoutID || self == .disputedNewborn }

  var populationRows: Int {
    switch self {
    case .unknownPerson, .testPerson: 0
    case .personDuplicated, .populationRepeated: 2
    default: 1
    }
  }

  var insuranceRows: Int {
    switch self {
    case .uninsured: 0
    case .severalInsuranceNumbers, .severalCards: 2
    default: 1
    }
  }

  /// The outcome of the person's insurance records.
  ///
  /// A pair and a duplicated person depend on more than the kind: see the insurance row.
  var insuranceEnd: (outcome: TrueOutcome, reasons: StaticString) {
    let row = row
    return (row.outcome, row.reasons)
  }

  private struct Row {
    var name: String, group: String, rate: Double, outcome: TrueOutcome, reasons: StaticString
    init(
      _ name: String, _ group: String, _ rate: Double, _ outcome: TrueOutcome, _ reasons: StaticString = ""
    ) {
      (self.name, self.group, self.rate, self.outcome, self.reasons) = (name, group, rate, outcome, reasons)
    }
  }
  private var row: Row {
    switch self {
    case .none: Row("none", "none", 0, .linked)

    case .nameTonePlace: Row("name_tone_place", "tolerated", 0.004, .linked)
    case .nameWithoutMarks: Row("name_without_marks", "tolerated", 0.01, .linked)
    case .nameLetterCase: Row("name_letter_case", "tolerated", 0.01, .linked)
    case .nameDecomposed: Row("name_decomposed", "tolerated", 0.002, .linked)
    case .nameEth: Row("name_eth", "tolerated", 0.001, .linked)
    case .nameSpaces: Row("name_spaces", "tolerated", 0.003, .linked)
    case .nameApostrophe: Row("name_apostrophe", "tolerated", 0.001, .linked)
    case .nameLineBreak: Row("name_line_break", "tolerated", 0.0002, .linked)
    case .birthDateCoarser: Row("birth_date_coarser", "tolerated", 0.01, .linked)
    case .sexEmpty: Row("sex_empty", "tolerated", 0.004, .linked)
    case .severalInsuranceNumbers: Row("several_insurance_numbers", "tolerated", 0.01, .linked)
    case .severalCards: Row("several_cards", "tolerated", 0.03, .linked)
    case .validToEmpty: Row("valid_to_empty", "tolerated", 0.02, .linked)
    case .card17: Row("card_17", "tolerated", 0.05, .linked)
    case .insuranceNumber12: Row("insurance_number_12", "tolerated", 0.05, .linked)
    case .cardMissing: Row("card_missing", "tolerated", 0.02, .linked)
    case .insuranceNumberMissing: Row("insurance_number_missing", "tolerated", 0.01, .linked)
    case .legacyLink: Row("legacy_link", "tolerated", 0.01, .linked)
    case .idDigitsDiffer: Row("id_digits_differ", "tolerated", 0.003, .linked)
    case .uninsured: Row("uninsured", "uninsured", 0.05, .linked)

    case .idEmpty: Row("id_empty", "id_missing", 0.006, .idMissing)
    case .idFiller: Row("id_filler", "id_missing", 0.003, .idMissing)
    case .armedForces: Row("armed_forces", "id_missing", 0.005, .idMissing, "armed_forces")
    case .newbornWithoutID: Row("newborn_without_id", "id_missing", 0.002, .idMissing, "newborn")

    case .leadingZeroLost: Row("leading_zero_lost", "id_invalid", 0.006, .idInvalid, "leading_zero_lost")
    case .idPassport: Row("id_passport", "id_invalid", 0.001, .idInvalid, "passport")
    case .idIsInsuranceNumber:
      Row("id_is_insurance_number", "id_invalid", 0.001, .idInvalid, "insurance_number_in_id")
    case .idExponent: Row("id_exponent", "id_invalid", 0.0005, .idInvalid, "spreadsheet_exponent")
    case .idWrongLength: Row("id_wrong_length", "id_invalid", 0.001, .idInvalid, "wrong_length")

    case .unknownPerson: Row("unknown_person", "person_unknown", 0.005, .personUnknown)
    case .legacyUnknown: Row("legacy_unknown", "person_unknown", 0.003, .personUnknown, "legacy_unknown")
    case .testPerson: Row("test_person", "person_unknown", 0.0002, .personUnknown, "test_number")
    case .populationStatusCode:
      Row("population_status_code", "population_quarantined", 0.0005, .personUnknown)
    case .populationNameMissing:
      Row("population_name_missing", "population_quarantined", 0.0002, .personUnknown)
    case .populationBirthDateImpossible:
      Row("population_birth_date_impossible", "population_quarantined", 0.0003, .personUnknown)
    case .populationSexCode: Row("population_sex_code", "population_quarantined", 0.0002, .personUnknown)
    case .populationIDMalformed:
      Row("population_id_malformed", "population_quarantined", 0.0003, .personUnknown)
    case .populationTooFewFields:
      Row("population_too_few_fields", "population_quarantined", 0.0001, .personUnknown)
    case .populationBadEncoding:
      Row("population_bad_encoding", "population_quarantined", 0.0001, .personUnknown)

    case .personDuplicated: Row("person_duplicated", "person_duplicated", 0.002, .personDuplicated)
    case .populationRepeated: Row("population_repeated", "repeated", 0.003, .linked)

    case .dead: Row("dead", "person_inactive", 0.006, .personInactive, "dead")
    case .missing: Row("missing", "person_inactive", 0.0005, .personInactive, "missing")
    case .numberCancelled:
      Row("number_cancelled", "person_inactive", 0.001, .personInactive, "number_cancelled")
    case .leftNationality:
      Row("left_nationality", "person_inactive", 0.0003, .personInactive, "left_nationality")

    case .disputedName: Row("disputed_name", "disputed", 0.006, .disputed, "name")
    case .disputedSurname: Row("disputed_surname", "disputed", 0.001, .disputed, "name")
    case .disputedWordOrder: Row("disputed_word_order", "disputed", 0.002, .disputed, "name,same_words")
    case .disputedIY: Row("disputed_i_y", "disputed", 0.002, .disputed, "i_y_spelling,name")
    case .disputedMiddleName:
      Row("disputed_middle_name", "disputed", 0.003, .disputed, "middle_name_dropped,name")
    case .disputedBirthYear: Row("disputed_birth_year", "disputed", 0.004, .disputed, "birth_date")
    case .disputedDayMonth:
      Row("disputed_day_month", "disputed", 0.003, .disputed, "birth_date,day_month_swapped")
    case .disputedLunar: Row("disputed_lunar", "disputed", 0.001, .disputed, "birth_date,lunar_birthday")
    case .disputedSex: Row("disputed_sex", "disputed", 0.002, .disputed, "sex")
    case .disputedNewborn: Row("disputed_newborn", "disputed", 0.002, .disputed, "name")

    case .birthDateImpossible:
      Row("birth_date_impossible", "quarantined", 0.001, .quarantined, "birth_date_impossible")
    case .birthDateFuture: Row("birth_date_future", "quarantined", 0.0003, .quarantined, "birth_date_future")
    case .birthDateMissing:
      Row("birth_date_missing", "quarantined", 0.0005, .quarantined, "birth_date_missing")
    case .nameMissing: Row("name_missing", "quarantined", 0.0003, .quarantined, "name_missing")
    case .nameDigits: Row("name_digits", "quarantined", 0.0003, .quarantined, "name_format")
    case .sexCode: Row("sex_code", "quarantined", 0.0005, .quarantined, "sex_code")
    case .insuranceNumberMalformed:
      Row("insurance_number_malformed", "quarantined", 0.0005, .quarantined, "insurance_number_format")
    case .cardNumberMalformed:
      Row("card_number_malformed", "quarantined", 0.0005, .quarantined, "card_number_format")
    case .benefitLevel: Row("benefit_level", "quarantined", 0.0003, .quarantined, "benefit_level")
    case .bothNumbersMissing:
      Row("both_numbers_missing", "quarantined", 0.0003, .quarantined, "insurance_number_missing")
    case .validReversed: Row("valid_reversed", "quarantined", 0.0004, .quarantined, "valid_reversed")
    case .validFromMissing:
      Row("valid_from_missing", "quarantined", 0.0003, .quarantined, "valid_from_missing")
    case .tooFewFields: Row("too_few_fields", "quarantined", 0.0002, .quarantined, "field_count")
    case .badEncoding: Row("bad_encoding", "quarantined", 0.0002, .quarantined, "encoding")

    case .legacyAmbiguous:
      Row("legacy_ambiguous", "person_unknown", 0.001, .personUnknown, "legacy_ambiguous")
    case .numberShared: Row("number_shared", "number_shared", 0.001, .numberShared, "insurance_number")
    }
  }
}
