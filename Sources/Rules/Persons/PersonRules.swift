// Judges the records of one personal ID number: first the population's against each other, then each insurance record
// against the person.
// Invariant: a verdict depends on the population's records of this number, on one insurance record and on the decisions
// about the person, and never on another insurance record.
// Load: a hundred million persons a night; a record that links without remark allocates nothing.

package import Values

/// How an insurance record ends, and why.
package struct Verdict: Hashable, Sendable, BitwiseCopyable {
  /// A record judged `linked` ends as `number_shared` if another person's record claims its insurance number.
  package var outcome: Outcome
  /// Reasons; for a linked record, notes.
  package var words: Reasons
  /// How the record found its person, if that differs from the record's own ``InsuranceRecord/rule``.
  package var rule: LinkRule?

  package init(outcome: Outcome, words: Reasons, rule: LinkRule? = nil) {
    self.outcome = outcome
    self.words = words
    self.rule = rule
  }
}

/// The population's records of one personal ID number, judged together.
///
/// Noncopyable, so that no record copies a person.
package struct PersonRules: ~Copyable, Sendable {
  package private(set) var personalID = PersonalID(packed: 0)
  /// The first in the export; the one that is registered if all are equal.
  package private(set) var first = PopulationRecord()
  package private(set) var names = NameComparison()
  package private(set) var recordCount = 0
  /// The fields in which the records differ; empty if they are equal.
  package private(set) var disagreements = Reasons()
  let decisions: Decisions
  /// The person's decisions.
  private(set) var decided = 0..<0
  private var population: PopulationFields?
  private var digester = FieldDigester()
  /// What was tolerated in the last record judged, linked or not.
  private(set) var notes = Reasons()

  /// - Parameters:
  ///   - decisions: all in force.
  ///   - first: persons come in ascending order, beginning with this one.
  package init(_ decisions: Decisions = Decisions(), from first: PersonalID = PersonalID(packed: 0)) {
    self.decisions = decisions
    let start = decisions.start(of: first)
    decided = start..<start
  }

  /// Begins the next person, who has no record yet.
  package mutating func begin(_ id: PersonalID) {
    personalID = id
    recordCount = 0
    disagreements = Reasons()
    population = nil
    if decided.upperBound < decisions.byPerson.count {
      decided = decisions.range(of: id, from: decided.upperBound)
    } else if !decided.isEmpty {
      decided = decided.upperBound..<decided.upperBound
    }
  }

  /// Adds the person's records, in the order of the export.
  package mutating func add(_ record: PopulationRecord, name: Span<UInt8>) {
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

  /// Judges one insurance record that leads to this person, after ``add(_:name:)`` has taken all population records.
  ///
  /// - Parameter held: what the record's personal ID field holds.
  @inline(__always)
  package mutating func verdict(on record: InsuranceRecord, name: Span<UInt8>, held: LinkKey) -> Verdict {
    if record.rule == .decision { return verdict(onRouted: record, name: name, held: held) }
    var verdict = verdict(byRulesOn: record, name: name)
    if !decided.isEmpty, verdict.outcome >= .disputed { decide(record, name, held, &verdict) }
    return verdict
  }

  /// Judges a record without the decisions.
  mutating func verdict(byRulesOn record: InsuranceRecord, name: Span<UInt8>) -> Verdict {
    guard recordCount > 0 else { return Self.verdict(.personUnknown, unknownReasons, on: record) }
    guard disagreements.isEmpty else { return Self.verdict(.personDuplicated, disagreements, on: record) }
    if let reason = first.status.inactiveReason {
      return Self.verdict(.personInactive, Reasons(reason), on: record)
    }
    var reasons = Reasons()
    notes = record.words
    if record.rule == .legacyID || record.rule == .previousID {
      notes.formUnion(otherNumberNotes(on: record))
    }
    switch names.agreement(with: name) {
    case .exact: break
    case .bare: notes.insert(.nameSpelling)
    case .differs:
      reasons.insert(.name)
      reasons.formUnion(names.differences())
    }
    if record.birthDate.packed != first.birthDate.packed || record.birthDate.isNone {
      if record.birthDate.agrees(with: first.birthDate) {
        notes.insert(.birthDatePrecision)
      } else {
        reasons.insert(.birthDate)
        reasons.formUnion(dateDifferences(record.birthDate, first.birthDate))
      }
    }
    if !sexesAgree(record.sex, first.sex) { reasons.insert(.sex) }
    notes.formUnion(digitNotes)
    guard reasons.isEmpty else { return Self.verdict(.disputed, reasons, on: record) }
    return Verdict(outcome: .linked, words: notes)
  }

  /// A record that does not link, with the note on where its number comes from: the officer has to know.
  private static func verdict(
    _ outcome: Outcome, _ reasons: Reasons, on record: InsuranceRecord
  ) -> Verdict {
    var reasons = reasons
    if record.words.contains(.idFromInsuranceNumber) { reasons.insert(.idFromInsuranceNumber) }
    return Verdict(outcome: outcome, words: reasons)
  }

  /// Compares a name with the person's, for the explanation.
  mutating func nameAgreement(with name: Span<UInt8>) -> NameAgreement { names.agreement(with: name) }

  /// What an officer judges about a record and this person.
  package mutating func judgedFields(
    of record: InsuranceRecord, _ name: Span<UInt8>, held: LinkKey
  ) -> JudgedFields {
    JudgedFields(
      digester.insuranceFields(of: record, name, held: held), recordCount > 0 ? populationFields() : nil)
  }

  private mutating func populationFields() -> PopulationFields {
    if let population { return population }
    let fields = PopulationFields(
      name: names.digest(), birthDate: first.birthDate, sex: first.sex, status: first.status)
    population = fields
    return fields
  }

  /// The outcome of a record whose personal ID field leads to no person.
  package static func outcome(ofHeld held: LinkKey) -> Outcome {
    held == .missing ? .idMissing : held.isInvalid ? .idInvalid : .personUnknown
  }

  /// Why the population may have no record of this number.
  package var unknownReasons: Reasons {
    var reasons = Reasons()
    if !personalID.hasKnownPrefix { reasons.insert(.idPrefixUnknown) }
    if personalID.isTestNumber { reasons.insert(.testNumber) }
    return reasons
  }

  /// Notes on digits of the number that contradict the population's record, or that have no known meaning.
  private var digitNotes: Reasons {
    var notes = Reasons()
    if first.sex != .unknown, personalID.impliedSex != first.sex { notes.insert(.idSexDigit) }
    if !first.birthDate.isNone, personalID.impliedBirthYear != first.birthDate.year {
      notes.insert(.idBirthYearDigits)
    }
    if !personalID.hasKnownPrefix { notes.insert(.idPrefixUnknown) }
    return notes
  }
}

/// Two sexes agree unless both are known and differ.
package func sexesAgree(_ a: Sex, _ b: Sex) -> Bool { a == b || a == .unknown || b == .unknown }

/// Why two dates may disagree, for the officer.
package func dateDifferences(_ a: CalendarDate, _ b: CalendarDate) -> Reasons {
  var reasons = Reasons()
  guard !a.isNone, !b.isNone, a.precision == .day, b.precision == .day else { return reasons }
  if a.year == b.year, a.month == b.day, a.day == b.month { reasons.insert(.dayMonthSwapped) }
  // Lunar calendar days written as solar days are this many days early.
  if (20...50).contains(abs(a.dayNumber - b.dayNumber)) { reasons.insert(.lunarBirthday) }
  return reasons
}

extension PersonStatus {
  /// Why a person of this status links to no record; nil for an active person.
  package var inactiveReason: Reason? {
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
