// What the last publication found about codes of facilities.

import Pipeline
package import Values
package import Workspace

extension Desk {
  /// The codes that the table of facilities lacks, and those that were replaced.
  ///
  /// - Parameters:
  ///   - named: the pipeline as commands name it.
  ///   - number: the run that is asked; nil for the last one that published with a table.
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run or it had no table.
  package func facilities(named: String, run number: Int?) throws(Stop) -> (RunRecord, FacilityFigures) {
    let run =
      if let number { try self.run(number) as RunRecord? } else {
        try runs().last { $0.published?.facilities != nil }
      }
    if let run, let figures = run.published?.facilities { return (run, figures) }
    guard pipeline.facilities != nil else {
      throw Stop(
        .usage, at: named, field: "facilities", expected: "a table of facilities", found: "none",
        remedy: "Write facilities: { file: … } in the pipeline file, then run it.",
        next: "cardlink run \(named)")
    }
    throw Stop(
      .usage, at: number.map { "run \($0)" } ?? named,
      expected: "a run that published with the table of facilities",
      found: "none", remedy: "Publish again with it.", next: "cardlink rerun publish \(named)")
  }
}
