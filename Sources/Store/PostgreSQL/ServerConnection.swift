// One session with a PostgreSQL server, through libpq.
// Invariant: every return code is read. The text of a stop comes from the connection or from statements of
// ours without data, never from a row. The session ends with its owner, and the server rolls back what was
// not committed.

#if PostgreSQL
  internal import CPostgres
  package import Values

  /// A session.
  ///
  /// Calls block, so it belongs to the command's own thread.
  package final class ServerConnection {
    /// The server's name in messages: the pipeline file's text, which holds no password.
    let place: String
    private let handle: OpaquePointer

    /// Connects.
    ///
    /// - Parameter text: a text that ``ConnectionText`` accepts; the environment and `~/.pgpass` complete it
    ///   as for psql.
    /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if there is no server, no such database, or no right
    ///   to it.
    package init(_ text: String) throws(Stop) {
      place = "postgresql " + text
      // A parameter before `dbname` is a default; one after it overrides the text.
      let settings = [
        ("connect_timeout", "10"), ("tcp_user_timeout", "60000"), ("keepalives_idle", "30"),
        ("fallback_application_name", "cardlink"), ("dbname", text), ("client_encoding", "UTF8"),
      ]
      let opened = withCStrings(settings.map { Optional($0.0) }) { keywords in
        withCStrings(settings.map { Optional($0.1) }) { values in PQconnectdbParams(keywords, values, 1) }
      }
      guard let opened else { throw .serverFailed(place, state: "53200") }
      handle = opened
      guard PQstatus(handle) == CONNECTION_OK else {
        // libpq's text for a failed connection holds no password and no row.
        let found = String(cString: PQerrorMessage(handle)).split(separator: "\n").first.map(String.init)
        throw Stop(
          .storeUnavailable, at: place, expected: "to connect to the server", found: found ?? "no answer",
          remedy: "Start the server, or correct store.postgresql, the service file or ~/.pgpass.")
      }
      // By default libpq prints notices to standard error, past the log.
      PQsetNoticeProcessor(handle, { _, _ in }, nil)
      try execute("SET search_path = pg_catalog; SET DateStyle = ISO; SET statement_timeout = 0")
    }

    deinit { PQfinish(handle) }

    /// The server's version, 150018 for 15.18.
    var version: Int { Int(PQserverVersion(handle)) }

    /// Executes statements, or one statement with `$1` and so on.
    ///
    /// - Returns: the rows of the last one, each value as text.
    @discardableResult
    package func execute(_ sql: String, _ values: [String?] = []) throws(Stop) -> [[String?]] {
      let result =
        values.isEmpty
        ? PQexec(handle, sql)
        : withCStrings(values) { PQexecParams(handle, sql, CInt(values.count), nil, $0, nil, nil, 0) }
      defer { PQclear(result) }
      let status = PQresultStatus(result)
      guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else { throw failure(result) }
      return (0..<PQntuples(result)).map { row in
        (0..<PQnfields(result)).map { column in
          PQgetisnull(result, row, column) == 1
            ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
        }
      }
    }

    /// The first value of a query's first row; nil for NULL or no row.
    func value(_ sql: String, _ values: [String?] = []) throws(Stop) -> String? {
      try execute(sql, values).first?.first ?? nil
    }

    /// Runs `body` in a transaction.
    func transaction<T>(_ body: () throws(Stop) -> T) throws(Stop) -> T {
      try execute("BEGIN")
      do throws(Stop) {
        let result = try body()
        try execute("COMMIT")
        return result
      } catch {
        // A session in the middle of a COPY can't roll back; ending the session has the same effect.
        _ = try? execute("ROLLBACK")
        throw error
      }
    }

    // MARK: COPY

    func beginCopy(_ sql: String) throws(Stop) {
      let result = PQexec(handle, sql)
      defer { PQclear(result) }
      guard PQresultStatus(result) == PGRES_COPY_IN else { throw failure(result) }
    }

    func send(_ bytes: UnsafeBufferPointer<UInt8>) throws(Stop) {
      guard let base = bytes.baseAddress, bytes.count > 0 else { return }
      let sent = base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
        PQputCopyData(handle, $0, CInt(bytes.count))
      }
      guard sent == 1 else { throw failure(nil) }
    }

    /// - Returns: how many rows the server took.
    func endCopy() throws(Stop) -> Int {
      guard PQputCopyEnd(handle, nil) == 1 else { throw failure(nil) }
      var count = 0
      var stop: Stop?
      while let result = PQgetResult(handle) {
        if PQresultStatus(result) == PGRES_COMMAND_OK {
          count = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        } else if stop == nil {
          stop = failure(result)
        }
        PQclear(result)
      }
      if let stop { throw stop }
      return count
    }

    /// Ends a COPY that can't be finished, so that the session can roll it back.
    func abandonCopy() {
      guard PQputCopyEnd(handle, "cardlink stopped") == 1 else { return }
      while let result = PQgetResult(handle) { PQclear(result) }
    }

    private func failure(_ result: OpaquePointer?) -> Stop {
      let state = PQresultErrorField(result, CInt(UInt8(ascii: "C"))).map { String(cString: $0) }
      // A session that has ended returns no code; 08006 is SQLSTATE's for a failed connection.
      return .serverFailed(place, state: state ?? "08006")
    }
  }

  /// Passes strings to C, in order.
  private func withCStrings<R>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
  ) -> R {
    var pointers = texts.map { text in
      text.map { text -> UnsafePointer<CChar> in
        let bytes = Array(text.utf8CString)
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        copy.initialize(from: bytes, count: bytes.count)
        return UnsafePointer(copy)
      }
    }
    // The null pointer that ends the list.
    pointers.append(nil)
    defer { for pointer in pointers { pointer?.deallocate() } }
    return body(pointers)
  }
#else
  import Values
#endif

extension Stop {
  /// A failure that the server reported, by its SQLSTATE; its text may hold a row and is dropped.
  static func serverFailed(_ place: String, state: String) -> Stop {
    let found = "SQLSTATE \(state)"
    switch state {
    case "53100", "58030":
      return Stop(
        .inputOutput, at: place, expected: "room on the server's disk", found: found,
        remedy: "Free disk space there or mend the disk; nothing that was in force has changed.")
    case "42501", "25006":
      return Stop(
        .storeUnavailable, at: place, expected: "the right to write there", found: found,
        remedy: "Connect to the primary, as the owner of the schemas (docs/postgresql.md).")
    case _ where ["08", "53", "57", "58", "55", "40", "28", "3D"].contains(String(state.prefix(2))):
      return Stop(
        .storeUnavailable, at: place, expected: "a server that answers to the end", found: found,
        remedy: "Look into the server's log; nothing that was in force has changed. Then run again.")
    case _ where state.hasPrefix("42") || state.hasPrefix("0A"):
      return Stop(
        .storeUnavailable, at: place, expected: "schemas that this program made", found: found,
        remedy: "Look into the server's log. If somebody changed cardlink_data, drop it and load again.")
    default:
      return Stop(
        .internalError, at: place, expected: "rows that the server can hold", found: found,
        remedy: "Nothing that was in force has changed. Report this with the code.")
    }
  }
}
