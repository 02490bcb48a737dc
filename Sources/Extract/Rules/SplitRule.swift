// The split rule: lists of cards that stand in step are one record for each position.
// Invariant: all lists that hold a value have the same number of positions; a list without any value stands for a
// value missing at each position; a position without a value in any list is left out.
// Load: only for exports whose pipeline file names a split; the lists are cut where they stand, nothing is copied.
//
// For data officers: the tables of hospital stays list two cards in one record when the card changed during the stay,
// for example `DN4…;GD4…` with `01001;01028`. When the lists differ in length, nobody can say which facility belongs
// to which card, so the record is held.
//
// Source: Decision 4750/QĐ-BYT, annex (table 1).

import Values

enum SplitRule {
  /// The most positions that one record may have.
  static let most = 256

  /// The number of positions, at least 1; nil when the lists are not in step.
  static func positionCount(
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

  /// Takes the first value off a list, trimmed; an empty range when the list is at its end.
  static func next(_ text: Span<UInt8>, _ list: inout Range<Int>, _ separator: UInt8) -> Range<Int> {
    var i = list.lowerBound
    while i < list.upperBound, text[i] != separator { i += 1 }
    let value = list.lowerBound..<i
    list = min(i + 1, list.upperBound)..<list.upperBound
    return trimmed(text, value)
  }
}
