// The sex rule: a code is in the export's own list; an empty value is unknown.
// Invariant: a code outside the list is never guessed, because 0, 1 and 2 mean different things in different systems.
// Load: one code per record, one to four bytes.
//
// For data officers: the list stands in the pipeline file under values, sex. Without a list the words male, female
// and unknown are read. `Nữ` is found however its letters are composed.

import Values

enum SexRule {
  /// How quarantine names a code outside the list: `sex_code=7`.
  static func detail(_ value: Span<UInt8>) -> String { "\(Reason.sexCode.word)=\(shownCode(value))" }
}

/// A code as it may be shown: 16 characters, no comma and no equals sign, which stand between words.
func shownCode(_ value: Span<UInt8>) -> String {
  var shown = String.UnicodeScalarView()
  for scalar in string(value).unicodeScalars.prefix(16) {
    let isPrintable =
      scalar.isASCII ? scalar.value >= 0x20 && scalar.value < 0x7F : scalar.properties.isAlphabetic
    shown.append(isPrintable && scalar != "," && scalar != "=" ? scalar : "_")
  }
  return String(shown)
}
