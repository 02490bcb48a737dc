// The pages that a run writes at its end.

import Run
package import Values
package import Workspace

/// The report and the metrics of the nightly run.
package struct NightPages: Pages {
  package init() {}

  package func report(of run: RunRecord, among runs: [RunRecord], pipeline: String) -> String {
    ReportPage(run, among: runs, pipeline: pipeline).html
  }

  package func metrics(
    pipeline: String, runs: [RunRecord], inForce: RunRecord?, exit: Exit, time: Int
  ) -> String {
    Metrics(pipeline: pipeline, runs: runs, inForce: inForce, attempt: Attempt(at: time, exit: exit)).text
  }
}
