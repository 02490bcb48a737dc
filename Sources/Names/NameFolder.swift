// The forms of a name that the match compares.
// Invariant: clean, exact and bare forms are UTF-8 in NFC, without leading, trailing or double spaces. Names
// that differ only in normal form, tone order or look-alike letters have equal exact forms. Folding is
// idempotent.
// Load: one clean form per record; exact and bare forms only for pairs whose clean forms differ. A name in
// upper-case NFC, as registers have them, is copied letter by letter without a dictionary look-up.
//
//   clean  NFC after repairing tone order; Eth-like letters to Đ; apostrophes and white space to one kind; trimmed
//   exact  clean, upper-cased with a fixed mapping
//   bare   exact, without the Vietnamese tone and shape marks, Đ to D
//
// Source: Unicode Standard ch. 3; Vietnamese letters as 12 vowels with 5 tones.

/// What is wrong with a name.
package enum NameFault: Error, Hashable, Sendable {
  case empty
  case tooLong
  /// A digit, a control character, or no letter at all.
  case format
  /// A replacement character, or traces of UTF-8 or an old encoding that was read as another.
  case mojibake
}

/// Folds names into the forms that are compared.
package struct NameFolder: Sendable {
  private let table = LetterTable.shared
  private let patterns = CleanNamePatterns.table

  package init() {}

  /// Appends the clean form of `name` to `clean`.
  ///
  /// - Parameter name: UTF-8; malformed bytes count as U+FFFD.
  /// - Returns: the fault of the name, or nil; the clean form is appended in either case.
  @discardableResult
  package func clean(_ name: Span<UInt8>, into clean: inout [UInt8]) -> NameFault? {
    if isCleanAlready(name) {
      unsafe name.withUnsafeBufferPointer { unsafe clean.append(contentsOf: $0) }
      return nil
    }
    return slowlyClean(name, into: &clean)
  }

  /// Whether a name is already in clean form, as nearly all names are.
  ///
  /// True if it is UTF-8 of Vietnamese and ASCII letters in NFC, in places where Vietnamese has them, single
  /// spaces, apostrophes, hyphens and full stops. Only a fast path: a clean name may give false.
  package func isCleanAlready(_ name: Span<UInt8>) -> Bool {
    guard name.count <= 255 else { return false }
    return CleanNamePatterns.isClean(name, patterns.span)
  }

  /// The whole of ``clean(_:into:)``.
  package func slowlyClean(_ name: Span<UInt8>, into clean: inout [UInt8]) -> NameFault? {
    let start = clean.count
    var letters = 0
    var scalars = 0
    var fault: NameFault?
    var pendingSpace = false
    var i = 0
    while i < name.count {
      var scalar = nextScalar(name, &i)
      if scalar < 0x80 {
        if scalar == 0x20 || (scalar >= 0x09 && scalar <= 0x0D) {
          pendingSpace = clean.count > start
          continue
        }
        if scalar < 0x20 || scalar == 0x7F || (scalar >= 0x30 && scalar <= 0x39) { fault = fault ?? .format }
      } else if isWhiteSpace(scalar) {
        pendingSpace = clean.count > start
        continue
      } else if isIgnorable(scalar) {
        continue
      } else if scalar == 0xFFFD {
        fault = .mojibake
      } else {
        scalar = foldedLookalike(scalar)
      }
      if pendingSpace {
        clean.append(0x20)
        pendingSpace = false
        scalars += 1
      }
      passIgnorable(name, &i, after: scalar)
      // Compose a letter with the combining marks after it, in the right order of marks.
      if i < name.count, name[i] == 0xCC || name[i] == 0xCD, scalar >= 0x41 {
        var next = i
        if isMark(nextScalar(name, &next)) {
          appendComposed(scalar, name, &i, to: &clean)
          letters += 1
          scalars += 1
          continue
        }
      }
      if isMark(scalar) == false, scalar >= 0xC0 || isASCIILetter(scalar) { letters += 1 }
      if scalar >= 0x80, fault == nil, looksLikeMojibake(scalar, name, i) { fault = .mojibake }
      clean.append(utf8: scalar)
      scalars += 1
    }
    if clean.count == start { return .empty }
    if let fault { return fault }
    if letters == 0 { return .format }
    if scalars > 255 { return .tooLong }
    if isCleanAlready(clean.span.extracting(start..<clean.count)) { return nil }
    return Mojibake.isOldEncoding(String(decoding: clean[start...], as: UTF8.self)) ? .mojibake : nil
  }

  /// Appends the exact form of a clean name to `exact`.
  package func exact(ofClean clean: Span<UInt8>, into exact: inout [UInt8]) {
    var i = 0
    while i < clean.count { exact.append(utf8: table[nextScalar(clean, &i)].capital) }
  }

  /// Appends the bare form of an exact name to `bare`.
  package func bare(ofExact exact: Span<UInt8>, into bare: inout [UInt8]) {
    let start = bare.count
    var i = 0
    while i < exact.count { appendBare(nextScalar(exact, &i), to: &bare) }
    dropSigns(from: start, &bare)
  }

  /// Appends the bare form of a clean name to `bare`, without the exact form as an intermediate step.
  package func bare(ofClean clean: Span<UInt8>, into bare: inout [UInt8]) {
    let start = bare.count
    var i = 0
    while i < clean.count {
      let byte = clean[i]
      if byte < 0x80 {
        bare.append(byte >= 0x61 && byte <= 0x7A ? byte - 0x20 : byte)
        i += 1
      } else {
        appendBare(table[nextScalar(clean, &i)].capital, to: &bare)
      }
    }
    dropSigns(from: start, &bare)
  }

  /// Drops full stops, commas and semicolons at the end of a name, which are slips of typing.
  @inline(__always)
  private func dropSigns(from start: Int, _ bare: inout [UInt8]) {
    while bare.count > start + 1, let last = bare.last, last < 0x41,
      last == UInt8(ascii: ".") || last == UInt8(ascii: ",") || last == UInt8(ascii: ";") || last == 0x20
    {
      bare.removeLast()
    }
  }

  /// Appends a capital letter without its tone and shape marks.
  @inline(__always)
  private func appendBare(_ scalar: UInt32, to bare: inout [UInt8]) {
    if scalar < 0x80 {
      bare.append(UInt8(truncatingIfNeeded: scalar))
    } else if scalar == 0x110 {
      bare.append(UInt8(ascii: "D"))
    } else if !isDropped(scalar) {
      let letter = table[scalar]
      if letter.marks.0 == 0 || isDropped(letter.marks.0), letter.marks.1 == 0 || isDropped(letter.marks.1) {
        bare.append(utf8: letter.base)
      } else {
        appendForeign(letter, to: &bare)
      }
    }
  }

  // MARK: Letters

  /// Composes `base` with the marks that follow at `i`: shape first, then tone, then the others.
  private func appendComposed(
    _ base: UInt32, _ name: Span<UInt8>, _ i: inout Int, to clean: inout [UInt8]
  ) {
    let letter = table[base]
    var shape: UInt32 = 0
    var tone: UInt32 = 0
    var others: [UInt32] = []
    func sort(_ mark: UInt32) {
      switch mark {
      case 0x302, 0x306, 0x31B: if shape == 0 { shape = mark } else if shape != mark { others.append(mark) }
      case 0x300, 0x301, 0x303, 0x309, 0x323:
        if tone == 0 { tone = mark } else if tone != mark { others.append(mark) }
      default: others.append(mark)
      }
    }
    if letter.marks.0 != 0 { sort(letter.marks.0) }
    if letter.marks.1 != 0 { sort(letter.marks.1) }
    while i < name.count {
      var next = i
      let mark = nextScalar(name, &next)
      guard isMark(mark) else { break }
      sort(mark == 0x340 ? 0x300 : mark == 0x341 ? 0x301 : mark)
      i = next
      passIgnorable(name, &i, after: mark)
    }
    var whole = letter.base
    var left: [UInt32] = []
    for mark in [shape, tone] + others where mark != 0 {
      if left.isEmpty, let next = table.letter(whole, with: mark) { whole = next } else { left.append(mark) }
    }
    clean.append(utf8: foldedLookalike(whole))
    for mark in left { clean.append(utf8: mark) }
  }

  /// Appends a letter with those of its marks that Vietnamese doesn't have.
  private func appendForeign(_ letter: LetterTable.Letter, to bare: inout [UInt8]) {
    var whole = letter.base
    var left: UInt32 = 0
    for mark in [letter.marks.0, letter.marks.1] where mark != 0 && !isDropped(mark) {
      if let next = table.letter(whole, with: mark) { whole = next } else { left = mark }
    }
    bare.append(utf8: whole)
    if left != 0 { bare.append(utf8: left) }
  }

  /// Skips ignorable characters between a letter and its marks.
  ///
  /// A soft hyphen after some letters is not skipped, because it shows that UTF-8 was read as Windows-1252.
  private func passIgnorable(_ name: Span<UInt8>, _ i: inout Int, after scalar: UInt32) {
    while i < name.count, name[i] >= 0x80 {
      var next = i
      let following = nextScalar(name, &next)
      let mayBeLeft = following == 0xAD && (scalar & ~0x20) >= 0xC2 && (scalar & ~0x20) <= 0xC6
      guard isIgnorable(following), !mayBeLeft else { return }
      i = next
    }
  }

  private func foldedLookalike(_ scalar: UInt32) -> UInt32 {
    switch scalar {
    case 0xD0, 0x189: 0x110
    case 0xF0, 0x256: 0x111
    case 0x2019, 0x2BC, 0x2018, 0x2BB, 0x60, 0xB4: 0x27
    default: scalar
    }
  }

  private func isASCIILetter(_ s: UInt32) -> Bool { (s | 0x20) >= 0x61 && (s | 0x20) <= 0x7A }
  /// Whether it is a combining mark, except U+034F, which is ignorable.
  private func isMark(_ s: UInt32) -> Bool { s >= 0x300 && s <= 0x36F && s != 0x34F }
  private func isDropped(_ s: UInt32) -> Bool {
    switch s {
    case 0x300, 0x301, 0x303, 0x309, 0x323, 0x302, 0x306, 0x31B: true
    default: false
    }
  }

  /// Whether a pair of characters comes from UTF-8 read as Windows-1252: `Ã`, `Â`, `Æ`, `Ä`, `á»`, `áº`
  /// before a sign or a control character, which no name has.
  private func looksLikeMojibake(_ scalar: UInt32, _ name: Span<UInt8>, _ i: Int) -> Bool {
    if scalar >= 0x80, scalar < 0xA0 { return true }
    guard i < name.count else { return false }
    var next = i
    let following = nextScalar(name, &next)
    switch scalar {
    case 0xC2, 0xC3, 0xC4, 0xC5, 0xC6:
      // Bytes that Windows-1252 reads as letters: Š in LÊ, ƒ in văn; and ‘ after Ä, from đ.
      switch following {
      case 0x152, 0x153, 0x160, 0x161, 0x178, 0x17D, 0x17E, 0x192, 0x2C6, 0x2DC: return true
      case 0x2018: return scalar == 0xC4
      default: break
      }
      return (following >= 0x80 && following < 0xC0 && following != 0xA0)
        || (following >= 0x2010 && following <= 0x2122 && following != 0x2019 && following != 0x2018)
    // The same after lower-casing; here ´ may be an apostrophe.
    case 0xE2...0xE6: return following > 0xA0 && following < 0xC0 && following != 0xB4
    case 0xC1, 0xE1: return following == 0xBB || following == 0xBA
    default: return false
    }
  }
}

extension NameFolder {
  /// All forms of a name as text, for people and tests.
  package func forms(of name: String) -> (clean: String, exact: String, bare: String) {
    var clean: [UInt8] = []
    var exact: [UInt8] = []
    var bare: [UInt8] = []
    _ = self.clean(Array(name.utf8).span, into: &clean)
    self.exact(ofClean: clean.span, into: &exact)
    self.bare(ofExact: exact.span, into: &bare)
    return (
      String(decoding: clean, as: UTF8.self), String(decoding: exact, as: UTF8.self),
      String(decoding: bare, as: UTF8.self)
    )
  }
}
