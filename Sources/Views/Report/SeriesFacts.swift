// The report's section on series: what became of the records of each delta.

import Values

extension ReportPage {
  struct Series {
    var export: Bilingual
    var number: Int
    var base, inserted, deleted, inForce, open: Bilingual
    /// Nil if no record of the base was repeated.
    var repeats: Bilingual?
    var columns: [Bilingual]
    var rows: [Row]

    struct Row {
      var name: String
      var counts: [Bilingual]
    }

    /// The last deltas; earlier ones are in the sum.
    private static let longest = 31

    init(_ ledger: SeriesLedger) {
      export = ledger.export.title
      number = ledger.baseSequence
      (base, inForce) = (FigureText.count(ledger.base), FigureText.count(ledger.inForce))
      inserted = FigureText.count(ledger.total(.inserted))
      deleted = FigureText.count(ledger.total(.deleted))
      open = FigureText.count(ledger.open)
      repeats = ledger.repeats > 0 ? FigureText.count(ledger.repeats) : nil
      columns = DeltaOutcome.allCases.map(\.title)
      rows = ledger.deltas.suffix(Self.longest).map { delta in
        Row(
          name: "\(delta.sequence) · \(delta.file)",
          counts: DeltaOutcome.allCases.map { FigureText.count(delta[$0]) })
      }
    }
  }
}
