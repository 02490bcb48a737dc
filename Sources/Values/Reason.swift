// The words of `reasons` and `notes`: why a record did not link, and which differences were tolerated.
// Invariant: a word's raw value is its bit in staged files; new words are added at the end, none is ever reused.
// Load: a set of them per record is one 64-bit word.

/// One reason why a record ended as it did, or one tolerated difference.
package enum Reason: UInt8, Sendable, CaseIterable {
  // quarantined: the record can't be read
  case fieldCount, encoding, unclosedQuote, valueTooLong, repeatedElement, listLength
  // quarantined: a format rule
  case nameMissing, nameFormat, nameMojibake
  case birthDateMissing, birthDateFormat, birthDateImpossible, birthDateFuture, birthDateTooEarly
  case sexCode, statusCode
  case personalIDMissing, personalIDFormat
  case insuranceNumberFormat, insuranceNumberMissing, cardNumberFormat, benefitLevel
  case validFromMissing, validFromFormat, validToFormat, validReversed
  // id_missing
  case filler, armedForces, newborn
  // id_invalid
  case leadingZeroLost, insuranceNumberInID, passport, spreadsheetExponent, wrongLength, notDigits
  // person_unknown
  case legacyUnknown, legacyAmbiguous, prefixUnknown, testNumber
  // disputed, and what the records of a duplicated person disagree in
  case name, birthDate, sex, status
  case dayMonthSwapped, sameWords, iYSpelling, middleNameDropped, lunarBirthday
  // person_inactive
  case dead, missing, numberCancelled, leftNationality, statusUnknown
  // number_shared
  case insuranceNumber
  // notes
  case nameSpelling, birthDatePrecision, idSexDigit, idBirthYearDigits
  case insuranceNumberNotID, cardTailDiffers, groupUnknown, facilityFormat, areaCode, fiveYearsFormat
  case severalInsuranceNumbers
  // officers' decisions: one that holds against the record, one that can't be applied, and what has changed since
  case decisionRejected, decisionNotApplied
  case reopenedPopulationName, reopenedPopulationBirthDate, reopenedPopulationSex, reopenedPopulationStatus
  case reopenedInsuranceName, reopenedInsuranceBirthDate, reopenedInsuranceSex, reopenedInsurancePersonalID
  // quarantined: what could not be read of a damaged file; a note: the name came in an old encoding
  case fileDamaged, nameConverted
  // notes: a card of an earlier run that is kept while its data is doubtful
  case keptInGrace

  /// The word as users read it.
  package var word: String {
    switch self {
    case .fieldCount: "field_count"
    case .encoding: "encoding"
    case .unclosedQuote: "unclosed_quote"
    case .valueTooLong: "value_too_long"
    case .repeatedElement: "repeated_element"
    case .listLength: "list_length"
    case .nameMissing: "name_missing"
    case .nameFormat: "name_format"
    case .nameMojibake: "name_mojibake"
    case .birthDateMissing: "birth_date_missing"
    case .birthDateFormat: "birth_date_format"
    case .birthDateImpossible: "birth_date_impossible"
    case .birthDateFuture: "birth_date_future"
    case .birthDateTooEarly: "birth_date_too_early"
    case .sexCode: "sex_code"
    case .statusCode: "status_code"
    case .personalIDMissing: "personal_id_missing"
    case .personalIDFormat: "personal_id_format"
    case .insuranceNumberFormat: "insurance_number_format"
    case .insuranceNumberMissing: "insurance_number_missing"
    case .cardNumberFormat: "card_number_format"
    case .benefitLevel: "benefit_level"
    case .validFromMissing: "valid_from_missing"
    case .validFromFormat: "valid_from_format"
    case .validToFormat: "valid_to_format"
    case .validReversed: "valid_reversed"
    case .filler: "filler"
    case .armedForces: "armed_forces"
    case .newborn: "newborn"
    case .leadingZeroLost: "leading_zero_lost"
    case .insuranceNumberInID: "insurance_number_in_id"
    case .passport: "passport"
    case .spreadsheetExponent: "spreadsheet_exponent"
    case .wrongLength: "wrong_length"
    case .notDigits: "not_digits"
    case .legacyUnknown: "legacy_unknown"
    case .legacyAmbiguous: "legacy_ambiguous"
    case .prefixUnknown: "id_prefix_unknown"
    case .testNumber: "test_number"
    case .name: "name"
    case .birthDate: "birth_date"
    case .sex: "sex"
    case .status: "status"
    case .dayMonthSwapped: "day_month_swapped"
    case .sameWords: "same_words"
    case .iYSpelling: "i_y_spelling"
    case .middleNameDropped: "middle_name_dropped"
    case .lunarBirthday: "lunar_birthday"
    case .dead: "dead"
    case .missing: "missing"
    case .numberCancelled: "number_cancelled"
    case .leftNationality: "left_nationality"
    case .statusUnknown: "status_unknown"
    case .insuranceNumber: "insurance_number"
    case .nameSpelling: "name_spelling"
    case .birthDatePrecision: "birth_date_precision"
    case .idSexDigit: "id_sex_digit"
    case .idBirthYearDigits: "id_birth_year_digits"
    case .insuranceNumberNotID: "insurance_number_not_id"
    case .cardTailDiffers: "card_tail_differs"
    case .groupUnknown: "group_unknown"
    case .facilityFormat: "facility_format"
    case .areaCode: "area_code"
    case .fiveYearsFormat: "five_years_format"
    case .severalInsuranceNumbers: "several_insurance_numbers"
    case .decisionRejected: "decision_rejected"
    case .decisionNotApplied: "decision_not_applied"
    case .reopenedPopulationName: "reopened_population_name"
    case .reopenedPopulationBirthDate: "reopened_population_birth_date"
    case .reopenedPopulationSex: "reopened_population_sex"
    case .reopenedPopulationStatus: "reopened_population_status"
    case .reopenedInsuranceName: "reopened_insurance_name"
    case .reopenedInsuranceBirthDate: "reopened_insurance_birth_date"
    case .reopenedInsuranceSex: "reopened_insurance_sex"
    case .reopenedInsurancePersonalID: "reopened_insurance_personal_id"
    case .fileDamaged: "file_damaged"
    case .nameConverted: "name_converted"
    case .keptInGrace: "kept_in_grace"
    }
  }

  package init?(word: String) {
    guard let match = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = match
  }
}

/// A set of reasons or notes in two words: no heap, no order but the sorted one of ``text``.
package struct Reasons: Hashable, Sendable, BitwiseCopyable {
  package private(set) var low: UInt64
  package private(set) var high: UInt64

  package init() { (low, high) = (0, 0) }
  package init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }
  package init(_ reasons: Reason...) {
    self.init()
    for reason in reasons { insert(reason) }
  }

  package var isEmpty: Bool { low | high == 0 }

  package mutating func insert(_ reason: Reason) {
    if reason.rawValue < 64 { low |= 1 << reason.rawValue } else { high |= 1 << (reason.rawValue - 64) }
  }
  package mutating func formUnion(_ other: Reasons) {
    low |= other.low
    high |= other.high
  }
  package mutating func formIntersection(_ other: Reasons) {
    low &= other.low
    high &= other.high
  }
  package func contains(_ reason: Reason) -> Bool {
    reason.rawValue < 64 ? low >> reason.rawValue & 1 == 1 : high >> (reason.rawValue - 64) & 1 == 1
  }

  /// Each with its word, by the words.
  private static let byWord = Reason.allCases.map { (reason: $0, word: $0.word) }.sorted { $0.word < $1.word }

  package var words: [String] { Self.byWord.filter { contains($0.reason) }.map(\.word) }
  /// The words, sorted, joined by commas; empty when there are none.
  package var text: String {
    var text = ""
    guard !isEmpty else { return text }
    for (reason, word) in Self.byWord where contains(reason) {
      if !text.isEmpty { text += "," }
      text += word
    }
    return text
  }
}
