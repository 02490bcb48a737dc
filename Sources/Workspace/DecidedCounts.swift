// What officers' decisions have done in one run, in figures: for the run's end, status, report and metrics.
// Invariant: counts only, out of the run's record; each record is in one of the figures at most.
// Load: some additions.

import Values

/// What became of the decisions that a match applied.
package struct DecidedCounts: Hashable, Sendable, Codable {
  /// Decisions that were in force.
  package var inForce: Int
  /// Records that are linked because of one; nil for a run of before this was counted.
  package var linked: Int?
  /// Disputed records that one keeps apart from the person.
  package var keptApart: Int
  /// Records that could not go to the person whom one names: inactive, gone, or with records that disagree.
  package var notApplied: Int

  /// Nil for a run without decisions.
  package init?(_ run: RunRecord) {
    guard let applied = run.decisions, applied.inForce > 0 || applied.linked ?? 0 > 0 else { return nil }
    func count(_ reason: Reason) -> Int {
      Outcome.ofInsurance.reduce(0) { $0 + (run.reasons["\($1.name)/\(reason.word)"] ?? 0) }
    }
    inForce = applied.inForce
    linked = applied.linked
    keptApart = count(.decisionRejected)
    notApplied = count(.decisionNotApplied)
  }

  /// In a line of text.
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
  /// What officers' decisions did in it; nil without any.
  package var decided: DecidedCounts? { DecidedCounts(self) }
}
