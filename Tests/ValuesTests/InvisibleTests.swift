// Compares the tables of white space and ignorable characters with the standard library's.

import Names
import Support
import Testing

@Suite("Invisible characters")
struct InvisibleTests {
  /// All scalars with the standard library's properties.
  static func each(_ body: (Unicode.Scalar, _ isSpace: Bool, _ isIgnorable: Bool) -> Void) {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let properties = scalar.properties
      body(
        scalar, properties.isWhitespace,
        properties.isDefaultIgnorableCodePoint || properties.generalCategory == .format)
    }
  }

  @Test("the tables are Unicode's, for every scalar")
  func tables() {
    var (spaces, ignorable) = (0, 0)
    Self.each { scalar, space, ignored in
      if isWhiteSpace(scalar.value) != space { Issue.record("\(scalar.value): white space") }
      if isIgnorable(scalar.value) != ignored { Issue.record("\(scalar.value): ignorable") }
      (spaces, ignorable) = (spaces + (space ? 1 : 0), ignorable + (ignored ? 1 : 0))
    }
    #expect(spaces == 25 && ignorable > 4000)
  }

  @Test("a reader sees them by their bytes, for every scalar")
  func bytes() {
    Self.each { scalar, space, ignored in
      let text = Array(String(Character(scalar)).utf8)
      let isBlank = space || ignored
      var shown: [UInt8] = []
      appendVisible(text.span, to: &shown)
      let expected = ignored ? [] : space && text.count > 1 ? [0x20] : text
      if blankCount(text.span, at: 0) != (isBlank ? text.count : 0)
        || hasInvisible(text.span) != (isBlank && text.count > 1) || shown != expected
      {
        Issue.record("\(scalar.value)")
      }
    }
  }

  @Test("bytes that are no UTF-8 are kept as they are", arguments: UInt64(0)..<200)
  func malformed(seed: UInt64) {
    var random = SeededGenerator(seed)
    let parts: [[UInt8]] = [[0xE2, 0x80, 0x8E], [0xC2, 0xA0], [0xE2], [0xBF], [0xF3], [0x41], [0xFF]]
    let bytes = (0..<random.next() % 12).flatMap { _ in parts[Int(random.next() % 7)] }
    // U+200E and U+00A0 at the places where a valid reading of the bytes has them.
    var (expected, i): ([UInt8], Int) = ([], 0)
    while i < bytes.count {
      if bytes[i...].starts(with: parts[0]) {
        i += 3
      } else if bytes[i...].starts(with: parts[1]) {
        expected.append(0x20)
        i += 2
      } else {
        expected.append(bytes[i])
        i += 1
      }
    }
    var shown: [UInt8] = []
    appendVisible(bytes.span, to: &shown)
    #expect(shown == expected)
  }

  @Test("what is typed loses them, and the blanks at its ends")
  func typed() {
    #expect(visible(" \u{202D}001090000103\u{202C}\u{A0}") == "001090000103")
    #expect(visible("a\u{3000}b") == "a b")
    #expect(visible("\u{200E} ").isEmpty)
  }
}
