// Marks the differences of two values, letter by letter: in names by letter and by tone, in dates by day, month and year.
// Invariant: the pieces of a side, joined, are its text.
// Load: two names of at most some hundred letters.

import Foundation

/// A piece of a value, and how it differs from the other side.
struct Piece: Hashable, Sendable {
  enum Kind: String, Sendable {
    case same, letter, tone
  }
  var text: String
  let kind: Kind
  // The template reads stored properties.
  let isTone: Bool
  let isLetter: Bool

  init(text: String, kind: Kind) {
    (self.text, self.kind) = (text, kind)
    (isTone, isLetter) = (kind == .tone, kind == .letter)
  }
}

enum Marks {
  private struct Letter {
    var text: Character
    /// In upper case.
    var whole: String
    /// Without the tone: Ạ is A, Ấ is Â.
    var toneless: String
    /// Without any mark: Ấ is A, Đ is D.
    var bare: String

    private static let tones: Set<Unicode.Scalar> = ["\u{300}", "\u{301}", "\u{303}", "\u{309}", "\u{323}"]

    init(_ text: Character) {
      self.text = text
      let scalars = text.uppercased().decomposedStringWithCanonicalMapping.unicodeScalars
      func joined(_ kept: (Unicode.Scalar) -> Bool) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars where kept(scalar) { text.append(scalar) }
        return String(text)
      }
      whole = joined { _ in true }
      toneless = joined { !Self.tones.contains($0) }
      bare = joined { $0.properties.generalCategory != .nonspacingMark }.replacingOccurrences(
        of: "Đ", with: "D")
    }

    func cost(_ other: Letter) -> Int {
      if whole == other.whole { return 0 }
      if toneless == other.toneless { return 1 }
      return bare == other.bare ? 2 : 5
    }
  }

  /// Both names with their differences marked.
  static func names(_ a: String, _ b: String) -> (a: [Piece], b: [Piece]) {
    let (first, second) = (a.map(Letter.init), b.map(Letter.init))
    guard first.count * second.count <= 250_000 else {
      return ([Piece(text: a, kind: .letter)], [Piece(text: b, kind: .letter)])
    }
    let columns = second.count + 1
    var costs = [Int](repeating: 0, count: (first.count + 1) * columns)
    for i in 0...first.count {
      for j in 0...second.count where i + j > 0 {
        var best = Int.max
        if i > 0 { best = min(best, costs[(i - 1) * columns + j] + 3) }
        if j > 0 { best = min(best, costs[i * columns + j - 1] + 3) }
        if i > 0, j > 0 {
          best = min(best, costs[(i - 1) * columns + j - 1] + first[i - 1].cost(second[j - 1]))
        }
        costs[i * columns + j] = best
      }
    }
    var kinds = (
      [Piece.Kind](repeating: .letter, count: first.count),
      [Piece.Kind](repeating: .letter, count: second.count)
    )
    var (i, j) = (first.count, second.count)
    while i > 0, j > 0 {
      let cost = first[i - 1].cost(second[j - 1])
      if costs[i * columns + j] == costs[(i - 1) * columns + j - 1] + cost {
        let kind: Piece.Kind = cost == 0 ? .same : cost == 1 ? .tone : .letter
        (i, j) = (i - 1, j - 1)
        (kinds.0[i], kinds.1[j]) = (kind, kind)
      } else if costs[i * columns + j] == costs[(i - 1) * columns + j] + 3 {
        i -= 1
      } else {
        j -= 1
      }
    }
    return (pieces(first.map { String($0.text) }, kinds.0), pieces(second.map { String($0.text) }, kinds.1))
  }

  /// Both dates, as day, month and year, with the parts that differ marked.
  static func dates(_ a: String, _ b: String) -> (a: [Piece], b: [Piece]) {
    let (first, second) = (parts(a), parts(b))
    func side(_ own: [String], _ other: [String]) -> [Piece] {
      let shown = own.enumerated().map { i, part in i == 2 ? part : part + "/" }
      return pieces(shown, own.indices.map { own[$0] == other[$0] ? .same : .letter })
    }
    return (side(first, second), side(second, first))
  }

  /// Day, month and year, with `--` for what is not known.
  private static func parts(_ iso: String) -> [String] {
    let parts = iso.split(separator: "-").map(String.init)
    return [
      parts.count > 2 ? parts[2] : "--", parts.count > 1 ? parts[1] : "--", parts.first ?? "----",
    ]
  }

  /// Other values, marked as a whole.
  static func values(_ a: String, _ b: String) -> (a: [Piece], b: [Piece]) {
    let kind: Piece.Kind = a == b || a.isEmpty || b.isEmpty ? .same : .letter
    return ([Piece(text: a, kind: kind)], [Piece(text: b, kind: kind)])
  }

  private static func pieces(_ texts: [String], _ kinds: [Piece.Kind]) -> [Piece] {
    var pieces: [Piece] = []
    for (text, kind) in zip(texts, kinds) {
      if pieces.last?.kind == kind {
        pieces[pieces.count - 1].text += text
      } else {
        pieces.append(Piece(text: text, kind: kind))
      }
    }
    return pieces
  }
}
