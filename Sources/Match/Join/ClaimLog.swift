// Logs who claims which insurance number during the join, and afterwards sorts only the claims of numbers
// that may have been claimed before.
// Invariant: if two persons claim a number, all its claims are among the suspects, on whatever threads they
// came. A suspect number with only one claimant costs time and changes nothing.
// Load: a claim of 24 bytes for each record that would be linked, read back once. By the arithmetic of the
// filters fewer than one in a hundred are sorted; with little memory for the filters, more are. With grace
// the log is read once more, for the numbers of persons who no longer link.

import Files
import SortedRuns
import Values

/// Shared by the threads of the join: the numbers claimed so far, and those claimed again.
struct ClaimedNumbers: Sendable {
  private let claimed: KeyFilter
  let again: KeyFilter

  init(_ request: MatchRequest) {
    let records = request.snapshot.insurance.reduce(0) { $0 + $1.recordCount }
    claimed = KeyFilter(keyCount: records, memoryBytes: request.memoryBytes / 8)
    again = KeyFilter(keyCount: records / 4, memoryBytes: request.memoryBytes / 32)
  }

  /// Claims the numbers of a log's claims.
  ///
  /// A number's bits are seldom in the cache, so several are prefetched before they are set.
  func claim(_ words: Span<UInt64>) {
    let stride = ClaimLog.wordsPerClaim
    let count = words.count / stride
    var i = 0
    while i < count {
      let end = min(i + 16, count)
      for k in i..<end { claimed.ask(for: words[k * stride]) }
      for k in i..<end {
        let (number, person) = (words[k * stride], words[k * stride + 1])
        // The same person's next record with the same number is no new claim.
        if k > 0, words[(k - 1) * stride] == number, words[(k - 1) * stride + 1] == person { continue }
        if claimed.insert(number) { again.insert(number) }
      }
      i = end
    }
  }
}

/// The claims of one part of the join, in the order in which they occur.
struct ClaimLog: ~Copyable {
  private let name: String
  private let numbers: ClaimedNumbers
  private var file: OutputFile
  /// The first ``wordCount`` are claims not yet written.
  private var words = Array<UInt64>(repeating: 0, count: claimsAtOnce * wordsPerClaim)
  private var wordCount = 0
  private var count = 0
  /// Number, person's key, place.
  fileprivate static let wordsPerClaim = 3
  private static let claimsAtOnce = 4096

  init(_ request: MatchRequest, _ numbers: ClaimedNumbers, part: Int) throws(Stop) {
    self.numbers = numbers
    name = "claims-\(part).log"
    file = try OutputFile(creating: request.folder + "/" + name)
  }

  @inline(__always)
  mutating func append(_ number: InsuranceNumber, of person: UInt64, place: UInt64) throws(Stop) {
    let at = wordCount
    // One check instead of one for each word.
    unsafe words.withUnsafeMutableBufferPointer { words in
      unsafe (words[at], words[at + 1], words[at + 2]) = (number.packed, person, place)
    }
    wordCount += Self.wordsPerClaim
    if wordCount == Self.claimsAtOnce * Self.wordsPerClaim { try flush() }
  }

  private mutating func flush() throws(Stop) {
    count += wordCount / Self.wordsPerClaim
    numbers.claim(words.span.extracting(..<wordCount))
    try Self.write(words, wordCount, to: &file)
    wordCount = 0
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func write(_ words: [UInt64], _ count: Int, to file: inout OutputFile) throws(Stop) {
    try unsafe file.append(Span<UInt8>(_bytes: words.span.extracting(..<count).bytes))
  }

  /// Ends the log.
  consuming func finish() throws(Stop) -> Written {
    try flush()
    let written = Written(name: name, count: count)
    try file.finishUnsynced()
    return written
  }

  /// A log on disk.
  struct Written: Sendable {
    var name: String
    var count: Int

    /// Sorts the claims whose number may be in a filter.
    ///
    /// - Returns: runs of (number, place), the payload being the person's key; the match removes them before it ends.
    func sorted(_ numbers: KeyFilter, _ request: MatchRequest, name runName: String) throws(Stop)
      -> [SortedRun]
    {
      var claims = Sorter(
        folder: request.folder, name: runName, bufferBytes: request.sorterBytes, synced: false)
      let file = try InputFile(request.folder + "/" + name)
      var bytes: [UInt8] = []
      var read = 0
      while read < count {
        let some = min(claimsAtOnce, count - read)
        let claimBytes = 8 * wordsPerClaim
        try file.read(at: read * claimBytes, count: some * claimBytes, into: &bytes)
        read += some
        let raw = unsafe bytes.span.bytes
        for i in 0..<some {
          let number: UInt64 = raw.integer(at: i * claimBytes)
          guard numbers.mayContain(number) else { continue }
          try claims.append(
            key: number, place: raw.integer(at: i * claimBytes + 16),
            Span<UInt8>(_bytes: raw.extracting(i * claimBytes + 8..<i * claimBytes + 16)))
        }
      }
      return try claims.finish()
    }

    func remove(from folder: String) throws(Stop) { try Folder.remove(folder + "/" + name) }
  }
}
