// Inserts rows through the handle of a prepared statement, without GRDB.
// Invariant: every return code of SQLite is read; bound bytes stay in place until the step; no error text
// holds a value.
// Load: the findings, a few per cent of a night's records; only changed values are bound again.

internal import GRDB
import GRDBSQLite
import Values

/// One INSERT, executed row by row.
struct BulkInsert: ~Copyable {
  private let path: String
  /// Keeps the handle alive.
  private let owner: Statement
  private let handle: OpaquePointer
  /// What is bound to each column: one of the marks below.
  private let bound: UnsafeMutablePointer<Int>
  /// The integer bound to each column, if one is.
  private let integers: UnsafeMutablePointer<Int64>
  private let columnCount: Int
  /// The first code that was not `SQLITE_OK` since the last step.
  private var failure = SQLITE_OK

  private static let null = -1
  private static let integer = -2
  private static let elsewhere = -3

  init(_ sql: String, _ db: Database, columnCount: Int, path: String) throws {
    owner = try db.makeStatement(sql: sql)
    handle = owner.sqliteStatement
    self.path = path
    self.columnCount = columnCount
    bound = .allocate(capacity: columnCount)
    integers = .allocate(capacity: columnCount)
    // A parameter that was never bound is NULL.
    bound.initialize(repeating: Self.null, count: columnCount)
    integers.initialize(repeating: 0, count: columnCount)
  }

  /// Binds an integer; columns count from 0.
  @inline(__always)
  mutating func set(_ column: Int, _ value: Int64) {
    if bound[column] == Self.integer, integers[column] == value { return }
    note(sqlite3_bind_int64(handle, CInt(column + 1), value))
    bound[column] = Self.integer
    integers[column] = value
  }

  @inline(__always)
  mutating func setNull(_ column: Int) {
    if bound[column] == Self.null { return }
    note(sqlite3_bind_null(handle, CInt(column + 1)))
    bound[column] = Self.null
  }

  /// Binds bytes that stay in place until the next step.
  @inline(__always)
  mutating func set(_ column: Int, bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return setNull(column) }
    note(
      base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
        sqlite3_bind_text(handle, CInt(column + 1), $0, CInt(truncatingIfNeeded: bytes.count), nil)
      })
    bound[column] = Self.elsewhere
  }

  /// Writes the row.
  @inline(__always)
  mutating func step() throws(Stop) {
    let stepped = sqlite3_step(handle)
    let reset = sqlite3_reset(handle)
    guard failure == SQLITE_OK, stepped == SQLITE_DONE, reset == SQLITE_OK else {
      let code = failure != SQLITE_OK ? failure : stepped != SQLITE_DONE ? stepped : reset
      throw .storeFailed(path, code: code)
    }
  }

  @inline(__always)
  private mutating func note(_ code: CInt) { if code != SQLITE_OK, failure == SQLITE_OK { failure = code } }

  deinit {
    // Unbind before the memory is freed. The statement was reset, so there is no code to report.
    _ = sqlite3_clear_bindings(handle)
    bound.deallocate()
    integers.deallocate()
  }
}
