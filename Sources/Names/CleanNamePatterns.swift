// Decides by sequences of three bytes whether a name is already in clean form.
// Invariant: a name without any of the patterns is UTF-8 in NFC. It consists of Vietnamese letters, single
// spaces, apostrophes, hyphens and full stops, has a letter, and has no space at its ends. None of its
// letters is in a place where old encodings, read as Windows-1252, leave letters (`NguyÔn`, `Nguyeãn`) but
// Vietnamese has none.
// Load: every name of every record. One table look-up a byte and no branch, because accents come at
// unpredictable places. No look-up waits for the one before; an automaton, whose look-ups do, took three
// times as long.

enum CleanNamePatterns {
  /// Three bytes in a row that no clean name has: each test applies to one of them.
  ///
  /// Two spaces are assumed before a name, and two after it.
  private struct Pattern: Sendable {
    var first: @Sendable (UInt8) -> Bool = { _ in true }
    var second: @Sendable (UInt8) -> Bool = { _ in true }
    var third: @Sendable (UInt8) -> Bool
  }

  private static let all: [Pattern] = [
    // A byte that no clean name has; a space at an end, or two spaces.
    Pattern(third: { !isTail($0) && !isLead($0) && !isLetter($0) && !isSign($0) && $0 != 0x20 }),
    Pattern(second: { $0 == 0x20 }, third: { $0 == 0x20 }),
    // Malformed UTF-8: a tail without a lead, a lead without its tails; only E1 has two.
    Pattern(second: { $0 < 0x80 }, third: isTail),
    Pattern(first: { $0 != 0xE1 }, second: isTail, third: isTail),
    Pattern(second: isLead, third: { !isTail($0) }),
    Pattern(first: { $0 == 0xE1 }, second: isTail, third: { !isTail($0) }),
    // Letters in U+00C0–U+00FF that Vietnamese lacks; all but ă, đ and ĩ; all but ũ; all but ơ and ư.
    Pattern(second: { $0 == 0xC3 }, third: { !vietnamese.contains($0 | 0x20) }),
    Pattern(second: { $0 == 0xC4 }, third: { $0 & 0xFE != 0x82 && $0 & 0xFE != 0x90 && $0 & 0xFE != 0xA8 }),
    Pattern(second: { $0 == 0xC5 }, third: { $0 & 0xFE != 0xA8 }),
    Pattern(second: { $0 == 0xC6 }, third: { $0 & 0xFE != 0xA0 && $0 != 0xAF && $0 != 0xB0 }),
    // Letters after E1 outside U+1EA0–U+1EFF, the Vietnamese letters.
    Pattern(second: { $0 == 0xE1 }, third: { $0 != 0xBA && $0 != 0xBB }),
    Pattern(first: { $0 == 0xE1 }, second: { $0 == 0xBA }, third: { $0 < 0xA0 }),
    // After a vowel, letters that Vietnamese does not have there; after a small consonant, capitals.
    Pattern(first: isOne(of: "ae"), second: { $0 == 0xC3 }, third: { _ in true }),
    Pattern(first: isOne(of: "i"), second: { $0 == 0xC3 }, third: { !behindI.contains($0 | 0x20) }),
    Pattern(first: isOne(of: "o"), second: { $0 == 0xC3 }, third: { !behindO.contains($0 | 0x20) }),
    Pattern(first: isOne(of: "u"), second: { $0 == 0xC3 }, third: { !behindU.contains($0 | 0x20) }),
    Pattern(first: isOne(of: "y"), second: { $0 == 0xC3 }, third: { $0 | 0x20 != 0xAA }),
    Pattern(
      first: { $0 >= 0x61 && $0 <= 0x7A && !isOne(of: "aeiouy")($0) }, second: { $0 == 0xC3 },
      third: { $0 < 0xA0 }),
  ]

  /// The number of bits for each of the three places.
  private static let width: UInt64 = 21

  /// For each byte and each place, a bit for every pattern that allows the byte there, the first place in the
  /// lowest bits; the highest bit marks letters.
  static let table: [UInt64] = (0...255).map { byte in
    let byte = UInt8(byte)
    var bits: UInt64 = isLetter(byte) || byte >= 0x80 ? letterBit : 0
    for (i, pattern) in all.enumerated() {
      if pattern.first(byte) { bits |= 1 << UInt64(i) }
      if pattern.second(byte) { bits |= 1 << (width + UInt64(i)) }
      if pattern.third(byte) { bits |= 1 << (2 * width + UInt64(i)) }
    }
    return bits
  }

  private static let letterBit: UInt64 = 1 << 63

  /// - Parameter table: ``table``, from a local variable of the caller.
  @inline(__always)
  static func isClean(_ name: Span<UInt8>, _ table: Span<UInt64>) -> Bool {
    precondition(table.count == 256)
    let space = unsafe table[unchecked: 0x20]
    var (first, second) = (space &<< (2 * width), space &<< width)
    var last = space
    var (found, seen): (UInt64, UInt64) = (0, 0)
    for i in name.indices {
      let third = unsafe table[unchecked: Int(name[i])]
      found |= first & second & third
      seen |= third
      first = last &<< (2 * width)
      second = third &<< width
      last = third
    }
    found |= first & second & space
    // Shifting leaves bits below the third place, and the bit for letters belongs to no pattern.
    return (found & ~letterBit) &>> (2 * width) == 0 && seen & letterBit != 0
  }

  @Sendable
  private static func isLead(_ byte: UInt8) -> Bool { byte >= 0xC3 && byte <= 0xC6 || byte == 0xE1 }
  @Sendable
  private static func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
  @Sendable
  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
  @Sendable
  private static func isSign(_ byte: UInt8) -> Bool { byte == 0x27 || byte == 0x2D || byte == 0x2E }
  private static func isOne(of letters: String) -> @Sendable (UInt8) -> Bool {
    { isLetter($0) && letters.utf8.contains($0 | 0x20) }
  }

  // Second bytes of small letters, after C3.
  /// à á â ã è é ê ì í ò ó ô õ ù ú ý.
  private static let vietnamese: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xAC, 0xAD, 0xB2, 0xB3, 0xB4, 0xB5, 0xB9, 0xBA, 0xBD,
  ]
  /// à á â ã è é ê ò ó ù ú, as in giàu and tiên.
  private static let behindI: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB9, 0xBA,
  ]
  /// à á ã è é, as in hoàng and khoẻ.
  private static let behindO: Set<UInt8> = [0xA0, 0xA1, 0xA3, 0xA8, 0xA9]
  /// à á â ã è é ê ì í ô ý, as in quà, xuân, thuê, buông and thuý.
  private static let behindU: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xAC, 0xAD, 0xB4, 0xBD,
  ]
}
