// The history and the numbers on a PostgreSQL server: the rows of the SQLite views after every night, rollback, merge
// and erasure, and after each failure.

#if PostgreSQL
  import Files
  import Foundation
  import GRDB
  import Loopback
  import Support
  import Testing
  import Values

  @testable import Store

  @Suite(
    "The history on a PostgreSQL server", .serialized,
    .enabled(if: LoopbackServer.programs != nil, "PostgreSQL is not installed here: apt install postgresql"))
  struct ServerHistoryTests {
    static let views = ["card_attribute_history", "card_history", "earlier_number", "number_history"]

    let place: String
    let reader: ServerReader

    init() throws {
      let server = try LoopbackServer.shared.get()
      place = server.place(try server.database())
      _ = try PostgreSQLStore(place, pipeline: "nightly").hold()
      reader = try ServerReader(place)
    }

    private func session() throws -> PostgreSQLStore {
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      return store
    }

    /// Puts the store in force on the server too.
    private func copy(_ nights: RememberedNights) throws {
      let storeRun = try Store(path: nights.workshop.store).runID()
      try session().putInForce(run: storeRun, orFrom: nights.workshop.store, nights.chain())
    }

    /// The rows of all views on the server.
    private func served() throws -> [String: [String]] {
      try Dictionary(
        uniqueKeysWithValues: Self.views.map { view in (view, try reader.rows(view).map { "\($0)" }.sorted())
        })
    }

    /// The same from the SQLite store.
    private func stored(_ nights: RememberedNights) throws -> [String: [String]] {
      let seen = try Seen(nights.workshop.store)
      try seen.queue.unsafeRead { try $0.execute(sql: HistoryViews.sql(nights.chain())) }
      return try Dictionary(
        uniqueKeysWithValues: Self.views.map { view in
          (view, try seen.rows("SELECT * FROM \(view)").map { "\($0)" }.sorted())
        })
    }

    /// Names a 9-digit number of each third person, another one each night of some.
    private func giveNumbers(to nights: RememberedNights) {
      let ids = nights.sample.persons.map(\.id)
      let night = UInt32(nights.nights.count)
      let pairs = ids.indices.filter { $0 % 3 == 0 }.map { i in
        (LinkKey.legacy(LegacyID(packed: UInt32(i) * 1001 + (i % 2 == 0 ? night : 0))), ids[i])
      }.sorted { $0.0 < $1.0 }
      nights.sample.numbers = NumberSource(
        knownOn: nights.date, before: nights.nights.isEmpty ? nil : nights.workshop.store,
        droppedThrough: nights.date.adding(days: -20), ranges: [0..<LinkKey.end.packed]
      ) { _, take throws(Stop) in
        for (key, id) in pairs { try take(key, id, 0) }
        try take(.personal(PersonalID(packed: 1_099_123_456)), ids[0], 0)
      }
    }

    private func night(_ nights: RememberedNights, percent: Int = 15) throws {
      nights.pass(days: 3)
      nights.change(percent: percent)
      giveNumbers(to: nights)
      try nights.load()
    }

    @Test("each night, rollback, merge and removal shows what SQLite shows", arguments: UInt64(0)..<3)
    func everyNight(seed: UInt64) throws {
      let nights = try RememberedNights(seed: seed, persons: 60)
      giveNumbers(to: nights)
      try nights.load()
      try copy(nights)
      #expect(try served() == stored(nights), "the first night")
      for i in 1...12 {
        if i % 5 == 4 {
          nights.pass(days: 1)
          try nights.rollback(to: nights.nights[i / 2].storeRun)
        } else {
          if i == 7 { nights.renumber() }
          try night(nights)
        }
        try copy(nights)
        #expect(try served() == stored(nights), "night \(i)")
        if i % 3 == 0 {
          // Merged files, and later on nights that are no longer kept.
          try nights.tend(days: i < 9 ? 400 : 20)
          try session().show(nights.chain())
          #expect(try served() == stored(nights), "tended after night \(i)")
          #expect(try session().drop(keeping: []) == 0)
          #expect(try served() == stored(nights), "dropped after night \(i)")
        }
      }
      let rows = try served()
      #expect(rows["number_history"].map(\.count) ?? 0 > 100)
      #expect(rows["card_attribute_history"]?.contains { $0.hasSuffix(", 1]") } == true, "renumbered")
      #expect(
        try reader.session.execute("SELECT count(*) FROM cardlink_data.history_part")[0][0]
          == "\(nights.chain().files.count)")
      // Without the history, the rows of today are left.
      try FileManager.default.removeItem(atPath: nights.history)
      try session().show(nights.chain())
      #expect(try served() == stored(nights))
      #expect(
        try reader.rows("card_attribute_history").count == reader.rows("card_attribute").count)
    }

    @Test("a reader in a transaction sees the history that belongs to its store")
    func readers() throws {
      let nights = try RememberedNights(seed: 4, persons: 40)
      try nights.load()
      try night(nights)
      try copy(nights)
      let before = try stored(nights)
      try reader.session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
      try night(nights)
      try copy(nights)
      try nights.tend()
      try session().show(nights.chain())
      #expect(try served() == before)
      try reader.session.execute("COMMIT")
      #expect(try served() == stored(nights))
      // The part that was merged away goes as soon as no reader needs it.
      try session().drop(keeping: [])
      #expect(try served() == stored(nights))
    }

    @Test("a failure at any step shows the store and the history before; then the night is repeated")
    func everyStep() throws {
      let nights = try RememberedNights(seed: 5, persons: 40)
      try nights.load()
      try night(nights)
      try copy(nights)
      let before = try served()
      try night(nights)
      let path = nights.workshop.store
      /// What a run does: the copy of the store, that of the history, the switch.
      func run(_ store: PostgreSQLStore) throws {
        let generation = try store.load(fromStore: path)
        try store.take(nights.chain())
        try store.putInForce(generation, nights.chain())
      }
      Faults.count(under: nights.workshop.path)
      try run(session())
      let steps = Faults.end(under: nights.workshop.path).count(.once)
      #expect(steps >= 2)
      try night(nights)
      let now = try served()
      for n in 1...steps {
        Faults.fail(at: n, under: nights.workshop.path, as: .once)
        let store = try session()
        #expect(throws: Stop.self) { try run(store) }
        Faults.end(under: nights.workshop.path)
        #expect(try served() == now, "step \(n)")
        // Part by part, whatever was copied before the failure is used or removed.
        try store.drop(keeping: [])
        #expect(try served() == now, "step \(n)")
      }
      #expect(now != before)
      // A switch that the server refuses takes its list of changes back.
      let store = try session()
      try reader.session.execute(
        "ALTER TABLE cardlink_data.store ADD CONSTRAINT refused CHECK (base_run < 0) NOT VALID")
      #expect(throws: Stop.self) { try run(store) }
      #expect(try served() == now)
      try reader.session.execute("ALTER TABLE cardlink_data.store DROP CONSTRAINT refused")
      try run(store)
      #expect(try served() == stored(nights))
    }

    @Test("a file that was written anew is copied anew, and one that is there is not")
    func stamps() throws {
      let nights = try RememberedNights(seed: 6, persons: 40)
      try nights.load()
      try night(nights)
      try copy(nights)
      func parts() throws -> [[String?]] {
        try reader.session.execute("SELECT part, stamp FROM cardlink_data.history_part ORDER BY part")
      }
      let first = try parts()
      try copy(nights)
      #expect(try parts() == first && first.count == 1)
      let file = try #require(nights.chain().files.first)
      try FileManager.default.setAttributes([.modificationDate: Date.now + 60], ofItemAtPath: file.path)
      try copy(nights)
      #expect(try parts().count == 2)
      try session().drop(keeping: [])
      #expect(try parts().count == 1 && parts() != first)
      #expect(try served() == stored(nights))
    }

    @Test("an erased person is in no part and in no file of one, and no part is copied again")
    func erasure() throws {
      let nights = try RememberedNights(seed: 8, persons: 40)
      let name = "NGUYỄN ĐỘC NHẤT VÔ NHỊ"
      nights.sample.persons[7].name = name
      let id = nights.sample.persons[7].id
      try nights.load()
      try copy(nights)
      nights.sample.persons.remove(at: 7)
      giveNumbers(to: nights)
      nights.pass(days: 1)
      try nights.load()
      try copy(nights)
      #expect(try reader.holders(of: [id.text, name]).count >= 2)
      let file = try #require(nights.chain().files.first)
      let before = try HistoryFile.stamp(of: file.path)
      #expect(try eraseRows(of: id, fromHistory: file.path) > 0)
      _ = try eraseRows(of: id, fromStore: nights.workshop.store)
      try session().erase(id, [(before, try HistoryFile.stamp(of: file.path))])
      #expect(try reader.holders(of: [id.text, name]) == [])
      #expect(try served() == stored(nights))
      let parts = try reader.session.execute("SELECT part FROM cardlink_data.history_part")
      try session().show(nights.chain())
      #expect(try reader.session.execute("SELECT part FROM cardlink_data.history_part") == parts)
    }

    @Test("a question about one person searches the indexes of each part")
    func search() throws {
      let nights = try RememberedNights(seed: 7, persons: 3000)
      try nights.load()
      try night(nights)
      try copy(nights)
      let id = nights.sample.persons[17].id.text
      // The server reads a table of a few pages whole, however good the index.
      try reader.session.execute("SET enable_seqscan = off")
      for view in ["card_attribute_history", "card_history", "number_history"] {
        let plan = try reader.session.execute(
          "EXPLAIN (COSTS OFF) SELECT * FROM cardlink.\(view) WHERE personal_id = '\(id)'"
        ).map { $0[0] ?? "" }
        let large = ["person", "other_card", "number_row"].map { "Seq Scan on " + $0 }
        #expect(!plan.contains { line in large.contains { line.contains($0) } }, "\(view) \(plan)")
        #expect(plan.contains { $0.contains("using other_card_was_") } == (view != "card_attribute_history"))
      }
    }
  }
#endif
