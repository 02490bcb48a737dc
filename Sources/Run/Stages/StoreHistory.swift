// The history of the store in force: written before another store comes in force, tended when it is.
// Invariant: what the store in force shows and the next one doesn't is in a whole, synced file before the switch. A
// store that never comes in force leaves a file that no question reads, and that the next change removes.
// Load: both stores once, read by all threads.

import Files
import Pipeline
import Store
import Values
import Workspace

extension Night {
  /// Writes the history of the change to a store that is about to come in force.
  ///
  /// - Parameters:
  ///   - path: that store.
  ///   - storeRun: the run that loaded it.
  func remember(storeAt path: String, ofRun storeRun: Int) throws(Stop) {
    let stores = KeptStores(pipeline, in: workspace.path)
    guard pipeline.keep.history > 0, let history = try stores.history() else { return }
    try history.clear()
    var change = history.change(to: storeRun, by: run.id, on: run.asOf)
    var before = stores.path
    if change.before.run == run.id {
      // The run loads again after its store came in force: what was known before is in the store before it.
      guard let first = history.changes.last?.before, try stores.runs().contains(first.storeRun) else {
        return
      }
      change.before = first
      before = stores.path(of: first.storeRun)
    }
    try writeHistory(
      of: change, from: before, to: path, in: history.folder, width: options.threads)
  }

  /// A failure is a note, because the run itself is done; the next run tries again.
  func tendHistory() {
    do throws(Stop) {
      try workspace.tendHistory(of: pipeline, threads: options.threads)
    } catch {
      progress.note("The history could not be tended. \(error.finding.description)")
    }
  }
}

extension Workspace {
  /// Removes what is no longer kept, merges files, and writes the views for other programs.
  func tendHistory(of pipeline: Pipeline, threads: Int) throws(Stop) {
    let stores = KeptStores(pipeline, in: path)
    guard let history = try stores.history() else { return }
    guard pipeline.keep.history > 0 else { return try Folder.remove(history.folder) }
    try history.tend(keepingDays: pipeline.keep.history, width: threads)
    if let history = try stores.history() { try HistoryViews.write(history) }
  }
}
