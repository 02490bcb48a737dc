// Writes one name in other forms: without marks, decomposed, in other cases, with other spaces.
// Invariant: each form, except those of the disputed kinds, agrees with the name by the rules of the
// contract.
//
// Source: Unicode Standard ch. 3 for the order of the marks; the Vietnamese letters are 12 vowels with 5
// tones and Đ.

enum NameForms {
  /// A decomposed vowel.
  private struct Parts {
    var base: Unicode.Scalar
    /// Breve, circumflex or horn.
    var shape: Unicode.Scalar?
    var tone: Unicode.Scalar?
  }

  private static let vowels: [(row: String, base: Unicode.Scalar, shape: Unicode.Scalar?)] = [
    ("AÀÁẢÃẠ", "A", nil), ("ĂẰẮẲẴẶ", "A", "\u{306}"), ("ÂẦẤẨẪẬ", "A", "\u{302}"), ("EÈÉẺẼẸ", "E", nil),
    ("ÊỀẾỂỄỆ", "E", "\u{302}"), ("IÌÍỈĨỊ", "I", nil), ("OÒÓỎÕỌ", "O", nil), ("ÔỒỐỔỖỘ", "O", "\u{302}"),
    ("ƠỜỚỞỠỢ", "O", "\u{31B}"), ("UÙÚỦŨỤ", "U", nil), ("ƯỪỨỬỮỰ", "U", "\u{31B}"), ("YỲÝỶỸỴ", "Y", nil),
  ]
  private static let tones: [Unicode.Scalar?] = [nil, "\u{300}", "\u{301}", "\u{309}", "\u{303}", "\u{323}"]
  private static let letters: [Unicode.Scalar: Parts] = {
    var letters: [Unicode.Scalar: Parts] = [:]
    for (row, base, shape) in vowels {
      for (scalar, tone) in zip(row.unicodeScalars, tones) {
        letters[scalar] = Parts(base: base, shape: shape, tone: tone)
      }
    }
    return letters
  }()

  /// The name without marks, Đ as D.
  static func bare(_ name: String) -> String {
    map(name) { scalar, out in
      out.append(scalar == "Đ" ? "D" : letters[scalar]?.base ?? scalar)
    }
  }

  /// The name decomposed in canonical order: horn, dot below, then the marks above.
  static func decomposed(_ name: String) -> String {
    map(name) { scalar, out in
      guard let parts = letters[scalar] else { return out.append(scalar) }
      out.append(parts.base)
      if parts.shape == "\u{31B}" { out.append("\u{31B}") }
      if parts.tone == "\u{323}" { out.append("\u{323}") }
      if let shape = parts.shape, shape != "\u{31B}" { out.append(shape) }
      if let tone = parts.tone, tone != "\u{323}" { out.append(tone) }
    }
  }

  static func replacing(_ old: Unicode.Scalar, with new: Unicode.Scalar, in name: String) -> String {
    map(name) { scalar, out in out.append(scalar == old ? new : scalar) }
  }

  /// The name with only the first letter of each word in capitals.
  static func titled(_ name: String) -> String {
    var isFirst = true
    return map(name) { scalar, out in
      if isFirst { out.append(scalar) } else { out += scalar.properties.lowercaseMapping.unicodeScalars }
      isFirst = scalar == " "
    }
  }

  /// The name with every second letter in lower case.
  static func mixedCase(_ name: String) -> String {
    var isSmall = false
    return map(name) { scalar, out in
      if isSmall { out += scalar.properties.lowercaseMapping.unicodeScalars } else { out.append(scalar) }
      isSmall.toggle()
    }
  }

  private static func map(
    _ name: String, _ body: (Unicode.Scalar, inout String.UnicodeScalarView) -> Void
  ) -> String {
    var out = String.UnicodeScalarView()
    for scalar in name.unicodeScalars { body(scalar, &out) }
    return String(out)
  }
}
