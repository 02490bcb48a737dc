// Reads UTF-8 scalar by scalar, checks it, and writes it.
// Invariant: overlong forms, surrogates and scalars above U+10FFFF are malformed, by the standard.
// Load: every value with a byte outside ASCII that isn't a name in clean form; eight ASCII bytes a step.

/// Reads the scalar at `i` and moves `i` past it.
///
/// A malformed byte is U+FFFD, and `i` moves by one.
@inline(__always)
package func nextScalar(_ bytes: Span<UInt8>, _ i: inout Int) -> UInt32 {
  let first = UInt32(bytes[i])
  i += 1
  if first < 0x80 { return first }
  let more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1
  guard first >= 0xC2, first < 0xF5, i + more <= bytes.count else { return 0xFFFD }
  var scalar = first & (0x3F >> UInt32(more))
  for k in 0..<more {
    let byte = UInt32(bytes[i + k])
    guard byte & 0xC0 == 0x80 else { return 0xFFFD }
    scalar = scalar << 6 | byte & 0x3F
  }
  if more > 1, scalar < (more == 2 ? 0x800 : 0x10000) || scalar > 0x10FFFF || scalar >> 11 == 0x1B {
    return 0xFFFD
  }
  i += more
  return scalar
}

/// All scalars of a text; U+FFFD for each malformed byte.
package func scalars(of bytes: Span<UInt8>) -> [UInt32] {
  var scalars: [UInt32] = []
  var i = 0
  while i < bytes.count { scalars.append(nextScalar(bytes, &i)) }
  return scalars
}

/// The position of the first malformed byte; nil if there is none.
package func malformedPosition(_ bytes: Span<UInt8>) -> Int? {
  let raw = unsafe bytes.bytes
  var i = 0
  while i < bytes.count {
    if i + 8 <= bytes.count,
      unsafe raw.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      i += 8
      continue
    }
    let start = i
    // U+FFFD itself has three bytes.
    if nextScalar(bytes, &i) == 0xFFFD, i == start + 1 { return start }
  }
  return nil
}

extension [UInt8] {
  /// Appends one scalar.
  @inlinable @inline(__always)
  package mutating func append(utf8 scalar: UInt32) {
    if scalar < 0x80 {
      append(UInt8(truncatingIfNeeded: scalar))
    } else if scalar < 0x800 {
      append(UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    } else if scalar < 0x10000 {
      append(UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    } else {
      append(UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 12 & 0x3F))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F))
      append(UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F))
    }
  }
}
