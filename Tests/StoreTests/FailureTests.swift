// Loads that fail, and readers and writers that interfere: the store in force is the old one or the new one.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

@Suite("A store that is replaced")
struct FailureTests {
  static func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  static func message(_ body: () throws(Stop) -> Void) -> String {
    do throws(Stop) {
      try body()
      return "no stop"
    } catch {
      return "\(error.exit) \(error.finding)"
    }
  }

  @Test(
    "a failure at any operation leaves the old store byte for byte, and nothing else",
    arguments: Faults.Kind.allCases, [1, 2, 3])
  func everyOperation(kind: Faults.Kind, threads: Int) throws {
    let workshop = try Workshop()
    try StoreSample(seed: 1).load(into: workshop.store)
    let before = try Self.bytes(workshop.store)
    let next = StoreSample(seed: 2, persons: 150, runID: 8)
    let elsewhere = workshop.path + "/elsewhere/card-attributes.sqlite"
    try StoreSample(seed: 1).load(into: elsewhere)
    Faults.count(under: workshop.path)
    try next.load(into: elsewhere, threads: threads, batchSize: 10)
    // The number is the same each time; with several threads, the n-th operation may be any thread's.
    let operations = Faults.end(under: workshop.path).count(kind)
    #expect(operations > (kind == .unread ? 2 : 8))
    for n in 1...operations {
      Faults.fail(at: n, under: workshop.path, as: kind)
      #expect(throws: Stop.self, "operation \(n)") {
        try next.load(into: workshop.store, threads: threads, batchSize: 10)
      }
      Faults.end(under: workshop.path)
      // After the rename, a failure leaves the new store in force, whole.
      let now = try Self.bytes(workshop.store)
      let runID = try Store(path: workshop.store).runID()
      #expect(now == before || (n == operations && runID == 8), "operation \(n)")
      // If the disk is gone, nothing can be removed; the remains don't hinder the next load.
      let left = try Set(Folder.names(in: workshop.path + "/store")).subtracting(["card-attributes.sqlite"])
      let partial: Set = ["card-attributes.sqlite.partial", "card-attributes.sqlite.findings.partial"]
      #expect(left.isEmpty || kind == .gone && left.isSubset(of: partial), "operation \(n)")
    }
    try next.load(into: workshop.store, threads: threads, batchSize: 10)
    #expect(
      try Seen(workshop.store).rows("SELECT * FROM card_attribute ORDER BY personal_id")
        == next.cardAttributeRows)
  }

  @Test("a failure while a run is marked as done leaves it unmarked")
  func finishing() throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 1)
    try sample.load(into: workshop.store)
    var done = sample.runs[1]
    done.state = .done
    for n in 1...2 {
      Faults.fail(at: n, under: workshop.path, as: .once)
      #expect(throws: Stop.self) { try finishRun(done, ledger: [], inStore: workshop.store) }
      Faults.end(under: workshop.path)
      let seen = try Seen(workshop.store)
      #expect(try seen.runs() == sample.runRows)
      #expect(try seen.ledger(runID: 7) == StoreSample.rows(of: [sample.ledger[1]]))
    }
  }

  @Test("persons that don't ascend are refused", arguments: [0, 1, 74, 149], [1, 2, 3])
  func order(at i: Int, threads: Int) throws {
    let workshop = try Workshop()
    try StoreSample(seed: 1).load(into: workshop.store)
    let before = try Self.bytes(workshop.store)
    for twice in [true, false] {
      var next = StoreSample(seed: 2, persons: 151, runID: 8)
      if twice { next.persons[i + 1].id = next.persons[i].id } else { next.persons.swapAt(i, i + 1) }
      for size in [1, 7, 4096] {
        let message = Self.message { () throws(Stop) in
          try next.load(into: workshop.store, threads: threads, batchSize: size)
        }
        #expect(
          message == """
            internalError \(workshop.store): expected persons in ascending order of their numbers, found one that \
            doesn't ascend
              Run the match again: cardlink rerun match PIPELINE
            """)
      }
    }
    #expect(try Self.bytes(workshop.store) == before)
  }

  @Test("a person without exactly one serving card is refused", arguments: [0, 2, 3], [1, 2, 3])
  func serving(count: Int, threads: Int) throws {
    let workshop = try Workshop()
    try StoreSample(seed: 1).load(into: workshop.store)
    let before = try Self.bytes(workshop.store)
    var next = StoreSample(seed: 2, persons: 151, runID: 8)
    var random = SeededGenerator(1)
    next.persons[60].cards = (0..<4).map { i in
      var card = StoreSample.card(next.persons[60].id, &random)
      card.isServing = i < count
      return card
    }
    let message = Self.message { () throws(Stop) in try next.load(into: workshop.store, threads: threads) }
    #expect(
      message == """
        internalError \(workshop.store): expected one serving card for each person, found \(count)
          Run the match again: cardlink rerun match PIPELINE
        """)
    #expect(try Self.bytes(workshop.store) == before)
  }

  @Test(
    "what the persons, the findings or the last check throw ends the load and leaves the old store",
    arguments: [1, 2, 3])
  func thrown(threads: Int) throws {
    let workshop = try Workshop()
    try StoreSample(seed: 1).load(into: workshop.store)
    let before = try Self.bytes(workshop.store)
    let next = StoreSample(seed: 2, runID: 8)
    let stop = Stop(.dataRefused, at: "here", expected: "a", found: "b", remedy: "c")
    for place in 0..<3 {
      let persons = next.source(threads: threads) { person throws(Stop) in
        if place == 0, person > 100 { throw stop }
      }
      var findings = next.findings.makeIterator()
      #expect(throws: stop) {
        try loadStore(
          next.request(workshop.store), persons: persons,
          findings: { () throws(Stop) in
            if place == 1 { throw stop }
            return findings.next()
          },
          check: { (report) throws(Stop) in
            #expect(report.persons == next.persons.count)
            throw stop
          })
      }
      #expect(try Self.bytes(workshop.store) == before)
      #expect(try Folder.names(in: workshop.path + "/store") == ["card-attributes.sqlite"])
    }
  }

  @Test("a reader that is open goes on reading the old store while a new one comes in force")
  func readers() throws {
    let workshop = try Workshop()
    let (old, new) = (StoreSample(seed: 1, persons: 6000), StoreSample(seed: 2, persons: 300, runID: 8))
    try old.load(into: workshop.store)
    let persons = try StoredPersons(path: workshop.store)
    let store = try Store(path: workshop.store)
    let seen = try Seen(workshop.store)
    var batch = PersonBatch()
    var count = 0
    #expect(try persons.nextBatch(into: &batch))
    count += batch.persons.count
    try new.load(into: workshop.store)
    while try persons.nextBatch(into: &batch) { count += batch.persons.count }
    #expect(count == old.persons.count)
    #expect(try store.runID() == 7)
    #expect(try seen.rows("SELECT * FROM card_attribute ORDER BY personal_id") == old.cardAttributeRows)
    #expect(try Store(path: workshop.store).runID() == 8)
    #expect(
      try Seen(workshop.store).rows("SELECT * FROM card_attribute ORDER BY personal_id")
        == new.cardAttributeRows)
  }

  @Test("the journal of a writer that died is played back, and never into the new store")
  func journal() throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 1)
    try sample.load(into: workshop.store)
    // A writer that dies in a transaction leaves changed pages in the file and the old ones in a journal.
    let dying = workshop.path + "/dying.sqlite"
    try FileManager.default.copyItem(atPath: workshop.store, toPath: dying)
    let writer = try DatabaseQueue(path: dying)
    try writer.writeWithoutTransaction { db in
      // A cache of one page, so that changed pages are written before the end.
      try db.execute(
        sql: "PRAGMA cache_size = 1; BEGIN; UPDATE person SET full_name = 'X'; DELETE FROM ledger_row")
      try FileManager.default.removeItem(atPath: workshop.store)
      try FileManager.default.copyItem(atPath: dying, toPath: workshop.store)
      try FileManager.default.copyItem(atPath: dying + "-journal", toPath: workshop.store + "-journal")
      try db.execute(sql: "ROLLBACK")
    }
    let torn = try Self.bytes(workshop.store)
    let journal = try Self.bytes(workshop.store + "-journal")
    let whole = try Self.bytes(dying)
    #expect(torn != whole, "the file was not torn; the test shows nothing")

    // Marking a run as done first plays the journal back.
    var done = sample.runs[1]
    done.state = .done
    try finishRun(done, ledger: nil, inStore: workshop.store)
    #expect(
      try Seen(workshop.store).rows("SELECT * FROM card_attribute ORDER BY personal_id")
        == sample.cardAttributeRows)
    #expect(try Seen(workshop.store).runs() == StoreSample.rows(of: [sample.runs[0], done]))

    // A failed load leaves the old rows; a successful one ignores a journal under its own name.
    for fails in [true, false] {
      try torn.write(to: URL(filePath: workshop.store))
      try journal.write(to: URL(filePath: workshop.store + "-journal"))
      let next = StoreSample(seed: 2, runID: 8)
      if fails {
        let stop = Stop(.dataRefused, at: "here", expected: "a", found: "b", remedy: "c")
        #expect(throws: stop) {
          try loadStore(
            next.request(workshop.store), persons: next.source(),
            findings: { () throws(Stop) in throw stop })
        }
      } else {
        try next.load(into: workshop.store)
        #expect(try !Folder.exists(workshop.store + "-journal"))
      }
      let rows = (fails ? sample : next).cardAttributeRows
      let queue = try DatabaseQueue(path: workshop.store)
      let names = try queue.read { db in
        try String.fetchAll(db, sql: "SELECT full_name FROM card_attribute ORDER BY personal_id")
      }
      #expect(names.map { Cell.text($0) } == rows.map { $0[1] })
    }
  }

  @Test("a partial file that an earlier load left is no obstacle")
  func leftover() throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 1)
    try Folder.create(workshop.path + "/store")
    try Data("rubbish".utf8).write(to: URL(filePath: workshop.store + ".partial"))
    try Data("rubbish".utf8).write(to: URL(filePath: workshop.store + ".partial-journal"))
    try sample.load(into: workshop.store)
    #expect(
      try Seen(workshop.store).rows("SELECT * FROM card_attribute ORDER BY personal_id")
        == sample.cardAttributeRows)
  }
}
