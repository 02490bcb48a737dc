// Compares the outcomes of two matches of the same staged records.
// Invariant: every insurance record is counted once, under its outcome before and its outcome now. A record without a
// finding is linked, so that only the findings are read.
// Load: both matches' findings, a few per cent of the records, read side by side in the order of the export.

import SortedRuns
package import Values

/// One record whose outcome or reasons have changed.
package struct OutcomeExample: Hashable, Sendable {
  package var place: Place
  package var line: UInt32
  /// Reasons; empty where the record was linked.
  package var was: Reasons
  package var now: Reasons
}

/// One outcome before and now.
package struct OutcomeChange: Hashable, Sendable {
  package var from: Outcome
  package var to: Outcome
  package var records = 0
  /// Of records whose outcome is the same, those with other reasons.
  package var otherReasons = 0
  /// The first in the export.
  package var examples: [OutcomeExample] = []
}

/// Compares two matches of the same staged records.
///
/// - Parameters:
///   - old, new: what the matches left, and where.
///   - mostExamples: so many examples of each change.
/// - Returns: the changes that occur, and the outcomes that stay, in the order of the outcomes.
/// - Throws: ``Stop`` if a file is damaged or gone, or the two are not of the same records.
/// - Complexity: one pass over the findings of both.
package func outcomeChanges(
  from old: MatchedSnapshot, in oldFolder: String, to new: MatchedSnapshot, in newFolder: String,
  mostExamples: Int = 3
) throws(Stop) -> [OutcomeChange] {
  var changes = Outcome.ofInsurance.flatMap { from in
    Outcome.ofInsurance.map { OutcomeChange(from: from, to: $0) }
  }
  let width = Outcome.ofInsurance.count
  let insurance = UInt64(ExportKind.insurance.rawValue)
  var before = try Merge(old.findings, in: oldFolder, from: insurance)
  var after = try Merge(new.findings, in: newFolder, from: insurance)
  let linked = FindingHead()
  while before.hasRecord || after.hasRecord {
    let place = min(before.place, after.place)
    var (was, now) = (linked, linked)
    if before.place == place {
      was = try before.withPayload { (payload) throws(Stop) in FindingHead(payload) }
      try before.advance()
    }
    if after.place == place {
      now = try after.withPayload { (payload) throws(Stop) in FindingHead(payload) }
      try after.advance()
    }
    let i = Int(was.outcome.rawValue) * width + Int(now.outcome.rawValue)
    changes[i].records += 1
    guard was.outcome != now.outcome || was.reasons != now.reasons else { continue }
    if was.outcome == now.outcome { changes[i].otherReasons += 1 }
    if changes[i].examples.count < mostExamples {
      changes[i].examples.append(
        OutcomeExample(
          place: Place(packed: place), line: max(was.line, now.line), was: was.reasons, now: now.reasons))
    }
  }
  let others = changes.filter { $0.from == .linked }.reduce(0) { $0 + $1.records }
  changes[changes.count - 1].records = old.count(.insurance, .linked) - others
  for outcome in Outcome.ofInsurance {
    let from = changes.filter { $0.from == outcome }.reduce(0) { $0 + $1.records }
    let to = changes.filter { $0.to == outcome }.reduce(0) { $0 + $1.records }
    guard from == old.count(.insurance, outcome), to == new.count(.insurance, outcome) else {
      throw Stop(
        .internalError, at: "rehearsal",
        expected: "\(new.count(.insurance, outcome)) records as \(outcome.name)",
        found: "\(to)", remedy: "Nothing was changed. This is a defect of cardlink: please report it.")
    }
  }
  return changes.filter { $0.records > 0 }
}
