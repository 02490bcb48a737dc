// The validity rule: a card has a first day, and does not end before it.
// Invariant: a record passes with a first day; a missing last day is an open end.
// Load: two dates per insurance record; dates that pass allocate nothing.
//
// For data officers: new printed cards and some cards of the armed forces lawfully have no end. If only the
// year or month is known, a beginning counts from its first day and an end to its last day.
//
// Source: Decision 4750/QĐ-BYT, annex (GT_THE_TU, GT_THE_DEN).

package import Values

package enum ValidityRule {
  /// Reads both dates into the record.
  package static func read(
    _ from: Span<UInt8>, _ to: Span<UInt8>, _ patterns: [DatePattern], _ record: inout InsuranceRecord,
    _ found: inout Reasons
  ) {
    if from.isEmpty {
      found.insert(.validFromMissing)
    } else if case .date(let date) = patterns.read(from) {
      record.validFrom = date
    } else {
      found.insert(.validFromFormat)
    }
    guard !to.isEmpty else { return }
    guard case .date(let end) = patterns.read(to) else {
      found.insert(.validToFormat)
      return
    }
    record.validTo = end
    if !record.validFrom.isNone, end.lastDay < record.validFrom.firstDay { found.insert(.validReversed) }
  }
}
