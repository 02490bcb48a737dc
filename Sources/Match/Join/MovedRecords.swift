// Sends the records that hold an earlier personal ID number to the person who has another one today, before the join.
// Invariant: takes exactly the records that the join leaves out, see ``NumberFate/takes(_:)``. A record that was found by a
// 9-digit number keeps its rule; all others continue with rule `previous_id`, or end as person_unknown.
// Load: reads only the blocks of these numbers.

import Rules
import SortedRuns
import Values

struct MovedRecords: Sendable {
  var request: MatchRequest
  var moves: [SortedRun]
  /// Records that found their person by a 9-digit number.
  var resolved: [SortedRun]
  var part: Int
  var start: UInt64
  var end: UInt64

  func run() throws(Stop) -> NumberlessPart {
    var tally = request.tally
    var moved = Sorter(
      folder: request.folder, name: "moved-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var findings = FindingSorter(
      folder: request.folder, name: "findings-moved-\(part)", bufferBytes: request.sorterBytes)
    var personless = PersonlessRecords(request, name: "moved-\(part)")
    var moves = try MovedNumbers(moves, request, from: start, to: end)
    var records = try Merge(
      [(request.snapshot.insurance, request.stagedFolder), (resolved, request.folder)], from: start, to: end)
    var bytes: [UInt8] = []
    while records.hasRecord, moves.key != .max {
      let key = moves.key
      let fate = try moves.fate(of: key)
      try records.forEach(of: key) { place, payload throws(Stop) in
        let record = InsuranceRecord(payload)
        guard fate.takes(record) else { return }
        guard case .moved(let person) = fate else {
          return try personless.take(
            record, payload, held: LinkKey(packed: key), place: place, record.reasonsIfAmbiguous,
            raw: record.rawIDRange(in: payload), routing: .now, &findings, &tally)
        }
        bytes.removeAll(keepingCapacity: true)
        let name = Span<UInt8>(_bytes: payload.extracting(record.nameRange(in: payload)))
        record.sentToToday.append(to: &bytes, name: name, rawID: Span())
        try moved.append(key: LinkKey.personal(person).packed, place: place, bytes)
      }
      try moves.advance()
    }
    return NumberlessPart(
      resolved: try moved.finish(), findings: try findings.finish(), personless: try personless.finish(),
      tally: tally)
  }
}
