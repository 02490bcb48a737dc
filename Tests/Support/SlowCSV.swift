// The slow, simple reader of CSV: the whole text at once, character by character, by the rules of
// docs/extract.md. Tests compare the fast reader, its chunks and its parts with it, and read packages with
// it.

/// A record as the slow reader sees it.
package struct SlowRecord: Equatable, Sendable {
  package enum Fault: Equatable, Sendable { case none, fieldCount, unclosedQuote, tooLong }
  package var line: Int
  package var fault = Fault.none
  /// By wanted column; nil if the record doesn't have it.
  package var values: [[UInt8]?]
}

/// Reads all records of a text; nil for one without a header that can be read.
package func slowRecords(_ bytes: [UInt8], delimiter: UInt8, columns: [[UInt8]]) -> [SlowRecord]? {
  let csv = SlowCSV(bytes, delimiter: delimiter)
  let (text, lineEnd) = (csv.text, csv.lineEnd)
  func isBlank(_ field: [UInt8]) -> Bool { field.allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  var at = 0
  var line = 1
  // Blank lines before the header.
  while at < text.count, text[at] == lineEnd || lineEnd == 10 && text[at...].starts(with: [13, 10]) {
    at += text[at] == lineEnd ? 1 : 2
    line += 1
  }
  guard at < text.count, let header = csv.record(from: at) else { return nil }
  let names = header.fields.map { trimmed($0) }
  let slots = columns.map { names.firstIndex(of: $0) }
  guard slots.allSatisfy({ $0 != nil }), !columns.contains(where: { c in names.count { $0 == c } > 1 }) else {
    return nil
  }
  at = header.next
  line += header.lines
  var records: [SlowRecord] = []
  while at < text.count {
    guard let (fields, next, lines) = csv.record(from: at) else {
      // Only the line that opened the quote is harmed.
      records.append(SlowRecord(line: line, fault: .unclosedQuote, values: columns.map { _ in nil }))
      at = (text[at...].firstIndex(of: lineEnd) ?? text.count - 1) + 1
      line += 1
      continue
    }
    if !fields.allSatisfy(isBlank) {
      let hasExcess = fields.dropFirst(names.count).contains { !isBlank($0) }
      records.append(
        SlowRecord(
          line: line, fault: fields.count < names.count || hasExcess ? .fieldCount : .none,
          values: slots.map { slot in slot.flatMap { $0 < fields.count ? fields[$0] : nil } }))
    }
    at = next
    line += lines
  }
  return records
}

/// All rows of a text whose quotes are closed, the header's among them.
package func slowRows(_ text: String) -> [[String]] {
  let csv = SlowCSV(Array(text.utf8), delimiter: 0x2C)
  var rows: [[String]] = []
  var at = 0
  while at < csv.text.count {
    guard let record = csv.record(from: at) else { preconditionFailure("an unclosed quote at byte \(at)") }
    rows.append(record.fields.map { String(decoding: $0, as: UTF8.self) })
    at = record.next
  }
  return rows
}

private struct SlowCSV {
  let text: [UInt8]
  let lineEnd: UInt8
  private let delimiter: UInt8
  private let quote: UInt8 = 0x22

  init(_ bytes: [UInt8], delimiter: UInt8) {
    text = Array(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
    let head = bytes.prefix(64 << 10)
    let firstCR = head.firstIndex(of: 13)
    lineEnd = firstCR.map { $0 + 1 < head.count && !head.contains(10) } == true ? 13 : 10
    self.delimiter = delimiter
  }

  /// One record from `start` on: its fields, and the start of the next; nil if a quote is never closed.
  func record(from start: Int) -> (fields: [[UInt8]], next: Int, lines: Int)? {
    var fields: [[UInt8]] = []
    var i = start
    var lines = 1
    while true {
      var field: [UInt8] = []
      var first = i
      while first < text.count, text[first] == 0x20 { first += 1 }
      if first < text.count, text[first] == quote, delimiter != 0x20 {
        i = first + 1
        while true {
          guard i < text.count else { return nil }
          if text[i] == quote {
            guard i + 1 < text.count, text[i + 1] == quote else { break }
            field.append(quote)
            i += 2
            continue
          }
          if text[i] == lineEnd { lines += 1 }
          if lines > 100 { return nil }
          field.append(text[i])
          i += 1
          if i - first > 64 << 10 { return nil }
        }
        i += 1
      }
      while i < text.count, text[i] != delimiter, text[i] != lineEnd {
        field.append(text[i])
        i += 1
      }
      if i < text.count, text[i] == delimiter {
        fields.append(field)
        i += 1
        continue
      }
      // The CR of a CRLF is no part of the last field.
      if i < text.count, lineEnd == 10, i > start, text[i - 1] == 13, field.last == 13 { field.removeLast() }
      fields.append(field)
      return (fields, min(i + 1, text.count), lines)
    }
  }
}

private func trimmed(_ name: [UInt8]) -> [UInt8] {
  var rest = name[...]
  while let first = rest.first, first == 0x20 || first >= 9 && first <= 13 { rest.removeFirst() }
  while let last = rest.last, last == 0x20 || last >= 9 && last <= 13 { rest.removeLast() }
  return Array(rest)
}
