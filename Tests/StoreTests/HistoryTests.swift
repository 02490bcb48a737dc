// The history of a store against a list of all stores that were in force: random nights, rollbacks, loads that
// never came in force, and disks that fail.

import Files
import Foundation
import GRDB
import Support
import Testing
import Values
@testable import Store

/// A store in force and its history, beside the whole content of every store that was in force.
final class RememberedNights {
  /// A store that was in force.
  struct Night {
    var run: Int
    var knownOn: String
    var storeRun: Int
    /// What it showed of each person, wherever it was read.
    var people: [String: String]
  }

  let workshop: Workshop
  private(set) var nights: [Night] = []
  private(set) var run = 0
  private(set) var date = CalendarDate(packed: 2026_11_20)
  /// The persons of each loaded store.
  private(set) var samples: [Int: StoreSample] = [:]
  var sample: StoreSample
  private var random: SeededGenerator
  var history: String { workshop.path + "/history" }
  private func kept(_ run: Int) -> String { workshop.path + "/stores/\(run).sqlite" }

  init(seed: UInt64, persons: Int) throws {
    workshop = try Workshop(inMemory: true)
    try Folder.create(workshop.path + "/stores")
    sample = StoreSample(seed: seed, persons: persons)
    random = SeededGenerator(seed)
  }

  func chain() throws -> History { try History(in: history, now: Store(path: workshop.store).point()) }

  /// The next business date, some days later.
  func pass(days: Int) { date = date.adding(days: days) }

  /// Loads the sample and puts it in force, unless it is only prepared.
  func load(onlyPrepared: Bool = false, threads: Int = 2) throws {
    run += 1
    sample.runID = run
    sample.runs = [
      StoreRun(runID: run, pipeline: "nightly", asOf: date.text, startedAt: "2026", state: .running)
    ]
    for i in sample.persons.indices {
      for j in sample.persons[i].cards.indices { sample.persons[i].cards[j].line += UInt32(run % 3) }
    }
    let next = workshop.store + ".next"
    let change = try nextChange()
    let report = try sample.load(into: next, threads: threads, change: change)
    samples[run] = sample
    #expect(report.isRemembered == (change != nil))
    if let change {
      try writeHistory(of: change.change, from: change.store, to: next, in: compared, width: 2)
      #expect(try content(change, in: history) == content(change, in: compared), "run \(run)")
    }
    guard !onlyPrepared else { return try Folder.remove(next) }
    if let last = nights.last { try Folder.link(workshop.store, as: kept(last.storeRun)) }
    try Folder.rename(next, to: workshop.store)
    inForce(run)
  }

  /// Puts an earlier store in force.
  func rollback(to storeRun: Int) throws {
    run += 1
    try remember(kept(storeRun), ofRun: storeRun)
    if let last = nights.last { try Folder.link(workshop.store, as: kept(last.storeRun)) }
    try Folder.rename(kept(storeRun), to: workshop.store)
    inForce(storeRun)
  }

  /// Begins the next run, for a test that loads the sample itself.
  func beginRun() {
    run += 1
    sample.runID = run
  }

  /// The change that the next store makes; nil for the first.
  func nextChange() throws -> PreparedChange? {
    guard !nights.isEmpty else { return nil }
    let chain = try chain()
    try chain.clear()
    return PreparedChange(chain.change(to: run, by: run, on: date.text), from: workshop.store, in: history)
  }

  /// Where the history is written by comparing both stores.
  private var compared: String { workshop.path + "/compared" }

  /// All rows of the file of a change, without the numbers of its lists.
  private func content(_ change: PreparedChange, in folder: String) throws -> [[String?]] {
    let run = change.change.after.run
    return try DatabaseQueue(path: HistoryFile.path(of: run...run, in: folder)).read { db in
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
      return try [
        "change_row", "source_file ORDER BY source_id",
        "person_was LEFT JOIN note_list USING (note_id) ORDER BY personal_id",
        "other_card_was LEFT JOIN note_list USING (note_id) ORDER BY personal_id, ordinal",
      ].flatMap { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { row in
          row.filter { $0.0 != "note_id" }.map { $0.1.isNull ? nil : "\($0.1)" }
        }
      }
    }
  }

  func remember(_ path: String, ofRun storeRun: Int, by run: Int? = nil) throws {
    guard !nights.isEmpty else { return }
    let chain = try chain()
    try chain.clear()
    try writeHistory(
      of: chain.change(to: storeRun, by: run ?? self.run, on: date.text), from: workshop.store, to: path,
      in: history,
      width: 2)
  }

  private func inForce(_ storeRun: Int) {
    var people: [String: String] = [:]
    for person in samples[storeRun]?.persons ?? [] {
      people[person.id.text] = Self.shown(person.name, person.birthDate, person.sex, person.cards)
    }
    nights.append(
      Night(
        run: run, knownOn: max(date.text, nights.last?.knownOn ?? ""), storeRun: storeRun, people: people))
  }

  func tend(days: Int = 400) throws { try chain().tend(keepingDays: days, width: 2) }

  /// Changes, removes and adds some persons, or brings one back as it was.
  func change(percent: Int = 4) {
    let before = samples.values.randomElement(using: &random)
    for i in sample.persons.indices.reversed() where random.chance(percent) {
      let person = sample.persons[i]
      switch Int.random(in: 0..<6, using: &random) {
      case 0: sample.persons[i].name = StoreSample.names.any(&random)
      case 1: sample.persons.remove(at: i)
      case 2: sample.persons[i] = StoreSample.person(person.id, &random)
      case 3:
        if let was = before?.persons.first(where: { $0.id == person.id }) { sample.persons[i] = was }
      case 4:
        // Empty to a value, and a value to empty.
        let card = sample.persons[i].cards.indices.randomElement(using: &random) ?? 0
        let area = sample.persons[i].cards[card].area
        sample.persons[i].cards[card].area = area.isNone ? ShortCode("K1".utf8.span) ?? .none : .none
      default:
        let id = PersonalID(packed: person.id.packed + 1)
        guard id.packed <= 999_999_999_999, !sample.persons.contains(where: { $0.id == id }) else { continue }
        sample.persons.insert(StoreSample.person(id, &random), at: i + 1)
      }
    }
  }

  static func shown(
    _ name: String, _ birthDate: CalendarDate, _ sex: Sex, _ cards: [CardRow]
  ) -> String {
    ([name, birthDate.text, sex.name]
      + (cards.filter(\.isServing) + cards.filter { !$0.isServing }).map { card in
        [
          card.insuranceNumber.isNone ? "" : card.insuranceNumber.text, card.cardNumber.text,
          card.facility.text, card.area.text, card.validFrom.text, card.validTo.text, card.fiveYearsFrom.text,
          card.rule.name, card.notes.text, card.graceUntil.text,
        ].joined(separator: ",")
      }).joined(separator: "|")
  }

  /// What the history says that a store showed.
  func remembered(_ point: HistoryPoint) throws -> [String: String] {
    let persons = try PastPersons(point, chain(), path: workshop.store)
    var batch = PersonBatch()
    var people: [String: String] = [:]
    var last = ""
    while try persons.nextBatch(into: &batch) {
      for person in batch.persons {
        #expect(person.personalID.text > last)
        last = person.personalID.text
        people[last] = Self.shown(
          String(decoding: batch.bytes[person.nameRange], as: UTF8.self), person.birthDate, person.sex,
          Array(batch.cards[person.cards]))
      }
    }
    return people
  }

  /// Expects that the history says of each store what it showed.
  func expectAll(_ comment: String = "", from first: Int = 0) throws {
    let points = try chain().points
    #expect(points.map(\.run) == nights[first...].map(\.run), "\(comment)")
    #expect(points.map(\.knownOn) == nights[first...].map(\.knownOn), "\(comment)")
    for (point, night) in zip(points, nights[first...]) {
      #expect(try remembered(point) == night.people, "\(comment) run \(night.run)")
    }
  }
}

@Suite("The history of a store")
struct HistoryTests {
  @Test(
    "of every store that was in force, the history says what it showed",
    arguments: [(0, 150, 30), (1, 150, 30), (2, 200, 25), (3, 30, 60), (4, 2000, 30)])
  func everyNight(seed: UInt64, persons: Int, count: Int) throws {
    var random = SeededGenerator(seed)
    let nights = try RememberedNights(seed: seed, persons: persons)
    try nights.load()
    for _ in 0..<count {
      if random.chance(70) { nights.pass(days: Int.random(in: 0...9, using: &random)) }
      switch Int.random(in: 0..<10, using: &random) {
      case 0: try nights.load(onlyPrepared: true)
      case 1:
        let earlier = Set(nights.nights.map(\.storeRun)).subtracting([nights.nights.last?.storeRun ?? 0])
        if let run = earlier.sorted().randomElement(using: &random) { try nights.rollback(to: run) }
      case 2: try nights.load()
      default:
        nights.change()
        try nights.load(threads: Int.random(in: 1...3, using: &random))
      }
      if random.chance(80) { try nights.tend() }
    }
    try nights.expectAll()
    let chain = try nights.chain()
    #expect(chain.files.count <= 10)
    for night in nights.nights {
      let last = nights.nights.last { $0.knownOn == night.knownOn }
      #expect(chain.point(on: night.knownOn)?.run == last?.run)
    }
    try expectStates(nights)
  }

  /// Compares each person's states, and the views, with the list of nights.
  private func expectStates(_ nights: RememberedNights) throws {
    let past = try PastStore(path: nights.workshop.store, nights.chain())
    let views = try DatabaseQueue(path: nights.workshop.store)
    try views.writeWithoutTransaction { try $0.execute(sql: HistoryViews.sql(nights.chain())) }
    let everyone = nights.nights.reduce(into: Set<String>()) { $0.formUnion($1.people.keys) }.sorted()
    var rows = 0
    for (i, id) in everyone.enumerated() {
      // When each state began, and whether there was a card.
      var expected: [(run: Int, people: String?)] = []
      for night in nights.nights
      where expected.isEmpty || expected[expected.count - 1].people != night.people[id] {
        expected.append((night.run, night.people[id]))
      }
      rows += expected.count { $0.people != nil }
      guard i % 7 == 0 else { continue }
      let states = try past.states(of: try PersonalID(id.utf8.span))
      #expect(states.map(\.opened.run) == expected.map(\.run), "\(id)")
      #expect(states.map(\.closed?.run) == expected.dropFirst().map { $0.run } + [nil], "\(id)")
      #expect(states.map { $0.attribute == nil } == expected.map { $0.people == nil }, "\(id)")
      for (state, people) in zip(states, expected) {
        #expect(state.attribute.map { people.people?.hasPrefix($0.fullName + "|") ?? false } ?? true)
        #expect(state.attribute?.graceUntil != nil || state.cards.isEmpty == (people.people == nil))
      }
      let seen = try views.read { db in
        try Row.fetchAll(
          db, sql: "SELECT opened_by, closed_by FROM card_attribute_history WHERE personal_id = ? ORDER BY 1",
          arguments: [id]
        ).map { [$0[0] as Int?, $0[1] as Int?] }
      }
      let ends = expected.dropFirst().map { Optional($0.run) } + [nil]
      #expect(seen == zip(expected, ends).filter { $0.0.people != nil }.map { [$0.0.run, $0.1] }, "\(id)")
    }
    let counts = try views.read { db in
      try Row.fetchOne(
        db,
        sql: """
          SELECT count(*), sum(known_from IS NULL OR known_to IS NULL OR known_to <> '' AND known_to < known_from)
          FROM card_attribute_history
          """
      ).map { [$0[0] as Int, $0[1] as Int] }
    }
    #expect(counts == [rows, 0])
  }

  @Test("a failure at any operation loses no night", arguments: Faults.Kind.allCases)
  func everyOperation(kind: Faults.Kind) throws {
    let nights = try RememberedNights(seed: 5, persons: 60)
    try nights.load()
    for _ in 0..<4 {
      nights.pass(days: 1)
      nights.change(percent: 20)
      try nights.load()
    }
    let copy = nights.workshop.path + "/copy"
    try FileManager.default.copyItem(atPath: nights.history, toPath: copy)
    let works: [(String, Int, () throws -> Void)] = [
      ("write", 5, { try nights.remember(nights.workshop.path + "/stores/1.sqlite", ofRun: 1, by: 6) }),
      ("tend", 1, { try nights.tend() }), ("drop", 2, { try nights.tend(days: 2) }),
    ]
    for (name, left, work) in works {
      func begin() throws {
        try FileManager.default.removeItem(atPath: nights.history)
        try FileManager.default.copyItem(atPath: copy, toPath: nights.history)
      }
      try begin()
      Faults.count(under: nights.workshop.path)
      try work()
      let operations = Faults.end(under: nights.workshop.path).count(kind)
      for n in 0..<operations {
        try begin()
        Faults.fail(at: n + 1, under: nights.workshop.path, as: kind)
        #expect(throws: Stop.self, "\(name) \(n)") { try work() }
        Faults.end(under: nights.workshop.path)
        // The oldest nights may be gone already.
        let points = try nights.chain().points
        #expect(points.count == 5 || name == "drop", "\(name) \(n)")
        for point in points {
          let night = try #require(nights.nights.first { $0.run == point.run })
          #expect(try nights.remembered(point) == night.people, "\(name) \(n)")
        }
        try work()
        #expect(try Folder.names(in: nights.history).count == left, "\(name) \(n)")
      }
    }
  }

  @Test("states that ended long ago are removed, and what is left is right")
  func retention() throws {
    let nights = try RememberedNights(seed: 6, persons: 80)
    try nights.load()
    for _ in 0..<60 {
      nights.pass(days: 8)
      nights.change()
      try nights.load()
      try nights.tend(days: 100)
    }
    let chain = try nights.chain()
    #expect(try Folder.names(in: nights.history).count <= 10)
    let first = try #require(nights.nights.firstIndex { $0.run == chain.points[0].run })
    let oldest = try #require(CalendarDate(iso: chain.now.knownOn)?.adding(days: -100).text)
    #expect(nights.nights[first].knownOn <= oldest)
    // A quarter is removed as a whole.
    #expect(nights.nights.count - first < 30)
    try nights.expectAll(from: first)
  }

  @Test("one per cent of changed persons adds at most 1.5 per cent of the store")
  func size() throws {
    let nights = try RememberedNights(seed: 7, persons: 120_000)
    try nights.load()
    for i in stride(from: 0, to: nights.sample.persons.count, by: 100) {
      nights.sample.persons[i].name += " A"
    }
    try nights.load()
    let file = try #require(nights.chain().files.first)
    #expect(file.byteCount * 1000 <= 15 * (try Folder.byteCount(of: nights.workshop.store)))
  }

  @Test("history begins again where it was interrupted, and a damaged file ends it")
  func gaps() throws {
    let nights = try RememberedNights(seed: 8, persons: 60)
    try nights.load()
    for _ in 0..<3 {
      nights.change(percent: 20)
      try nights.load()
    }
    let files = try nights.chain().files
    #expect(files.count == 3)
    try Data("no file of SQLite".utf8).write(to: URL(filePath: files[1].path))
    #expect(try nights.chain().points.map(\.run) == [3, 4])
    try nights.tend()
    #expect(try nights.chain().points.map(\.run) == [3, 4])
    try FileManager.default.removeItem(atPath: nights.history)
    #expect(try nights.chain().points.map(\.run) == [4])
    nights.change(percent: 20)
    try nights.load()
    #expect(try nights.chain().points.map(\.run) == [4, 5])
    try nights.expectAll(from: 3)
  }
}
