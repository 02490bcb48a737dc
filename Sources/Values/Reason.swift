// The words of `reasons` and `notes`: why a record did not link, and which differences were tolerated.
// Invariant: a word's raw value is its bit in staged files; new words are added at the end, none is reused.
// Load: a record's set of them is two 64-bit words.

/// One reason for a record's outcome, or one tolerated difference.
package enum Reason: UInt8, NamedCase {
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
  case legacyUnknown, legacyAmbiguous, idPrefixUnknown, testNumber
  // disputed, and fields in which the records of a duplicated person differ
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
  // officers' decisions: one against the record, one that can't be applied, and what has changed since
  case decisionRejected, decisionNotApplied
  case reopenedPopulationName, reopenedPopulationBirthDate, reopenedPopulationSex, reopenedPopulationStatus
  case reopenedInsuranceName, reopenedInsuranceBirthDate, reopenedInsuranceSex, reopenedInsurancePersonalID
  // quarantined: the unreadable part of a damaged file; a note: the name came in an old encoding
  case fileDamaged, nameConverted
  // notes: a card of an earlier run that is kept while its data is doubtful
  case keptInGrace
  // a note, and a reason where the record does not link: the ID field is empty
  case idFromInsuranceNumber
  // quarantined: the person was erased
  case personErased
  // quarantined: a record of a delta whose operation, order or identity is wrong; two that contradict each other; a
  // delete of a record that is not in force
  case operationCode, orderFormat, identityMissing, orderConflict, deleteUnknown
  // a note, and a reason of the update itself: the record before it stays in force
  case updateQuarantined
  // person_unknown
  case previousAmbiguous

  package static let names = snakeCaseNames(of: allCases)
  /// The word that users see.
  package var word: String { name }
  package init?(word: String) { self.init(name: word) }
}

/// A set of reasons or notes in two words, without heap storage.
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
  package mutating func remove(_ reason: Reason) {
    if reason.rawValue < 64 { low &= ~(1 << reason.rawValue) } else { high &= ~(1 << (reason.rawValue - 64)) }
  }
  package func contains(_ reason: Reason) -> Bool {
    reason.rawValue < 64 ? low >> reason.rawValue & 1 == 1 : high >> (reason.rawValue - 64) & 1 == 1
  }

  /// Each reason with its word, sorted by word.
  private static let byWord = Reason.allCases.map { (reason: $0, word: $0.word) }.sorted { $0.word < $1.word }

  package var words: [String] { Self.byWord.filter { contains($0.reason) }.map(\.word) }
  /// The words, sorted, joined by commas; empty if there are none.
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
