// Ends the records that don't reach the join: in quarantine, without a personal ID number, or with an unusable one.
// Invariant: each becomes one finding, unless an officer gave it to a person. They are counted again here, so that the
// ledger compares the counts of two stages.
// Load: a few per cent of the exports, read once.

import SortedRuns
import Values

/// What comes of a part of the records that hold no personal ID number.
struct NumberlessPart: Sendable {
  /// Insurance records by the personal ID number that was found.
  var resolved: [SortedRun] = []
  var findings: [SortedRun]
  var personless: PersonlessRuns
  var tally: Tally
}

struct UnusableNumbers: Sendable {
  var request: MatchRequest

  func run() throws(Stop) -> NumberlessPart {
    var tally = request.tally
    var findings = FindingSorter(
      folder: request.folder, name: "findings-unusable", bufferBytes: request.sorterBytes)
    var quarantine = try Merge(request.snapshot.quarantine, in: request.stagedFolder)
    try quarantine.forEach { key, place, payload throws(Stop) in
      let export = ExportKind(rawValue: payload.integer(at: 0)) ?? .insurance
      let reasons = Reasons(low: payload.integer(at: 5), high: payload.integer(at: 13))
      tally.add(export, file: Place(packed: place).file, .quarantined, reasons)
      if export == .insurance { tally.add(placeOf: key, .quarantined) }
      try findings.append(quarantined: payload, export, place: place)
    }
    var personless = PersonlessRecords(request, name: "unusable")
    var records = try Merge(
      request.snapshot.insurance, in: request.stagedFolder, to: LinkKey.firstLegacy.packed)
    try records.forEach { key, place, payload throws(Stop) in
      let record = InsuranceRecord(payload)
      let raw = record.rawIDRange(in: payload)
      let held =
        key == LinkKey.missing.packed
        ? LinkKey.missing : LinkKey.invalid(digestOf: payload.extracting(raw))
      try personless.take(
        record, payload, held: held, place: place, record.words, raw: raw, routing: .now, &findings, &tally)
    }
    return NumberlessPart(
      findings: try findings.finish(), personless: try personless.finish(), tally: tally)
  }
}
