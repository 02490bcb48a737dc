// The store of the night before: whose people must not lapse suddenly, if the pipeline file asks for grace.
// Invariant: which store it is depends on the run records and the business date alone, so that running the same night
// again, or any stage of it, begins from the same one. It is the last that was in force on an earlier business date and was
// not taken out of force by a rollback.
// Load: some run records.

import Files
import Foundation
import Match
import Store
import Values
import Yams

extension Pipeline {
  /// The run whose store a run of a business date begins from; nil if there is none that can be read.
  ///
  /// - Parameter runs: all of the workspace's, ascending.
  func storeBefore(_ asOf: CalendarDate, among runs: [RunRecord], in workspace: String) -> RunRecord? {
    let stores = KeptStores(self, in: workspace)
    guard let inForce = stores.inForce, let number = runs.storeBefore(asOf.text, inForce: inForce),
      let run = runs.first(where: { $0.id == number })
    else { return nil }
    let path = number == inForce ? stores.path : stores.path(of: number)
    return (try? Store(path: path).runID()) == number ? run : nil
  }

  /// The store before as a match takes it; nil if grace isn't asked for or there is none.
  func storeBefore(
    _ asOf: CalendarDate, among runs: [RunRecord], telling listener: any Progress
  ) throws(Stop) -> StoreBefore? {
    guard let graceDays else { return nil }
    guard let run = storeBefore(asOf, among: runs, in: workspace) else {
      if runs.contains(where: { $0.state == .done && $0.asOf < asOf.text }) {
        listener.note("Grace: the store of the night before is gone or of another version; nobody is kept.")
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

extension [RunRecord] {
  /// The last store of an earlier business date among those that led to the one in force.
  func storeBefore(_ asOf: String, inForce: Int) -> Int? {
    var line: [Int] = []
    func goBack(to number: Int) {
      if let i = line.lastIndex(of: number) { line.removeSubrange((i + 1)...) } else { line.append(number) }
    }
    for run in self {
      if let rollback = run.rollback {
        goBack(to: rollback.to)
      } else if run.finished(.load)?.run == run.id {
        line.append(run.id)
      }
    }
    // A load that was cut off behind its switch, or a rollback before it, is not in the records yet.
    goBack(to: inForce)
    return line.last { number in first { $0.id == number }.map { $0.asOf < asOf } ?? false }
  }
}

extension Night {
  /// The store before as the match takes it; nil if the pipeline asks for no grace or there is none.
  func storeBefore() throws(Stop) -> StoreBefore? {
    try pipeline.storeBefore(options.asOf, among: reader.runs(), telling: progress)
  }
}

extension PipelineReader {
  /// How many days a person is kept whose data has become doubtful.
  func grace(_ node: Node) throws(Stop) -> Int {
    let keys = try mapping(node, key: "grace", line: line(node), known: ["days"], required: ["days"])
    let days = keys["days"]
    guard let count = (days?.scalar?.string).flatMap({ Int($0) }), (1...366).contains(count) else {
      throw stop(
        line(days), "days", expected: "a number of days from 1 to 366", found: shape(days),
        remedy: "Write grace: { days: 14 }, or leave grace out to keep nobody.")
    }
    return count
  }
}
