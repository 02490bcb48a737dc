// Trims white space from both ends of a value, and recognizes the values that mean "no value".
// Load: every value of every record; nearly all begin and end with a byte that needs one comparison.

/// The part of a value between the white space at its ends: blanks, tabs, line ends, no-break and zero-width spaces.
@inline(__always)
package func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
  guard let first = range.first, let last = range.last else { return range }
  if mayBeSpace(bytes[first]) || mayBeSpaceEnd(bytes[last]) { return slowlyTrimmed(bytes, range) }
  return range
}

/// Whether a nonempty value may have white space at its ends; false is certain, true is not.
@inline(__always)
package func mayBeTrimmed(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
  mayBeSpace(bytes[start]) || mayBeSpaceEnd(bytes[end &- 1])
}

@inline(__always)
private func mayBeSpace(_ b: UInt8) -> Bool { b <= 0x20 || b == 0xC2 || b == 0xE2 || b == 0xEF }
@inline(__always)
private func mayBeSpaceEnd(_ b: UInt8) -> Bool { b <= 0x20 || (b >= 0x80 && b < 0xC0) }

@inline(never)
private func slowlyTrimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
  var (start, end) = (range.lowerBound, range.upperBound)
  while start < end {
    let count = spaceCount(bytes.extracting(start..<end), at: 0)
    if count == 0 { break }
    start += count
  }
  scan: while start < end {
    for width in 1...3 where end - start >= width {
      if spaceCount(bytes.extracting(start..<end), at: end - start - width) == width {
        end -= width
        continue scan
      }
    }
    break
  }
  return start..<end
}

/// The byte count of the white-space character at `i`; 0 if there is none.
func spaceCount(_ bytes: Span<UInt8>, at i: Int) -> Int {
  switch bytes[i] {
  case 0x20, 0x09...0x0D: return 1
  case 0xC2: return i + 1 < bytes.count && (bytes[i + 1] == 0xA0 || bytes[i + 1] == 0x85) ? 2 : 0
  case 0xE2:
    guard i + 2 < bytes.count, bytes[i + 1] == 0x80 else { return 0 }
    return bytes[i + 2] <= 0x8B || bytes[i + 2] == 0xAF ? 3 : 0
  case 0xEF: return i + 2 < bytes.count && bytes[i + 1] == 0xBB && bytes[i + 2] == 0xBF ? 3 : 0
  default: return 0
  }
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

/// A short value in ASCII capitals, without the white space within it.
struct ShortText {
  private(set) var bytes = InlineArray<24, UInt8>(repeating: 0)
  private(set) var count = 0

  /// Keeps at most 24 bytes, more than any number has.
  init(_ value: Span<UInt8>) {
    var i = 0
    while i < value.count {
      let space = value[i] <= 0x20 || value[i] >= 0x80 ? spaceCount(value, at: i) : 0
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
