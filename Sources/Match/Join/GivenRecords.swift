// Finds, before the join, the records with an unknown 12-digit number that officers gave to a person, because that person
// may come before or after the number in the join's order.
// Invariant: takes exactly the records that the join skips with routing `before`.
// Load: reads only the blocks of these numbers.

import Rules
import SortedRuns
import Values

struct GivenRecords: Sendable {
  var request: MatchRequest
  /// ``MovedRecords`` has taken the records that hold one of these numbers.
  var moves: [SortedRun]

  func run() throws(Stop) -> [SortedRun] {
    let decisions = request.decisions
    guard !decisions.ofUnknownNumbers.isEmpty else { return [] }
    var population = try Merge(request.snapshot.population, in: request.stagedFolder)
    var records = try Merge(request.snapshot.insurance, in: request.stagedFolder)
    var moves = try MovedNumbers(moves, request)
    var personless = PersonlessRecords(request, name: "given")
    // With routing `only`, no finding is written and nothing is counted.
    var findings = FindingSorter(folder: request.folder, name: "findings-given", bufferBytes: 0)
    var tally = request.tally
    var person = PersonRules()
    for i in decisions.ofUnknownNumbers {
      let held = decisions.byPerson[Int(i)].insurance.held
      try population.skip(to: held.packed)
      guard population.key != held.packed, let id = held.personalID,
        try moves.fate(of: held.packed) == .own
      else { continue }
      person.begin(id)
      try records.forEach(of: held.packed) { place, payload throws(Stop) in
        let record = InsuranceRecord(payload)
        try personless.take(
          record, payload, held: held, place: place, person.unknownReasons,
          raw: record.rawIDRange(in: payload), routing: .only, &findings, &tally)
      }
    }
    _ = try findings.finish()
    return try personless.finish().routed
  }
}
