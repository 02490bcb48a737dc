// cardlink check: is everything there for a run? Reads the pipeline file and the beginning of each export.
// Invariant: changes nothing; names every file with what it lacks, rather than the first only. A run looks at the same
// beginnings before its long work, so what check refuses, a run refuses at once.

import Extract
package import Values

/// What `check` found in one file.
package struct CheckedFile: Sendable {
  package var export: String
  package var name: String
  package var byteCount: Int
  /// The columns or paths that the pipeline reads and the file lacks, each with the nearest one there.
  package var missing: [(column: String, nearest: String?)]
  /// Columns there that the pipeline doesn't read.
  package var unread: [String]
  /// Why a run would refuse it, as far as its beginning shows.
  package var fault: Stop?
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
          unread: report.found.filter { !columns.contains($0) }, fault: spec.fault(in: report, of: file)))
    }
  }
  return checked
}

extension ExportSpec {
  /// As many records of XML as are looked at before a field that none of them has counts as missing.
  private static var fewestRecords: Int { 20 }

  /// Why a file can't be read as this export, as far as its beginning shows; nil if it can.
  ///
  /// Other order, and columns that nobody reads, are harmless. A path of XML may be missing from one record or from
  /// many; a name or birth date that none of the first records has was renamed.
  func fault(in report: HeaderReport, of file: FoundFile) -> Stop? {
    if format == .csv {
      if let column = report.missing.first {
        return Stop(
          .dataRefused, at: file.name, line: 1, field: column,
          expected: "the columns that the pipeline reads", found: "\(report.missing.count) missing",
          remedy: "Correct fields in the pipeline file, or ask the supplier for the columns.")
      }
      return report.duplicated.first.map { column in
        Stop(
          .dataRefused, at: file.name, line: 1, field: column, expected: "the column once", found: "it twice",
          remedy: "Ask the supplier which of them holds; nothing was changed.")
      }
    }
    guard report.recordCount >= Self.fewestRecords else { return nil }
    for field in kind == .population
      ? ["personal_id", "full_name", "birth_date"] : ["full_name", "birth_date"]
    {
      guard let columns = fields[field]?.columns, columns.allSatisfy(report.missing.contains) else {
        continue
      }
      let nearest = columns.compactMap { report.nearest[$0] }.first
      return Stop(
        .dataRefused, at: file.name, field: columns[0], expected: "the \(field) of some record",
        found: "none in the first \(report.recordCount)",
        remedy: (nearest.map { "Is it \($0)? " } ?? "")
          + "Correct fields in the pipeline file, or ask the supplier for the element.")
    }
    return nil
  }
}

extension Extraction {
  /// Looks at the beginning of every file before the long work: columns, elements and encoding.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused``, naming the first file that can't be read as the pipeline says.
  func checkBeginnings(of files: [FoundFile]) throws(Stop) {
    for file in files {
      let spec = pipeline.export(file.export)
      let beginning = ExportFile(path: file.path, name: file.name)
      if spec.format == .csv {
        _ = try Extractor(beginning, format: spec.extractFormat)
      } else {
        try checkEncoding(of: beginning, format: spec.extractFormat)
        // What is not well-formed is refused, or kept, where it is read.
        guard let report = try? headerReport(beginning, format: spec.extractFormat) else { continue }
        if let fault = spec.fault(in: report, of: file) { throw fault }
      }
    }
  }
}
