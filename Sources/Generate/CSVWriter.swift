// Writes a record as a line of CSV after RFC 4180, with LF.
// Invariant: returns the line on which the record begins; a value with a line break is quoted.

struct CSVWriter: Sendable {
  private(set) var line = 1

  /// - Parameter header: the column names, joined by commas.
  mutating func begin(_ header: StaticString, in file: inout GeneratedFile) {
    file.append(header)
    file.append(byte: UInt8(ascii: "\n"))
    line = 2
  }

  /// - Parameter joined: the first and the last of the fields to join with spaces into one value, if any.
  /// - Returns: the record's first line.
  mutating func write(
    _ row: borrowing FieldRow, joined: ClosedRange<Int>? = nil, to file: inout GeneratedFile
  )
    -> Int
  {
    let first = line
    var field = 0
    while field < row.count - row.missingFields {
      if field > 0 { file.append(byte: UInt8(ascii: ",")) }
      let isQuoted = row.isQuoted(field)
      if isQuoted { file.append(byte: UInt8(ascii: "\"")) }
      if let joined, field == joined.lowerBound {
        var isFirst = true
        for part in joined where !row.range(part).isEmpty {
          if !isFirst { file.append(byte: UInt8(ascii: " ")) }
          file.append(row, row.range(part))
          isFirst = false
        }
        field = joined.upperBound
      } else {
        file.append(row, row.range(field))
      }
      if isQuoted { file.append(byte: UInt8(ascii: "\"")) }
      field += 1
    }
    file.append(byte: UInt8(ascii: "\n"))
    line += 1 + row.lineBreaks
    return first
  }
}
