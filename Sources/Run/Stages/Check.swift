// cardlink check: checks the pipeline file and the beginning of each export.
// Invariant: changes nothing; reports all files with what they lack, not only the first. A run checks the
// same beginnings before its long work, so a run refuses at once what check refuses.

import Extract
import Files
import Glibc
package import Pipeline
import Publish
package import Values
import Workspace

/// The result of `check` for one file.
package struct CheckedFile: Sendable {
  package var export: String
  package var name: String
  package var byteCount: Int
  /// The columns or paths that the pipeline reads and the file lacks, each with the most similar one in the
  /// file.
  package var missing: [(column: String, nearest: String?)]
  /// Columns in the file that the pipeline doesn't read.
  package var unread: [String]
  /// Columns that the file spells in another way, as the pipeline file has them and as the file does.
  package var respelled: [(column: String, found: String)]
  /// Why a run would refuse it, as far as its beginning shows.
  package var fault: Stop?
}

/// Why a run could not write the metrics, in the run's words; nil if it could.
package func metricsFault(of pipeline: Pipeline) -> Stop? {
  guard let file = pipeline.metrics, unsafe access(Folder.parent(of: file), W_OK | X_OK) != 0 else {
    return nil
  }
  return .cannotCreate(file + ".partial", errno)
}

/// Checks the table of facilities and the keys that publishing needs.
///
/// - Throws: what publishing would throw for a fault of the table or for want of a key.
package func checkPublishing(_ pipeline: Pipeline, asOf: CalendarDate) throws(Stop) {
  try pipeline.publish.checkKeys(
    packagesIn: pipeline.workspace + "/packages", pipeline.facilities(on: asOf))
}

/// Checks a pipeline's exports without running anything.
///
/// - Throws: ``Stop`` if an export is missing or can't be read at all.
package func check(_ pipeline: Pipeline) throws(Stop) -> [CheckedFile] {
  var checked: [CheckedFile] = []
  for spec in [pipeline.population, pipeline.insurance] {
    let full = try spec.export(asOf: Clock.today(), pipeline: pipeline.path)
    let delta = try spec.export(asOf: Clock.today(), pipeline: pipeline.path, isDelta: true)
    var empty: [(index: Int, file: FoundFile, hasOthers: Bool)] = []
    let first = checked.count
    for file in try spec.deliveries(pipeline: pipeline.path, asOf: Clock.today()) {
      let export = file.holdsChanges == true ? delta : full
      let report = try headerReport(ExportFile(file), format: export.format)
      if report.isEmpty { empty.append((checked.count, file, report.hasOtherElements)) }
      let columns = Set(export.format.columns)
      checked.append(
        CheckedFile(
          export: spec.kind.name, name: file.name, byteCount: file.byteCount,
          missing: report.missing.map { ($0, report.nearest[$0]) },
          unread: report.found.filter { !columns.contains($0) && !report.respelled.values.contains($0) },
          respelled: report.respelled.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
          fault: export.fault(in: report, of: file)))
    }
    let hasRecords = empty.count < checked.count - first
    for (i, file, hasOthers) in empty where checked[i].fault == nil {
      checked[i].fault = full.faultOfEmpty(file, hasOthers: hasOthers, besides: hasRecords)
    }
  }
  try judgeSeries(pipeline, &checked)
  return checked
}

/// Adds what a run would refuse of the series of deliveries.
private func judgeSeries(_ pipeline: Pipeline, _ checked: inout [CheckedFile]) throws(Stop) {
  let runs = try WorkspaceReader(pipeline.workspace).runs()
  for fault in try pipeline.series(asOf: Clock.today(), among: runs).flatMap(\.faults) {
    guard let i = checked.firstIndex(where: { $0.name == fault.finding.origin.file }) else { throw fault }
    checked[i].fault = checked[i].fault ?? fault
  }
}
