// Reads the table of facilities: CSV with the columns code, name, province_2025, successor and successor_from.
// Invariant: a table with one wrong row is refused as a whole, with file, line and field of every fault: a wrong successor
// sends people to a wrong facility. Other columns are not read; all but `code` may be missing.
// Load: some 13,000 rows, at most 100,000.

import Names
import Rules
package import Values

/// The file of the table, and how it is written.
package struct FacilityTable: Hashable, Sendable {
  package var path: String
  package var encoding: TextEncoding?
  package var delimiter: [UInt8]

  package init(path: String, encoding: TextEncoding? = nil, delimiter: [UInt8] = Array(",".utf8)) {
    (self.path, self.encoding, self.delimiter) = (path, encoding, delimiter)
  }

  private enum Column: String, CaseIterable {
    case code, name
    case province = "province_2025"
    case successor
    case successorFrom = "successor_from"
  }

  static let mostRows = 100_000
  /// Of the faults, so many are reported.
  static let mostFindings = 100

  /// Reads the table.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` and a finding for each fault; with ``Exit/exportMissing`` if the
  ///   file is missing.
  package func read() throws(Stop) -> [Facility] {
    var reading = Reading(file: path)
    try forEachRow { (line, row) throws(Stop) in
      try reading.add(line, row)
    }
    return try reading.finish()
  }

  /// The values of one row by column, or why the row can't be read.
  private enum Row {
    case values([Column: String])
    case fault(RawFault)
  }

  private func forEachRow(_ take: (Int, Row) throws(Stop) -> Void) throws(Stop) {
    let file = ExportFile(path: path, name: path)
    var dialect = CSVDialect()
    dialect.delimiter = delimiter
    let all = Column.allCases.map(\.rawValue)
    let report = try headerReport(
      file, format: ExportFormat(kind: .csv(dialect), encoding: encoding, columns: all))
    if report.missing.contains(Column.code.rawValue) {
      // Of the hints for exports only the delimiter has a key here.
      let hint = report.hint.flatMap { $0.remedy.contains("delimiter:") ? $0 : nil }
      throw Stop(
        .dataRefused, at: path, line: 1, field: Column.code.rawValue,
        expected: "the columns \(all.joined(separator: ", "))", found: hint?.found ?? "no column code",
        remedy: hint?.remedy ?? "Name the columns of the table so; all but code may be missing.")
    }
    let columns = Column.allCases.filter { !report.missing.contains($0.rawValue) }
    let format = ExportFormat(
      kind: .csv(dialect), encoding: encoding, columns: columns.map(\.rawValue))
    let extractor = try Extractor(file, format: format)
    var batch = RawBatch(slotCount: columns.count)
    while try extractor.nextBatch(into: &batch) {
      for i in 0..<batch.count {
        let record = batch.record(i)
        guard record.fault == .none else {
          try take(Int(record.line), .fault(record.fault))
          continue
        }
        var values: [Column: String] = [:]
        for (slot, column) in columns.enumerated() {
          guard let range = batch.range(i, slot) else { continue }
          values[column] = visible(String(decoding: batch.bytes[range], as: UTF8.self)).trimming()
        }
        try take(Int(record.line), .values(values))
      }
    }
    if let line = extractor.tally.cutLine {
      throw Stop(
        .dataRefused, at: path, line: line, expected: "a whole last row", found: "one that breaks off",
        remedy: "Copy the whole table there.")
    }
  }

  /// The rows read so far, and their faults.
  private struct Reading {
    private let file: String
    private var facilities: [(line: Int, facility: Facility)] = []
    private var lines: [ShortCode: Int] = [:]
    private var findings: [Finding] = []
    private var findingCount = 0
    private static let dates = ["yyyy-MM-dd", "dd/MM/yyyy"].compactMap(DatePattern.init)

    init(file: String) { self.file = file }

    mutating func add(_ line: Int, _ row: Row) throws(Stop) {
      guard facilities.count < mostRows else {
        throw Stop(
          .dataRefused, at: file, line: line, expected: "at most \(mostRows) facilities", found: "more",
          remedy: "Is this the table of facilities? Nothing was changed.")
      }
      switch row {
      case .fault(let fault):
        let found =
          switch fault {
          case .fieldCount: "another number of fields"
          case .unclosedQuote: "a quote that is never closed"
          case .encoding: "text in another encoding"
          default: "a row that can't be read"
          }
        report(line, nil, "as many fields as the header has, in UTF-8 or the encoding named", found)
      case .values(let values): add(line, values)
      }
    }

    private mutating func add(_ line: Int, _ values: [Column: String]) {
      guard let code = code(values[.code] ?? "", line, .code) else { return }
      if let first = lines[code] {
        return report(line, .code, "each code once", "that of line \(first) again")
      }
      lines[code] = line
      var facility = Facility(code: code, name: values[.name] ?? "")
      if facility.name.count > 255
        || facility.name.unicodeScalars.contains(where: {
          $0.properties.generalCategory == .control || $0 == "\u{FFFD}"
        })
      {
        report(
          line, .name, "a name of at most 255 characters",
          facility.name.count > 255
            ? "\(facility.name.count) characters" : "a character that is none of a name")
        facility.name = ""
      }
      facility.province = province(values[.province] ?? "", line)
      let successor = values[.successor] ?? ""
      let from = values[.successorFrom] ?? ""
      if !successor.isEmpty, let code = self.code(successor, line, .successor) {
        facility.successor = code
        if case .date(let date) = Self.dates.read(Array(from.utf8).span), date.precision == .day {
          facility.successorFrom = date
        } else {
          report(
            line, .successorFrom, "the first day of the successor's code, such as 2026-01-01",
            from.isEmpty ? "nothing" : "something else")
        }
      } else if successor.isEmpty, !from.isEmpty {
        report(line, .successorFrom, "no date without a successor", "one")
      }
      facilities.append((line, facility))
    }

    private mutating func code(_ text: String, _ line: Int, _ column: Column) -> ShortCode? {
      var notes = Reasons()
      let code = FacilityRule.read(Array(text.utf8).span, &notes)
      guard notes.isEmpty, !code.isNone else {
        let count = text.count
        report(
          line, column, "five characters: two digits, then three digits or letters",
          text.isEmpty
            ? "nothing"
            : count == 5
              ? "other characters"
              : "\(count) character\(count == 1 ? "" : "s")"
                + (count == 4 && text.allSatisfy(\.isNumber) ? ", as if a leading zero were lost" : ""))
        return nil
      }
      return code
    }

    private mutating func province(_ text: String, _ line: Int) -> ProvinceOfToday? {
      guard !text.isEmpty else { return nil }
      let code = text.count == 2 && text.allSatisfy(\.isASCII) ? Int(text) : nil
      guard let code, let province = ProvinceOfToday.of(code) else {
        report(line, .province, "the two digits of a province since July 2025", "something else")
        return nil
      }
      guard province.code == code else {
        report(
          line, .province, "a province since July 2025",
          "\(text), which was \(IDPrefix.province(code) ?? "") and belongs to \(province.label) now")
        return nil
      }
      return province
    }

    private mutating func report(_ line: Int, _ column: Column?, _ expected: String, _ found: String) {
      findingCount += 1
      guard findings.count < mostFindings else { return }
      findings.append(
        Finding(
          Origin(file: file, line: line, field: column?.rawValue), expected: expected, found: found,
          remedy: "Correct the table; nothing was changed."))
    }

    /// Checks the successors, which may come in later rows.
    mutating func finish() throws(Stop) -> [Facility] {
      let byCode = Dictionary(facilities.map { ($0.facility.code, $0.facility) }) { first, _ in first }
      var isChecked: Set<ShortCode> = []
      for (line, facility) in facilities where !facility.successor.isNone {
        if lines[facility.successor] == nil {
          report(line, .successor, "a code of the table", "\(facility.successor.text), which it lacks")
        }
        // Walk each chain once; report one that meets itself at the row where it begins again.
        var chain: [ShortCode] = []
        var code = facility.code
        while !isChecked.contains(code), let next = byCode[code]?.successor, !next.isNone {
          isChecked.insert(code)
          chain.append(code)
          code = next
        }
        if let start = chain.firstIndex(of: code) {
          let cycle = chain[start...].prefix(10).map(\.text) + (chain.count - start > 10 ? ["…"] : [])
          report(
            lines[code] ?? line, .successor, "codes that don't lead back to themselves",
            (cycle + [code.text]).joined(separator: " → "))
        }
      }
      if facilities.isEmpty, findings.isEmpty {
        findings.append(
          Finding(
            Origin(file: file), expected: "at least one facility", found: "no facility",
            remedy: "Check the table; nothing was changed."))
      }
      guard let first = findings.min(by: Self.isBefore) else { return facilities.map(\.facility) }
      findings.sort(by: Self.isBefore)
      if findingCount > findings.count {
        findings.append(
          Finding(
            Origin(file: file), expected: "a table without faults",
            found: "\(findingCount - findings.count) more", remedy: "Correct these first."))
      }
      throw Stop(.dataRefused, first, others: Array(findings.dropFirst()))
    }

    private static func isBefore(_ a: Finding, _ b: Finding) -> Bool {
      (a.origin.line ?? 0, a.origin.field ?? "") < (b.origin.line ?? 0, b.origin.field ?? "")
    }
  }
}
