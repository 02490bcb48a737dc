// The text that the store and packages hold, read back into values.
// Invariant: a value of another form is a stop, never left out: a card that can't be read is no card that expired.
// Load: fifteen values per person.

import Values

/// Why a stored value can't be read back: the column whose form it hasn't, or SQLite's own code.
struct StoredFault: Error, Hashable {
  var column = ""
  var sqlite: Int32?

  init(_ column: String) { self.column = column }
  init(sqlite code: Int32) { sqlite = code }
}

enum StoredValues {
  /// The columns of a card, in the order in which both sources read them.
  static let cardColumns = [
    "insurance_number", "card_number", "facility_code", "valid_from", "valid_to", "five_years_from",
    "area_code",
  ]

  static func date(_ text: Span<UInt8>, _ column: String) throws(StoredFault) -> CalendarDate {
    if text.isEmpty { return .none }
    guard case .success(let date) = readDate(text, .iso) else { throw StoredFault(column) }
    return date
  }

  static func insuranceNumber(_ text: Span<UInt8>) throws(StoredFault) -> InsuranceNumber {
    if text.isEmpty { return .none }
    guard let number = try? InsuranceNumber(text) else { throw StoredFault("insurance_number") }
    return number
  }

  static func cardNumber(_ text: Span<UInt8>) throws(StoredFault) -> CardNumber {
    if text.isEmpty { return .none }
    guard let number = try? CardNumber(text) else { throw StoredFault("card_number") }
    return number
  }

  static func code(_ text: Span<UInt8>, _ column: String) throws(StoredFault) -> ShortCode {
    if text.isEmpty { return .none }
    guard let code = ShortCode(text) else { throw StoredFault(column) }
    return code
  }

  static func personalID(_ text: Span<UInt8>) throws(StoredFault) -> PersonalID {
    guard let id = try? PersonalID(text) else { throw StoredFault("personal_id") }
    return id
  }

  static func sex(_ text: Span<UInt8>) throws(StoredFault) -> Sex {
    switch text.count {
    case 4 where text[0] == UInt8(ascii: "m"): .male
    case 6 where text[0] == UInt8(ascii: "f"): .female
    case 7 where text[0] == UInt8(ascii: "u"): .unknown
    case 0: .unknown
    default: throw StoredFault("sex")
    }
  }
}
