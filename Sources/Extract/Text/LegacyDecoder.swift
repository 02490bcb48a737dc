// Decoding to UTF-8 from the encodings that old systems write.
// Invariant: any chunking of the bytes gives the same text; a byte that means nothing becomes U+FFFD, which a later
// rule refuses; letters of Windows-1258 come as base and mark and are put together when names are folded.
// Load: whole exports, one table look-up for each byte.

import Names

/// Decodes one file.
struct LegacyDecoder {
  private let encoding: TextEncoding
  private let table: [UInt16]
  /// Letters of VNI's pairs by vowel and mark: index into 256 × 256, zero for no pair.
  private let pairs: [UInt16]
  private var pending: UInt8?
  private var isBigEndian: Bool?
  private var highSurrogate: UInt32 = 0

  init(_ encoding: TextEncoding) {
    self.encoding = encoding
    switch encoding {
    case .tcvn3: table = LegacyTables.tcvn3
    case .vps: table = LegacyTables.vps
    case .viscii: table = LegacyTables.viscii
    case .windows1258: table = LegacyTables.windows1258
    case .vni: table = LegacyTables.vni
    case .utf8, .utf16: table = []
    }
    var pairs: [UInt16] = []
    if encoding == .vni {
      pairs = [UInt16](repeating: 0, count: 65536)
      for (pair, letter) in LegacyTables.vniPairs { pairs[Int(pair)] = letter }
    }
    self.pairs = pairs
  }

  /// UTF-16 that is read from its middle on, without its byte order mark.
  mutating func setByteOrder(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  mutating func decode(_ bytes: [UInt8], isLast: Bool, into text: inout [UInt8]) {
    switch encoding {
    case .utf8: text.append(contentsOf: bytes)
    case .utf16: decodeUTF16(bytes, isLast, &text)
    case .vni: decodeVNI(bytes, isLast, &text)
    default: for byte in bytes { text.append(utf8: UInt32(table[Int(byte)])) }
    }
  }

  private mutating func decodeVNI(_ bytes: [UInt8], _ isLast: Bool, _ text: inout [UInt8]) {
    for byte in bytes {
      if let vowel = pending {
        pending = nil
        let letter = pairs[Int(vowel) << 8 | Int(byte)]
        if letter != 0 {
          text.append(utf8: UInt32(letter))
          continue
        }
        text.append(utf8: UInt32(table[Int(vowel)]))
      }
      pending = byte
    }
    if isLast, let vowel = pending {
      text.append(utf8: UInt32(table[Int(vowel)]))
      pending = nil
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
        // The mark says the order; without one, a zero byte shows where ASCII's high half stands.
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
