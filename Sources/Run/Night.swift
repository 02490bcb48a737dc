// One run in progress: its number, its folder, its finished stages, and what it does when it fails.
// Invariant: the record on disk never lists more than is finished; a stage's folder has its final name only
// when it is whole and synced.

import Files
import Foundation
import Pipeline
import Synchronization
import Values
import Workspace

/// One run in progress.
final class Night: Sendable {
  let pipeline: Pipeline
  let workspace: Workspace
  let options: RunOptions
  let progress: any Progress
  private let record: Mutex<RunRecord>

  private init(
    _ pipeline: Pipeline, _ workspace: Workspace, _ options: RunOptions, _ progress: any Progress,
    _ record: RunRecord
  ) {
    self.pipeline = pipeline
    self.workspace = workspace
    self.options = options
    self.progress = progress
    self.record = Mutex(record)
  }

  var reader: WorkspaceReader { WorkspaceReader(workspace.path) }
  var run: RunRecord { record.withLock { $0 } }
  var storePath: String { pipeline.storePath(in: workspace.path) }

  /// Changes the record and writes it to disk.
  func update(_ change: (inout RunRecord) -> Void) throws(Stop) {
    let changed = record.withLock { record in
      change(&record)
      return record
    }
    try workspace.save(changed)
  }

  // MARK: Beginning

  static func begin(
    _ pipeline: Pipeline, in workspace: Workspace, plan: Plan, options: RunOptions, progress: any Progress
  ) throws(Stop) -> Night {
    var record = RunRecord(
      id: 0, command: plan.command, pipeline: pipeline.name, pipelineText: pipeline.text,
      asOf: options.asOf.text, startedAt: Clock.now(), state: .running)
    if let unfinished = plan.unfinished {
      record = unfinished
      record.resume()
      record.pipelineText = pipeline.text
    }
    record.exports = plan.exports
    record.stages = plan.steps.compactMap(\.uses)
    record.takeMatch(of: plan.ledger)
    let published = record.finished(.publish)?.run
    if published != record.id {
      record.published = try WorkspaceReader(workspace.path).runs().first { $0.id == published }?.published
    }
    let audit = Audit(workspace.path)
    guard let unfinished = plan.unfinished else {
      let night = Night(pipeline, workspace, options, progress, try workspace.newRun(record))
      try audit.append(.runBegan, run: night.run.id, detail: ["command": plan.command, "as_of": record.asOf])
      night.tellBeginning(.runBegan, "Run \(night.run.id) begins.")
      return night
    }
    try audit.append(.runResumed, run: record.id)
    let night = try taking(up: record, pipeline, workspace, options, progress)
    night.tellBeginning(
      .runResumed,
      unfinished.state == .held
        ? "Going on with run \(unfinished.id), which was held."
        : "Going on with run \(unfinished.id), which was cut off in stage \(unfinished.nextStage.rawValue).")
    return night
  }

  /// Continues a run from its record.
  static func taking(
    up record: RunRecord, _ pipeline: Pipeline, _ workspace: Workspace, _ options: RunOptions,
    _ progress: any Progress
  ) throws(Stop) -> Night {
    try workspace.save(record)
    return Night(pipeline, workspace, options, progress, record)
  }

  // MARK: Stages

  /// The result of a stage that leaves a folder: from an earlier attempt, or made now.
  func result<Result: Codable>(of stage: StageName, _ work: (String) throws(Stop) -> (Result, Int))
    throws(Stop) -> Result
  {
    if let finished = run.finished(stage) {
      let folder = reader.folder(of: finished)
      guard let result = try JSONFile.read(Result.self, from: folder + "/result.json") else {
        throw Stop(
          .inputOutput, at: folder, expected: "the result of stage \(stage.rawValue)", found: "none",
          remedy: "Make it anew.", next: "cardlink rerun \(stage.rawValue) PIPELINE")
      }
      tellSkipped(finished, "Stage \(stage.rawValue): using what run \(finished.run) left.")
      return result
    }
    progress.begin(stage, note: "")
    let start = ContinuousClock.now
    let folder = reader.folder(of: run.id) + "/" + stage.rawValue
    let partial = folder + ".partial"
    try Folder.remove(partial)
    try Folder.remove(folder)
    try Folder.create(partial)
    let (result, records) = try work(partial)
    try JSONFile.write(result, to: partial + "/result.json")
    try Folder.sync(partial)
    try Folder.rename(partial, to: folder)
    try ended(stage, records: records, since: start)
    return result
  }

  /// Runs a stage whose effect lies outside the run's folder.
  func effect(of stage: StageName, _ work: () throws(Stop) -> Int) throws(Stop) {
    if let finished = run.finished(stage) {
      let waits = try KeptStores(pipeline, in: workspace.path).loaded() == finished.run
      tellSkipped(
        finished,
        waits
          ? "Stage \(stage.rawValue): using what run \(finished.run) left."
          : "Stage \(stage.rawValue): what run \(finished.run) made is still in force.")
      return
    }
    progress.begin(stage, note: "")
    let start = ContinuousClock.now
    let records = try work()
    try ended(stage, records: records, since: start)
  }

  private func ended(_ stage: StageName, records: Int, since start: ContinuousClock.Instant) throws(Stop) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let madeFrom = try madeFrom(stage)
    let byteCount = try byteCount(of: stage)
    try update {
      $0.stages.append(
        .init(
          stage: stage, run: $0.id, seconds: (seconds * 1000).rounded() / 1000, records: records,
          madeFrom: madeFrom, byteCount: byteCount))
    }
    progress.end(stage, records: records, seconds: seconds, note: "")
  }

  // MARK: Ending

  func fail(_ stop: Stop) -> Stop {
    guard run.state != .held else { return stop }
    try? update { $0.end(as: .failed, because: stop) }
    progress.event(
      RunEvent(
        .runFailed, .error, run: run.id, stage: run.nextStage,
        ["exit_code": .count(Int(stop.exit.rawValue)), "seconds": .seconds(run.ownSeconds)],
        text: "run failed"))
    try? Audit(workspace.path).append(.runFailed, run: run.id, detail: ["exit_code": "\(stop.exit.rawValue)"])
    return stop
  }
}

// MARK: Progress

extension Night {
  fileprivate func tellBeginning(_ name: RunEvent.Name, _ text: String) {
    var event = RunEvent(
      name, run: run.id,
      [
        "pipeline": .text(run.pipeline), "command": .text(run.command), "as_of": .text(run.asOf),
        "threads": .count(options.threads), "memory_bytes": .count(options.memoryBytes),
        "exports": .count(run.exports.count),
        "export_bytes": .count(run.exports.reduce(0) { $0 + $1.byteCount }),
      ], text: text, isForTerminal: name == .runResumed)
    event.lastSeconds = ((try? reader.runs()) ?? []).lastSeconds
    progress.event(event)
  }

  private func tellSkipped(_ stage: RunRecord.FinishedStage, _ text: String) {
    progress.event(
      RunEvent(
        .stageSkipped, run: run.id, stage: stage.stage, ["made_by_run": .count(stage.run)], text: text,
        isForTerminal: true))
  }

  /// The size of a stage's result on disk.
  private func byteCount(of stage: StageName) throws(Stop) -> Int {
    switch stage {
    case .extract, .match: return try Folder.byteCount(of: reader.folder(of: run.id) + "/" + stage.rawValue)
    case .load: return try Folder.byteCount(of: KeptStores(pipeline, in: workspace.path).next)
    case .publish:
      guard let publication = try reader.publication() else { return 0 }
      return try Folder.byteCount(of: workspace.path + "/packages/" + publication)
    }
  }
}

/// The resources that the process has used so far.
enum OwnProcess {
  /// The most memory it held at once.
  static var peakMemoryBytes: Int {
    var usage = rusage()
    guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
    return usage.ru_maxrss << 10
  }
}

extension RunRecord {
  /// Takes over the counts of another run's match result, or of none.
  mutating func takeMatch(of other: RunRecord?) {
    extracted = other?.extracted ?? Extracted()
    matched = other?.matched ?? Matched()
    gated = other?.gated ?? Gated()
  }

  /// Marks it as running again, after it was held, failed or cut off.
  mutating func resume() {
    (state, failure, exitCode, endedAt) = (.running, nil, nil, nil)
  }

  /// Marks it as held or failed.
  mutating func end(as state: RunState, because stop: Stop) {
    (self.state, failure, exitCode) = (state, stop.finding.description, stop.exit.rawValue)
    (endedAt, peakMemoryBytes) = (Clock.now(), OwnProcess.peakMemoryBytes)
  }
}
