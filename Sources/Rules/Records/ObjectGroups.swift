// The object groups of health-insurance cards: the first two letters of a card number.
// Invariant: groups are added every year, so a group outside the list is a note and never a fault.
// Load: one look-up in eleven words of bits for every card number.
//
// Source: Decision 1351/QĐ-BHXH (2015), Decision 1697/QĐ-BHXH (2023), Decision 1018/QĐ-BHXH (2024). The
// groups AK, BA, DS, HK, ND, TD, TG, TH, TU, TV are in use; no published text defines them.

/// The known object groups, one bit each.
package struct ObjectGroups: Sendable, BitwiseCopyable {
  private var bits = InlineArray<11, UInt64>(repeating: 0)

  static let letters = """
    AK BA BT CA CB CC CH CK CN CS CT CY DK DN DS DT GB GD
    HC HD HG HK HN HS HT HX KC LH LS MS ND NN NO PV QN SV
    TA TB TC TD TE TG TH TK TN TQ TS TU TV TY XB XD XK XN
    """

  package init() {
    for code in Self.letters.split(whereSeparator: \.isWhitespace) {
      let letters = Array(code.utf8)
      let i = Self.index(UInt16(letters[0]) << 8 | UInt16(letters[1]))
      bits[i / 64] |= 1 << UInt64(i % 64)
    }
  }

  private static func index(_ group: UInt16) -> Int { (Int(group >> 8) - 65) * 26 + Int(group & 0xff) - 65 }

  /// Whether the group of two letters is known.
  package func contains(_ group: UInt16) -> Bool {
    let i = Self.index(group)
    return bits[i / 64] >> UInt64(i % 64) & 1 == 1
  }
}
