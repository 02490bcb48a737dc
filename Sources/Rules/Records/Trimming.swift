// Trims white space and ignorable characters from both ends of a value, and recognizes the values that mean "no value".
// Load: every value of every record; nearly all begin and end with a byte that needs one comparison.

import Names

/// The part of a value without white space and ignorable characters at its ends.
@inline(__always)
package func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
  guard let first = range.first, let last = range.last else { return range }
  if mayBeSpace(bytes[first]) || mayBeSpaceEnd(bytes[last]) { return slowlyTrimmed(bytes, range) }
  return range
}

/// Whether a nonempty value may have white space at its ends; false is certain, true is not.
///
/// Nearly all values begin and end with a visible character of ASCII.
@inline(__always)
package func mayBeTrimmed(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  bytes[start] &- 0x21 >= 0x5E || bytes[end &- 1] &- 0x21 >= 0x5E
}

@inline(__always)
private func mayBeSpace(_ b: UInt8) -> Bool { b <= 0x20 || b == 0xC2 || b > 0xC6 }
@inline(__always)
private func mayBeSpaceEnd(_ b: UInt8) -> Bool { b <= 0x20 || (b >= 0x80 && b < 0xC0) }

@inline(never)
private func slowlyTrimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
  var (start, end) = (range.lowerBound, range.upperBound)
  while start < end {
    let count = blankCount(bytes.extracting(start..<end), at: 0)
    if count == 0 { break }
    start += count
  }
  while start < end {
    var last = end - 1
    while last > start, bytes[last] & 0xC0 == 0x80 { last -= 1 }
    guard blankCount(bytes.extracting(..<end), at: last) == end - last else { break }
    end = last
  }
  return start..<end
}

/// The values that an export writes in place of no value.
package struct EmptyValues: Sendable {
  private var values: [[UInt8]] = []
  /// No listed value is longer.
  package private(set) var longest = 0

  package init(_ values: [[UInt8]]) {
    for value in values {
      let text = Array(value[trimmed(value.span, 0..<value.count)])
      guard !text.isEmpty else { continue }
      self.values.append(text)
      longest = max(longest, text.count)
    }
  }

  /// Whether a trimmed value means "no value".
  package func contains(_ value: Span<UInt8>) -> Bool {
    if value.isEmpty { return true }
    guard value.count <= longest else { return false }
    return isListed(value)
  }

  @inline(never)
  private func isListed(_ value: Span<UInt8>) -> Bool {
    for i in values.indices where isEqual(value, values[i]) { return true }
    return false
  }
}

func isEqual(_ value: Span<UInt8>, _ other: [UInt8]) -> Bool {
  guard value.count == other.count else { return false }
  for i in value.indices where value[i] != other[i] { return false }
  return true
}

/// A short value in ASCII capitals, without the white space and ignorable characters within it.
struct ShortText {
  private(set) var bytes = InlineArray<24, UInt8>(repeating: 0)
  private(set) var count = 0

  /// Keeps at most 24 bytes, more than any number has.
  init(_ value: Span<UInt8>) {
    var i = 0
    while i < value.count {
      let space = value[i] <= 0x20 || value[i] >= 0x80 ? blankCount(value, at: i) : 0
      if space > 0 {
        i += space
        continue
      }
      guard count < 24 else { return }
      let b = value[i]
      bytes[count] = b >= 0x61 && b <= 0x7A ? b - 32 : b
      count += 1
      i += 1
    }
  }
}

/// Whether a value is one repeated digit, which people type for an unknown number.
func isFiller(_ value: Span<UInt8>) -> Bool {
  guard value.count > 0, isDigit(value[0]) else { return false }
  for i in value.indices where value[i] != value[0] { return false }
  return true
}

func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// Whether a value consists of digits.
package func isDigits(_ value: Span<UInt8>) -> Bool {
  for i in value.indices where !isDigit(value[i]) { return false }
  return value.count > 0
}
