// The history that a load writes from the pages of the store before: stores that SQLite has changed, damaged
// pages, and disks that fail. RememberedNights compares each file with the comparison of both stores.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

@Suite("The history that a load writes")
struct ChangedRowsTests {
  @Test("rows longer than a page, inner pages and a store that SQLite has rebuilt", arguments: 0..<4)
  func forms(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let nights = try RememberedNights(seed: seed, persons: 3000)
    for i in nights.sample.persons.indices where random.chance(2) {
      let count = Int.random(in: 1900...30_000, using: &random)
      nights.sample.persons[i].name = String(repeating: "A", count: count)
    }
    try nights.load()
    for _ in 0..<3 {
      try DatabaseQueue(path: nights.workshop.store).writeWithoutTransaction { db in
        // Leaves that SQLite has filled anew, and free pages.
        try db.execute(
          sql:
            "DELETE FROM person WHERE substr(personal_id, 4) % 7 = 3; DELETE FROM other_card WHERE ordinal > 2"
        )
        if random.chance(50) { try db.execute(sql: "VACUUM") }
      }
      nights.change()
      try nights.load(threads: Int.random(in: 1...3, using: &random))
    }
  }

  @Test("an empty store, and one that becomes empty")
  func empty() throws {
    let nights = try RememberedNights(seed: 1, persons: 0)
    let people = StoreSample(seed: 2, persons: 100).persons
    for persons in [[], people, [], Array(people.dropLast(60)), Array(people.dropFirst(60))] {
      nights.sample.persons = persons
      try nights.load()
    }
    try nights.expectAll()
  }

  @Test("a damaged page is left to SQLite, and never to chance", arguments: 0..<6)
  func damage(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let nights = try RememberedNights(seed: seed, persons: 1500)
    try nights.load()
    let whole = try Data(contentsOf: URL(filePath: nights.workshop.store))
    let pages = try #require(try StoredPages(nights.workshop.store))
    // SQLite reads the small tables before the rows are compared; a store with a damaged one counts as none.
    let (pageAfterAll, smallTables) = try openStore(nights.workshop.store, readonly: true).read { db in
      let small = "SELECT rootpage - 1 FROM sqlite_schema WHERE name NOT IN ('person', 'other_card')"
      return (try PersonTables.Roots(db).pageAfterAll, Set(try Int.fetchAll(db, sql: small)))
    }
    var roots = [pages.personRoot, pages.otherCardRoot].map { Int($0) - 1 }
    nights.change()
    nights.beginRun()
    for round in 0..<40 {
      var store = whole
      var any = 0
      repeat {
        any = Int.random(in: pageAfterAll..<whole.count / Schema.pageBytes, using: &random)
      } while smallTables.contains(any)
      let page = (roots.popLast() ?? any) * Schema.pageBytes
      // The head and the offsets of the cells first of all, where a wrong byte leads elsewhere.
      for _ in 0..<(round < 2 ? 1 : Int.random(in: 1...4, using: &random)) {
        let at =
          round < 2 ? 0 : Int.random(in: 0..<(random.chance(70) ? 120 : Schema.pageBytes), using: &random)
        store[page + at] ^= UInt8.random(in: 1...255, using: &random)
      }
      try store.write(to: URL(filePath: nights.workshop.store))
      let change = try #require(try nights.nextChange())
      try Folder.remove(change.folder)
      let next = nights.workshop.store + ".next"
      let report = try nights.sample.load(into: next, change: change)
      #expect(report.persons == nights.sample.persons.count)
      #expect(try Folder.names(in: change.folder).isEmpty == !report.isRemembered)
      if round < 2 { #expect(!report.isRemembered) }
    }
  }

  @Test("a store whose journal is not played back, or whose tables are others, is left to SQLite")
  func otherForms() throws {
    let nights = try RememberedNights(seed: 1, persons: 40)
    try nights.load()
    #expect(try StoredPages(nights.workshop.store) != nil)
    try Folder.writeWhole("a journal", to: nights.workshop.store + "-journal")
    #expect(try StoredPages(nights.workshop.store) == nil)
    try Folder.remove(nights.workshop.store + "-journal")
    try DatabaseQueue(path: nights.workshop.store).writeWithoutTransaction { db in
      try db.execute(sql: "ALTER TABLE person ADD COLUMN more TEXT")
    }
    #expect(try StoredPages(nights.workshop.store) == nil)
    let report = try nights.sample.load(into: nights.workshop.store + ".next", change: nights.nextChange())
    #expect(!report.isRemembered)
  }

  @Test("a failure at any operation leaves the history as it was", arguments: Faults.Kind.allCases)
  func everyOperation(kind: Faults.Kind) throws {
    let nights = try RememberedNights(seed: 5, persons: 60)
    for _ in 0..<3 {
      nights.change(percent: 20)
      try nights.load()
    }
    nights.change(percent: 20)
    nights.beginRun()
    let next = nights.workshop.store + ".next"
    let change = try #require(try nights.nextChange())
    Faults.count(under: nights.workshop.path)
    try nights.sample.load(into: next, threads: 1, change: change)
    let operations = Faults.end(under: nights.workshop.path).count(kind)
    let path = change.folder + "/0004-0004.sqlite"
    try Folder.remove(path)
    for n in 1...operations {
      Faults.fail(at: n, under: nights.workshop.path, as: kind)
      #expect(throws: Stop.self, "operation \(n)") {
        try nights.sample.load(into: next, threads: 1, change: change)
      }
      Faults.end(under: nights.workshop.path)
      try nights.expectAll("operation \(n)")
      try nights.chain().clear()
      #expect(try Folder.names(in: change.folder).count == 2, "operation \(n)")
    }
    try nights.load()
    try nights.expectAll()
  }
}

extension PersonTables.Roots {
  /// The number of the page after those that SQLite made for the tables, from 0.
  fileprivate var pageAfterAll: Int { Int(max(person, otherCard, keptPerson)) }
}
