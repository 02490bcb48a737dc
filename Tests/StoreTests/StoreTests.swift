// The store as our own readers see it: one person, all persons, findings, runs.

import Files
import Foundation
import Match
import Rules
import Support
import Testing
import Values
@testable import Store

@Suite("Reading the store")
struct StoreTests {
  @Test("a person is found by number, with the card that serves", arguments: UInt64(0)..<4)
  func lookup(seed: UInt64) throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: seed, persons: 120)
    try sample.load(into: workshop.store)
    let store = try Store(path: workshop.store)
    for person in sample.persons {
      let found = try #require(try store.card(personalID: person.id.text))
      let serving = try #require(person.cards.first { $0.isServing })
      #expect(found.fullName == person.name)
      #expect(found.birthDate == person.birthDate.text)
      #expect(found.sex == person.sex.name)
      #expect(found.card.sourceLine == Int(serving.line))
      #expect(found.card.cardNumber == (serving.cardNumber.isNone ? nil : serving.cardNumber.text))
      #expect(try store.cards(of: person.id.text).map(\.sourceLine) == person.linked.map { Int($0.line) })
      #expect(found.graceUntil == (serving.graceUntil.isNone ? nil : serving.graceUntil.text))
    }
    #expect(try store.card(personalID: "999999999999") == nil)
    #expect(try store.card(personalID: "") == nil)
    let seen = try Seen(workshop.store)
    #expect(try seen.runs() == sample.runRows)
    #expect(try store.runID() == sample.runID)
    #expect(try seen.ledger(runID: 7) == StoreSample.rows(of: sample.ledger.filter { $0.runID == 7 }))
  }

  @Test("a look-up on another day gives the card that serves then")
  func otherDay() throws {
    let workshop = try Workshop()
    var sample = StoreSample(seed: 1, persons: 1)
    var random = SeededGenerator(5)
    var cards = (0..<3).map { _ in StoreSample.card(sample.persons[0].id, &random) }
    let years = [(2024, "2024-12-31"), (2025, "2025-12-31"), (2026, "")]
    for (i, year) in years.enumerated() {
      cards[i].validFrom = CalendarDate(iso: "\(year.0)-01-01") ?? .none
      cards[i].validTo = CalendarDate(iso: year.1) ?? .none
      (cards[i].fileIndex, cards[i].line, cards[i].isServing) = (0, UInt32(i + 2), i == 2)
    }
    sample.persons[0].cards = cards
    try sample.load(into: workshop.store)
    let store = try Store(path: workshop.store)
    let id = sample.persons[0].id.text
    for (day, line) in [("2024-06-01", 2), ("2025-06-01", 3), ("2026-06-01", 4), ("2020-01-01", 4)] {
      let found = try store.lookup(personalID: id, on: CalendarDate(iso: day) ?? .none)
      #expect(found?.card.sourceLine == line, "\(day)")
    }
  }

  @Test("the persons come back as they went in, each with its serving card", arguments: UInt64(0)..<12)
  func roundTrip(seed: UInt64) throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: seed, persons: [0, 1, 300, 9000][Int(seed % 4)])
    try sample.load(into: workshop.store)
    let stored = try StoredPersons(path: workshop.store)
    #expect(stored.insuranceFiles == sample.insuranceFiles)
    #expect(stored.keptSources == sample.keptSources)
    #expect(stored.runID == sample.runID)
    var batch = PersonBatch()
    var persons: [StoreSample.Person] = []
    while try stored.nextBatch(into: &batch) {
      for row in batch.persons {
        persons.append(
          StoreSample.Person(
            id: row.personalID, name: batch.name(of: row), birthDate: row.birthDate, sex: row.sex,
            cards: Array(batch.cards[row.cards])))
      }
    }
    #expect(batch.persons.isEmpty)
    try #require(persons.count == sample.persons.count)
    // In parts, they are the same and in the same order; a small store is one part.
    for (byteCount, partCount) in [(1 << 20, 1), (1 << 30, 100)] {
      let parts = StoredPersons.parts(ofStoreBytes: byteCount)
      #expect(parts.count == partCount)
      var read: [PersonalID] = []
      for part in parts {
        let stored = try StoredPersons(path: workshop.store, numbers: part)
        while try stored.nextBatch(into: &batch) { read += batch.persons.map(\.personalID) }
      }
      #expect(read == persons.map(\.id))
    }
    for (read, written) in zip(persons, sample.persons) {
      #expect(read.id == written.id && read.name == written.name && read.birthDate == written.birthDate)
      #expect(read.sex == written.sex && read.cards == written.cards.filter(\.isServing))
    }
  }

  @Test("findings are lent in the order written, by outcome and up to a limit")
  func findings() throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 2)
    try sample.load(into: workshop.store)
    let store = try Store(path: workshop.store)
    var all: [StoredFinding] = []
    try store.findings { all.append($0) }
    #expect(all.map(\.sourceLine) == sample.findings.map { Int($0.line) })
    for outcome in Outcome.ofInsurance {
      var some: [StoredFinding] = []
      try store.findings(outcome: outcome) { some.append($0) }
      #expect(some == all.filter { $0.outcome == outcome.name })
      var first: [StoredFinding] = []
      try store.findings(outcome: outcome, limit: 2) { first.append($0) }
      #expect(first == Array(some.prefix(2)))
    }
    #expect(
      try store.findings(candidate: "001099012345") == all.filter { $0.candidatePersonalID != nil })
    #expect(try store.findings(personalID: sample.persons[0].id.text).count == 2)
  }

  @Test("finishing a run marks it and replaces its ledger, no other's")
  func finish() throws {
    let workshop = try Workshop()
    let sample = StoreSample(seed: 2)
    try sample.load(into: workshop.store)
    var run = sample.runs[1]
    run.state = .done
    run.finishedAt = "2026-11-23T01:09:00+07:00"
    let ledger = [
      LedgerRow(runID: 7, export: "insurance", sourceFile: "insurance-b.xml", outcome: "disputed", records: 3)
    ]
    try finishRun(run, ledger: ledger, inStore: workshop.store)
    let seen = try Seen(workshop.store)
    #expect(try seen.runs() == StoreSample.rows(of: [sample.runs[0], run]))
    #expect(try seen.ledger(runID: 7) == StoreSample.rows(of: ledger))
    #expect(try seen.ledger(runID: 6) == StoreSample.rows(of: [sample.ledger[0]]))
    try finishRun(run, ledger: nil, inStore: workshop.store)
    #expect(try seen.ledger(runID: 7) == StoreSample.rows(of: ledger))
  }

  @Test("a file that is no store is refused, letter by letter")
  func noStore() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/store.sqlite"
    func message() -> String {
      do throws(Stop) {
        _ = try Store(path: path)
        return "opened"
      } catch {
        return "\(error.exit) \(error.finding)"
      }
    }
    #expect(
      message() == """
        storeUnavailable \(path): expected a store of version \(Schema.version), found no file
          Write it anew: cardlink rerun load PIPELINE
        """)
    try Data(count: 0).write(to: URL(filePath: path))
    #expect(message().contains("found another kind of file"))
    try Data("not a database at all, but long enough to be looked at as one".utf8).write(
      to: URL(filePath: path))
    #expect(
      message() == """
        storeUnavailable \(path): expected a store that this program wrote, found 26 (file is not a database)
          Write it anew: cardlink rerun load PIPELINE
        """)
  }
}

@Suite("Survivorship")
struct SurvivorshipTests {
  static let days = ["2026", "2026-02", "2026-01-01", "2026-06-30", "2026-12-31", "2027-01-01", "2025"]

  /// A few values of each kind, so that ties are everywhere.
  static func cards(_ random: inout SeededGenerator) -> [CardRow] {
    (0..<Int.random(in: 1...6, using: &random)).map { i in
      var card = CardRow()
      card.validFrom = CalendarDate(iso: days.any(&random)) ?? .none
      card.validTo = random.chance(30) ? .none : CalendarDate(iso: days.any(&random)) ?? .none
      let numbers = ["0100000000", "0100000001", "010000000000", "010000000100"]
      card.insuranceNumber = (try? InsuranceNumber(Array(numbers.any(&random).utf8).span)) ?? .none
      let text = ["GD4", "HN2"].any(&random) + "79" + numbers.any(&random)
      if random.chance(70) { card.cardNumber = (try? CardNumber(Array(text.utf8).span)) ?? .none }
      card.line = UInt32(i + 1)
      return card
    }
  }

  /// The contract's rule on texts: valid on the date first (an empty end is open, later than any date), then
  /// the later end, the later beginning, the greater card number, the greater insurance number, the first in
  /// the export.
  static func oracle(_ cards: [LinkedCard], on day: String) -> LinkedCard? {
    func first(_ text: String) -> String { text + "-01-01".suffix(10 - text.count) }
    func last(_ text: String) -> String {
      text.count == 4 ? text + "-12-31" : text.count == 7 ? text + "-31" : text
    }
    var best = cards
    func keep(_ value: (LinkedCard) -> String) {
      let greatest = best.map(value).max() ?? ""
      best = best.filter { value($0) == greatest }
    }
    keep { card in
      let begun = first(card.validFrom ?? "") <= day
      return begun && (card.validTo.map { day <= last($0) } ?? true) ? "valid" : "not"
    }
    keep { $0.validTo.map { last($0) } ?? "open" }
    keep { first($0.validFrom ?? "") }
    keep { $0.cardNumber ?? "" }
    keep { $0.insuranceNumber ?? "" }
    return best.first
  }

  @Test("the store, the match and the slow rule name the same card", arguments: UInt64(0)..<300)
  func rule(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let rows = Self.cards(&random)
    let cards = rows.map { row in
      LinkedCard(
        personalID: "001099000001",
        insuranceNumber: row.insuranceNumber.isNone ? nil : row.insuranceNumber.text,
        cardNumber: row.cardNumber.isNone ? nil : row.cardNumber.text, validFrom: row.validFrom.text,
        validTo: row.validTo.isNone ? nil : row.validTo.text, rule: "personal_id", sourceFile: "a",
        sourceLine: Int(row.line), runID: 1)
    }
    for text in [
      "2025-12-31", "2026-01-01", "2026-02-28", "2026-06-30", "2026-07-01", "2027-01-01", "2030-01-01",
    ] {
      let day = CalendarDate(iso: text) ?? .none
      let expected = try #require(Self.oracle(cards, on: text))
      #expect(cards.serving(on: day) == expected, "\(text)")
      #expect(Int(rows[servingCard(among: rows.span, on: day)].line) == expected.sourceLine, "\(text)")
    }
    #expect([LinkedCard]().serving(on: .none) == nil)
  }
}
