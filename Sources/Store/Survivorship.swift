// Chooses the serving card among the rows of a store, by the rule ``servingCard(among:on:)``.

import Rules
package import Values

extension [LinkedCard] {
  /// The card that serves on a day; nil when there are no cards.
  ///
  /// The cards are in the order of the export.
  package func serving(on day: CalendarDate) -> LinkedCard? {
    guard !isEmpty else { return nil }
    let terms = map { $0.row }
    return self[servingCard(among: terms.span, on: day)]
  }
}

extension LinkedCard {
  /// The card's values, without rule, notes and file.
  package var row: CardRow {
    func date(_ text: String?) -> CalendarDate { text.flatMap { CalendarDate(iso: $0) } ?? .none }
    var row = CardRow()
    if let id = try? PersonalID(personalID.utf8.span) { row.personalID = id }
    (row.validFrom, row.validTo, row.fiveYearsFrom) = (date(validFrom), date(validTo), date(fiveYearsFrom))
    row.cardNumber = cardNumber.flatMap { try? CardNumber($0.utf8.span) } ?? .none
    row.insuranceNumber = insuranceNumber.flatMap { try? InsuranceNumber($0.utf8.span) } ?? .none
    row.facility = facilityCode.flatMap { ShortCode($0.utf8.span) } ?? .none
    row.area = areaCode.flatMap { ShortCode($0.utf8.span) } ?? .none
    if rule == LinkRule.decision.name { row.rule = .decision }
    return row
  }
}
