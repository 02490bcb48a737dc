// Reads what filters need of each finding, and findings by their rows, for pages of a long list.
// Load: some million findings; the keys once for each store, the rows some hundred at a time.

import Files
internal import GRDB
package import Values

/// What filters need of a finding.
package struct FindingKey: Sendable {
  /// Ascending in the order in which the findings were written.
  package var row: Int64
  package var export: ExportKind
  package var outcome: String
  package var reasons: String?
  package var personalID: String?
  package var insuranceNumber: String?
  package var cardNumber: String?
  package var sourceFile: String
  package var sourceLine: Int
  /// Whether officers may decide on it.
  package var isDecidable: Bool

  /// - Parameter finding: one that is read from elsewhere than a store.
  package init(row: Int64, _ finding: StoredFinding) {
    (self.row, outcome, reasons) = (row, finding.outcome, finding.reasons)
    export = ExportKind(name: finding.export) ?? .insurance
    (personalID, insuranceNumber) = (finding.personalID, finding.insuranceNumber)
    (cardNumber, sourceFile, sourceLine) = (finding.cardNumber, finding.sourceFile, finding.sourceLine)
    isDecidable =
      finding.digest != nil
      && (finding.outcome == Outcome.disputed.name || (finding.candidates ?? 0) > 0)
  }

  fileprivate init(_ row: Row, _ files: [Int64: String]) {
    self.row = row[0]
    export = ExportKind(rawValue: row[1]) ?? .insurance
    (outcome, reasons, isDecidable) = (row[2], row[3], row[4])
    (personalID, insuranceNumber, cardNumber) = (row[5], row[6], row[7])
    let file: Int64 = row[8]
    (sourceFile, sourceLine) = (files[file] ?? "", row[9])
  }
}

extension Store {
  /// Passes on the keys of all findings in their order.
  package func findingKeys(_ body: (FindingKey) throws(Stop) -> Void) throws(Stop) {
    try stopping(at: path) {
      try queue.read { db in
        var files: [Int64: String] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT source_id, name FROM source_file") {
          files[row[0]] = row[1]
        }
        let cursor = try Row.fetchCursor(
          db,
          sql: """
            SELECT rowid, export, outcome, reasons,
              digest IS NOT NULL AND (outcome = 'disputed' OR candidates > 0),
              personal_id, insurance_number, card_number, source_id, source_line
            FROM held_record ORDER BY rowid
            """)
        while let row = try cursor.next() { try body(FindingKey(row, files)) }
      }
    }
  }

  /// The findings in these rows, ascending.
  package func findings(rows: some Sequence<Int64>) throws(Stop) -> [(row: Int64, finding: StoredFinding)] {
    let list = "[" + rows.map(String.init).joined(separator: ",") + "]"
    var found: [(row: Int64, finding: StoredFinding)] = []
    try stopping(at: path) {
      try queue.read { db in
        let cursor = try Row.fetchCursor(
          db,
          sql: """
            SELECT \(Schema.findingValues), r.rowid FROM held_record r
            WHERE r.rowid IN (SELECT value FROM json_each(?)) ORDER BY r.rowid
            """, arguments: [list])
        while let row = try cursor.next() { found.append((row[12], StoredFinding(row))) }
      }
    }
    return found
  }
}
