// How the records of one personal ID number are judged: first the population's against each other, then each
// insurance record against the person.
// Invariant: free of input and output; a record's verdict depends on the records of this number alone, and not on
// the other insurance records, so that a group of any size is judged as it streams by.
// Load: a hundred million groups a night; on the clean path no text, no dictionary and no allocation.

import Record

/// How an insurance record ends as far as its own person can tell, and why.
struct Verdict: Hashable, Sendable, BitwiseCopyable {
  /// `linked` stands for "unless its insurance number is claimed by another person too".
  var outcome: Outcome
  /// Reasons; where the outcome is `linked`, notes.
  var words: Reasons
}

/// The population's records of one personal ID number, judged together.
struct PersonRules: Sendable {
  private(set) var personalID = PersonalID(packed: 0)
  /// The first in the export; the one that is registered if all are equal.
  private(set) var first = PopulationRecord()
  private var names = NameComparison()
  private(set) var recordCount = 0
  /// What the records disagree in; empty if they are equal.
  private(set) var disagreements = Reasons()

  init() {}

  /// The clean name of the first record.
  var name: [UInt8] { names.clean }

  /// Begins a person of whom no record is known yet.
  mutating func begin(_ id: PersonalID) {
    personalID = id
    recordCount = 0
    disagreements = Reasons()
  }

  /// Takes the person's records in the order of the export.
  mutating func add(_ record: PopulationRecord, name: Span<UInt8>) {
    recordCount += 1
    guard recordCount > 1 else {
      first = record
      return names.begin(with: name)
    }
    if !names.isExactly(name) { disagreements.insert(.name) }
    if record.birthDate != first.birthDate { disagreements.insert(.birthDate) }
    if record.sex != first.sex { disagreements.insert(.sex) }
    if record.status != first.status { disagreements.insert(.status) }
  }

  /// Judges one insurance record with this personal ID number; ``add(_:name:)`` has had all of the population's.
  mutating func verdict(on record: InsuranceRecord, name: Span<UInt8>) -> Verdict {
    guard recordCount > 0 else { return Verdict(outcome: .personUnknown, words: unknownReasons) }
    guard disagreements.isEmpty else { return Verdict(outcome: .personDuplicated, words: disagreements) }
    if let reason = first.status.inactiveReason {
      return Verdict(outcome: .personInactive, words: Reasons(reason))
    }
    var reasons = Reasons()
    var notes = record.words
    switch names.agreement(with: name) {
    case .exact: break
    case .bare: notes.insert(.nameSpelling)
    case .differs:
      reasons.insert(.name)
      reasons.formUnion(names.differences())
    }
    if record.birthDate != first.birthDate || record.birthDate.isNone {
      if record.birthDate.agrees(with: first.birthDate) {
        notes.insert(.birthDatePrecision)
      } else {
        reasons.insert(.birthDate)
        reasons.formUnion(dateDifferences(record.birthDate, first.birthDate))
      }
    }
    if !sexesAgree(record.sex, first.sex) { reasons.insert(.sex) }
    guard reasons.isEmpty else { return Verdict(outcome: .disputed, words: reasons) }
    notes.formUnion(digitNotes)
    return Verdict(outcome: .linked, words: notes)
  }

  /// How a name stands to the person's, for the explanation.
  mutating func nameAgreement(with name: Span<UInt8>) -> NameAgreement { names.agreement(with: name) }

  /// Why there may be no person of this number.
  var unknownReasons: Reasons {
    var reasons = Reasons()
    if !personalID.hasKnownPrefix { reasons.insert(.prefixUnknown) }
    if personalID.isTestNumber { reasons.insert(.testNumber) }
    return reasons
  }

  /// Where the digits of the number say something else than the population does, or nothing known.
  private var digitNotes: Reasons {
    var notes = Reasons()
    if first.sex != .unknown, personalID.impliedSex != first.sex { notes.insert(.idSexDigit) }
    if !first.birthDate.isNone, personalID.impliedBirthYear != first.birthDate.year {
      notes.insert(.idBirthYearDigits)
    }
    if !personalID.hasKnownPrefix { notes.insert(.prefixUnknown) }
    return notes
  }
}

/// Two sexes agree unless both are known and differ.
func sexesAgree(_ a: Sex, _ b: Sex) -> Bool { a == b || a == .unknown || b == .unknown }

/// What an officer may see in two dates that disagree.
func dateDifferences(_ a: CalendarDate, _ b: CalendarDate) -> Reasons {
  var reasons = Reasons()
  guard !a.isNone, !b.isNone, a.precision == .day, b.precision == .day else { return reasons }
  if a.year == b.year, a.month == b.day, a.day == b.month { reasons.insert(.dayMonthSwapped) }
  // A day of the lunar calendar written as if it were one of the solar calendar comes this much too early.
  if (20...50).contains(abs(a.dayNumber - b.dayNumber)) { reasons.insert(.lunarBirthday) }
  return reasons
}

extension PersonStatus {
  /// Why a person of this status links to no record; nil for an active one.
  var inactiveReason: Reason? {
    switch self {
    case .active: nil
    case .dead: .dead
    case .missing: .missing
    case .numberCancelled: .numberCancelled
    case .leftNationality: .leftNationality
    case .unknown: .statusUnknown
    }
  }
}
