// Earlier stores, so that one of them can be put in force again within seconds.
// Invariant: a kept store is a further name of a file that was in force and is never written again; the store's own
// path means a whole store at every moment. Readers that have a file open keep it, whatever happens to its names.
// Load: a store of some 10 GB for each run that is kept; keeping one costs a directory entry, as long as it is the one
// in force.

import Files
import Glibc
import Store
import Values

/// The stores of earlier runs, by the run that loaded them.
struct KeptStores {
  /// The path of the store in force.
  let path: String
  private let folder: String

  /// In the workspace, or beside a store that lies elsewhere, for a file has its names on one disk only.
  init(_ pipeline: Pipeline, in workspace: String) {
    path = pipeline.storePath(in: workspace)
    folder = path.hasPrefix(workspace + "/") ? workspace + "/stores" : path + "-stores"
  }

  /// The run whose store is in force; nil if there is none.
  var inForce: Int? { try? Store(path: path).runID() }

  /// The runs whose stores are kept beside the one in force, ascending.
  var runs: [Int] {
    let inForce = inForce
    return Folder.names(in: folder).compactMap { name in
      name.hasSuffix(".sqlite") ? Int(name.dropLast(7)) : nil
    }.filter { $0 != inForce }.sorted()
  }

  func path(of run: Int) -> String { folder + "/" + padded(UInt64(run), to: 4) + ".sqlite" }

  /// Gives the store in force its second name; what takes its place may then come.
  ///
  /// - Parameter loading: the run whose store is to come; one of the same run is of a try that was cut off, and not kept.
  func keepStoreInForce(loading: Int? = nil) throws(Stop) {
    guard let run = inForce, run != loading else { return }
    try Folder.create(folder)
    try Folder.remove(path(of: run))
    try Folder.link(path, as: path(of: run))
    try Folder.sync(folder)
  }

  /// Puts a kept store in force; the one before is kept.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if the kept file is not that run's store.
  func putInForce(_ run: Int) throws(Stop) {
    let kept = path(of: run)
    let found = try Store(path: kept).runID()
    guard found == run else {
      throw Stop(
        .storeUnavailable, at: kept, expected: "the store of run \(run)", found: "that of run \(found)",
        remedy: "Nothing was changed. Choose another run.", next: "cardlink rollback PIPELINE")
    }
    try keepStoreInForce()
    let partial = path + ".partial"
    try Folder.remove(partial)
    try Folder.link(kept, as: partial)
    try recoverStore(at: path)
    try Folder.rename(partial, to: path)
    // In force it may be written to, so it must have no other name.
    try Folder.remove(kept)
    try Folder.sync(folder)
  }
}
