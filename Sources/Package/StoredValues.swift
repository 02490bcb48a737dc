// Reads the texts of the store and of packages back into values.
// Invariant: a value of another form is a fault and never left out: a date that can't be read is not an open end.
// Load: fifteen values per person.

package import Values

/// Why a stored value can't be read: the column whose form it hasn't, or SQLite's result code.
package struct StoredFault: Error, Hashable {
  package var column = ""
  package var sqlite: Int32?

  package init(_ column: String) { self.column = column }
  package init(sqlite code: Int32) { sqlite = code }
}

package enum StoredValues {
  package static func date(_ text: Span<UInt8>, _ column: String) throws(StoredFault) -> CalendarDate {
    if text.isEmpty { return .none }
    guard let date = CalendarDate(iso: text) else { throw StoredFault(column) }
    return date
  }

  package static func insuranceNumber(_ text: Span<UInt8>) throws(StoredFault) -> InsuranceNumber {
    if text.isEmpty { return .none }
    guard let number = try? InsuranceNumber(text) else { throw StoredFault("insurance_number") }
    return number
  }

  package static func cardNumber(_ text: Span<UInt8>) throws(StoredFault) -> CardNumber {
    if text.isEmpty { return .none }
    guard let number = try? CardNumber(text) else { throw StoredFault("card_number") }
    return number
  }

  package static func code(_ text: Span<UInt8>, _ column: String) throws(StoredFault) -> ShortCode {
    if text.isEmpty { return .none }
    guard let code = ShortCode(text) else { throw StoredFault(column) }
    return code
  }

  package static func personalID(_ text: Span<UInt8>) throws(StoredFault) -> PersonalID {
    guard let id = try? PersonalID(text) else { throw StoredFault("personal_id") }
    return id
  }

  package static func sex(_ text: Span<UInt8>) throws(StoredFault) -> Sex {
    switch text.count {
    case 4 where text[0] == UInt8(ascii: "m"): .male
    case 6 where text[0] == UInt8(ascii: "f"): .female
    case 7 where text[0] == UInt8(ascii: "u"): .unknown
    case 0: .unknown
    default: throw StoredFault("sex")
    }
  }
}
