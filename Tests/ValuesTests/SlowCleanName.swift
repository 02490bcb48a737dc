// Decides byte by byte whether a name is in clean form: the slow, simple automaton that tests compare with
// ``CleanNamePatterns``.
// Invariant: a name that ends in an accepted state is UTF-8 in NFC, made of Vietnamese letters, single
// spaces, apostrophes, hyphens and full stops, with a letter in it and no space at its ends. None of its
// letters is in a place where old encodings, read as Windows-1252, leave letters (`NguyÔn`, `Nguyeãn`) but
// Vietnamese has none.

enum SlowCleanName {
  /// The state of the automaton.
  private enum State: UInt8, CaseIterable {
    /// Before any letter: at the beginning or after a space; after a sign.
    case blank, sign
    /// In a word, after a letter: any, a small consonant, A or E, I, O, U, Y.
    case accepted, small, a, i, o, u, y
    /// After a space.
    case space
    /// After the first byte of a letter: C3, C4, C5, C6, E1; after its first two: E1 BB, E1 BA.
    case c3, c4, c5, c6, e1, e1bb, e1ba
    /// After C3 that follows a small consonant, I, O, U, Y.
    case c3small, c3i, c3o, c3u, c3y
    case refused
  }

  static func isClean(_ name: [UInt8]) -> Bool {
    let state = name.reduce(State.blank, next)
    return state.rawValue >= State.accepted.rawValue && state.rawValue <= State.y.rawValue
  }

  private static func next(_ state: State, _ byte: UInt8) -> State {
    switch state {
    case .blank, .sign, .accepted, .small, .a, .i, .o, .u, .y, .space:
      switch byte {
      case 0x41...0x5A, 0x61...0x7A: return behind(byte)
      case 0x20: return state == .sign ? .blank : state == .blank || state == .space ? .refused : .space
      case 0x27, 0x2D, 0x2E: return state == .blank || state == .sign ? .sign : .accepted
      case 0xC3:
        switch state {
        case .a: return .refused
        case .small: return .c3small
        case .i: return .c3i
        case .o: return .c3o
        case .u: return .c3u
        case .y: return .c3y
        default: return .c3
        }
      case 0xC4: return .c4
      case 0xC5: return .c5
      case 0xC6: return .c6
      case 0xE1: return .e1
      default: return .refused
      }
    // Vietnamese letters in U+00C0–U+00FF; after a vowel, only those that Vietnamese has there.
    case .c3: return vietnamese.contains(byte | 0x20) && isTail(byte) ? .accepted : .refused
    case .c3small: return byte >= 0xA0 && vietnamese.contains(byte) ? .accepted : .refused
    case .c3i: return behindI.contains(byte | 0x20) && isTail(byte) ? .accepted : .refused
    case .c3o: return behindO.contains(byte | 0x20) && isTail(byte) ? .accepted : .refused
    case .c3u: return behindU.contains(byte | 0x20) && isTail(byte) ? .accepted : .refused
    case .c3y: return byte | 0x20 == 0xAA && isTail(byte) ? .accepted : .refused
    // ă, đ and ĩ.
    case .c4: return byte & 0xFE == 0x82 || byte & 0xFE == 0x90 || byte & 0xFE == 0xA8 ? .accepted : .refused
    // ũ, ơ and ư.
    case .c5: return byte & 0xFE == 0xA8 ? .accepted : .refused
    case .c6: return byte & 0xFE == 0xA0 || byte == 0xAF || byte == 0xB0 ? .accepted : .refused
    // U+1EA0–U+1EFF, the Vietnamese letters.
    case .e1: return byte == 0xBB ? .e1bb : byte == 0xBA ? .e1ba : .refused
    case .e1bb: return isTail(byte) ? .accepted : .refused
    case .e1ba: return isTail(byte) && byte >= 0xA0 ? .accepted : .refused
    case .refused: return .refused
    }
  }

  /// The state after an ASCII letter.
  private static func behind(_ letter: UInt8) -> State {
    switch letter | 0x20 {
    case UInt8(ascii: "a"), UInt8(ascii: "e"): .a
    case UInt8(ascii: "i"): .i
    case UInt8(ascii: "o"): .o
    case UInt8(ascii: "u"): .u
    case UInt8(ascii: "y"): .y
    default: letter >= 0x61 ? .small : .accepted
    }
  }

  // Second bytes of small letters after C3; a separate list, so that tests notice a change to one of the two.
  /// à á â ã è é ê ì í ò ó ô õ ù ú ý.
  private static let vietnamese: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xAC, 0xAD, 0xB2, 0xB3, 0xB4, 0xB5, 0xB9, 0xBA, 0xBD,
  ]
  /// à á â ã è é ê ò ó ù ú, as in giàu and tiên.
  private static let behindI: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB9, 0xBA,
  ]
  /// à á ã è é, as in hoàng and khoẻ.
  private static let behindO: Set<UInt8> = [0xA0, 0xA1, 0xA3, 0xA8, 0xA9]
  /// à á â ã è é ê ì í ô ý, as in quà, xuân, thuê, buông and thuý.
  private static let behindU: Set<UInt8> = [
    0xA0, 0xA1, 0xA2, 0xA3, 0xA8, 0xA9, 0xAA, 0xAC, 0xAD, 0xB4, 0xBD,
  ]

  private static func isTail(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
