// Chooses the serving card among the rows of a store, by the rule ``servingCard(among:on:)``.

import Rules
package import Values

extension [LinkedCard] {
  /// The card that serves on a day; nil when there are no cards.
  ///
  /// The cards are in the order of the export.
  package func serving(on day: CalendarDate) -> LinkedCard? {
    guard !isEmpty else { return nil }
    let terms = map { $0.terms }
    return self[servingCard(among: terms.span, on: day)]
  }
}

extension LinkedCard {
  /// The values that the rule compares.
  fileprivate var terms: CardRow {
    var row = CardRow()
    row.validFrom = validFrom.flatMap { CalendarDate(iso: $0) } ?? .none
    row.validTo = validTo.flatMap { CalendarDate(iso: $0) } ?? .none
    row.cardNumber = cardNumber.flatMap { try? CardNumber($0.utf8.span) } ?? .none
    row.insuranceNumber = insuranceNumber.flatMap { try? InsuranceNumber($0.utf8.span) } ?? .none
    return row
  }
}
