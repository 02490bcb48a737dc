// The province where a person lives, as the population export says: for counts only, in six bits.
// Invariant: it is in staged and judged records and in counts, and nowhere else: not in the store, a package, a finding or a
// log. Zero means that the export has no such field.
// Load: one increment per person, where the field is mapped.

/// The province of residence of a person.
package struct Residence: Hashable, Sendable, BitwiseCopyable {
  /// 1 to 34: a province of today in the order of their codes.
  package let rawValue: UInt8

  /// More than any value.
  package static let count = 64
  /// The export has no field for it.
  package static let notAsked = Residence(rawValue: 0)
  /// The person's field is empty.
  package static let none = Residence(rawValue: 35)
  /// The field holds something else than a province's code.
  package static let other = Residence(rawValue: 36)

  package init(rawValue: UInt8) { self.rawValue = rawValue & 63 }

  /// The province to which a code belongs, of the list before July 2025 or since.
  package init(code: Int) {
    self = Self.ofCode.indices ~= code ? Self.ofCode[code] : .other
  }

  private static let ofCode: [Residence] = (0..<100).map { code in
    guard let province = ProvinceOfToday.of(code), let i = ProvinceOfToday.all.firstIndex(of: province) else {
      return .other
    }
    return Residence(rawValue: UInt8(i + 1))
  }

  /// The code of the province, or `none` or `other`; nil if the field is not mapped.
  package var text: String? {
    switch self {
    case .notAsked: nil
    case .none: "none"
    default: 1...34 ~= Int(rawValue) ? ProvinceOfToday.all[Int(rawValue) - 1].text : "other"
    }
  }
}
