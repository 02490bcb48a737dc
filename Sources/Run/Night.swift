// One run in progress: its number, its folder, what it has finished, and what it does when it fails.
// Invariant: the record on disk says what is finished, never more; a stage's folder has its final name only when it
// is whole and synced.

import Disk
import Foundation
import Record
import Synchronization

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

  /// Changes the record and writes it down.
  func update(_ change: (inout RunRecord) -> Void) throws(Stop) {
    let changed = record.withLock { record in
      change(&record)
      return record
    }
    try workspace.save(changed)
  }

  // MARK: Beginning

  static func begin(
    _ pipeline: Pipeline, in workspace: Workspace, from first: StageName?, options: RunOptions,
    progress: any Progress
  ) throws(Stop) -> Night {
    let reader = WorkspaceReader(workspace.path)
    let earlier = try reader.runs()
    var record = RunRecord(
      id: 0, command: first.map { "rerun \($0.rawValue)" } ?? "run", pipeline: pipeline.name,
      pipelineText: pipeline.text, asOf: options.asOf.text, startedAt: Clock.now(), state: "running")
    if first == nil || first == .extract {
      record.exports =
        try pipeline.population.foundFiles(pipeline: pipeline.path)
        + pipeline.insurance.foundFiles(pipeline: pipeline.path)
    }
    if first == nil, let last = earlier.last, last.isCutOffForm(of: record) {
      progress.note("Going on with run \(last.id), which was cut off in stage \(last.nextStage.rawValue).")
      let night = Night(pipeline, workspace, options, progress, last)
      try night.update {
        $0.state = "running"
        $0.failure = nil
        $0.exitCode = nil
      }
      return night
    }
    if let first, first != .extract {
      // The stages before come from the last run that has their results still.
      let before = StageName.allCases.filter { $0 < first && $0 < .load }
      let source = earlier.last { run in
        before.allSatisfy { stage in
          run.finished(stage).map { Folder.exists(reader.folder(of: $0)) } ?? false
        } && (first != .publish || run.finished(.load) != nil)
      }
      guard let source else {
        throw Stop(
          .usage, at: pipeline.path,
          expected: "a run that has finished stage \((before.last ?? .extract).rawValue)",
          found: "none in \(workspace.path)", remedy: "Run the whole pipeline first.",
          next: "cardlink run \(pipeline.path)")
      }
      record.exports = source.exports
      record.stages = source.stages.filter { $0.stage < first }
      if first >= .load {
        record.ledger = source.ledger
        record.reasons = source.reasons
      }
    }
    return Night(pipeline, workspace, options, progress, try workspace.newRun(record))
  }

  // MARK: Stages

  /// The result of a stage that leaves a folder: what an earlier walk left, or made now.
  func result<Result: Codable>(of stage: StageName, _ work: (String) throws(Stop) -> (Result, Int))
    throws(Stop) -> Result
  {
    if let finished = run.finished(stage) {
      let folder = reader.folder(of: finished)
      guard let result = try JSONFile.read(Result.self, from: folder + "/result.json") else {
        throw Stop(
          .inputOutput, at: folder, expected: "the result of stage \(stage.rawValue)", found: "none",
          remedy: "Make it anew.", next: "cardlink rerun \(stage.rawValue) \(pipeline.path)")
      }
      progress.note("Stage \(stage.rawValue): using what run \(finished.run) left.")
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

  /// A stage whose effect lies outside the run's folder.
  func effect(of stage: StageName, _ work: () throws(Stop) -> Int) throws(Stop) {
    guard run.finished(stage) == nil else { return }
    progress.begin(stage, note: "")
    let start = ContinuousClock.now
    let records = try work()
    try ended(stage, records: records, since: start)
  }

  private func ended(_ stage: StageName, records: Int, since start: ContinuousClock.Instant) throws(Stop) {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try update {
      $0.stages.append(
        .init(stage: stage, run: $0.id, seconds: (seconds * 1000).rounded() / 1000, records: records))
    }
    progress.end(stage, records: records, seconds: seconds, note: "")
  }

  // MARK: Ending

  func fail(_ stop: Stop) -> Stop {
    try? update {
      $0.state = "failed"
      $0.failure = stop.finding.description
      $0.exitCode = stop.exit.rawValue
    }
    return stop
  }
}

extension RunRecord {
  /// The first stage that has not finished.
  var nextStage: StageName { StageName.allCases.first { finished($0) == nil } ?? .publish }

  /// Whether this run did not finish and a new one, begun now, would do the very same.
  func isCutOffForm(of other: RunRecord) -> Bool {
    state != "done" && pipelineText == other.pipelineText && asOf == other.asOf
      && (command == "run" || !stages.isEmpty) && exports == other.exports
  }
}
