// Counts the persons of the store by the province of the facility on their serving card.
// Invariant: each person is counted once, whether or not a rule selects the facility.
// Load: one increment per person; the provinces are looked up once per facility.

import Values

/// Persons by province of today, and in it by former province.
package struct PersonsByProvince: Hashable, Sendable {
  /// Of facility codes that begin with no province's digits, and of cards without a facility.
  package static let none = "none"
  /// By the code of the province of today, then of the former province, as text; or ``none`` in both.
  package var counts: [String: [String: Int]] = [:]

  mutating func add(_ facility: ShortCode, _ persons: Int) {
    guard persons > 0 else { return }
    let former = facility.provinceCode ?? -1
    let today = ProvinceOfToday.of(former)
    let (group, part) = today.map { ($0.text, padded(UInt64(former), to: 2)) } ?? (Self.none, Self.none)
    counts[group, default: [:]][part, default: 0] += persons
  }

  mutating func add(_ other: PersonsByProvince) {
    counts.merge(other.counts) { $0.merging($1, uniquingKeysWith: +) }
  }
}
