// Which of a person's linked cards serves on a day, asked of the store.
// Invariant: the order of the contract, the same as the match's: valid on the day, then the later end (none is
// the latest), the later begin, the greater card number, the greater insurance number, the first in the export.
// Load: one person at a time, a handful of cards.

package import Values

extension [LinkedCard] {
  /// The card that serves on a day; nil when there are no cards.
  ///
  /// The cards stand in the order of the export; of equals the first serves.
  package func serving(on day: CalendarDate) -> LinkedCard? {
    var best: LinkedCard?
    for card in self {
      guard let other = best else {
        best = card
        continue
      }
      if card.serves(before: other, on: day) { best = card }
    }
    return best
  }
}

extension LinkedCard {
  /// Valid on a day: begun, and not ended; an empty `validTo` is an open end.
  package func isValid(on day: CalendarDate) -> Bool {
    begin.firstDay <= day.firstDay && (validTo == nil || day.lastDay <= end)
  }

  /// Whether this card serves rather than `other`; false for equals.
  func serves(before other: LinkedCard, on day: CalendarDate) -> Bool {
    let (valid, otherValid) = (isValid(on: day), other.isValid(on: day))
    if valid != otherValid { return valid }
    if end != other.end { return end > other.end }
    if begin.firstDay != other.begin.firstDay { return begin.firstDay > other.begin.firstDay }
    // Digits and capitals in both, so that the order of the bytes is the order of the text.
    let (number, otherNumber) = (cardNumber ?? "", other.cardNumber ?? "")
    if number != otherNumber { return number > otherNumber }
    return (insuranceNumber ?? "") > (other.insuranceNumber ?? "")
  }

  private var begin: CalendarDate { validFrom.flatMap { CalendarDate(iso: $0) } ?? .none }
  private var end: UInt32 { validTo.flatMap { CalendarDate(iso: $0) }?.lastDay ?? .max }
}
