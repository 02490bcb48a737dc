// cardlink check: is everything there for a run? Reads the pipeline file and the beginning of each export.
// Invariant: changes nothing; names every file with what it lacks, rather than the first only.

import Extract
package import Record

/// What `check` found in one file.
package struct CheckedFile: Sendable {
  package var export: String
  package var name: String
  package var byteCount: Int
  /// The columns or paths that the pipeline reads and the file lacks, each with the nearest one there.
  package var missing: [(column: String, nearest: String?)]
  /// Columns there that the pipeline doesn't read.
  package var unread: [String]
}

/// Looks at a pipeline's exports without running anything.
///
/// - Throws: ``Stop`` if an export is missing or can't be read at all.
package func check(_ pipeline: Pipeline) throws(Stop) -> [CheckedFile] {
  var checked: [CheckedFile] = []
  for spec in [pipeline.population, pipeline.insurance] {
    _ = try spec.rules(asOf: Clock.today(), pipeline: pipeline.path)
    for file in try spec.foundFiles(pipeline: pipeline.path) {
      let report = try headerReport(ExportFile(path: file.path, name: file.name), format: spec.extractFormat)
      let columns = Set(spec.columns)
      checked.append(
        CheckedFile(
          export: spec.kind.name, name: file.name, byteCount: file.byteCount,
          missing: report.missing.map { ($0, report.nearest[$0]) },
          unread: report.found.filter { !columns.contains($0) }))
    }
  }
  return checked
}
