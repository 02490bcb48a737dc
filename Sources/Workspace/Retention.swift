// How long a workspace keeps personal data, and what is removed when.
// Invariant: nothing in force is removed, nor anything that an unfinished run needs to continue. Run records
// and the audit log hold no personal data and stay.
// Load: some folders a night.

import Files
package import Pipeline
package import Values

/// One thing to be removed for good.
package struct Prunable: Hashable, Sendable {
  /// `staged`, `matched`, `remains` of an interrupted run, `store`, or `asked`: numbers that a consumer asked about.
  package var kind: String
  package var run: Int
  package var path: String
  package var byteCount: Int
}

extension Workspace {
  /// What is removed if the workspace is pruned now.
  package func prunable(_ pipeline: Pipeline, keeping: Retention) throws(Stop) -> [Prunable] {
    let reader = WorkspaceReader(path)
    let runs = try reader.runs()
    func isTooOld(_ run: RunRecord?) -> Bool {
      guard let days = keeping.days, let run else { return false }
      return Clock.days(since: run.finishedAt ?? run.startedAt) > days
    }
    var kept = runs.filter { $0.state == .done && $0.rollback == nil }.suffix(keeping.staged).filter {
      !isTooOld($0)
    }
    if let last = runs.last, last.isUnfinished { kept.append(last) }
    let keptFolders = Set(kept.flatMap { run in run.stages.map { reader.folder(of: $0) } })
    var found: [Prunable] = []
    for number in try reader.runNumbers() {
      let folder = reader.folder(of: number)
      // Nothing else there holds personal data.
      for name in try Folder.names(in: folder) {
        let kind: String
        switch name {
        case "extract": kind = "staged"
        case "match": kind = "matched"
        case _ where name.hasSuffix(".partial"): kind = "remains"
        default: continue
        }
        let path = folder + "/" + name
        guard !keptFolders.contains(path) else { continue }
        found.append(Prunable(kind: kind, run: number, path: path, byteCount: try Folder.byteCount(of: path)))
      }
    }
    let stores = KeptStores(pipeline, in: path)
    let loaded = try stores.loaded()
    if try Folder.exists(stores.next),
      !(runs.last.map { $0.isUnfinished && $0.finished(.load)?.run == loaded } ?? false)
    {
      found.append(
        Prunable(
          kind: "remains", run: loaded ?? 0, path: stores.next,
          byteCount: try Folder.byteCount(of: stores.next)))
    }
    let numbers = try stores.runs()
    let young = numbers.filter { number in !isTooOld(runs.first { $0.id == number }) }
    // A second run of the same business date begins from the store of the date before.
    var before: Int?
    if pipeline.graceDays != nil, let inForce = try stores.inForce(),
      let asOf = runs.first(where: { $0.id == inForce })?.asOf
    {
      before = runs.storeBefore(asOf, inForce: inForce)
    }
    for number in Set(numbers).subtracting(young.suffix(keeping.stores)).sorted() where number != before {
      let path = stores.path(of: number)
      found.append(
        Prunable(kind: "store", run: number, path: path, byteCount: try Folder.byteCount(of: path)))
    }
    for path in try PolicyBook.pastAsked(in: path, before: Clock.today().text) {
      found.append(Prunable(kind: "asked", run: 0, path: path, byteCount: try Folder.byteCount(of: path)))
    }
    return found
  }

  /// Removes all of it, after a line in the audit log.
  package func prune(_ prunable: [Prunable]) throws(Stop) {
    guard !prunable.isEmpty else { return }
    var detail = ["bytes": "\(prunable.reduce(0) { $0 + $1.byteCount })"]
    for kind in Set(prunable.map(\.kind)) {
      let runs = Set(prunable.filter { $0.kind == kind }.map(\.run)).sorted()
      detail[kind] = runs.map(String.init).joined(separator: ",")
    }
    try Audit(path).append(.pruned, detail: detail)
    for one in prunable { try Folder.remove(one.path) }
  }
}

extension Pipeline {
  /// Removes from the PostgreSQL server the loads of runs whose SQLite stores are gone, and all but one of
  /// the others.
  ///
  /// - Returns: how many had to stay because they are being read.
  @discardableResult
  package func pruneServer() throws(Stop) -> Int {
    guard let server = try server() else { return 0 }
    try server.hold()
    return try server.drop(keeping: Set(KeptStores(self, in: workspace).runs()))
  }
}
