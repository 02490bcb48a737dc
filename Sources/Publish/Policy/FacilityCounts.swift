// Counts the persons of the store by the facility on their serving card: by province, by replaced code, by code that the
// table of facilities lacks.
// Invariant: each person is counted once, whether or not a rule selects the facility. Codes are kept only where their form is
// a facility's, because a shifted column may put anything else there.
// Load: one increment per person; a facility is looked up once.

package import Values

package struct FacilityCounts: Hashable, Sendable {
  /// Of facility codes that begin with no province's digits, and of cards without a facility.
  package static let none = "none"
  /// Persons by the code of the province of today, then of the former province, as text; or ``none`` in both.
  package var provinces: [String: [String: Int]] = [:]
  /// Persons by code that the table lacks; empty without a table.
  package var unknown: [ShortCode: Int] = [:]
  /// Persons whose code the table lacks and that is not kept: of another form, or one of too many.
  package var otherUnknown = 0
  /// Persons by replaced code that is still on their card.
  package var replaced: [ShortCode: Int] = [:]

  /// So many unknown codes are kept.
  static let mostCodes = 10_000

  mutating func add(_ facility: ShortCode, _ persons: Int, _ facilities: Facilities) {
    guard persons > 0 else { return }
    let today = facilities.province(of: facilities.current(facility))
    let former = facility.provinceCode.flatMap { IDPrefix.province($0) == nil ? nil : $0 }
    let group = today?.text ?? Self.none
    let part = today == nil ? Self.none : former.map { padded(UInt64($0), to: 2) } ?? Self.none
    provinces[group, default: [:]][part, default: 0] += persons
    guard !facilities.isEmpty, !facility.isNone else { return }
    if facilities[facility] == nil {
      if facility.isWellFormed, unknown.count < Self.mostCodes || unknown[facility] != nil {
        unknown[facility, default: 0] += persons
      } else {
        otherUnknown += persons
      }
    } else if facilities.isRecoded(facility) {
      replaced[facility, default: 0] += persons
    }
  }

  mutating func add(_ other: FacilityCounts) {
    provinces.merge(other.provinces) { $0.merging($1, uniquingKeysWith: +) }
    unknown.merge(other.unknown, uniquingKeysWith: +)
    replaced.merge(other.replaced, uniquingKeysWith: +)
    otherUnknown += other.otherUnknown
  }
}

extension ShortCode {
  /// Whether it has the form of a facility's code: two digits, then three digits or capitals.
  fileprivate var isWellFormed: Bool {
    packed & 0xff == 5 && provinceCode != nil
      && (2..<5).allSatisfy { i in
        let byte = byte(i)
        return (48...57).contains(byte) || (65...90).contains(byte)
      }
  }
}
