// Whether two clean names mean one person, and if not, what an officer may see in them.
// Invariant: equal bytes agree; else equal exact forms, else equal bare forms with a note; nothing else ever does.
// Load: one comparison of bytes per record; the folded forms only for the few per cent that differ, in buffers that
// are reused.

import Names
import Values

/// How two names stand to each other.
enum NameAgreement: UInt8, Sendable {
  /// Equal exact forms.
  case exact
  /// Equal bare forms: tones, shapes or Đ are written otherwise.
  case bare
  case differs
}

/// Compares the name of one person with those of many records.
struct NameComparison: Sendable {
  private let folder = NameFolder()
  /// The person's clean, exact and bare name; the latter two are empty until they are asked for.
  private(set) var clean: [UInt8] = []
  private var exact: [UInt8] = []
  private var bare: [UInt8] = []
  private var otherExact: [UInt8] = []
  private var otherBare: [UInt8] = []
  private var words: [Range<Int>] = []
  private var otherWords: [Range<Int>] = []

  /// Takes the clean name with which others are compared from now on.
  mutating func begin(with name: Span<UInt8>) {
    clean.removeAll(keepingCapacity: true)
    // Emptying what is empty is not free.
    if !exact.isEmpty { exact.removeAll(keepingCapacity: true) }
    if !bare.isEmpty { bare.removeAll(keepingCapacity: true) }
    unsafe name.withUnsafeBufferPointer { unsafe clean.append(contentsOf: $0) }
  }

  /// Whether the exact form of another clean name is the same.
  mutating func isExactly(_ name: Span<UInt8>) -> Bool {
    if areEqual(clean.span, name) { return true }
    foldExact(name)
    return exact == otherExact
  }

  /// How another clean name stands to the person's.
  mutating func agreement(with name: Span<UInt8>) -> NameAgreement {
    if isExactly(name) { return .exact }
    if bare.isEmpty { Self.bare(ofExact: exact, into: &bare, folder) }
    otherBare.removeAll(keepingCapacity: true)
    Self.bare(ofExact: otherExact, into: &otherBare, folder)
    return bare == otherBare ? .bare : .differs
  }

  /// What an officer may see in two names of which ``agreement(with:)`` has just said that they differ.
  mutating func differences() -> Reasons {
    var reasons = Reasons()
    if areEqualButForY() { reasons.insert(.iYSpelling) }
    Self.split(bare, into: &words)
    Self.split(otherBare, into: &otherWords)
    if haveSameWords() { reasons.insert(.sameWords) }
    if words.count < otherWords.count
      ? isMiddleDropped(words, bare, otherWords, otherBare)
      : isMiddleDropped(otherWords, otherBare, words, bare)
    {
      reasons.insert(.middleNameDropped)
    }
    return reasons
  }

  /// The digest of the person's name by which decisions know it again.
  mutating func digest() -> UInt64 {
    if exact.isEmpty { Self.exact(ofClean: clean, into: &exact, folder) }
    return nameDigest(ofExact: exact.span)
  }

  private mutating func foldExact(_ name: Span<UInt8>) {
    if exact.isEmpty { Self.exact(ofClean: clean, into: &exact, folder) }
    otherExact.removeAll(keepingCapacity: true)
    folder.exact(ofClean: name, into: &otherExact)
  }

  // One form is read while the other, its neighbour in self, is written: hence by parameters.
  private static func exact(ofClean clean: [UInt8], into exact: inout [UInt8], _ folder: NameFolder) {
    folder.exact(ofClean: clean.span, into: &exact)
  }
  private static func bare(ofExact exact: [UInt8], into bare: inout [UInt8], _ folder: NameFolder) {
    folder.bare(ofExact: exact.span, into: &bare)
  }

  private func areEqualButForY() -> Bool {
    guard bare.count == otherBare.count else { return false }
    for i in bare.indices where bare[i] != otherBare[i] {
      let (a, b) = (min(bare[i], otherBare[i]), max(bare[i], otherBare[i]))
      guard a == UInt8(ascii: "I"), b == UInt8(ascii: "Y") else { return false }
    }
    return true
  }

  /// Each word as often in one as in the other; the order must differ, for the names do.
  private mutating func haveSameWords() -> Bool {
    guard bare.count == otherBare.count, words.count == otherWords.count else { return false }
    var rest = otherWords
    for word in words {
      guard let same = rest.firstIndex(where: { bare[word].elementsEqual(otherBare[$0]) }) else {
        return false
      }
      rest.swapAt(same, rest.count - 1)
      rest.removeLast()
    }
    return true
  }

  /// The short name is the long one without some of the words between its first and its last.
  private func isMiddleDropped(_ short: [Range<Int>], _ a: [UInt8], _ long: [Range<Int>], _ b: [UInt8])
    -> Bool
  {
    guard short.count >= 2, short.count < long.count else { return false }
    guard a[short[0]].elementsEqual(b[long[0]]) else { return false }
    guard a[short[short.count - 1]].elementsEqual(b[long[long.count - 1]]) else { return false }
    var at = 1
    for word in short[1..<short.count - 1] {
      while at < long.count - 1, !a[word].elementsEqual(b[long[at]]) { at += 1 }
      guard at < long.count - 1 else { return false }
      at += 1
    }
    return true
  }

  private static func split(_ name: [UInt8], into words: inout [Range<Int>]) {
    words.removeAll(keepingCapacity: true)
    var start = 0
    for i in 0...name.count where i == name.count || name[i] == 0x20 {
      if i > start { words.append(start..<i) }
      start = i + 1
    }
  }
}

/// Whether two texts are the same bytes.
func areEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  let (x, y) = (a.bytes, b.bytes)
  var i = 0
  while i + 8 <= x.byteCount {
    guard x.integer(at: i) as UInt64 == y.integer(at: i) as UInt64 else { return false }
    i += 8
  }
  while i < x.byteCount {
    guard x.integer(at: i) as UInt8 == y.integer(at: i) as UInt8 else { return false }
    i += 1
  }
  return true
}
