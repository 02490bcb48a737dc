// cardlink diff: how the stores of two runs differ.
// Invariant: only reads the stores, each through its own connection; a store that is replaced or removed
// meanwhile is still read to its end.
// Load: both stores once, in key order, in parallel.

package import Values
package import Workspace

/// Two runs with stores.
package struct ComparedRuns: Sendable {
  /// The runs in the order given.
  package var before: RunRecord
  package var after: RunRecord
  private let paths: (before: String, after: String)
  private let desk: Desk

  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run, or its store is no longer kept.
  package init(_ desk: Desk, _ before: Int, _ after: Int) throws(Stop) {
    self.desk = desk
    let pipeline = desk.pipeline
    let runs = try WorkspaceReader(pipeline.workspace).runs()
    let stores = KeptStores(pipeline, in: pipeline.workspace)
    func run(_ number: Int) throws(Stop) -> (RunRecord, String) {
      let inForce = stores.inForce
      let kept = (stores.runs + (inForce.map { [$0] } ?? [])).sorted()
      let list =
        kept.isEmpty
        ? "No store is there" : "Stores of runs \(kept.map(String.init).joined(separator: ", ")) are there"
      func refused(_ expected: String, found: String, _ remedy: String = "") -> Stop {
        Stop(
          .usage, at: "run \(number)", expected: expected, found: found, remedy: "\(list).\(remedy)",
          next: "cardlink rollback PIPELINE")
      }
      guard let run = runs.first(where: { $0.id == number }) else {
        throw refused("a run of this workspace", found: "none")
      }
      guard let loaded = run.finished(.load)?.run else {
        throw refused(
          "a run that has loaded a store", found: "one that is \(run.state.rawValue)", " Name one of them.")
      }
      if inForce == loaded { return (run, stores.path) }
      guard kept.contains(loaded) else {
        throw refused(
          "a run whose store is kept", found: "one whose store was removed",
          " How many are kept says keep.stores in the pipeline file.")
      }
      return (run, stores.path(of: loaded))
    }
    let (first, second) = (try run(before), try run(after))
    (self.before, self.after, paths) = (first.0, second.0, (first.1, second.1))
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
    let (old, new) = (try desk.persons(of: paths.before), try desk.persons(of: paths.after))
    for (store, run) in [(old, before), (new, after)] where store.runID != run.finished(.load)?.run {
      throw Stop(
        .runInProgress, at: "run \(run.id)", expected: "its store", found: "that of run \(store.runID)",
        remedy: "A run has replaced it this very moment. Ask again.",
        next: "cardlink diff \(before.id) \(after.id) PIPELINE")
    }
    return try cardDifferences(
      before: { batch throws(Stop) in try old.nextBatch(into: &batch) },
      after: { batch throws(Stop) in try new.nextBatch(into: &batch) }, each: each)
  }
}
