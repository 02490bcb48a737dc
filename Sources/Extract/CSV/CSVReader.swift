// Reading CSV as RFC 4180 says and as suppliers write it.
// Invariant: records and line numbers don't depend on where the reads break; a line is never lost: it is part of a
// record, blank, or in a record that is marked as faulty. An unclosed quote harms the record that opened it only.
// Load: gigabytes; a line without a quote is found by memchr and cut in one pass, and only the columns that the
// pipeline reads are copied.

import Glibc
import Record

/// Reads the records of one CSV file.
final class CSVReader {
  private let source: ByteSource
  private let file: ExportFile
  private let delimiter: UInt8
  private let columns: [String]
  private var buffer: [UInt8] = []
  private var at = 0
  private var sourceEnded = false
  private var line: UInt32 = 1
  private var ordinal: UInt32 = 0
  private var bufferOffset: UInt64 = 0
  /// LF, or CR where the file has no LF.
  private var lineEnd = UInt8(ascii: "\n")
  private(set) var header: [String] = []
  /// The slot of each column of the file; -1 for columns that nobody reads.
  private var slots: [Int] = []
  /// Start and end of the current record's fields in `fieldBytes` or the buffer.
  private var ends: [(start: Int, end: Int)] = []
  private var unquoted: [UInt8] = []

  /// A quoted field that is longer, or runs over more lines, was never closed.
  private static let longestQuoted = 64 << 10
  private static let mostQuotedLines = 100
  private static let longestLine = 1 << 20

  init(_ file: ExportFile, source: ByteSource, delimiter: UInt8, columns: [String]) throws(Stop) {
    self.file = file
    self.source = source
    self.delimiter = delimiter
    self.columns = columns
    try readHeader()
  }

  /// Columns that the pipeline reads and the header lacks.
  var missing: [String] { columns.filter { !header.contains($0) } }
  /// Columns that the pipeline reads and the header has twice.
  var duplicated: [String] { columns.filter { column in header.count { $0 == column } > 1 } }

  // MARK: Lines

  /// Makes more bytes available behind `at`; false when there are none.
  private func refill() throws(Stop) -> Bool {
    guard !sourceEnded else { return false }
    if at > 0 {
      bufferOffset += UInt64(at)
      buffer.removeSubrange(..<at)
      at = 0
    }
    sourceEnded = try !source.next(into: &buffer)
    return true
  }

  /// The end of the line that begins at `start`, without its line break, and where the next begins; nil if more bytes
  /// are needed to tell.
  private func lineExtent(from start: Int) -> (end: Int, next: Int)? {
    let found = unsafe buffer.withUnsafeBytes { bytes -> Int? in
      guard start < bytes.count, let base = bytes.baseAddress,
        let hit = unsafe memchr(base + start, Int32(lineEnd), bytes.count - start)
      else { return nil }
      return unsafe hit - UnsafeMutableRawPointer(mutating: base)
    }
    guard let found else { return sourceEnded && start < buffer.count ? (buffer.count, buffer.count) : nil }
    let hasCR = lineEnd == 10 && found > start && buffer[found - 1] == 13
    return (hasCR ? found - 1 : found, found + 1)
  }

  private func readHeader() throws(Stop) {
    while buffer.count < 64 << 10, try refill() {}
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    if buffer.prefix(1024).contains(0) {
      throw Stop(
        .dataRefused, at: file.name, line: 1, expected: "text without zero bytes",
        found: "zero bytes, as UTF-16 has them", remedy: "Write encoding: utf-16 in the pipeline file.")
    }
    if let cr = buffer.firstIndex(of: 13), !buffer[..<cr].contains(10), cr + 1 < buffer.count,
      buffer[cr + 1] != 10,
      !buffer.contains(10)
    {
      lineEnd = 13
    }
    // Blank lines before the header are skipped and counted.
    while true {
      guard let extent = lineExtent(from: at) else {
        throw Stop(
          .dataRefused, at: file.name, line: 1, expected: "a header line", found: "an empty file",
          remedy: "Ask the supplier for the whole file; nothing was changed.")
      }
      if extent.end > at { break }
      at = extent.next
      line += 1
    }
    guard try readRecord() == .record else {
      throw Stop(
        .dataRefused, at: file.name, line: Int(line), expected: "a header line",
        found: "a quote that is never closed",
        remedy: "Correct the line; nothing was changed.")
    }
    header = ends.map { end in
      String(decoding: bytes(end), as: UTF8.self).trimming()
    }
    slots = header.map { name in columns.firstIndex(of: name) ?? -1 }
    consume()
  }

  // MARK: Records

  private enum Found { case record, blank, unclosedQuote, tooLong, end }
  private var nextAt = 0
  private var linesOfRecord: UInt32 = 0
  /// Whether the record's fields stand in `unquoted` rather than in the buffer.
  private var isUnquoted = false

  private func bytes(_ field: (start: Int, end: Int)) -> ArraySlice<UInt8> {
    isUnquoted ? unquoted[field.start..<field.end] : buffer[field.start..<field.end]
  }

  /// Finds the record at `at` and cuts it into fields; reads on as needed.
  private func readRecord() throws(Stop) -> Found {
    var extent = lineExtent(from: at)
    while extent == nil {
      if buffer.count - at > Self.longestLine { break }
      guard try refill() else { break }
      extent = lineExtent(from: at)
    }
    guard let extent else {
      if at >= buffer.count { return .end }
      // A line beyond all bounds: pass over it without keeping it.
      (linesOfRecord, nextAt) = (1, buffer.count)
      return .tooLong
    }
    (linesOfRecord, nextAt) = (1, extent.next)
    ends.removeAll(keepingCapacity: true)
    if extent.end == at { return .blank }
    let (start, end) = (at, extent.end)
    let hasQuote = unsafe buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return false }
      return unsafe memchr(base + start, 0x22, end - start) != nil
    }
    if hasQuote { return try readQuotedRecord() }
    isUnquoted = false
    unsafe buffer.withUnsafeBufferPointer { bytes in
      var fieldStart = start
      var i = start
      while i < end {
        if unsafe bytes[i] == delimiter {
          ends.append((fieldStart, i))
          fieldStart = i + 1
        }
        i += 1
      }
      ends.append((fieldStart, end))
    }
    return .record
  }

  /// The exact way: fields in quotes, doubled quotes, line breaks inside quotes.
  ///
  /// Begins anew when more bytes are
  /// needed.
  private func readQuotedRecord() throws(Stop) -> Found {
    again: while true {
      unquoted.removeAll(keepingCapacity: true)
      ends.removeAll(keepingCapacity: true)
      isUnquoted = true
      linesOfRecord = 1
      var i = at
      fields: while true {
        let start = unquoted.count
        var j = i
        while j < buffer.count, buffer[j] == 0x20 { j += 1 }
        if j < buffer.count, buffer[j] == 0x22, delimiter != 0x20 {
          let opened = j
          i = j + 1
          while true {
            guard i < buffer.count, i + 1 < buffer.count || sourceEnded else {
              if try refill() { continue again }
              return unclosed()
            }
            let byte = buffer[i]
            if byte == 0x22 {
              if i + 1 < buffer.count, buffer[i + 1] == 0x22 {
                unquoted.append(0x22)
                i += 2
                continue
              }
              i += 1
              break
            }
            if byte == lineEnd {
              linesOfRecord += 1
              if linesOfRecord > Self.mostQuotedLines { return unclosed() }
            }
            unquoted.append(byte)
            i += 1
            if i - opened > Self.longestQuoted { return unclosed() }
          }
        }
        // Unquoted text, or what stands behind a closing quote, up to the delimiter or the line's end.
        while true {
          guard i < buffer.count else {
            if try refill() { continue again }
            ends.append((start, unquoted.count))
            nextAt = buffer.count
            return .record
          }
          let byte = buffer[i]
          i += 1
          if byte == delimiter {
            ends.append((start, unquoted.count))
            continue fields
          }
          if byte == lineEnd {
            var end = unquoted.count
            if lineEnd == 10, i >= 2, buffer[i - 2] == 13, end > start, unquoted[end - 1] == 13 { end -= 1 }
            ends.append((start, end))
            nextAt = i
            return .record
          }
          unquoted.append(byte)
          if unquoted.count > Self.longestLine { return unclosed() }
        }
      }
    }
  }

  /// The record that opened the quote is its first line only; reading goes on behind that.
  private func unclosed() -> Found {
    linesOfRecord = 1
    ends.removeAll(keepingCapacity: true)
    nextAt = lineExtent(from: at)?.next ?? buffer.count
    return .unclosedQuote
  }

  private func consume() {
    at = nextAt
    line += linesOfRecord
  }

  /// Fills `batch` with the next records; it stays empty at the end of the file.
  func nextBatch(into batch: inout RawBatch) throws(Stop) {
    while batch.count < 4096 {
      let found = try readRecord()
      switch found {
      case .end: return
      case .blank: break
      case .unclosedQuote, .tooLong:
        begin(&batch)
        batch.mark(found == .tooLong ? .tooLong : .unclosedQuote)
        if found == .tooLong {
          try skipLine()
          continue
        }
      case .record:
        guard ends.contains(where: { !isBlank(bytes($0)) }) else { break }
        begin(&batch)
        take(into: &batch)
      }
      consume()
    }
  }

  /// Passes over the rest of a line that is too long to keep.
  private func skipLine() throws(Stop) {
    while true {
      if let extent = lineExtent(from: at) {
        at = extent.next
        line += 1
        return
      }
      at = buffer.count
      guard try refill() else { return }
    }
  }

  private func begin(_ batch: inout RawBatch) {
    batch.append(
      RawRecord(
        line: line, ordinal: ordinal, byteOffset: bufferOffset + UInt64(at),
        byteCount: UInt32(truncatingIfNeeded: nextAt - at)))
    ordinal += 1
  }

  private func isBlank(_ field: ArraySlice<UInt8>) -> Bool { field.allSatisfy { $0 == 0x20 || $0 == 0x09 } }

  private func take(into batch: inout RawBatch) {
    if ends.count < header.count || ends[header.count...].contains(where: { !isBlank(bytes($0)) }) {
      batch.mark(.fieldCount, detail: UInt32(truncatingIfNeeded: ends.count))
    }
    // One retain for the record, so that its bytes hold still.
    let record = isUnquoted ? unquoted : buffer
    for (i, slot) in slots.enumerated() where slot >= 0 && i < ends.count {
      let (start, end) = ends[i]
      let value = record.span.extracting(start..<end)
      batch.set(slot, value)
      if let position = malformedPosition(value) {
        batch.mark(.encoding, detail: UInt32(truncatingIfNeeded: position))
      }
    }
  }
}

extension String {
  /// Without the white space at both ends.
  func trimming() -> String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
