// The area rule: the living-area code is K1, K2, K3 or empty.
// Invariant: it never quarantines a record; any other code is dropped, with a note.
// Load: one code per insurance record, empty in most.
//
// For data officers: the code raises the benefit of people in difficult areas and on islands, so it is never
// guessed.

package import Values

package enum AreaRule {
  package static func read(_ value: Span<UInt8>, _ notes: inout Reasons) -> ShortCode {
    if value.isEmpty { return .none }
    if value.count == 2, value[0] == UInt8(ascii: "K"), value[1] >= UInt8(ascii: "1"),
      value[1] <= UInt8(ascii: "3"),
      let code = ShortCode(value)
    {
      return code
    }
    notes.insert(.areaCode)
    return .none
  }
}
