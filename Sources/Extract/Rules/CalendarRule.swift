// The calendar rule: a birth date is given, is a day, month or year that exists, and lies between 1900 and the
// business date.
// Invariant: a record passes with a birth date that exists; a part not known stays not known and is never invented.
// Load: one birth date per record; nearly all pass by the first pattern, so passing must not allocate.
//
// For data officers: the patterns are those of the pipeline file, tried in order. `00/00/1950`, `19500000` and
// `199000000000` mean that only the year is known. 29 February of a common year and 31 April are no days.

import Values

enum CalendarRule {
  private static let earliestYear = 1900

  /// Reads a trimmed birth date.
  ///
  /// - Parameter asOf: the last day of the business date, as `yyyymmdd`.
  static func birthDate(
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

  static let missing: Explanation = (
    "the record has no birth date", "bản ghi không có ngày sinh",
    "Enter the birth date in the source system; the year alone is enough."
  )
  static let format: Explanation = (
    "the birth date is written in none of the ways that the pipeline file names",
    "ngày sinh không đúng mẫu nào đã khai báo",
    "Correct the date in the source system, or add its pattern to the dates of this export in the pipeline file."
  )
  static let impossible: Explanation = (
    "the birth date is a day that does not exist", "ngày sinh không có trong lịch",
    "Check the date against the person's papers and correct it in the source system."
  )
  static let future: Explanation = (
    "the birth date lies after the business date", "ngày sinh sau ngày nghiệp vụ",
    "Correct the date in the source system; if the run used an old business date, give the right one with --as-of."
  )
  static let tooEarly: Explanation = (
    "the birth date lies before 1900", "ngày sinh trước năm 1900",
    "Check the date against the person's papers and correct it in the source system."
  )
}
