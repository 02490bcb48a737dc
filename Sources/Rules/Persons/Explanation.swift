// Explains how each record of one person ended: every rule in the order of the contract, with both sides' values.
// Invariant: outcome and words come from the rules that the match applies. The texts hold personal data and go to the
// officer who asked, never to the log.

package import Values

/// What one rule said about one record.
package struct RuleVerdict: Hashable, Sendable {
  /// `readable`, `personal_id`, `person_known`, `person_unique`, `person_active`, `name`, `birth_date`,
  /// `sex`, `one_person` if the record names another number, `decision` if there is one, `number_unshared`.
  package var rule: String
  /// Nil if the rule was not applied, because an earlier rule decided.
  package var passed: Bool?
  /// How the record passed, or the reasons why it did not; words joined by commas.
  package var detail = ""
  /// The population's value; empty if the rule reads only one side.
  package var population = ""
  package var insurance = ""
}

/// How one insurance record ended, rule by rule.
package struct JudgementExplanation: Hashable, Sendable {
  package var record: FoundInsurance
  package var outcome: Outcome
  /// Reasons, or notes of a linked record.
  package var words: Reasons
  package var verdicts: [RuleVerdict]
}

/// Explains the records of one personal ID number.
///
/// - Parameters:
///   - id: the personal ID number.
///   - population: all of the population's records of it, in the order of the export.
///   - insurance: records that lead to it.
///   - holders: the persons who held each 9-digit number in `insurance`.
///   - fate: where the number leads; records that go to another person are not among `insurance`.
///   - registered: which of the ``InsuranceRecord/others(than:)`` are another person's.
///   - heldBack: places of records whose insurance number another person claims; nil if not yet known.
package func explainJudgement(
  of id: PersonalID, population: [FoundPerson], insurance: [FoundInsurance],
  holders: [LegacyID: [PersonalID]], fate: NumberFate = .own, registered: Set<PersonalID> = [],
  heldBack: Set<Place>? = nil, decisions: Decisions = Decisions()
) -> [JudgementExplanation] {
  var person = PersonRules(decisions)
  person.begin(id)
  for found in population { person.add(found.record, name: Array(found.name.utf8).span) }
  var explanations: [JudgementExplanation] = []
  for record in insurance {
    var reasons: Reasons?
    if record.record.rule != .decision, let legacy = record.key.legacyID {
      reasons = legacyFault(holders[legacy, default: []]).map { Reasons($0) }
    } else if fate == .ambiguous, fate.takes(record.record) {
      reasons = record.record.reasonsIfAmbiguous
    }
    explanations.append(
      person.explanation(of: record, first: population.first, unknown: reasons, registered, heldBack))
  }
  return explanations
}

/// Why a 9-digit number leads to no person; nil if exactly one person held it.
package func legacyFault(_ holders: [PersonalID]) -> Reason? {
  holders.isEmpty ? .legacyUnknown : holders.count > 1 ? .legacyAmbiguous : nil
}

/// The records that lead to no person and that an officer gave to one, each with that person and in the form
/// in which the match sends it there.
///
/// - Parameters:
///   - found: records that may be among them.
///   - holders: the persons who held each 9-digit number in `found`.
///   - fates: where the 12-digit numbers in `found` lead; those that are not named lead to their own person.
package func givenRecords(
  among found: [FoundInsurance], holders: [LegacyID: [PersonalID]], fates: [PersonalID: NumberFate] = [:],
  _ decisions: Decisions
) -> [(record: FoundInsurance, person: PersonalID)] {
  guard !decisions.isEmpty else { return [] }
  var digester = FieldDigester()
  var given: [(record: FoundInsurance, person: PersonalID)] = []
  for record in found {
    let fields = digester.insuranceFields(
      of: record.record, Array(record.name.utf8).span, held: record.held)
    guard let person = decisions.route(record.numbers, fields).person else { continue }
    var reasons = Reasons()
    if let legacy = record.key.legacyID {
      guard let reason = legacyFault(holders[legacy, default: []]) else { continue }
      reasons.insert(reason)
    } else if let held = record.key.personalID {
      switch fates[held] ?? .own {
      case .moved: continue
      case .ambiguous: reasons = record.record.reasonsIfAmbiguous
      case .own:
        var noPerson = PersonRules()
        noPerson.begin(held)
        reasons = noPerson.unknownReasons
      }
    }
    var record = record
    record.record.rule = .decision
    record.record.words.formUnion(reasons)
    given.append((record, person))
  }
  return given
}

extension PersonRules {
  fileprivate mutating func explanation(
    of found: FoundInsurance, first: FoundPerson?, unknown: Reasons?, _ registered: Set<PersonalID>,
    _ heldBack: Set<Place>?
  ) -> JudgementExplanation {
    let name = Array(found.name.utf8)
    var verdict = verdict(on: found.record, name: name.span, held: found.held)
    if let unknown { verdict = Verdict(outcome: .personUnknown, words: unknown) }
    let second = verdictOnOtherNumbers(found, &verdict, registered)
    if verdict.outcome == .linked, heldBack?.contains(found.place) == true {
      verdict = Verdict(outcome: .numberShared, words: Reasons(.insuranceNumber))
    }
    var verdicts = verdictsOnPerson(found, first, verdict)
    verdicts.append(verdictOnName(found, first, verdict))
    verdicts += Self.verdictsOnDateAndSex(found, first, verdict)
    if let second { verdicts.append(second) }
    if let decided = verdictOfOfficer(found) { verdicts.append(decided) }
    let reachesNumber = verdict.outcome == .linked || verdict.outcome == .numberShared
    let number = found.record.insuranceNumber
    verdicts.append(
      RuleVerdict(
        rule: "number_unshared", passed: reachesNumber && heldBack != nil ? verdict.outcome == .linked : nil,
        detail: verdict.outcome == .numberShared ? Reason.insuranceNumber.word : "",
        insurance: number.isNone ? "" : number.text))
    return JudgementExplanation(
      record: found, outcome: verdict.outcome, words: verdict.words, verdicts: verdicts)
  }

  /// The verdicts of the rules that find the person and check the population alone.
  private func verdictsOnPerson(_ found: FoundInsurance, _ first: FoundPerson?, _ verdict: Verdict)
    -> [RuleVerdict]
  {
    /// Rules after the deciding one were not applied.
    func rule(_ name: String, _ decides: Outcome, _ population: String) -> RuleVerdict {
      let passed: Bool? = verdict.outcome < decides ? nil : verdict.outcome != decides
      return RuleVerdict(
        rule: name, passed: passed, detail: passed == false ? verdict.words.text : "", population: population)
    }
    let isByOwnRule = found.record.rule == .decision || found.record.rule == .previousID
    let way: LinkRule =
      isByOwnRule ? found.record.rule : found.key.legacyID == nil ? .personalID : .legacyID
    return [
      RuleVerdict(rule: "readable", passed: true),
      RuleVerdict(
        rule: "personal_id", passed: true,
        detail: found.record.words.contains(.idFromInsuranceNumber)
          ? Reason.idFromInsuranceNumber.word : way.name, population: personalID.text,
        insurance: found.key.legacyID?.text ?? found.key.personalID?.text ?? found.rawID),
      rule("person_known", .personUnknown, first == nil ? "" : personalID.text),
      rule("person_unique", .personDuplicated, String(recordCount)),
      rule("person_active", .personInactive, first?.record.status.name ?? ""),
    ]
  }

  private mutating func verdictOnName(_ found: FoundInsurance, _ first: FoundPerson?, _ verdict: Verdict)
    -> RuleVerdict
  {
    var rule = RuleVerdict(rule: "name", population: first?.name ?? "", insurance: found.name)
    guard verdict.comparesPersons else { return rule }
    let agreement = nameAgreement(with: Array(found.name.utf8).span)
    rule.passed = agreement != .differs
    switch agreement {
    case .exact: rule.detail = "exact"
    case .bare: rule.detail = "bare"
    case .differs: rule.detail = verdict.detail(.sameWords, .iYSpelling, .middleNameDropped)
    }
    return rule
  }

  private static func verdictsOnDateAndSex(
    _ found: FoundInsurance, _ first: FoundPerson?, _ verdict: Verdict
  ) -> [RuleVerdict] {
    let (date, otherDate) = (first?.record.birthDate ?? .none, found.record.birthDate)
    let (sex, otherSex) = (first?.record.sex ?? .unknown, found.record.sex)
    var dates = RuleVerdict(rule: "birth_date", population: date.text, insurance: otherDate.text)
    var sexes = RuleVerdict(rule: "sex", population: sex.name, insurance: otherSex.name)
    guard verdict.comparesPersons else { return [dates, sexes] }
    let (datesAgree, areCompatible) = (date.agrees(with: otherDate), sexesAgree(sex, otherSex))
    dates.passed = datesAgree
    dates.detail =
      date == otherDate && datesAgree
      ? "exact"
      : datesAgree ? Reason.birthDatePrecision.word : verdict.detail(.dayMonthSwapped, .lunarBirthday)
    sexes.passed = areCompatible
    sexes.detail = sex == otherSex ? "exact" : areCompatible ? "unknown" : "differs"
    return [dates, sexes]
  }

  /// Disputes a record that names another registered person, and says so; nil if it names no other number.
  private mutating func verdictOnOtherNumbers(
    _ found: FoundInsurance, _ verdict: inout Verdict, _ registered: Set<PersonalID>
  ) -> RuleVerdict? {
    let others = found.record.others(than: personalID)
    guard !others.isEmpty else { return nil }
    var rule = RuleVerdict(
      rule: "one_person", insurance: others.map(\.text).joined(separator: ","))
    guard
      let reasons = reasonsIfOtherIsRegistered(
        found.record, name: Array(found.name.utf8).span, held: found.held, verdict)
    else { return rule }
    rule.passed = registered.isDisjoint(with: others)
    guard rule.passed == false else { return rule }
    verdict = Verdict(outcome: .disputed, words: reasons)
    rule.detail = Reason.insuranceNumberNotID.word
    rule.population = others.filter(registered.contains).map(\.text).joined(separator: ",")
    return rule
  }

  private mutating func verdictOfOfficer(_ found: FoundInsurance) -> RuleVerdict? {
    let name = Array(found.name.utf8)
    guard let (decision, holds) = decision(on: found.record, name: name.span, held: found.held) else {
      return nil
    }
    var detail = "\(decision.isAccepted ? "accept" : "reject") \(decision.number)"
    if !holds {
      let now = judgedFields(of: found.record, name.span, held: found.held)
      let changes = decision.judged.changes(to: now, comparingHeld: found.record.rule == .decision)
      detail += " \(changes.text)"
    }
    return RuleVerdict(rule: "decision", passed: holds ? decision.isAccepted : nil, detail: detail)
  }
}

extension Verdict {
  /// Whether the rules before `disputed` passed the record, so that both sides were compared.
  fileprivate var comparesPersons: Bool { outcome >= .disputed }

  /// The reasons among `finer` that the record has, or `differs`.
  fileprivate func detail(_ finer: Reason...) -> String {
    var found = Reasons()
    for reason in finer where words.contains(reason) { found.insert(reason) }
    return found.isEmpty ? "differs" : found.text
  }
}
