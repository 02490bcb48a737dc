// A record that names two persons: it leads to one, and its 12-digit insurance number, the tail of its 17-character card or
// the 12 digits in its card number field are the personal ID number of another.
// Invariant: if the population has the other number, the record is disputed with the reason insurance_number_not_id, unless
// an officer gave it to the person. If the population does not have it, the record ends as if it had no such number.
// Load: two comparisons for each record; the rest for the few that name another number.

package import Values

extension InsuranceRecord {
  /// The digits in the card number field: a card's tail, or 12 digits alone.
  private var digitsOnCard: InsuranceNumber { cardNumber.isNone ? cardDigits : cardNumber.tail }

  /// Whether its insurance number or the digits in its card number field are a personal ID number other than `own`.
  @inline(__always)
  package func namesOther(than own: PersonalID) -> Bool {
    insuranceNumber.personalID(otherThan: own) != nil || cardNamesOther(than: own)
  }

  /// Whether the digits in its card number field are a personal ID number other than `own`.
  @inline(__always)
  func cardNamesOther(than own: PersonalID) -> Bool { digitsOnCard.personalID(otherThan: own) != nil }

  /// The distinct personal ID numbers, other than `own`, that its insurance number and the digits in its card number field
  /// are.
  package func others(than own: PersonalID) -> [PersonalID] {
    let byNumber = insuranceNumber.personalID(otherThan: own)
    let byCard = digitsOnCard.personalID(otherThan: own)
    return [byNumber, byCard == byNumber ? nil : byCard].compactMap(\.self)
  }
}

extension PersonRules {
  /// Why the record is disputed if the population has another number that it names.
  ///
  /// - Parameter verdict: what the rules on this person say about the record.
  /// - Returns: nil if the verdict does not depend on that: the record names no other number, an earlier rule decided, or
  ///   an officer gave the record to the person.
  package mutating func reasonsIfOtherIsRegistered(
    _ record: InsuranceRecord, name: Span<UInt8>, held: LinkKey, _ verdict: Verdict
  ) -> Reasons? {
    guard verdict.outcome >= .disputed, verdict.rule != .decision, record.rule != .decision,
      record.namesOther(than: personalID)
    else { return nil }
    var reasons = verdict.words
    if verdict.outcome == .linked {
      reasons.formIntersection(Reasons(.idFromInsuranceNumber))
      reasons.formUnion(changesSinceDecision(on: record, name, held))
    }
    reasons.insert(.insuranceNumberNotID)
    return reasons
  }

  /// Notes on the numbers of a record whose person is known only now, by a 9-digit or an earlier number.
  func otherNumberNotes(on record: InsuranceRecord) -> Reasons {
    var notes = Reasons()
    if record.insuranceNumber.personalID(otherThan: personalID) != nil { notes.insert(.insuranceNumberNotID) }
    if record.cardNamesOther(than: personalID) { notes.insert(.cardTailDiffers) }
    return notes
  }
}
