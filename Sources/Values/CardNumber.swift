// The numbers that identify an insured person and a card.
// Invariant: an insurance number keeps whether it has 10 or 12 digits, so that `0123456789` never equals
// `000123456789`; a card number keeps its 15 or 17 characters exactly.
// Load: two per insurance record, sorted by the claims of the matcher.

/// An insurance number (mã số BHXH): 10 digits, or since 1 August 2025 the 12 of the personal ID number.
///
/// Source: letter 1804/BHXH-QLT of 4 August 2025.
package struct InsuranceNumber: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// Zero is no number; otherwise the digits, with bit 41 set for 12 digits and bit 42 for 10.
  package let packed: UInt64

  private static let ten: UInt64 = 1 << 42
  private static let twelve: UInt64 = 1 << 41

  package init(packed: UInt64) { self.packed = packed }
  package init(_ id: PersonalID) { packed = id.packed | Self.twelve }
  package static let none = InsuranceNumber(packed: 0)

  /// Reads 10 or 12 ASCII digits.
  package init(_ digits: Span<UInt8>) throws(FieldFault) {
    packed =
      digits.count == 12
      ? try readDigits(digits, count: 12) | Self.twelve : try readDigits(digits, count: 10) | Self.ten
  }

  package var isNone: Bool { packed == 0 }
  package var digitCount: Int { packed & Self.twelve != 0 ? 12 : 10 }
  package var digits: UInt64 { packed & (Self.twelve - 1) }
  /// Whether it is one repeated digit, which people type for an unknown number.
  package var isFiller: Bool { digits % (digitCount == 12 ? 111_111_111_111 : 1_111_111_111) == 0 }
  package var text: String { padded(digits, to: digitCount) }
  /// The personal ID number that this number is; nil for 10 digits, a filler or an unknown prefix.
  package var personalID: PersonalID? {
    guard digitCount == 12, !isFiller else { return nil }
    let id = PersonalID(packed: digits)
    return id.hasKnownPrefix ? id : nil
  }

  /// The personal ID number that this number is, unless it is `own`; nil for 10 digits or a filler.
  @inline(__always)
  package func personalID(otherThan own: PersonalID) -> PersonalID? {
    guard digitCount == 12, digits != own.packed, !isFiller else { return nil }
    return PersonalID(packed: digits)
  }

  /// Orders by the text: "0100000000" before "010000000000" before "0100000001".
  package static func < (a: Self, b: Self) -> Bool { a.sortKey < b.sortKey }
  private var sortKey: UInt64 { digitCount == 12 ? digits * 2 + 1 : digits * 200 }
}

/// A health-insurance card number: group (2 letters), level (1–5), province (2 digits), then 10 or 12 digits.
///
/// Source: Decision 1351/QĐ-BHXH (2015); the 17-character form since the personal ID number replaces the insurance
/// number.
package struct CardNumber: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The first five characters as ASCII, the first in the highest byte; zero is no card number.
  package let head: UInt64
  package let tail: InsuranceNumber

  package init(head: UInt64, tail: InsuranceNumber) {
    self.head = head
    self.tail = tail
  }
  @inline(__always)
  package static var none: CardNumber { CardNumber(head: 0, tail: InsuranceNumber(packed: 0)) }

  package enum Fault: Error, Hashable, Sendable { case length, letters, level, digits }

  /// Reads 15 or 17 characters without spaces, in upper case.
  package init(_ text: Span<UInt8>) throws(Fault) {
    guard text.count == 15 || text.count == 17 else { throw .length }
    var head: UInt64 = 0
    for i in 0..<5 {
      let c = text[i]
      switch i {
      case 0, 1: guard c >= UInt8(ascii: "A"), c <= UInt8(ascii: "Z") else { throw .letters }
      case 2:
        guard c >= UInt8(ascii: "0"), c <= UInt8(ascii: "9") else { throw .digits }
        guard c >= UInt8(ascii: "1"), c <= UInt8(ascii: "5") else { throw .level }
      default: guard c >= UInt8(ascii: "0"), c <= UInt8(ascii: "9") else { throw .digits }
      }
      head = head << 8 | UInt64(c)
    }
    guard let tail = try? InsuranceNumber(text.extracting(5...)) else { throw .digits }
    self.head = head
    self.tail = tail
  }

  /// Group, level and province in 20 bits, for three bytes on disk; there must be a card number.
  package var headBits: UInt32 {
    var bits: UInt32 = 0
    for i in 0..<5 {
      let c = UInt32(truncatingIfNeeded: head >> (8 * (4 - UInt64(i)))) & 0xff
      bits = i < 2 ? bits * 26 + (c &- 65) : bits * 10 + (c &- 48)
    }
    return bits
  }
  package init(headBits bits: UInt32, tail: InsuranceNumber) {
    let letters = bits / 1000
    let digits = bits % 1000
    head =
      UInt64(letters / 26 + 65) << 32 | UInt64(letters % 26 + 65) << 24 | UInt64(digits / 100 + 48) << 16
      | UInt64(digits / 10 % 10 + 48) << 8 | UInt64(digits % 10 + 48)
    self.tail = tail
  }

  package var isNone: Bool { head == 0 }
  /// The object group's two letters, the first in the higher byte.
  package var group: UInt16 { UInt16(truncatingIfNeeded: head >> 24) }
  /// The group's number, below ``groupCount``; nil without a card number.
  package var groupIndex: Int? {
    isNone ? nil : Int(group >> 8 & 0xff) * 26 + Int(group & 0xff) - 65 * 27
  }
  package static let groupCount = 26 * 26
  /// The two letters of a group's number; empty for ``groupCount``, which means no card number.
  package static func groupText(_ index: Int) -> String {
    index >= groupCount
      ? "" : String(decoding: [UInt8(65 + index / 26), UInt8(65 + index % 26)], as: UTF8.self)
  }
  package var level: Int { Int(head >> 16 & 0xff) - 48 }
  package var text: String {
    guard !isNone else { return "" }
    let count = 5 + tail.digitCount
    return unsafe String(unsafeUninitializedCapacity: count) { text in
      for i in 0..<5 { unsafe text[i] = UInt8(truncatingIfNeeded: head >> (8 * (4 - UInt64(i)))) }
      unsafe writeDigits(tail.digits, to: text.extracting(5..<count))
      return count
    }
  }

  /// Orders by the text.
  package static func < (a: Self, b: Self) -> Bool { a.head != b.head ? a.head < b.head : a.tail < b.tail }
}

/// A short code kept as it is written: up to 7 ASCII characters, such as a facility code.
package struct ShortCode: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The characters, the first in the highest of 7 bytes, then their count; zero is no code.
  package let packed: UInt64

  package init(packed: UInt64) { self.packed = packed }
  package static let none = ShortCode(packed: 0)

  /// Nil when empty, longer than 7 bytes or not printable ASCII.
  package init?(_ text: Span<UInt8>) {
    guard text.count > 0, text.count <= 7 else { return nil }
    var packed: UInt64 = 0
    for i in 0..<7 {
      let c = i < text.count ? text[i] : 0
      guard i >= text.count || (c > 0x20 && c < 0x7f) else { return nil }
      packed = packed << 8 | UInt64(c)
    }
    self.packed = packed << 8 | UInt64(text.count)
  }

  package var isNone: Bool { packed == 0 }
  package var text: String {
    let bytes = (0..<7).map { UInt8(truncatingIfNeeded: packed >> (8 * (7 - $0))) }
    return String(decoding: bytes.prefix(Int(packed & 0xff)), as: UTF8.self)
  }
  package static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }
}
