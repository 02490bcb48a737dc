// Cuts and writes delimited text: CSV after RFC 4180, and the bar-separated text of QR codes.
// Invariant: no input traps. Writing a field and cutting it again gives the same bytes, unless the field
// contains NUL.
// Load: one line at a time in reused buffers. Exports are read by Extract's own scanner, which is faster.

package import Values

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")

extension [UInt8] {
  /// Appends a field of CSV, in quotes if it contains a comma, a quote or a line break.
  package mutating func append(csv field: Span<UInt8>) {
    guard needsQuotes(field) else {
      unsafe field.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
      return
    }
    append(quote)
    for i in field.indices {
      if field[i] == quote { append(quote) }
      append(field[i])
    }
    append(quote)
  }
}

/// Whether a field of CSV must be written in quotes.
package func needsQuotes(_ field: Span<UInt8>) -> Bool {
  for i in field.indices {
    let byte = field[i]
    if byte == comma || byte == quote || byte == newline || byte == UInt8(ascii: "\r") { return true }
  }
  return false
}

/// One line of CSV, without its end.
package func csvLine(_ fields: [String]) -> String {
  var line: [UInt8] = []
  for (i, field) in fields.enumerated() {
    if i > 0 { line.append(comma) }
    line.append(csv: Array(field.utf8).span)
  }
  return String(decoding: line, as: UTF8.self)
}

/// One line of CSV that people open in a spreadsheet, without its end.
package func csvLine(forPeople fields: [String]) -> String { csvLine(fields.map { Formula.asText($0) }) }

/// A field that a spreadsheet takes for a formula, which may call other programs.
package enum Formula {
  /// The field; one that a spreadsheet takes for a formula has an apostrophe before it, which makes it text there.
  package static func asText(_ field: String) -> String { isFormula(field) ? "'" + field : field }

  /// The field as it was before ``asText(_:)``.
  package static func asWritten(_ field: String) -> String {
    field.hasPrefix("'") && isFormula(String(field.dropFirst())) ? String(field.dropFirst()) : field
  }

  /// A single sign and a number such as -12 or +0.5 are none.
  private static func isFormula(_ field: String) -> Bool {
    guard let first = field.utf8.first, field.utf8.count > 1 else { return false }
    switch first {
    case UInt8(ascii: "="), UInt8(ascii: "@"), 0x09, 0x0D: return true
    case UInt8(ascii: "+"), UInt8(ascii: "-"):
      return !field.dropFirst().utf8.allSatisfy { (48...57).contains($0) || $0 == 46 }
    default: return false
    }
  }
}

/// The rows of a CSV file; a quoted field may hold line breaks.
package struct DelimitedRows: ~Copyable {
  private var lines: LineReader
  private var cut = DelimitedLine()
  private var lineCount = 0
  /// The line on which the current row begins, from 1.
  package private(set) var line = 0

  package init(_ path: String) throws(Stop) { lines = try LineReader(path) }

  /// The ranges of the current row's fields in ``text``.
  package var fields: [Range<Int>] { cut.fields }
  package var text: [UInt8] { cut.text }
  /// The fields of the current row as column names.
  package var columnNames: [String] { cut.columnNames }

  /// Advances to the next row.
  ///
  /// - Returns: nil at the end of the file; false for a row that has no closing quote or is too long.
  package mutating func next() throws(Stop) -> Bool? {
    guard let range = try lines.next() else { return nil }
    lineCount += 1
    line = lineCount
    var fault = Self.split(lines.buffer, range, after: nil, into: &cut)
    while fault == .openQuote, !lines.isTooLong, cut.text.count <= LineReader.longestLine {
      let lineEnd = lines.endsInReturn ? [UInt8(ascii: "\r"), newline] : [newline]
      guard let more = try lines.next() else { return false }
      lineCount += 1
      fault = Self.split(lines.buffer, more, after: lineEnd, into: &cut)
    }
    return fault != .openQuote && !lines.isTooLong
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func split(
    _ buffer: [UInt8], _ range: Range<Int>, after lineEnd: [UInt8]?, into cut: inout DelimitedLine
  ) -> DelimitedLine.Fault? {
    let line = buffer.span.extracting(range)
    guard let lineEnd else { return cut.split(line, at: comma) }
    return cut.resume(after: lineEnd, line, at: comma)
  }
}

/// The fields of the last line that was split.
package struct DelimitedLine: Sendable {
  /// The bytes of the line, without quotes.
  package private(set) var text: [UInt8] = []
  /// Where the fields are in ``text``.
  package private(set) var fields: [Range<Int>] = []
  private var isQuoted = false
  private var hasText = false

  package init() {}

  package enum Fault { case empty, openQuote }

  /// Splits at the bars, without byte-order marks and control characters.
  package mutating func splitQR(_ line: Span<UInt8>) {
    text.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    if cutPlain(line, at: UInt8(ascii: "|")) { return }
    var start = 0
    var i = 0
    while i < line.count {
      let byte = line[i]
      if byte == UInt8(ascii: "|") {
        fields.append(start..<text.count)
        start = text.count
      } else if byte == 0xEF, i + 2 < line.count, line[i + 1] == 0xBB, line[i + 2] == 0xBF {
        i += 2
      } else if byte >= 0x20, byte != 0x7F {
        text.append(byte)
      }
      i += 1
    }
    fields.append(start..<text.count)
  }

  /// Splits at a delimiter.
  ///
  /// - Returns: the fault of the line, if any; its fields are available nevertheless.
  package mutating func split(_ line: Span<UInt8>, at delimiter: UInt8) -> Fault? {
    text.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    if cutPlain(line, at: delimiter) {
      for byte in text where byte > 0x20 { return nil }
      return .empty
    }
    (isQuoted, hasText) = (false, false)
    // Skip a byte-order mark.
    let mark = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF ? 3 : 0
    return scan(line.extracting(mark...), at: delimiter, from: 0)
  }

  /// Continues after ``Fault/openQuote`` with the next line; `lineEnd` is part of the quoted field.
  package mutating func resume(after lineEnd: [UInt8], _ line: Span<UInt8>, at delimiter: UInt8) -> Fault? {
    let start = fields.removeLast().lowerBound
    text.append(contentsOf: lineEnd)
    return scan(line, at: delimiter, from: start)
  }

  private mutating func scan(_ line: Span<UInt8>, at delimiter: UInt8, from first: Int) -> Fault? {
    var start = first
    var i = 0
    while i < line.count {
      let byte = line[i]
      if isQuoted {
        if byte != quote {
          text.append(byte)
        } else if i + 1 < line.count, line[i + 1] == quote {
          text.append(quote)
          i += 1
        } else {
          isQuoted = false
        }
      } else if byte == delimiter {
        fields.append(start..<text.count)
        start = text.count
      } else if byte == quote, isBlank(from: start) {
        text.removeLast(text.count - start)
        isQuoted = true
      } else if byte != 0 {
        text.append(byte)
      }
      if byte > 0x20 { hasText = true }
      i += 1
    }
    fields.append(start..<text.count)
    if isQuoted { return .openQuote }
    return hasText ? nil : .empty
  }

  /// Cuts a line from which nothing must be removed, as nearly all are, and copies it in one piece.
  ///
  /// - Returns: false, with nothing cut, for a quote, a control character or a possible byte-order mark.
  private mutating func cutPlain(_ line: Span<UInt8>, at delimiter: UInt8) -> Bool {
    var start = 0
    for i in line.indices {
      let byte = line[i]
      if byte == delimiter {
        fields.append(start..<i)
        start = i + 1
      } else if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == 0x7F || byte == 0xEF {
        fields.removeAll(keepingCapacity: true)
        return false
      }
    }
    fields.append(start..<line.count)
    unsafe line.withUnsafeBufferPointer { unsafe text.append(contentsOf: $0) }
    return true
  }

  private func isBlank(from start: Int) -> Bool {
    for i in start..<text.count where text[i] > 0x20 { return false }
    return true
  }

  /// The first comma, semicolon or tab of a line; a comma if there is none.
  package static func usedDelimiter(_ line: Span<UInt8>) -> UInt8 {
    for i in line.indices {
      switch line[i] {
      case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"): return line[i]
      default: continue
      }
    }
    return UInt8(ascii: ",")
  }

  /// The fields as column names: small letters, without spaces and underscores.
  package var columnNames: [String] {
    fields.map { field in
      String(decoding: text[field].filter { $0 != UInt8(ascii: "_") && $0 > 0x20 }, as: UTF8.self)
        .lowercased()
    }
  }
}
