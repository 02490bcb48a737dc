// Reads the values of a row from its bytes, as the pages of a store have them.
// Invariant: a row of another form stops the reading; no value is read past the row's end.
// Load: the rows of the persons who changed, and the last three values of all others, without an allocation.
//
// Source: https://www.sqlite.org/fileformat2.html, section 2.1.

import Values

/// A row in SQLite's record format; its text is valid as long as the row.
struct RawRow: StoredValues {
  let path: String
  private let row: UnsafeRawBufferPointer
  /// The type of each column, and where its value begins.
  private var columns = InlineArray<20, (type: Int, start: Int)>(repeating: (0, 0))

  /// - Parameter others: whether the row is of `other_card`, whose cards begin two columns earlier.
  init(_ row: UnsafeRawBufferPointer, _ path: String, ofOthers others: Bool = false) throws(Stop) {
    (self.row, self.path) = (row, path)
    let head = row.isEmpty ? 0 : Int(row[0])
    guard head < 0x80, head <= row.count else { throw Self.damaged(path) }
    var (i, column, start) = (1, 0, head)
    while i < head {
      var type = Int(row[i] & 0x7f)
      while row[i] >= 0x80, i + 1 < head, type < 1 << 40 {
        i += 1
        type = type << 7 | Int(row[i] & 0x7f)
      }
      i += 1
      guard column < 20 else { throw Self.damaged(path) }
      columns[column] = (type, start)
      start += RowTail.byteCount(ofType: type)
      column += others && column == 1 ? 3 : 1
    }
    guard column == 15, start == row.count else { throw Self.damaged(path) }
  }

  private static func damaged(_ path: String) -> Stop { .notAStore(path, found: "a row of another form") }

  func isNull(_ column: CInt) -> Bool { columns[Int(column)].type == 0 }

  func integer(_ column: CInt) -> Int64 {
    RowTail.integer(ofType: columns[Int(column)].type, row, at: columns[Int(column)].start)
  }

  func withText<R>(_ column: CInt, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    let (type, start) = columns[Int(column)]
    guard type >= 13 else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
    return body(
      UnsafeBufferPointer(rebasing: row.bindMemory(to: UInt8.self)[start..<start + (type - 13) / 2]))
  }
}

/// The last three values of a person's or a card's row: the list of notes, the file and the line.
struct RowTail {
  private let row: UnsafeRawBufferPointer
  private let type: Int
  private let value: Int

  /// - Parameter type: where the types of the three begin; they are the last of the head.
  @inline(__always)
  init?(_ row: UnsafeRawBufferPointer, typeAt type: Int, valueAt value: Int) {
    (self.row, self.type, self.value) = (row, type, value)
    guard row[type] < 13, row[type + 1] < 13, row[type + 2] < 13 else { return nil }
    let end =
      value + Self.byteCount(ofType: Int(row[type])) + Self.byteCount(ofType: Int(row[type + 1]))
      + Self.byteCount(ofType: Int(row[type + 2]))
    guard end == row.count else { return nil }
  }

  /// The number of the list of notes; nil if there are none.
  @inline(__always)
  var notes: Int64? { row[type] == 0 ? nil : Self.integer(ofType: Int(row[type]), row, at: value) }

  @inline(__always)
  var source: Int64 {
    Self.integer(
      ofType: Int(row[type + 1]), row, at: value + Self.byteCount(ofType: Int(row[type])))
  }

  @inline(__always)
  static func byteCount(ofType type: Int) -> Int {
    switch type {
    case 0, 8, 9: 0
    case 1, 2, 3, 4: type
    case 5: 6
    case 6, 7: 8
    default: type < 12 ? 0 : (type - 12) / 2
    }
  }

  @inline(__always)
  static func integer(ofType type: Int, _ row: UnsafeRawBufferPointer, at start: Int) -> Int64 {
    guard type != 9 else { return 1 }
    let count = type < 7 ? byteCount(ofType: type) : 0
    guard count > 0 else { return 0 }
    var number = Int64(Int8(bitPattern: row[start]))
    for i in 1..<count { number = number << 8 | Int64(row[start + i]) }
    return number
  }
}
