// Decodes a file to UTF-8.
// Invariant: the text does not depend on how the bytes are chunked. An undefined byte becomes U+FFFD, which a
// later rule refuses. Letters of Windows-1258 are written as base and mark; folding names composes them.
// Load: whole exports, one table look-up for each byte.

import Names

/// Decodes one file.
struct LegacyDecoder {
  private let encoding: TextEncoding
  private var pending: UInt8?
  private var isBigEndian: Bool?
  private var highSurrogate: UInt32 = 0

  init(_ encoding: TextEncoding) { self.encoding = encoding }

  /// Sets the byte order of UTF-16 that is read from its middle on, without its byte order mark.
  mutating func setByteOrder(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  mutating func decode(_ bytes: [UInt8], isLast: Bool, into text: inout [UInt8]) {
    if let legacy = encoding.legacy {
      legacy.decode(bytes.span, pending: &pending, isLast: isLast, into: &text)
    } else if encoding == .utf16 {
      decodeUTF16(bytes, isLast, &text)
    } else {
      text.append(contentsOf: bytes)
    }
  }

  private mutating func decodeUTF16(_ bytes: [UInt8], _ isLast: Bool, _ text: inout [UInt8]) {
    for byte in bytes {
      guard let first = pending else {
        pending = byte
        continue
      }
      pending = nil
      if isBigEndian == nil {
        // The mark gives the order; without one, a zero byte is the high half of an ASCII letter.
        if first == 0xFE, byte == 0xFF {
          isBigEndian = true
        } else if first == 0xFF, byte == 0xFE {
          isBigEndian = false
        }
        if isBigEndian != nil { continue }
        isBigEndian = first == 0
      }
      let unit = isBigEndian == true ? UInt32(first) << 8 | UInt32(byte) : UInt32(byte) << 8 | UInt32(first)
      if highSurrogate != 0 {
        let high = highSurrogate
        highSurrogate = 0
        if unit >= 0xDC00, unit < 0xE000 {
          text.append(utf8: 0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00))
          continue
        }
        text.append(utf8: 0xFFFD)
      }
      if unit >= 0xD800, unit < 0xDC00 {
        highSurrogate = unit
      } else {
        text.append(utf8: unit >= 0xDC00 && unit < 0xE000 ? 0xFFFD : unit)
      }
    }
    if isLast, pending != nil || highSurrogate != 0 {
      text.append(utf8: 0xFFFD)
      (pending, highSurrogate) = (nil, 0)
    }
  }
}
