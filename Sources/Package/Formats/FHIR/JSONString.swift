// Reads one JSON string after RFC 8259.
// Invariant: any bytes are read without a trap; an escape that is no character is refused.

import Names

/// Why a line is refused: what was expected.
package struct JSONFault: Error, Hashable {
  var expected: String

  init(_ expected: String) { self.expected = expected }
}

/// Appends a string, without its escapes, from its opening quote on.
///
/// - Parameter allowsControls: whether control characters may be in it as they are.
package func readJSONString(
  _ line: Span<UInt8>, _ at: inout Int, into text: inout [UInt8], allowsControls: Bool = false
) throws(JSONFault) {
  guard at < line.count, line[at] == UInt8(ascii: "\"") else { throw JSONFault("a string") }
  at += 1
  while at < line.count {
    let byte = line[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""): return
    case UInt8(ascii: "\\"): try readEscape(line, &at, into: &text)
    case 0..<0x20 where !allowsControls: throw JSONFault("a string without control characters")
    default: text.append(byte)
    }
  }
  throw JSONFault("a closing quote")
}

private func readEscape(_ line: Span<UInt8>, _ at: inout Int, into text: inout [UInt8]) throws(JSONFault) {
  guard at < line.count else { throw JSONFault("an escape") }
  at += 1
  switch line[at - 1] {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(line[at - 1])
  case UInt8(ascii: "b"): text.append(0x08)
  case UInt8(ascii: "f"): text.append(0x0C)
  case UInt8(ascii: "n"): text.append(0x0A)
  case UInt8(ascii: "r"): text.append(0x0D)
  case UInt8(ascii: "t"): text.append(0x09)
  case UInt8(ascii: "u"):
    var code = try readUnit(line, &at)
    if code >> 10 == 0x36, at + 1 < line.count, line[at] == UInt8(ascii: "\\"),
      line[at + 1] == UInt8(ascii: "u")
    {
      at += 2
      let low = try readUnit(line, &at)
      guard low >> 10 == 0x37 else { throw JSONFault("the second half of a pair of escapes") }
      code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
    }
    guard Unicode.Scalar(code) != nil else { throw JSONFault("an escape of a character") }
    text.append(utf8: code)
  default: throw JSONFault("an escape")
  }
}

private func readUnit(_ line: Span<UInt8>, _ at: inout Int) throws(JSONFault) -> UInt32 {
  guard line.count - at >= 4 else { throw JSONFault("four hexadecimal digits") }
  var code: UInt32 = 0
  for i in at..<at + 4 {
    guard let digit = hexValue(line[i]) else { throw JSONFault("four hexadecimal digits") }
    code = code << 4 | UInt32(digit)
  }
  at += 4
  return code
}

/// The value of a hexadecimal digit; nil for any other byte.
package func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
