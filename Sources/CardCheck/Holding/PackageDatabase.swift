// A package's SQLite file, read whole: its table of persons, and what it says of itself.
// Invariant: the file is read once, into memory, where SQLite can't change it nor leave anything beside it.
// Load: as its CSV: a facility's some ten thousand people; a million, 150 MB, in some seconds.

import Files
internal import GRDB
import GRDBSQLite
import Values

enum PackageDatabase {
  /// How every SQLite file begins.
  private static let magic = Array("SQLite format 3\u{0}".utf8)

  static func isOne(_ path: String) -> Bool {
    var start: [UInt8] = []
    guard let file = try? InputFile(path), file.byteCount >= magic.count,
      (try? file.read(at: 0, count: magic.count, into: &start)) != nil
    else { return false }
    return start == magic
  }

  /// Appends the persons of a file, and takes the dates of its table `package`.
  ///
  /// - Returns: false if it holds no table of persons.
  static func read(_ path: String, into people: inout PersonBatch, _ standing: inout DataStanding)
    throws(Stop) -> Bool
  {
    let file = try InputFile(path)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, file.byteCount), alignment: 4096)
    defer { unsafe bytes.deallocate() }
    try unsafe file.read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<file.byteCount]))
    do {
      let queue = try DatabaseQueue()
      // Before the bytes go.
      defer { try? queue.close() }
      return try queue.unsafeRead { db in
        let count = sqlite3_int64(file.byteCount)
        let code = unsafe sqlite3_deserialize(
          db.sqliteConnection, "main", bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count, count,
          UInt32(SQLITE_DESERIALIZE_READONLY))
        guard code == SQLITE_OK else { throw StoredFault(sqlite: code) }
        guard try db.tableExists("card_attribute") else { return false }
        if try db.tableExists("package") {
          for (key, value) in try Row.fetchAll(db, sql: "SELECT key, value FROM package").map({
            ($0[0] as String, $0[1] as String)
          }) {
            guard let date = CalendarDate(iso: value) else { continue }
            if key == "as_of" { standing.asOf = date }
            if key == "valid_until" { standing.validUntil = date }
          }
        }
        return try readPeople(db, into: &people)
      }
    } catch let error as StoredFault {
      throw damaged(path, error.sqlite.map { "SQLite's error \($0)" } ?? "another \(error.column)")
    } catch let error as DatabaseError {
      throw damaged(path, "SQLite's error \(error.extendedResultCode.rawValue)")
    } catch {
      throw damaged(path, "another file")
    }
  }

  private static func readPeople(_ db: Database, into people: inout PersonBatch) throws -> Bool {
    let statement = try db.makeStatement(sql: "SELECT * FROM card_attribute")
    guard let columns = PackageColumns(statement.columnNames.map { $0.lowercased().filter { $0 != "_" } })
    else { return false }
    let query = Query(statement)
    var (text, fields) = ([] as [UInt8], [] as [Range<Int>])
    try query.begin(nil)
    while try query.step() {
      text.removeAll(keepingCapacity: true)
      fields.removeAll(keepingCapacity: true)
      for i in 0..<statement.columnCount {
        let start = text.count
        unsafe text.append(contentsOf: query.bytes(CInt(i)))
        fields.append(start..<text.count)
      }
      try columns.append(text.span, fields, to: &people)
    }
    return true
  }

  private static func damaged(_ path: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a package's SQLite file", found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
  }
}
