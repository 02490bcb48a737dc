// The numbers that the population names besides a person's own, night by night, against a dictionary; and the numbers of
// cards by states against the view `number_history`.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

@Suite("Numbers that persons have or had")
struct NumberTests {
  private struct Pair: Hashable, Comparable {
    var key: LinkKey
    var id: PersonalID

    static func < (a: Self, b: Self) -> Bool { (a.key, a.id) < (b.key, b.id) }
    var number: String { key.legacyID?.text ?? key.personalID?.text ?? "" }
    var kind: String { key.legacyID == nil ? "personal_id" : "legacy_id" }
  }

  private struct Known {
    var from: String
    var to = ""
    var file: String
  }

  /// Few numbers and persons, so that a number has several holders and comes back.
  private static func pairs(_ random: inout SeededGenerator) -> [Pair] {
    (0..<Int.random(in: 0...40, using: &random)).map { _ in
      let number = UInt32.random(in: 1...9, using: &random) * 111_110_001
      let key: LinkKey =
        random.chance(70)
        ? .legacy(LegacyID(packed: number)) : .personal(PersonalID(packed: UInt64(number) * 11))
      return Pair(key: key, id: PersonalID(packed: UInt64.random(in: 1...5, using: &random) * 1_234_567))
    }
  }

  @Test("each night's table is the dictionary's", arguments: UInt64(0)..<20)
  func nights(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let workshop = try Workshop(inMemory: true)
    var known: [Pair: Known] = [:]
    var date = CalendarDate(packed: 2026_11_20)
    let days = 30
    for night in 0..<12 {
      date = date.adding(days: Int.random(in: 0...9, using: &random))
      // The second of two equal records names the number again.
      let named = Self.pairs(&random).map { ($0, Int.random(in: 0...1, using: &random)) }
        .sorted { ($0.0.key, $0.1) < ($1.0.key, $1.1) }
      for pair in known.keys where !named.contains(where: { $0.0 == pair }) && known[pair]?.to == "" {
        known[pair]?.to = date.text
      }
      for (pair, file) in named.reversed() {
        let name = "population-\(night % 3)-\(file).csv"
        known[pair, default: Known(from: date.text, file: name)].file = name
        known[pair]?.to = ""
      }
      let dropped = date.adding(days: -days)
      known = known.filter { $0.value.to.isEmpty || $0.value.to > dropped.text }

      var sample = StoreSample(seed: seed, persons: 3)
      sample.runID = night + 1
      sample.runs = [
        StoreRun(runID: night + 1, pipeline: "nightly", asOf: date.text, startedAt: "2026", state: .running)
      ]
      var request = LoadRequest(
        path: workshop.store, runID: night + 1, runs: sample.runs, ledger: [],
        populationFiles: (0...1).map { "population-\(night % 3)-\($0).csv" },
        insuranceFiles: sample.insuranceFiles, keptSources: sample.keptSources)
      let cut = LinkKey.legacy(LegacyID(packed: UInt32.random(in: 1...9, using: &random) * 111_110_001))
        .packed
      let ranges =
        random.chance(50)
        ? [0..<LinkKey.end.packed]
        : [0..<cut, cut..<LinkKey.firstPersonal.packed, LinkKey.firstPersonal.packed..<LinkKey.end.packed]
      request.numbers = NumberSource(
        knownOn: date, before: night == 0 ? nil : workshop.store, droppedThrough: dropped, ranges: ranges
      ) { range, take throws(Stop) in
        for (pair, file) in named where range.contains(pair.key.packed) { try take(pair.key, pair.id, file) }
      }
      _ = try loadStore(request, persons: sample.source(), findings: { () throws(Stop) in nil })

      let rows = try DatabaseQueue(path: workshop.store).read { db in
        #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
        return try Row.fetchAll(db, sql: "SELECT * FROM earlier_number").map { row in
          (0..<7).map { row[$0] as String }
        }
      }
      let expected = known.sorted { $0.key < $1.key }.map { pair, known in
        [pair.kind, pair.number, pair.id.text, known.from, known.to, pair.id.text, known.file]
      }
      #expect(rows == expected, "night \(night)")
    }
  }

  @Test(
    "a store of an earlier program has no numbers before, and none are lost by an erasure of another person")
  func beginningAndErasure() throws {
    let workshop = try Workshop(inMemory: true)
    let sample = StoreSample(seed: 3, persons: 40)
    try sample.load(into: workshop.store)
    let writable = try DatabaseQueue(path: workshop.store)
    try writable.writeWithoutTransaction { db in
      try db.execute(
        sql:
          "DROP VIEW earlier_number; DROP TABLE number_row; DROP TABLE number_source; DROP TABLE number_base")
    }
    try writable.close()
    #expect(try eraseRows(of: sample.persons[1].id, fromStore: workshop.store) > 0)
    let (id, other) = (sample.persons[2].id, sample.persons[3].id)
    let key = LinkKey.legacy(LegacyID(packed: 24_123_456))
    var request = sample.request(workshop.store)
    request.numbers = NumberSource(
      knownOn: CalendarDate(packed: 2026_11_23), before: workshop.store, ranges: [0..<LinkKey.end.packed]
    ) { _, take throws(Stop) in
      try take(key, id, 0)
      try take(key, other, 1)
      // The erased person's number was this person's before.
      try take(.personal(id), other, 0)
    }
    _ = try loadStore(request, persons: sample.source(), findings: { () throws(Stop) in nil })
    let past = try PastStore(
      path: workshop.store, History(in: workshop.path + "/history", now: Store(path: workshop.store).point()))
    #expect(try past.holders(of: ["024123456"]).map(\.personalID) == [id.text, other.text].sorted())
    #expect(try past.holders(ofEarlier: [id.text]).map(\.successor) == [other.text])
    #expect(
      try past.numbers(of: other).map(\.kind).filter { $0 == .legacyID || $0 == .personalID }.count == 2)
    #expect(try eraseRows(of: id, fromStore: workshop.store) > 2)
    let left = try PastStore(
      path: workshop.store, History(in: workshop.path + "/history", now: Store(path: workshop.store).point()))
    #expect(try left.holders(of: ["024123456"]).map(\.personalID) == [other.text])
    #expect(try left.holders(ofEarlier: [id.text]).isEmpty)
  }

  @Test("where the numbers of the store before are damaged, the night goes on and they count as new")
  func damage() throws {
    let workshop = try Workshop(inMemory: true)
    let sample = StoreSample(seed: 5, persons: 3)
    func load(_ day: Int) throws {
      var request = sample.request(workshop.store)
      request.numbers = NumberSource(
        knownOn: CalendarDate(packed: 2026_11_20).adding(days: day), before: day == 0 ? nil : workshop.store,
        ranges: [0..<LinkKey.end.packed]
      ) { _, take throws(Stop) in
        for i in 1...4000 as ClosedRange<UInt32> {
          try take(.legacy(LegacyID(packed: i * 10_001)), sample.persons[0].id, 0)
        }
      }
      _ = try loadStore(request, persons: sample.source(), findings: { () throws(Stop) in nil })
    }
    func known() throws -> [String: Int] {
      try DatabaseQueue(path: workshop.store).read { db in
        let rows = try Row.fetchAll(db, sql: "SELECT known_from, count(*) FROM earlier_number GROUP BY 1")
        return rows.reduce(into: [:]) { $0[$1[0] as String] = $1[1] as Int }
      }
    }
    try load(0)
    try load(1)
    #expect(try known() == ["2026-11-20": 4000])
    let root = try #require(try StoredPages(workshop.store)?.numberRoot)
    var store = try Data(contentsOf: URL(filePath: workshop.store))
    // The number of cells in the root page of the table.
    store[(Int(root) - 1) * Schema.pageBytes + 3] = 0xff
    try store.write(to: URL(filePath: workshop.store))
    try load(2)
    #expect(try known() == ["2026-11-22": 4000])
  }

  @Test("the numbers of a person are the view's rows", arguments: UInt64(30)..<33)
  func timeline(seed: UInt64) throws {
    let nights = try RememberedNights(seed: seed, persons: 60)
    try nights.load()
    for night in 0..<8 {
      nights.pass(days: 1)
      nights.change(percent: 25)
      if night == 4 { nights.renumber() }
      try nights.load()
    }
    try nights.rollback(to: 3)
    let past = try PastStore(path: nights.workshop.store, nights.chain())
    let views = try DatabaseQueue(path: nights.workshop.store)
    try views.writeWithoutTransaction { try $0.execute(sql: HistoryViews.sql(nights.chain())) }
    var (renumbered, numbers) = (0, 0)
    for id in nights.nights.reduce(into: Set<String>(), { $0.formUnion($1.people.keys) }).sorted() {
      let person = try PersonalID(id.utf8.span)
      let rows = try views.read { db in
        try Row.fetchAll(db, sql: "SELECT * FROM number_history WHERE personal_id = ?", arguments: [id])
      }
      let found = try past.numbers(of: person)
      let expected = rows.compactMap { row in
        NumberKind(rawValue: row[0]).map {
          KnownNumber(
            kind: $0, number: row[1], personalID: row[2], knownFrom: row[3], knownTo: row[4],
            successor: row[5],
            learnedFrom: row[6])
        }
      }
      #expect(Set(found) == Set(expected) && found.count == expected.count, "\(id)")
      numbers += found.count
      for number in found.prefix(1) {
        #expect(try past.holders(of: [number.number]).contains(number), "\(id)")
      }
      // The view calls a renumbering by its name, as the rule does.
      let states = try past.states(of: person)
      let named = try views.read { db in
        try Row.fetchAll(
          db,
          sql: "SELECT opened_by, renumbered FROM card_attribute_history WHERE personal_id = ? ORDER BY 1",
          arguments: [id]
        ).map { [$0[0] as Int, $0[1] as Int] }
      }
      let ruled = zip(states, [nil] + states).filter { $0.0.attribute != nil }.map { state, before in
        [state.opened.run, state.isRenumbered(since: before) ? 1 : 0]
      }
      #expect(named == ruled, "\(id)")
      renumbered += named.count { $0[1] == 1 }
    }
    #expect(renumbered > 5 && numbers > 100)
  }
}

extension RememberedNights {
  /// Writes the person's own ID number into each card.
  func renumber() {
    for i in sample.persons.indices {
      let own = InsuranceNumber(sample.persons[i].id)
      for j in sample.persons[i].cards.indices {
        let card = sample.persons[i].cards[j]
        sample.persons[i].cards[j].insuranceNumber = own
        if !card.cardNumber.isNone {
          sample.persons[i].cards[j].cardNumber = CardNumber(head: card.cardNumber.head, tail: own)
        }
      }
    }
  }
}
