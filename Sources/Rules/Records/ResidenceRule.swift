// The residence rule: a province's code of two digits, or of three with a leading zero, from before July 2025 or since.
// Invariant: it never quarantines a record, and no value is guessed: what is no code and not in the export's list counts as
// `other`.
// Load: one value per person, where the field is mapped.
//
// For data officers: the value counts persons by province and is stored nowhere. `79`, `079` and, of the former provinces,
// `74` are Hồ Chí Minh City. Names need a list: `values: { residence_province: { "TP. HCM": "79" } }`.

package import Values

package enum ResidenceRule {
  /// - Parameter codes: the export's list, whose values are ``Residence/rawValue``.
  package static func read(_ value: Span<UInt8>, _ codes: CodeList, _ empty: EmptyValues) -> Residence {
    if value.isEmpty { return .none }
    if !codes.isEmpty, case .code(let code) = codes.read(value, empty) { return Residence(rawValue: code) }
    let start = value.count == 3 && value[0] == UInt8(ascii: "0") ? 1 : 0
    guard value.count == start + 2, isDigits(value) else { return .other }
    return Residence(code: Int(value[start] & 15) * 10 + Int(value[start + 1] & 15))
  }
}
