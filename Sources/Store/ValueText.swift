// Writes values as the store's text to memory, without a `String`.
// Invariant: the same bytes as the values' own `text`; at most 24 bytes, for which the caller has room.
// Load: about ten a row, 90 million rows a night.

import Values

@inline(__always)
func textByteCount(_ date: CalendarDate) -> Int {
  let monthAndDay = date.packed % 10_000
  return monthAndDay % 100 > 0 ? 10 : monthAndDay > 0 ? 7 : 4
}

/// Writes a date as `yyyy-MM-dd`, always ten bytes; ``textByteCount(_:)`` says how many are valid.
@inline(__always)
func putText(_ date: CalendarDate, _ target: UnsafeMutablePointer<UInt8>) {
  let year = date.packed / 10_000
  let monthAndDay = date.packed % 10_000
  putTwoDigits(year / 100, target)
  putTwoDigits(year % 100, target + 2)
  target[4] = UInt8(ascii: "-")
  putTwoDigits(monthAndDay / 100, target + 5)
  target[7] = UInt8(ascii: "-")
  putTwoDigits(monthAndDay % 100, target + 8)
}

@inline(__always)
func putText(_ number: CardNumber, _ target: UnsafeMutablePointer<UInt8>) {
  for i in 0..<5 { target[i] = UInt8(truncatingIfNeeded: number.head >> UInt64(8 * (4 - i))) }
  putDigits(number.tail.digits, number.tail.digitCount, target + 5)
}

/// Writes a code, always seven bytes; the lowest byte of the code says how many are valid.
@inline(__always)
func putText(_ code: ShortCode, _ target: UnsafeMutablePointer<UInt8>) {
  for i in 0..<7 { target[i] = UInt8(truncatingIfNeeded: code.packed >> UInt64(8 * (7 - i))) }
}

/// Writes a number with leading zeros; `count` is even.
@inline(__always)
func putDigits(_ number: UInt64, _ count: Int, _ target: UnsafeMutablePointer<UInt8>) {
  var rest = number
  var i = count - 2
  while i >= 0 {
    putTwoDigits(UInt32(truncatingIfNeeded: rest % 100), target + i)
    rest /= 100
    i -= 2
  }
}

@inline(__always)
func putTwoDigits(_ number: UInt32, _ target: UnsafeMutablePointer<UInt8>) {
  target[0] = UInt8(truncatingIfNeeded: 48 + number / 10)
  target[1] = UInt8(truncatingIfNeeded: 48 + number % 10)
}
