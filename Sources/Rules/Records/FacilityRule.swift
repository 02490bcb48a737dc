// The facility rule: the code of the facility where the card is registered is two digits and three digits or
// letters.
// Invariant: it never quarantines a record; the first seven characters of any other code are kept, with a
// note.
// Load: one code per insurance record.
//
// For data officers: `01028`, `01 - C54` and `01c54` are read. Four digits mean that a leading zero was lost:
// the code is kept with the note facility_format and is not repaired. Codes keep the province digits of
// before July 2025.
//
// Source: Decision 1666/QĐ-BHXH (2020); Decision 4750/QĐ-BYT, annex (MA_DKBD).

import Names
package import Values

package enum FacilityRule {
  package static func read(_ value: Span<UInt8>, _ notes: inout Reasons) -> ShortCode {
    if value.isEmpty { return .none }
    if value.count == 5, isDigits(value), let code = ShortCode(value) { return code }
    var code = InlineArray<5, UInt8>(repeating: 0)
    var count = 0
    var hyphens = 0
    var i = 0
    while i < value.count {
      var width = blankCount(value, at: i)
      if width == 0 {
        width = hyphenWidth(value, at: i)
        if width > 0 {
          hyphens += count == 2 ? 1 : 2
        } else {
          guard count < 5 else { return asWritten(value, &notes) }
          code[count] = value[i] >= 0x61 && value[i] <= 0x7A ? value[i] - 32 : value[i]
          count += 1
          width = 1
        }
      }
      i += width
    }
    guard count == 5, hyphens <= 1, isDigit(code[0]), isDigit(code[1]) else {
      return asWritten(value, &notes)
    }
    for k in 2..<5 where !(isDigit(code[k]) || (code[k] >= 0x41 && code[k] <= 0x5A)) {
      return asWritten(value, &notes)
    }
    return ShortCode(code.span) ?? .none
  }

  private static func asWritten(_ value: Span<UInt8>, _ notes: inout Reasons) -> ShortCode {
    notes.insert(.facilityFormat)
    return ShortCode(value) ?? .none
  }

  /// A hyphen, a dash from U+2010 to U+2015, or a minus sign.
  private static func hyphenWidth(_ value: Span<UInt8>, at i: Int) -> Int {
    if value[i] == 0x2D { return 1 }
    guard value[i] == 0xE2, i + 2 < value.count else { return 0 }
    if value[i + 1] == 0x80, value[i + 2] >= 0x90, value[i + 2] <= 0x95 { return 3 }
    return value[i + 1] == 0x88 && value[i + 2] == 0x92 ? 3 : 0
  }
}
