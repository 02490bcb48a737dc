// Why each record of one person ended as it did: every rule in the order of the contract, with both sides' values.
// Invariant: free of input and output; outcome and words come from the rules that the run itself applies. The texts
// hold personal data: they are an answer to an officer and never a line of the log.
// Load: one person at a time.

package import Values

/// What one rule said about one record.
package struct RuleVerdict: Hashable, Sendable {
  /// `readable`, `personal_id`, `person_known`, `person_unique`, `person_active`, `name`, `birth_date`, `sex`,
  /// `decision` where there is one, `number_unshared`.
  package var rule: String
  /// Nil when the rule was not asked, for an earlier one decided.
  package var passed: Bool?
  /// How it passed, or the reasons why not; words joined by commas.
  package var detail: String
  /// What the population says; empty where the rule looks at one side only.
  package var population: String
  package var insurance: String
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
///   - holders: the persons who held a 9-digit number; asked for records that have one.
///   - heldBack: places of records whose insurance number another person claims; nil if that isn't known yet.
package func explainJudgement(
  of id: PersonalID, population: [FoundPerson], insurance: [FoundInsurance],
  holders: (LegacyID) throws(Stop) -> [PersonalID], heldBack: Set<Place>? = nil,
  decisions: Decisions = Decisions()
) throws(Stop) -> [JudgementExplanation] {
  var person = PersonRules(decisions)
  person.begin(id)
  for found in population { person.add(found.record, name: Array(found.name.utf8).span) }
  var explanations: [JudgementExplanation] = []
  for record in insurance {
    var legacyReason: Reason?
    if record.record.rule != .decision, let legacy = record.key.legacyID {
      let ids = try holders(legacy)
      legacyReason = ids.isEmpty ? .legacyUnknown : ids.count > 1 ? .legacyAmbiguous : nil
    }
    explanations.append(person.explanation(of: record, first: population.first, legacyReason, heldBack))
  }
  return explanations
}

/// Records without a person of their own that officers gave to somebody, each with that person, as the match sends them
/// there; whether the decision can be applied is for the rules to say.
///
/// - Parameter found: records that may be among them.
package func givenRecords(
  among found: [FoundInsurance], holders: (LegacyID) throws(Stop) -> [PersonalID], _ decisions: Decisions
) throws(Stop) -> [(record: FoundInsurance, person: PersonalID)] {
  guard !decisions.isEmpty else { return [] }
  var digester = FieldDigester()
  var given: [(record: FoundInsurance, person: PersonalID)] = []
  for record in found {
    let fields = digester.insuranceFields(
      of: record.record, Array(record.name.utf8).span, held: record.held)
    guard let person = decisions.route(record.record, fields).person else { continue }
    var reasons = Reasons()
    if let legacy = record.key.legacyID {
      let ids = try holders(legacy)
      guard ids.count != 1 else { continue }
      reasons.insert(ids.isEmpty ? .legacyUnknown : .legacyAmbiguous)
    } else if let held = record.key.personalID {
      var nobody = PersonRules()
      nobody.begin(held)
      reasons = nobody.unknownReasons
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
    of found: FoundInsurance, first: FoundPerson?, _ legacyReason: Reason?, _ heldBack: Set<Place>?
  ) -> JudgementExplanation {
    let name = Array(found.name.utf8)
    var verdict = verdict(on: found.record, name: name.span, held: found.held)
    if let legacyReason { verdict = Verdict(outcome: .personUnknown, words: Reasons(legacyReason)) }
    if verdict.outcome == .linked, heldBack?.contains(found.place) == true {
      verdict = Verdict(outcome: .numberShared, words: Reasons(.insuranceNumber))
    }
    var verdicts = [
      RuleVerdict(rule: "readable", passed: true, detail: "", population: "", insurance: ""),
      RuleVerdict(
        rule: "personal_id", passed: true,
        detail: found.record.rule == .decision
          ? LinkRule.decision.name
          : found.key.legacyID == nil ? LinkRule.personalID.name : LinkRule.legacyID.name,
        population: personalID.text,
        insurance: found.key.legacyID?.text ?? found.key.personalID?.text ?? found.rawID),
    ]
    /// Adds what a rule said; one that comes after the deciding one is not asked.
    func add(_ rule: String, _ decides: Outcome, _ detail: Reasons, _ population: String, _ insurance: String)
    {
      let passed: Bool? = verdict.outcome.rawValue < decides.rawValue ? nil : verdict.outcome != decides
      verdicts.append(
        RuleVerdict(
          rule: rule, passed: passed, detail: passed == false ? detail.text : "", population: population,
          insurance: insurance))
    }
    let status = first?.record.status.name ?? ""
    add("person_known", .personUnknown, verdict.words, first == nil ? "" : personalID.text, "")
    add("person_unique", .personDuplicated, verdict.words, String(recordCount), "")
    add("person_active", .personInactive, verdict.words, status, "")

    let isCompared = verdict.outcome.rawValue >= Outcome.disputed.rawValue
    let agreement = isCompared ? nameAgreement(with: name.span) : nil
    let finerName = verdict.words.intersection(Reasons(.sameWords, .iYSpelling, .middleNameDropped))
    verdicts.append(
      RuleVerdict(
        rule: "name", passed: agreement.map { $0 != .differs },
        detail: agreement.map {
          $0 == .exact ? "exact" : $0 == .bare ? "bare" : finerName.isEmpty ? "differs" : finerName.text
        } ?? "",
        population: first?.name ?? "", insurance: found.name))

    let (date, otherDate) = (first?.record.birthDate ?? .none, found.record.birthDate)
    let finerDate = verdict.words.intersection(Reasons(.dayMonthSwapped, .lunarBirthday))
    let datesAgree = date.agrees(with: otherDate)
    verdicts.append(
      RuleVerdict(
        rule: "birth_date", passed: isCompared ? datesAgree : nil,
        detail: !isCompared
          ? ""
          : datesAgree
            ? (date == otherDate ? "exact" : Reason.birthDatePrecision.word)
            : finerDate.isEmpty ? "differs" : finerDate.text,
        population: date.text, insurance: otherDate.text))

    let (sex, otherSex) = (first?.record.sex ?? .unknown, found.record.sex)
    verdicts.append(
      RuleVerdict(
        rule: "sex", passed: isCompared ? sexesAgree(sex, otherSex) : nil,
        detail: !isCompared
          ? "" : sex == otherSex ? "exact" : sexesAgree(sex, otherSex) ? "unknown" : "differs",
        population: sex.name, insurance: otherSex.name))

    if let (decision, holds) = decision(on: found.record, name: name.span, held: found.held) {
      let now = judgedFields(of: found.record, name.span, held: found.held)
      let changed = decision.judged.changes(to: now, comparingHeld: found.record.rule == .decision).text
      verdicts.append(
        RuleVerdict(
          rule: "decision", passed: holds ? decision.isAccepted : nil,
          detail: "\(decision.isAccepted ? "accept" : "reject") \(decision.number)"
            + (holds ? "" : " \(changed)"),
          population: "", insurance: ""))
    }

    let reachesNumber = verdict.outcome == .linked || verdict.outcome == .numberShared
    verdicts.append(
      RuleVerdict(
        rule: "number_unshared", passed: reachesNumber && heldBack != nil ? verdict.outcome == .linked : nil,
        detail: verdict.outcome == .numberShared ? Reason.insuranceNumber.word : "", population: "",
        insurance: found.record.insuranceNumber.isNone ? "" : found.record.insuranceNumber.text))
    return JudgementExplanation(
      record: found, outcome: verdict.outcome, words: verdict.words, verdicts: verdicts)
  }
}

extension Reasons {
  fileprivate func intersection(_ other: Reasons) -> Reasons {
    Reasons(low: low & other.low, high: high & other.high)
  }
}
