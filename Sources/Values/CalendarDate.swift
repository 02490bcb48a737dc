// A date known to the day, the month or only the year.
// Invariant: a value is no date at all, or one that exists in the Gregorian calendar.
// Load: up to four per insurance record; comparing two is comparing two integers.

/// A date known to the day, the month or the year.
package struct CalendarDate: Hashable, Sendable, BitwiseCopyable {
  /// `yyyymmdd` as a decimal number; an unknown part is zero; zero is no date.
  package let packed: UInt32

  package init(packed: UInt32) { self.packed = packed }
  package static let none = CalendarDate(packed: 0)

  /// Nil if the day does not exist; month and day may be zero for "unknown", the year may be 1–9999.
  package init?(year: Int, month: Int = 0, day: Int = 0) {
    guard (1...9999).contains(year), (0...12).contains(month), day >= 0 else { return nil }
    guard day == 0 || (month > 0 && (day <= 28 || day <= Self.days(in: month, of: year))) else { return nil }
    packed = UInt32(truncatingIfNeeded: year &* 10_000 &+ month &* 100 &+ day)
  }

  package enum Precision: Int, Comparable, Sendable {
    case year, month, day
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  }

  package var isNone: Bool { packed == 0 }
  package var year: Int { Int(packed / 10_000) }
  package var month: Int { Int(packed / 100 % 100) }
  package var day: Int { Int(packed % 100) }
  package var precision: Precision { day > 0 ? .day : month > 0 ? .month : .year }

  /// Year, month and day in 23 bits, for three bytes on disk; zero is no date.
  package var bits: UInt32 { UInt32(year) << 9 | UInt32(month) << 5 | UInt32(day) }
  @inline(__always)
  package init(bits: UInt32) { packed = (bits >> 9) * 10_000 + (bits >> 5 & 15) * 100 + (bits & 31) }

  /// The first and the last day that the date may mean, as `yyyymmdd`.
  ///
  /// The last may be a nonexistent 31st, which still compares correctly.
  package var firstDay: UInt32 { packed + (month == 0 ? 101 : day == 0 ? 1 : 0) }
  package var lastDay: UInt32 { packed + (month == 0 ? 1231 : day == 0 ? 31 : 0) }

  /// This date reduced to `precision` if it is more precise.
  package func coarsened(to precision: Precision) -> CalendarDate {
    switch precision {
    case .year: CalendarDate(packed: packed / 10_000 * 10_000)
    case .month: CalendarDate(packed: packed / 100 * 100)
    case .day: self
    }
  }

  /// Whether the dates are equal at the coarser of the two precisions.
  package func agrees(with other: CalendarDate) -> Bool {
    let coarser = min(precision, other.precision)
    return !isNone && !other.isNone && coarsened(to: coarser) == other.coarsened(to: coarser)
  }

  /// Days since 1 March of year 0, to compute distances between full dates.
  package var dayNumber: Int {
    let m = (month + 9) % 12
    let y = year - m / 10
    return 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1
  }

  /// The date this many days later; a date that isn't full is unchanged.
  package func adding(days: Int) -> CalendarDate {
    guard precision == .day, !isNone else { return self }
    let number = dayNumber + days
    let era = number / 146_097
    let dayOfEra = number % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let month = m < 10 ? m + 3 : m - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return CalendarDate(year: year, month: month, day: dayOfYear - (153 * m + 2) / 5 + 1) ?? self
  }

  /// The first day after all that the date may mean.
  package var dayAfter: CalendarDate {
    switch precision {
    case .year: CalendarDate(year: year + 1, month: 1, day: 1) ?? self
    case .month: CalendarDate(year: year + month / 12, month: month % 12 + 1, day: 1) ?? self
    case .day: adding(days: 1)
    }
  }

  /// ISO 8601: `2026-01-01`, `1950-07`, `1950`; empty for no date.
  package var text: String {
    guard !isNone else { return "" }
    var text = padded(UInt64(year), to: 4)
    if month > 0 { text += "-" + padded(UInt64(month), to: 2) }
    if day > 0 { text += "-" + padded(UInt64(day), to: 2) }
    return text
  }

  /// Reads ISO 8601 as ``text`` writes it.
  package init?(iso text: Span<UInt8>) {
    func number(_ start: Int, _ count: Int) -> Int? {
      guard let digits = try? readDigits(text.extracting(start..<start + count), count: count) else {
        return nil
      }
      return Int(digits)
    }
    let hyphen = UInt8(ascii: "-")
    if text.count == 10 {
      // Eight bytes from each end, as nearly all dates have ten.
      let raw = unsafe text.bytes
      let (head, tail) = (raw.integer(at: 0) as UInt64, raw.integer(at: 2) as UInt64)
      let digits = head & 0xFFFF_FFFF | (head >> 8) & 0xFFFF_0000_0000 | tail & 0xFFFF_0000_0000_0000
      guard text[4] == hyphen, text[7] == hyphen, let parts = dateParts(ofDigits: digits), parts.month > 0,
        parts.day > 0
      else { return nil }
      self.init(year: parts.year, month: parts.month, day: parts.day)
      return
    }
    guard text.count == 4 || text.count == 7, let year = number(0, 4) else { return nil }
    var month = 0
    if text.count == 7 {
      guard text[4] == hyphen, let found = number(5, 2), found > 0 else { return nil }
      month = found
    }
    self.init(year: year, month: month)
  }

  package init?(iso text: String) { self.init(iso: text.utf8.span) }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// Year, month and day of the digits `yyyyMMdd`, the first in the lowest byte; nil if a byte is no digit.
@inline(__always)
package func dateParts(ofDigits digits: UInt64) -> (year: Int, month: Int, day: Int)? {
  // A digit is 0x30–0x39: its upper half is 3, and stays so when 6 is added.
  let upper = digits & (digits &+ 0x0606_0606_0606_0606) & 0xF0F0_F0F0_F0F0_F0F0
  guard upper == 0x3030_3030_3030_3030 else { return nil }
  // The numbers of two digits are in every second byte.
  let ones = digits & 0x0F0F_0F0F_0F0F_0F0F
  let pairs = ones &* 10 &+ ones &>> 8
  func pair(_ i: UInt64) -> Int { Int(truncatingIfNeeded: pairs &>> (16 &* i) & 0xff) }
  return (pair(0) &* 100 &+ pair(1), pair(2), pair(3))
}
