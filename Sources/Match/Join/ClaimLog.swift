// Who claims which insurance number: written down as the join goes by, and looked at again only where a number may have
// been claimed before.
// Invariant: of a number that two persons claim all claims are among the suspects, whatever came first on which thread;
// a suspect that turns out to have one person costs time and changes nothing.
// Load: a claim of 24 bytes for each record that would be linked, read back once. By the arithmetic of the filters fewer
// than one in a hundred are sorted; when the filters are given little memory, more are. With a store before it is read
// back once more, for the numbers of those who fell out.

import Files
import SortedRuns
import Values

/// What the threads of the join share: the numbers claimed so far, and those among them claimed again.
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
  /// A number's place in memory is seldom in the cache: some are asked for together, and then claimed.
  func claim(_ words: Span<UInt64>) {
    let stride = ClaimLog.wordsPerClaim
    let count = words.count / stride
    var i = 0
    while i < count {
      let end = min(i + 16, count)
      for k in i..<end { claimed.ask(for: words[k * stride]) }
      for k in i..<end {
        let (number, person) = (words[k * stride], words[k * stride + 1])
        // A person's next record with the same number claims nothing new.
        if k > 0, words[(k - 1) * stride] == number, words[(k - 1) * stride + 1] == person { continue }
        if claimed.insert(number) { again.insert(number) }
      }
      i = end
    }
  }
}

/// The claims of one part of the join, in the order in which they came.
struct ClaimLog: ~Copyable {
  private let name: String
  private let numbers: ClaimedNumbers
  private var file: OutputFile
  private var words: [UInt64] = []
  private var count = 0
  /// Number, person's key, place.
  fileprivate static let wordsPerClaim = 3
  private static let claimsAtOnce = 4096

  init(_ request: MatchRequest, _ numbers: ClaimedNumbers, part: Int) throws(Stop) {
    self.numbers = numbers
    name = "claims-\(part).log"
    file = try OutputFile(creating: request.folder + "/" + name)
    words.reserveCapacity(Self.claimsAtOnce * Self.wordsPerClaim)
  }

  @inline(__always)
  mutating func append(_ number: InsuranceNumber, of person: UInt64, place: UInt64) throws(Stop) {
    words.append(number.packed)
    words.append(person)
    words.append(place)
    if words.count == Self.claimsAtOnce * Self.wordsPerClaim { try flush() }
  }

  private mutating func flush() throws(Stop) {
    count += words.count / Self.wordsPerClaim
    numbers.claim(words.span)
    try Self.write(words, to: &file)
    words.removeAll(keepingCapacity: true)
  }

  // The words, a neighbour of the file in self, by a parameter.
  private static func write(_ words: [UInt64], to file: inout OutputFile) throws(Stop) {
    try unsafe file.append(Span<UInt8>(_bytes: words.span.bytes))
  }

  /// Ends the log, which the match removes before it ends.
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
