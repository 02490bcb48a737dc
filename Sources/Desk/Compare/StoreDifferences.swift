// cardlink diff: how the stores of two runs differ; of a run that is held, what its store would be.
// Invariant: reads the stores only, each through its own connection, and changes nothing; a store that is replaced or
// removed meanwhile is read to its end all the same.
// Load: both stores once, in key order, side by side.

package import Values
package import Workspace

/// Two runs whose persons can be read.
package struct ComparedRuns: Sendable {
  private let asked: (before: AskedRun, after: AskedRun)
  private let desk: Desk

  /// The runs as they were asked for.
  package var before: RunRecord { asked.before.run }
  package var after: RunRecord { asked.after.run }

  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run, or neither its store nor its match result is kept.
  package init(_ desk: Desk, _ before: Int, _ after: Int) throws(Stop) {
    self.desk = desk
    asked = (try desk.asked(before), try desk.asked(after))
  }

  /// Counts the differences between the stores.
  package func differences() throws(Stop) -> CardDifferences {
    try compare { (_) throws(Stop) in }
  }

  /// Lists the persons whose cards differ, ascending by personal ID.
  package func persons(each: (CardDifference) throws(Stop) -> Void) throws(Stop) -> CardDifferences {
    try desk.audit(
      .differencesRead, run: after.id, detail: ["before": "\(before.id)", "after": "\(after.id)"])
    return try compare(each)
  }

  private func compare(
    _ each: (CardDifference) throws(Stop) -> Void
  ) throws(Stop) -> CardDifferences {
    let (old, new) = (try desk.persons(of: asked.before), try desk.persons(of: asked.after))
    for (stream, run) in [(old, before), (new, after)] {
      guard let found = stream.run, found != run.finished(.load)?.run else { continue }
      throw Stop(
        .runInProgress, at: "run \(run.id)", expected: "its store", found: "that of run \(found)",
        remedy: "A run has replaced it this very moment. Ask again.",
        next: "cardlink diff \(before.id) \(after.id) PIPELINE")
    }
    return try cardDifferences(
      before: { batch throws(Stop) in try old.next(&batch) },
      after: { batch throws(Stop) in try new.next(&batch) }, each: each)
  }
}
