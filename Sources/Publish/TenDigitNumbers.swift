// The insurance numbers of 10 digits that persons have or had, for packages with card numbers of 15 characters.
// Invariant: only persons of the store are in it. It is beside the publication in force, like the people's rows, and goes with
// them; a number once known stays known as long as each publication asks for it. One that is damaged counts as absent, and the
// earlier stores are read instead.
// Load: one row of 8 bytes for each person, written and read once, ascending; nothing where no rule asks for 15 characters.

import SortedRuns
package import Values

/// Finds a person's number in earlier data; persons ascend.
package typealias FormerNumbers = (PersonalID) throws(Stop) -> InsuranceNumber

/// The rows of one publication.
struct TenDigitNumbers: KeptRows {
  static let file = "numbers.json"
  var runs: [SortedRun]

  /// A reader of the rows of `folder` from a person on.
  func reader(in folder: String, from first: PersonalID) throws(Stop) -> FormerNumbers {
    let rows = try NumberRows(Merge(runs, in: folder, from: first.packed))
    return { id throws(Stop) in try rows.number(of: id) }
  }
}

/// One thread's position in the rows.
private final class NumberRows {
  private var rows: Merge

  init(_ rows: consuming Merge) { self.rows = rows }

  func number(of id: PersonalID) throws(Stop) -> InsuranceNumber {
    while rows.hasRecord, rows.key < id.packed { try rows.advance() }
    guard rows.hasRecord, rows.key == id.packed else { return .none }
    return InsuranceNumber(packed: rows.place)
  }
}

extension CardRow {
  /// The insurance number of 10 digits on the card; `none` if it has none.
  package var tenDigits: InsuranceNumber {
    if !insuranceNumber.isNone, insuranceNumber.digitCount == 10 { return insuranceNumber }
    return !cardNumber.isNone && cardNumber.tail.digitCount == 10 ? cardNumber.tail : .none
  }

  /// The card with a number of 15 characters, or with none if the insurance number of 10 digits is not known.
  func withFifteenCharacters(_ tenDigits: InsuranceNumber) -> CardRow {
    guard hasSeventeenCharacters else { return self }
    var card = self
    card.cardNumber = tenDigits.isNone ? .none : CardNumber(head: cardNumber.head, tail: tenDigits)
    return card
  }

  var hasSeventeenCharacters: Bool { !cardNumber.isNone && cardNumber.tail.digitCount == 12 }
}
