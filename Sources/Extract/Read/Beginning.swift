// Reads the beginning of an export file: its columns, or the paths of its first records.

package import Values

/// What the beginning of a file shows.
package struct HeaderReport: Sendable {
  /// Columns (CSV), or paths of the first records (XML), in order.
  package var found: [String]
  /// Columns that the pipeline reads and the file lacks.
  package var missing: [String]
  /// For each missing column, the most similar one in the file.
  package var nearest: [String: String]
  package var duplicated: [String]
  /// Columns that the file spells in another way: letters of another case, width or Unicode form.
  package var respelled: [String: String] = [:]
  /// What the file looks like instead, if it lacks columns: what was found, and what to do.
  package var hint: (found: String, remedy: String)?
  /// How many records of XML were read.
  package var recordCount = 0
  /// Whether the file has no further records.
  package var isWhole = false
  /// Whether the whole file has no record.
  package var isEmpty = false
  /// Whether it has elements that may be records under another name.
  package var hasOtherElements = false
}

/// Reads only the beginning of a file: the header, or the paths of the first records.
package func headerReport(_ file: ExportFile, format: ExportFormat) throws(Stop) -> HeaderReport {
  let source = try openSource(file, format, chunkBytes: 256 << 10)
  var report = HeaderReport(found: [], missing: [], nearest: [:], duplicated: [])
  switch format.kind {
  case .csv(let dialect):
    let csv = try CSVReader(file, source: source, dialect: dialect, columns: format.columns)
    report.found = dialect.hasHeader ? showable(csv.header, reading: format.columns) : csv.header
    report.missing = csv.names.missing
    report.duplicated = csv.names.duplicated
    for (column, found) in csv.names.respelled { report.respelled[column] = found }
    if !report.missing.isEmpty { report.hint = csv.explanation(reading: format.columns) }
    var batch = RawBatch(slotCount: format.columns.count)
    do throws(Stop) {
      try csv.nextBatch(into: &batch)
      report.isEmpty = batch.count == 0
    } catch  where error.exit == .dataRefused {
      // A damaged file is refused, or kept, when the file is read.
    }
  case .xml(let record):
    let xml = try XMLReader(
      file, source: source, record: record, columns: format.columns, collectsPaths: true)
    var batch = RawBatch(slotCount: format.columns.count)
    try xml.nextBatch(into: &batch)
    report.found = xml.seenPaths.sorted()
    report.recordCount = batch.count
    var rest = RawBatch(slotCount: format.columns.count)
    // A later fault is found when the file is read.
    if (try? xml.nextBatch(into: &rest)) != nil { report.isWhole = rest.count == 0 }
    (report.isEmpty, report.hasOtherElements) = (batch.count == 0, xml.hasOtherElements)
    report.missing = format.columns.indices.filter { slot in
      (0..<batch.count).allSatisfy { batch.range($0, slot) == nil }
    }.map { format.columns[$0] }
  }
  for column in report.missing { report.nearest[column] = nearestWord(to: column, among: report.found) }
  return report
}

/// The names of a header that may be shown.
///
/// A first line with none of the columns that are read, and no long word that resembles one, is not a header
/// but a person's record. A name with six digits is not a column's.
private func showable(_ header: [String], reading columns: [String]) -> [String] {
  let long = columns.filter { $0.count >= 6 }
  let known = Set(columns.map(HeaderNames.folded))
  guard
    header.contains(where: { name in
      known.contains(HeaderNames.folded(name)) || name.count >= 6 && nearestWord(to: name, among: long) != nil
    })
  else { return [] }
  return header.filter { name in name.utf8.count { (0x30...0x39).contains($0) } < 6 }
}

extension CSVReader {
  /// What the file looks like, if columns are missing for a reason that the beginning shows.
  fileprivate func explanation(reading columns: [String]) -> (found: String, remedy: String)? {
    if let hint { return (hint.found, hint.remedy) }
    guard !dialect.hasHeader || !showable(header, reading: columns).isEmpty else {
      return (
        "a first line without any of them",
        "Is the header line missing? Then write header: none and give the columns by their positions, from 1. "
          + "Else correct fields in the pipeline file, or ask the supplier for the column."
      )
    }
    return nil
  }
}

extension Stop {
  static func missingColumn(
    _ column: String, _ file: ExportFile, _ csv: CSVReader, reading columns: [String]
  ) -> Stop {
    if Int(column) != nil, Int(column) ?? 0 > csv.header.count {
      return Stop(
        .dataRefused, at: file.name, line: 1, field: column, expected: "a column with the position \(column)",
        found: "\(csv.header.count) columns",
        remedy: "Correct fields, or the delimiter, in the pipeline file.")
    }
    let nearest = nearestWord(to: column, among: showable(csv.header, reading: columns))
    let explanation = csv.explanation(reading: columns)
    return Stop(
      .dataRefused, at: file.name, line: 1, field: column, expected: "the column \(column)",
      found: explanation?.found ?? "none",
      remedy: explanation?.remedy ?? (nearest.map { "Is it \($0)? " } ?? "")
        + "Correct fields in the pipeline file, or ask the supplier for the column.")
  }

  static func duplicatedColumn(_ column: String, _ file: ExportFile) -> Stop {
    Stop(
      .dataRefused, at: file.name, line: 1, field: column, expected: "the column once", found: "it twice",
      remedy: "Ask the supplier which of them holds; nothing was changed.")
  }
}
