// The order rule: what orders the changes of one record within a delta.
// Invariant: numbers compare as numbers, and times as times; text never does.
// Load: one value per record of a delta.
//
// For data officers: a number of up to 18 digits, or a time such as 2026-11-23T08:30:15, 2026-11-23 08:30 or
// 23/11/2026 08:30:15, with +07:00 or Z where the supplier writes it; without it the time is that of Việt Nam.
//   order_format         the value is neither

import Values

package enum OrderRule {
  /// Reads a trimmed value; nil for one that orders nothing.
  package static func read(_ value: Span<UInt8>) -> UInt64? {
    if (1...18).contains(value.count), isDigits(value) { return try? readDigits(value, count: value.count) }
    return Time(value)?.milliseconds
  }

  /// A point in time, cut from its text.
  private struct Time {
    private var at = 0
    private let text: [UInt8]
    private(set) var milliseconds: UInt64 = 0

    init?(_ value: Span<UInt8>) {
      guard value.count <= 40 else { return nil }
      text = value.indices.map { value[$0] }
      guard let date = date() else { return nil }
      var clock = (hour: 0, minute: 0, second: 0, fraction: 0)
      if at < text.count, take("T") || take(" ") {
        guard let hour = number(2), take(":"), let minute = number(2) else { return nil }
        (clock.hour, clock.minute) = (hour, minute)
        if take(":") {
          guard let second = number(2) else { return nil }
          clock.second = second
          if take(".") {
            guard let fraction = fraction() else { return nil }
            clock.fraction = fraction
          }
        }
      }
      guard clock.hour < 24, clock.minute < 60, clock.second < 61, let zone = zoneMinutes(), at == text.count
      else { return nil }
      let minutes = (date.dayNumber * 24 + clock.hour) * 60 + clock.minute - zone
      milliseconds = UInt64(max(0, (minutes * 60 + clock.second) * 1000 + clock.fraction))
    }

    private mutating func date() -> CalendarDate? {
      if text.count > 4, text[4] == UInt8(ascii: "-") {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else {
          return nil
        }
        return day > 0 && month > 0 ? CalendarDate(year: year, month: month, day: day) : nil
      }
      guard let day = number(2), take("/"), let month = number(2), take("/"), let year = number(4) else {
        return nil
      }
      return day > 0 && month > 0 ? CalendarDate(year: year, month: month, day: day) : nil
    }

    private mutating func zoneMinutes() -> Int? {
      if at == text.count { return 7 * 60 }
      if take("Z") { return 0 }
      let sign = take("+") ? 1 : take("-") ? -1 : 0
      guard sign != 0, let hours = number(2) else { return nil }
      _ = take(":")
      guard let minutes = number(2) else { return nil }
      return sign * (hours * 60 + minutes)
    }

    private mutating func take(_ sign: Unicode.Scalar) -> Bool {
      guard at < text.count, text[at] == UInt8(ascii: sign) else { return false }
      at += 1
      return true
    }

    private mutating func number(_ count: Int) -> Int? {
      guard at + count <= text.count,
        let digits = try? readDigits(text.span.extracting(at..<at + count), count: count)
      else { return nil }
      at += count
      return Int(digits)
    }

    /// Thousandths of a second; further digits are left out.
    private mutating func fraction() -> Int? {
      var (value, count) = (0, 0)
      while at < text.count, isDigit(text[at]) {
        if count < 3 { value = value * 10 + Int(text[at] - 48) }
        (count, at) = (count + 1, at + 1)
      }
      guard count > 0 else { return nil }
      for _ in min(count, 3)..<3 { value *= 10 }
      return value
    }
  }
}
