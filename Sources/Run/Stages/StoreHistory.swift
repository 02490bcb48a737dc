// The history of the store in force: written before another store comes in force, tended when it is.
// Invariant: what the store in force shows and the next one doesn't is in a whole, synced file before the switch. A
// store that never comes in force leaves a file that no question reads, and that the next change removes.
// Load: the store before once, read by all threads; both after a rollback.

import Files
import Pipeline
import Store
import Values
import Workspace

extension Night {
  /// What the history keeps when a store comes in force; nil for nothing.
  ///
  /// - Parameter storeRun: the run that loaded that store.
  func change(toStoreOf storeRun: Int) throws(Stop) -> PreparedChange? {
    let stores = KeptStores(pipeline, in: workspace.path)
    guard pipeline.keep.history > 0, let history = try stores.history() else { return nil }
    try history.clear()
    var change = history.change(to: storeRun, by: run.id, on: run.asOf)
    guard change.before.run == run.id else {
      return PreparedChange(change, from: stores.path, in: history.folder)
    }
    // The run loads again after its store came in force: what was known before is in the store before it.
    guard let first = history.changes.last?.before, try stores.runs().contains(first.storeRun) else {
      return nil
    }
    change.before = first
    return PreparedChange(change, from: stores.path(of: first.storeRun), in: history.folder)
  }

  /// Writes the history of a change by comparing both stores.
  ///
  /// A store before that can't be read is no reason to keep it in force: the history then begins again.
  func remember(_ prepared: PreparedChange, storeAt path: String) throws(Stop) {
    do throws(Stop) {
      try writeHistory(
        of: prepared.change, from: prepared.store, to: path, in: prepared.folder, width: options.threads)
    } catch  where error.isNoStore {
      progress.note(
        "The history begins again with run \(prepared.change.after.storeRun). \(error.finding.description)")
    }
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
  /// Removes what is no longer kept, merges files, writes the views for other programs, and gives the server the same.
  func tendHistory(of pipeline: Pipeline, threads: Int) throws(Stop) {
    let stores = KeptStores(pipeline, in: path)
    guard let history = try stores.history() else { return }
    if pipeline.keep.history > 0 {
      try history.tend(keepingDays: pipeline.keep.history, width: threads)
    } else {
      try Folder.remove(history.folder)
    }
    guard let history = try stores.history() else { return }
    if pipeline.keep.history > 0 { try HistoryViews.write(history) }
    guard let server = try pipeline.server() else { return }
    try server.hold()
    try server.show(history)
  }
}
