// The store as other programs read it: the contract's views, column by column and row by row, through SQLite
// alone.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

/// A store as a foreign program sees it.
struct Seen {
  let queue: DatabaseQueue

  init(_ path: String) throws {
    var configuration = Configuration()
    configuration.readonly = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
  }

  func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [[Cell]] {
    try queue.read { db in
      try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
        row.databaseValues.map { value in
          switch value.storage {
          case .null: .null
          case .int64(let number): .integer(Int(number))
          case .string(let text): .text(text)
          case .double, .blob: .text("a value of another type")
          }
        }
      }
    }
  }

  func runs() throws -> [[Cell]] { try rows("SELECT * FROM run ORDER BY run_id") }

  func ledger(runID: Int) throws -> [[Cell]] {
    try rows("SELECT * FROM ledger WHERE run_id = ? ORDER BY export, source_file, outcome", [runID])
  }

  func columns(of view: String) throws -> [String] {
    try queue.read { db in try db.columns(in: view).map(\.name) }
  }

  func plan(_ sql: String) throws -> [String] {
    try queue.read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
    }
  }
}

@Suite("The views of the store")
struct ViewTests {
  /// The contract's §4, word for word.
  static let contract: [(view: String, columns: String)] = [
    (
      "card_attribute",
      "personal_id, full_name, birth_date, sex, insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code, rule, notes, source_file, source_line, run_id"
    ),
    (
      "card",
      "personal_id, insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code, rule, notes, source_file, source_line, run_id"
    ),
    (
      "finding",
      "export, outcome, reasons, personal_id, insurance_number, card_number, source_file, source_line, run_id"
    ),
    ("ledger", "run_id, export, source_file, outcome, records"),
    ("run", "run_id, pipeline, as_of, started_at, finished_at, state"),
  ]

  /// Columns added after the contract was written, which follow its own.
  static let added = [
    "card_attribute": ", grace_until", "finding": ", candidates, candidate_personal_id, digest",
  ]

  @Test("a view has the contract's columns in the contract's order", arguments: contract)
  func columns(view: String, columns: String) throws {
    let workshop = try Workshop()
    try StoreSample(seed: 1).load(into: workshop.store)
    #expect(
      try Seen(workshop.store).columns(of: view).joined(separator: ", ") == columns + (Self.added[view] ?? "")
    )
  }

  @Test("every view shows the rows of the night, with NULL for what is absent", arguments: UInt64(0)..<40)
  func rows(seed: UInt64) throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: seed, persons: [0, 1, 2, 64, 65, 900][Int(seed % 6)])
    let report = try sample.load(
      into: workshop.store, threads: 1 + Int(seed / 3 % 3), batchSize: [1, 64, 4096][Int(seed % 3)])
    let seen = try Seen(workshop.store)
    #expect(
      try seen.rows("SELECT * FROM card_attribute ORDER BY personal_id") == sample.cardAttributeRows)
    #expect(
      try Set(seen.rows("SELECT * FROM card")) == Set(sample.cardRows))
    #expect(try seen.rows("SELECT count(*) FROM card") == [[.integer(sample.cardRows.count)]])
    #expect(try seen.rows("SELECT * FROM finding") == sample.findingRows)
    #expect(try seen.runs() == sample.runRows)
    #expect(try seen.rows("SELECT * FROM ledger ORDER BY run_id") == sample.ledgerRows)
    #expect(report.persons == sample.persons.count)
    #expect(report.cards == sample.cardRows.count)
    let kept = sample.cardAttributeRows.filter { $0[16] != .null }
    #expect(report.kept == kept.count)
    #expect(try seen.rows("SELECT * FROM kept_in_grace ORDER BY personal_id") == kept)
    let notIDs = try seen.rows(
      "SELECT personal_id, number FROM insurance_number_not_id ORDER BY personal_id, number")
    #expect(try notIDs == seen.rows(Self.numbersNotIDs))
    #expect(report.findings == sample.findings.count)
    #expect(try seen.rows("PRAGMA integrity_check") == [[.text("ok")]])
  }

  /// 12-digit numbers on cards that are not their persons' own, without one digit repeated.
  static let numbersNotIDs = """
    WITH shown AS (
      SELECT personal_id, insurance_number, card_number FROM card
      UNION ALL SELECT personal_id, insurance_number, card_number FROM kept_in_grace),
    numbers AS (
      SELECT personal_id, insurance_number AS number FROM shown
      UNION SELECT personal_id, substr(card_number, 6) FROM shown)
    SELECT personal_id, number FROM numbers
    WHERE length(number) = 12 AND number <> personal_id AND replace(number, substr(number, 1, 1), '') <> ''
    ORDER BY personal_id, number
    """

  @Test("12-digit numbers that are not their persons' own are found by one search")
  func notIDs() throws {
    let workshop = try Workshop()
    var sample = StoreSample(seed: 4, persons: 900)
    for i in sample.persons.indices where i % 9 == 0 {
      sample.persons[i].cards[0].insuranceNumber = InsuranceNumber(sample.persons[(i * 7 + 1) % 900].id)
    }
    try sample.load(into: workshop.store)
    let seen = try Seen(workshop.store)
    let notIDs = try seen.rows(
      "SELECT personal_id, number FROM insurance_number_not_id ORDER BY personal_id, number")
    #expect(notIDs.count >= 100)
    #expect(try notIDs == seen.rows(Self.numbersNotIDs))
    let plan = try seen.plan("SELECT personal_id FROM insurance_number_not_id WHERE number = '079090000123'")
    #expect(plan.count == 1 && plan[0].contains("INDEX not_id_by_number (number=?)"), "\(plan)")
    guard case .text(let number) = notIDs[0][1], case .text(let person) = notIDs[0][0] else { return }
    #expect(try eraseRows(of: try PersonalID(Array(number.utf8).span), fromStore: workshop.store) > 0)
    #expect(
      try Seen(workshop.store).rows("SELECT 1 FROM insurance_number_not_id WHERE number = '\(number)'")
        .isEmpty)
    #expect(try eraseRows(of: try PersonalID(Array(person.utf8).span), fromStore: workshop.store) > 0)
    #expect(
      try Seen(workshop.store).rows("SELECT 1 FROM insurance_number_not_id WHERE personal_id = '\(person)'")
        .isEmpty)
  }

  @Test("the file says its own length, and nobody else may read it")
  func file() throws {
    let workshop = try Workshop()
    let report = try StoreSample(seed: 3).load(into: workshop.store)
    let attributes = try FileManager.default.attributesOfItem(atPath: workshop.store)
    #expect((attributes[.size] as? NSNumber)?.intValue == report.byteCount)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    #expect(try Folder.names(in: Folder.parent(of: workshop.store)) == ["card-attributes.sqlite"])
  }

  @Test(
    "a question about one number is a search, never a scan", arguments: ["card_attribute", "card", "finding"])
  func index(view: String) throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 4, persons: 900)
    try sample.load(into: workshop.store)
    let seen = try Seen(workshop.store)
    for sql in [
      "SELECT * FROM \(view) WHERE personal_id = '\(sample.persons[17].id.text)'",
      "SELECT * FROM \(view) WHERE personal_id IN ('\(sample.persons[17].id.text)', '000000000001')",
    ] {
      let plan = try seen.plan(sql)
      // Small tables of names and words are looked up by their own keys.
      #expect(
        !plan.isEmpty && !plan.contains { $0.hasPrefix("SCAN r") || $0.hasPrefix("SCAN person") }, "\(plan)")
      let key = view == "finding" ? "INDEX held_record_by_" : "PRIMARY KEY (personal_id=?"
      #expect(plan.contains { $0.hasPrefix("SEARCH r USING \(key)") }, "\(plan)")
    }
  }

  @Test("what a search finds is what a scan finds", arguments: UInt64(0)..<8)
  func searched(seed: UInt64) throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: seed, persons: 300)
    try sample.load(into: workshop.store)
    let seen = try Seen(workshop.store)
    for id in sample.persons.map(\.id.text) + ["000000000000", "012345678", "999999999999", ""] {
      #expect(
        try seen.rows("SELECT * FROM card_attribute WHERE personal_id = ?", [id])
          == sample.cardAttributeRows.filter { $0[0] == .text(id) })
      #expect(
        try Set(seen.rows("SELECT * FROM card WHERE personal_id = ?", [id]))
          == Set(sample.cardRows.filter { $0[0] == .text(id) }))
      #expect(
        try seen.rows("SELECT * FROM finding WHERE personal_id = ?", [id])
          == sample.findingRows.filter { $0[3] == .text(id) })
    }
  }
}
