// Finds the store of the previous business date, whose people may be kept in grace.
// Invariant: the choice depends on the run records and the business date alone, so that repeating a run, or
// any stage of it, uses the same store. It is the last one that was in force on an earlier business date and
// was not rolled back.

package import Match
package import Pipeline
import Store
package import Values
package import Workspace

extension Pipeline {
  /// The run whose store a run of a business date begins from; nil if there is none that can be read.
  ///
  /// - Parameter runs: all runs of the workspace, ascending.
  package func storeBefore(
    _ asOf: CalendarDate, among runs: [RunRecord], in workspace: String
  ) throws(Stop) -> RunRecord? {
    let stores = KeptStores(self, in: workspace)
    guard let inForce = try stores.inForce(), let number = runs.storeBefore(asOf.text, inForce: inForce),
      let run = runs.first(where: { $0.id == number })
    else { return nil }
    let path = number == inForce ? stores.path : stores.path(of: number)
    return try Store.runID(at: path) == number ? run : nil
  }

  /// The previous store in the form that a match takes; nil without grace or without such a store.
  package func storeBefore(
    _ asOf: CalendarDate, among runs: [RunRecord], telling listener: any Progress
  ) throws(Stop) -> StoreBefore? {
    guard let graceDays else { return nil }
    guard let run = try storeBefore(asOf, among: runs, in: workspace) else {
      if runs.contains(where: { $0.state == .done && $0.asOf < asOf.text }) {
        listener.note(
          "Grace: the store of the night before is gone or of another version; no person is kept.")
      }
      return nil
    }
    let stores = KeptStores(self, in: workspace)
    let persons = try StoredPersons(path: stores.inForce() == run.id ? stores.path : stores.path(of: run.id))
    return StoreBefore(
      graceDays: graceDays, runID: persons.runID, insuranceFiles: persons.insuranceFiles,
      keptSources: persons.keptSources,
      nextBatch: { batch throws(Stop) in
        let more = try persons.nextBatch(into: &batch)
        return more
      })
  }

  /// The previous store as an input of a match result.
  func storeBeforeMadeFrom(_ asOf: CalendarDate, among runs: [RunRecord]) throws(Stop) -> String? {
    guard graceDays != nil else { return nil }
    guard let run = try storeBefore(asOf, among: runs, in: workspace) else { return "none" }
    return "run \(run.id) \(run.finished(.load)?.madeFrom?.digest.prefix(16) ?? "")"
  }
}

extension Night {
  /// The previous store in the form that the match takes; nil without grace or without such a store.
  package func storeBefore() throws(Stop) -> StoreBefore? {
    try pipeline.storeBefore(options.asOf, among: reader.runs(), telling: progress)
  }
}
