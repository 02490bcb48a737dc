// Erases a person from a store or a file of its history, for good.
// Invariant: one transaction; SQLite overwrites what it deletes with zeros, in pages that become free too.
// Load: one search; of the findings one pass.

internal import Files
internal import GRDB
package import Values

/// Erases a person from a store.
///
/// - Returns: how many rows held the person.
package func eraseRows(of id: PersonalID, fromStore path: String) throws(Stop) -> Int {
  try erase(id, from: path, .store) { db in
    // What the person's cards are called names the person in findings too.
    try db.execute(
      sql: """
        CREATE TEMP TABLE erased_number AS
        SELECT ?1 AS number
        UNION SELECT insurance_number FROM person WHERE personal_id = ?1 AND insurance_number IS NOT NULL
        UNION SELECT insurance_number FROM other_card WHERE personal_id = ?1 AND insurance_number IS NOT NULL
        """, arguments: [id.text])
    // A store of an earlier program lacks these tables.
    let numbers = try [
      ("number_row", "DELETE FROM number_row WHERE personal_id = ?1 OR kind = 1 AND number = ?1"),
      ("not_id_row", "DELETE FROM not_id_row WHERE personal_id = ?1 OR number = ?1"),
    ].compactMap { try db.tableExists($0.0) ? $0.1 : nil }
    return numbers + [
      "DELETE FROM person WHERE personal_id = ?1", "DELETE FROM other_card WHERE personal_id = ?1",
      "DELETE FROM kept_person WHERE personal_id = ?1",
      """
      DELETE FROM held_record WHERE personal_id = ?1 OR insurance_number IN (SELECT number FROM erased_number)
        OR substr(card_number, 6) IN (SELECT number FROM erased_number)
      """,
      """
      UPDATE held_record SET candidates = NULL, candidate_personal_id = NULL, digest = NULL
      WHERE candidate_personal_id = ?1
      """,
    ]
  }
}

/// Erases a person from a file of the history.
///
/// - Returns: how many rows held the person.
package func eraseRows(of id: PersonalID, fromHistory path: String) throws(Stop) -> Int {
  try erase(id, from: path, .history) { _ in
    ["DELETE FROM person_was WHERE personal_id = ?1", "DELETE FROM other_card_was WHERE personal_id = ?1"]
  }
}

private func erase(
  _ id: PersonalID, from path: String, _ kind: StoreKind, _ statements: (Database) throws -> [String]
) throws(Stop) -> Int {
  try Faults.pass(.database, path)
  return try stopping(at: path) {
    let queue = try openStore(path, readonly: false, kind: kind)
    let count = try queue.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY")
      var count = 0
      try db.inTransaction {
        for sql in try statements(db) {
          try db.execute(sql: sql, arguments: [id.text])
          count += db.changesCount
        }
        try Faults.pass(.database, path)
        return .commit
      }
      return count
    }
    try queue.close()
    return count
  }
}

/// Whether a file of the history holds a person.
package func holds(_ id: PersonalID, inHistory path: String) throws(Stop) -> Bool {
  try readingHistory(at: path) {
    try openStore(path, readonly: true, kind: .history).read { db in
      try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM person_was WHERE personal_id = ?)", arguments: [id.text])
        ?? false
    }
  }
}
