// Decodes the encodings of old Vietnamese software byte by byte.
// Invariant: the text does not depend on how the bytes are chunked; an undefined byte becomes U+FFFD.
// Load: whole exports, one table look-up for each byte.

/// An encoding with one byte per letter, or in VNI one or two.
package enum LegacyEncoding: String, CaseIterable, Sendable {
  case tcvn3, vni, vps, viscii
  case windows1258 = "windows-1258"

  /// The letter of each byte that does not begin a pair.
  package var table: [UInt16] {
    switch self {
    case .tcvn3: LegacyTables.tcvn3
    case .vni: LegacyTables.vni
    case .vps: LegacyTables.vps
    case .viscii: LegacyTables.viscii
    case .windows1258: LegacyTables.windows1258
    }
  }

  /// The letters of VNI's pairs by vowel and mark: an index into 256 × 256, zero for no pair.
  private static let vniPairs: [UInt16] = {
    var pairs = [UInt16](repeating: 0, count: 65536)
    for (pair, letter) in LegacyTables.vniPairs { pairs[Int(pair)] = letter }
    return pairs
  }()

  /// Appends the text of `bytes` as UTF-8.
  ///
  /// - Parameters:
  ///   - pending: a byte of VNI whose mark may come with the next bytes; nil at first.
  ///   - isLast: whether no bytes follow.
  package func decode(_ bytes: Span<UInt8>, pending: inout UInt8?, isLast: Bool, into text: inout [UInt8]) {
    let table = table
    guard self == .vni else {
      for i in bytes.indices { text.append(utf8: UInt32(table[Int(bytes[i])])) }
      return
    }
    let pairs = Self.vniPairs
    for i in bytes.indices {
      guard let vowel = pending else {
        pending = bytes[i]
        continue
      }
      let letter = pairs[Int(vowel) << 8 | Int(bytes[i])]
      pending = letter == 0 ? bytes[i] : nil
      text.append(utf8: UInt32(letter == 0 ? table[Int(vowel)] : letter))
    }
    if isLast, let vowel = pending {
      text.append(utf8: UInt32(table[Int(vowel)]))
      pending = nil
    }
  }

  /// The letters of a whole word; nil if a byte is undefined.
  package func letters(of word: Span<UInt8>) -> [UInt32]? {
    var text: [UInt8] = []
    var pending: UInt8?
    decode(word, pending: &pending, isLast: true, into: &text)
    let letters = scalars(of: text.span)
    return letters.contains(0xFFFD) ? nil : letters
  }
}
