// The note on persons whose linked records have several insurance numbers.

package import Values

/// Counts a person's linked records and compares their insurance numbers.
package struct LinkedCards: Sendable {
  package private(set) var count = 0
  package private(set) var firstNumber = InsuranceNumber.none
  package private(set) var haveSeveralNumbers = false

  package init() {}

  package mutating func add(_ number: InsuranceNumber) {
    count += 1
    guard !number.isNone else { return }
    if firstNumber.isNone {
      firstNumber = number
    } else if number.packed != firstNumber.packed {
      haveSeveralNumbers = true
    }
  }
}
