// The facilities of the pipeline file's table: their names, provinces of today, and the codes that replace theirs.
// Invariant: each code is there once; a successor is in the table, and no code leads back to itself.
// Load: some 13,000 facilities; looked up once for each code on cards.

/// One facility of the table.
package struct Facility: Hashable, Sendable {
  package var code: ShortCode
  /// Empty for none.
  package var name: String
  /// Nil: that of the code's first two digits.
  package var province: ProvinceOfToday?
  /// The code that replaces this one, and since when; `none` if no code does.
  package var successor: ShortCode
  package var successorFrom: CalendarDate

  package init(
    code: ShortCode, name: String = "", province: ProvinceOfToday? = nil, successor: ShortCode = .none,
    successorFrom: CalendarDate = .none
  ) {
    (self.code, self.name, self.province) = (code, name, province)
    (self.successor, self.successorFrom) = (successor, successorFrom)
  }
}

/// The table of facilities as it is on one day.
package struct Facilities: Hashable, Sendable {
  private var byCode: [ShortCode: Facility] = [:]
  /// The business date, which decides which successors have replaced a code.
  package let day: CalendarDate

  /// No table.
  package init() { day = .none }

  package init(_ facilities: [Facility], on day: CalendarDate) {
    self.day = day
    byCode = Dictionary(facilities.map { ($0.code, $0) }) { first, _ in first }
  }

  /// Whether there is no table.
  package var isEmpty: Bool { byCode.isEmpty }
  package var count: Int { byCode.count }
  /// Ascending by code.
  package var all: [Facility] { byCode.values.sorted { $0.code < $1.code } }

  package subscript(_ code: ShortCode) -> Facility? { byCode[code] }

  /// The code that a facility has on the day: its own, or the last of its successors that has begun.
  package func current(_ code: ShortCode) -> ShortCode {
    var code = code
    while let facility = byCode[code], !facility.successor.isNone,
      facility.successorFrom.firstDay <= day.lastDay
    {
      code = facility.successor
    }
    return code
  }

  /// Whether another code has replaced it by the day.
  package func isRecoded(_ code: ShortCode) -> Bool { !isEmpty && current(code) != code }

  /// The name of a facility; nil if the table has none.
  package func name(of code: ShortCode) -> String? {
    byCode[code].flatMap { $0.name.isEmpty ? nil : $0.name }
  }

  /// The same for a code as text.
  package func name(of code: String) -> String? {
    ShortCode(Array(code.utf8).span).flatMap(name(of:))
  }

  /// The province of today: by the table, else by the first two digits of the code.
  package func province(of code: ShortCode) -> ProvinceOfToday? {
    byCode[code]?.province ?? code.provinceCode.flatMap(ProvinceOfToday.of)
  }
}
