// The report as a file: written at the end of each run, made anew when an officer asks for one that is missing.
// Invariant: the file appears whole, for its owner alone; it is made from run records and nothing else.

import Files
import Publish
package import Values

extension WorkspaceReader {
  /// Where a run's report lies.
  package func reportPath(of run: Int) -> String { folder(of: run) + "/report.html" }

  /// Writes a run's report.
  func writeReport(of run: RunRecord, _ pipeline: Pipeline) throws(Stop) {
    let page = ReportPage(run, among: try runs(), pipeline: pipeline.commandName)
    try Folder.writeWhole(page.html, to: reportPath(of: run.id))
  }
}

extension Night {
  /// Writes the run's report.
  func writeReport() throws(Stop) { try reader.writeReport(of: run, pipeline) }
}

extension Workspace {
  /// Makes up for what was cut off of a run behind its end: the removal of what is kept no longer, and the report.
  func makeUp(for done: RunRecord, of pipeline: Pipeline) throws(Stop) {
    try prune(prunable(pipeline, keeping: pipeline.keep))
    try removeEarlierPublications(in: path + "/packages", threads: 1)
    let reader = WorkspaceReader(path)
    if !Folder.exists(reader.reportPath(of: done.id)) { try reader.writeReport(of: done, pipeline) }
  }
}

extension Desk {
  /// The report of a run, or of the last one.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run.
  package func report(of number: Int?, named pipelineName: String) throws(Stop) -> (
    run: RunRecord, page: ReportPage
  ) {
    let runs = try runs()
    guard let run = number.map({ number in runs.last { $0.id == number } }) ?? runs.last else {
      throw Stop(
        .usage, at: pipeline.path, expected: number.map { "run \($0)" } ?? "a run",
        found: runs.isEmpty
          ? "none in \(pipeline.workspace)" : "runs \(runs[0].id) to \(runs[runs.count - 1].id)",
        remedy: runs.isEmpty ? "Run the pipeline first." : "Name one of the runs listed.",
        next: runs.isEmpty ? "cardlink run PIPELINE" : "cardlink runs PIPELINE")
    }
    return (run, ReportPage(run, among: runs, pipeline: pipelineName))
  }

  /// The path of a run's report, which is written if it isn't there.
  package func reportPath(of number: Int?, named pipelineName: String) throws(Stop) -> String {
    let (run, page) = try report(of: number, named: pipelineName)
    let path = WorkspaceReader(pipeline.workspace).reportPath(of: run.id)
    if !Folder.exists(path) { try Folder.writeWhole(page.html, to: path) }
    return path
  }
}
