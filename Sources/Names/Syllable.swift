// Decides whether a word can be a Vietnamese syllable, which distinguishes text in the right encoding from
// text in a wrong one.
// Invariant: every syllable of the standard spelling is possible, with its tone in the old or in the new
// place, in any case and normal form; a final stop (c, ch, p, t) takes sắc or nặng. Words of other languages
// may be possible too.
// Load: some thousand words of a file's samples, and names with letters that no Vietnamese name has.
//
// Source: the initials and rhymes of the standard spelling (Quốc ngữ); place of the tone: domain of names,
// §7.3.

/// The syllables of Vietnamese.
package struct Syllables: Sendable {
  package static let shared = Syllables()

  private let table = LetterTable.shared
  /// Syllables without their tone, six bits a letter.
  private let spellings: Set<UInt64>
  /// Those that end in a stop.
  private let stopped: Set<UInt64>

  private static let initials = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p",
    "ph",
    "qu", "r", "s", "t", "th", "tr", "v", "x",
  ]
  private static let rhymes =
    """
    a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om on ong ooc oong op ot oăc oăm oăn
    oăng oăt ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uc ui um un ung up ut uy uya uych uyn uynh uyp uyt uyu
    uyên uyêt uân uâng uât uây uê uêch uên uênh uôc uôi uôm uôn uông uôt uơ ư ưa ưc ưi ưm ưng ưt ưu ươc ươi ươm
    ươn ương ươp ươt ươu y yêm yên yêng yêt yêu ych ynh yt
    """

  private init() {
    var spellings: Set<UInt64> = []
    var stopped: Set<UInt64> = []
    for initial in Self.initials {
      for rhyme in Self.rhymes.split(whereSeparator: \.isWhitespace) where Self.fits(initial, rhyme) {
        let text = Self.spelling(initial, rhyme)
        guard let key = Self.key(of: text) else { continue }
        spellings.insert(key)
        if ["c", "p", "t"].contains(rhyme.last) || rhyme.hasSuffix("ch") { stopped.insert(key) }
      }
    }
    self.spellings = spellings
    self.stopped = stopped
  }

  /// An initial and a rhyme; in gì and gìn the i of the initial is also the vowel.
  private static func spelling(_ initial: String, _ rhyme: Substring) -> String {
    initial == "gi" && rhyme.first == "i" ? "g" + rhyme : initial + rhyme
  }

  /// Whether the standard spelling allows the combination.
  private static func fits(_ initial: String, _ rhyme: Substring) -> Bool {
    guard let first = rhyme.first else { return false }
    let isFront = "eêiy".contains(first)
    switch initial {
    case "k", "gh", "ngh": return isFront
    case "c", "g", "ng": return !isFront
    case "qu": return "aăâeêiyơ".contains(first) || rhyme == "ôc"
    case "": return true
    // After some initials a lone i is written y: kỳ, lý, mỹ, tỷ.
    default: return first != "y" || rhyme == "y"
    }
  }

  /// All spellings without marks, in ASCII, each once, ascending.
  package var bareSpellings: [String] {
    var bare: Set<String> = []
    for initial in Self.initials {
      for rhyme in Self.rhymes.split(whereSeparator: \.isWhitespace) where Self.fits(initial, rhyme) {
        let letters = Self.spelling(initial, rhyme).unicodeScalars.map {
          $0 == "đ" ? 0x64 : table[$0.value].base
        }
        bare.insert(String(decoding: letters.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self))
      }
    }
    return bare.sorted()
  }

  // MARK: Words

  /// Whether a word, given as Unicode scalars, can be a syllable.
  package func isPossible(_ word: Span<UInt32>) -> Bool {
    var key: UInt64 = 0
    var count = 0
    var tone: UInt32 = 0
    var last: UInt32 = 0
    var shape: UInt32 = 0
    /// Adds a mark to the letter before it.
    func mark(_ mark: UInt32) -> Bool {
      switch mark {
      case 0x300, 0x301, 0x303, 0x309, 0x323:
        guard tone == 0 else { return false }
        tone = mark
      case 0x302, 0x306, 0x31B:
        guard shape == 0, count > 0, let code = Self.code(last, mark) else { return false }
        shape = mark
        key = key & ~0x3F | code
      default: return false
      }
      return true
    }
    for i in word.indices {
      let scalar = word[i]
      if scalar >= 0x300, scalar < 0x370 {
        guard mark(scalar) else { return false }
        continue
      }
      let letter = table[scalar]
      last = letter.base | 0x20
      shape = 0
      let isD = scalar == 0x110 || scalar == 0x111
      guard count < 8, let code = isD ? 29 : Self.code(last, 0), isD || letter.base < 0x80 else {
        return false
      }
      key = key << 6 | code
      count += 1
      if letter.marks.0 != 0, !mark(letter.marks.0) { return false }
      if letter.marks.1 != 0, !mark(letter.marks.1) { return false }
    }
    guard spellings.contains(key) else { return false }
    return tone == 0x301 || tone == 0x323 || !stopped.contains(key)
  }

  /// Six bits for a small letter with a shape.
  private static func code(_ letter: UInt32, _ shape: UInt32) -> UInt64? {
    switch (letter, shape) {
    case (0x61...0x7A, 0): UInt64(letter - 0x60)
    case (0x61, 0x306): 27
    case (0x61, 0x302): 28
    case (0x65, 0x302): 30
    case (0x6F, 0x302): 31
    case (0x6F, 0x31B): 32
    case (0x75, 0x31B): 33
    default: nil
    }
  }

  private static func key(of text: String) -> UInt64? {
    var key: UInt64 = 0
    for scalar in text.unicodeScalars {
      let letter = LetterTable.shared[scalar.value]
      guard let code = scalar == "đ" ? 29 : code(letter.base, letter.marks.0) else { return nil }
      key = key << 6 | code
    }
    return key
  }
}
