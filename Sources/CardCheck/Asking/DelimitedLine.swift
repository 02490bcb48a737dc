// One line cut into its fields: at commas after RFC 4180, or at the bars of a QR code.
// Invariant: any bytes are cut without a trap; the fields' bytes are those of the line but for quotes and, in a QR
// code, what scanners add.
// Load: one line at a time in two buffers that are reused.

/// The fields of the line that was split last.
struct DelimitedLine: Sendable {
  private(set) var text: [UInt8] = []
  private(set) var fields: [Range<Int>] = []

  enum Fault { case empty, openQuote }

  /// Splits at the bars, without byte-order marks and control characters.
  mutating func splitQR(_ line: Span<UInt8>) {
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

  /// Splits at a delimiter; a line break within quotes is not known here.
  ///
  /// - Returns: what is wrong with the line; its fields are there all the same.
  mutating func split(_ line: Span<UInt8>, at comma: UInt8) -> Fault? {
    text.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
    if cutPlain(line, at: comma) {
      for byte in text where byte > 0x20 { return nil }
      return .empty
    }
    let quote = UInt8(ascii: "\"")
    var start = 0
    var isQuoted = false
    var hasText = false
    // A byte-order mark is no part of a number.
    var i = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF ? 3 : 0
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
      } else if byte == comma {
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

  /// Cuts a line in which nothing has to be left out, as nearly all are: copied in one piece.
  ///
  /// - Returns: false if there is a quote, a control character or what may be a byte-order mark; nothing is cut then.
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
  static func usedDelimiter(_ line: Span<UInt8>) -> UInt8 {
    for i in line.indices {
      switch line[i] {
      case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"): return line[i]
      default: continue
      }
    }
    return UInt8(ascii: ",")
  }

  /// The fields as the names of columns: small letters, without spaces and underscores.
  var columnNames: [String] {
    fields.map { field in
      String(decoding: text[field].filter { $0 != UInt8(ascii: "_") && $0 > 0x20 }, as: UTF8.self)
        .lowercased()
    }
  }
}
