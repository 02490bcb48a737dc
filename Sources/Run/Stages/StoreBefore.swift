// The store of the night before: whose people must not lapse suddenly, if the pipeline file asks for grace.
// Invariant: which store it is depends on the run records and the business date alone, so that running the same night
// again, or any stage of it, begins from the same one. It is the last that was in force on an earlier business date and was
// not taken out of force by a rollback.
// Load: some run records.

import Files
import Foundation
package import Match
package import Pipeline
import Store
package import Values
package import Workspace

extension Pipeline {
  /// The run whose store a run of a business date begins from; nil if there is none that can be read.
  ///
  /// - Parameter runs: all of the workspace's, ascending.
  package func storeBefore(_ asOf: CalendarDate, among runs: [RunRecord], in workspace: String) -> RunRecord?
  {
    let stores = KeptStores(self, in: workspace)
    guard let inForce = stores.inForce, let number = runs.storeBefore(asOf.text, inForce: inForce),
      let run = runs.first(where: { $0.id == number })
    else { return nil }
    let path = number == inForce ? stores.path : stores.path(of: number)
    return (try? Store(path: path).runID()) == number ? run : nil
  }

  /// The store before as a match takes it; nil if grace isn't asked for or there is none.
  package func storeBefore(
    _ asOf: CalendarDate, among runs: [RunRecord], telling listener: any Progress
  ) throws(Stop) -> StoreBefore? {
    guard let graceDays else { return nil }
    guard let run = storeBefore(asOf, among: runs, in: workspace) else {
      if runs.contains(where: { $0.state == .done && $0.asOf < asOf.text }) {
        listener.note(
          "Grace: the store of the night before is gone or of another version; no person is kept.")
      }
      return nil
    }
    let stores = KeptStores(self, in: workspace)
    let persons = try StoredPersons(path: stores.inForce == run.id ? stores.path : stores.path(of: run.id))
    return StoreBefore(
      graceDays: graceDays, runID: persons.runID, insuranceFiles: persons.insuranceFiles,
      keptSources: persons.keptSources,
      nextBatch: { batch throws(Stop) in
        let more = try persons.nextBatch(into: &batch)
        return more
      })
  }

  /// By what a match result tells the store that it was made from.
  func storeBeforeMadeFrom(_ asOf: CalendarDate, among runs: [RunRecord]) -> String? {
    guard graceDays != nil else { return nil }
    guard let run = storeBefore(asOf, among: runs, in: workspace) else { return "none" }
    return "run \(run.id) \(run.finished(.load)?.madeFrom?.digest.prefix(16) ?? "")"
  }
}

extension Night {
  /// The store before as the match takes it; nil if the pipeline asks for no grace or there is none.
  package func storeBefore() throws(Stop) -> StoreBefore? {
    try pipeline.storeBefore(options.asOf, among: reader.runs(), telling: progress)
  }
}
