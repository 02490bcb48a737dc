// An officer's decision on one pair of a record and a person.
// Invariant: a value; it says what was judged, and holds only while that is unchanged.
// Load: as many as officers take in years; some 90 bytes each.

/// That a record is a person's, or that it is not.
package struct Decision: Hashable, Sendable, BitwiseCopyable {
  /// Counts from 1 in the order in which decisions were taken.
  package var number: UInt32
  package var person: PersonalID
  package var insuranceNumber: InsuranceNumber
  package var cardNumber: CardNumber
  /// What was judged, on both sides.
  package var insurance: InsuranceFields
  package var population: PopulationFields
  package var isAccepted: Bool

  package init(
    number: UInt32, person: PersonalID, insuranceNumber: InsuranceNumber, cardNumber: CardNumber,
    insurance: InsuranceFields, population: PopulationFields, isAccepted: Bool
  ) {
    self.number = number
    self.person = person
    self.insuranceNumber = insuranceNumber
    self.cardNumber = cardNumber
    self.insurance = insurance
    self.population = population
    self.isAccepted = isAccepted
  }

  package var judged: JudgedFields { JudgedFields(insurance, population) }
}
