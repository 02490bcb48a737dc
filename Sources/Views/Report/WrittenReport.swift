// The report of a run as a page and as a file, on request.

package import Desk
import Files
package import Values
package import Workspace

extension Desk {
  /// The report of a run, or of the last one.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run.
  package func report(of number: Int?, named pipelineName: String) throws(Stop) -> (
    run: RunRecord, page: ReportPage
  ) {
    let runs = try runs()
    guard let last = runs.last else { throw try noRun() }
    guard let run = number.map({ number in runs.last { $0.id == number } }) ?? last else {
      throw Stop(
        .usage, at: pipeline.path, expected: "one of the runs \(runs[0].id) to \(last.id)",
        found: "run \(number ?? 0)", remedy: "Name one of the runs listed.", next: "cardlink runs PIPELINE")
    }
    return (run, ReportPage(run, among: runs, pipeline: pipelineName))
  }

  /// The path of a run's report, which is written if it doesn't exist.
  package func reportPath(of number: Int?, named pipelineName: String) throws(Stop) -> String {
    let (run, page) = try report(of: number, named: pipelineName)
    let path = WorkspaceReader(pipeline.workspace).reportPath(of: run.id)
    if try !Folder.exists(path) { try Folder.writeWhole(page.html, to: path) }
    return path
  }
}
