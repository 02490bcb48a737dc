// Reads the tables that packages hold, row by row: CSV in the one form that we write.
// Invariant: a row has as many fields as the header, whose names are those expected; anything else is a stop that names
// the line and no value.
// Load: a facility's some ten thousand rows, a province's millions; one chunk of the file in memory.

import Files
import Values

final class TableReader {
  private let file: InputFile
  private var chunk: [UInt8] = []
  private var position = 0
  private var offset = 0
  private let columnCount: Int
  private var line = 0
  /// The current row's fields, back to back and without quotes.
  private(set) var bytes: [UInt8] = []
  private var ends: [Int] = []
  private static let chunkBytes = 256 << 10

  /// - Parameter columns: what the header must say.
  init(_ path: String, columns: [String]) throws(Stop) {
    file = try InputFile(path)
    columnCount = columns.count
    guard try readRow(), ends.count == columnCount,
      (0..<columnCount).allSatisfy({ bytes[range($0)].elementsEqual(columns[$0].utf8) })
    else { throw damaged("the columns that the package names") }
  }

  func range(_ column: Int) -> Range<Int> { (column == 0 ? 0 : ends[column - 1])..<ends[column] }

  /// Goes to the next row.
  /// - Returns: false if there is none left.
  func next() throws(Stop) -> Bool {
    guard try readRow() else { return false }
    guard ends.count == columnCount else { throw damaged("\(columnCount) fields") }
    return true
  }

  private func byte() throws(Stop) -> UInt8? {
    if position == chunk.count {
      let count = min(Self.chunkBytes, file.byteCount - offset)
      guard count > 0 else { return nil }
      try file.read(at: offset, count: count, into: &chunk)
      offset += count
      position = 0
    }
    position += 1
    return chunk[position - 1]
  }

  private func readRow() throws(Stop) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    line += 1
    guard var current = try byte() else { return false }
    while true {
      if current == quote {
        // Up to a quote that no other follows.
        while true {
          guard let inside = try byte() else { throw damaged("a quote at the field's end") }
          if inside == quote {
            guard let after = try byte() else { throw damaged("a line end") }
            current = after
            if after != quote { break }
          }
          bytes.append(inside)
        }
      } else {
        while current != comma, current != newline {
          bytes.append(current)
          guard let next = try byte() else { throw damaged("a line end") }
          current = next
        }
      }
      ends.append(bytes.count)
      if current == newline { return true }
      guard current == comma, let next = try byte() else { throw damaged("a comma or a line end") }
      current = next
    }
  }

  func damaged(_ expected: String) -> Stop {
    Stop(
      .dataRefused, at: file.path, line: line, expected: expected, found: "something else",
      remedy: "Ask the sender for a full package. Đề nghị bên gửi gửi gói đầy đủ.",
      next: "cardlink apply --help")
  }
}

private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
