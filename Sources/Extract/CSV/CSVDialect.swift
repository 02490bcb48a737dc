// The CSV dialect of an export: delimiter, quote, escape, and the lines before the records.

/// The options of a CSV export.
package struct CSVDialect: Hashable, Sendable {
  /// One byte or several.
  package var delimiter = Array(",".utf8)
  /// Nil: no field is in quotes.
  package var quote: UInt8? = UInt8(ascii: "\"")
  /// The escape byte: the byte after it is taken literally; nil if quotes are doubled instead.
  package var escape: UInt8?
  /// Lines above the header.
  package var skippedLines = 0
  /// Whether there is a header; without one, the columns are named by their positions from 1.
  package var hasHeader = true

  package init() {}

  /// Advice for a file that can't be cut, from its text.
  func advice(on text: [UInt8]) -> String {
    var (escaped, escapedDelimiters, single, double) = (0, 0, 0, 0)
    for i in text.indices.dropLast() {
      let (byte, next) = (text[i], text[i + 1])
      if byte == UInt8(ascii: "\\") {
        if next == UInt8(ascii: "\"") { escaped += 1 } else if next == delimiter[0] { escapedDelimiters += 1 }
      } else if byte == delimiter[0], next == UInt8(ascii: "'") {
        single += 1
      } else if byte == UInt8(ascii: "\"") {
        double += 1
      }
    }
    if escape == nil, escaped + escapedDelimiters > 2 {
      return "It looks as if \\ took the meaning from signs: escape: \"\\\\\". "
    }
    if quote != UInt8(ascii: "'"), single > 20 { return "Fields seem to be in single quotes: quote: \"'\". " }
    if quote != nil, double % 2 == 1 || double > 0 && double < 20 {
      return "If quotes are letters like others, write quote: none. "
    }
    return ""
  }

  /// Whether the fast path can cut this dialect.
  var isOrdinary: Bool { delimiter.count == 1 && quote == UInt8(ascii: "\"") && escape == nil }
}

extension ExportFormat.Kind {
  /// CSV with a header and double quotes.
  package static func csv(delimiter: UInt8) -> Self {
    var dialect = CSVDialect()
    dialect.delimiter = [delimiter]
    return .csv(dialect)
  }
}
