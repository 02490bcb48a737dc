// Holds back the linked records whose insurance number another person's records claim. Records that are disputed because
// they name another person's number are held back already; here they count as held back.
// Invariant: afterwards the tally counts what the reader of the judged cards will find.
// Load: reads only the blocks of persons who have such a record.

import Rules
import SortedRuns
import Values

/// One range of judged persons.
struct SharedNumbers: Sendable {
  var request: MatchRequest
  var judged: SortedRun
  var shared: [SortedRun]
  var part: Int

  func run() throws(Stop) -> (findings: [SortedRun], tally: Tally) {
    var tally = request.tally
    var findings = FindingSorter(
      folder: request.folder, name: "findings-shared-\(part)", bufferBytes: request.sorterBytes)
    var shared = try Merge(shared, in: request.folder, from: judged.firstKey, to: judged.lastKey + 1)
    var records = try Merge([judged], in: request.folder)
    let verdict = Verdict(outcome: .numberShared, words: Reasons(.insuranceNumber))
    while shared.hasRecord {
      let key = shared.key
      try records.skip(to: key)
      precondition(records.key == key, "a claim without its record")
      var isFirst = true  // the record that holds the person as well
      var residence = Residence.notAsked
      var before = LinkedCards()
      var after = LinkedCards()
      while records.key == key {
        let place = records.place
        let card = try records.withPayload { (payload) throws(Stop) in
          guard isFirst else { return InsuranceRecord(payload) }
          let person = JudgedPerson(payload)
          residence = person.residence
          return InsuranceRecord(payload.extracting(person.card))
        }
        isFirst = false
        before.add(card.insuranceNumber)
        if shared.key == key, shared.place == place {
          let isDisputed = try shared.withPayload { (payload) throws(Stop) in payload.byteCount > 0 }
          try shared.advance()
          if isDisputed {
            try records.advance()
            continue
          }
          let file = Place(packed: place).file
          tally.add(.insurance, file: file, .linked, card.words, count: -1)
          tally.add(.insurance, file: file, verdict.outcome, verdict.words)
          tally.add(placeOf: key, .linked, count: -1)
          tally.add(placeOf: key, verdict.outcome)
          try findings.append(.insurance, card, key, place: place, verdict)
        } else {
          after.add(card.insuranceNumber)
        }
        try records.advance()
      }
      if residence != .notAsked, after.count == 0 { tally.add(cardholderOf: residence, count: -1) }
      before.count(in: &tally, sign: -1)
      after.count(in: &tally)
    }
    return (try findings.finish(), tally)
  }
}
