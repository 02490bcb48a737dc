// The walk of the data, on one page: two exports in, one store and a package for each recipient out.
// Invariant: each stage's result appears at once or not at all; the ledger balances before anything is
// loaded; the store in force is replaced as a whole. A walk that was killed resumes after the last stage that
// finished.
// Load: 100 million persons, 90 million insurance records, a constant number of passes over them.

import Match
package import Pipeline
import Publish
package import Values
package import Workspace

/// The options of a run; the same for every stage.
package struct RunOptions: Sendable {
  package var asOf: CalendarDate
  package var threads: Int
  /// A bound on the memory of the process.
  package var memoryBytes: Int
  /// Renders the report and the metrics.
  package var pages: any Pages

  package init(asOf: CalendarDate, threads: Int, memoryBytes: Int, pages: any Pages) {
    self.asOf = asOf
    self.threads = threads
    self.memoryBytes = memoryBytes
    self.pages = pages
  }
}

/// Runs a pipeline, or its stages from `first` on.
///
/// - Parameter first: the stage to begin with, whatever results exist; nil runs the stages whose results are
///   no longer
///   valid, or continues an interrupted run.
/// - Returns: the finished run; if nothing has changed since, the one that made what is in force.
/// - Throws: ``Stop``; what was in force before stays in force.
package func walk(
  _ pipeline: Pipeline, in workspace: Workspace, from first: StageName? = nil, options: RunOptions,
  progress: Progress
) throws(Stop) -> RunRecord {
  try measured(pipeline, in: workspace, pages: options.pages, progress) { () throws(Stop) in
    let plan = try Plan(pipeline, from: first, asOf: options.asOf, note: progress.note)
    if let done = plan.done {
      progress.event(
        RunEvent(
          .nothingToDo, run: done.id,
          text:
            "Nothing to do: run \(done.id) was made from the same exports, pipeline file and business date.",
          isForTerminal: true))
      try workspace.makeUp(for: done, of: pipeline, pages: options.pages)
      return done
    }
    // Find out before hours of work if the server is down, the table of facilities is wrong, or a key is missing.
    _ = try pipeline.server()
    try checkPublishing(pipeline, asOf: options.asOf)
    return try walk(
      Night.begin(pipeline, in: workspace, plan: plan, options: options, progress: progress))
  }
}

/// Lets a held run pass, and continues it.
///
/// - Parameters:
///   - number: the run.
///   - because: why the data is right nevertheless; written into the audit log before anything happens.
package func release(
  _ pipeline: Pipeline, run number: Int, because: String, in workspace: Workspace, options: RunOptions,
  progress: Progress
) throws(Stop) -> RunRecord {
  try measured(pipeline, in: workspace, pages: options.pages, progress) { () throws(Stop) in
    try checkPublishing(pipeline, asOf: options.asOf)
    return try walk(
      Night.release(
        pipeline, run: number, because: because, in: workspace, options: options, progress: progress))
  }
}

/// The walk itself: each stage uses the results of those before.
private func walk(_ night: Night) throws(Stop) -> RunRecord {
  do throws(Stop) {
    let staged = try night.result(of: .extract) { folder throws(Stop) in
      try night.extract(into: folder)  // bytes → checked records in key order, or quarantine
    }
    let matched = try night.result(of: .match) { folder throws(Stop) in
      try night.match(staged, into: folder)  // records → persons → one outcome each; the ledger balances
    }
    try night.passGates()  // if figures exceed limits, the run is held, and what was in force stays
    try night.effect(of: .load) { () throws(Stop) in
      try night.load(staged, matched)  // all of it or none
    }
    try night.effect(of: .publish) { () throws(Stop) in
      try night.publish()  // a package for each facility
    }
    let done = try night.finish()
    try night.writeReport()  // the report for the morning
    return done
  } catch {
    let stop = night.fail(error)
    try? night.writeReport()
    throw stop
  }
}
