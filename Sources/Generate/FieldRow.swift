// Holds the values of one record, one after the other in a reused buffer.
// Invariant: every value ends at `ends`; the buffer checks that the record fits.
// Load: one per record, about 130 bytes, without allocation.

import Values

struct FieldRow: ~Copyable {
  private var bytes: [UInt8]
  private(set) var byteCount = 0
  private var ends = InlineArray<16, Int>(repeating: 0)
  private(set) var count = 0
  /// CSV only: how many fields to leave out at the end.
  var missingFields = 0
  /// CSV only: the fields to write in quotes although they need none, one bit each.
  private var quotedFields: UInt16 = 0
  /// Line breaks within values.
  private(set) var lineBreaks = 0

  init() { bytes = Array(repeating: 0, count: 4096) }

  mutating func begin() {
    (byteCount, count, missingFields, quotedFields, lineBreaks) = (0, 0, 0, 0, 0)
  }

  mutating func endField() {
    ends[count] = byteCount
    count += 1
  }

  /// Appends a field with what `fill` appends.
  @inline(__always)
  mutating func field(_ fill: (inout FieldRow) -> Void) {
    fill(&self)
    endField()
  }

  mutating func quote(_ field: Int) { quotedFields |= 1 << UInt16(field) }
  func isQuoted(_ field: Int) -> Bool { quotedFields >> UInt16(field) & 1 != 0 }

  /// The bytes of a field.
  func range(_ field: Int) -> Range<Int> { (field == 0 ? 0 : ends[field - 1])..<ends[field] }
  func withBytes(_ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    unsafe bytes.withUnsafeBufferPointer { all in
      unsafe body(unsafe UnsafeBufferPointer(rebasing: all[range]))
    }
  }

  mutating func append(byte: UInt8) {
    bytes[byteCount] = byte
    byteCount += 1
    if byte == UInt8(ascii: "\n") { lineBreaks += 1 }
  }

  mutating func append(_ text: StaticString) {
    let start = byteCount
    text.withUTF8Buffer { utf8 in
      for i in utf8.indices { bytes[start + i] = unsafe utf8[i] }
      byteCount += utf8.count
    }
  }

  mutating func append(_ text: String) {
    for byte in text.utf8 { append(byte: byte) }
  }

  /// Appends a number in `width` digits.
  mutating func append(_ number: UInt64, width: Int) {
    var rest = number
    var i = byteCount + width
    while i > byteCount {
      i -= 1
      bytes[i] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    byteCount += width
  }
  mutating func append(_ number: Int, width: Int) { append(UInt64(number), width: width) }

  /// Appends dd/MM/yyyy, MM/yyyy or yyyy.
  mutating func append(_ day: CalendarDate) {
    if day.month > 0 {
      if day.day > 0 {
        append(day.day, width: 2)
        append(byte: UInt8(ascii: "/"))
      }
      append(day.month, width: 2)
      append(byte: UInt8(ascii: "/"))
    }
    append(day.year, width: 4)
  }

  /// Appends yyyy-MM-dd or yyyy.
  mutating func append(iso day: CalendarDate) {
    append(day.year, width: 4)
    guard day.month > 0 else { return }
    append(byte: UInt8(ascii: "-"))
    append(day.month, width: 2)
    append(byte: UInt8(ascii: "-"))
    append(day.day, width: 2)
  }

  /// Appends the words of a name, with a space between two.
  mutating func append(_ name: Name) {
    let start = byteCount
    append(name.family)
    appendWord(name.middle, after: start)
    appendWord(name.given, after: start)
  }
  private mutating func appendWord(_ word: StaticString, after start: Int) {
    guard word.utf8CodeUnitCount > 0 else { return }
    if byteCount > start { append(byte: UInt8(ascii: " ")) }
    append(word)
  }
}
