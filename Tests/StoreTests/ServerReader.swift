// The views on a PostgreSQL server as any program reads them, through plain SQL.

#if PostgreSQL
  import Foundation

  @testable import Store

  /// The views as any program reads them.
  final class ServerReader {
    let session: ServerConnection

    init(_ place: String) throws { session = try ServerConnection(place) }

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
