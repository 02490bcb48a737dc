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
    if let release = run.gated.released {
      progress.event(
        RunEvent(
          .released, run: run.id, ["gates": .text(release.gates.joined(separator: ", "))],
          text: "Gates \(release.gates.joined(separator: ", ")): released by \(release.by).",
          isForTerminal: true))
      return
    }
    let earlier = try reader.runs().filter { $0.id != run.id }
    var gates = Gates(pipeline.gates, run: run, earlier: earlier)
    if pipeline.gates.holdsOlderExports { gates.judgeAge(of: run, earlier: earlier) }
    try gates.judgeChecksums(of: run, pipeline.gates.checksums)
    gates.judgeRolledBack(run, earlier: earlier)
    let verdicts = gates.verdicts
    try update { $0.gated.verdicts = verdicts }
    let failed = verdicts.filter { !$0.passed }
    guard let first = failed.first else {
      return progress.event(
        RunEvent(
          .gatesPassed, run: run.id, ["gates": .count(verdicts.count)], text: "all gates passed"))
    }
    for verdict in failed {
      progress.event(
        RunEvent(
          .gateFailed, .warning, run: run.id,
          [
            "gate": .text(verdict.gate.rawValue), "subject": .text(verdict.subject),
            "expected": .text(verdict.expected), "found": .text(verdict.found),
          ], text: "gate not passed"))
    }
    try hold(first, failed)
  }

  private func hold(_ first: GateVerdict, _ failed: [GateVerdict]) throws(Stop) -> Never {
    let also = failed.dropFirst().map {
      "Also \($0.name): expected \($0.expected), found \($0.found).\n  "
    }.joined()
    let inForce =
      pipeline.runInForce.map { "the store of run \($0) stays in force" } ?? "there is no store yet"
    let stop = Stop(
      .dataRefused, at: "run \(run.id)", field: "gate \(first.name)",
      expected: first.expected, found: first.found,
      remedy: also
        + "The run is held and \(inForce). Ask the supplier and run again; if the data is right, release it.",
      next: "cardlink release \(run.id) PIPELINE --because \"…\"")
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
      guard let finished = run.finished(stage), reader.hasResult(of: finished) else {
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
