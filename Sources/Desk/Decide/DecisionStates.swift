// cardlink decisions: the state of each decision, and its effect in the store in force. Takes no lock.
// Load: one pass over the findings, and a look-up for each accepted pair.

import Files
import Rules
import Store
package import Values
package import Workspace

/// One decision with its state.
package struct DecisionState: Sendable {
  package enum State: String, Sendable, CaseIterable {
    case inForce = "in_force"
    /// The judged values have changed since.
    ///
    /// The decision has no effect until it is made again.
    case reopened
    case revoked
  }

  /// The effect of a decision in the store in force.
  package enum Effect: String, Sendable {
    /// The record is linked because of it.
    case linked
    /// The record links without the decision.
    case notNeeded = "not_needed"
    /// The record is kept apart from the person because of it.
    case keptApart = "kept_apart"
    /// The person is inactive, not registered, or has records that disagree.
    case notApplied = "not_applied"
    /// Another person claims the insurance number too.
    case numberShared = "number_shared"
    /// No effect is visible: the record is not in the export, or the person is no longer its candidate.
    case none
    /// The decision was made after the match whose result is in force.
    case nextMatch = "next_match"
  }

  package var entry: BookedDecision
  package var taken: DecisionAct
  package var state: State
  package var effect: Effect?
  /// For a reopened one, the changes.
  package var changed = Reasons()
  /// For a revoked one.
  package var revoked: DecisionAct?
}

extension Desk {
  /// The decisions of a pipeline's workspace, by number.
  ///
  /// - Parameter person: only those on this person, or on a record that holds the person's number; nil for all.
  func decisionStates(of person: PersonalID? = nil) throws(Stop) -> [DecisionState] {
    let book = try DecisionBook(pipeline.workspace)
    let entries = book.entries.filter { entry in
      person == nil || entry.decision.person == person || entry.decision.insurance.held.personalID == person
    }
    guard !entries.isEmpty else { return [] }
    let store = try storeIfAny()
    var known = 0
    var findings: [RecordNumbers: [StoredFinding]] = [:]
    if let store {
      let run = try store.runID()
      known =
        try WorkspaceReader(pipeline.workspace).runs().last { $0.id == run }?.matched.decisions?.acts ?? 0
      for finding in try store.findingsOfDecisions() {
        if let numbers = finding.numbers { findings[numbers, default: []].append(finding) }
      }
    }
    var states: [DecisionState] = []
    for entry in entries {
      let taken = book.acts[entry.act]
      var state = DecisionState(entry: entry, taken: taken, state: .inForce)
      if let act = entry.revokedBy {
        (state.state, state.revoked) = (.revoked, book.acts[act])
      } else if entry.act >= known {
        state.effect = .nextMatch
      } else if let store {
        let numbers = RecordNumbers(entry.decision.insuranceNumber, entry.decision.cardNumber)
        try state.look(in: store, findings[numbers] ?? [])
      }
      states.append(state)
    }
    return states
  }
}

extension DecisionState {
  /// Sets the effect, or the state if the decision is reopened.
  ///
  /// - Parameter findings: those of the record that concern decisions.
  fileprivate mutating func look(in store: Store, _ findings: [StoredFinding]) throws(Stop) {
    let decision = entry.decision
    let person = decision.person.text
    let card = try decision.isAccepted ? store.cards(of: person).first { $0.isOf(decision) } : nil
    if let card {
      effect = card.rule == LinkRule.decision.name ? .linked : .notNeeded
      return
    }
    for finding in findings {
      guard let now = finding.digest.flatMap({ JudgedFields(text: $0) }) else { continue }
      let words = Set((finding.reasons ?? "").split(separator: ",").map(String.init))
      // The record either holds the number of the decision's person, or no usable number.
      let isPair = finding.personalID == person && finding.outcome == Outcome.disputed.name
      let isOpen = finding.outcome != Outcome.disputed.name
      guard isPair || isOpen else { continue }
      // The population's values are compared only if they are this person's.
      var then = decision.judged
      if !isPair, finding.candidatePersonalID != person { then.population = nil }
      let differences = then.changes(to: now, comparingHeld: isOpen)
      if words.contains(where: { $0.hasPrefix("reopened_") }), !differences.isEmpty || isOpen {
        (state, changed) = (.reopened, differences.isEmpty ? Reasons(reopenedIn: words) : differences)
        return
      }
      if words.contains(Reason.decisionNotApplied.word) { effect = .notApplied }
      if words.contains(Reason.decisionRejected.word), !decision.isAccepted { effect = .keptApart }
    }
    if effect == nil {
      let isShared = try store.findings(personalID: person).contains { finding in
        finding.outcome == Outcome.numberShared.name
          && finding.numbers == RecordNumbers(decision.insuranceNumber, decision.cardNumber)
      }
      // A rejected candidate leaves no reason in the finding: the match no longer suggests the person.
      effect = isShared ? .numberShared : decision.isAccepted ? Effect.none : .keptApart
    }
  }
}

extension LinkedCard {
  /// Whether it is the record that was decided on.
  fileprivate func isOf(_ decision: Decision) -> Bool {
    insuranceNumber == decision.insuranceNumber.text && (cardNumber ?? "") == decision.cardNumber.text
  }
}

extension Reasons {
  /// The reasons among the words that name the changes since a decision.
  fileprivate init(reopenedIn words: Set<String>) {
    self.init()
    for word in words where word.hasPrefix("reopened_") {
      if let reason = Reason(word: word) { insert(reason) }
    }
  }
}
