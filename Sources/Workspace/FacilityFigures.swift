// What a publication found about the codes of facilities on serving cards.
// Invariant: one entry per facility, whatever the number of persons. It holds codes and names of facilities and counts.

package import Publish
package import Values

package struct FacilityFigures: Hashable, Sendable, Codable {
  /// A code that the table lacks.
  package struct Unknown: Hashable, Sendable, Codable {
    package var code: String
    package var persons: Int
  }

  /// A code that another has replaced and that cards still bear.
  package struct Replaced: Hashable, Sendable, Codable {
    package var code: String
    /// The code that the facility has now.
    package var current: String
    /// Of the facility now; empty for none.
    package var name: String
    package var persons: Int
  }

  /// Facilities in the table.
  package var known: Int
  /// The codes with the most persons first, at most ``most``.
  package var unknown: [Unknown]
  package var unknownCodes: Int
  /// All persons with a code that the table lacks, whatever its form.
  package var unknownPersons: Int
  package var replaced: [Replaced]
  package var replacedCodes: Int
  package var replacedPersons: Int

  package static let most = 500

  package init(_ counts: FacilityCounts, _ table: Facilities) {
    func sorted(_ codes: [ShortCode: Int]) -> ArraySlice<(key: ShortCode, value: Int)> {
      codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.most)
    }
    known = table.count
    unknown = sorted(counts.unknown).map { Unknown(code: $0.key.text, persons: $0.value) }
    unknownCodes = counts.unknown.count
    unknownPersons = counts.unknown.values.reduce(counts.otherUnknown, +)
    replaced = sorted(counts.replaced).map { code, persons in
      let current = table.current(code)
      return Replaced(
        code: code.text, current: current.text, name: table.name(of: current) ?? "", persons: persons)
    }
    replacedCodes = counts.replaced.count
    replacedPersons = counts.replaced.values.reduce(0, +)
  }
}
