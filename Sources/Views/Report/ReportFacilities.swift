// The report's lines about codes of facilities: those that the table lacks, and those that another has replaced.
// Invariant: no count of 1 to 4 persons is shown; facilities with so few are only in the total.

import Values
import Workspace

extension ReportFacts {
  var facilities: ReportPage.FacilityCodes? {
    guard let figures = run.published?.facilities else { return nil }
    func codes(
      _ count: Int, _ persons: Int, _ rows: [(code: String, current: String?, persons: Int)]
    ) -> ReportPage.FacilityCodes.Codes? {
      guard persons > 0 else { return nil }
      return .init(
        codes: FigureText.count(count), persons: Self.bounded(persons),
        rows: rows.filter { $0.persons >= PlaceRate.fewest }.prefix(20).map {
          .init(code: $0.code, current: $0.current, persons: FigureText.count($0.persons))
        })
    }
    return .init(
      known: FigureText.count(figures.known),
      unknown: codes(
        figures.unknownCodes, figures.unknownPersons, figures.unknown.map { ($0.code, nil, $0.persons) }),
      replaced: codes(
        figures.replacedCodes, figures.replacedPersons,
        figures.replaced.map { ($0.code, $0.current + ($0.name.isEmpty ? "" : " \($0.name)"), $0.persons) }),
      command: "cardlink facilities \(pipeline)")
  }

  private static func bounded(_ persons: Int) -> Bilingual {
    persons < PlaceRate.fewest ? Bilingual("dưới 5", "fewer than 5") : FigureText.count(persons)
  }
}
