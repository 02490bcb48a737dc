// Survivorship: chooses which of a person's linked cards serves on a day.
// Invariant: the contract's order: valid on the day, then the later end (an empty end is the latest), the
// later beginning, the greater card number, the greater insurance number, the first in the export.
// Load: most persons have one card; a comparison reads a few integers.

package import Values

extension CardRow {
  /// Whether the card is valid on a day: it has begun and has not ended.
  ///
  /// An empty `validTo` is an open end.
  package func isValid(on day: CalendarDate) -> Bool {
    validFrom.firstDay <= day.firstDay && (validTo.isNone || day.lastDay <= validTo.lastDay)
  }

  /// Whether this card takes precedence over `other`; false for equals.
  package func serves(before other: CardRow, on day: CalendarDate) -> Bool {
    let (valid, otherValid) = (isValid(on: day), other.isValid(on: day))
    if valid != otherValid { return valid }
    let (end, otherEnd) = (
      validTo.isNone ? .max : validTo.lastDay, other.validTo.isNone ? .max : other.validTo.lastDay
    )
    if end != otherEnd { return end > otherEnd }
    if validFrom.firstDay != other.validFrom.firstDay { return validFrom.firstDay > other.validFrom.firstDay }
    if cardNumber != other.cardNumber { return other.cardNumber < cardNumber }
    return other.insuranceNumber < insuranceNumber
  }
}

/// The index of the card that serves on a day.
///
/// - Parameter cards: a person's linked cards in the order of the export; not empty.
package func servingCard(among cards: Span<CardRow>, on day: CalendarDate) -> Int {
  var best = 0
  for i in 1..<max(1, cards.count) where cards[i].serves(before: cards[best], on: day) { best = i }
  return best
}

/// The cards that serve on some day of a period: a bit for each of a person's first 64 cards.
package func servingCards(
  among cards: Span<CardRow>, from first: CalendarDate, through last: CalendarDate
) -> UInt64 {
  var found: UInt64 = 0
  // Another card can serve only from a day on which one begins, or the day after one has ended.
  func look(on day: CalendarDate) {
    guard day.firstDay >= first.firstDay, day.firstDay <= last.firstDay else { return }
    found |= 1 << UInt64(min(63, servingCard(among: cards, on: day)))
  }
  look(on: first)
  for i in cards.indices {
    look(on: CalendarDate(packed: cards[i].validFrom.firstDay))
    if !cards[i].validTo.isNone { look(on: cards[i].validTo.dayAfter) }
  }
  return found
}
