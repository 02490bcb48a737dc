// Runs with a store on a PostgreSQL server, killed at random moments: the server shows the old store or the
// new one, and after the next run the same as SQLite.

#if PostgreSQL
  import Files
  import Foundation
  import GRDB
  import Glibc
  import Store
  import Loopback
  import Support
  import Values
  import Testing

  @testable import Desk
  @testable import Pipeline
  @testable import Run
  @testable import Views
  @testable import Workspace

  @Suite(
    "Nights with a PostgreSQL server", .serialized,
    .enabled(if: LoopbackServer.programs != nil, "PostgreSQL is not installed here: apt install postgresql"))
  struct ServerCrashTests {
    let workshop: Workshop
    let place: String
    /// A pipeline whose file names the server.
    let pipeline: Pipeline

    init() throws {
      workshop = try Workshop()
      let server = try LoopbackServer.shared.get()
      let place = server.place(try server.database())
      self.place = place
      var pipeline = try WalkTests.invented(200, seed: 43, xml: false, in: workshop.path)
      let text = pipeline.text.replacing(#/\n( *)sqlite:([^\n]*)/#) { match in
        "\n\(match.1)sqlite:\(match.2)\n\(match.1)postgresql: \"\(place)\""
      }
      try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
      pipeline = try Pipeline(file: pipeline.path)
      self.pipeline = pipeline
    }

    /// The persons and findings on the server.
    func served() throws -> [String] {
      let session = try ServerConnection(place)
      guard try session.execute("SELECT to_regclass('cardlink.card')")[0][0] != nil else { return [] }
      return try session.execute(
        """
        SELECT concat_ws('|', 'a', personal_id, full_name, birth_date, sex, insurance_number, card_number,
          facility_code, valid_from, valid_to, rule, notes, source_file, source_line) FROM cardlink.card_attribute
        UNION ALL
        SELECT concat_ws('|', 'f', export, outcome, reasons, personal_id, insurance_number, card_number,
          source_file, source_line, candidate_personal_id, digest) FROM cardlink.finding
        """
      ).map { $0[0] ?? "" }.sorted()
    }

    /// The same from the SQLite store.
    func stored() throws -> [String] {
      let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
      var rows: [String] = []
      func add(_ values: [String?]) { rows.append(values.compactMap { $0 }.joined(separator: "|")) }
      try store.forEachCardAttribute { p in
        let c = p.card
        add([
          "a", p.personalID, p.fullName, p.birthDate, p.sex, c.insuranceNumber, c.cardNumber, c.facilityCode,
          c.validFrom, c.validTo, c.rule, c.notes, c.sourceFile, "\(c.sourceLine)",
        ])
      }
      try store.findings { f in
        add([
          "f", f.export, f.outcome, f.reasons, f.personalID, f.insuranceNumber, f.cardNumber, f.sourceFile,
          "\(f.sourceLine)", f.candidatePersonalID, f.digest,
        ])
      }
      return rows.sorted()
    }

    @Test("a run fills both stores; a rollback and the next run switch both")
    func night() throws {
      func run(_ date: String) throws {
        let result = try Cardlink.run(["run", pipeline.path, "--as-of", date])
        #expect(result.exit == 0, "\(result.errors)")
      }
      try run("2027-01-01")
      let first = try PostgreSQLStore(place, pipeline: pipeline.name).inForce()
      #expect(first?.run == 1)
      let rows = try served()
      #expect(rows.count > 100)
      #expect(try rows == stored())
      // Nothing to do, which the run also asks the server.
      try run("2027-01-01")
      try run("2027-02-01")
      #expect(try PostgreSQLStore(place, pipeline: pipeline.name).inForce()?.run == 2)
      let back = try Cardlink.run(["rollback", pipeline.path, "1", "--because", "test", "--yes"])
      #expect(back.exit == 0, "\(back.errors)")
      #expect(try PostgreSQLStore(place, pipeline: pipeline.name).inForce() == first)
      #expect(try served() == rows)
      // The next run corrects a server that differs from SQLite.
      try run("2027-03-01")
      let session = try ServerConnection(place)
      try session.execute("UPDATE cardlink_data.store SET generation = NULL")
      let plan = try Cardlink.run(["run", pipeline.path, "--as-of", "2027-03-01", "--plan"])
      #expect(plan.output.contains("there is no store in PostgreSQL"), "\(plan.output)\(plan.errors)")
      try run("2027-03-01")
      #expect(try served() == stored())
      let pruned = try Cardlink.run(["prune", pipeline.path, "--keep", "0"])
      #expect(pruned.exit == 0, "\(pruned.errors)")
    }

    /// The history as a session of SQLite shows it, and on the server.
    private func histories() throws -> (stored: [[String]], served: [[String]]) {
      let history = try #require(try KeptStores(pipeline, in: pipeline.workspace).history())
      let queue = try DatabaseQueue(path: pipeline.storePath(in: pipeline.workspace))
      let server = try ServerConnection(place)
      var rows: (stored: [[String]], served: [[String]]) = ([], [])
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: HistoryViews.sql(history))
        for view in ["card_attribute_history", "card_history", "number_history"] {
          rows.stored += try Row.fetchAll(db, sql: "SELECT * FROM \(view)").map { row in
            [view] + row.map { $0.1.isNull ? "" : String.fromDatabaseValue($0.1) ?? "\($0.1)" }
          }
          rows.served += try server.execute("SELECT * FROM cardlink.\(view)").map {
            [view] + $0.map { $0 ?? "" }
          }
        }
      }
      rows.stored.sort { $0.lexicographicallyPrecedes($1) }
      rows.served.sort { $0.lexicographicallyPrecedes($1) }
      return rows
    }

    @Test("the server has the history of the workspace after runs, a rollback and an erasure")
    func history() throws {
      func run(_ arguments: String...) throws {
        let result = try Cardlink.run(arguments)
        #expect(result.exit == 0, "\(result.errors)")
      }
      func expectSame(states: Int, of id: PersonalID) throws {
        let (stored, served) = try histories()
        #expect(stored == served)
        #expect(served.count { $0[0] == "card_attribute_history" && $0[1] == id.text } == states)
      }
      try run("run", pipeline.path, "--as-of", "2027-01-01")
      var person: PersonalID?
      try Store(path: pipeline.storePath(in: pipeline.workspace)).forEachCardAttribute {
        (found) throws(Stop) in
        guard person == nil, found.card.rule == "personal_id", found.card.facilityCode?.count == 5 else {
          return
        }
        person = try? PersonalID(found.personalID.utf8.span)
      }
      let id = try #require(person)
      let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
      for night in 1...2 {
        try EraseTests.give(facility: "0100\(night)", to: id, in: export.path)
        try run("run", pipeline.path, "--as-of", "2027-01-0\(1 + night)")
        try expectSame(states: 1 + night, of: id)
      }
      try run("rollback", pipeline.path, "2", "--because", "test", "--yes")
      try expectSame(states: 4, of: id)
      try run("erase", id.text, pipeline.path, "--because", "court order")
      try expectSame(states: 0, of: id)
      let session = try ServerConnection(place)
      for table in ["person", "other_card", "number_row", "person_was", "other_card_was"] {
        let rows = try session.execute(
          "SELECT 1 FROM cardlink_data.\(table) WHERE personal_id = '\(id.text)'")
        #expect(rows.isEmpty, "\(table)")
      }
      try EraseTests.give(facility: "01003", to: id, in: export.path)
      try run("run", pipeline.path, "--as-of", "2027-01-05")
      try expectSame(states: 0, of: id)
    }

    @Test("no server: the run ends with 69 before any work, and says where")
    func unreachable() throws {
      let text = pipeline.text.replacing(place, with: "host=/nowhere dbname=x")
      try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
      let result = try Cardlink.run(["run", pipeline.path])
      #expect(result.exit == 69)
      #expect(result.errors.contains("postgresql host=/nowhere dbname=x: expected to connect to the server"))
      #expect(try WorkspaceReader(pipeline.workspace).runs().isEmpty)
    }

    @Test("a password in the pipeline file is refused with its line, and not repeated")
    func password() throws {
      let text = pipeline.text.replacing(place, with: place + " password=hunter2")
      try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
      let result = try Cardlink.run(["run", pipeline.path])
      #expect(result.exit == 78)
      #expect(result.errors.contains("expected no password in the pipeline file, found one"))
      #expect(!result.errors.contains("hunter2"))
    }

    @Test(
      "a run that is killed at any moment leaves a whole store on the server, and the next run ends it",
      arguments: CrashTests.seeds)
    func killed(seed: UInt64) throws {
      var random = SeededGenerator(seed)
      let threads = Int.random(in: 1...3, using: &random)
      func command(_ date: String) -> [String] {
        ["run", pipeline.path, "--as-of", date, "--threads", "\(threads)"]
      }
      let start = ContinuousClock.now
      #expect(try Cardlink.run(command(CrashTests.date(0))).exit == 0)
      let whole = ContinuousClock.now - start
      var before = try served()
      let share = Double.random(in: 0...1, using: &random)
      var (wait, night) = (whole * share, 1)
      while try !CrashTests.kill(after: wait, command(CrashTests.date(night))) {
        before = try served()
        wait /= 2
        night += 1
      }
      let date = CrashTests.date(night)
      let left = try served()
      // The session of a killed run, and its lock, end when the server notices.
      let killed = ContinuousClock.now
      var again = try Cardlink.run(command(date))
      while again.exit == 75, ContinuousClock.now - killed < .seconds(20) {
        again = try Cardlink.run(command(date))
      }
      #expect(again.exit == 0, "killed after \(share) of \(whole): \(again.errors)")
      let now = try served()
      #expect(left == before || left == now, "killed after \(share) of \(whole)")
      #expect(try now == stored())
      let session = try ServerConnection(place)
      #expect(
        try session.execute("SELECT generation FROM cardlink_data.generation WHERE NOT was_in_force").isEmpty)
    }
  }
#endif
