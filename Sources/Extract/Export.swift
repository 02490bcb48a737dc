// One export as the pipeline file describes it, and the faults for which a file of it is refused.

import Files
package import Values

/// How the files of one export are read and their records checked.
package struct Export: Sendable {
  package var format: ExportFormat
  package var rules: ExportRules
  /// A damaged file is read up to its fault, rather than refused.
  package var keepsDamaged: Bool

  package init(format: ExportFormat, rules: ExportRules, keepsDamaged: Bool = false) {
    (self.format, self.rules, self.keepsDamaged) = (format, rules, keepsDamaged)
  }

  /// Refuses a file most of whose records are no text in the encoding that it is read in.
  func checkEncoding(
    _ file: FoundFile, misread: Int, of records: Int, atLeast fewest: Int
  ) throws(Stop) {
    guard records >= fewest, misread * 2 > records else { return }
    throw Stop(
      .dataRefused, at: file.name,
      expected: "text in \(format.encoding?.rawValue ?? "the encoding that it says, or utf-8")",
      found: "\(misread) of \(records) records that are none, or bear names from another encoding",
      remedy:
        "Set the right encoding in the pipeline file, or ask the supplier for UTF-8; nothing was changed.")
  }

  func checkNotEmpty(_ file: FoundFile, recordCount: Int) throws(Stop) {
    guard recordCount == 0 else { return }
    let found =
      if case .xml(let record) = format.kind { "no element named \(record)" } else { "a header line only" }
    throw Stop(
      .dataRefused, at: file.name, expected: "at least one record", found: found,
      remedy: "Check the file, and the pipeline file's record and fields; nothing was changed.")
  }
}

/// Both exports of a pipeline.
package struct Exports: Sendable {
  private let population: Export
  private let insurance: Export

  package init(population: Export, insurance: Export) {
    (self.population, self.insurance) = (population, insurance)
  }

  package subscript(_ kind: ExportKind) -> Export { kind == .population ? population : insurance }
}

extension FileTally {
  /// What the end of a file shows to be missing from it.
  func fault(of file: FoundFile) -> Stop? {
    if let declaredCount, declaredCount != records {
      return Stop(
        .dataRefused, at: file.name, expected: "the \(declaredCount) records that the file declares",
        found: "\(records)", remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
    return cutLine.map { line in
      Stop(
        .dataRefused, at: file.name, line: line, expected: "a whole last record",
        found: "one that breaks off, without a line break behind it, as of a half-copied file",
        remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
  }
}
