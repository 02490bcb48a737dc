// Erase: removes one person from everything the workspace keeps, for good.
// Invariant: the audit log says so first, then the list of erased persons; an erasure that is cut off is finished by the same
// command. Staged records are removed as a whole, because sorted files can't lose a record; the next run makes them anew.
// Load: one search in each store and each file of the history.

import Files
import Match
package import Pipeline
import SortedRuns
import Store
package import Values
package import Workspace

/// What an erasure removed.
package struct Erasure: Sendable {
  /// Rows of the store in force, of the stores that are kept or wait, and of the history.
  package var rows = 0
  /// Runs whose staged records and quarantine were removed.
  package var runs: [Int] = []
}

/// Removes a person for good.
///
/// - Parameter because: why; written into the audit log before anything happens.
/// - Throws: ``Stop`` with ``Exit/none`` if nothing is kept of that number.
package func erase(
  _ id: PersonalID, from pipeline: Pipeline, because: String, in workspace: Workspace
) throws(Stop) -> Erasure {
  let erasing = Erasing(id: id, pipeline: pipeline, path: workspace.path)
  var list = try ErasedList(workspace.path)
  if try !list.contains(id, workspace.path), try !erasing.isKnown() {
    throw Stop(
      .none, at: workspace.path,
      expected: "a person of this number in the store, its history or the staged records",
      found: "none", remedy: "Nothing was changed. Check the digits. Không có dữ liệu nào mang số này.",
      next: "cardlink explain - PIPELINE")
  }
  try Audit(workspace.path).append(.erased, person: id, because: because)
  try list.set(id, isErased: true, workspace.path)
  return try erasing.erase()
}

/// Lets exports bring an erased person again.
package func allowReturn(
  of id: PersonalID, to pipeline: Pipeline, because: String, in workspace: Workspace
) throws(Stop) {
  var list = try ErasedList(workspace.path)
  guard try list.contains(id, workspace.path) else {
    throw Stop(
      .none, at: workspace.path, expected: "a person who was erased", found: "none of this number",
      remedy: "Nothing was changed.", next: "cardlink audit show PIPELINE --event erased")
  }
  try Audit(workspace.path).append(.returnAllowed, person: id, because: because)
  try list.set(id, isErased: false, workspace.path)
}

private struct Erasing {
  let id: PersonalID
  let pipeline: Pipeline
  let path: String
  private var reader: WorkspaceReader { WorkspaceReader(path) }
  private var stores: KeptStores { KeptStores(pipeline, in: path) }

  /// The store in force, those that are kept, and the one that waits for its packages.
  private func storePaths() throws(Stop) -> [String] {
    var paths: [String] = []
    for path in [stores.path, stores.next] {
      if try Store.runID(at: path) != nil { paths.append(path) }
    }
    for run in try stores.runs() {
      // One of an earlier version can't be put in force again.
      if try Store.runID(at: stores.path(of: run)) == nil {
        try Folder.remove(stores.path(of: run))
      } else {
        paths.append(stores.path(of: run))
      }
    }
    return paths
  }

  /// Whether anything is kept of the person.
  func isKnown() throws(Stop) -> Bool {
    for path in try storePaths() {
      let store = try Store(path: path)
      if try store.card(personalID: id.text) != nil { return true }
      if try !store.findings(personalID: id.text).isEmpty { return true }
    }
    if try PlaceBook(in: path).holds(id) { return true }
    for path in try History.paths(in: stores.historyFolder) {
      if try holds(id, inHistory: path) { return true }
    }
    for run in try reader.runs() {
      guard let extracted = run.finished(.extract), extracted.run == run.id else { continue }
      let folder = reader.folder(of: extracted)
      guard let staged = try JSONFile.read(StagedSnapshot.self, from: folder + "/result.json") else {
        continue
      }
      let lookup = StagedLookup(staged, in: folder)
      if try !lookup.population(id).isEmpty { return true }
      if try !lookup.insurance(.personal(id)).isEmpty { return true }
      if try !lookup.quarantine(id).isEmpty { return true }
    }
    return false
  }

  func erase() throws(Stop) -> Erasure {
    var erasure = Erasure()
    for number in try reader.runNumbers() {
      let folder = reader.folder(of: number)
      for name in try Folder.names(in: folder)
      where ["extract", "match"].contains(name) || name.hasSuffix(".partial") {
        try Folder.remove(folder + "/" + name)
        if erasure.runs.last != number { erasure.runs.append(number) }
      }
    }
    let placeLock = try Folder.exists(PlaceBook.folder(in: path)) ? PlaceBook.lock(in: path) : nil
    defer { withExtendedLifetime(placeLock) {} }
    var places = try PlaceBook(in: path)
    _ = try places.erase(id)
    for path in try storePaths() { erasure.rows += try eraseRows(of: id, fromStore: path) }
    var stamps: [(before: String, after: String)] = []
    for path in try History.paths(in: stores.historyFolder) {
      let before = try HistoryFile.stamp(of: path)
      erasure.rows += try eraseRows(of: id, fromHistory: path)
      stamps.append((before, try HistoryFile.stamp(of: path)))
    }
    if let server = try pipeline.server() {
      try server.hold()
      try server.erase(id, stamps)
    }
    return erasure
  }
}
