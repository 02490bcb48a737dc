// Why insurance records did not link, most frequent cause first, each with its meaning and the command that
// lists the records.
// Invariant: counts are the ledger's; a record with two reasons counts under both.

package import Values
package import Workspace

/// One reason of one outcome, or an outcome without a reason.
package struct Cause: Hashable, Sendable {
  package var outcome: Outcome
  /// The word as the store shows it; nil if the records have none.
  package var word: String?
  package var records: Int

  /// Its name in the ledger's counts: `disputed/name`.
  package var name: String { outcome.name + (word.map { "/" + $0 } ?? "") }

  package var meaning: Bilingual { reason?.meaning ?? outcome.meaning }
  package var remedy: Bilingual { reason?.remedy ?? outcome.remedy }
  private var reason: Reason? { word.flatMap(Reason.init(shown:)) }

  /// The command that lists these records.
  ///
  /// - Parameter run: whose they are; `findings` by itself answers from the store in force.
  package func command(_ pipeline: String, run: RunRecord) -> String {
    let number = run.state == .done ? "" : " --run \(run.id)"
    return "cardlink findings \(pipeline)\(number) --outcome \(outcome.name)"
  }
}

extension RunRecord {
  /// The causes, most frequent first; notes on linked records are not causes.
  package var causes: [Cause] {
    var causes: [Cause] = []
    for (name, records) in matched.reasons {
      let parts = name.split(separator: "/")
      guard parts.count == 2, let outcome = Outcome(name: String(parts[0])), outcome != .linked else {
        continue
      }
      causes.append(Cause(outcome: outcome, word: String(parts[1]), records: records))
    }
    for (name, records) in matched.withoutReason {
      if let outcome = Outcome(name: name) { causes.append(Cause(outcome: outcome, records: records)) }
    }
    return causes.sorted { ($1.records, $0.name) < ($0.records, $1.name) }
  }
}
