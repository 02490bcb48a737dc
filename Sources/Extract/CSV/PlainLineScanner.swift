// The fast path through CSV: cuts lines whose fields are unquoted or wholly quoted, without copying.
// Invariant: it cuts a line as ``CSVReader`` would cut it byte by byte. It stops before any other line, and
// before an incomplete one.
// Load: nearly all lines of a nation's exports, some twelve fields each, a few nanoseconds a field. It reads
// borrowed memory through pointers and checks each byte once.

import Values

/// Cuts the lines of one text, one after another.
@safe struct PlainLineScanner {
  /// Why it stopped.
  enum Stopped {
    /// The next line begins at the limit or later.
    case atLimit
    /// The next line has to be cut byte by byte, or is incomplete.
    case atOtherLine
    /// There is no room for another record.
    case full
  }

  /// The text, and the offsets of all its delimiters, quotes and line ends, followed by the text's byte
  /// count.
  ///
  /// Both must stay valid while the scanner lives.
  let text: UnsafePointer<UInt8>
  let byteCount: Int
  let positions: UnsafePointer<UInt32>
  /// The slot of each column of the file; -1 for columns that the pipeline does not read.
  let slots: UnsafeBufferPointer<Int>
  let slotCount: Int
  let delimiter: UInt8
  let lineEnd: UInt8
  /// The scanner does not read lines that begin at or after this offset; at most the byte count.
  let limit: Int
  /// The difference between an offset in the file and one in the text.
  let offset: Int

  /// The start of the next line, its number, and the index of the first of the positions in it.
  var at: Int
  var line: UInt32
  var next: Int
  /// Whether a record has another number of fields than the header.
  private(set) var hasOtherCount = false

  private static let quote = UInt8(ascii: "\"")

  /// Reads lines until it has to stop.
  ///
  /// - Parameters:
  ///   - records, values: room for this many records and for the values of each.
  /// - Returns: how many records there are now; blank lines are not counted.
  mutating func scan(
    into records: UnsafeMutablePointer<RawRecord>, _ values: UnsafeMutablePointer<UInt64>, room: Int
  ) -> (count: Int, stopped: Stopped) {
    var count = 0
    while at < limit {
      guard count < room else { return (count, .full) }
      var record = RawRecord(
        line: line, ordinal: line, byteOffset: UInt64(truncatingIfNeeded: offset &+ at),
        textStart: UInt32(truncatingIfNeeded: at))
      switch unsafe cut(&record, values + count &* slotCount) {
      case .record:
        unsafe (records + count).initialize(to: record)
        count &+= 1
      case .blank: break
      case .other: return (count, .atOtherLine)
      }
    }
    return (count, .atLimit)
  }

  private enum Cut { case record, blank, other }

  /// Cuts the line at `at` and moves past it, if it is plain.
  @inline(__always)
  private mutating func cut(_ record: inout RawRecord, _ values: UnsafeMutablePointer<UInt64>) -> Cut {
    let start = at
    var k = next
    var column = 0
    var fieldStart = start
    var hasExcess = false
    while true {
      let position = Int(unsafe positions[k])
      guard position < byteCount else { return .other }
      let byte = unsafe text[position]
      if byte == delimiter {
        unsafe take(column, fieldStart, position, values, &record, &hasExcess)
        fieldStart = position &+ 1
        k &+= 1
      } else if byte == lineEnd {
        let end = endOfLine(position, from: start)
        next = k &+ 1
        if end == start {
          at = position &+ 1
          line &+= 1
          return .blank
        }
        unsafe take(column, fieldStart, max(fieldStart, end), values, &record, &hasExcess)
        return unsafe finish(&record, end: end, next: position &+ 1, column &+ 1, hasExcess, values)
      } else {
        guard position == fieldStart, let close = plainQuotedEnd(k) else { return .other }
        let closedAt = Int(unsafe positions[close])
        unsafe take(column, position &+ 1, closedAt, values, &record, &hasExcess)
        let behind = Int(unsafe positions[close &+ 1])
        k = close &+ 2
        guard unsafe text[behind] == delimiter else {
          next = k
          return unsafe finish(&record, end: closedAt &+ 1, next: behind &+ 1, column &+ 1, hasExcess, values)
        }
        fieldStart = behind &+ 1
      }
      column &+= 1
    }
  }

  /// The end of a line's text, before the CR of a CRLF.
  @inline(__always)
  private func endOfLine(_ lineEndAt: Int, from start: Int) -> Int {
    unsafe lineEnd == 10 && lineEndAt > start && text[lineEndAt &- 1] == 13 ? lineEndAt &- 1 : lineEndAt
  }

  /// The index of the closing quote, if the quoted field whose opening quote is position `k` is on one line, holds no
  /// quote, and a delimiter or line end follows at once.
  @inline(__always)
  private func plainQuotedEnd(_ k: Int) -> Int? {
    var close = k &+ 1
    while true {
      let found = Int(unsafe positions[close])
      guard found < byteCount, unsafe text[found] != lineEnd else { return nil }
      if unsafe text[found] == Self.quote {
        let behind = Int(unsafe positions[close &+ 1])
        guard behind < byteCount, unsafe text[behind] != Self.quote else { return nil }
        let isCRLF =
          unsafe lineEnd == 10 && text[behind] == 10 && behind == found &+ 2 && text[found &+ 1] == 13
        return behind == found &+ 1 || isCRLF ? close : nil
      }
      close &+= 1
    }
  }

  /// Reads one field; its column may be absent from the header.
  @inline(__always)
  private func take(
    _ column: Int, _ start: Int, _ end: Int, _ values: UnsafeMutablePointer<UInt64>,
    _ record: inout RawRecord,
    _ hasExcess: inout Bool
  ) {
    guard unsafe column < slots.count else {
      for i in start..<end where unsafe text[i] != 0x20 && text[i] != 0x09 { hasExcess = true }
      return
    }
    let slot = unsafe slots[column]
    guard slot >= 0 else { return }
    unsafe values[slot] = RawBatch.packed(start, end)
    if hasHighBit(start, end) { record.uncheckedSlots |= 1 << UInt64(min(slot, 63)) }
  }

  /// Ends a record.
  @inline(__always)
  private mutating func finish(
    _ record: inout RawRecord, end: Int, next: Int, _ fieldCount: Int, _ hasExcess: Bool,
    _ values: UnsafeMutablePointer<UInt64>
  ) -> Cut {
    let start = at
    at = next
    line &+= 1
    let first = unsafe text[start]
    if unsafe hasExcess || fieldCount < slots.count || first == delimiter || first <= 0x22 {
      if isBlank(start, end) { return .blank }
      if unsafe hasExcess || fieldCount < slots.count {
        record.fault = .fieldCount
        hasOtherCount = true
        record.faultDetail = UInt32(truncatingIfNeeded: fieldCount)
        for column in unsafe fieldCount..<max(fieldCount, slots.count) where unsafe slots[column] >= 0 {
          unsafe values[slots[column]] = RawBatch.absent
        }
      }
    }
    if end &- start > ExactCutter.longestLine { record.fault = .tooLong }
    record.textByteCount = UInt32(truncatingIfNeeded: end &- start)
    return .record
  }

  /// Whether all fields of a line are empty; each is unquoted or wholly quoted.
  private func isBlank(_ start: Int, _ end: Int) -> Bool {
    var isQuoted = false
    for i in start..<end {
      let byte = unsafe text[i]
      if byte == Self.quote {
        isQuoted.toggle()
      } else if byte != 0x20, byte != 0x09, byte != 0x0A, byte != delimiter || isQuoted {
        return false
      }
    }
    return true
  }

  /// Whether a byte of a field is outside ASCII.
  ///
  /// It reads eight bytes at a time; the last eight may overlap.
  @inline(__always)
  private func hasHighBit(_ start: Int, _ end: Int) -> Bool {
    func word(_ i: Int) -> UInt64 {
      unsafe UnsafeRawPointer(text + i).loadUnaligned(as: UInt64.self).littleEndian
    }
    let count = end &- start
    var seen: UInt64 = 0
    if count >= 8 {
      seen = word(start) | word(end &- 8)
      var i = start &+ 8
      while i &+ 8 < end {
        seen |= word(i)
        i &+= 8
      }
    } else if start &+ 8 <= byteCount {
      seen = word(start) & ((1 &<< UInt64(truncatingIfNeeded: 8 &* count)) &- 1)
    } else {
      for i in start..<end { seen |= UInt64(unsafe text[i]) }
    }
    return seen & 0x8080_8080_8080_8080 != 0
  }
}
