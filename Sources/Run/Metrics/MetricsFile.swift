// The metrics file of a pipeline, written after every attempt.
// Invariant: an attempt that fails is written down as well as one that is done; a metrics file that can't be written
// is said in the log and never fails a run. It is readable for everybody, for node_exporter is another user.

import Files
import Foundation
package import Values

extension Pipeline {
  /// Takes hold of the workspace; if that fails, the metrics say so, unless another run holds it, which will write
  /// its own.
  package func openWorkspace(_ progress: any Progress) throws(Stop) -> Workspace {
    do throws(Stop) {
      return try Workspace(workspace)
    } catch {
      if error.exit != .runInProgress { writeMetrics(error.exit, in: workspace, progress) }
      throw error
    }
  }

  func writeMetrics(_ exit: Exit, in workspace: String, _ progress: any Progress) {
    guard let metrics else { return }
    do throws(Stop) {
      let runs = try WorkspaceReader(workspace).runs()
      let inForce = runInForce.flatMap { id in runs.first { $0.id == id } }
      let text = Metrics(
        pipeline: name, runs: runs, inForce: inForce,
        attempt: Attempt(at: Int(Date().timeIntervalSince1970), exit: exit)
      ).text
      try Folder.writeWhole(text, to: metrics, readableForAll: true)
    } catch {
      progress.event(
        RunEvent(
          .metricsNotWritten, .warning,
          ["file": .text(metrics), "exit_code": .count(Int(error.exit.rawValue))],
          text: "The metrics were not written: \(error.finding)", isForTerminal: true))
    }
  }
}

/// Does what a command asks of a run, and writes the metrics when that has ended, however it ended.
func measured(
  _ pipeline: Pipeline, in workspace: Workspace, _ progress: any Progress,
  _ work: () throws(Stop) -> RunRecord
) throws(Stop) -> RunRecord {
  do throws(Stop) {
    let run = try work()
    pipeline.writeMetrics(.done, in: workspace.path, progress)
    return run
  } catch {
    if error.exit != .usage { pipeline.writeMetrics(error.exit, in: workspace.path, progress) }
    throw error
  }
}
