// The sex rule: a code is in the export's own list; an empty value is unknown.
// Invariant: a code outside the list is never guessed, because 0, 1 and 2 mean different things in different
// systems.
// Load: one code per record, one to four bytes.
//
// For data officers: the list is in the pipeline file under values, sex. Without a list the words male,
// female and unknown are read. `Nữ` may be composed or decomposed.

import Values

package enum SexRule {
  /// The detail of a code outside the list in quarantine: `sex_code=7`.
  package static func detail(_ value: Span<UInt8>) -> String { "\(Reason.sexCode.word)=\(shownCode(value))" }
}

/// A code as messages show it: at most 16 characters, without the comma and the equals sign that separate words.
func shownCode(_ value: Span<UInt8>) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in unsafe value.bytes.text(0..<value.count).unicodeScalars.prefix(16) {
    let isPrintable =
      scalar.isASCII ? scalar.value >= 0x20 && scalar.value < 0x7F : scalar.properties.isAlphabetic
    shown.append(isPrintable && scalar != "," && scalar != "=" ? scalar : "_")
  }
  return String(shown)
}
