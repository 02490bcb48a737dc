// Writes the report and the metrics file at the end of a run. The caller renders their text; the run decides
// when to write them.

import Files
import Foundation
package import Pipeline
import Publish
package import Values
package import Workspace

/// Renders the pages of a run.
package protocol Pages: Sendable {
  /// The report of a run as HTML.
  ///
  /// - Parameters:
  ///   - runs: all runs of the workspace, ascending.
  ///   - pipeline: the pipeline as commands name it.
  func report(of run: RunRecord, among runs: [RunRecord], pipeline: String) -> String

  /// The metrics of a pipeline as Prometheus text.
  ///
  /// - Parameters:
  ///   - inForce: the run whose store is in force.
  ///   - exit: how the attempt ended.
  ///   - time: when, in seconds since 1970.
  func metrics(pipeline: String, runs: [RunRecord], inForce: RunRecord?, exit: Exit, time: Int) -> String
}

extension Pages {
  /// Writes a run's report into its folder, atomically.
  func writeReport(of run: RunRecord, _ pipeline: Pipeline, in reader: WorkspaceReader) throws(Stop) {
    let page = report(of: run, among: try reader.runs(), pipeline: pipeline.commandName)
    try Folder.writeWhole(page, to: reader.reportPath(of: run.id))
  }

  /// Writes the metrics file that the pipeline names, after an attempt with this exit code.
  ///
  /// If the file can't be written, that is an event in the log and never fails a run. Every user can read the
  /// file: node_exporter runs as another one.
  func writeMetrics(_ exit: Exit, _ pipeline: Pipeline, in workspace: String, _ progress: any Progress) {
    guard let file = pipeline.metrics else { return }
    do throws(Stop) {
      let runs = try WorkspaceReader(workspace).runs()
      let inForce = try pipeline.runInForce().flatMap { id in runs.first { $0.id == id } }
      let text = metrics(
        pipeline: pipeline.name, runs: runs, inForce: inForce, exit: exit,
        time: Int(Date().timeIntervalSince1970))
      try Folder.writeWhole(text, to: file, readableForAll: true)
    } catch {
      progress.event(
        RunEvent(
          .metricsNotWritten, .warning,
          ["file": .text(file), "exit_code": .count(Int(error.exit.rawValue))],
          text: "The metrics were not written: \(error.finding)", isForTerminal: true))
    }
  }
}

extension Pipeline {
  /// Opens the workspace and takes its lock.
  ///
  /// - Throws: ``Stop``; the metrics then say that the attempt failed, unless another run holds the workspace
  ///   and writes
  ///   its own.
  package func openWorkspace(pages: any Pages, _ progress: any Progress) throws(Stop) -> Workspace {
    do throws(Stop) {
      return try Workspace(workspace)
    } catch {
      if error.exit != .runInProgress { pages.writeMetrics(error.exit, self, in: workspace, progress) }
      throw error
    }
  }
}

/// Runs `work` and then writes the metrics, even if it fails.
func measured(
  _ pipeline: Pipeline, in workspace: Workspace, pages: any Pages, _ progress: any Progress,
  _ work: () throws(Stop) -> RunRecord
) throws(Stop) -> RunRecord {
  do throws(Stop) {
    let run = try work()
    pages.writeMetrics(.done, pipeline, in: workspace.path, progress)
    return run
  } catch {
    if error.exit != .usage { pages.writeMetrics(error.exit, pipeline, in: workspace.path, progress) }
    throw error
  }
}

extension Night {
  /// Writes the run's report.
  func writeReport() throws(Stop) { try options.pages.writeReport(of: run, pipeline, in: reader) }
}

extension Workspace {
  /// Completes the cleanup and report of a run that was interrupted after it was marked done.
  func makeUp(for done: RunRecord, of pipeline: Pipeline, pages: any Pages) throws(Stop) {
    try prune(prunable(pipeline, keeping: pipeline.keep))
    try removeEarlierPublications(in: path + "/packages", threads: 1)
    try tendHistory(of: pipeline, threads: 1)
    let reader = WorkspaceReader(path)
    if try !Folder.exists(reader.reportPath(of: done.id)) {
      try pages.writeReport(of: done, pipeline, in: reader)
    }
  }
}
