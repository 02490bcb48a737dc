// What each word of reasons and notes means, in English and Vietnamese, and what to do about it.
// Invariant: every word has an explanation; the text stands with the rule that gives the word.
// Load: read when a report is written.

package import Values

/// What a word means to a data officer, and what to do.
typealias Explanation = (english: String, vietnamese: String, remedy: String)

/// What a reason or note means, and what to do about it.
package func explanation(of reason: Reason) -> (english: String, vietnamese: String, remedy: String) {
  switch reason {
  case .fieldCount: ReadingRule.fieldCount
  case .encoding: ReadingRule.encoding
  case .unclosedQuote: ReadingRule.unclosedQuote
  case .valueTooLong: ReadingRule.valueTooLong
  case .repeatedElement: ReadingRule.repeatedElement
  case .listLength: SplitRule.listLength
  case .nameMissing: NameRule.missing
  case .nameFormat: NameRule.format
  case .nameMojibake: MojibakeRule.mojibake
  case .birthDateMissing: CalendarRule.missing
  case .birthDateFormat: CalendarRule.format
  case .birthDateImpossible: CalendarRule.impossible
  case .birthDateFuture: CalendarRule.future
  case .birthDateTooEarly: CalendarRule.tooEarly
  case .sexCode: SexRule.code
  case .statusCode: StatusRule.code
  case .personalIDMissing: PersonalIDRule.missing
  case .personalIDFormat: PersonalIDRule.format
  case .insuranceNumberFormat: InsuranceNumberRule.format
  case .insuranceNumberMissing: InsuranceNumberRule.missing
  case .cardNumberFormat: CardNumberRule.format
  case .benefitLevel: CardNumberRule.level
  case .validFromMissing: ValidityRule.fromMissing
  case .validFromFormat: ValidityRule.fromFormat
  case .validToFormat: ValidityRule.toFormat
  case .validReversed: ValidityRule.reversed
  case .filler: PersonalIDRule.filler
  case .armedForces: PersonalIDRule.armedForces
  case .newborn: PersonalIDRule.newborn
  case .leadingZeroLost: PersonalIDRule.leadingZeroLost
  case .insuranceNumberInID: PersonalIDRule.insuranceNumberInID
  case .passport: PersonalIDRule.passport
  case .spreadsheetExponent: PersonalIDRule.spreadsheetExponent
  case .wrongLength: PersonalIDRule.wrongLength
  case .notDigits: PersonalIDRule.notDigits
  case .legacyUnknown: MatchingReasons.legacyUnknown
  case .legacyAmbiguous: MatchingReasons.legacyAmbiguous
  case .prefixUnknown: MatchingReasons.prefixUnknown
  case .testNumber: MatchingReasons.testNumber
  case .name: MatchingReasons.name
  case .birthDate: MatchingReasons.birthDate
  case .sex: MatchingReasons.sex
  case .status: MatchingReasons.status
  case .dayMonthSwapped: MatchingReasons.dayMonthSwapped
  case .sameWords: MatchingReasons.sameWords
  case .iYSpelling: MatchingReasons.iYSpelling
  case .middleNameDropped: MatchingReasons.middleNameDropped
  case .lunarBirthday: MatchingReasons.lunarBirthday
  case .dead: MatchingReasons.dead
  case .missing: MatchingReasons.missing
  case .numberCancelled: MatchingReasons.numberCancelled
  case .leftNationality: MatchingReasons.leftNationality
  case .statusUnknown: MatchingReasons.statusUnknown
  case .insuranceNumber: MatchingReasons.insuranceNumber
  case .nameSpelling: MatchingReasons.nameSpelling
  case .birthDatePrecision: MatchingReasons.birthDatePrecision
  case .idSexDigit: MatchingReasons.idSexDigit
  case .idBirthYearDigits: MatchingReasons.idBirthYearDigits
  case .insuranceNumberNotID: InsuranceNumberRule.notID
  case .cardTailDiffers: CardNumberRule.tailDiffers
  case .groupUnknown: CardNumberRule.groupUnknown
  case .facilityFormat: FacilityRule.format
  case .areaCode: AreaRule.code
  case .fiveYearsFormat: FiveYearsRule.format
  case .severalInsuranceNumbers: MatchingReasons.severalInsuranceNumbers
  case .keptInGrace: MatchingReasons.keptInGrace
  case .decisionRejected: DecisionReasons.decisionRejected
  case .decisionNotApplied: DecisionReasons.decisionNotApplied
  case .reopenedPopulationName: DecisionReasons.reopenedPopulationName
  case .reopenedPopulationBirthDate: DecisionReasons.reopenedPopulationBirthDate
  case .reopenedPopulationSex: DecisionReasons.reopenedPopulationSex
  case .reopenedPopulationStatus: DecisionReasons.reopenedPopulationStatus
  case .reopenedInsuranceName: DecisionReasons.reopenedInsuranceName
  case .reopenedInsuranceBirthDate: DecisionReasons.reopenedInsuranceBirthDate
  case .reopenedInsuranceSex: DecisionReasons.reopenedInsuranceSex
  case .reopenedInsurancePersonalID: DecisionReasons.reopenedInsurancePersonalID
  case .fileDamaged: ReadingRule.fileDamaged
  case .nameConverted: MojibakeRule.converted
  }
}

extension ExportRules {
  /// The column or path that a reason speaks of; nil for one that speaks of the whole record.
  package func column(of reason: Reason) -> String? {
    let field: Field? =
      switch reason {
      case .nameMissing, .nameFormat, .nameMojibake, .nameConverted: .fullName
      case .birthDateMissing, .birthDateFormat, .birthDateImpossible, .birthDateFuture, .birthDateTooEarly:
        .birthDate
      case .sexCode: .sex
      case .statusCode: .status
      case .personalIDMissing, .personalIDFormat, .filler, .leadingZeroLost, .insuranceNumberInID, .passport,
        .spreadsheetExponent, .wrongLength, .notDigits:
        .personalID
      case .insuranceNumberFormat, .insuranceNumberMissing, .insuranceNumberNotID: .insuranceNumber
      case .cardNumberFormat, .benefitLevel, .cardTailDiffers, .groupUnknown: .cardNumber
      case .validFromMissing, .validFromFormat: .validFrom
      case .validToFormat, .validReversed: .validTo
      case .facilityFormat: .facilityCode
      case .areaCode: .areaCode
      case .fiveYearsFormat: .fiveYearsFrom
      default: nil
      }
    return field.flatMap { columnNames[$0] }
  }
}
