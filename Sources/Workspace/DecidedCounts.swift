// The effect of officers' decisions in one run, as counts for the end of a run, status, report and metrics.
// Invariant: each record is in at most one of the counts.

import Values

/// The effect of the decisions that a match applied.
package struct DecidedCounts: Hashable, Sendable, Codable {
  /// Decisions that were in force.
  package var inForce: Int
  /// Records linked by a decision; nil for a run of a version that did not count them.
  package var linked: Int?
  /// Disputed records that a decision keeps apart from the person.
  package var keptApart: Int
  /// Records whose decision names a person who is inactive, not registered, or has records that disagree.
  package var notApplied: Int

  /// Nil for a run without decisions.
  package init?(_ run: RunRecord) {
    guard let applied = run.matched.decisions, applied.inForce > 0 || applied.linked ?? 0 > 0 else {
      return nil
    }
    func count(_ reason: Reason) -> Int {
      Outcome.ofInsurance.reduce(0) { $0 + (run.matched.reasons["\($1.name)/\(reason.word)"] ?? 0) }
    }
    inForce = applied.inForce
    linked = applied.linked
    keptApart = count(.decisionRejected)
    notApplied = count(.decisionNotApplied)
  }

  /// As one line of text.
  package var words: String {
    func count(_ number: Int, _ words: String) -> String? {
      number == 0 ? nil : "\(FigureText.grouped(number)) \(words)"
    }
    let effects = [
      linked.map { "\(FigureText.grouped($0)) record\($0 == 1 ? "" : "s") linked by them" },
      count(keptApart, "kept apart"), count(notApplied, "not applied"),
    ].compactMap(\.self)
    return (["\(FigureText.grouped(inForce)) in force"] + effects).joined(separator: ", ")
  }
}

extension RunRecord {
  /// The effect of officers' decisions; nil without any.
  package var decided: DecidedCounts? { DecidedCounts(self) }
}
