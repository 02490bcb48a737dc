// The report's section on series: what became of the records of each delta.

import Values

extension ReportPage {
  struct Series {
    var export: Bilingual
    var number: Int
    var base, inserted, deleted, inForce, open: Bilingual
    /// Nil if no record of the base was repeated.
    var repeats: Bilingual?
    /// What the full export and the series before it disagree in; nil unless it closed one.
    var closed: Bilingual?
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
      closed = ledger.closed.map { closed in
        Bilingual(
          "So với chuỗi trước (tệp đầy đủ số \(closed.base) và các tệp thay đổi đến số \(closed.last)): \(FigureText.count(closed.missing).vietnamese) bản ghi không còn, \(FigureText.count(closed.added).vietnamese) bản ghi mới, \(FigureText.count(closed.changed).vietnamese) bản ghi khác nội dung.",
          "Compared with the series before it (full export \(closed.base) and deltas up to \(closed.last)): \(FigureText.count(closed.missing).english) records missing, \(FigureText.count(closed.added).english) added, \(FigureText.count(closed.changed).english) changed."
        )
      }
      columns = DeltaOutcome.allCases.map(\.title)
      rows = ledger.deltas.suffix(Self.longest).map { delta in
        Row(
          name: "\(delta.sequence) · \(delta.file)",
          counts: DeltaOutcome.allCases.map { FigureText.count(delta[$0]) })
      }
    }
  }
}
