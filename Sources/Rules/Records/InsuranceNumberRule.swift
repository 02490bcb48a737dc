// The insurance number rule: 10 digits, or the 12 of the personal ID number; else the number in the card's
// tail.
// Invariant: a record that passes has an insurance number; one repeated digit counts as no number.
// Load: one number per insurance record.
//
// For data officers: spaces within the number are ignored. Both kinds are in use since 1 August 2025. A
// 12-digit number that is not the record's own personal ID number is kept, with the note
// insurance_number_not_id.
//
// Source: letter 1804/BHXH-QLT of 4 August 2025.

package import Values

package enum InsuranceNumberRule {
  /// Returns the number; `none` if the field is empty, holds a filler, or is malformed, which is a fault.
  package static func read(_ value: Span<UInt8>, _ found: inout Reasons) -> InsuranceNumber {
    if value.isEmpty { return .none }
    if let number = try? InsuranceNumber(value) { return number.isFiller ? .none : number }
    let text = ShortText(value)
    guard let number = try? InsuranceNumber(text.bytes.span.extracting(0..<text.count)) else {
      found.insert(.insuranceNumberFormat)
      return .none
    }
    return number.isFiller ? .none : number
  }

  /// Returns the record's own number, else the number in its card field.
  package static func choose(
    _ own: InsuranceNumber, _ card: CardNumberRule.Reading, _ found: inout Reasons
  ) -> InsuranceNumber {
    if !own.isNone { return own }
    if !card.tail.isNone, !card.tail.isFiller { return card.tail }
    // A malformed number is not reported as missing.
    if !card.isMalformed, !found.contains(.insuranceNumberFormat) { found.insert(.insuranceNumberMissing) }
    return .none
  }

  /// Notes a 12-digit number that is not the record's personal ID number.
  package static func compare(_ number: InsuranceNumber, with id: PersonalID, _ notes: inout Reasons) {
    if number.digitCount == 12, number != InsuranceNumber(id) { notes.insert(.insuranceNumberNotID) }
  }
}
