// The numbers that identify a person: the 12-digit personal ID number, the earlier 9-digit number, and the
// key under which an insurance record is joined with its person.
// Invariant: a value of these types is well formed; it needs no text and no heap storage.
// Load: one of each per record, compared and sorted by the hundred million.

/// What is wrong with the digits of a number.
package enum FieldFault: Error, Hashable, Sendable {
  case length(expected: Int, found: Int)
  case notADigit(at: Int)
}

/// Reads exactly `count` ASCII digits as one number.
///
/// - Throws: ``FieldFault`` if the length differs or a byte is no digit.
@inline(__always)
package func readDigits(_ bytes: Span<UInt8>, count: Int) throws(FieldFault) -> UInt64 {
  guard bytes.count == count else { throw .length(expected: count, found: bytes.count) }
  // For nine to twelve digits, read the first eight and the last eight, which overlap.
  if count >= 9, count <= 12, let front = unsafe eightDigits(bytes.bytes.integer(at: 0)),
    let back = unsafe eightDigits(bytes.bytes.integer(at: count &- 8))
  {
    switch count {
    case 9: return front &* 10 &+ back % 10
    case 10: return front &* 100 &+ back % 100
    case 11: return front &* 1000 &+ back % 1000
    default: return front &* 10_000 &+ back % 10_000
    }
  }
  return try readDigitsOneByOne(bytes)
}

/// Reads ASCII digits one by one, to find the first byte that is not a digit.
@inline(never)
private func readDigitsOneByOne(_ bytes: Span<UInt8>) throws(FieldFault) -> UInt64 {
  var number: UInt64 = 0
  for i in bytes.indices {
    let digit = bytes[i] &- UInt8(ascii: "0")
    guard digit < 10 else { throw .notADigit(at: i) }
    number = number &* 10 &+ UInt64(digit)
  }
  return number
}

/// Eight ASCII digits, the first in the lowest byte, as a number; nil if one is no digit.
@inline(__always)
package func eightDigits(_ word: UInt64) -> UInt64? {
  // A digit is 0x30–0x39: its upper half is 3, and stays so when 6 is added.
  guard (word & (word &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030 else {
    return nil
  }
  // Combine neighbours: digits to pairs, pairs to fours, fours to eight.
  let digits = word & 0x0F0F_0F0F_0F0F_0F0F
  let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
  let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
  return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
}

/// The number as text, padded with zeros on the left to `width` digits.
package func padded(_ number: UInt64, to width: Int) -> String {
  var count = 1
  var bound: UInt64 = 10
  while count < 19, number >= bound {
    count += 1
    bound = bound &* 10
  }
  if count == 19, number >= bound { count = 20 }
  count = max(count, width)
  return unsafe String(unsafeUninitializedCapacity: count) { text in
    unsafe writeDigits(number, to: text.extracting(..<count))
    return count
  }
}

/// Fills the memory with the number's last digits.
func writeDigits(_ number: UInt64, to text: UnsafeMutableBufferPointer<UInt8>) {
  var rest = number
  for i in stride(from: text.count - 1, through: 0, by: -1) {
    unsafe text[i] = UInt8(truncatingIfNeeded: 48 + rest % 10)
    rest /= 10
  }
}

/// A personal ID number (số định danh cá nhân): 12 digits, no check digit.
///
/// Source: Decree 137/2015/NĐ-CP art. 13; Circular 07/2016/TT-BCA art. 7.
package struct PersonalID: Hashable, Comparable, Sendable, BitwiseCopyable {
  package let packed: UInt64

  package init(packed: UInt64) { self.packed = packed }

  /// Reads exactly 12 ASCII digits.
  package init(_ digits: Span<UInt8>) throws(FieldFault) { packed = try readDigits(digits, count: 12) }

  package static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }

  /// The 12 digits.
  package var text: String { padded(packed, to: 12) }

  /// Digits 1–3, the place of birth registration: 1–96 a province, 101–295 a country.
  package var prefix: Int { Int(packed / 1_000_000_000) }

  /// Digit 4: sex and century.
  private var centuryDigit: Int { Int(packed / 100_000_000 % 10) }

  /// The sex by digit 4: even is male.
  package var impliedSex: Sex { centuryDigit % 2 == 0 ? .male : .female }

  /// The birth year by digits 4–6.
  package var impliedBirthYear: Int { 1900 + 100 * (centuryDigit / 2) + Int(packed / 1_000_000 % 100) }

  /// Whether it is one repeated digit, which people type for an unknown number.
  package var isFiller: Bool { packed % 111_111_111_111 == 0 }
}

/// A 9-digit number (CMND) held before the personal ID number; several persons may have held the same one.
package struct LegacyID: Hashable, Comparable, Sendable, BitwiseCopyable {
  package let packed: UInt32

  package init(packed: UInt32) { self.packed = packed }

  /// Reads exactly 9 ASCII digits.
  package init(_ digits: Span<UInt8>) throws(FieldFault) {
    packed = UInt32(truncatingIfNeeded: try readDigits(digits, count: 9))
  }

  package static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }

  package var text: String { padded(UInt64(packed), to: 9) }

  /// Whether it is one repeated digit, which people type for an unknown number; `000000000` is one too.
  package var isFiller: Bool { packed % 111_111_111 == 0 }
}

/// The sort key of staged insurance records: the content of the personal ID field.
///
/// Ascending: no number, an unusable one, a 9-digit one, a personal ID number. Population records have only
/// keys of the last kind, so that comparing one word joins both exports.
package struct LinkKey: Hashable, Comparable, Sendable, BitwiseCopyable {
  package let packed: UInt64

  package init(packed: UInt64) { self.packed = packed }

  package static let missing = LinkKey(packed: 0)
  package static let invalid = LinkKey(packed: 1 << 40)
  package static func legacy(_ id: LegacyID) -> LinkKey { LinkKey(packed: 2 << 40 | UInt64(id.packed)) }
  package static func personal(_ id: PersonalID) -> LinkKey { LinkKey(packed: 3 << 40 | id.packed) }

  /// The first key that holds a 9-digit number, and the first that holds a personal ID number.
  package static let firstLegacy = LinkKey(packed: 2 << 40)
  package static let firstPersonal = LinkKey(packed: 3 << 40)
  /// Greater than every key.
  package static let end = LinkKey(packed: 4 << 40)

  package static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }

  package var personalID: PersonalID? {
    packed >> 40 == 3 ? PersonalID(packed: packed & (1 << 40 - 1)) : nil
  }
  package var legacyID: LegacyID? {
    packed >> 40 == 2 ? LegacyID(packed: UInt32(truncatingIfNeeded: packed)) : nil
  }
}
