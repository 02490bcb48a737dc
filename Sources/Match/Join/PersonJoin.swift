// The join of both exports on the personal ID number.
// Invariant: each population record and each insurance record of the range is read once and ends once: written as a
// linked card (so far), or as a finding, and counted.
// Load: one range of keys of two or three merges, read at the same pace; memory does not grow with the records of
// one number, but for 12 bytes per further population record.

import SortedRuns
import Values

/// One range of personal ID numbers.
struct PersonJoin: Sendable {
  var request: MatchRequest
  /// Insurance records that found their person by a 9-digit number or an officer's decision.
  var resolved: [SortedRun]
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
    var tally: Tally
  }

  func run() throws(Stop) -> Result {
    var tally = request.tally
    var judged = try JudgedWriter(folder: request.folder, name: "judged-\(part)")
    var claims = try ClaimLog(request, claimed, part: part)
    var findings = FindingSorter(
      folder: request.folder, name: "findings-join-\(part)", bufferBytes: request.sorterBytes)
    var population = try Merge(request.snapshot.population, in: request.stagedFolder, from: start, to: end)
    var insurance = try Merge(
      [(request.snapshot.insurance, request.stagedFolder), (resolved, request.folder)], from: start, to: end)
    var personless = PersonlessRecords(request, name: "join-\(part)")
    var repaired = try RepairedNumbers(request, repaired, part: part, from: start, to: end)
    var person = PersonRules(
      request.decisions, from: LinkKey(packed: start).personalID ?? PersonalID(packed: 0))
    // The places of the person's records are the first of these: emptying an array for each person is not free.
    var places: [RecordPlace] = []
    var placeCount = 0
    var met = 0
    while population.hasRecord || insurance.hasRecord {
      let key = min(population.key, insurance.key)
      let id = LinkKey(packed: key).personalID ?? PersonalID(packed: 0)
      person.begin(id)
      placeCount = 0
      let isAsked = try repaired.begin(key)
      while population.key == key {
        let line = try population.withPayload { (payload) throws(Stop) in
          var nameStart = 0
          let record = PopulationRecord(payload, &nameStart)
          let name = Span<UInt8>(_bytes: payload.extracting(nameStart...))
          person.add(record, name: name)
          if isAsked { repaired.add(record, name: name, id) }
          return record.line
        }
        let place = RecordPlace(place: population.place, line: line)
        if placeCount < places.count { places[placeCount] = place } else { places.append(place) }
        placeCount += 1
        try population.advance()
      }
      met += placeCount
      if met >= 1 << 16 {
        request.progress(met)
        met = 0
      }
      try end(places, placeCount, of: person, &findings, &tally)
      if isAsked { try repaired.end() }

      var cards = LinkedCards()
      while insurance.key == key {
        let place = insurance.place
        try insurance.withPayload { (payload) throws(Stop) in
          var nameStart = 0
          var record = InsuranceRecord(payload, &nameStart)
          let held = Self.held(record, payload, key)
          let name = Span<UInt8>(
            _bytes: payload.extracting(nameStart..<payload.byteCount - Int(record.rawIDByteCount)))
          let verdict = person.verdict(on: record, name: name, held: held)
          let isAsStaged = verdict.rule == nil && verdict.words == record.words && record.rawIDByteCount == 0
          if let rule = verdict.rule { record.rule = rule }
          switch verdict.outcome {
          case .linked:
            tally.add(.insurance, file: Place(packed: place).file, verdict.outcome, verdict.words)
            tally.add(placeOf: key, verdict.outcome)
            try judged.append(
              card: record, notes: verdict.words, head: payload.extracting(..<nameStart),
              isAsStaged: isAsStaged, key: key, place: place, firstOf: cards.count == 0 ? person.first : nil,
              name: person.name.span)
            cards.add(record.insuranceNumber)
            if !record.insuranceNumber.isNone {
              try claims.append(record.insuranceNumber, of: key, place: place)
            }
          case .idMissing, .idInvalid, .personUnknown:
            // From here on it is a record that leads to nobody, whether an officer gave it to someone or not.
            let wasRouted = record.rule == .decision
            var raw = record.rawIDRange(in: payload)
            if wasRouted { raw = raw.dropFirst(8) }
            try personless.take(
              record, payload, held: held, place: place, verdict.words, raw: raw,
              routing: wasRouted ? .none : .before, &findings, &tally)
          default:
            tally.add(.insurance, file: Place(packed: place).file, verdict.outcome, verdict.words)
            tally.add(placeOf: key, verdict.outcome)
            let fields =
              verdict.outcome == .disputed ? person.judgedFields(of: record, name, held: held) : nil
            try findings.append(.insurance, record, key, place: place, verdict, judged: fields)
          }
        }
        try insurance.advance()
      }
      cards.count(in: &tally)
    }
    return Result(
      judged: try judged.finish(), claims: try claims.finish(), findings: try findings.finish(),
      personless: try personless.finish(), repairedHits: try repaired.finish(), tally: tally)
  }

  /// What the personal ID field of a record holds, which a decision may have sent to another key than its own.
  private static func held(_ record: InsuranceRecord, _ payload: RawSpan, _ key: UInt64) -> LinkKey {
    guard record.rule == .decision else { return LinkKey(packed: key) }
    return LinkKey(packed: payload.integer(at: record.rawIDRange(in: payload).lowerBound))
  }

  private struct RecordPlace: BitwiseCopyable {
    var place: UInt64
    var line: UInt32
  }

  /// Ends the population's records of one number.
  private func end(
    _ places: [RecordPlace], _ count: Int, of person: PersonRules, _ findings: inout FindingSorter,
    _ tally: inout Tally
  ) throws(Stop) {
    for i in 0..<count {
      let file = Place(packed: places[i].place).file
      if person.disagreements.isEmpty {
        tally.add(.population, file: file, i == 0 ? .registered : .repeated, Reasons())
      } else {
        try findings.append(
          duplicated: person.personalID, line: places[i].line, place: places[i].place, person.disagreements)
        tally.add(.population, file: file, .personDuplicated, person.disagreements)
      }
    }
  }
}

/// A person's linked records, as far as the note on several insurance numbers goes.
struct LinkedCards {
  private(set) var count = 0
  private var firstNumber = InsuranceNumber.none
  private(set) var haveSeveralNumbers = false

  mutating func add(_ number: InsuranceNumber) {
    count += 1
    guard !number.isNone else { return }
    if firstNumber.isNone {
      firstNumber = number
    } else if number.packed != firstNumber.packed {
      haveSeveralNumbers = true
    }
  }

  /// Counts the note that each of the person's linked records bears, or takes it back.
  func count(in tally: inout Tally, sign: Int = 1) {
    if haveSeveralNumbers {
      tally.add(.insurance, .linked, Reasons(.severalInsuranceNumbers), count: sign * count)
    }
  }
}
