// Finds the person of insurance records that hold a 9-digit number.
// Invariant: if exactly one person held the number, the record continues under that person's number with rule
// `legacy_id`; otherwise it ends as person_unknown. See ``NumberHolders`` for persons whose own number is cancelled.
// Load: a few per cent of the insurance export against one pair per person; blocks of pairs that no record asks for are
// not read.

import Rules
import SortedRuns
import Values

/// One range of 9-digit numbers.
struct LegacyJoin: Sendable {
  var request: MatchRequest
  var part: Int
  var start: UInt64
  var end: UInt64

  func run() throws(Stop) -> NumberlessPart {
    let snapshot = request.snapshot
    var tally = request.tally
    var resolved = Sorter(
      folder: request.folder, name: "resolved-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var findings = FindingSorter(
      folder: request.folder, name: "findings-legacy-\(part)", bufferBytes: request.sorterBytes)
    var personless = PersonlessRecords(request, name: "legacy-\(part)")
    var pairs = try Merge(snapshot.legacy, in: request.stagedFolder, from: start, to: end)
    var records = try Merge(snapshot.insurance, in: request.stagedFolder, from: start, to: end)
    var bytes: [UInt8] = []
    while records.hasRecord {
      let key = records.key
      let holders = try pairs.holders(of: key)
      while records.key == key {
        let place = records.place
        if let holder = holders.only?.id {
          bytes.removeAll(keepingCapacity: true)
          try records.withPayload { (payload) throws(Stop) in
            var record = InsuranceRecord(payload)
            let name = record.nameRange(in: payload)
            record.rule = .legacyID
            record.rawIDByteCount = 0
            record.append(to: &bytes, name: Span(), rawID: Span())
            unsafe payload.extracting(name).withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
          }
          try resolved.append(key: LinkKey.personal(holder).packed, place: place, bytes.span)
        } else {
          let reason: Reason = holders.isEmpty ? .legacyUnknown : .legacyAmbiguous
          try records.withPayload { (payload) throws(Stop) in
            let record = InsuranceRecord(payload)
            try personless.take(
              record, payload, held: LinkKey(packed: key), place: place, Reasons(reason),
              raw: record.rawIDRange(in: payload), routing: .now, &findings, &tally)
          }
        }
        try records.advance()
      }
    }
    return NumberlessPart(
      resolved: try resolved.finish(), findings: try findings.finish(), personless: try personless.finish(),
      tally: tally)
  }
}

extension Merge {
  /// Reads the persons who held a number, and moves past it.
  mutating func holders(of key: UInt64) throws(Stop) -> NumberHolders {
    var holders = NumberHolders()
    try forEach(of: key) { _, payload throws(Stop) in
      holders.add(NumberHolder(packed: payload.integer(at: 0)))
    }
    return holders
  }
}
