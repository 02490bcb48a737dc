// Compares the name in a question with the person's: the agreement of the match, and two weaker grades for a
// clerk.
// Invariant: equal exact forms agree; equal bare forms agree with a remark, as in the match. A damaged name
// agrees if its remaining letters occur in the person's name in the same order and only letters with marks
// are missing; in a name that was read in another encoding, also a letter after a marked one, which a sign of
// two bytes may have swallowed. First letters are compared in the bare form.
// Load: one comparison of bytes per question; names are folded only if the bytes differ.

import Names

/// The grades of agreement between two names.
package enum NameRung: Sendable, Hashable { case exact, bare, damaged, firstLetter, differs }

/// Compares the name in a question with the person's.
package struct NameLadder: Sendable {
  private var names = NameComparison()

  package init() {}

  /// Compares two clean names.
  package mutating func rung(of asked: Span<UInt8>, _ reading: NameReading, to name: Span<UInt8>) -> NameRung
  {
    if areEqual(asked, name) { return .exact }
    names.begin(with: name)
    switch names.agreement(with: asked) {
    case .exact: return .exact
    case .bare: return .bare
    case .differs: break
    }
    switch reading {
    case .whole, .repaired: break
    case .damaged: if agreesAsFarAsLegible() { return .damaged }
    case .undecoded: if agreesAsFarAsLegible(isUndecoded: true) { return .damaged }
    }
    return haveSameFirstLetter ? .firstLetter : .differs
  }

  private var haveSameFirstLetter: Bool {
    let (bare, askedBare) = (names.bare, names.otherBare)
    guard let a = bare.first, let b = askedBare.first, a == b else { return false }
    // The remaining bytes of a character beyond ASCII.
    var i = 1
    while i < bare.count, bare[i] & 0xC0 == 0x80 {
      guard i < askedBare.count, askedBare[i] == bare[i] else { return false }
      i += 1
    }
    return i >= askedBare.count || askedBare[i] & 0xC0 != 0x80
  }

  // MARK: Damaged names

  /// A letter of the person's name.
  private struct Letter {
    var scalar: UInt32
    /// Its first base letter; the letter itself if it has no marks.
    var base: UInt32
    /// Whether a code page or a keyboard may have lost the letter.
    var isMarked: Bool
  }

  /// Follows, at once, all ways in which the scanned letters may occur in the name.
  private func agreesAsFarAsLegible(isUndecoded: Bool = false) -> Bool {
    let letters = String(decoding: names.exact, as: UTF8.self).unicodeScalars.map { scalar -> Letter in
      var base: [UInt8] = []
      names.folder.bare(ofExact: Array(String(scalar).utf8).span, into: &base)
      let first = String(decoding: base, as: UTF8.self).unicodeScalars.first ?? scalar
      return Letter(scalar: scalar.value, base: first.value, isMarked: scalar.value >= 0x80)
    }
    guard letters.count <= 255 else { return false }
    /// Whether the letters scanned so far can be the first n letters of the name.
    var reached = [Bool](repeating: false, count: letters.count + 1)
    reached[0] = true
    func isPlain(_ n: Int) -> Bool {
      n < letters.count && !letters[n].isMarked && letters[n].scalar > 0x40
    }
    func passLost(_ reached: inout [Bool]) {
      for n in letters.indices where reached[n] && letters[n].isMarked { reached[n + 1] = true }
    }
    passLost(&reached)
    var legible = 0
    for scalar in String(decoding: names.otherExact, as: UTF8.self).unicodeScalars {
      var next = [Bool](repeating: false, count: letters.count + 1)
      let isSign = isUndecoded && scalar.value >= 0x80
      let isLegible =
        !isSign && (scalar.properties.isAlphabetic || " '-.".unicodeScalars.contains(scalar))
      let maySwallow = isSign && MisreadUTF8.mayHoldLetter(scalar.value)
      if isLegible, scalar.properties.isAlphabetic { legible += 1 }
      for n in 0...letters.count where reached[n] {
        if isLegible {
          guard n < letters.count else { continue }
          if letters[n].scalar == scalar.value || letters[n].base == scalar.value { next[n + 1] = true }
        } else {
          // One lost letter may leave several characters.
          if n < letters.count, letters[n].isMarked { next[n + 1] = true }
          if n > 0, letters[n - 1].isMarked { next[n] = true }
          guard maySwallow else { continue }
          if n > 0, letters[n - 1].isMarked, isPlain(n) { next[n + 1] = true }
          if n < letters.count, letters[n].isMarked, isPlain(n + 1) { next[n + 2] = true }
        }
      }
      passLost(&next)
      reached = next
    }
    let unmarked = letters.count { !$0.isMarked && $0.scalar != 0x20 }
    return reached[letters.count] && legible >= 2 && unmarked >= 2
  }
}
