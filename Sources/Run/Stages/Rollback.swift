// Rollback: puts the store of an earlier run, and its packages, in force again.
// Invariant: the audit log and the run's record are written before the store is switched. The switch is one
// rename, and on a PostgreSQL server one row. The same command repeats an interrupted rollback.
// Load: seconds; packages that no longer exist are written again from the store.

import Files
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
  let inForce = stores.inForce
  return (stores.runs + (inForce.map { [$0] } ?? [])).sorted().map { number in
    let run = runs.first { $0.id == number }
    return KeptStore(
      run: number, asOf: run?.asOf ?? "", finishedAt: run?.finishedAt, isInForce: number == inForce,
      byteCount: Folder.byteCount(of: number == inForce ? stores.path : stores.path(of: number)))
  }
}

/// Puts the store of an earlier run in force again.
///
/// - Parameters:
///   - number: the run.
///   - because: why; written into the audit log before anything happens.
/// - Returns: the rollback's own run record.
/// - Throws: ``Stop`` with ``Exit/usage`` if that store isn't kept or is already in force.
package func rollback(
  _ pipeline: Pipeline, to number: Int, because: String?, in workspace: Workspace, options: RunOptions,
  progress: Progress
) throws(Stop) -> RunRecord {
  try measured(pipeline, in: workspace, pages: options.pages, progress) { () throws(Stop) in
    try rollbackUnmeasured(
      pipeline, to: number, because: because, in: workspace, options: options, progress: progress)
  }
}

private func rollbackUnmeasured(
  _ pipeline: Pipeline, to number: Int, because: String?, in workspace: Workspace, options: RunOptions,
  progress: Progress
) throws(Stop) -> RunRecord {
  let runs = try WorkspaceReader(workspace.path).runs()
  let stores = KeptStores(pipeline, in: workspace.path)
  func refused(_ expected: String, _ found: String) -> Stop {
    Stop(
      .usage, at: "run \(number)", expected: expected, found: found, remedy: "Nothing was changed.",
      next: "cardlink rollback PIPELINE")
  }
  guard let target = runs.first(where: { $0.id == number }), let loaded = target.finished(.load)?.run else {
    throw refused("a run that has loaded a store", "none")
  }
  let cutOff = runs.last.flatMap { $0.rollback?.to == loaded && $0.state == .failed ? $0 : nil }
  guard stores.inForce != loaded || cutOff != nil else {
    throw refused("a run whose store is not in force", "the one in force")
  }
  guard stores.runs.contains(loaded) || stores.inForce == loaded else {
    let kept = stores.runs.map(String.init).joined(separator: ", ")
    throw refused(
      "one whose store is kept", kept.isEmpty ? "no store is kept" : "stores of runs \(kept) are kept")
  }

  let server = try pipeline.server()
  try server?.hold()
  let from = cutOff?.rollback?.from ?? stores.inForce ?? 0
  try Audit(workspace.path).append(
    .rolledBack, run: loaded, because: because, detail: ["from": "\(from)", "to": "\(loaded)"])
  var record = target
  record.command = "rollback \(number)"
  (record.startedAt, record.finishedAt, record.endedAt) = (Clock.now(), nil, nil)
  record.peakMemoryBytes = nil
  record.rollback = Rollback(from: from, to: loaded)
  record.gated = RunRecord.Gated()
  // Until it is done it counts as failed, and the same command repeats it.
  (record.state, record.exitCode) = (.failed, Exit.inputOutput.rawValue)
  record.failure = "The rollback was cut off. Try next: cardlink rollback \(number) \(pipeline.path)"
  let packages = Folder.names(in: workspace.path + "/packages").filter {
    $0.isPackage(ofRun: target.publishedRun)
  }
  if packages.isEmpty { record.stages.removeAll { $0.stage == .publish } }
  record = try workspace.newRun(record)

  if stores.inForce != loaded { try stores.putInForce(loaded) }
  try server?.putInForce(run: loaded, orFrom: stores.path)
  var options = options
  options.asOf = CalendarDate(iso: record.asOf) ?? options.asOf
  let night = try Night.taking(up: record, pipeline, workspace, options, progress)
  if let newest = packages.max(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
    try Folder.point(workspace.path + "/packages/current", to: newest)
  } else {
    try night.effect(of: .publish) { () throws(Stop) in try night.publish() }
  }
  try night.update {
    $0.finishedAt = Clock.now()
    ($0.state, $0.failure, $0.exitCode) = (.done, nil, nil)
  }
  progress.event(
    RunEvent(
      .rolledBack, run: night.run.id, ["from_run": .count(from), "to_run": .count(loaded)],
      text: "rolled back"))
  return night.run
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
