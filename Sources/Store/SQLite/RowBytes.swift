// Encodes one row in SQLite's record format: the types of its values, then the values.
// Invariant: the same bytes that SQLite would write; integers are as short as possible, text is UTF-8.
// Load: 90 million rows a night, without a `String` or an allocation per row.
//
// Source: https://www.sqlite.org/fileformat2.html, section 2.1.

import Glibc
import Values

/// The row under construction.
struct RowBytes: ~Copyable {
  /// The serial types of the values so far; see ``maximumColumns``.
  private let types: UnsafeMutablePointer<UInt8>
  private(set) var typeByteCount = 0
  private var values: UnsafeMutablePointer<UInt8>
  private var room = 4096
  private(set) var valueByteCount = 0
  /// The bytes of types and values before the mark.
  private var marked = (types: 0, values: 0)

  /// A type takes at most nine bytes.
  ///
  /// With real values it takes one, or two or three for long text, so the head stays below 128 bytes.
  static let maximumColumns = 20

  init() {
    types = .allocate(capacity: Self.maximumColumns * 9)
    values = .allocate(capacity: room)
  }

  deinit {
    types.deallocate()
    values.deallocate()
  }

  mutating func removeAll() { (typeByteCount, valueByteCount) = (0, 0) }

  /// Bytes of the head and the values.
  var payloadByteCount: Int { 1 + typeByteCount + valueByteCount }

  /// Writes head and values to memory with room for ``payloadByteCount`` bytes.
  @inline(__always)
  func copy(to target: UnsafeMutablePointer<UInt8>) {
    // Below 128, so that one byte holds it.
    target[0] = UInt8(truncatingIfNeeded: 1 + typeByteCount)
    (target + 1).update(from: types, count: typeByteCount)
    (target + 1 + typeByteCount).update(from: values, count: valueByteCount)
  }

  /// Marks the end of what is the same every night if nothing changes; what follows says where it was read.
  @inline(__always)
  mutating func mark() { marked = (typeByteCount, valueByteCount) }

  /// What follows the mark in a stored row; nil if the row has other values before it.
  @inline(__always)
  func tail(of row: UnsafeRawBufferPointer) -> RowTail? {
    guard let base = row.baseAddress, row.count > 0 else { return nil }
    let head = Int(row[0])
    guard head <= 1 + Self.maximumColumns * 9, 1 + marked.types + 3 == head,
      head + marked.values <= row.count,
      memcmp(base + 1, types, marked.types) == 0, memcmp(base + head, values, marked.values) == 0
    else { return nil }
    return RowTail(row, typeAt: 1 + marked.types, valueAt: head + marked.values)
  }

  // MARK: Values

  @inline(__always)
  mutating func appendNull() {
    types[typeByteCount] = 0
    typeByteCount += 1
  }

  @inline(__always)
  mutating func append(_ value: Int64) {
    let type: UInt8
    let byteCount: Int
    switch value {
    case 0: (type, byteCount) = (8, 0)
    case 1: (type, byteCount) = (9, 0)
    case -0x80...0x7f: (type, byteCount) = (1, 1)
    case -0x8000...0x7fff: (type, byteCount) = (2, 2)
    case -0x80_0000...0x7f_ffff: (type, byteCount) = (3, 3)
    case -0x8000_0000...0x7fff_ffff: (type, byteCount) = (4, 4)
    case -0x8000_0000_0000...0x7fff_ffff_ffff: (type, byteCount) = (5, 6)
    default: (type, byteCount) = (6, 8)
    }
    types[typeByteCount] = type
    typeByteCount += 1
    var shift = 8 * (byteCount - 1)
    while shift >= 0 {
      values[valueByteCount] = UInt8(truncatingIfNeeded: value >> Int64(shift))
      valueByteCount += 1
      shift -= 8
    }
  }

  /// Appends text of at most 24 bytes that `fill` writes; the caller guarantees its byte count.
  @inline(__always)
  mutating func append(textOf count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    reserve(24)
    types[typeByteCount] = UInt8(truncatingIfNeeded: 13 + 2 * count)
    typeByteCount += 1
    fill(values + valueByteCount)
    valueByteCount += count
  }

  /// Appends text; NULL if it is empty.
  @inline(__always)
  mutating func append(text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress, text.count > 0 else { return appendNull() }
    reserve(text.count)
    typeByteCount += putVarint(UInt64(13 + 2 * text.count), types + typeByteCount)
    (values + valueByteCount).update(from: base, count: text.count)
    valueByteCount += text.count
  }

  /// Reserves room for the values that follow, including some hundred bytes of small ones.
  @inline(__always)
  private mutating func reserve(_ count: Int) {
    if valueByteCount + count + 512 > room { grow(count) }
  }

  @inline(never)
  private mutating func grow(_ count: Int) {
    let larger = 2 * room + count
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: values, count: valueByteCount)
    values.deallocate()
    (values, room) = (moved, larger)
  }
}

/// Writes a number as SQLite's variable-length integer, here below 2^28.
/// - Returns: how many bytes it took.
@inline(__always)
func putVarint(_ number: UInt64, _ target: UnsafeMutablePointer<UInt8>) -> Int {
  if number < 0x80 {
    target[0] = UInt8(truncatingIfNeeded: number)
    return 1
  }
  if number < 0x4000 {
    target[0] = UInt8(truncatingIfNeeded: number >> 7) | 0x80
    target[1] = UInt8(truncatingIfNeeded: number & 0x7f)
    return 2
  }
  precondition(number < 1 << 28)
  if number < 0x20_0000 {
    target[0] = UInt8(truncatingIfNeeded: number >> 14) | 0x80
    target[1] = UInt8(truncatingIfNeeded: number >> 7) | 0x80
    target[2] = UInt8(truncatingIfNeeded: number & 0x7f)
    return 3
  }
  target[0] = UInt8(truncatingIfNeeded: number >> 21) | 0x80
  target[1] = UInt8(truncatingIfNeeded: number >> 14) | 0x80
  target[2] = UInt8(truncatingIfNeeded: number >> 7) | 0x80
  target[3] = UInt8(truncatingIfNeeded: number & 0x7f)
  return 4
}

// Appends the values of a person and a card as the store's text.
extension RowBytes {
  @inline(__always)
  mutating func append(_ id: PersonalID) {
    append(textOf: 12) { putDigits(id.packed, 12, $0) }
  }

  @inline(__always)
  mutating func append(_ date: CalendarDate) {
    guard !date.isNone else { return appendNull() }
    append(textOf: textByteCount(date)) { putText(date, $0) }
  }

  @inline(__always)
  mutating func append(_ number: InsuranceNumber) {
    guard !number.isNone else { return appendNull() }
    append(textOf: number.digitCount) { putDigits(number.digits, number.digitCount, $0) }
  }

  @inline(__always)
  mutating func append(_ number: CardNumber) {
    guard !number.isNone else { return appendNull() }
    append(textOf: 5 + number.tail.digitCount) { putText(number, $0) }
  }

  @inline(__always)
  mutating func append(_ code: ShortCode) {
    guard !code.isNone else { return appendNull() }
    append(textOf: Int(code.packed & 0xff)) { putText(code, $0) }
  }
}
