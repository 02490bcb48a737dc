// Finds the insurance numbers that records of two or more persons claim.
// Invariant: all records that claim such a number are held back; a number that only one person's records
// claim is not.
// Load: the sorted claims that ``ClaimLog`` suspects; most of these numbers have one claimant after all.

import SortedRuns
import Values

/// One range of insurance numbers.
struct NumberClaims: Sendable {
  var request: MatchRequest
  var claims: [SortedRun]
  var part: Int
  var start: UInt64
  var end: UInt64

  /// - Returns: runs of (key of the person, place of the record), without payload.
  func shared() throws(Stop) -> [SortedRun] {
    var shared = Sorter(
      folder: request.folder, name: "shared-\(part)", bufferBytes: request.sorterBytes, synced: false)
    var merge = try Merge(claims, in: request.folder, from: start, to: end)
    // Records of a number's first person, kept until a second person claims it or the number ends.
    var waiting: [UInt64] = []
    while merge.hasRecord {
      let number = merge.key
      var firstPerson: UInt64 = 0
      var isShared = false
      waiting.removeAll(keepingCapacity: true)
      while merge.key == number {
        let person = try merge.withPayload { (payload) throws(Stop) in payload.integer(at: 0) as UInt64 }
        let place = merge.place
        if waiting.isEmpty, !isShared { firstPerson = person }
        if !isShared, person != firstPerson {
          isShared = true
          for place in waiting { try shared.append(key: firstPerson, place: place, Span()) }
          waiting.removeAll(keepingCapacity: true)
        }
        if isShared {
          try shared.append(key: person, place: place, Span())
        } else {
          waiting.append(place)
        }
        try merge.advance()
      }
    }
    return try shared.finish()
  }
}
