// The five-years rule: the day from which five years of insurance are continuous is a date, or is dropped.
// Invariant: it never quarantines a record; the date may lie in the future.
// Load: one date per insurance record, empty in many.
//
// For data officers: an unreadable date is dropped with the note five_years_format. The facility then can't
// see the exemption from co-payment.

package import Values

package enum FiveYearsRule {
  package static func read(_ value: Span<UInt8>, _ patterns: [DatePattern], _ notes: inout Reasons)
    -> CalendarDate
  {
    if value.isEmpty { return .none }
    if case .date(let date) = patterns.read(value) { return date }
    notes.insert(.fiveYearsFormat)
    return .none
  }
}
