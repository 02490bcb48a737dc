// The gates between match and load, and what happens to a run that fails one.
// Invariant: nothing is loaded before the run passes all gates or a person releases it, with a reason that is
// in the audit log before anything else happens. A held run keeps its results, so that it continues at once
// after a release.

import Files
import Foundation
import Pipeline
import Values
import Workspace

extension Night {
  /// Holds the run unless it passes all gates or was released.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` that names the first gate, its limit, what was found, and
  ///   the command
  ///   that releases the run.
  func passGates() throws(Stop) {
    guard run.finished(.load) == nil else { return }
    let earlier = try reader.runs().filter { $0.id != run.id }
    let takenBack = run.takenBack(among: earlier)
    if let release = run.gated.released, takenBack == nil {
      progress.event(
        RunEvent(
          .released, run: run.id, ["gates": .text(release.gates.joined(separator: ", "))],
          text: "Gates \(release.gates.joined(separator: ", ")): released by \(release.by).",
          isForTerminal: true))
      return
    }
    var gates = Gates(pipeline.gates, run: run, earlier: earlier)
    if pipeline.gates.holdsOlderExports { gates.judgeAge(of: run, earlier: earlier) }
    try gates.judgeChecksums(
      of: run, pipeline.gates.checksums, pipeline.population.files + pipeline.insurance.files)
    if let takenBack { gates.judgeRolledBack(takenBack) }
    let verdicts = gates.verdicts
    // A release that came with the match result was for a run that has been taken back since.
    try update { ($0.gated.verdicts, $0.gated.released, $0.gated.causes) = (verdicts, nil, nil) }
    let failed = verdicts.filter { !$0.passed }
    guard !failed.isEmpty else {
      return progress.event(
        RunEvent(
          .gatesPassed, run: run.id, ["gates": .count(verdicts.count)], text: "all gates passed"))
    }
    let lines = verdicts.linesOfFailed
    for line in lines {
      progress.event(
        RunEvent(
          .gateFailed, .warning, run: run.id,
          [
            "gate": .text(line.gate.rawValue), "subject": .text(line.subject),
            "expected": .text(line.limit.english), "found": .text(line.figure.english),
          ], text: "gate not passed"))
    }
    // The comparison itself says what differs.
    let causes =
      failed.allSatisfy { $0.gate == .reconciliation }
      ? [] : run.likelyCauses(of: failed, among: earlier)
    try update { $0.gated.causes = causes }
    try hold(lines, causes, failed)
  }

  private func hold(
    _ lines: [GateLine], _ causes: [LikelyCause], _ failed: [GateVerdict]
  ) throws(Stop) -> Never {
    let also = lines.dropFirst().map {
      "Also \($0.name): expected \($0.limit.english), found \($0.figure.english).\n  "
    }.joined()
    let likely = causes.map(\.text).map {
      "Likely cause: \($0.english).\n  Nguyên nhân có thể: \($0.vietnamese).\n  "
    }.joined()
    let inForce =
      try pipeline.runInForce().map { "the store of run \($0) stays in force" } ?? "there is no store yet"
    var stop = Stop(
      .dataRefused, at: "run \(run.id)", field: "gate \(lines[0].name)",
      expected: lines[0].limit.english, found: lines[0].figure.english,
      remedy: likely + also
        + "The run is held and \(inForce). Look at the cause, ask the supplier and run again; if the data is right, release it.",
      next: causes.first?.command("PIPELINE", run: run.id)
        ?? (failed.contains { $0.gate == .reconciliation }
          ? "cardlink series PIPELINE" : "cardlink report PIPELINE --run \(run.id)"))
    stop.then = "cardlink release \(run.id) PIPELINE --because \"…\""
    try Audit(workspace.path).append(
      .runHeld, run: run.id,
      detail: ["gates": failed.map(\.name).joined(separator: ", ")])
    try update { $0.end(as: .held, because: stop) }
    progress.event(
      RunEvent(
        .runHeld, .error, run: run.id,
        [
          "gates": .count(failed.count), "exit_code": .count(Int(stop.exit.rawValue)),
          "seconds": .seconds(run.ownSeconds),
        ],
        text: "run held"))
    throw stop
  }
}

extension Night {
  /// Continues a held run that a person has released.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run, it isn't held, or a later one is done.
  static func release(
    _ pipeline: Pipeline, run number: Int, because: String, in workspace: Workspace, options: RunOptions,
    progress: any Progress
  ) throws(Stop) -> Night {
    let reader = WorkspaceReader(workspace.path)
    let runs = try reader.runs()
    func refused(_ found: String, _ remedy: String) -> Stop {
      Stop(
        .usage, at: "run \(number)", expected: "a run that is held", found: found, remedy: remedy,
        next: "cardlink runs PIPELINE")
    }
    guard var run = runs.first(where: { $0.id == number }) else {
      throw refused("none", "Name one of the runs.")
    }
    guard run.state == .held else {
      throw refused("one that is \(run.state.rawValue)", "Only a held run can be released.")
    }
    if let later = runs.last(where: { $0.state == .done && $0.id > number }) {
      throw refused(
        "one that run \(later.id) has overtaken",
        "Its data is older than what is in force; run again instead.")
    }
    for stage in [StageName.extract, .match] {
      guard let finished = run.finished(stage), try reader.hasResult(of: finished) else {
        throw refused("one whose results were removed", "Run again; it will be held with new results.")
      }
    }
    let failed = (run.gated.verdicts ?? []).filter { !$0.passed }.map(\.name)
    let by = Audit.user
    try Audit(workspace.path).append(
      .released, run: number, because: because, detail: ["gates": failed.joined(separator: ", ")])
    run.gated.released = Release(because: because, at: Clock.now(), by: by, gates: failed)
    run.resume()
    var options = options
    options.asOf = CalendarDate(iso: run.asOf) ?? options.asOf
    return try Night.taking(up: run, pipeline, workspace, options, progress)
  }
}
