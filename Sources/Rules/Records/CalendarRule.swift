// The calendar rule: a birth date is given, is a day, month or year that exists, and lies between 1900 and
// the business date.
// Invariant: a record passes with a birth date that exists; an unknown day or month stays unknown.
// Load: one birth date per record; a date that passes allocates nothing.
//
// For data officers: the pipeline file's patterns are tried in order. `00/00/1950`, `19500000` and
// `199000000000` mean that only the year is known. 29 February of a common year and 31 April do not exist.

package import Values

package enum CalendarRule {
  private static let earliestYear = 1900

  /// Reads a trimmed birth date.
  ///
  /// - Parameter asOf: the last day of the business date, as `yyyymmdd`.
  package static func birthDate(
    _ value: Span<UInt8>, _ patterns: [DatePattern], asOf: UInt32, _ found: inout Reasons
  ) -> CalendarDate {
    if value.isEmpty {
      found.insert(.birthDateMissing)
      return .none
    }
    switch patterns.read(value) {
    case .noMatch: found.insert(.birthDateFormat)
    case .impossible: found.insert(.birthDateImpossible)
    case .date(let date):
      if date.firstDay > asOf {
        found.insert(.birthDateFuture)
      } else if date.year < earliestYear {
        found.insert(.birthDateTooEarly)
      } else {
        return date
      }
    }
    return .none
  }
}
