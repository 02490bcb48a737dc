// The views on a PostgreSQL server as any program reads them, through plain SQL.

#if PostgreSQL
  import Foundation
  import Loopback
  import Values

  @testable import Store

  extension PostgreSQLStore {
    /// Puts a generation in force without a history.
    func putInForce(_ generation: Generation) throws(Stop) {
      try putInForce(generation, Self.noHistory(generation.run))
    }

    func putInForce(run: Int, orFrom path: String) throws(Stop) {
      try putInForce(run: run, orFrom: path, Self.noHistory(run))
    }

    private static func noHistory(_ run: Int) throws(Stop) -> History {
      try History(in: "/nowhere", now: HistoryPoint(run: run, knownOn: "2026-11-23", storeRun: run))
    }
  }

  /// The views as any program reads them.
  final class ServerReader {
    let session: ServerConnection

    init(_ place: String) throws { session = try ServerConnection(place) }

    /// The tables and the files on disk that hold one of these texts.
    func holders(of texts: [String]) throws -> [String] {
      try session.execute("CHECKPOINT")
      let server = try LoopbackServer.shared.get()
      var found: [String] = []
      let tables = try session.execute(
        """
        SELECT c.relname, pg_relation_filepath(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'cardlink_data' AND pg_relation_filepath(c.oid) IS NOT NULL
        """)
      for table in tables {
        let bytes = try Data(contentsOf: URL(filePath: server.folder + "/data/" + (table[1] ?? "")))
        for text in texts where bytes.range(of: Data(text.utf8)) != nil {
          found.append("\(table[0] ?? ""): \(text)")
        }
      }
      return found
    }

    func columns(of view: String) throws -> String {
      try session.execute(
        """
        SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'cardlink.\(view)'::regclass AND attnum > 0
        """)[0][0] ?? ""
    }

    /// The rows with their types, by way of JSON.
    func rows(_ view: String, _ rest: String = "") throws -> [[Cell]] {
      let columns = try columns(of: view)
      return try session.execute("SELECT json_build_array(\(columns)) FROM cardlink.\(view) \(rest)").map {
        row in
        let values = try JSONSerialization.jsonObject(with: Data((row[0] ?? "").utf8)) as? [Any]
        return (values ?? []).map { value in
          switch value {
          case is NSNull: .null
          case let text as String: .text(text)
          case let number as NSNumber: .integer(number.intValue)
          default: .text("a value of another type")
          }
        }
      }
    }
  }
#endif
