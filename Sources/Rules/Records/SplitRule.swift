// The split rule: parallel lists of cards become one record for each position.
// Invariant: all lists with a value have the same number of positions; in a list without any value, the value is missing
// at each position; a position without a value in any list is left out.
// Load: only for exports whose pipeline file names a split; the lists are cut in place.
//
// For data officers: the tables of hospital stays list two cards in one record when the card changed during the stay,
// for example `DN4…;GD4…` with `01001;01028`. When the lists differ in length, it is unknown which facility belongs
// to which card, so the record goes to quarantine.
//
// Source: Decision 4750/QĐ-BYT, annex (table 1).

import Values

package enum SplitRule {
  /// The most positions that one record may have.
  static let most = 256

  /// The number of positions, at least 1; nil if the lists differ in length.
  package static func positionCount(
    _ text: Span<UInt8>, _ ranges: FieldRanges, _ fields: [Int], _ separator: UInt8, _ empty: EmptyValues
  ) -> Int? {
    var positions = 0
    for k in fields.indices {
      var list = ranges[at: fields[k]]
      guard !list.isEmpty else { continue }
      var hasValue = false
      var count = 1
      for i in list where text[i] == separator { count += 1 }
      for _ in 0..<count {
        let value = next(text, &list, separator)
        if !empty.contains(text.extracting(value)) { hasValue = true }
      }
      guard hasValue else { continue }
      guard count <= most, positions == 0 || positions == count else { return nil }
      positions = count
    }
    return max(positions, 1)
  }

  /// Returns and removes the first value of a list, trimmed; an empty range at the end of the list.
  package static func next(_ text: Span<UInt8>, _ list: inout Range<Int>, _ separator: UInt8) -> Range<Int> {
    var i = list.lowerBound
    while i < list.upperBound, text[i] != separator { i += 1 }
    let value = list.lowerBound..<i
    list = min(i + 1, list.upperBound)..<list.upperBound
    return trimmed(text, value)
  }
}
