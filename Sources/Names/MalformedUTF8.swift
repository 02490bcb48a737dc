// Whether bytes are UTF-8 at all.
// Invariant: overlong forms, surrogates and what lies beyond U+10FFFF are malformed, as the standard says.
// Load: every value with a byte outside ASCII that isn't a name in clean form; eight ASCII bytes a step.

/// Where UTF-8 is malformed; nil if nowhere.
package func malformedPosition(_ bytes: Span<UInt8>) -> Int? {
  let raw = bytes.bytes
  var i = 0
  let count = bytes.count
  while i < count {
    if i + 8 <= count,
      unsafe raw.unsafeLoadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
    {
      i += 8
      continue
    }
    let first = bytes[i]
    if first < 0x80 {
      i += 1
      continue
    }
    let more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1
    guard first >= 0xC2, first < 0xF5, i + more < count else { return i }
    let second = bytes[i + 1]
    guard second & 0xC0 == 0x80, first != 0xE0 || second >= 0xA0, first != 0xED || second < 0xA0,
      first != 0xF0 || second >= 0x90, first != 0xF4 || second < 0x90
    else { return i }
    if more > 1, bytes[i + 2] & 0xC0 != 0x80 { return i }
    if more > 2, bytes[i + 3] & 0xC0 != 0x80 { return i }
    i += more + 1
  }
  return nil
}
