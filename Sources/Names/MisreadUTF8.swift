// Text in UTF-8 that a program has read in another encoding: `Nguyá»…n`, `Nguyß╗àn`, `Nguy峄卬`.
// Invariant: text is repaired only where every sign stands for one byte and all bytes together are UTF-8, so nothing is guessed.
// In encodings of two bytes a sign bytes are lost and letters swallowed; of these it is only said that they are not names.
// Load: names with signs that no name has.

package enum MisreadUTF8 {
  /// The text before it was misread; nil if no encoding gives it back.
  ///
  /// Encodings that share most characters can give different texts: one with Vietnamese letters only goes first.
  package static func repaired(_ text: Span<UInt8>) -> [UInt8]? {
    let misread = scalars(of: text)
    var other: [UInt8]?
    for byte in [Windows1252.byte(readAs:), windows1258Byte] + pages.map(byte(in:)) {
      let bytes = misread.compactMap { $0 < 0x80 ? UInt8($0) : byte($0) }
      guard bytes.count == misread.count, bytes.contains(where: { $0 >= 0x80 }),
        malformedPosition(bytes.span) == nil, !hasForeignSign(bytes.span)
      else { continue }
      if scalars(of: bytes.span).allSatisfy(isVietnamese) { return bytes }
      if other == nil { other = bytes }
    }
    return other
  }

  /// False for letters of the Latin script that no Vietnamese word has.
  private static func isVietnamese(_ scalar: UInt32) -> Bool {
    !(0x1E00..<0x1EA0).contains(scalar) && !otherLetters.contains(scalar)
  }

  private static let otherLetters = "ÄÅÆÇËÎÏÐÑÖØÛÜÞßäåæçëîïðñöøûüþÿ".unicodeScalars.map(\.value)

  /// Whether a text has a sign beyond ASCII that is no letter of the Latin script, nor a mark on one.
  package static func hasForeignSign(_ text: Span<UInt8>) -> Bool {
    var i = 0
    while i < text.count {
      switch nextScalar(text, &i) {
      case 0..<0x80, 0xC0...0xD6, 0xD8...0xF6, 0xF8..<0x192, 0x193..<0x250, 0x300..<0x370, 0x1E00..<0x1F00:
        continue
      default: return true
      }
    }
    return false
  }

  /// Whether a sign is of an encoding of two bytes, the second of which may be a letter of ASCII.
  package static func mayHoldLetter(_ scalar: UInt32) -> Bool { scalar >= 0x2E80 }

  private static func windows1258Byte(_ scalar: UInt32) -> UInt8? {
    LegacyTables.windows1258.lastIndex { UInt32($0) == scalar && scalar != 0xFFFD }.map { UInt8($0) }
  }

  private static func byte(in page: [UInt32]) -> (UInt32) -> UInt8? {
    { scalar in page.firstIndex(of: scalar).map { UInt8(0x80 + $0) } }
  }

  /// The characters of the bytes from 80 on in code pages 437 and 850 of MS-DOS, and in Mac OS Roman.
  private static let pages: [[UInt32]] = [
    """
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}
    """,
    """
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{AD}±‗¾¶§÷¸°¨·¹³²■\u{A0}
    """,
    """
    ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ
    """,
  ].map { $0.unicodeScalars.map(\.value) }
}
