// The letters that folding knows: their capitals, bases and marks.
// Invariant: covers the Latin letters U+00C0–U+024F and U+1E00–U+1EFF; any other letter is its own capital
// and base.
// Load: built once from Foundation's Unicode data in about a millisecond, then read for every letter of every
// name.

import Foundation

/// Capital, base and marks of the Latin letters beyond ASCII.
struct LetterTable: Sendable {
  struct Letter: Sendable, BitwiseCopyable {
    var capital: UInt32 = 0
    /// The letter without its marks; itself if it has none.
    var base: UInt32 = 0
    /// Up to two combining marks, in canonical order; zero for none.
    var marks: (UInt32, UInt32) = (0, 0)
  }

  private static let low = 0xC0..<0x250
  private static let high = 0x1E00..<0x1F00

  private var letters: [Letter]
  /// (base, mark) → letter, to compose a letter.
  private var composed: [UInt64: UInt32] = [:]

  static let shared = LetterTable()

  private init() {
    letters = []
    letters.reserveCapacity(Self.low.count + Self.high.count)
    for value in Array(Self.low) + Array(Self.high) {
      guard let scalar = Unicode.Scalar(UInt32(value)) else { continue }
      var letter = Letter(capital: scalar.value, base: scalar.value)
      let capital = scalar.properties.uppercaseMapping.unicodeScalars
      if capital.count == 1, let first = capital.first { letter.capital = first.value }
      let parts = String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      if parts.count > 1, parts.count <= 3 {
        letter.base = parts[0]
        letter.marks = (parts[1], parts.count > 2 ? parts[2] : 0)
      }
      letters.append(letter)
    }
    // Every way to compose a letter, one mark at a time.
    for value in Array(Self.low) + Array(Self.high) {
      let letter = self[UInt32(value)]
      guard letter.marks.0 != 0 else { continue }
      if letter.marks.1 == 0 {
        composed[UInt64(letter.base) << 32 | UInt64(letter.marks.0)] = UInt32(value)
      } else {
        for (inner, outer) in [(letter.marks.0, letter.marks.1), (letter.marks.1, letter.marks.0)] {
          guard let step = Self.primary(letter.base, inner) else { continue }
          composed[UInt64(step) << 32 | UInt64(outer)] = UInt32(value)
        }
      }
    }
  }

  private static func primary(_ base: UInt32, _ mark: UInt32) -> UInt32? {
    guard let base = Unicode.Scalar(base), let mark = Unicode.Scalar(mark) else { return nil }
    let text = (String(Character(base)) + String(Character(mark))).precomposedStringWithCanonicalMapping
    let scalars = text.unicodeScalars
    return scalars.count == 1 ? scalars.first?.value : nil
  }

  /// The letter's entry; for a scalar outside the table, one without capital and marks.
  subscript(_ scalar: UInt32) -> Letter {
    if scalar >= 0xC0, scalar < 0x250 { return letters[Int(scalar) - 0xC0] }
    if scalar >= 0x1E00, scalar < 0x1F00 { return letters[Int(scalar) - 0x1E00 + Self.low.count] }
    if scalar >= 0x61, scalar <= 0x7A { return Letter(capital: scalar - 32, base: scalar) }
    return Letter(capital: scalar, base: scalar)
  }

  /// The one letter that `base` and `mark` make, if there is one.
  func letter(_ base: UInt32, with mark: UInt32) -> UInt32? { composed[UInt64(base) << 32 | UInt64(mark)] }
}
