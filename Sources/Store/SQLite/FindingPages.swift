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
  /// The first three digits of the personal ID field; empty for none.
  package var birthPlace: String
  /// Whether officers may decide on it.
  package var isDecidable: Bool
}

extension Store {
  /// Passes on the keys of all findings in their order.
  package func findingKeys(_ body: (FindingKey) throws(Stop) -> Void) throws(Stop) {
    try stopping(at: path) {
      try queue.read { db in
        let cursor = try Row.fetchCursor(
          db,
          sql: """
            SELECT rowid, export, outcome, reasons, substr(personal_id, 1, 3),
              digest IS NOT NULL AND (outcome = 'disputed' OR candidates > 0)
            FROM held_record ORDER BY rowid
            """)
        while let row = try cursor.next() {
          try body(
            FindingKey(
              row: row[0], export: ExportKind(rawValue: row[1]) ?? .insurance, outcome: row[2],
              reasons: row[3], birthPlace: row[4] ?? "", isDecidable: row[5]))
        }
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
