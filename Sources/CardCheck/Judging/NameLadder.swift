// How the name that was asked stands to the person's: the matcher's ladder, and two rungs that only a desk needs.
// Invariant: equal exact forms agree, equal bare forms agree with a remark, as in the match. A name that a scanner
// has damaged agrees where all that is left of it stands in the person's name in its order and nothing but letters
// with marks is missing. A first letter is compared in the bare form.
// Load: one comparison of bytes per question; forms are folded for the few that differ, in buffers that are reused.

import Names

/// How two names stand to each other.
enum NameRung: Sendable, Hashable { case exact, bare, damaged, firstLetter, differs }

struct NameLadder: Sendable {
  private let folder = NameFolder()
  private var askedExact: [UInt8] = []
  private var askedBare: [UInt8] = []
  private var exact: [UInt8] = []
  private var bare: [UInt8] = []

  /// Compares two clean names.
  mutating func rung(of asked: Span<UInt8>, isDamaged: Bool, to name: Span<UInt8>) -> NameRung {
    if equal(asked, name) { return .exact }
    exact.removeAll(keepingCapacity: true)
    askedExact.removeAll(keepingCapacity: true)
    folder.exact(ofClean: asked, into: &askedExact)
    folder.exact(ofClean: name, into: &exact)
    if exact == askedExact { return .exact }
    bare.removeAll(keepingCapacity: true)
    askedBare.removeAll(keepingCapacity: true)
    Self.fold(askedExact, into: &askedBare, folder)
    Self.fold(exact, into: &bare, folder)
    if bare == askedBare { return .bare }
    if isDamaged, agreesAsFarAsLegible() { return .damaged }
    return haveSameFirstLetter ? .firstLetter : .differs
  }

  private static func fold(_ exact: [UInt8], into bare: inout [UInt8], _ folder: NameFolder) {
    folder.bare(ofExact: exact.span, into: &bare)
  }

  private func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for i in a.indices where a[i] != b[i] { return false }
    return true
  }

  private var haveSameFirstLetter: Bool {
    guard let a = bare.first, let b = askedBare.first, a == b else { return false }
    // The rest of a letter beyond ASCII.
    var i = 1
    while i < bare.count, bare[i] & 0xC0 == 0x80 {
      guard i < askedBare.count, askedBare[i] == bare[i] else { return false }
      i += 1
    }
    return i >= askedBare.count || askedBare[i] & 0xC0 != 0x80
  }

  // MARK: What a scanner left

  /// A letter of the person's name.
  private struct Letter {
    var scalar: UInt32
    /// Its first base letter; the letter itself where it has no marks.
    var base: UInt32
    /// Whether a code page or keyboard may have lost it.
    var isMarked: Bool
  }

  /// Follows all ways at once in which the scanned letters may lie in the name: a few dozen letters, and rarely asked.
  private func agreesAsFarAsLegible() -> Bool {
    let letters = String(decoding: exact, as: UTF8.self).unicodeScalars.map { scalar -> Letter in
      var base: [UInt8] = []
      Self.fold(Array(String(scalar).utf8), into: &base, folder)
      let first = String(decoding: base, as: UTF8.self).unicodeScalars.first ?? scalar
      return Letter(scalar: scalar.value, base: first.value, isMarked: scalar.value >= 0x80)
    }
    guard letters.count <= 255 else { return false }
    /// Whether the first n letters can be what has been scanned so far.
    var reached = [Bool](repeating: false, count: letters.count + 1)
    reached[0] = true
    func passLost(_ reached: inout [Bool]) {
      for n in letters.indices where reached[n] && letters[n].isMarked { reached[n + 1] = true }
    }
    passLost(&reached)
    var legible = 0
    for scalar in String(decoding: askedExact, as: UTF8.self).unicodeScalars {
      var next = [Bool](repeating: false, count: letters.count + 1)
      let isLegible = scalar.properties.isAlphabetic || " '-.".unicodeScalars.contains(scalar)
      if isLegible, scalar.properties.isAlphabetic { legible += 1 }
      for n in 0...letters.count where reached[n] {
        if isLegible {
          guard n < letters.count else { continue }
          if letters[n].scalar == scalar.value || letters[n].base == scalar.value { next[n + 1] = true }
        } else {
          // One lost letter may leave several signs.
          if n < letters.count, letters[n].isMarked { next[n + 1] = true }
          if n > 0, letters[n - 1].isMarked { next[n] = true }
        }
      }
      passLost(&next)
      reached = next
    }
    let unmarked = letters.count { !$0.isMarked && $0.scalar != 0x20 }
    return reached[letters.count] && legible >= 2 && unmarked >= 2
  }
}
