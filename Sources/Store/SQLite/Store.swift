// Reads the store in force: one person, findings, runs.
// Invariant: opened read-only. The connection keeps the file that it opened, so a load that replaces the
// store changes no answer. Apart from the order of rows, it reads only the contract's views.

import Files
internal import GRDB
package import Values

/// A store, opened for reading.
package struct Store: Sendable {
  package let path: String
  let queue: DatabaseQueue

  /// Opens a store.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if there is none, or the file is not a store.
  package init(path: String) throws(Stop) {
    self.path = path
    queue = try stopping(at: path) { try openStore(path, readonly: true) }
  }

  /// The run whose rows a store holds; nil if there is no file, or none that this version has written whole.
  ///
  /// - Throws: ``Stop`` if the file can't be read or another program holds it.
  package static func runID(at path: String) throws(Stop) -> Int? {
    guard try Folder.exists(path) else { return nil }
    do throws(Stop) {
      return try Store(path: path).runID()
    } catch  where error.isNoStore {
      return nil
    }
  }

  // MARK: One person

  /// The person and the card that serves on the run's business date; nil if no record is linked to the number.
  package func card(personalID: String) throws(Stop) -> CardAttribute? {
    try row("SELECT * FROM card_attribute WHERE personal_id = ?", [personalID], CardAttribute.init)
  }

  /// The person and the card that serves on another day.
  package func lookup(personalID: String, on day: CalendarDate) throws(Stop) -> CardAttribute? {
    guard var found = try card(personalID: personalID) else { return nil }
    // A person in grace has one card, whatever the day.
    guard found.graceUntil == nil else { return found }
    guard let serving = try cards(of: personalID).serving(on: day) else { return nil }
    found.card = serving
    return found
  }

  /// All cards linked to a number, in the order of the export.
  package func cards(of personalID: String) throws(Stop) -> [LinkedCard] {
    // Files are numbered in the order of their names.
    try rows(
      """
      SELECT c.* FROM card c WHERE c.personal_id = ?
      ORDER BY (SELECT file_index FROM source_file WHERE export = 'insurance' AND source_id >= 0 AND name = c.source_file),
        c.source_line
      """, [personalID], LinkedCard.init)
  }

  /// The findings that hold a number as it is written.
  package func findings(personalID: String) throws(Stop) -> [StoredFinding] {
    try rows("SELECT * FROM finding WHERE personal_id = ?", [personalID], StoredFinding.init)
  }

  /// The findings for which a person is the only candidate.
  package func findings(candidate personalID: String) throws(Stop) -> [StoredFinding] {
    try rows("SELECT * FROM finding WHERE candidate_personal_id = ?", [personalID], StoredFinding.init)
  }

  // MARK: Selected findings

  /// The findings that show one of these digests, for officers' decisions.
  ///
  /// - Complexity: one pass over all findings; only those wanted become text.
  package func findings(digests: [String]) throws(Stop) -> [StoredFinding] {
    try findings(where: "digest", isIn: digests)
  }

  /// The findings with one of these insurance numbers.
  ///
  /// - Complexity: one pass over all findings; only those wanted become text.
  package func findings(insuranceNumbers: [String]) throws(Stop) -> [StoredFinding] {
    try findings(where: "insurance_number", isIn: insuranceNumbers)
  }

  /// The findings of the records of a name.
  ///
  /// - Complexity: one pass over all findings; only those wanted become text.
  package func findings(of name: StoredRecordName) throws(Stop) -> [StoredFinding] {
    switch name {
    case .insuranceNumber(let number): try findings(insuranceNumbers: [number])
    case .cardNumber(let number): try findings(where: "card_number", isIn: [number])
    case .place(let file, let line):
      try rows(
        "SELECT * FROM finding WHERE source_line = ? AND source_file = ?", [line, file], StoredFinding.init)
    }
  }

  private func findings(where column: String, isIn values: [String]) throws(Stop) -> [StoredFinding] {
    guard !values.isEmpty else { return [] }
    let list = "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    return try rows(
      "SELECT * FROM finding WHERE \(column) IN (SELECT value FROM json_each(?))", [list], StoredFinding.init)
  }

  /// The findings about officers' decisions: kept apart, not applied, or open again.
  ///
  /// - Complexity: one pass over all findings.
  package func findingsOfDecisions() throws(Stop) -> [StoredFinding] {
    try rows(
      """
      SELECT * FROM finding WHERE reasons LIKE '%decision\\_%' ESCAPE '\\' OR reasons LIKE '%reopened\\_%' ESCAPE '\\'
      """, [], StoredFinding.init)
  }

  // MARK: All findings

  /// Passes findings to `body`, in the order in which they were written.
  ///
  /// - Parameters:
  ///   - outcome: only findings with this outcome; nil for all.
  ///   - limit: at most this many; nil for all.
  package func findings(
    outcome: Outcome? = nil, limit: Int? = nil, _ body: (StoredFinding) throws(Stop) -> Void
  ) throws(Stop) {
    let condition = outcome == nil ? "" : " WHERE outcome = ?"
    let arguments: StatementArguments = outcome.map { [$0.name, limit ?? -1] } ?? [limit ?? -1]
    try each("SELECT * FROM finding\(condition) LIMIT ?", arguments, StoredFinding.init, body)
  }

  /// How many findings there are.
  ///
  /// - Parameter outcome: only those that ended so; nil for all.
  package func findingCount(outcome: Outcome?) throws(Stop) -> Int {
    let condition = outcome == nil ? "" : " WHERE outcome = ?"
    let arguments: StatementArguments = outcome.map { [$0.name] } ?? []
    return try stopping(at: path) {
      try queue.read { db in
        try Int.fetchOne(db, sql: "SELECT count(*) FROM finding\(condition)", arguments: arguments) ?? 0
      }
    }
  }

  /// The run that the rows come from.
  package func runID() throws(Stop) -> Int {
    try stopping(at: path) {
      try queue.read { db in try Int.fetchOne(db, sql: "SELECT run_id FROM origin") ?? 0 }
    }
  }

  /// The store as a point of its history, as if its run had put it in force.
  package func point() throws(Stop) -> HistoryPoint {
    let run = try runID()
    return try stopping(at: path) {
      try queue.read { db in
        HistoryPoint(
          run: run,
          knownOn: try String.fetchOne(db, sql: "SELECT as_of FROM run WHERE run_id = ?", arguments: [run])
            ?? "", storeRun: run)
      }
    }
  }

  private func row<T>(_ sql: String, _ arguments: StatementArguments, _ make: (Row) -> T) throws(Stop) -> T? {
    try rows(sql, arguments, make).first
  }

  private func rows<T>(_ sql: String, _ arguments: StatementArguments, _ make: (Row) -> T) throws(Stop) -> [T]
  {
    var all: [T] = []
    try each(sql, arguments, make) { all.append($0) }
    return all
  }

  private func each<T>(
    _ sql: String, _ arguments: StatementArguments, _ make: (Row) -> T, _ body: (T) throws(Stop) -> Void
  ) throws(Stop) {
    try stopping(at: path) {
      try queue.read { db in
        let cursor = try Row.fetchCursor(db, sql: sql, arguments: arguments)
        while let row = try cursor.next() { try body(make(row)) }
      }
    }
  }
}

// Reads the columns of a view by position.
extension CardAttribute {
  init(_ row: Row) {
    self.init(
      personalID: row[0], fullName: row[1], birthDate: row[2], sex: row[3],
      card: LinkedCard(row, personalID: row[0], from: 4), graceUntil: row[16])
  }
}

extension LinkedCard {
  init(_ row: Row) { self.init(row, personalID: row[0], from: 1) }

  fileprivate init(_ row: Row, personalID: String, from i: Int) {
    self.init(
      personalID: personalID, insuranceNumber: row[i], cardNumber: row[i + 1], facilityCode: row[i + 2],
      validFrom: row[i + 3], validTo: row[i + 4], fiveYearsFrom: row[i + 5], areaCode: row[i + 6],
      rule: row[i + 7], notes: row[i + 8], sourceFile: row[i + 9], sourceLine: row[i + 10], runID: row[i + 11]
    )
  }
}

extension StoredFinding {
  init(_ row: Row) {
    self.init(
      export: row[0], outcome: row[1], reasons: row[2], personalID: row[3], insuranceNumber: row[4],
      cardNumber: row[5], sourceFile: row[6], sourceLine: row[7], runID: row[8], candidates: row[9],
      candidatePersonalID: row[10], digest: row[11])
  }
}
