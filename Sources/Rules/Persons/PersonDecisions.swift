// Applies officers' decisions to the records of one person.
// Invariant: a decision is valid while everything that the officer judged is unchanged.

import Values

extension PersonRules {
  /// Applies what officers decided on this record and person.
  ///
  /// An accepted pair links, with a note for each disagreement; a rejected pair is disputed. A decision on values that
  /// have changed since then only adds the reasons that name the changes.
  mutating func decide(
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
      // A record that names another number too may be disputed later on, because that number is registered.
      guard verdict.outcome == .disputed || record.namesOther(than: personalID) else { return }
      verdict.words.formUnion(notes)
      verdict.outcome = .linked
      verdict.rule = .decision
    } else {
      if verdict.outcome == .linked {
        verdict.words.formIntersection(Reasons(.idFromInsuranceNumber))
      }
      verdict.words.insert(.decisionRejected)
      verdict.outcome = .disputed
    }
  }

  /// Judges a record whose personal ID field leads to no person and that an officer gave to this person.
  mutating func verdict(onRouted record: InsuranceRecord, name: Span<UInt8>, held: LinkKey) -> Verdict {
    var back = Verdict(outcome: Self.outcome(ofHeld: held), words: record.words)
    if back.outcome == .personUnknown {
      back.words.formIntersection(
        Reasons(
          .legacyUnknown, .legacyAmbiguous, .previousAmbiguous, .idPrefixUnknown, .testNumber,
          .idFromInsuranceNumber))
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

  /// What has changed since the last decision on this record and person; empty if there is none.
  mutating func changesSinceDecision(
    on record: InsuranceRecord, _ name: Span<UInt8>, _ held: LinkKey
  ) -> Reasons {
    guard !decided.isEmpty, let last = lastDecision(on: record) else { return Reasons() }
    return last.judged.changes(to: judgedFields(of: record, name, held: held), comparingHeld: false)
  }

  /// The last decision on this record and person, whatever their values were.
  private func lastDecision(on record: InsuranceRecord) -> Decision? {
    var last: Decision?
    for i in decided where isOn(decisions.byPerson[i], record) { last = decisions.byPerson[i] }
    return last
  }

  /// The decision on the current values of this record and person.
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

  /// The decision on the current values of a record, or the last one on other values; for the explanation.
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
}
