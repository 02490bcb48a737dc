// Which provinces may be shown with their counts, the 34 of today, the 63 before, and what is in no province.
// Invariant: a former province is shown only if its province of today is, so that no level tells what the other leaves out. Every
// page and every form of output asks here.

import Values
package import Workspace

/// Which provinces of one table may be shown, after all runs that counted it.
package struct ShownProvinces: Sendable {
  /// What the table counts.
  package enum Figure: Sendable, CaseIterable {
    /// Persons by province of residence, and those with a card.
    case residents
    /// Insurance records by place of birth registration, and those that are linked.
    case birthRegistration
    /// Persons with a card by the province of their facility.
    case facility
  }

  private var rows: [String: Int] = [:]
  private var today = SmallCounts()
  private var parts: [String: Parts] = [:]

  private struct Parts {
    var rows: [String: Int] = [:]
    var counts = SmallCounts()
  }

  /// - Parameters:
  ///   - runs: ascending; those that did not count the figure are passed over.
  ///   - last: the number of the last run to look at.
  package init(_ figure: Figure, in runs: [RunRecord], upTo last: Int) {
    for run in runs where run.id <= last && !run.matched.places.isEmpty {
      let figures = ProvinceFigures.all(of: run, former: true)
      let counts = figures.map { Self.counts($0, figure) }
      guard counts.contains(where: { $0 != nil }) else { continue }
      rows = Self.index(figures)
      today.add(counts.map { $0 ?? [0, 0] })
      for province in figures {
        let former =
          province.former ?? (figure == .birthRegistration ? ProvinceFigures.elsewhere(of: run) : [])
        guard !former.isEmpty, figure != .residents else { continue }
        parts[province.code, default: Parts()].rows = Self.index(former)
        parts[province.code, default: Parts()].counts.add(former.map { Self.counts($0, figure) ?? [0, 0] })
      }
    }
  }

  /// Whether a province of today may be shown, or `none`.
  package func shows(_ code: String) -> Bool { rows[code].map { !today.hides($0) } ?? false }

  /// Whether a former province may be shown, or one of the places that are in no province.
  package func shows(_ code: String, of province: String) -> Bool {
    guard shows(province), let parts = parts[province], let row = parts.rows[code] else { return false }
    return !parts.counts.hides(row)
  }

  private static func index(_ figures: [ProvinceFigures]) -> [String: Int] {
    Dictionary(figures.enumerated().map { ($1.code, $0) }) { first, _ in first }
  }

  /// All, and those of them with a card; nil where it is not counted.
  static func counts(_ figures: ProvinceFigures, _ figure: Figure) -> [Int]? {
    switch figure {
    case .residents: figures.residents.map { [$0, figures.residentsWithCard ?? 0] }
    case .birthRegistration: [figures.recordsByBirthRegistration, figures.linkedByBirthRegistration]
    case .facility: figures.personsByFacility.map { [$0] }
    }
  }
}
