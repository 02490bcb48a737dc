// Reads many sorted runs as one ascending stream.
// Invariant: records come by (key, place), each once. Merges over adjacent key ranges give, one after the
// other, the same records as one merge over all of them.
// Load: some hundred runs, one block of each in memory. A tournament of the runs' current keys: a step plays
// one match on each level against the loser of an earlier match, without unpredictable branches.

package import Values

/// The records of several runs in ascending order, from a key up to another.
@safe package struct Merge: ~Copyable {
  /// The current record of one run.
  package struct Head: BitwiseCopyable {
    package fileprivate(set) var key: UInt64
    package fileprivate(set) var cursor: Int

    /// A head that sorts after every record.
    static func none(_ cursor: Int) -> Head { Head(key: .max, cursor: cursor) }
  }

  // Visible to the package, as `least` is: only then is the reading of a key or payload inlined in other
  // modules' loops.
  /// Memory of this merge alone, so that advancing costs no retain; all of it is initialized.
  package let cursors: UnsafeMutableBufferPointer<RunCursor>
  /// A tournament: the loser of each match.
  ///
  /// The sides of match i are the places 2i and 2i + 1; the runs come after the last match.
  private let losers: UnsafeMutableBufferPointer<Head>
  /// The winner of the tournament: the least record.
  package private(set) var least: Head
  private let end: UInt64

  /// - Parameters:
  ///   - runs: runs in `folder`.
  ///   - start: the least key read.
  ///   - end: the first key not read.
  package init(_ runs: [SortedRun], in folder: String, from start: UInt64 = 0, to end: UInt64 = .max)
    throws(Stop)
  {
    try self.init([(runs, folder)], from: start, to: end)
  }

  /// Reads runs of several folders as one.
  package init(
    _ sources: [(runs: [SortedRun], folder: String)], from start: UInt64 = 0, to end: UInt64 = .max
  )
    throws(Stop)
  {
    var paths: [String] = []
    for (runs, folder) in sources {
      for run in runs where run.lastKey >= start && run.firstKey < end {
        paths.append(folder + "/" + run.name)
      }
    }
    let cursors = UnsafeMutableBufferPointer<RunCursor>.allocate(capacity: paths.count)
    var opened = 0
    var heads: [Head] = []
    do throws(Stop) {
      for path in paths {
        unsafe cursors.initializeElement(at: opened, to: try RunCursor(path, from: start))
        opened += 1
        let hasRecord = try unsafe cursors[opened - 1].next()
        heads.append(unsafe Self.head(opened - 1, cursors, hasRecord: hasRecord, end))
      }
    } catch {
      for i in 0..<opened { unsafe cursors.deinitializeElement(at: i) }
      unsafe cursors.deallocate()
      throw error
    }
    self.end = end
    unsafe self.cursors = unsafe cursors
    // Play all matches, from the last to the first; the winners overwrite the runs of the level below.
    let runs = heads.count
    unsafe losers = UnsafeMutableBufferPointer<Head>.allocate(capacity: max(1, runs))
    unsafe losers.initialize(repeating: .none(0))
    var winners = Array(repeating: Head.none(0), count: runs) + heads
    for match in stride(from: runs - 1, through: 1, by: -1) {
      let (a, b) = (winners[2 * match], winners[2 * match + 1])
      let aWins = unsafe Self.comes(a, before: b, cursors)
      winners[match] = aWins ? a : b
      unsafe losers[match] = aWins ? b : a
    }
    least = runs == 0 ? .none(0) : winners[1]
  }

  deinit {
    for i in unsafe 0..<cursors.count { unsafe cursors.deinitializeElement(at: i) }
    unsafe cursors.deallocate()
    unsafe losers.deallocate()
  }

  /// Whether there is a current record.
  package var hasRecord: Bool { least.key != .max }

  /// The current record's key; the greatest possible key when there is none.
  package var key: UInt64 { least.key }
  /// The current record's place; the greatest possible one when there is none.
  package var place: UInt64 { hasRecord ? unsafe cursors[least.cursor].place : .max }

  /// Passes the current record's payload to `body`.
  ///
  /// There must be one: see ``hasRecord``.
  package func withPayload<R>(_ body: (RawSpan) throws(Stop) -> R) throws(Stop) -> R {
    precondition(hasRecord)
    return try unsafe cursors[least.cursor].withPayload(body)
  }

  /// Advances to the next record.
  package mutating func advance() throws(Stop) {
    precondition(hasRecord)
    settle(try unsafe cursors[least.cursor].next())
  }

  /// Advances to the first record whose key is not below `start`; blocks in between are not read.
  package mutating func skip(to start: UInt64) throws(Stop) {
    while least.key < start { settle(try unsafe cursors[least.cursor].skip(to: start)) }
  }

  /// Reads all remaining records.
  @inline(__always)
  package mutating func forEach(
    _ body: (_ key: UInt64, _ place: UInt64, _ payload: RawSpan) throws(Stop) -> Void
  ) throws(Stop) {
    while hasRecord {
      let (key, place) = (key, place)
      try withPayload { payload throws(Stop) in try body(key, place, payload) }
      try advance()
    }
  }

  /// Advances to a key and reads its records.
  @inline(__always)
  package mutating func forEach(
    of wanted: UInt64, _ body: (_ place: UInt64, _ payload: RawSpan) throws(Stop) -> Void
  ) throws(Stop) {
    try skip(to: wanted)
    while key == wanted {
      let place = place
      try withPayload { payload throws(Stop) in try body(place, payload) }
      try advance()
    }
  }

  /// Replays the matches of the run that won, with its next record.
  @inline(__always)
  private mutating func settle(_ hasNext: Bool) {
    var winner = unsafe Self.head(least.cursor, cursors, hasRecord: hasNext, end)
    var match = unsafe (winner.cursor + cursors.count) >> 1
    while match > 0 {
      let loser = unsafe losers[match]
      let loserWins = unsafe Self.comes(loser, before: winner, cursors)
      unsafe losers[match] = loserWins ? winner : loser
      winner = loserWins ? loser : winner
      match >>= 1
    }
    least = winner
  }

  @inline(__always)
  private static func head(
    _ i: Int, _ cursors: UnsafeMutableBufferPointer<RunCursor>, hasRecord: Bool, _ end: UInt64
  ) -> Head {
    guard hasRecord, unsafe cursors[i].key < end else { return .none(i) }
    return unsafe Head(key: cursors[i].key, cursor: i)
  }

  @inline(__always)
  private static func comes(
    _ a: Head, before b: Head, _ cursors: UnsafeMutableBufferPointer<RunCursor>
  ) -> Bool {
    if a.key != b.key || a.key == .max { return a.key < b.key }
    return unsafe comesByPlace(a.cursor, before: b.cursor, cursors)
  }

  /// Compares the places of two records with the same key, of which there are few.
  @inline(never)
  private static func comesByPlace(
    _ a: Int, before b: Int, _ cursors: UnsafeMutableBufferPointer<RunCursor>
  ) -> Bool {
    unsafe (cursors[a].place, a) < (cursors[b].place, b)
  }
}

/// Keys that cut the records of the runs into `parts` of about equal size; ascending, at most `parts - 1` of
/// them.
///
/// Records with the same key are never separated.
/// - Parameters:
///   - start: keys below are not counted.
///   - end: keys from here on are not counted.
package func splitKeys(
  of runs: [SortedRun], in folder: String, parts: Int, from start: UInt64 = 0, to end: UInt64 = .max
) throws(Stop) -> [UInt64] {
  guard parts > 1 else { return [] }
  var keys: [UInt64] = []
  for run in runs where run.lastKey >= start && run.firstKey < end {
    keys += try RunCursor(folder + "/" + run.name).sampledKeys.filter { $0 >= start && $0 < end }
  }
  keys.sort()
  guard keys.count > 1 else { return [] }
  var cuts: [UInt64] = []
  for part in 1..<parts {
    let key = keys[part * keys.count / parts]
    if key > keys[0], cuts.last != key { cuts.append(key) }
  }
  return cuts
}
