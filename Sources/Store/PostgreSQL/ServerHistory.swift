// Copies the files of the history to a PostgreSQL server, and lists those that lead to the store in force.
// Invariant: a part is copied whole, in one transaction, and no reader sees it before its changes are listed; these are
// listed in the transaction that puts a generation in force. A part that is not listed is removed with the generations.
// Load: one file a night, and each merged file once: a month's every third night, a quarter's four times a year.

#if PostgreSQL
  internal import Files
  internal import GRDB
  package import Values

  extension PostgreSQLStore {
    /// Copies the files that the server doesn't have; readers see no difference.
    ///
    /// Call ``hold()`` first.
    package func take(_ history: History) throws(Stop) { _ = try parts(of: history) }

    /// Shows the history of the store in force as it is now, if the server has that store in force too.
    ///
    /// Call ``hold()`` first.
    package func show(_ history: History) throws(Stop) {
      guard let generation = try inForce(), generation.run == history.now.storeRun else { return }
      try putInForce(generation, history)
    }

    /// The part for each file of the history; those that are missing are copied.
    func parts(of history: History) throws(Stop) -> [Int] {
      try history.files.map { file throws(Stop) in
        let stamp = try HistoryFile.stamp(of: file.path)
        let known = try server.value("SELECT part FROM cardlink_data.history_part WHERE stamp = $1", [stamp])
        if let part = known.flatMap({ Int($0) }) { return part }
        return try copy(file, stamp)
      }
    }

    /// Lists the changes that lead to the store in force, in the transaction of the caller.
    func list(_ history: History, in parts: [Int]) throws(Stop) {
      try server.execute("DELETE FROM cardlink_data.history_change")
      let chain = Set(history.changes.map(\.after.run))
      for (file, part) in zip(history.files, parts) {
        let changes = file.changes.filter { chain.contains($0.after.run) }
        try server.execute(
          "INSERT INTO cardlink_data.history_change SELECT *, $3::integer FROM unnest($1::integer[], $2::text[])",
          [
            "{\(changes.map { "\($0.after.run)" }.joined(separator: ","))}",
            "{\(changes.map(\.after.knownOn).joined(separator: ","))}", "\(part)",
          ])
      }
      let base = history.points[0]
      try server.execute(
        "UPDATE cardlink_data.store SET base_run = $1, base_on = $2", ["\(base.run)", base.knownOn])
    }

    /// Copies a file of the history.
    private func copy(_ file: HistoryFile, _ stamp: String) throws(Stop) -> Int {
      try server.transaction { () throws(Stop) in
        let part =
          try server.value("SELECT nextval('cardlink_data.generation_number')").flatMap { Int($0) } ?? 0
        try create(ServerSchema.largeOfHistory, part, key: "part")
        try readingHistory(at: file.path) {
          let queue = try openStore(file.path, readonly: true, kind: .history)
          try queue.read { db in
            for table in ServerSchema.largeOfHistory {
              _ = try server.copy(
                table, of: part, into: "\(table.name)_\(part)", frozen: true, from: db, at: file.path)
            }
            for table in ServerSchema.smallOfHistory {
              _ = try server.copy(table, of: part, into: table.name, frozen: false, from: db, at: file.path)
            }
          }
          try queue.close()
        }
        try attach(ServerSchema.largeOfHistory, part)
        for table in ServerSchema.largeOfHistory {
          try server.execute("ANALYZE cardlink_data.\(table.name)_\(part)")
        }
        try server.execute(
          "INSERT INTO cardlink_data.history_part VALUES ($1, $2)", ["\(part)", stamp])
        try Faults.pass(.database, file.path)
        return part
      }
    }

    /// The parts that no reader sees who comes now.
    func unlistedParts() throws(Stop) -> [Int] {
      try server.execute(
        """
        SELECT part FROM cardlink_data.history_part WHERE part NOT IN (SELECT part FROM cardlink_data.history_change)
        """
      ).compactMap { $0[0].flatMap { Int($0) } }
    }

    /// - Returns: false if readers hold it.
    func drop(part: Int) throws(Stop) -> Bool {
      try drop(
        ServerSchema.largeOfHistory, ["history_part"] + ServerSchema.smallOfHistory.map(\.name),
        where: "part",
        is: part)
    }
  }
#endif
