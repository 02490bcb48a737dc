// The bulk writer: rows go to a prepared statement's own handle, below GRDB.
// Invariant: every return code of SQLite is read; a value stands at one address per column, which SQLite reads only
// during a step; no text of an error holds a value.
// Load: 90 million persons a night. A row costs no `String`, no allocation, and only those bindings that changed.

internal import GRDB
import GRDBSQLite
import Record

/// One INSERT, executed row by row.
struct BulkInsert: ~Copyable {
  private let path: String
  /// Keeps the handle alive.
  private let owner: Statement
  private let handle: OpaquePointer
  /// Room for the text of each column, of ``textBytes`` bytes.
  ///
  /// SQLite keeps the addresses between the rows.
  private let texts: UnsafeMutablePointer<UInt8>
  /// What is bound to each column: a byte count, or one of the marks below.
  private let bound: UnsafeMutablePointer<Int>
  /// The integer bound to each column, where one is.
  private let integers: UnsafeMutablePointer<Int64>
  private let columnCount: Int
  /// The first code that was not `SQLITE_OK` since the last step.
  private var failure = SQLITE_OK

  /// The longest text that ``text(_:count:_:)`` can take.
  static let textBytes = 24
  private static let null = -1
  private static let integer = -2
  private static let elsewhere = -3

  init(_ sql: String, _ db: Database, columnCount: Int, path: String) throws {
    owner = try db.makeStatement(sql: sql)
    handle = owner.sqliteStatement
    self.path = path
    self.columnCount = columnCount
    texts = .allocate(capacity: columnCount * Self.textBytes)
    bound = .allocate(capacity: columnCount)
    integers = .allocate(capacity: columnCount)
    // A parameter that was never bound is NULL.
    bound.initialize(repeating: Self.null, count: columnCount)
    integers.initialize(repeating: 0, count: columnCount)
    texts.initialize(repeating: 0, count: columnCount * Self.textBytes)
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

  /// Binds text that `fill` writes into the column's own room; its byte count is the caller's promise.
  @inline(__always)
  mutating func text(_ column: Int, count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    let room = texts + column * Self.textBytes
    fill(room)
    if bound[column] == count { return }
    note(
      room.withMemoryRebound(to: CChar.self, capacity: Self.textBytes) {
        // No destructor: the room outlives the statement's last step.
        sqlite3_bind_text(handle, CInt(column + 1), $0, CInt(count), nil)
      })
    bound[column] = count
  }

  /// Binds bytes that stay where they are until the next step has been made.
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
    // Lets go of the addresses before their memory goes; a statement that was reset has nothing left to report.
    _ = sqlite3_clear_bindings(handle)
    texts.deallocate()
    bound.deallocate()
    integers.deallocate()
  }
}

// The values of a row, as text in a column's room.
extension BulkInsert {
  @inline(__always)
  mutating func set(_ column: Int, _ date: CalendarDate) {
    guard !date.isNone else { return setNull(column) }
    let count = date.day > 0 ? 10 : date.month > 0 ? 7 : 4
    let packed = date.packed
    text(column, count: count) { room in
      let year = packed / 10_000
      let monthAndDay = packed % 10_000
      twoDigits(year / 100, room)
      twoDigits(year % 100, room + 2)
      room[4] = UInt8(ascii: "-")
      twoDigits(monthAndDay / 100, room + 5)
      room[7] = UInt8(ascii: "-")
      twoDigits(monthAndDay % 100, room + 8)
    }
  }

  @inline(__always)
  mutating func set(_ column: Int, _ number: InsuranceNumber) {
    guard !number.isNone else { return setNull(column) }
    text(column, count: number.digitCount) { digits(number.digits, number.digitCount, $0) }
  }

  @inline(__always)
  mutating func set(_ column: Int, _ number: CardNumber) {
    guard !number.isNone else { return setNull(column) }
    let tail = number.tail
    text(column, count: 5 + tail.digitCount) { room in
      for i in 0..<5 { room[i] = UInt8(truncatingIfNeeded: number.head >> UInt64(8 * (4 - i))) }
      digits(tail.digits, tail.digitCount, room + 5)
    }
  }

  @inline(__always)
  mutating func set(_ column: Int, _ code: ShortCode) {
    guard !code.isNone else { return setNull(column) }
    text(column, count: Int(code.packed & 0xff)) { room in
      for i in 0..<7 { room[i] = UInt8(truncatingIfNeeded: code.packed >> UInt64(8 * (7 - i))) }
    }
  }
}

@inline(__always)
private func twoDigits(_ number: UInt32, _ room: UnsafeMutablePointer<UInt8>) {
  room[0] = UInt8(truncatingIfNeeded: 48 + number / 10)
  room[1] = UInt8(truncatingIfNeeded: 48 + number % 10)
}

@inline(__always)
private func digits(_ number: UInt64, _ count: Int, _ room: UnsafeMutablePointer<UInt8>) {
  var rest = number
  var i = count - 1
  while i >= 0 {
    room[i] = UInt8(truncatingIfNeeded: 48 + rest % 10)
    rest /= 10
    i -= 1
  }
}
