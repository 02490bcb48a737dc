// Decides whether two clean names agree, and if not, how they differ.
// Invariant: names agree if their exact forms are equal, or, with a note, if their bare forms are equal; all
// other names differ.
// Load: one comparison of bytes per record; names are folded, into reused buffers, only if the bytes differ.

import Names
package import Values

/// How two names compare.
package enum NameAgreement: UInt8, Sendable {
  /// Equal exact forms.
  case exact
  /// Equal bare forms: the names differ in tone marks, letter shapes or Đ.
  case bare
  case differs
}

/// Compares the name of one person with those of many records.
package struct NameComparison: Sendable {
  let folder = NameFolder()
  /// The person's clean name, the first ``cleanByteCount`` bytes; emptying and filling an array would cost more.
  package private(set) var clean: [UInt8] = Array(repeating: 0, count: 256)
  package private(set) var cleanByteCount = 0
  /// The person's exact and bare name; empty until a comparison needs them.
  private(set) var exact: [UInt8] = []
  private(set) var bare: [UInt8] = []
  /// The forms of the other name; see ``agreement(with:)``.
  private(set) var otherExact: [UInt8] = []
  private(set) var otherBare: [UInt8] = []
  private var words: [Range<Int>] = []
  private var otherWords: [Range<Int>] = []

  package init() {}

  /// Takes the person's clean name, to compare other names with.
  package mutating func begin(with name: Span<UInt8>) {
    if clean.count < name.count { clean = Array(repeating: 0, count: 2 * name.count) }
    cleanByteCount = name.count
    unsafe clean.withUnsafeMutableBytes { to in
      unsafe name.withUnsafeBytes { unsafe to.copyMemory(from: $0) }
    }
    if !exact.isEmpty { exact.removeAll(keepingCapacity: true) }
    if !bare.isEmpty { bare.removeAll(keepingCapacity: true) }
  }

  /// Whether the exact form of another clean name is the same.
  package mutating func isExactly(_ name: Span<UInt8>) -> Bool {
    if areEqual(clean.span.extracting(..<cleanByteCount), name) { return true }
    foldExact(name)
    return exact == otherExact
  }

  /// Compares another clean name with the person's.
  package mutating func agreement(with name: Span<UInt8>) -> NameAgreement {
    if isExactly(name) { return .exact }
    if bare.isEmpty { Self.bare(ofExact: exact, into: &bare, folder) }
    otherBare.removeAll(keepingCapacity: true)
    Self.bare(ofExact: otherExact, into: &otherBare, folder)
    return bare == otherBare ? .bare : .differs
  }

  /// How the two names differ, after ``agreement(with:)`` has returned `differs` for them.
  package mutating func differences() -> Reasons {
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

  /// The digest of the person's name to which decisions are bound.
  mutating func digest() -> UInt64 {
    if exact.isEmpty { Self.exact(ofClean: clean, cleanByteCount, into: &exact, folder) }
    return nameDigest(ofExact: exact.span)
  }

  private mutating func foldExact(_ name: Span<UInt8>) {
    if exact.isEmpty { Self.exact(ofClean: clean, cleanByteCount, into: &exact, folder) }
    otherExact.removeAll(keepingCapacity: true)
    folder.exact(ofClean: name, into: &otherExact)
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func exact(
    ofClean clean: [UInt8], _ byteCount: Int, into exact: inout [UInt8], _ folder: NameFolder
  ) {
    folder.exact(ofClean: clean.span.extracting(..<byteCount), into: &exact)
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

  /// Whether each word occurs as often in one name as in the other.
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

  /// Whether the short name is the long one without some of the words between the first and the last.
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
@inline(__always)
func areEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  let (x, y) = unsafe (a.bytes, b.bytes)
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
