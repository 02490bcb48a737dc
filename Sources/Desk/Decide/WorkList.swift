// Reads a work list: the CSV of `findings` with the columns decision and reason filled in by officers.
// Invariant: a line that can't be read is a fault with its line and column. A leading zero that a spreadsheet dropped is
// accepted only where the digest identifies the record. No fault shows a value.
// Load: some thousand lines, in memory.

import Extract
import Files
import Foundation
import Values

/// One line of a work list on which an officer has decided.
struct WorkListLine: Sendable {
  var line: Int
  var isAccepted: Bool
  var insuranceNumber: String
  var cardNumber: String
  var personalID: String
  var candidate: String
  var digest: String
  var judged: JudgedFields
  var reason: String
}

/// A work list.
struct WorkList {
  private(set) var lines: [WorkListLine] = []
  /// Lines without a decision.
  private(set) var undecided = 0
  private(set) var faults = WorkListFaults()

  static let required = [
    "decision", "digest", "insurance_number", "card_number", "personal_id", "candidate_personal_id",
  ]
  private static let columns = required + ["reason", "outcome"]
  private static let mostReasonBytes = 2000

  /// - Parameters:
  ///   - path: the file.
  ///   - name: as messages show it.
  init(_ path: String, name: String) throws(Stop) {
    let file = ExportFile(path: path, name: name)
    guard try Folder.exists(path) else {
      throw Stop(
        .exportMissing, at: name, expected: "a work list with decisions", found: "no such file",
        remedy: "Write one, fill in its columns decision and reason, and give it back.", next: WorkList.next)
    }
    let format = try Self.format(of: file)
    var batch = RawBatch(slotCount: format.columns.count)
    let extractor = try Extractor(file, format: format)
    while try extractor.nextBatch(into: &batch) {
      for i in 0..<batch.count { read(batch, i, format.columns) }
    }
  }

  init(_ lines: [WorkListLine]) { self.lines = lines }

  static let next = "cardlink findings PIPELINE --outcome disputed --output csv"

  /// Finds the delimiter: comma, semicolon or tab, as spreadsheets save it.
  private static func format(of file: ExportFile) throws(Stop) -> ExportFormat {
    var fewest = required
    for delimiter in [",", ";", "\t"] {
      var format = ExportFormat(kind: .csv(delimiter: Array(delimiter.utf8)[0]), columns: columns)
      let report = try headerReport(file, format: format)
      let missing = required.filter(report.missing.contains)
      if missing.isEmpty, report.duplicated.isEmpty {
        format.columns = columns.filter { !report.missing.contains($0) }
        return format
      }
      if missing.count < fewest.count { fewest = missing }
    }
    let all = fewest.count == required.count
    throw Stop(
      .dataRefused, at: file.name, line: 1, field: fewest[0],
      expected: all ? "the header of a work list" : "the column \(fewest[0]), once",
      found: all ? "another line" : "none, or more than one",
      remedy:
        "Take a work list as findings writes it, and add the columns decision (accept or reject) and reason.",
      next: next)
  }

  private mutating func read(_ batch: RawBatch, _ i: Int, _ columns: [String]) {
    let record = batch.record(i)
    let line = Int(record.line)
    switch record.fault {
    case .none: break
    case .encoding:
      return faults.add(line, "", "text in UTF-8", "other bytes", "Save the file as CSV UTF-8.")
    case .fieldCount:
      return faults.add(
        line, "", "as many fields as the header has", "\(record.faultDetail)",
        "Put a value that holds a comma between quotes.")
    default:
      return faults.add(line, "", "a line of a CSV file", "one that can't be read", "Correct the line.")
    }
    func value(_ column: String) -> String {
      guard let slot = columns.firstIndex(of: column), let range = batch.range(i, slot) else { return "" }
      return unsafe Formula.asWritten(batch.bytes.span.bytes.text(range).trimming())
    }
    let decision = value("decision").lowercased()
    guard !decision.isEmpty else {
      undecided += 1
      return
    }
    guard ["accept", "reject"].contains(decision) else {
      return faults.add(
        line, "decision", "accept, reject or nothing", "another word of \(decision.count) characters",
        "Write accept if the record is the person's, reject if it is not.")
    }
    let digest = value("digest")
    guard let judged = JudgedFields(text: digest) else {
      let outcome = value("outcome")
      let isKnown = Outcome(name: outcome) != nil
      return faults.add(
        line, "digest", "the digest of a record that can be decided on",
        digest.isEmpty ? "nothing" + (isKnown ? ", outcome \(outcome)" : "") : "\(digest.count) characters",
        digest.isEmpty
          ? "Only disputed records and those with a candidate can be decided on; leave decision empty here."
          : "Leave this column as findings wrote it.")
    }
    let reason = value("reason")
    guard !reason.contains("\u{FFFD}") else {
      return faults.add(line, "reason", "text in UTF-8", "other bytes", "Save the file as CSV UTF-8.")
    }
    guard reason.utf8.count <= Self.mostReasonBytes else {
      return faults.add(
        line, "reason", "at most \(Self.mostReasonBytes) bytes", "\(reason.utf8.count)", "Make it shorter.")
    }
    lines.append(
      WorkListLine(
        line: line, isAccepted: decision == "accept", insuranceNumber: value("insurance_number"),
        cardNumber: value("card_number"), personalID: value("personal_id"),
        candidate: value("candidate_personal_id"), digest: digest, judged: judged, reason: reason))
  }
}

/// The faults of a work list.
struct WorkListFaults {
  private var all:
    [(line: Int, field: String, expected: String, found: String, remedy: String, next: String?)] = []
  private static let mostShown = 20

  mutating func add(
    _ line: Int, _ field: String, _ expected: String, _ found: String, _ remedy: String, next: String? = nil
  ) {
    all.append((line, field, expected, found, remedy, next))
  }

  /// One stop for all faults: the first in full, each other in one line; nil for none.
  func stop(at file: String) -> Stop? {
    let sorted = all.sorted { $0.line < $1.line }
    guard let first = sorted.first else { return nil }
    var remedy = first.remedy + " Nothing was recorded, of no line."
    for fault in sorted.dropFirst().prefix(Self.mostShown - 1) {
      let origin = Origin(file: file, line: fault.line, field: fault.field.isEmpty ? nil : fault.field)
      remedy += "\n  Also \(origin): expected \(fault.expected), found \(fault.found)"
    }
    if sorted.count > Self.mostShown { remedy += "\n  and \(sorted.count - Self.mostShown) more" }
    return Stop(
      .dataRefused, at: file, line: first.line, field: first.field.isEmpty ? nil : first.field,
      expected: first.expected, found: first.found, remedy: remedy, next: first.next ?? WorkList.next)
  }
}

extension String {
  /// Whether it is the number, or the number without its leading zeros, which spreadsheets drop.
  func isNumber(_ number: String) -> Bool {
    self == number
      || !isEmpty && count < number.count && allSatisfy { $0.isASCII && $0.isNumber }
        && String(repeating: "0", count: number.count - count) + self == number
  }

  fileprivate func trimming() -> String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
