// Recognizes and removes white space and ignorable characters: direction marks, joiners, variation selectors, soft
// hyphens.
// Invariant: the tables are Unicode's: White_Space, and the union of Default_Ignorable_Code_Point and the general category
// Cf; a test compares them with the standard library for every scalar.
// Load: values with a byte outside ASCII, except names in clean form; for nearly all the leading byte decides.
//
// Source: Unicode Character Database 15.0, PropList.txt and DerivedCoreProperties.txt.

/// Whether a scalar is white space.
package func isWhiteSpace(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F, 0x205F, 0x3000: true
  default: false
  }
}

/// Whether a scalar is invisible and has no meaning in a field.
package func isIgnorable(_ scalar: UInt32) -> Bool {
  switch scalar {
  case 0xAD, 0x34F, 0x600...0x605, 0x61C, 0x6DD, 0x70F, 0x890...0x891, 0x8E2, 0x115F...0x1160,
    0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0x3164,
    0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB, 0x110BD, 0x110CD, 0x13430...0x1343F,
    0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF:
    true
  default: false
  }
}

/// Whether a character outside ASCII that begins with this byte may be blank.
///
/// Of the bytes that begin Vietnamese letters only E1 may.
@inline(__always)
private func mayBeginBlank(_ byte: UInt8) -> Bool {
  switch byte {
  case 0xC2, 0xCD, 0xD8, 0xDB, 0xDC, 0xE0...0xE3, 0xEF, 0xF0, 0xF3: true
  default: false
  }
}

/// The byte count of the white space or ignorable character at `i`; 0 for any other character.
@inline(__always)
package func blankCount(_ bytes: Span<UInt8>, at i: Int) -> Int {
  let byte = bytes[i]
  if byte < 0x80 { return byte == 0x20 || byte >= 0x09 && byte <= 0x0D ? 1 : 0 }
  return mayBeginBlank(byte) && !isMarkedLetter(bytes, at: i) ? slowBlankCount(bytes, at: i) : 0
}

/// Whether a character of U+1E00–U+1EFF, which contains the Vietnamese letters with two marks, is at `i`.
@inline(__always)
private func isMarkedLetter(_ bytes: Span<UInt8>, at i: Int) -> Bool {
  bytes[i] == 0xE1 && i + 1 < bytes.count && bytes[i + 1] >= 0xB8
}

@inline(never)
private func slowBlankCount(_ bytes: Span<UInt8>, at i: Int) -> Int {
  var next = i
  let scalar = nextScalar(bytes, &next)
  return isWhiteSpace(scalar) || isIgnorable(scalar) ? next - i : 0
}

/// Whether a value contains white space outside ASCII, or an ignorable character.
package func hasInvisible(_ bytes: Span<UInt8>) -> Bool {
  for i in bytes.indices where bytes[i] >= 0x80 && blankCount(bytes, at: i) > 0 { return true }
  return false
}

/// Appends a value without ignorable characters, and with a blank for each white space outside ASCII.
package func appendVisible(_ bytes: Span<UInt8>, to text: inout [UInt8]) {
  var i = 0
  while i < bytes.count {
    let count = bytes[i] < 0x80 ? 0 : blankCount(bytes, at: i)
    guard count > 0 else {
      text.append(bytes[i])
      i += 1
      continue
    }
    var next = i
    if isWhiteSpace(nextScalar(bytes, &next)) { text.append(0x20) }
    i += count
  }
}

/// A text without ignorable characters and without white space at its ends.
package func visible(_ text: String) -> String {
  var bytes: [UInt8] = []
  appendVisible(Array(text.utf8).span, to: &bytes)
  let first = bytes.firstIndex { $0 > 0x20 } ?? bytes.endIndex
  let last = bytes.lastIndex { $0 > 0x20 } ?? first
  return first < bytes.endIndex ? String(decoding: bytes[first...last], as: UTF8.self) : ""
}
