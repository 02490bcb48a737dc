// Records that name another person's number as well, whose outcome depends on whether the population has that number. The
// join asks; after it, the numbers of the population, which the join has written down, answer.
// Invariant: such a record is counted as if no person had the other number until the answer is there; it claims its
// insurance number, and gets its finding, only then. A record that is disputed because of the answer claims none.
// Load: none on most nights, a million records on a bad one, all records on the worst.
//
//   asked        by the other number, then place: key of the person u64
//   waiting      by the person's key, then place: outcome u8, words u64 u64, reasons if disputed u64 u64, InsuranceFields,
//                PopulationFields, the InsuranceRecord without name

import Rules
import SortedRuns
import Values

/// What one range of the join leaves about other numbers.
struct OtherNumberRuns: Sendable {
  var asked: [SortedRun] = []
  /// The numbers that the population has.
  var registered: NumberLog.Written
  var waiting: SortedRun?
}

/// Writes down the numbers of one range's persons, and the records that name another number.
struct OtherNumbersWriter: ~Copyable {
  private var asked: Sorter
  private var registered: NumberLog
  private var waiting: SortedRunWriter
  private var bytes: [UInt8] = []

  init(_ request: MatchRequest, keys: Range<UInt64>, part: Int) throws(Stop) {
    let registered = try NumberLog(request, keys: keys, part: part)
    let waiting = try SortedRunWriter(folder: request.folder, name: "waiting-\(part)")
    self.registered = registered
    self.waiting = waiting
    // A quarter of the usual memory: on the worst night this sorter is filled besides two others.
    asked = Sorter(
      folder: request.folder, name: "asked-\(part)", bufferBytes: request.sorterBytes / 4, synced: false)
  }

  /// Writes down a number that the population has.
  @inline(__always)
  mutating func register(_ key: UInt64) throws(Stop) { try registered.append(key) }

  /// Asks for the other numbers of a record.
  mutating func ask(_ waiting: WaitingRecord, of person: PersonalID, key: UInt64, place: UInt64) throws(Stop)
  {
    bytes.removeAll(keepingCapacity: true)
    waiting.append(to: &bytes)
    try self.waiting.append(key: key, place: place, bytes)
    bytes.removeAll(keepingCapacity: true)
    bytes.append(integer: key)
    for other in waiting.record.others(than: person) {
      try asked.append(key: LinkKey.personal(other).packed, place: place, bytes)
    }
  }

  consuming func finish() throws(Stop) -> OtherNumberRuns {
    OtherNumberRuns(
      asked: try asked.finish(), registered: try registered.finish(),
      waiting: try waiting.finish(synced: false))
  }
}

/// A record that names another number, with its verdict.
struct WaitingRecord {
  /// The verdict if no person has the other number.
  var verdict: Verdict
  /// If the population has it, the record is disputed for these reasons.
  var reasons: Reasons
  var judged: JudgedFields
  var record: InsuranceRecord

  init(_ record: InsuranceRecord, _ verdict: Verdict, ifRegistered reasons: Reasons, _ judged: JudgedFields) {
    (self.record, self.verdict, self.reasons, self.judged) = (record, verdict, reasons, judged)
    self.record.rawIDByteCount = 0
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(verdict.outcome.rawValue)
    for word in [verdict.words.low, verdict.words.high, reasons.low, reasons.high] {
      bytes.append(integer: word)
    }
    judged.insurance.append(to: &bytes)
    judged.population?.append(to: &bytes)
    record.append(to: &bytes, name: Span(), rawID: Span())
  }

  init(_ payload: RawSpan) {
    verdict = Verdict(
      outcome: Outcome(rawValue: payload.integer(at: 0)) ?? .disputed,
      words: Reasons(low: payload.integer(at: 1), high: payload.integer(at: 9)))
    reasons = Reasons(low: payload.integer(at: 17), high: payload.integer(at: 25))
    let population = 33 + InsuranceFields.byteCount
    judged = JudgedFields(
      InsuranceFields(payload.extracting(33...)), PopulationFields(payload.extracting(population...)))
    record = InsuranceRecord(payload.extracting((population + PopulationFields.byteCount)...))
  }
}

/// Finds, among the numbers of one range, those that records ask for.
struct RegisteredNumbers: Sendable {
  var request: MatchRequest
  var asked: [SortedRun]
  var registered: NumberLog.Written
  /// Where earlier numbers lead.
  ///
  /// Such a number is another person's for all but the person whom it leads to.
  var moves: [SortedRun]
  var part: Int

  /// - Returns: runs of (key of the person, place of the record), without payload; a record that names two registered
  ///   numbers is there twice.
  func found() throws(Stop) -> [SortedRun] {
    var found = Sorter(
      folder: request.folder, name: "named-two-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var asked = try Merge(
      asked, in: request.folder, from: registered.keys.lowerBound, to: registered.keys.upperBound)
    var numbers = try NumberLogReader(registered, in: request.folder)
    var moves = try MovedNumbers(
      moves, request, from: registered.keys.lowerBound, to: registered.keys.upperBound)
    while asked.hasRecord {
      let number = asked.key
      var isRegistered = try numbers.contains(number)
      var today: UInt64?
      if case .moved(let person) = try moves.fate(of: number) {
        (isRegistered, today) = (true, LinkKey.personal(person).packed)
      }
      while asked.key == number {
        if isRegistered {
          let person = try asked.withPayload { (payload) throws(Stop) in payload.integer(at: 0) as UInt64 }
          guard person != today else {
            try asked.advance()
            continue
          }
          try found.append(key: person, place: asked.place, Span())
        }
        try asked.advance()
      }
    }
    return try found.finish()
  }
}

/// Ends the records of one range that waited for the answer.
struct WaitingRecords: Sendable {
  var request: MatchRequest
  var waiting: SortedRun
  /// From ``RegisteredNumbers``.
  var found: [SortedRun]
  var claimed: ClaimedNumbers
  /// Of the waiting records.
  var part: Int
  /// Unique among the claim logs.
  var logPart: Int

  struct Result: Sendable {
    /// The linked records that are disputed now: person's key, place; one byte of payload.
    var heldBack: [SortedRun]
    var findings: [SortedRun]
    var claims: ClaimLog.Written
    var tally: Tally
  }

  func run() throws(Stop) -> Result {
    var tally = request.tally
    var claims = try ClaimLog(request, claimed, part: logPart)
    var findings = FindingSorter(
      folder: request.folder, name: "findings-waiting-\(part)", bufferBytes: request.sorterBytes)
    var heldBack = Sorter(
      folder: request.folder, name: "held-back-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var found = try Merge(found, in: request.folder, from: waiting.firstKey, to: waiting.lastKey + 1)
    var records = try Merge([waiting], in: request.folder)
    try records.forEach { key, place, payload throws(Stop) in
      let waiting = WaitingRecord(payload)
      var isRegistered = false
      while found.key == key, found.place == place {
        isRegistered = true
        try found.advance()
      }
      var verdict = waiting.verdict
      if isRegistered {
        verdict = Verdict(outcome: .disputed, words: waiting.reasons)
        let file = Place(packed: place).file
        tally.add(.insurance, file: file, waiting.verdict.outcome, waiting.verdict.words, count: -1)
        tally.add(.insurance, file: file, verdict.outcome, verdict.words)
        tally.add(placeOf: key, waiting.verdict.outcome, count: -1)
        tally.add(placeOf: key, verdict.outcome)
        if waiting.verdict.outcome == .linked { try heldBack.append(key: key, place: place, [1]) }
      }
      if verdict.outcome == .disputed {
        try findings.append(
          .insurance, waiting.record, key, place: place, verdict, judged: waiting.judged)
      } else if !waiting.record.insuranceNumber.isNone {
        try claims.append(waiting.record.insuranceNumber, of: key, place: place)
      }
    }
    return Result(
      heldBack: try heldBack.finish(), findings: try findings.finish(), claims: try claims.finish(),
      tally: tally)
  }
}
