// How the records of one personal ID number are judged: first the population's against each other, then each
// insurance record against the person.
// Invariant: free of input and output; a record's verdict depends on the records of this number alone, and not on
// the other insurance records, so that a group of any size is judged as it streams by.
// Load: a hundred million groups a night; on the clean path no text, no dictionary and no allocation.

import Values

/// How an insurance record ends as far as its own person can tell, and why.
struct Verdict: Hashable, Sendable, BitwiseCopyable {
  /// `linked` stands for "unless its insurance number is claimed by another person too".
  var outcome: Outcome
  /// Reasons; where the outcome is `linked`, notes.
  var words: Reasons
  /// How the record found its person, where that differs from what the record says.
  var rule: LinkRule? = nil
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
  private let decisions: Decisions
  /// The person's decisions.
  private var decided = 0..<0
  private var population: PopulationFields?
  private var digester = FieldDigester()
  /// What was tolerated in the record judged last, whether it links or not.
  private var notes = Reasons()

  /// - Parameters:
  ///   - decisions: all in force.
  ///   - first: persons come in ascending order from here on.
  init(_ decisions: Decisions = Decisions(), from first: PersonalID = PersonalID(packed: 0)) {
    self.decisions = decisions
    let start = decisions.start(of: first)
    decided = start..<start
  }

  /// The clean name of the first record.
  var name: [UInt8] { names.clean }

  /// Begins a person of whom no record is known yet.
  mutating func begin(_ id: PersonalID) {
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

  /// Judges one insurance record that leads to this person; ``add(_:name:)`` has had all of the population's records.
  ///
  /// - Parameter held: what the record's personal ID field holds.
  mutating func verdict(on record: InsuranceRecord, name: Span<UInt8>, held: LinkKey) -> Verdict {
    if record.rule == .decision { return verdict(onRouted: record, name: name, held: held) }
    var verdict = verdict(byRulesOn: record, name: name)
    if !decided.isEmpty, verdict.outcome >= .disputed { decide(record, name, held, &verdict) }
    return verdict
  }

  /// What the rules say, whatever officers have decided.
  private mutating func verdict(byRulesOn record: InsuranceRecord, name: Span<UInt8>) -> Verdict {
    guard recordCount > 0 else { return Verdict(outcome: .personUnknown, words: unknownReasons) }
    guard disagreements.isEmpty else { return Verdict(outcome: .personDuplicated, words: disagreements) }
    if let reason = first.status.inactiveReason {
      return Verdict(outcome: .personInactive, words: Reasons(reason))
    }
    var reasons = Reasons()
    notes = record.words
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
    guard reasons.isEmpty else { return Verdict(outcome: .disputed, words: reasons) }
    return Verdict(outcome: .linked, words: notes)
  }

  // MARK: Decisions

  /// Applies what officers decided on this record and person.
  ///
  /// An accepted pair is linked, what disagrees being noted; a rejected one is disputed. A decision on values that
  /// have changed since does nothing but say so.
  private mutating func decide(
    _ record: InsuranceRecord, _ name: Span<UInt8>, _ held: LinkKey, _ verdict: inout Verdict
  ) {
    guard let last = lastDecision(on: record) else { return }
    let now = judgedFields(of: record, name, held: held)
    guard let decision = decision(on: record, judged: now, comparingHeld: false) else {
      if verdict.outcome == .disputed {
        verdict.words.formUnion(last.judged.changes(to: now, comparingHeld: false))
      }
      return
    }
    if decision.isAccepted {
      guard verdict.outcome == .disputed else { return }
      verdict.words.formUnion(notes)
      verdict.outcome = .linked
      verdict.rule = .decision
    } else {
      if verdict.outcome == .linked { verdict.words = Reasons() }
      verdict.words.insert(.decisionRejected)
      verdict.outcome = .disputed
    }
  }

  /// Judges a record that has no person of its own and that an officer gave to this one.
  private mutating func verdict(onRouted record: InsuranceRecord, name: Span<UInt8>, held: LinkKey) -> Verdict
  {
    var back = Verdict(outcome: Self.outcome(ofHeld: held), words: record.words)
    if back.outcome == .personUnknown {
      back.words.formIntersection(Reasons(.legacyUnknown, .legacyAmbiguous, .prefixUnknown, .testNumber))
    }
    guard recordCount > 0, disagreements.isEmpty, first.status == .active else {
      back.words.insert(.decisionNotApplied)
      if recordCount > 0, disagreements.isEmpty, let reason = first.status.inactiveReason {
        back.words.insert(reason)
      }
      return back
    }
    let now = judgedFields(of: record, name, held: held)
    let decision = decision(on: record, judged: now, comparingHeld: true)
    guard let decision, decision.isAccepted else {
      if decision != nil {
        back.words.insert(.decisionRejected)
      } else if let last = lastDecision(on: record) {
        back.words.formUnion(last.judged.changes(to: now, comparingHeld: true))
      }
      return back
    }
    var verdict = verdict(byRulesOn: record, name: name)
    verdict.words.formUnion(notes)
    return Verdict(outcome: .linked, words: verdict.words, rule: .decision)
  }

  /// How a record ends whose personal ID field leads to nobody.
  static func outcome(ofHeld held: LinkKey) -> Outcome {
    held == .missing ? .idMissing : held.isInvalid ? .idInvalid : .personUnknown
  }

  /// The last decision on this record and person, on whatever values.
  private func lastDecision(on record: InsuranceRecord) -> Decision? {
    var last: Decision?
    for i in decided where isOn(decisions.byPerson[i], record) { last = decisions.byPerson[i] }
    return last
  }

  /// The decision on this record and person as they are now.
  private func decision(on record: InsuranceRecord, judged: JudgedFields, comparingHeld: Bool) -> Decision? {
    var found: Decision?
    for i in decided where isOn(decisions.byPerson[i], record) {
      let decision = decisions.byPerson[i]
      guard decision.population == judged.population,
        comparingHeld
          ? decision.insurance == judged.insurance
          : decision.insurance.describesSameInsured(as: judged.insurance)
      else { continue }
      found = decision
    }
    return found
  }

  private func isOn(_ decision: Decision, _ record: InsuranceRecord) -> Bool {
    decision.insuranceNumber == record.insuranceNumber && decision.cardNumber == record.cardNumber
  }

  /// The decision on a record as it is now, or the last one on other values; for the explanation.
  mutating func decision(on record: InsuranceRecord, name: Span<UInt8>, held: LinkKey) -> (
    Decision, holds: Bool
  )? {
    guard recordCount > 0, let last = lastDecision(on: record) else { return nil }
    let now = judgedFields(of: record, name, held: held)
    if let found = decision(on: record, judged: now, comparingHeld: record.rule == .decision) {
      return (found, true)
    }
    return (last, false)
  }

  /// What an officer judges of a record and this person.
  mutating func judgedFields(of record: InsuranceRecord, _ name: Span<UInt8>, held: LinkKey) -> JudgedFields {
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
