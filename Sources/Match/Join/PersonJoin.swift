// The join of both exports on the personal ID number.
// Invariant: each population record and each insurance record of the range is read once, judged once and written once.
// Load: one range of keys of two or three merges; memory does not grow with the records of one number, except for 12 bytes
// for each population record.

import Rules
import SortedRuns
import Values

/// One range of personal ID numbers.
struct PersonJoin: Sendable {
  var request: MatchRequest
  /// Insurance records that found their person by a 9-digit number, an earlier number or an officer's decision.
  var resolved: [SortedRun]
  /// Where earlier numbers lead; ``MovedRecords`` has taken the records that hold one.
  var moves: [SortedRun]
  /// Records whose number may have lost its zeros.
  var repaired: [SortedRun]
  var claimed: ClaimedNumbers
  var part: Int
  var start: UInt64
  var end: UInt64

  struct Result: Sendable {
    var judged: SortedRun?
    /// Insurance number → personal ID number, of the records that would be linked.
    var claims: ClaimLog.Written
    var findings: [SortedRun]
    var personless: PersonlessRuns
    var repairedHits: [SortedRun]
    var others: OtherNumberRuns
    var tally: Tally
  }

  func run() throws(Stop) -> Result {
    var population = try Merge(request.snapshot.population, in: request.stagedFolder, from: start, to: end)
    var insurance = try Merge(
      [(request.snapshot.insurance, request.stagedFolder), (resolved, request.folder)], from: start, to: end)
    var moves = try MovedNumbers(moves, request, from: start, to: end)
    var repaired = try RepairedNumbers(request, repaired, part: part, from: start, to: end)
    var person = PersonRules(
      request.decisions, from: LinkKey(packed: start).personalID ?? PersonalID(packed: 0))
    var writer = JoinWriter(
      request, judged: try JudgedWriter(folder: request.folder, name: "judged-\(part)"),
      claims: try ClaimLog(request, claimed, part: part),
      others: try OtherNumbersWriter(request, keys: start..<end, part: part), part: part)
    var met = 0
    while population.hasRecord || insurance.hasRecord {
      let key = min(population.key, insurance.key)
      person.begin(LinkKey(packed: key).personalID ?? PersonalID(packed: 0))
      try Self.read(&population, key, into: &person, &repaired, &writer)
      try writer.endPopulation(of: person.personalID, key, person.first, person.disagreements)
      let fate = moves.key <= key ? try moves.fate(of: key) : .own
      try Self.judge(&insurance, key, fate, by: &person, &writer)
      writer.endPerson()
      met += person.recordCount
      if met >= 1 << 16 {
        request.progress(met)
        met = 0
      }
    }
    return try writer.finish(repairedHits: try repaired.finish())
  }

  /// Reads the population's records of one number.
  @inline(__always)
  private static func read(
    _ population: inout Merge, _ key: UInt64, into person: inout PersonRules,
    _ repaired: inout RepairedNumbers,
    _ writer: inout JoinWriter
  ) throws(Stop) {
    let isAsked = try repaired.begin(key)
    while population.key == key {
      let line = try population.withPayload { (payload) throws(Stop) in
        var nameStart = 0
        let record = PopulationRecord(payload, &nameStart)
        let name = Span<UInt8>(_bytes: payload.extracting(nameStart...))
        person.add(record, name: name)
        if isAsked { repaired.add(record, name: name, person.personalID) }
        return record.line
      }
      writer.add(personAt: population.place, line: line)
      try population.advance()
    }
    if isAsked { try repaired.end() }
  }

  /// Judges the insurance records that lead to one number.
  ///
  /// - Parameter fate: where the number leads.
  @inline(__always)
  private static func judge(
    _ insurance: inout Merge, _ key: UInt64, _ fate: NumberFate, by person: inout PersonRules,
    _ writer: inout JoinWriter
  ) throws(Stop) {
    while insurance.key == key {
      let place = insurance.place
      try insurance.withPayload { (payload) throws(Stop) in
        var nameStart = 0
        let record = InsuranceRecord(payload, &nameStart)
        if fate.takes(record) { return }
        let held = held(record, payload, key)
        let name = Span<UInt8>(
          _bytes: payload.extracting(nameStart..<payload.byteCount - Int(record.rawIDByteCount)))
        let verdict = person.verdict(on: record, name: name, held: held)
        let reasons = person.reasonsIfOtherIsRegistered(record, name: name, held: held, verdict)
        if let reasons {
          let judged = person.judgedFields(of: record, name, held: held)
          try writer.ask(
            WaitingRecord(record, verdict, ifRegistered: reasons, judged), of: person.personalID, key, place)
          guard verdict.outcome == .linked else { return }
        }
        switch verdict.outcome {
        case .linked:
          try writer.link(
            record, verdict, head: payload.extracting(..<nameStart), key, place, person.first,
            name: person.names.clean.span.extracting(..<person.names.cleanByteCount),
            isWaiting: reasons != nil)
        case .idMissing, .idInvalid, .personUnknown:
          try writer.passOn(record, verdict, payload, held: held, place)
        default:
          let judged =
            verdict.outcome == .disputed ? person.judgedFields(of: record, name, held: held) : nil
          try writer.hold(record, verdict, judged: judged, key, place)
        }
      }
      try insurance.advance()
    }
  }

  /// What the personal ID field of a record holds.
  ///
  /// A record that an officer gave to a person has that person's key; its raw field begins with its own key.
  @inline(__always)
  private static func held(_ record: InsuranceRecord, _ payload: RawSpan, _ key: UInt64) -> LinkKey {
    guard record.rule == .decision else { return LinkKey(packed: key) }
    return LinkKey(packed: payload.integer(at: record.rawIDRange(in: payload).lowerBound))
  }
}
