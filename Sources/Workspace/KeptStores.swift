// Keeps earlier stores, so that one of them can be put in force again within seconds.
// Invariant: a kept store is a hard link to a file that was in force and is never written again; the store's
// own path always leads to a whole store. Readers that have a file open keep it.
// Load: a store of some 10 GB for each kept run; while it is in force, keeping it costs only a directory
// entry.

import Files
import Glibc
package import Pipeline
package import Store
package import Values

/// The stores of earlier runs, by the run that loaded them.
package struct KeptStores {
  /// The path of the store in force.
  package let path: String
  private let folder: String
  /// The folder of the history of the store in force.
  package let historyFolder: String

  /// In the workspace, or beside a store outside of it, because hard links need the same file system.
  package init(_ pipeline: Pipeline, in workspace: String) {
    path = pipeline.storePath(in: workspace)
    let isInside = path.hasPrefix(workspace + "/")
    folder = isInside ? workspace + "/stores" : path + "-stores"
    historyFolder = isInside ? workspace + "/history" : path + "-history"
  }

  /// The run whose store is in force; nil if there is none.
  package func inForce() throws(Stop) -> Int? { try Store.runID(at: path) }

  /// The runs whose stores are kept besides the one in force, ascending.
  package func runs() throws(Stop) -> [Int] {
    let inForce = try inForce()
    return try Folder.names(in: folder).compactMap { name in
      name.hasSuffix(".sqlite") ? Int(name.dropLast(7)) : nil
    }.filter { $0 != inForce }.sorted()
  }

  /// The history of the store in force; nil if there is no store of this version, or its runs can't be read.
  package func history() throws(Stop) -> History? {
    guard try inForce() != nil else { return nil }
    let now: HistoryPoint
    do throws(Stop) { now = try Store(path: path).point() } catch  where error.isNoStore { return nil }
    return try History(in: historyFolder, now: now)
  }

  /// The history as it is when that store is in force.
  package func history(ofStoreAt path: String) throws(Stop) -> History {
    try History(in: historyFolder, now: Store(path: path).point())
  }

  /// Where a load leaves its store, which comes in force together with its packages.
  package var next: String { path + ".next" }

  /// The run whose store is loaded and waits for its packages; nil if none does.
  package func loaded() throws(Stop) -> Int? { try Store.runID(at: next) }

  package func path(of run: Int) -> String { folder + "/" + padded(UInt64(run), to: 4) + ".sqlite" }

  /// Gives the store in force its second name, so that it can be replaced.
  ///
  /// - Parameter loading: the run whose store comes next. If the store in force is of the same run, it is
  ///   left from an
  ///   interrupted attempt and is not kept.
  package func keepStoreInForce(loading: Int? = nil) throws(Stop) {
    guard let run = try inForce(), run != loading else { return }
    try Folder.create(folder)
    try Folder.remove(path(of: run))
    try Folder.link(path, as: path(of: run))
    try Folder.sync(folder)
  }

  /// Puts a kept store in force; the previous one is kept.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if the kept file is not that run's store.
  package func putInForce(_ run: Int) throws(Stop) {
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
    // The store in force may be written to, so it must have no other name.
    try Folder.remove(kept)
    try Folder.sync(folder)
  }
}

extension KeptStores {
  /// Puts the loaded store in force together with its packages.
  ///
  /// - Parameters:
  ///   - packages: puts them in force, in a moment.
  ///   - arePackagesInForce: whether they are, which a failure of `packages` alone doesn't tell.
  /// - Throws: what `packages` throws; the store before is then in force again, and the loaded one waits still.
  package func putLoadedInForce(
    with packages: () throws(Stop) -> Void, arePackagesInForce: () -> Bool
  ) throws(Stop) {
    let before = try inForce()
    let run = try loaded()
    try keepStoreInForce(loading: run)
    try recoverStore(at: path)
    do throws(Stop) {
      try Folder.rename(next, to: path)
      try packages()
    } catch {
      let failure = error
      do throws(Stop) {
        if try inForce() == run, before != run, !arePackagesInForce() { try takeBack(for: before) }
      } catch {}
      throw failure
    }
  }

  /// Lets the store in force wait again, and puts the one before in force.
  private func takeBack(for before: Int?) throws(Stop) {
    try Folder.link(path, as: next)
    guard let before else { return try Folder.remove(path) }
    let partial = path + ".partial"
    try Folder.remove(partial)
    try Folder.link(path(of: before), as: partial)
    try Folder.rename(partial, to: path)
    try Folder.remove(path(of: before))
  }
}

extension [RunRecord] {
  /// The runs whose stores were in force one after the other up to the one in force, without those that were taken back.
  package func storeLine(to inForce: Int) -> [Int] {
    var line: [Int] = []
    // A load whose packages were never written did not come in force.
    let cameInForce = Set(filter { $0.state == .done }.compactMap { $0.finished(.load)?.run })
    func goBack(to number: Int) {
      if let i = line.lastIndex(of: number) { line.removeSubrange((i + 1)...) } else { line.append(number) }
    }
    for run in self {
      if let rollback = run.rollback {
        goBack(to: rollback.to)
      } else if run.finished(.load)?.run == run.id, cameInForce.contains(run.id) {
        line.append(run.id)
      }
    }
    // A run that was interrupted after the switch, or a rollback before it, is not in the records yet.
    goBack(to: inForce)
    return line
  }

  /// The last store of an earlier business date among those that led to the one in force.
  package func storeBefore(_ asOf: String, inForce: Int) -> Int? {
    storeLine(to: inForce).last { number in first { $0.id == number }.map { $0.asOf < asOf } ?? false }
  }
}
