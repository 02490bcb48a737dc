// Writes down the personal ID numbers that the population has, as the join meets them, and reads them again.
// Invariant: the numbers of a range of keys ascend, each once.
// Load: written each night for each person, in some nanoseconds and four bytes; read where a record asks for another number.
//
//   number   the difference to the number before u32; from 2^32 - 1 on: 2^32 - 1, then the difference u32 u32, low word first

import Files
import SortedRuns
import Values

/// The numbers of one range of keys.
struct NumberLog: ~Copyable {
  private let name: String
  private let keys: Range<UInt64>
  private var file: OutputFile
  /// The first ``filled`` are not yet written.
  private var words = Array<UInt32>(repeating: 0, count: wordsAtOnce + 3)
  private var filled = 0
  private var last: UInt64
  private var wordCount = 0
  fileprivate static let wordsAtOnce = 16 << 10
  fileprivate static let isLong = UInt32.max

  init(_ request: MatchRequest, keys: Range<UInt64>, part: Int) throws(Stop) {
    name = "numbers-\(part).log"
    self.keys = keys
    last = keys.lowerBound
    file = try OutputFile(creating: request.folder + "/" + name)
  }

  /// Appends a number greater than all before.
  @inline(__always)
  mutating func append(_ key: UInt64) throws(Stop) {
    let step = key - last
    last = key
    if step < UInt64(Self.isLong) {
      words[filled] = UInt32(truncatingIfNeeded: step)
      filled += 1
    } else {
      append(long: step)
    }
    if filled >= Self.wordsAtOnce { try flush() }
  }

  @inline(never)
  private mutating func append(long step: UInt64) {
    words[filled] = Self.isLong
    words[filled + 1] = UInt32(truncatingIfNeeded: step)
    words[filled + 2] = UInt32(truncatingIfNeeded: step >> 32)
    filled += 3
  }

  private mutating func flush() throws(Stop) {
    wordCount += filled
    try Self.write(words, filled, to: &file)
    filled = 0
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func write(_ words: [UInt32], _ count: Int, to file: inout OutputFile) throws(Stop) {
    try unsafe file.append(Span<UInt8>(_bytes: words.span.extracting(..<count).bytes))
  }

  consuming func finish() throws(Stop) -> Written {
    try flush()
    let written = Written(name: name, keys: keys, wordCount: wordCount)
    try file.finishUnsynced()
    return written
  }

  /// A log on disk.
  struct Written: Sendable {
    var name: String
    /// The range that it covers.
    var keys: Range<UInt64>
    var wordCount: Int

    func remove(from folder: String) throws(Stop) { try Folder.remove(folder + "/" + name) }
  }
}

/// Reads a log from front to back.
struct NumberLogReader: ~Copyable {
  private let file: InputFile
  private let wordCount: Int
  private var bytes: [UInt8] = []
  /// The words that ``bytes`` holds begin with this one, and how many they are.
  private var start = 0, count = 0
  private var next = 0
  /// The number at hand; none yet, or all passed, if it is outside the log's range.
  private var number: UInt64

  init(_ log: NumberLog.Written, in folder: String) throws(Stop) {
    file = try InputFile(folder + "/" + log.name)
    wordCount = log.wordCount
    number = log.keys.lowerBound
  }

  /// Whether the log has a number; the caller asks in ascending order.
  mutating func contains(_ wanted: UInt64) throws(Stop) -> Bool {
    while next < wordCount, next == 0 || number < wanted {
      // Nearly all steps are short, and within the words at hand.
      if next > 0, next < start + count {
        pass(to: wanted)
        guard next < wordCount, number < wanted else { break }
      }
      var step = UInt64(try word())
      if step == UInt64(NumberLog.isLong) {
        step = UInt64(try word())
        step |= UInt64(try word()) << 32
      }
      number += step
    }
    return number == wanted && next > 0
  }

  /// Moves on, as far as the words at hand are short steps.
  private mutating func pass(to wanted: UInt64) {
    let held = bytes
    let (words, end) = (unsafe held.span.bytes, start + count)
    while next < end, number < wanted {
      let step: UInt32 = words.integer(at: (next - start) * 4)
      guard step != NumberLog.isLong else { return }
      number += UInt64(step)
      next += 1
    }
  }

  private mutating func word() throws(Stop) -> UInt32 {
    if next == start + count {
      start = next
      count = min(NumberLog.wordsAtOnce, wordCount - next)
      precondition(count > 0, "a number log without its last number")
      try file.read(at: start * 4, count: count * 4, into: &bytes)
    }
    next += 1
    return unsafe bytes.span.bytes.integer(at: (next - 1 - start) * 4)
  }
}
