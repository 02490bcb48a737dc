// Whether a name is in clean form as it stands, decided by one table look-up a byte.
// Invariant: a name that ends in `accepted` is UTF-8 in NFC, made of Latin letters, single spaces, apostrophes, hyphens
// and full stops, with a letter in it and no space at its ends.
// Load: every name of every record; a table, because where the accents stand can't be predicted, and a wrong guess of a
// branch costs more than five bytes do here.

enum CleanNameSteps {
  /// Where the reading of a name stands.
  private enum State: UInt8, CaseIterable {
    /// At the beginning or behind a space, and no letter yet; behind a sign, and no letter yet.
    case blank, sign
    /// In a word, and there was a letter; behind a space.
    case accepted, space
    /// Behind the first byte of a letter: C3, C4, C5, C6, E1; behind its first two: E1 BB, E1 BA.
    case c3, c4, c5, c6, e1, e1bb, e1ba
    case refused
  }

  /// The next state for each state and byte.
  static let table: [UInt8] = State.allCases.flatMap { state in
    (0...255).map { next(state, UInt8($0)).rawValue }
  }

  @inline(__always)
  static func isClean(_ name: Span<UInt8>, _ table: Span<UInt8>) -> Bool {
    var state = 0
    for i in name.indices { state = Int(table[state << 8 | Int(name[i])]) }
    return state == Int(State.accepted.rawValue)
  }

  private static func next(_ state: State, _ byte: UInt8) -> State {
    switch state {
    case .blank, .sign, .accepted, .space:
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: return .accepted
      case 0x20: return state == .sign ? .blank : state == .accepted ? .space : .refused
      case 0x27, 0x2D, 0x2E: return state == .blank || state == .sign ? .sign : .accepted
      case 0xC3: return .c3
      case 0xC4: return .c4
      case 0xC5: return .c5
      case 0xC6: return .c6
      case 0xE1: return .e1
      default: return .refused
      }
    // U+00C0–U+013F but for the letters that look like Đ; a mark behind would begin with CC or CD.
    case .c3: return isTail(byte) && byte != 0x90 && byte != 0xB0 ? .accepted : .refused
    case .c4: return isTail(byte) ? .accepted : .refused
    // Of U+0140–U+01BF a Vietnamese name has ũ, ơ and ư alone; the others may come of a wrong encoding.
    case .c5: return byte & 0xFE == 0xA8 ? .accepted : .refused
    case .c6: return byte & 0xFE == 0xA0 || byte == 0xAF || byte == 0xB0 ? .accepted : .refused
    // U+1EA0–U+1EFF, the Vietnamese letters.
    case .e1: return byte == 0xBB ? .e1bb : byte == 0xBA ? .e1ba : .refused
    case .e1bb: return isTail(byte) ? .accepted : .refused
    case .e1ba: return isTail(byte) && byte >= 0xA0 ? .accepted : .refused
    case .refused: return .refused
    }
  }

  private static func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
