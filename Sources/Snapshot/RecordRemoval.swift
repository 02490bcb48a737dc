// Copies staged records without those that deltas replace.
// Invariant: each replaced record is found and left out once.
// Load: one sequential pass over the base, a range of keys per thread.

import SortedRuns
import Values

struct RecordRemoval: Sendable {
  var folder: String
  var runs: [SortedRun]
  /// Key and place of each record to leave out; the payload is its export.
  var dead: [SortedRun]
  var name: String
  var isQuarantine: Bool
  var start: UInt64
  var end: UInt64

  func run() throws(Stop) -> (run: SortedRun?, removed: Int) {
    var writer = try SortedRunWriter(folder: folder, name: name)
    var records = try Merge(runs, in: folder, from: start, to: end)
    var dead = try Merge(dead, in: folder, from: start, to: end)
    var removed = 0
    while records.hasRecord {
      let (key, place) = (records.key, records.place)
      // Records of both exports may share key and place in quarantine.
      var exports: [UInt8] = []
      while dead.key == key, dead.place == place {
        exports.append(try dead.withPayload { payload throws(Stop) in payload.integer(at: 0) })
        try dead.advance()
      }
      repeat {
        try records.withPayload { payload throws(Stop) in
          if !exports.isEmpty, !isQuarantine || exports.contains(payload.integer(at: 0)) {
            removed += 1
          } else {
            try writer.append(key: key, place: place, payload)
          }
        }
        try records.advance()
      } while records.key == key && records.place == place
    }
    return (try writer.finish(synced: false), removed)
  }
}
