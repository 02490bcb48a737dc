// An officer's decision on one pair of a record and a person.
// Invariant: it holds the values that were judged, and is valid only while they are unchanged.
// Load: all decisions of several years; some 90 bytes each.

/// Says that a record is a person's, or that it is not.
package struct Decision: Hashable, Sendable, BitwiseCopyable {
  /// Counts from 1 in the order in which decisions were made.
  package var number: UInt32
  package var person: PersonalID
  package var insuranceNumber: InsuranceNumber
  package var cardNumber: CardNumber
  /// The judged values on both sides.
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
