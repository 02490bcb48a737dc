// One export as the pipeline file describes it, and the checks that refuse a file.
// Invariant: what `cardlink check` refuses by a file's beginning, a run refuses before its long work.

package import Files
import Rules
package import Values

/// How the files of one export are read and their records checked.
package struct Export: Sendable {
  package var format: ExportFormat
  package var rules: ExportRules
  /// Whether a damaged file is read up to its fault instead of refused.
  package var keepsDamaged: Bool
  /// The slot of the number of the delivery, which all records of a file share; nil if it is elsewhere.
  package var numberSlot: Int?

  package init(format: ExportFormat, rules: ExportRules, keepsDamaged: Bool = false) {
    (self.format, self.rules, self.keepsDamaged) = (format, rules, keepsDamaged)
  }

  /// Refuses a file if most of its records are not text in the expected encoding.
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

  /// Refuses a file most of whose lines can't be cut into the header's fields.
  func checkCut(_ file: FoundFile, _ part: StagedPart) throws(Stop) {
    guard case .csv(let dialect) = format.kind else { return }
    let wrong = part.reasonCounts[.fieldCount, default: 0] + part.reasonCounts[.unclosedQuote, default: 0]
    guard wrong >= 20, wrong * 2 > part.recordCount else { return }
    let source = try openSource(ExportFile(file), format, chunkBytes: 64 << 10)
    var text: [UInt8] = []
    while text.count < 64 << 10, try source.next(into: &text) {}
    throw Stop(
      .dataRefused, at: file.name, expected: "lines with as many fields as the header",
      found:
        "\(wrong) of \(part.recordCount) lines with another number, or with a quote that is never closed",
      remedy: dialect.advice(on: text)
        + "Correct delimiter, quote and escape in the pipeline file, or ask the supplier; nothing was changed."
    )
  }

  /// Why a file without records is refused; nil if it may be the empty part of an export that has records.
  ///
  /// - Parameters:
  ///   - hasOthers: whether it has elements that may be records under another name.
  ///   - others: whether another file of the export has records.
  package func faultOfEmpty(_ file: FoundFile, hasOthers: Bool, besides others: Bool) -> Stop? {
    if others, !hasOthers { return nil }
    let found =
      if case .xml(let record) = format.kind { "no element named \(record)" } else { "a header line only" }
    return Stop(
      .dataRefused, at: file.name, expected: "at least one record", found: found,
      remedy: "Check the file, and the pipeline file's record and fields; nothing was changed.")
  }

  // MARK: The beginning of a file

  /// How many records of XML must be read before a field that none of them has counts as missing.
  private static var fewestRecords: Int { 20 }

  /// Refuses a file whose beginning shows that it can't be read as this export.
  func checkBeginning(of file: FoundFile) throws(Stop) {
    let beginning = ExportFile(file)
    guard case .xml = format.kind else {
      _ = try Extractor(beginning, format: format)
      return
    }
    _ = try openSource(beginning, format, chunkBytes: EncodingWatch.firstByteCount)
    let report: HeaderReport
    do throws(Stop) {
      report = try headerReport(beginning, format: format)
    } catch  where error.exit == .dataRefused {
      // Malformed XML is refused, or kept, when the file is read.
      return
    }
    if let fault = fault(in: report, of: file) { throw fault }
  }

  /// Why the file's beginning shows that it can't be read as this export; nil if it can.
  ///
  /// Another order of columns and columns that the pipeline doesn't read are harmless. An XML path may be
  /// missing from many records; but if a name or birth date is missing from all of the first records, its
  /// path was renamed.
  package func fault(in report: HeaderReport, of file: FoundFile) -> Stop? {
    if case .xml = format.kind { return faultOfXML(in: report, of: file) }
    if let column = report.missing.first {
      return Stop(
        .dataRefused, at: file.name, line: 1, field: column,
        expected: "the columns that the pipeline reads",
        found: report.hint?.found ?? "\(report.missing.count) missing",
        remedy: report.hint?.remedy
          ?? "Correct fields in the pipeline file, or ask the supplier for the columns.")
    }
    return report.duplicated.first.map { .duplicatedColumn($0, ExportFile(file)) }
  }

  private func faultOfXML(in report: HeaderReport, of file: FoundFile) -> Stop? {
    // The first records of a delta may be deletes, which have their identity alone.
    if rules.changes != nil { return nil }
    if report.isWhole, let fault = faultOfAbsent(in: report, of: file, recordCount: report.recordCount) {
      return fault
    }
    guard report.recordCount >= Self.fewestRecords else { return nil }
    let needed: [Field] =
      rules.export == .population ? [.personalID, .fullName, .birthDate] : [.fullName, .birthDate]
    return needed.lazy.compactMap {
      absent($0, in: report, of: file, found: "none in the first \(report.recordCount)")
    }.first
  }

  // MARK: Missing elements

  /// Fields whose empty value has a meaning, so that a renamed element would change the meaning of the records.
  private static var silent: [Field] { [.validTo, .status, .facilityCode, .sex] }

  /// Refuses an XML file if no record has the element of a field whose empty value has a meaning.
  ///
  /// An empty element is accepted. For `valid_to`, whose empty value is an open end, one record is enough to refuse.
  func checkElements(of file: FoundFile, _ part: StagedPart) throws(Stop) {
    guard case .xml = format.kind else { return }
    // Records quarantined before their fields were checked.
    let unread = [Reason.valueTooLong, .repeatedElement, .fileDamaged, .listLength]
      .reduce(0) { $0 + part.reasonCounts[$1, default: 0] }
    let judged = part.recordCount - part.deleteCount - unread
    func isBlank(_ field: Field) -> Bool { judged > 0 && part.blankCounts[field] == judged }
    guard Self.silent.contains(where: isBlank),
      let report = try? headerReport(ExportFile(file), format: format),
      let fault = faultOfAbsent(in: report, of: file, recordCount: part.recordCount, where: isBlank)
    else { return }
    throw fault
  }

  private func faultOfAbsent(
    in report: HeaderReport, of file: FoundFile, recordCount: Int,
    where isBlank: (Field) -> Bool = { _ in true }
  ) -> Stop? {
    for field in Self.silent where isBlank(field) && !rules.mayBeAbsent.contains(field) {
      guard recordCount >= (field == .validTo ? 1 : Self.fewestRecords) else { continue }
      let fault = absent(
        field, in: report, of: file, found: "none in all \(recordCount)",
        orElse: " If the supplier leaves it out where it is empty, write may_be_absent: [\(field.rawValue)].")
      if let fault { return fault }
    }
    return nil
  }

  private func absent(
    _ field: Field, in report: HeaderReport, of file: FoundFile, found: String, orElse: String = ""
  ) -> Stop? {
    let columns = (rules.fields[field]?.slots ?? []).map { format.columns[$0] }
    guard let first = columns.first, columns.allSatisfy(report.missing.contains) else { return nil }
    let nearest = columns.compactMap { report.nearest[$0] }.first
    return Stop(
      .dataRefused, at: file.name, field: first, expected: "the \(field.rawValue) of some record",
      found: found,
      remedy: (nearest.map { "Is it \($0)? " } ?? "")
        + "Correct fields in the pipeline file, or ask the supplier for the element." + orElse)
  }
}

/// Both exports of a pipeline.
package struct Exports: Sendable {
  private let population: Export
  private let insurance: Export
  /// How the deltas of an export are read.
  private let deltas: [ExportKind: Export]

  package init(population: Export, insurance: Export, deltas: [ExportKind: Export] = [:]) {
    (self.population, self.insurance, self.deltas) = (population, insurance, deltas)
  }

  package subscript(_ kind: ExportKind) -> Export { kind == .population ? population : insurance }

  /// How a file is read.
  package subscript(_ file: FoundFile) -> Export {
    (file.holdsChanges == true ? deltas[file.export] : nil) ?? self[file.export]
  }
}

extension FileTally {
  /// What the end of a file shows to be missing.
  func fault(of file: FoundFile) -> Stop? {
    if let declaredCount, declaredCount != records {
      return Stop(
        .dataRefused, at: file.name, expected: "the \(declaredCount) records that the file declares",
        found: "\(records)", remedy: "Ask the supplier for a whole file; nothing was changed.")
    }
    if let mixedLine {
      return Stop(
        .dataRefused, at: file.name, line: mixedLine, expected: "lines that all end alike",
        found: "one that holds several records, separated by another kind of line end (CR or LF)",
        remedy: "Files of two kinds may have been put together. Write all lines with LF; nothing was changed."
      )
    }
    return cutLine.map { line in
      Stop(
        .dataRefused, at: file.name, line: line, expected: "a whole last record",
        found: "one that breaks off, without a line break behind it, as of a half-copied file",
        remedy:
          "Ask the supplier for a whole file, or name the line under footer if it is a total. Nothing was changed."
      )
    }
  }
}
