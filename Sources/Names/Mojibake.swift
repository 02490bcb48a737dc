// Decides whether a name is text of an old encoding that was read as Windows-1252: `NguyÔn V¨n Hßa`, `Nguyeãn
// Vaên Hoøa`.
// Invariant: a name counts as such only if all of its words, read in one old encoding, are possible
// Vietnamese syllables and some of them, unchanged, are not. One such word is not enough, unless it contains
// a sign or a capital after a small letter, or becomes a common family name, Văn or Thị. A name with a letter
// that only Vietnamese has (ă, đ, ơ, ư, ạ …) does not count.
// Load: only names with a letter or a pair of letters that the clean-name table doesn't know; microseconds
// each.

/// Finds names of old encodings that were read as Windows-1252.
package enum Mojibake {
  private static let families: Set<String> = [
    "NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HOÀNG", "HUỲNH", "VŨ", "VÕ", "ĐẶNG", "BÙI", "ĐỖ", "HỒ", "NGÔ", "DƯƠNG",
    "LÝ",
    "ĐINH", "TRƯƠNG", "ĐOÀN", "TRỊNH", "LƯƠNG", "TẠ", "CHÂU", "THẠCH",
  ]
  private static let middles: Set<String> = ["VĂN", "THỊ"]

  /// Whether a clean name is text of an old encoding, read as Windows-1252.
  package static func isOldEncoding(_ name: String) -> Bool {
    let syllables = Syllables.shared
    var words: [(scalars: [UInt32], bytes: [UInt8], isMarked: Bool, isPossible: Bool, isStrange: Bool)] = []
    for part in name.unicodeScalars.split(whereSeparator: { $0 == " " || $0 == "-" || $0 == "'" || $0 == "." }
    ) {
      let scalars = part.map(\.value)
      var bytes: [UInt8] = []
      for scalar in scalars {
        guard let byte = Windows1252.byte(readAs: scalar) else { return false }
        bytes.append(byte)
      }
      words.append(
        (
          scalars, bytes, bytes.contains { $0 >= 0x80 }, syllables.isPossible(scalars.span),
          isStrange(scalars)
        ))
    }
    guard words.contains(where: { $0.isMarked && !$0.isPossible }) else { return false }
    return LegacyEncoding.allCases.contains { old in
      var repaired = 0
      var isSure = false
      for (i, word) in words.enumerated() {
        guard word.isMarked else {
          guard word.isPossible else { return false }
          continue
        }
        guard let letters = old.letters(of: word.bytes.span), syllables.isPossible(letters.span) else {
          return false
        }
        guard !word.isPossible, letters != word.scalars, word.scalars.count > 1 else { continue }
        repaired += 1
        if word.isStrange || isCommon(letters, isFirst: i == 0) { isSure = true }
      }
      return repaired >= 2 || repaired == 1 && isSure
    }
  }

  /// A sign that no name has, or a capital beyond ASCII after a small letter.
  private static func isStrange(_ word: [UInt32]) -> Bool {
    for (i, scalar) in word.enumerated() {
      switch scalar {
      case 0x80..<0xC0, 0xD7, 0xF7, 0x2000...: return true
      case 0xC0..<0xDF where i > 0 && (0x61...0x7A).contains(word[i - 1]): return true
      default: break
      }
    }
    return false
  }

  private static func isCommon(_ word: [UInt32], isFirst: Bool) -> Bool {
    var text = String.UnicodeScalarView()
    for scalar in word.compactMap(Unicode.Scalar.init) { text.append(scalar) }
    let forms = NameFolder().forms(of: String(text))
    return isFirst && families.contains(forms.exact) || !isFirst && middles.contains(forms.exact)
  }
}
