// Reads the values of persons and cards from a row of a store or of its history, as SQLite or its pages give it.
// Invariant: a value that can't be read stops the run; the columns are in the order of Schema.
// Load: 90 million rows, without a `String` per value.

internal import GRDB
internal import GRDBSQLite
import Values

/// The values of a row, by their columns.
protocol StoredValues {
  var path: String { get }
  func isNull(_ column: CInt) -> Bool
  func integer(_ column: CInt) -> Int64
  /// Passes a text to `body`; NULL is an empty text.
  func withText<R>(_ column: CInt, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R
}

/// The current row of a statement; its text is valid until the next step.
struct StoredRow: StoredValues {
  private let handle: OpaquePointer
  let path: String

  init(_ handle: OpaquePointer, _ path: String) { (self.handle, self.path) = (handle, path) }

  @inline(__always)
  func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  @inline(__always)
  func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }

  @inline(__always)
  func withText<R>(_ column: CInt, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    // Text first: it makes SQLite convert to UTF-8, which the byte count then refers to.
    let base = sqlite3_column_text(handle, column)
    return body(UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
  }
}

extension StoredValues {
  /// Reads a text; nil if it is NULL.
  @inline(__always)
  func value<T>(_ column: CInt, _ read: (Span<UInt8>) -> T?) throws(Stop) -> T? {
    let (value, isAbsent) = withText(column) { text -> (T?, Bool) in
      text.baseAddress == nil ? (nil, true) : (read(text.span), false)
    }
    guard value != nil || isAbsent else { throw .notAStore(path, found: "a value of another form") }
    return value
  }

  /// The person's number, in the first column.
  @inline(__always)
  func personalID() throws(Stop) -> PersonalID {
    guard let id = try value(0, { try? PersonalID($0) }) else {
      throw .notAStore(path, found: "a person without a number")
    }
    return id
  }

  /// The card in the columns from the fifth on, without its file.
  @inline(__always)
  func card(of id: PersonalID, _ notes: [Int64: Reasons]) throws(Stop) -> CardRow {
    var card = CardRow()
    card.personalID = id
    card.insuranceNumber = try value(4) { try? InsuranceNumber($0) } ?? .none
    card.cardNumber = try value(5) { try? CardNumber($0) } ?? .none
    card.facility = try value(6) { ShortCode($0) } ?? .none
    card.validFrom = try value(7) { CalendarDate(iso: $0) } ?? .none
    card.validTo = try value(8) { CalendarDate(iso: $0) } ?? .none
    card.fiveYearsFrom = try value(9) { CalendarDate(iso: $0) } ?? .none
    card.area = try value(10) { ShortCode($0) } ?? .none
    guard let rule = LinkRule(rawValue: UInt8(truncatingIfNeeded: integer(11))) else {
      throw .notAStore(path, found: "a code that it doesn't know")
    }
    card.rule = rule
    if !isNull(12) {
      guard let list = notes[integer(12)] else {
        throw .notAStore(path, found: "a list of notes that it doesn't know")
      }
      card.notes = list
    }
    card.line = UInt32(truncatingIfNeeded: integer(14))
    return card
  }
}

extension Database {
  /// The lists of notes of a store, or of a file of its history, by their numbers.
  func noteLists(_ path: String) throws -> [Int64: Reasons] {
    var lists: [Int64: Reasons] = [:]
    for row in try Row.fetchAll(self, sql: "SELECT note_id, words FROM note_list") {
      let words: String = row[1]
      var notes = Reasons()
      for word in words.split(separator: ",") {
        guard let note = Reason(word: String(word)) else {
          throw Stop.notAStore(path, found: "a note that it doesn't know")
        }
        notes.insert(note)
      }
      lists[row[0]] = notes
    }
    return lists
  }
}
