// The slow, simple forms of a name, by Foundation's normal forms and literal tables. Tests compare the
// product's folding and the matcher's comparison of names with them.

import Foundation

package enum SlowName {
  private static let tones = ["\u{300}", "\u{301}", "\u{309}", "\u{303}", "\u{323}"].map(scalar)
  private static let shapes = ["\u{302}", "\u{306}", "\u{31B}"].map(scalar)
  /// Letters and signs that count as another.
  private static let lookalikes: [Unicode.Scalar: String] = [
    "\u{D0}": "Đ", "\u{189}": "Đ", "\u{F0}": "đ", "\u{256}": "đ",
    "\u{2019}": "'", "\u{2BC}": "'", "\u{2018}": "'", "\u{2BB}": "'", "`": "'", "\u{B4}": "'",
  ]

  /// Composed letters with the tone after the shape, one kind of Đ and of apostrophe, single spaces between
  /// words.
  package static func clean(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars
    where !scalar.properties.isDefaultIgnorableCodePoint && scalar.properties.generalCategory != .format {
      text += lookalikes[scalar] ?? String(scalar)
    }
    // A letter and the marks after it.
    var letters: [[Unicode.Scalar]] = []
    for scalar in text.decomposedStringWithCanonicalMapping.unicodeScalars {
      if ("\u{300}"..."\u{36F}").contains(scalar), !letters.isEmpty {
        letters[letters.count - 1].append(scalar)
      } else {
        letters.append([scalar])
      }
    }
    var folded = ""
    for letter in letters {
      let marks = letter.dropFirst()
      let ordered =
        [letter[0]] + marks.filter(shapes.contains) + marks.filter(tones.contains)
        + marks.filter { !shapes.contains($0) && !tones.contains($0) }
      var whole = ""
      for scalar in ordered {
        whole.unicodeScalars.append(scalar)
        whole = whole.precomposedStringWithCanonicalMapping
      }
      folded += whole
    }
    return folded.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The clean form in capitals.
  package static func exact(_ name: String) -> String { clean(name).uppercased() }

  /// The exact form without the marks of Vietnamese, Đ as D.
  package static func bare(_ name: String) -> String {
    var bare = ""
    for scalar in exact(name).decomposedStringWithCanonicalMapping.unicodeScalars
    where !tones.contains(scalar) && !shapes.contains(scalar) {
      bare += scalar == "Đ" ? "D" : String(scalar)
    }
    while bare.count > 1, let last = bare.last, ".,; ".contains(last) { bare.removeLast() }
    return bare.precomposedStringWithCanonicalMapping
  }

  private static func scalar(_ text: String) -> Unicode.Scalar { text.unicodeScalars.first ?? "?" }
}
