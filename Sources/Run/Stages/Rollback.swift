// Rollback: the store of an earlier run, and its packages, in force again.
// Invariant: what is said in the audit log and in the run's record comes before the store is switched; the switch is one
// rename, and on a PostgreSQL server one row; the packages follow in the same moment, or the store goes back. A rollback that
// was cut off is done again by the same command.
// Load: seconds; the packages of a run that has none left are written anew from its store.

import Files
import Package
package import Pipeline
package import Values
package import Workspace

/// A store that can be put in force.
package struct KeptStore: Hashable, Sendable {
  package var run: Int
  package var asOf: String
  package var finishedAt: String?
  package var isInForce: Bool
  package var byteCount: Int
}

/// The existing stores, including the one in force, ascending by run.
package func keptStores(_ pipeline: Pipeline) throws(Stop) -> [KeptStore] {
  let runs = try WorkspaceReader(pipeline.workspace).runs()
  let stores = KeptStores(pipeline, in: pipeline.workspace)
  let inForce = try stores.inForce()
  return try (stores.runs() + (inForce.map { [$0] } ?? [])).sorted().map { number throws(Stop) in
    let run = runs.first { $0.id == number }
    return KeptStore(
      run: number, asOf: run?.asOf ?? "", finishedAt: run?.finishedAt, isInForce: number == inForce,
      byteCount: try Folder.byteCount(of: number == inForce ? stores.path : stores.path(of: number)))
  }
}

/// A rollback that is possible now.
package struct RollbackPlan: Sendable {
  /// The run to go back to.
  package let target: RunRecord
  /// The runs whose stores change places; the same after a rollback that was cut off.
  package let from: Int
  package let to: Int

  /// - Throws: ``Stop`` with ``Exit/usage`` if that run's store isn't kept or is in force already.
  package init(_ pipeline: Pipeline, to number: Int) throws(Stop) {
    let runs = try WorkspaceReader(pipeline.workspace).runs()
    let stores = KeptStores(pipeline, in: pipeline.workspace)
    func refused(_ expected: String, _ found: String) -> Stop {
      Stop(
        .usage, at: "run \(number)", expected: expected, found: found, remedy: "Nothing was changed.",
        next: "cardlink rollback PIPELINE")
    }
    guard let target = runs.first(where: { $0.id == number }), let loaded = target.finished(.load)?.run else {
      throw refused("a run that has loaded a store", "none")
    }
    let cutOff = runs.last.flatMap { $0.rollback?.to == loaded && $0.state == .failed ? $0 : nil }
    let inForce = try stores.inForce()
    guard inForce != loaded || cutOff != nil else {
      throw refused("a run whose store is not in force", "the one in force")
    }
    let keptRuns = try stores.runs()
    guard keptRuns.contains(loaded) || inForce == loaded else {
      let kept = keptRuns.map(String.init).joined(separator: ", ")
      throw refused(
        "one whose store is kept", kept.isEmpty ? "no store is kept" : "stores of runs \(kept) are kept")
    }
    self.target = target
    (from, to) = (cutOff?.rollback?.from ?? inForce ?? 0, loaded)
  }
}

/// Puts the store of an earlier run in force again.
///
/// - Parameters:
///   - number: the run.
///   - because: why; written into the audit log before anything happens, and into the run's record.
/// - Returns: the rollback's own run record.
/// - Throws: ``Stop`` with ``Exit/usage`` if that store isn't kept or is already in force.
package func rollback(
  _ pipeline: Pipeline, to number: Int, because: String, in workspace: Workspace, options: RunOptions,
  progress: Progress
) throws(Stop) -> RunRecord {
  try measured(pipeline, in: workspace, pages: options.pages, progress) { () throws(Stop) in
    let plan = try RollbackPlan(pipeline, to: number)
    let folder = workspace.path + "/packages"
    try RunFolders(folder, runID: 0).clear()
    let packages = try Folder.names(in: folder).filter { $0.isPackage(ofRun: plan.target.publishedRun) }
      .max { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    if packages == nil { try checkPublishing(pipeline, asOf: options.asOf) }
    let night = try Night.rollback(
      plan, of: pipeline, because: because, keepingPackages: packages != nil, in: workspace, options: options,
      progress: progress)
    if let packages {
      // Made before anything is switched: what is left to do then needs no room on the disk.
      let link = folder + "/current.partial"
      try Folder.remove(link)
      try Folder.makeLink(link, to: packages)
      try night.switchStore(plan) { () throws(Stop) in try Folder.rename(link, to: folder + "/current") }
    } else {
      let stores = KeptStores(pipeline, in: workspace.path)
      let path = try stores.inForce() == plan.to ? stores.path : stores.path(of: plan.to)
      try night.effect(of: .publish) { () throws(Stop) in
        try night.publish(storeAt: path) { packages throws(Stop) in
          try night.switchStore(plan, with: packages)
        }
      }
    }
    try night.update {
      $0.finishedAt = Clock.now()
      ($0.state, $0.failure, $0.exitCode) = (.done, nil, nil)
    }
    night.tendHistory()
    progress.event(
      RunEvent(
        .rolledBack, run: night.run.id, ["from_run": .count(plan.from), "to_run": .count(plan.to)],
        text: "rolled back"))
    return night.run
  }
}

extension Night {
  /// The rollback's own record, after its line in the audit log.
  fileprivate static func rollback(
    _ plan: RollbackPlan, of pipeline: Pipeline, because: String, keepingPackages: Bool,
    in workspace: Workspace, options: RunOptions, progress: any Progress
  ) throws(Stop) -> Night {
    // Another load of this workspace would be in the way.
    try pipeline.server()?.hold()
    try Audit(workspace.path).append(
      .rolledBack, run: plan.to, because: because, detail: ["from": "\(plan.from)", "to": "\(plan.to)"])
    var record = plan.target
    record.command = "rollback \(plan.target.id)"
    (record.startedAt, record.finishedAt, record.endedAt) = (Clock.now(), nil, nil)
    record.peakMemoryBytes = nil
    record.rollback = Rollback(from: plan.from, to: plan.to, because: because, by: Audit.user)
    record.gated = RunRecord.Gated()
    // As long as it isn't done it counts as failed: the same command does it again.
    (record.state, record.exitCode) = (.failed, Exit.inputOutput.rawValue)
    record.failure =
      "The rollback was cut off. Try next: cardlink rollback \(plan.target.id) \(pipeline.commandName) --because \"…\""
    if !keepingPackages { record.stages.removeAll { $0.stage == .publish } }
    record = try workspace.newRun(record)
    var options = options
    options.asOf = CalendarDate(iso: record.asOf) ?? options.asOf
    return try Night.taking(up: record, pipeline, workspace, options, progress)
  }

  /// Puts the kept store in force together with its packages; if these fail, the store before stays in force.
  fileprivate func switchStore(_ plan: RollbackPlan, with packages: () throws(Stop) -> Void) throws(Stop) {
    let stores = KeptStores(pipeline, in: workspace.path)
    try Folder.remove(stores.next)
    let server = try pipeline.server()
    try server?.hold()
    let published = try reader.publication()
    let switches = try stores.inForce() != plan.to
    if switches, let change = try change(toStoreOf: plan.to) {
      try remember(change, storeAt: stores.path(of: plan.to))
    }
    do throws(Stop) {
      // The server first, for it may have to copy the store.
      let path = switches ? stores.path(of: plan.to) : stores.path
      try server?.putInForce(run: plan.to, orFrom: path, stores.history(ofStoreAt: path))
      if switches { try stores.putInForce(plan.to) }
      try packages()
    } catch {
      let failure = error
      do throws(Stop) {
        if switches, try reader.publication() == published {
          if try stores.inForce() == plan.to { try stores.putInForce(plan.from) }
          if try stores.inForce() == plan.from {
            try server?.putInForce(
              run: plan.from, orFrom: stores.path, stores.history(ofStoreAt: stores.path))
          }
        }
      } catch {}
      throw failure
    }
  }
}

extension RunRecord {
  fileprivate var publishedRun: Int { finished(.publish)?.run ?? id }
}

extension String {
  /// Whether it is the name of a run's folder of packages, `run-0007` or `run-0007-2`.
  fileprivate func isPackage(ofRun run: Int) -> Bool {
    let parts = split(separator: "-", omittingEmptySubsequences: false)
    return (2...3).contains(parts.count) && parts[0] == "run" && Int(parts[1]) == run
      && Int(parts[parts.count - 1]) != nil
  }
}
