// Reads CSV by RFC 4180, with the deviations that suppliers' files have.
// Invariant: records and line numbers do not depend on chunks or parts. No line is lost: each is part of a
// record, blank, or in a record that is marked as faulty. An unclosed quote harms only the record that opened
// it.
// Load: gigabytes; delimiters, quotes and line ends are found 64 bytes at a time. Values stay in the text
// that was read; only a quoted field that holds a quote is copied.

internal import CScan
import Values

/// Reads the records of one CSV file, or of a part of it.
@safe final class CSVReader {
  private var source: ByteSource
  private let file: ExportFile
  private var cutter: ExactCutter
  var dialect: CSVDialect { cutter.dialect }
  private let columns: [String]
  /// Text that was read; the part before `at` has been used.
  private var buffer: [UInt8] = []
  private var at = 0
  private var sourceEnded = false
  /// The buffer's offset in the file's text.
  private var bufferOffset = 0
  private var line: UInt32 = 1
  var lineEnd: UInt8 { cutter.lineEnd }
  /// The names of the columns; without a header, their positions from 1.
  private(set) var header: [String] = []
  /// The header as the file has it, in UTF-8, with its line break and the lines above it that the pipeline file
  /// or a `sep=` line names.
  private(set) var headerText: [UInt8] = []
  private(set) var names = HeaderNames([], reading: [])
  /// The slot of each column of the file; -1 for columns that the pipeline does not read.
  private var slots: [Int] = []
  /// Whether a record of the current batch has another number of fields than the header.
  private var hasOtherCount = false
  /// A record that begins at or after this offset belongs to the next part.
  private var end = Int.max
  private var isDone = false
  /// The last line, if it seems to be cut off.
  private(set) var cutLine: Int?
  /// The first line that seems to hold several records, separated by the other kind of line end.
  private(set) var mixedLine: Int?
  /// Whether the reader is skipping a line that is too long.
  private var skipsLine = false

  /// Offsets in the buffer of all delimiters, quotes and line ends; reused.
  private var positions: [UInt32] = []
  /// The values of the current record, slot by slot; this reader's own memory.
  private let values: UnsafeMutableBufferPointer<UInt64>

  init(_ file: ExportFile, source: ByteSource, dialect: CSVDialect, columns: [String]) throws(Stop) {
    self.file = file
    self.source = source
    cutter = ExactCutter(dialect)
    self.columns = columns
    unsafe values = .allocate(capacity: columns.count)
    unsafe values.initialize(repeating: RawBatch.absent)
    try readHeader()
  }

  deinit { unsafe values.deallocate() }

  /// The offset in the file of the next record, and its line.
  var nextOffset: Int { bufferOffset + at }
  var nextLine: Int { Int(line) }

  // MARK: Header

  private func readHeader() throws(Stop) {
    while buffer.count < 64 << 10, try refill() {}
    if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    if buffer.prefix(1024).contains(0) {
      throw Stop(
        .dataRefused, at: file.name, line: 1, expected: "text without zero bytes",
        found: "zero bytes, as UTF-16 has them", remedy: "Write encoding: utf-16 in the pipeline file.")
    }
    findLineEnd()
    let start = at
    let hasSeparatorLine = takeSeparatorLine()
    for _ in 0..<dialect.skippedLines {
      at = try firstLine().next
      line += 1
    }
    let from = hasSeparatorLine || dialect.skippedLines > 0 ? start : nil
    // Skip and count blank lines before the header.
    while true {
      let extent = try firstLine()
      if extent.end > at { break }
      at = extent.next
      line += 1
    }
    guard case .record(let next, let lines) = cutExactly(from: at) else {
      throw Stop(
        .dataRefused, at: file.name, line: Int(line), expected: "a header line",
        found: "a quote that is never closed",
        remedy:
          "Correct the line; if the supplier puts no field in quotes, write quote: none. Nothing was changed."
      )
    }
    header = cutter.fields.enumerated().map { i, field in
      guard dialect.hasHeader else { return String(i + 1) }
      return String(decoding: cutter[field, textCount: buffer.count], as: UTF8.self).trimming()
    }
    cutter.keep(0)
    names = HeaderNames(header, reading: columns)
    slots = names.slots
    if !names.missing.isEmpty { hint = HeaderHint(linesFromHere(), dialect, reading: columns) }
    headerText = Array(buffer[(from ?? at)..<(dialect.hasHeader ? next : at)])
    guard dialect.hasHeader else { return }
    at = next
    line += lines
  }

  /// What the file looks like, if it lacks columns and is written in another way than the dialect says.
  private(set) var hint: HeaderHint?

  /// The line at `at`, before or at the header.
  private func firstLine() throws(Stop) -> (end: Int, next: Int) {
    guard let extent = lineExtent(from: at) else {
      throw Stop(
        .dataRefused, at: file.name, line: Int(line),
        expected: dialect.hasHeader ? "a header line" : "a record",
        found: line == 1 ? "an empty file" : "the end of the file",
        remedy: "Ask the supplier for the whole file; nothing was changed.")
    }
    return (extent.end, extent.next)
  }

  /// The first lines from the header on, for finding out why columns are missing.
  private func linesFromHere() -> [String] {
    var lines: [String] = []
    var next = at
    while lines.count < 30, let extent = lineExtent(from: next) {
      lines.append(String(decoding: buffer[next..<extent.end], as: UTF8.self))
      next = extent.next
    }
    return lines
  }

  /// Chooses CR as the line end if the first line ends in it and most lines do.
  private func findLineEnd() {
    var (feeds, returns) = (0, 0)
    var firstIsReturn = false
    for i in buffer.indices {
      if buffer[i] == 10 {
        feeds += 1
      } else if buffer[i] == 13, i + 1 < buffer.count, buffer[i + 1] != 10 {
        returns += 1
        if feeds == 0 { firstIsReturn = true }
      }
    }
    if firstIsReturn, returns > feeds { cutter.lineEnd = 13 }
  }

  /// Skips Excel's line `sep=;` and takes its delimiter.
  private func takeSeparatorLine() -> Bool {
    guard let extent = lineExtent(from: at) else { return false }
    let text = String(decoding: buffer[at..<extent.end], as: UTF8.self).trimming(quotes: true)
    guard text.lowercased().hasPrefix("sep=") else { return false }
    let told = Array((text.dropFirst(4) == "\\t" ? "\t" : text.dropFirst(4)).utf8)
    guard let first = told.first, told.count <= 8, !told.contains(where: isWordByte) else { return false }
    // Spreadsheets fill such a line up with delimiters.
    if told != dialect.delimiter { cutter.use(delimiter: told.allSatisfy { $0 == first } ? [first] : told) }
    at = extent.next
    line += 1
    return true
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 || byte == dialect.quote
  }

  /// Continues in a part of the file, with the first line that begins in it or at a known record.
  func go(to part: FilePart, source: ByteSource) throws(Stop) {
    end = part.end
    guard part.start > 0 else { return }
    self.source = source
    buffer.removeAll(keepingCapacity: true)
    (at, sourceEnded, bufferOffset) = (0, false, source.offset)
    if part.isExact {
      line = UInt32(truncatingIfNeeded: part.line)
      return
    }
    // The source begins one byte before the part: if that byte is a line end, the part begins with a line.
    while true {
      if let extent = lineExtent(from: at), extent.isWhole {
        at = extent.next
        line = UInt32(truncatingIfNeeded: nextOffset == part.start ? part.line : part.line + 1)
        return
      }
      at = buffer.count
      guard nextOffset < end, try refill() else {
        isDone = true
        return
      }
    }
  }

  // MARK: Lines

  /// Reads more bytes; false at the end of the file.
  private func refill() throws(Stop) -> Bool {
    guard !sourceEnded else { return false }
    if at > 0 {
      bufferOffset += at
      buffer.removeSubrange(..<at)
      at = 0
    }
    sourceEnded = try !source.next(into: &buffer)
    return true
  }

  /// The end of the line that begins at `start`, without its line break, and the start of the next; nil if
  /// more bytes are needed.
  private func lineExtent(from start: Int) -> (end: Int, next: Int, isWhole: Bool)? {
    let held = buffer
    let (text, lineEnd) = (held.span, lineEnd)
    var found = start
    while found < text.count, text[found] != lineEnd { found += 1 }
    guard found < text.count else {
      return sourceEnded && start < text.count ? (text.count, text.count, false) : nil
    }
    return (endOfLine(found, from: start, text), found + 1, true)
  }

  /// The end of a line's text, before the CR of a CRLF.
  @inline(__always)
  private func endOfLine(_ lineEndAt: Int, from start: Int, _ text: Span<UInt8>) -> Int {
    lineEnd == 10 && lineEndAt > start && text[lineEndAt - 1] == 13 ? lineEndAt - 1 : lineEndAt
  }

  // MARK: Records

  /// Fills `batch` with the next records; it stays empty at the end of the file or of the part.
  func nextBatch(into batch: inout RawBatch) throws(Stop) {
    while !isDone {
      let hadMore = try refill()
      if skipsLine { skipLine() }
      if !skipsLine { takeWholeRecords(into: &batch) }
      if hasOtherCount { noteMixedLines(of: batch) }
      if batch.count > 0 { return handOver(&batch) }
      if !hadMore { isDone = true }
    }
  }

  /// Moves the text of the batch's records to the batch, and keeps the rest.
  private func handOver(_ batch: inout RawBatch) {
    let rest = Array(buffer[at...])
    cutter.move(to: &buffer)
    batch.adopt(&buffer)
    buffer.append(contentsOf: rest)
    bufferOffset += at
    at = 0
  }

  /// Skips the rest of a line that is too long.
  private func skipLine() {
    guard let extent = lineExtent(from: at) else {
      at = buffer.count
      return
    }
    at = extent.next
    line += 1
    skipsLine = false
  }

  private func takeWholeRecords(into batch: inout RawBatch) {
    guard dialect.isOrdinary else { return takeOtherRecords(into: &batch) }
    findPositions()
    // Local copies, so that the loop's reads cost no retain and no exclusivity check.
    let (text, found, columnSlots) = (buffer, positions, slots)
    var k = 0
    while at < text.count {
      if bufferOffset + at >= end {
        isDone = true
        return
      }
      guard takePlainLines(text, found, &k, columnSlots, &batch) else { continue }
      guard at < text.count, takeExactly(text.span, found.span, &k, columnSlots.span, &batch) else { return }
    }
  }

  /// Reads the records of a dialect that the fast path can't cut.
  private func takeOtherRecords(into batch: inout RawBatch) {
    let (text, columnSlots, none) = (buffer, slots, [UInt32]())
    var k = 0
    while at < text.count {
      if bufferOffset + at >= end {
        isDone = true
        return
      }
      guard takeExactly(text.span, none.span, &k, columnSlots.span, &batch) else { return }
    }
  }

  /// Notes the first line that has as many fields as two records, and a line end of the other kind in it.
  private func noteMixedLines(of batch: borrowing RawBatch) {
    hasOtherCount = false
    guard mixedLine == nil else { return }
    for i in 0..<batch.count {
      let record = batch.record(i)
      guard record.fault == .fieldCount, Int(record.faultDetail) >= 2 * slots.count - 1 else { continue }
      let start = Int(record.textStart)
      if hasOtherLineEnd(start..<start + Int(record.textByteCount)) {
        mixedLine = Int(record.line)
        return
      }
    }
  }

  /// Whether there is a CR that is no part of a CRLF among lines that end in LF, or the other way round.
  private func hasOtherLineEnd(_ range: Range<Int>) -> Bool {
    let other: UInt8 = lineEnd == 10 ? 13 : 10
    return range.dropFirst().contains {
      buffer[$0] == other && (other == 10 || $0 + 1 == range.upperBound || buffer[$0 + 1] != 10)
    }
  }

  /// Reads plain lines from `at` on.
  /// - Returns: whether the next line is not plain, or is incomplete.
  private func takePlainLines(
    _ text: [UInt8], _ positions: [UInt32], _ k: inout Int, _ slots: [Int], _ batch: inout RawBatch
  ) -> Bool {
    let room = 1024
    var (next, stopped) = (k, PlainLineScanner.Stopped.atOtherLine)
    let (at, line, limit) = (at, line, min(end - bufferOffset, text.count))
    var (nextAt, nextLine, otherCount) = (at, line, false)
    unsafe batch.append(room: room) { records, values in
      unsafe text.withUnsafeBufferPointer { text in
        unsafe positions.withUnsafeBufferPointer { positions in
          unsafe slots.withUnsafeBufferPointer { slots in
            guard let bytes = text.baseAddress, let found = positions.baseAddress else { return 0 }
            var scanner = unsafe PlainLineScanner(
              text: bytes, byteCount: text.count, positions: found, slots: slots, slotCount: columns.count,
              delimiter: cutter.delimiter, lineEnd: lineEnd, limit: limit, offset: bufferOffset, at: at,
              line: line,
              next: next)
            let count: Int
            (count, stopped) = unsafe scanner.scan(into: records, values, room: room)
            (nextAt, nextLine, next) = (scanner.at, scanner.line, scanner.next)
            otherCount = scanner.hasOtherCount
            return count
          }
        }
      }
    }
    (self.at, self.line, k) = (nextAt, nextLine, next)
    if otherCount { hasOtherCount = true }
    return stopped == .atOtherLine
  }

  /// Fills ``positions``, followed by the end of the text.
  private func findPositions() {
    let (from, to) = (at, buffer.count)
    if positions.count < to - from + 65 {
      positions = Array(repeating: 0, count: to - from + 65)
    }
    let (delimiter, lineEnd) = (cutter.delimiter, lineEnd)
    unsafe positions.withUnsafeMutableBufferPointer { found in
      unsafe buffer.withUnsafeBufferPointer { text in
        guard let found = found.baseAddress else { return }
        var count = 0
        if let text = text.baseAddress {
          count = unsafe Int(
            cardlink_positions(text, UInt32(from), UInt32(to), delimiter, lineEnd, UInt8(ascii: "\""), found))
        }
        unsafe found[count] = UInt32(to)
      }
    }
  }

  /// A record that begins at `at`, with empty slots.
  @inline(__always)
  private func newRecord() -> RawRecord {
    for i in unsafe 0..<values.count { unsafe values[i] = RawBatch.absent }
    return RawRecord(
      line: line, ordinal: line, byteOffset: UInt64(bufferOffset + at),
      textStart: UInt32(truncatingIfNeeded: at))
  }

  /// Called when the record at `at` is incomplete, or longer than a line may be.
  private func needsMore(_ record: RawRecord, _ text: Span<UInt8>, _ batch: inout RawBatch) -> Bool {
    guard text.count - at > ExactCutter.longestLine else { return false }
    var record = record
    record.fault = .tooLong
    unsafe batch.append(record, values: UnsafeBufferPointer(values))
    if mixedLine == nil, hasOtherLineEnd(at..<text.count) { mixedLine = Int(line) }
    at = text.count
    skipsLine = true
    return false
  }

  // MARK: Exact cutting

  /// Reads a record with a quote that needs exact cutting.
  private func takeExactly(
    _ text: Span<UInt8>, _ positions: Span<UInt32>, _ k: inout Int, _ slots: Span<Int>,
    _ batch: inout RawBatch
  ) -> Bool {
    let start = at
    let kept = cutter.rewritten.count
    var record = newRecord()
    switch cutExactly(from: start) {
    case .needsMore:
      cutter.keep(kept)
      return false
    case .record(let next, let lines):
      let isBlankRecord = cutter.fields.allSatisfy { cutter.isBlank(cutter[$0, textCount: text.count]) }
      if !isBlankRecord {
        takeFields(slots, text.count, &record)
        let end = next > start && text[next - 1] == lineEnd ? endOfLine(next - 1, from: start, text) : next
        record.textByteCount = UInt32(truncatingIfNeeded: end - start)
        unsafe batch.append(record, values: UnsafeBufferPointer(values))
        if next == text.count, text[next - 1] != lineEnd, cutter.fields.count < slots.count {
          cutLine = Int(line)
        }
      }
      at = next
      line += lines
    case .unclosed:
      // Only the first line belongs to the record that opened the quote; reading continues with the next
      // line.
      cutter.keep(kept)
      guard let extent = lineExtent(from: start) else { return needsMore(record, text, &batch) }
      let hasQuote = (start..<extent.end).contains { text[$0] == dialect.quote }
      record.fault = hasQuote ? .unclosedQuote : .tooLong
      if !extent.isWhole { cutLine = Int(line) }
      record.textByteCount = UInt32(truncatingIfNeeded: extent.end - start)
      unsafe batch.append(record, values: UnsafeBufferPointer(values))
      at = extent.next
      line += 1
    }
    guard dialect.isOrdinary else { return true }
    while Int(positions[k]) < at { k += 1 }
    return true
  }

  private func cutExactly(from start: Int) -> ExactCutter.Cut {
    let held = buffer
    return cutter.cut(held.span, from: start, isWhole: sourceEnded)
  }

  private func takeFields(_ slots: Span<Int>, _ textCount: Int, _ record: inout RawRecord) {
    let fields = cutter.fields
    let hasExcess = fields.dropFirst(slots.count).contains {
      !cutter.isBlank(cutter[$0, textCount: textCount])
    }
    if fields.count < slots.count || hasExcess {
      record.fault = .fieldCount
      record.faultDetail = UInt32(truncatingIfNeeded: fields.count)
      hasOtherCount = true
    }
    for i in 0..<min(fields.count, slots.count) where slots[i] >= 0 {
      unsafe values[slots[i]] = RawBatch.packed(fields[i].start, fields[i].end)
      if cutter[fields[i], textCount: textCount].contains(where: { $0 >= 0x80 }) {
        record.uncheckedSlots |= 1 << UInt64(min(slots[i], 63))
      }
    }
  }

}

extension String {
  /// Without the white space at both ends.
  ///
  /// - Parameter quotes: without a pair of double quotes around the rest, too.
  func trimming(quotes: Bool = false) -> String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    if quotes, text.count > 1, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
    return String(text)
  }
}
