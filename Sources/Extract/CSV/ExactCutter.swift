// Cuts one record of CSV byte by byte: quotes, doubled quotes, escapes, delimiters of several bytes, line breaks inside
// quotes.
// Invariant: a quote that is never closed gives up within bounds, so that the reader can go on with the next line.
// Load: records that the fast path can't cut; their fields are copied.

/// Copies the fields of records, one record at a time, without their quoting.
struct ExactCutter {
  private(set) var dialect: CSVDialect
  /// The delimiter's first byte.
  private(set) var delimiter: UInt8
  /// LF, or CR if the file has no LF.
  var lineEnd = UInt8(ascii: "\n")
  /// The copies since ``move(to:)``.
  private(set) var rewritten: [UInt8] = []
  /// Start and end of the last record's fields, as if the copies followed the text; reused.
  private(set) var fields: [(start: Int, end: Int)] = []

  enum Cut { case record(next: Int, lines: UInt32), unclosed, needsMore }

  /// A quoted field with more bytes or more lines counts as never closed.
  private static let longestQuoted = 64 << 10
  private static let mostQuotedLines = 100
  static let longestLine = 1 << 20

  init(_ dialect: CSVDialect) { (self.dialect, delimiter) = (dialect, dialect.delimiter[0]) }

  /// Takes the delimiter that the file itself names.
  mutating func use(delimiter: [UInt8]) {
    dialect.delimiter = delimiter
    self.delimiter = delimiter[0]
  }

  /// Appends all copies to the text and drops them.
  mutating func move(to text: inout [UInt8]) {
    text.append(contentsOf: rewritten)
    rewritten.removeAll(keepingCapacity: true)
  }

  /// Drops the copies after the first `count` bytes.
  mutating func keep(_ count: Int) { rewritten.removeLast(rewritten.count - count) }

  /// The copy of a field.
  subscript(_ field: (start: Int, end: Int), textCount textCount: Int) -> ArraySlice<UInt8> {
    rewritten[field.start - textCount..<field.end - textCount]
  }

  func isBlank(_ field: ArraySlice<UInt8>) -> Bool {
    field.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A && lineEnd == 13 }
  }

  /// Cuts the record that begins at `start` into copies of its fields.
  ///
  /// - Parameter isWhole: whether the text ends with the file.
  mutating func cut(_ text: Span<UInt8>, from start: Int, isWhole: Bool) -> Cut {
    fields.removeAll(keepingCapacity: true)
    var lines: UInt32 = 1
    var i = start
    while true {
      let fieldStart = rewritten.count
      var opening = i
      while opening < text.count, text[opening] == 0x20 { opening += 1 }
      if opening < text.count, text[opening] == dialect.quote, delimiter != 0x20 {
        i = opening
        if let failure = passQuoted(text, &i, &lines, isWhole) { return failure }
      }
      if let cut = passUnquoted(text, &i, recordStart: start, fieldStart: fieldStart, &lines, isWhole) {
        return cut
      }
    }
  }

  /// Copies quoted text and moves past its closing quote.
  /// - Returns: why the record can't be cut; nil if the quote was closed.
  private mutating func passQuoted(
    _ text: Span<UInt8>, _ i: inout Int, _ lines: inout UInt32, _ isWhole: Bool
  ) -> Cut? {
    let opened = i
    i += 1
    while i < text.count, i + 1 < text.count || isWhole {
      let byte = text[i]
      if byte == dialect.escape, byte != dialect.quote, i + 1 < text.count {
        i += 1
        takeEscaped(text, &i, &lines)
        continue
      }
      if byte == dialect.quote {
        guard i + 1 < text.count, text[i + 1] == byte else {
          i += 1
          return nil
        }
        rewritten.append(byte)
        i += 2
        continue
      }
      if byte == lineEnd {
        lines += 1
        if lines > Self.mostQuotedLines { return .unclosed }
      }
      rewritten.append(byte)
      i += 1
      if i - opened > Self.longestQuoted { return .unclosed }
    }
    return isWhole ? .unclosed : .needsMore
  }

  /// Copies unquoted text, or the text after a closing quote, up to the delimiter or the line's end, and ends
  /// the field.
  /// - Returns: the record that ends with it, or why it can't be cut; nil if another field follows.
  private mutating func passUnquoted(
    _ text: Span<UInt8>, _ i: inout Int, recordStart: Int, fieldStart: Int, _ lines: inout UInt32,
    _ isWhole: Bool
  ) -> Cut? {
    let base = text.count
    while i < text.count {
      let byte = text[i]
      if byte == dialect.escape {
        guard i + 1 < text.count || isWhole else { return .needsMore }
        i += 1
        let isNull = rewritten.count == fieldStart && i < text.count && text[i] == UInt8(ascii: "N")
        if isNull, endsField(text, i + 1) {
          i += 1
        } else if i < text.count {
          takeEscaped(text, &i, &lines)
        }
        continue
      }
      i += 1
      if byte == delimiter, dialect.delimiter.count == 1 || hasDelimiter(text, i - 1) {
        i += dialect.delimiter.count - 1
        fields.append((base + fieldStart, base + rewritten.count))
        return nil
      }
      if byte == lineEnd {
        var end = rewritten.count
        if lineEnd == 10, i >= 2, text[i - 2] == 13, end > fieldStart, rewritten[end - 1] == 13 { end -= 1 }
        fields.append((base + fieldStart, base + end))
        return .record(next: i, lines: lines)
      }
      rewritten.append(byte)
      if i - recordStart > Self.longestLine { return .unclosed }
    }
    guard isWhole else { return i - recordStart > Self.longestLine ? .unclosed : .needsMore }
    fields.append((base + fieldStart, base + rewritten.count))
    return .record(next: text.count, lines: lines)
  }

  private func hasDelimiter(_ text: Span<UInt8>, _ at: Int) -> Bool {
    guard at + dialect.delimiter.count <= text.count else { return false }
    for k in dialect.delimiter.indices where text[at + k] != dialect.delimiter[k] { return false }
    return true
  }

  /// Copies the byte after an escape: `\n`, `\r` and `\t` are a line break and a tab, any other byte is itself.
  private mutating func takeEscaped(_ text: Span<UInt8>, _ i: inout Int, _ lines: inout UInt32) {
    if text[i] == lineEnd { lines += 1 }
    switch text[i] {
    case UInt8(ascii: "n"): rewritten.append(10)
    case UInt8(ascii: "r"): rewritten.append(13)
    case UInt8(ascii: "t"): rewritten.append(9)
    default: rewritten.append(text[i])
    }
    i += 1
  }

  /// Whether a field ends at `at`, so that the bytes before it are a whole field, such as `\N` for no value.
  private func endsField(_ text: Span<UInt8>, _ at: Int) -> Bool {
    at >= text.count || text[at] == lineEnd || text[at] == 13 || hasDelimiter(text, at)
  }
}
