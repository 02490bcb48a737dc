// Renumbering: the insurer writes a person's own ID number where the card had the 10-digit insurance number.
// Invariant: a renumbered card is the same card: group, level, province, facility, area and all dates are unchanged. A card
// that changes in anything else, or gets another number, is changed.
// Load: compares the two serving cards of a person, whose numbers differ for 90 million persons in one night at most.
//
// Source: letter 1804/BHXH-QLT of 4 August 2025: the personal ID number is the insurance number.

package import Values

extension CardRow {
  /// Whether this is a person's earlier card `old` with the person's own ID number in its numbers: the card number goes from
  /// 15 to 17 characters, or the insurance number from 10 to 12 digits, or both.
  package func renumbers(_ old: CardRow) -> Bool {
    guard cardNumber != old.cardNumber || insuranceNumber != old.insuranceNumber,
      facility == old.facility, area == old.area, validFrom == old.validFrom, validTo == old.validTo,
      fiveYearsFrom == old.fiveYearsFrom
    else { return false }
    let own = InsuranceNumber(personalID)
    return insuranceNumber.isSame(as: old.insuranceNumber, orReplacesItBy: own)
      && cardNumber.head == old.cardNumber.head
      && cardNumber.tail.isSame(as: old.cardNumber.tail, orReplacesItBy: own)
  }
}

extension InsuranceNumber {
  /// Whether the number is unchanged, or is `own` where ten digits were.
  fileprivate func isSame(as old: InsuranceNumber, orReplacesItBy own: InsuranceNumber) -> Bool {
    self == old || self == own && !old.isNone && old.digitCount == 10
  }
}
