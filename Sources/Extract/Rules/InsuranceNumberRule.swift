// The insurance number rule: 10 digits, or the 12 of the personal ID number; else the number in the card's tail.
// Invariant: a record that passes has an insurance number; a number of one repeated digit is none.
// Load: one number per insurance record.
//
// For data officers: spaces within the number are ignored. Both kinds circulate since 1 August 2025. A 12-digit number
// that is not the record's own personal ID number is kept, with the note insurance_number_not_id.
//
// Source: letter 1804/BHXH-QLT of 4 August 2025.

import Values

enum InsuranceNumberRule {
  /// The number, or none where the field is empty, holds a filler, or is malformed, which `found` then says.
  static func read(_ value: Span<UInt8>, _ found: inout Reasons) -> InsuranceNumber {
    if value.isEmpty { return .none }
    if let number = try? InsuranceNumber(value) { return number.isFiller ? .none : number }
    let text = ShortText(value)
    guard let number = try? InsuranceNumber(text.bytes.span.extracting(0..<text.count)) else {
      found.insert(.insuranceNumberFormat)
      return .none
    }
    return number.isFiller ? .none : number
  }

  /// The record's number: its own, else the one its card field gives.
  static func choose(
    _ own: InsuranceNumber, _ card: CardNumberRule.Reading, _ found: inout Reasons
  ) -> InsuranceNumber {
    if !own.isNone { return own }
    if !card.tail.isNone, !card.tail.isFiller { return card.tail }
    // A malformed number is not a missing one.
    if !card.isMalformed, !found.contains(.insuranceNumberFormat) { found.insert(.insuranceNumberMissing) }
    return .none
  }

  /// Notes a 12-digit number that is not the record's personal ID number.
  static func compare(_ number: InsuranceNumber, with id: PersonalID, _ notes: inout Reasons) {
    if number.digitCount == 12, number != InsuranceNumber(id) { notes.insert(.insuranceNumberNotID) }
  }
}
