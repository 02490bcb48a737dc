// A day of the calendar, or only a year, or a year and a month.
// Invariant: a day with all three parts exists, unless it was made to be impossible.

struct Day: Hashable, Sendable, BitwiseCopyable {
  var year: Int
  /// 0 if only the year is known.
  var month: Int
  /// 0 if only the year or the month is known.
  var day: Int

  init(_ year: Int, _ month: Int, _ day: Int) { (self.year, self.month, self.day) = (year, month, day) }

  var exists: Bool { (1...12).contains(month) && day >= 1 && day <= Day.count(ofMonth: month, year) }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func count(ofMonth month: Int, _ year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The day's number in its year, from 1.
  var ordinal: Int {
    var days = day
    for m in 1..<month { days += Day.count(ofMonth: m, year) }
    return days
  }

  /// The day with this number in a year.
  init(ordinal: Int, _ year: Int) {
    self.init(year, 1, ordinal)
    while day > Day.count(ofMonth: month, year) {
      day -= Day.count(ofMonth: month, year)
      month += 1
    }
  }

  /// The day that is `days` days earlier, less than a year.
  func earlier(by days: Int) -> Day {
    if ordinal > days { return Day(ordinal: ordinal - days, year) }
    return Day(ordinal: ordinal + (Day.isLeap(year - 1) ? 366 : 365) - days, year - 1)
  }
}
