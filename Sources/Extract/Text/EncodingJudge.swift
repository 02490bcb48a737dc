// Decides whether a sample of a file is in the expected encoding, and if not, in which one it is.
// Invariant: it judges only words with a byte outside ASCII, and only if there are at least six. A sample
// read as UTF-8 is refused if more than half of its words are malformed or contain letters that another
// encoding left. A sample read in an old encoding is refused if it is UTF-8, or if fewer than three quarters
// of its words are possible Vietnamese syllables and another encoding fits better: 80 of 100 words are
// possible in that one, 10 more than in any other.
// Load: 64 KiB at the beginning of a file and 16 KiB of every 2 MiB, less than a hundredth of a large file.
//
// Domain: one file, one encoding, never guessed per record; valid UTF-8 is UTF-8 (§7.2).

import Names
import Values

/// The encoding fault of a sample.
struct EncodingFault: Equatable {
  /// The offset of the first byte that shows it, from 0: in the file, or in the content of a gzip file.
  var position: Int
  var found: String
  /// What to write in the pipeline file.
  var guess: TextEncoding?
}

/// Judges samples of one file.
struct EncodingJudge {
  /// By the pipeline file, a byte order mark or the XML declaration; else UTF-8.
  let encoding: TextEncoding

  static let fewestWords = 6
  /// The most words judged in one sample.
  private static let mostWords = 4096
  private static let longestWord = 32

  /// - Parameters:
  ///   - sample: bytes before decoding.
  ///   - offset: where they begin in the file.
  ///   - isWhole: the file ends where the sample does.
  func fault(in sample: Span<UInt8>, at offset: Int, isWhole: Bool) -> EncodingFault? {
    if offset == 0, let fault = faultOfBeginning(sample) { return fault }
    if encoding == .utf16 {
      var decoder = LegacyDecoder(.utf16)
      var text: [UInt8] = []
      // A later sample has no byte order mark: begin at an even byte and find the byte order by the zero
      // bytes.
      if offset > 0 {
        decoder.setByteOrder(isBigEndian: Self.zeros(sample, from: 0) > Self.zeros(sample, from: 1))
      }
      decoder.decode(bytes(sample), isLast: false, into: &text)
      let words = Self.words(of: text.span, isBeginning: offset == 0, isWhole: isWhole)
      return readWrongly(words, text.span, at: offset, isSameOffset: false)
    }
    let words = Self.words(of: sample, isBeginning: offset == 0, isWhole: isWhole)
    guard words.count >= Self.fewestWords else { return nil }
    return encoding == .utf8
      ? faultOfUTF8(words, sample, at: offset) : faultOfOld(words, sample, at: offset)
  }

  // MARK: Beginning

  private func faultOfBeginning(_ sample: Span<UInt8>) -> EncodingFault? {
    let isMarked16 =
      sample.count >= 2 && (sample[0] == 0xFF && sample[1] == 0xFE || sample[0] == 0xFE && sample[1] == 0xFF)
    let isMarked8 = sample.count >= 3 && sample[0] == 0xEF && sample[1] == 0xBB && sample[2] == 0xBF
    let head = sample.extracting(first: min(sample.count, 4096))
    let zeros = (Self.zeros(head, from: 0), Self.zeros(head, from: 1))
    let looksLike16 = head.count >= 8 && max(zeros.0, zeros.1) * 8 >= head.count && zeros.0 != zeros.1
    switch encoding {
    case .utf16:
      if isMarked16 || looksLike16 || head.count < 8 { return nil }
      if isMarked8 { return EncodingFault(position: 0, found: "the byte order mark of UTF-8", guess: .utf8) }
      let words = Self.words(of: sample, isBeginning: true, isWhole: false)
      let guess = words.isEmpty ? TextEncoding.utf8 : self.guess(words, sample)
      return EncodingFault(position: 0, found: "text of one byte a letter", guess: guess)
    default:
      if isMarked16 {
        return EncodingFault(position: 0, found: "the byte order mark of UTF-16", guess: .utf16)
      }
      if isMarked8, encoding != .utf8 {
        return EncodingFault(position: 0, found: "the byte order mark of UTF-8", guess: .utf8)
      }
      guard looksLike16 else { return nil }
      let position = head.indices.first { head[$0] == 0 } ?? 0
      return EncodingFault(position: position, found: "zero bytes, as UTF-16 has them", guess: .utf16)
    }
  }

  /// Counts zero bytes at every second place.
  private static func zeros(_ bytes: Span<UInt8>, from start: Int) -> Int {
    stride(from: start, to: bytes.count, by: 2).reduce(0) { $0 + (bytes[$1] == 0 ? 1 : 0) }
  }

  // MARK: Words

  /// The words with a byte outside ASCII: runs of letters and such bytes.
  ///
  /// Words cut off by the sample are left out.
  private static func words(of text: Span<UInt8>, isBeginning: Bool, isWhole: Bool) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start = 0
    var isMarked = false
    var i = 0
    while i <= text.count, words.count < mostWords {
      let byte = i < text.count ? text[i] : 0
      if byte >= 0x80 {
        isMarked = true
      } else if !((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) {
        if isMarked, start > 0 || isBeginning, i < text.count || isWhole { words.append(start..<i) }
        start = i + 1
        isMarked = false
      }
      i += 1
    }
    return words
  }

  /// Whether a word of at most ``longestWord`` bytes is UTF-8 and a possible syllable; nearly all words are.
  private func isPossible(_ word: Span<UInt8>) -> Bool {
    var letters = InlineArray<32, UInt32>(repeating: 0)
    var (i, count) = (0, 0)
    while i < word.count {
      letters[count] = nextScalar(word, &i)
      count += 1
    }
    return Syllables.shared.isPossible(letters.span.extracting(0..<count))
  }

  private func isPossible(_ word: Range<Int>, _ sample: Span<UInt8>, in candidate: TextEncoding) -> Bool {
    guard word.count <= Self.longestWord else { return false }
    let word = sample.extracting(word)
    guard let old = candidate.legacy else { return isPossible(word) }
    return isPossible(word, in: old)
  }

  private func isPossible(_ word: Span<UInt8>, in old: LegacyEncoding) -> Bool {
    old.letters(of: word).map { Syllables.shared.isPossible($0.span) } ?? false
  }

  /// Whether at least half of the words are possible syllables in UTF-8; the others then need no check.
  private func isMostlyPossible(_ words: [Range<Int>], _ text: Span<UInt8>) -> Bool {
    var left = (words.count + 1) / 2
    for word in words where isPossible(word, text, in: .utf8) {
      left -= 1
      if left == 0 { return true }
    }
    return left == 0
  }

  /// How many of the words are possible syllables in an encoding.
  private func score(_ words: [Range<Int>], _ sample: Span<UInt8>, _ candidate: TextEncoding) -> Int {
    words.count { isPossible($0, sample, in: candidate) }
  }

  /// The one encoding in which most words are possible.
  private func guess(_ words: [Range<Int>], _ sample: Span<UInt8>) -> TextEncoding? {
    let scores = TextEncoding.allCases.filter { $0 != .utf16 }.map { ($0, score(words, sample, $0)) }
      .sorted { $0.1 > $1.1 }
    guard let best = scores.first, best.1 * 10 >= words.count * 8,
      (best.1 - scores[1].1) * 10 >= words.count
    else { return nil }
    return best.0
  }

  // MARK: Read as UTF-8

  private func faultOfUTF8(_ words: [Range<Int>], _ sample: Span<UInt8>, at offset: Int) -> EncodingFault? {
    // The bytes between two words are ASCII.
    let isWellFormed =
      malformedPosition(sample.extracting(words[0].lowerBound..<words[words.count - 1].upperBound)) == nil
    let malformed = isWellFormed ? [] : words.filter { malformedPosition(sample.extracting($0)) != nil }
    guard malformed.count * 2 > words.count, let first = malformed.first else {
      return readWrongly(words, sample, at: offset, isSameOffset: true)
    }
    let position = first.lowerBound + (malformedPosition(sample.extracting(first)) ?? 0)
    return EncodingFault(
      position: offset + position,
      found: "bytes that are no UTF-8 in \(malformed.count) of \(words.count) words",
      guess: guess(words, sample))
  }

  /// The fault of text that was once read as Windows-1252 and written as UTF-8.
  ///
  /// It can't be restored, because letters may be lost.
  private func readWrongly(
    _ words: [Range<Int>], _ text: Span<UInt8>, at offset: Int, isSameOffset: Bool
  ) -> EncodingFault? {
    guard words.count >= Self.fewestWords, !isMostlyPossible(words, text) else { return nil }
    let strange = words.filter { !isPossible($0, text, in: .utf8) }
    guard let first = strange.first else { return nil }
    let back = strange.compactMap { word -> [UInt8]? in
      let word = text.extracting(word)
      guard word.count <= 3 * Self.longestWord else { return nil }
      let letters = scalars(of: word)
      let bytes = letters.compactMap(Windows1252.byte(readAs:))
      return bytes.count == letters.count ? bytes : nil
    }
    func count(_ isRight: ([UInt8]) -> Bool) -> Int { back.count(where: isRight) }
    let asUTF8 = count { Syllables.shared.isPossible(scalars(of: $0.span).span) }
    let asOld = LegacyEncoding.allCases.map { old in (count { isPossible($0.span, in: old) }, old.rawValue) }
    let all = [(asUTF8, "utf-8")] + asOld
    guard let best = all.max(by: { $0.0 < $1.0 }), best.0 * 2 > words.count else { return nil }
    return EncodingFault(
      position: isSameOffset ? offset + first.lowerBound : offset,
      found:
        "\(best.1) that was read as Windows-1252 and written as UTF-8 in \(best.0) of \(words.count) words")
  }

  // MARK: Read in an old encoding

  private func faultOfOld(_ words: [Range<Int>], _ sample: Span<UInt8>, at offset: Int) -> EncodingFault? {
    let own = score(words, sample, encoding)
    let valid = words.count { malformedPosition(sample.extracting($0)) == nil }
    let isUTF8 = valid * 10 >= words.count * 9 && score(words, sample, .utf8) > own
    let other = isUTF8 ? .utf8 : guess(words, sample)
    guard let other, other != encoding, isUTF8 || own * 4 < words.count * 3 else { return nil }
    let first = words.first {
      isPossible($0, sample, in: other) && !isPossible($0, sample, in: encoding)
    }
    return EncodingFault(
      position: offset + (first ?? words[0]).lowerBound,
      found:
        "text of which \(words.count - own) of \(words.count) words can't be Vietnamese in \(encoding.rawValue)",
      guess: other)
  }
}

/// A copy, for functions that take only an array.
private func bytes(_ span: Span<UInt8>) -> [UInt8] {
  unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
}

extension EncodingFault {
  /// The refusal of the file.
  func stop(_ file: ExportFile, expected encoding: TextEncoding, isDeclared: Bool) -> Stop {
    let remedy =
      guess.map {
        "It reads as \($0.rawValue). Write encoding: \($0.rawValue) in the pipeline file if the supplier says so too"
      } ?? "Ask the supplier for the encoding, or for the file in UTF-8"
    return Stop(
      .dataRefused, at: file.name,
      expected: "\(encoding.rawValue)\(isDeclared ? ", as the pipeline file says" : "")",
      found: "\(found), from byte \(position) on", remedy: remedy + "; nothing was changed.")
  }
}
