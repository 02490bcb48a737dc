// The store on a PostgreSQL server: the same views and rows as in SQLite, whole for every reader, whatever
// fails.

import Threads

#if PostgreSQL
  import Files
  import Foundation
  import Loopback
  import Support
  import Values
  import Testing

  @testable import Store

  @Suite(
    "The store on a PostgreSQL server", .serialized,
    .enabled(if: LoopbackServer.programs != nil, "PostgreSQL is not installed here: apt install postgresql"))
  struct PostgreSQLTests {
    static let views = ViewTests.contract.map(\.view)

    let workshop: Workshop
    let place: String

    init() throws {
      workshop = try Workshop()
      let server = try LoopbackServer.shared.get()
      place = server.place(try server.database())
    }

    func exit(_ body: () throws(Stop) -> Void) -> Exit? {
      do throws(Stop) {
        try body()
        return nil
      } catch {
        return error.exit
      }
    }

    /// Enough persons that a copy reports its progress.
    func many(_ count: Int) -> StoreSample {
      var sample = StoreSample(seed: 2, persons: 1, runID: 8)
      var random = SeededGenerator(2)
      sample.persons = (0..<count).map { StoreSample.person(PersonalID(packed: UInt64($0) * 7), &random) }
      return sample
    }

    /// The steps of a run: a SQLite store, its copy, the switch.
    @discardableResult
    func load(_ sample: StoreSample, _ name: String = "a") throws -> Generation {
      let path = workshop.path + "/\(name)/store.sqlite"
      try sample.load(into: path)
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      let generation = try store.load(fromStore: path)
      try store.putInForce(generation)
      return generation
    }

    func expectSame(_ path: String, _ reader: ServerReader, _ note: Comment? = nil) throws {
      let seen = try Seen(path)
      for view in Self.views {
        let columns = try seen.columns(of: view).joined(separator: ", ")
        #expect(try reader.columns(of: view) == columns)
        #expect(
          try reader.rows(view).map { "\($0)" }.sorted()
            == seen.rows("SELECT * FROM \(view)").map { "\($0)" }.sorted(), note)
      }
      #expect(
        try reader.rows("card_attribute", "ORDER BY personal_id")
          == seen.rows("SELECT * FROM card_attribute ORDER BY personal_id"), note)
    }

    @Test("every view shows what SQLite shows, row for row", arguments: UInt64(0)..<12)
    func rows(seed: UInt64) throws {
      let sample = StoreSample(seed: seed, persons: [0, 1, 2, 64, 900, 5000][Int(seed % 6)])
      let generation = try load(sample)
      #expect(generation.run == sample.runID)
      let reader = try ServerReader(place)
      try expectSame(workshop.path + "/a/store.sqlite", reader)
      #expect(try reader.rows("card_attribute", "ORDER BY personal_id") == sample.cardAttributeRows)
      #expect(try PostgreSQLStore(place, pipeline: "nightly").inForce() == generation)
    }

    @Test("text goes over byte for byte, however long", arguments: [1, 65_530, 65_536, 200_000])
    func longText(byteCount: Int) throws {
      var sample = StoreSample(seed: 3, persons: 3)
      sample.persons[1].name = String(repeating: "Ế", count: byteCount / 3) + "\\N\t\"'\n"
      try load(sample)
      try expectSame(workshop.path + "/a/store.sqlite", try ServerReader(place))
    }

    @Test("a transaction reads one store to its end; a statement of the next reads the new one")
    func readers() throws {
      let (old, new) = (StoreSample(seed: 1), StoreSample(seed: 2, persons: 300, runID: 8))
      try load(old)
      // A reader that has read already, one that has only begun, and one that takes a snapshot for each
      // statement.
      let (atWork, begun, each) = (
        try ServerReader(place), try ServerReader(place), try ServerReader(place)
      )
      for reader in [atWork, begun] {
        try reader.session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
      }
      try each.session.execute("BEGIN")
      #expect(try atWork.rows("card_attribute", "ORDER BY personal_id") == old.cardAttributeRows)
      #expect(try each.rows("card_attribute", "ORDER BY personal_id") == old.cardAttributeRows)

      let path = workshop.path + "/b/store.sqlite"
      try new.load(into: path)
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      let generation = try store.load(fromStore: path) { _ in }
      #expect(try each.rows("card_attribute", "ORDER BY personal_id") == old.cardAttributeRows)
      try store.putInForce(generation)

      for reader in [atWork, begun] {
        try expectSame(workshop.path + "/a/store.sqlite", reader, "a snapshot from before")
      }
      #expect(try each.rows("card_attribute", "ORDER BY personal_id") == new.cardAttributeRows)
      // Even if nothing is to be kept, rows stay while readers need them.
      #expect(try store.drop(keeping: []) == 1)
      try expectSame(workshop.path + "/a/store.sqlite", atWork, "a snapshot from before")
      for reader in [atWork, begun, each] { try reader.session.execute("COMMIT") }
      try expectSame(path, atWork)
      #expect(try store.drop(keeping: []) == 0)
      #expect(try atWork.session.execute("SELECT count(*) FROM cardlink_data.generation") == [["1"]])
      try expectSame(path, atWork)
    }

    @Test("a failure at any step leaves the old store, and the next load clears up")
    func everyStep() throws {
      let old = StoreSample(seed: 1)
      try load(old)
      let path = workshop.path + "/b/store.sqlite"
      let new = many(40_000)
      try new.load(into: path)
      let reader = try ServerReader(place)
      Faults.count(under: workshop.path)
      _ = try { try $0.load(fromStore: path) }(try PostgreSQLStore(place, pipeline: "nightly"))
      let steps = Faults.end(under: workshop.path).count(.once)
      #expect(steps >= 3)
      for n in 1...steps {
        Faults.fail(at: n, under: workshop.path, as: .once)
        let store = try PostgreSQLStore(place, pipeline: "nightly")
        try store.hold()
        #expect(throws: Stop.self) { try store.load(fromStore: path) }
        Faults.end(under: workshop.path)
        try expectSame(workshop.path + "/a/store.sqlite", reader, "step \(n)")
      }
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      // Copied and never put in force, as a run leaves it that dies before the switch.
      _ = try store.load(fromStore: path)
      try expectSame(workshop.path + "/a/store.sqlite", reader, "before the switch")
      try store.putInForce(store.load(fromStore: path))
      try expectSame(path, reader)
      #expect(
        try reader.session.execute(
          "SELECT count(*) FROM pg_class WHERE relnamespace = 'cardlink_data'::regnamespace AND relispartition"
        )
          == [["8"]])
    }

    @Test("a server that dies during the copy: exit code 69, and after it is back the old store, whole")
    func serverDies() throws {
      let server = try LoopbackServer()
      let place = server.place(try server.database())
      let (first, path) = (workshop.path + "/a/store.sqlite", workshop.path + "/b/store.sqlite")
      try StoreSample(seed: 1).load(into: first)
      try many(60_000).load(into: path)
      do {
        let store = try PostgreSQLStore(place, pipeline: "nightly")
        try store.hold()
        try store.putInForce(store.load(fromStore: first))
        var isDown = false
        #expect(
          exit { () throws(Stop) in
            _ = try store.load(fromStore: path) { _ in
              if !isDown { isDown = (try? server.crash()) != nil }
            }
          } == .storeUnavailable)
        #expect(isDown)
        #expect(
          exit { () throws(Stop) in _ = try PostgreSQLStore(place, pipeline: "nightly") } == .storeUnavailable
        )
      }
      try server.start()
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try expectSame(first, try ServerReader(place))
      try store.hold()
      try store.putInForce(store.load(fromStore: path))
      // The switch survives a crash that follows at once.
      try server.crash()
      try server.start()
      try expectSame(path, try ServerReader(place))
    }

    @Test("a session that is cut off during the copy, as by kill -9, leaves nothing behind")
    func sessionDies() throws {
      try load(StoreSample(seed: 1))
      let path = workshop.path + "/b/store.sqlite"
      try many(60_000).load(into: path)
      let reader = try ServerReader(place)
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      #expect(
        exit { () throws(Stop) in
          _ = try store.load(fromStore: path) { _ in
            _ = try? reader.session.execute(
              """
              SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE datname = current_database() AND query LIKE 'COPY%' AND pid <> pg_backend_pid()
              """)
          }
        } == .storeUnavailable)
      try expectSame(workshop.path + "/a/store.sqlite", reader)
      #expect(
        try reader.session.execute(
          "SELECT count(*) FROM pg_class WHERE relnamespace = 'cardlink_data'::regnamespace AND relispartition"
        )
          == [["4"]])
    }

    @Test("an earlier run comes back at once while its generation is kept, else from its SQLite store")
    func rollback() throws {
      let first = try load(StoreSample(seed: 1), "a")
      try load(StoreSample(seed: 2, runID: 8), "b")
      let (a, b) = (workshop.path + "/a/store.sqlite", workshop.path + "/b/store.sqlite")
      let reader = try ServerReader(place)
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      #expect(try store.drop(keeping: [7]) == 0)
      try store.putInForce(run: 7, orFrom: "/nowhere")
      #expect(try store.inForce() == first)
      try expectSame(a, reader)
      try store.putInForce(run: 8, orFrom: "/nowhere")
      #expect(try store.drop(keeping: []) == 0)
      #expect(
        exit { () throws(Stop) in try store.putInForce(run: 7, orFrom: "/nowhere") } == .storeUnavailable)
      try expectSame(b, reader)
      try store.putInForce(run: 7, orFrom: a)
      try expectSame(a, reader)
      #expect(try store.inForce() != first)
    }

    @Test("a run that is done says so in the views, and its ledger is replaced")
    func finishing() throws {
      let sample = StoreSample(seed: 1)
      try load(sample)
      var done = sample.runs[1]
      (done.state, done.finishedAt) = (.done, "2026-11-23T01:09:00+07:00")
      let row = LedgerRow(runID: 7, export: "insurance", sourceFile: "x.xml", outcome: "linked", records: 9)
      let path = workshop.path + "/a/store.sqlite"
      try finishRun(done, ledger: [row], inStore: path)
      try PostgreSQLStore(place, pipeline: "nightly").finish(run: done, ledger: [row])
      try expectSame(path, try ServerReader(place))
    }

    @Test("grants on the views outlive every load, and readers see nothing but the views")
    func grants() throws {
      try load(StoreSample(seed: 1))
      let owner = try ServerReader(place)
      let role = "reader" + place.filter(\.isNumber).suffix(4)
      try owner.session.execute(
        """
        CREATE ROLE \(role) LOGIN;
        GRANT USAGE ON SCHEMA cardlink TO \(role); GRANT SELECT ON ALL TABLES IN SCHEMA cardlink TO \(role)
        """)
      let new = StoreSample(seed: 2, runID: 8)
      try load(new, "b")
      let reader = try ServerReader(place.replacing("user=owner", with: "user=\(role)"))
      #expect(try reader.rows("card_attribute", "ORDER BY personal_id") == new.cardAttributeRows)
      for table in ["person", "store", "generation"] {
        #expect(throws: Stop.self) { try reader.session.execute("SELECT * FROM cardlink_data.\(table)") }
      }
      // Such a role can't load either.
      let path = workshop.path + "/b/store.sqlite"
      let text = place.replacing("user=owner", with: "user=\(role)")
      #expect(
        exit { () throws(Stop) in
          let store = try PostgreSQLStore(text, pipeline: "nightly")
          try store.hold()
          _ = try store.load(fromStore: path)
        } == .storeUnavailable)
    }

    @Test("a question about one number is a search in one generation")
    func search() throws {
      try load(StoreSample(seed: 1, persons: 5000))
      let new = StoreSample(seed: 2, persons: 5000, runID: 8)
      let generation = try load(new, "b")
      let reader = try ServerReader(place)
      let id = new.persons[17].id.text
      for view in ["card_attribute", "card"] {
        let plan = try reader.session.execute(
          "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT * FROM cardlink.\(view) WHERE personal_id = '\(id)'"
        ).map { $0[0] ?? "" }
        #expect(plan.contains { $0.contains("person_\(generation.number)_by_id") }, "\(plan)")
        #expect(!plan.contains { $0.contains("Seq Scan on person") }, "\(plan)")
        let others = plan.filter { $0.contains("person_\(generation.number - 1)") }
        #expect(others.allSatisfy { $0.contains("never executed") }, "\(plan)")
      }
      #expect(
        try reader.rows("card_attribute", "WHERE personal_id = '\(id)'")
          == new.cardAttributeRows.filter { $0[0] == .text(id) })
    }

    @Test("two loads of one database: the second ends with 75")
    func twoLoads() throws {
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      let other = try PostgreSQLStore(place, pipeline: "nightly")
      // The lock lasts as long as its session.
      withExtendedLifetime(store) {
        #expect(exit { () throws(Stop) in try other.hold() } == .runInProgress)
      }
    }

    @Test("a load waits for the session of one that has just died")
    func lockLetGo() throws {
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      let isHeld = DispatchSemaphore(value: 0)
      let dying = Background { [place] () throws(Stop) in
        defer { isHeld.signal() }
        let session = try ServerConnection(place)
        try session.execute("SELECT pg_advisory_lock(\(ServerSchema.lock))")
        isHeld.signal()
        try session.execute("SELECT pg_sleep(1)")
      }
      isHeld.wait()
      let asked = ContinuousClock.now
      try store.hold()
      #expect(asked.duration(to: .now) > .milliseconds(500))
      try dying.value()
    }

    @Test("a database of another pipeline or of a later cardlink is left alone")
    func notOurs() throws {
      try load(StoreSample(seed: 1))
      #expect(
        exit { () throws(Stop) in _ = try PostgreSQLStore(place, pipeline: "other") } == .storeUnavailable)
      let owner = try ServerReader(place)
      try owner.session.execute("UPDATE cardlink_data.store SET version = 99")
      let message = FailureTests.message { () throws(Stop) in
        _ = try PostgreSQLStore(place, pipeline: "nightly")
      }
      #expect(message.contains("expected a store of version 3, found version 99"), "\(message)")
    }

    @Test("no server: exit code 69, and the message says where")
    func refused() throws {
      let message = FailureTests.message { () throws(Stop) in
        _ = try PostgreSQLStore("host=/nowhere dbname=x", pipeline: "nightly")
      }
      #expect(message.hasPrefix("storeUnavailable postgresql host=/nowhere dbname=x: expected to connect"))
    }

    static let texts: [(String, String?)] = [
      ("service=cardlink", nil), ("host=db.example dbname=cardlink user=loader sslmode=verify-full", nil),
      ("postgresql://loader@db.example/cardlink", nil), ("passfile=/etc/cardlink/pgpass dbname=c", nil),
      ("host=db password=hunter2", "one"), ("postgresql://loader:hunter2@db/cardlink", "one"),
      ("dbname=c password = 'hunter2'", "one"), ("hunter2", "another text"),
      ("nonsense=hunter2", "another text"),
    ]

    @Test("a password has no place in the pipeline file, and is never repeated", arguments: texts)
    func password(text: String, found: String?) {
      let fault = ConnectionText.fault(in: text)
      #expect(fault?.found == found)
      #expect(!"\(fault.map { "\($0)" } ?? "")".contains("hunter2"))
    }

    @Test(
      "what the server reports becomes an exit code",
      arguments: [
        ("53100", Exit.inputOutput), ("57P01", .storeUnavailable), ("08006", .storeUnavailable),
        ("42501", .storeUnavailable), ("23505", .internalError),
      ])
    func states(state: String, exit: Exit) {
      #expect(Stop.serverFailed("postgresql x", state: state).exit == exit)
    }
  }
#endif
