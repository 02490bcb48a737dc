// What becomes of a record whose number is a person's earlier one.
// Invariant: the match and the explanation send the same records.

package import Values

extension NumberFate {
  /// Whether the join leaves out a record with this number, because the record belongs to another person or to no person.
  ///
  /// A record that an officer gave to a person stays there. A 9-digit number that leads to an ambiguous one stays too, and
  /// the record ends by the status of that person.
  @inline(__always)
  package func takes(_ record: InsuranceRecord) -> Bool {
    switch self {
    case .own: false
    case .moved: record.rule != .decision
    case .ambiguous: record.rule == .personalID
    }
  }
}

extension InsuranceRecord {
  /// The record as it goes to the person who has another number today.
  ///
  /// Notes that compare its other numbers with the earlier number are left out: ``PersonRules`` compares them with today's.
  package var sentToToday: InsuranceRecord {
    var record = self
    guard rule == .personalID else { return record }
    record.rule = .previousID
    record.words.remove(.insuranceNumberNotID)
    let onCard = cardNumber.isNone ? (cardDigits.isNone ? insuranceNumber : cardDigits) : cardNumber.tail
    if onCard.digitCount == 12 { record.words.remove(.cardTailDiffers) }
    return record
  }

  /// Why it leads to no person if its number is ambiguous.
  package var reasonsIfAmbiguous: Reasons {
    words.contains(.idFromInsuranceNumber)
      ? Reasons(.previousAmbiguous, .idFromInsuranceNumber) : Reasons(.previousAmbiguous)
  }
}
