// Counts the linked cards that have the person's own ID number, by which the gates notice a renumbering.
// Load: two comparisons for each record that links.

import Values

/// Records that link, before insurance numbers are compared, and how many of them have the person's own ID number.
package struct OwnNumbers: Hashable, Sendable, Codable {
  package var linked = 0
  /// Of these, those whose insurance number it is.
  package var insuranceNumbers = 0
  /// Of these, those whose card number ends in it.
  package var cardNumbers = 0

  package init() {}

  @inline(__always)
  mutating func count(_ record: InsuranceRecord, of person: UInt64) {
    let own = LinkKey(packed: person).personalID.map { InsuranceNumber($0) } ?? .none
    linked += 1
    if record.insuranceNumber == own { insuranceNumbers += 1 }
    if record.cardNumber.tail == own { cardNumbers += 1 }
  }

  mutating func add(_ other: OwnNumbers) {
    linked += other.linked
    insuranceNumbers += other.insuranceNumbers
    cardNumbers += other.cardNumbers
  }
}
