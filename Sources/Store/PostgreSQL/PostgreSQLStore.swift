// Copies a finished SQLite store to a PostgreSQL server, whole or not at all.
// Invariant: a reader's snapshot shows one whole generation and the history that leads to it; one transaction switches
// both. One session loads a database at a time. A load that fails leaves nothing, whether cardlink, the server or the
// connection failed.
// Load: 90 million persons a night, by COPY into tables without readers; indexes are built after the rows.

internal import Files
internal import GRDB
package import Values

/// A whole load on the server, in force or not.
package struct Generation: Hashable, Sendable {
  package var number: Int
  /// The run that its rows come from.
  package var run: Int
}

#if PostgreSQL
  /// The store of one pipeline in one database.
  package final class PostgreSQLStore {
    let server: ServerConnection
    private let pipeline: String

    /// Connects and changes nothing.
    ///
    /// - Parameters:
    ///   - text: the pipeline file's connection text.
    ///   - pipeline: the pipeline's name; a database belongs to one pipeline.
    /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if the server can't be reached, or holds the store
    ///   of another
    ///   pipeline or of a later cardlink.
    package init(_ text: String, pipeline: String) throws(Stop) {
      server = try ServerConnection(text)
      self.pipeline = pipeline
      guard server.version >= 130_000 else {
        throw refused(
          "PostgreSQL 13 or later", "version \(server.version / 10_000)", "Connect to a newer server.")
      }
      let encoding = try server.value("SHOW server_encoding")
      guard encoding == "UTF8" else {
        throw refused(
          "a database in UTF8", "one in \(encoding ?? "another")",
          "Create it with: createdb -E UTF8 -T template0")
      }
      _ = try isOurs()
    }

    /// The generation that readers see; nil before the first load.
    package func inForce() throws(Stop) -> Generation? {
      guard try isOurs() else { return nil }
      return try generations(
        "JOIN cardlink_data.store f ON f.generation = g.generation"
      ).first
    }

    /// Keeps other loads out until the session ends, and creates the schemas in an empty database.
    ///
    /// Waits up to ten seconds for another session: the server may not have noticed yet that a killed load is
    /// gone.
    ///
    /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another session loads, from whatever host.
    package func hold() throws(Stop) {
      guard try holds() else {
        throw Stop(
          .runInProgress, at: server.place, expected: "a database that no other load holds",
          found: "one that another session holds", remedy: "Wait until it has finished, then try again.")
      }
      if try isOurs() {
        let version = try server.value("SELECT version FROM cardlink_data.store") ?? ""
        guard let upgrade = ServerSchema.upgrades[version] else { return }
        return try server.transaction { () throws(Stop) in try server.execute(upgrade) }
      }
      try server.transaction { () throws(Stop) in
        try server.execute(ServerSchema.tables)
        try server.execute(ServerSchema.views)
        try server.execute(
          "INSERT INTO cardlink_data.store VALUES ($1, $2)", ["\(ServerSchema.version)", pipeline])
      }
    }

    /// Copies a SQLite store that has no writer; readers do not see the copy yet.
    ///
    /// Call ``hold()`` first.
    /// - Parameter progress: called now and then with the number of persons copied.
    /// - Returns: the new generation.
    package func load(fromStore path: String, progress: (_ persons: Int) -> Void = { _ in }) throws(Stop)
      -> Generation
    {
      try dropUnfinished()
      return try server.transaction { () throws(Stop) in
        let number =
          try server.value("SELECT nextval('cardlink_data.generation_number')").flatMap { Int($0) } ?? 0
        let run = try copy(path, into: number, progress)
        try server.execute(
          "INSERT INTO cardlink_data.generation (generation, run_id) VALUES ($1, $2)",
          ["\(number)", "\(run)"])
        try attach(ServerSchema.large, number)
        for table in ServerSchema.large { try server.execute("ANALYZE cardlink_data.\(table.name)") }
        try Faults.pass(.database, path)
        return Generation(number: number, run: run)
      }
    }

    /// Puts a generation in force with the history that leads to it; readers see both from their next snapshot on.
    package func putInForce(_ generation: Generation, _ history: History) throws(Stop) {
      let parts = try parts(of: history)
      try server.transaction { () throws(Stop) in
        let switched = try server.execute(
          """
          WITH chosen AS (
            UPDATE cardlink_data.generation SET was_in_force = true WHERE generation = $1 RETURNING generation, run_id)
          UPDATE cardlink_data.store SET generation = c.generation FROM chosen c RETURNING c.run_id
          """, ["\(generation.number)"])
        guard switched.first?.first == "\(generation.run)" else {
          throw refused(
            "the load of run \(generation.run)", "none", "Run again: cardlink rerun load PIPELINE")
        }
        try list(history, in: parts)
      }
    }

    /// Puts a run's store in force: its generation if the server still has it, or a new copy of the SQLite
    /// store.
    package func putInForce(
      run: Int, orFrom path: String, _ history: History, progress: (Int) -> Void = { _ in }
    ) throws(Stop) {
      let kept = try generations("WHERE g.run_id = \(run) ORDER BY g.generation DESC").first
      if let kept, try isWhole(kept) { return try putInForce(kept, history) }
      try putInForce(load(fromStore: path, progress: progress), history)
    }

    /// Updates a run in the generation in force.
    ///
    /// - Parameter ledger: replaces the run's rows in the ledger.
    package func finish(run: StoreRun, ledger: [LedgerRow]) throws(Stop) {
      guard let number = try inForce()?.number else { return }
      try server.transaction { () throws(Stop) in
        try server.execute(
          """
          INSERT INTO cardlink_data.run_row VALUES ($1, $2, $3, $4, $5, $6, $7)
          ON CONFLICT (generation, run_id) DO UPDATE SET pipeline = excluded.pipeline, as_of = excluded.as_of,
            started_at = excluded.started_at, finished_at = excluded.finished_at, state = excluded.state
          """,
          [
            "\(number)", "\(run.runID)", run.pipeline, run.asOf, run.startedAt, run.finishedAt, run.stateText,
          ])
        try server.execute(
          "DELETE FROM cardlink_data.ledger_row WHERE generation = $1 AND run_id = $2",
          ["\(number)", "\(run.runID)"])
        for row in ledger {
          try server.execute(
            "INSERT INTO cardlink_data.ledger_row VALUES ($1, $2, $3, $4, $5, $6)",
            ["\(number)", "\(row.runID)", row.export, row.sourceFile, row.outcome, "\(row.records)"])
        }
      }
    }

    /// Removes all generations except the one in force and the newest one of the runs to keep.
    ///
    /// Waits some seconds for older transactions that may still read a generation; the next call removes what
    /// they still hold.
    ///
    /// - Parameter runs: at most one of them is kept, for a rollback within seconds.
    /// - Returns: how many generations could not be removed.
    @discardableResult
    package func drop(keeping runs: Set<Int>) throws(Stop) -> Int {
      try dropUnfinished()
      guard let current = try inForce() else { return 0 }
      let others = try generations(
        "WHERE g.generation <> \(current.number) ORDER BY g.generation DESC")
      let kept = others.first { $0.run != current.run && runs.contains($0.run) }
      let unwanted = others.filter { $0 != kept }
      let parts = try unlistedParts()
      guard !unwanted.isEmpty || !parts.isEmpty else { return 0 }
      let blocked = try waitForOlderTransactions()
      guard !blocked else { return unwanted.count }
      for part in parts { _ = try drop(part: part) }
      var left = 0
      for generation in unwanted where try !drop(generation.number) { left += 1 }
      return left
    }

    /// Erases a person from all copies; the server's files too.
    ///
    /// Call ``hold()`` first. Readers wait while the tables are written anew: a plain VACUUM leaves the bytes of deleted
    /// rows in their pages.
    ///
    /// - Parameter stamps: of the files of the history, which were erased from too.
    package func erase(_ id: PersonalID, _ stamps: [(before: String, after: String)] = []) throws(Stop) {
      let number = "'\(id.text)'"
      let tables = ["person", "other_card", "number_row", "person_was", "other_card_was"]
      try server.transaction { () throws(Stop) in
        try server.execute(
          """
          WITH erased AS (
            SELECT \(number) COLLATE "C" AS number
            UNION SELECT insurance_number FROM cardlink_data.person WHERE personal_id = \(number)
            UNION SELECT insurance_number FROM cardlink_data.other_card WHERE personal_id = \(number))
          DELETE FROM cardlink_data.held_record WHERE personal_id = \(number)
            OR insurance_number IN (SELECT number FROM erased)
            OR substr(card_number, 6) IN (SELECT number FROM erased)
          """)
        try server.execute(
          """
          UPDATE cardlink_data.held_record SET candidates = NULL, candidate_personal_id = NULL, digest = NULL
          WHERE candidate_personal_id = \(number)
          """)
        for table in tables {
          try server.execute("DELETE FROM cardlink_data.\(table) WHERE personal_id = \(number)")
        }
        try server.execute("DELETE FROM cardlink_data.number_row WHERE kind = 1 AND number = \(number)")
        for stamp in stamps {
          try server.execute(
            "UPDATE cardlink_data.history_part SET stamp = $2 WHERE stamp = $1", [stamp.before, stamp.after])
        }
      }
      // What an older transaction may still see, VACUUM keeps.
      _ = try waitForOlderTransactions()
      for table in tables + ["held_record"] { try server.execute("VACUUM FULL cardlink_data.\(table)") }
    }

    // MARK: Implementation

    private func holds() throws(Stop) -> Bool {
      for attempt in 0..<100 {
        if attempt > 0 { try server.execute("SELECT pg_sleep(0.1)") }
        if try server.value("SELECT pg_try_advisory_lock(\(ServerSchema.lock))") == "t" { return true }
      }
      return false
    }

    private func refused(_ expected: String, _ found: String, _ remedy: String) -> Stop {
      Stop(.storeUnavailable, at: server.place, expected: expected, found: found, remedy: remedy)
    }

    /// Whether the schemas exist and are ours; false if the database was never loaded.
    private func isOurs() throws(Stop) -> Bool {
      guard try server.value("SELECT to_regclass('cardlink_data.store')") != nil else { return false }
      let row = try server.execute("SELECT version, pipeline FROM cardlink_data.store").first ?? []
      // A store of an earlier version is read as it is, and upgraded before the next load.
      let version = (row.first ?? nil) ?? ""
      guard version == "\(ServerSchema.version)" || ServerSchema.upgrades[version] != nil else {
        throw refused(
          "a store of version \(ServerSchema.version)", "version \(version.isEmpty ? "unknown" : version)",
          "Use the cardlink that wrote it, or drop the schemas cardlink and cardlink_data and load again.")
      }
      guard row.last == pipeline else {
        throw refused(
          "the store of pipeline \(pipeline)", "that of another pipeline",
          "Give each pipeline a database of its own in store.postgresql.")
      }
      return true
    }

    private func generations(_ condition: String) throws(Stop) -> [Generation] {
      try server.execute("SELECT g.generation, g.run_id FROM cardlink_data.generation g \(condition)")
        .compactMap { row in
          guard let number = row[0].flatMap({ Int($0) }), let run = row[1].flatMap({ Int($0) }) else {
            return nil
          }
          return Generation(number: number, run: run)
        }
    }

    /// Whether it has all its tables: an interrupted removal has dropped some.
    private func isWhole(_ generation: Generation) throws(Stop) -> Bool {
      for table in ServerSchema.large {
        let name = "cardlink_data.\(table.name)_\(generation.number)"
        guard try server.value("SELECT to_regclass($1)", [name]) != nil else { return false }
      }
      return true
    }

    /// - Returns: the run that the store belongs to.
    private func copy(_ path: String, into number: Int, _ progress: (Int) -> Void) throws(Stop) -> Int {
      try create(ServerSchema.large, number, key: "generation")
      return try stopping(at: path) {
        let queue = try openStore(path, readonly: true)
        let run = try queue.read { db in
          // A store of an earlier program has no numbers.
          for table in ServerSchema.large where try db.tableExists(table.name) {
            _ = try server.copy(
              table, of: number, into: "\(table.name)_\(number)", frozen: true, from: db, at: path,
              progress: table.name == "person" ? progress : { _ in })
          }
          for table in ServerSchema.small where try db.tableExists(table.name) {
            _ = try server.copy(table, of: number, into: table.name, frozen: false, from: db, at: path)
          }
          return try Int.fetchOne(db, sql: "SELECT run_id FROM origin") ?? 0
        }
        try queue.close()
        return run
      }
    }

    /// Removes copies that never came into force, which a load leaves if it is interrupted before the switch.
    private func dropUnfinished() throws(Stop) {
      for generation in try generations("WHERE NOT g.was_in_force") { _ = try drop(generation.number) }
    }

    /// Creates the tables that become partitions for one generation or part.
    ///
    /// - Parameter key: the column by which the tables are partitioned.
    func create(_ tables: [ServerSchema.Table], _ number: Int, key: String) throws(Stop) {
      for table in tables {
        try server.execute(
          """
          CREATE TABLE cardlink_data.\(table.name)_\(number)
            (LIKE cardlink_data.\(table.name), CHECK (\(key) = \(number)))
          """)
      }
    }

    /// Indexes these tables and makes them partitions; their check constraint spares the server a scan of every row.
    func attach(_ tables: [ServerSchema.Table], _ number: Int) throws(Stop) {
      for table in tables {
        for sql in table.indexes { try server.execute(sql.replacing("#", with: "\(number)")) }
        try server.execute(
          """
          ALTER TABLE cardlink_data.\(table.name) ATTACH PARTITION cardlink_data.\(table.name)_\(number)
          FOR VALUES IN (\(number))
          """)
      }
    }

    /// - Returns: whether an older transaction is still open after ten seconds.
    private func waitForOlderTransactions() throws(Stop) -> Bool {
      let older = """
        SELECT l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'virtualxid' AND a.datname = current_database() AND l.pid <> pg_backend_pid()
        """
      let first = Set(try server.execute(older).compactMap { $0[0] })
      var now = first
      for _ in 0..<50 {
        if now.isEmpty { return false }
        try server.execute("SELECT pg_sleep(0.2)")
        now = first.intersection(try server.execute(older).compactMap { $0[0] })
      }
      return !now.isEmpty
    }

    /// - Returns: false if readers hold it.
    ///
    /// New readers wait at most a second.
    private func drop(_ number: Int) throws(Stop) -> Bool {
      try drop(
        ServerSchema.large, ["generation"] + ServerSchema.small.map(\.name), where: "generation", is: number)
    }

    /// - Returns: false if readers hold it.
    func drop(
      _ large: [ServerSchema.Table], _ small: [String], where key: String, is number: Int
    ) throws(Stop) -> Bool {
      do throws(Stop) {
        try server.transaction { () throws(Stop) in
          try server.execute("SET LOCAL lock_timeout = '1s'")
          for table in large {
            try server.execute("DROP TABLE IF EXISTS cardlink_data.\(table.name)_\(number)")
          }
          for table in small {
            try server.execute("DELETE FROM cardlink_data.\(table) WHERE \(key) = \(number)")
          }
        }
        return true
      } catch {
        guard error.finding.found.hasSuffix("55P03") else { throw error }
        return false
      }
    }
  }
#else
  /// The server store of a program built without libpq: creating it always fails.
  package final class PostgreSQLStore {
    package init(_ text: String, pipeline: String) throws(Stop) {
      let fault = ConnectionText.fault(in: text)
      throw Stop(
        .pipelineWrong, at: "store.postgresql", expected: fault?.expected ?? "PostgreSQL",
        found: fault?.found ?? "none", remedy: fault?.remedy ?? "")
    }
    package func inForce() throws(Stop) -> Generation? { nil }
    package func hold() throws(Stop) {}
    package func load(fromStore path: String, progress: (_ persons: Int) -> Void = { _ in }) throws(Stop)
      -> Generation
    { Generation(number: 0, run: 0) }
    package func putInForce(_ generation: Generation, _ history: History) throws(Stop) {}
    package func putInForce(
      run: Int, orFrom path: String, _ history: History, progress: (Int) -> Void = { _ in }
    ) throws(Stop) {}
    package func take(_ history: History) throws(Stop) {}
    package func show(_ history: History) throws(Stop) {}
    package func finish(run: StoreRun, ledger: [LedgerRow]) throws(Stop) {}
    @discardableResult package func drop(keeping runs: Set<Int>) throws(Stop) -> Int { 0 }
    package func erase(_ id: PersonalID, _ stamps: [(before: String, after: String)] = []) throws(Stop) {}
  }
#endif
