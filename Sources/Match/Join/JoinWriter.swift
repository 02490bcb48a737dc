// Writes what the join decides: linked cards, claims on insurance numbers, findings, records without a person, records that
// name another number, and counts.
// Invariant: each record given to it is written once and counted once.

import Rules
import SortedRuns
import Values

/// The output of one range of the join.
struct JoinWriter: ~Copyable {
  private struct RecordPlace: BitwiseCopyable {
    var place: UInt64
    var line: UInt32
  }

  private var tally: Tally
  private var judged: JudgedWriter
  private var claims: ClaimLog
  private var findings: FindingSorter
  private var personless: PersonlessRecords
  private var others: OtherNumbersWriter
  /// The person's first population record, and then, in the array's first places, the few others.
  private var firstPlace = RecordPlace(place: 0, line: 0)
  private var otherPlaces: [RecordPlace] = []
  private var placeCount = 0
  private var cards = LinkedCards()

  init(
    _ request: MatchRequest, judged: consuming JudgedWriter, claims: consuming ClaimLog,
    others: consuming OtherNumbersWriter, part: Int
  ) {
    self.others = others
    tally = request.tally
    self.judged = judged
    self.claims = claims
    findings = FindingSorter(
      folder: request.folder, name: "findings-join-\(part)", bufferBytes: request.sorterBytes)
    personless = PersonlessRecords(request, name: "join-\(part)")
  }

  // MARK: Population records

  @inline(__always)
  mutating func add(personAt place: UInt64, line: UInt32) {
    let place = RecordPlace(place: place, line: line)
    placeCount += 1
    if placeCount == 1 { firstPlace = place } else { add(otherPlace: place) }
  }

  @inline(never)
  private mutating func add(otherPlace place: RecordPlace) {
    let i = placeCount - 2
    if i < otherPlaces.count { otherPlaces[i] = place } else { otherPlaces.append(place) }
  }

  /// Ends the population's records of one number.
  ///
  /// - Parameter person: the first of them; any if there is none.
  @inline(__always)
  mutating func endPopulation(
    of id: PersonalID, _ key: UInt64, _ person: PopulationRecord, _ disagreements: Reasons
  ) throws(Stop) {
    if placeCount > 0 { try others.register(key) }
    if person.residence != .notAsked, placeCount > 0, disagreements.isEmpty, person.status == .active {
      tally.add(residentOf: person.residence)
    }
    for i in 0..<placeCount {
      let place = i == 0 ? firstPlace : otherPlaces[i - 1]
      let file = Place(packed: place.place).file
      if disagreements.isEmpty {
        tally.add(.population, file: file, i == 0 ? .registered : .repeated, Reasons())
      } else {
        try findings.append(duplicated: id, line: place.line, place: place.place, disagreements)
        tally.add(.population, file: file, .personDuplicated, disagreements)
      }
    }
    placeCount = 0
  }

  // MARK: Insurance records

  /// Writes a linked card, and the person with the first card.
  ///
  /// - Parameters:
  ///   - head: the record as it was staged, without name and raw field.
  ///   - isWaiting: whether the record names another number, so that its claim has to wait.
  @inline(__always)
  mutating func link(
    _ record: InsuranceRecord, _ verdict: Verdict, head: RawSpan, _ key: UInt64, _ place: UInt64,
    _ person: PopulationRecord, name: Span<UInt8>, isWaiting: Bool
  ) throws(Stop) {
    count(verdict, key, place)
    if person.residence != .notAsked, cards.count == 0 { tally.add(cardholderOf: person.residence) }
    tally.add(numbersOf: record, of: key)
    try judged.append(
      record, verdict, head: head, key: key, place: place, firstOf: cards.count == 0 ? person : nil,
      name: name)
    cards.add(record.insuranceNumber)
    if !isWaiting, !record.insuranceNumber.isNone {
      try claims.append(record.insuranceNumber, of: key, place: place)
    }
  }

  /// Passes on a record that leads to no person, whether or not an officer gave it to one.
  mutating func passOn(
    _ record: InsuranceRecord, _ verdict: Verdict, _ payload: RawSpan, held: LinkKey, _ place: UInt64
  ) throws(Stop) {
    let wasRouted = record.rule == .decision
    let raw = record.rawIDRange(in: payload)
    try personless.take(
      record, payload, held: held, place: place, verdict.words, raw: wasRouted ? raw.dropFirst(8) : raw,
      routing: wasRouted ? .none : .before, &findings, &tally)
  }

  /// Asks for the other numbers that a record names; a linked record is written besides.
  mutating func ask(
    _ waiting: WaitingRecord, of person: PersonalID, _ key: UInt64, _ place: UInt64
  ) throws(Stop) {
    if waiting.verdict.outcome != .linked { count(waiting.verdict, key, place) }
    try others.ask(waiting, of: person, key: key, place: place)
  }

  /// Writes a finding.
  mutating func hold(
    _ record: InsuranceRecord, _ verdict: Verdict, judged: JudgedFields?, _ key: UInt64, _ place: UInt64
  ) throws(Stop) {
    count(verdict, key, place)
    try findings.append(.insurance, record, key, place: place, verdict, judged: judged)
  }

  @inline(__always)
  private mutating func count(_ verdict: Verdict, _ key: UInt64, _ place: UInt64) {
    tally.add(.insurance, file: Place(packed: place).file, verdict.outcome, verdict.words)
    tally.add(placeOf: key, verdict.outcome)
  }

  @inline(__always)
  mutating func endPerson() {
    cards.count(in: &tally)
    cards = LinkedCards()
  }

  consuming func finish(repairedHits: [SortedRun]) throws(Stop) -> PersonJoin.Result {
    PersonJoin.Result(
      judged: try judged.finish(), claims: try claims.finish(), findings: try findings.finish(),
      personless: try personless.finish(), repairedHits: repairedHits, others: try others.finish(),
      tally: tally)
  }
}

extension LinkedCards {
  /// Counts the note that each of the person's linked records has, or takes it back.
  func count(in tally: inout Tally, sign: Int = 1) {
    if haveSeveralNumbers {
      tally.add(.insurance, .linked, Reasons(.severalInsuranceNumbers), count: sign * count)
    }
  }
}
