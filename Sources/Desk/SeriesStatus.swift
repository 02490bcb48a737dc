// The exports that are delivered as a base and deltas: how far they are applied, and what waits or is missing.
// Invariant: numbers of deliveries and counts of records, and none about a person.

import Files
import Pipeline
import Run
package import Values
package import Workspace

/// How far the series of one export is.
package struct SeriesStatus: Sendable, Encodable {
  package var export: String
  /// The number of the full export it begins with, and the business date of the first run that read it.
  package var base: Int
  package var baseAsOf: String?
  package var baseAgeDays: Int?
  /// Deltas in the store in force.
  package var applied: Int
  /// The number of the last delivery in the store in force; nil if there is none.
  package var last: Int?
  package var waiting: Int
  package var missing: [Int]
  /// Why the next run refuses the series; nil if it doesn't.
  package var refused: String?
  /// Whether deltas can delete; if not, only a full export tells what is gone.
  package var hasDeletes: Bool
  /// The changes of the run by outcome: of deltas that the run before it had not applied.
  package var changes: [String: Int]
}

/// The deliveries of one export, with what became of their records.
package struct SeriesTable: Sendable {
  package var series: Series
  /// Of the store in force; nil if there is none.
  package var ledger: SeriesLedger?
  /// The last run, if it is held and its full export closes the series in force.
  package var held: (run: Int, ledger: SeriesLedger)?
}

extension Desk {
  /// The deliveries of the exports that have deltas, as they lie in their folders now.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if no export has deltas.
  package func series() throws(Stop) -> [SeriesTable] {
    let runs = try runs()
    let all = try pipeline.series(asOf: Clock.today(), among: runs)
    guard !all.isEmpty else {
      throw Stop(
        .usage, at: pipeline.path, expected: "an export with delivery: delta", found: "full exports only",
        remedy: "Nothing to list.", next: "cardlink status PIPELINE")
    }
    let inForce = try pipeline.runInForce()
    let ledgers = runs.first { $0.id == inForce }?.extracted.series ?? []
    let held = runs.last.flatMap { $0.state == .held ? $0 : nil }
    return all.map { series in
      let closing = held?.extracted.series?.first { $0.export == series.export && $0.closed != nil }
      return SeriesTable(
        series: series, ledger: ledgers.first { $0.export == series.export },
        held: held.flatMap { run in closing.map { (run.id, $0) } })
    }
  }

  func seriesStatus(of run: RunRecord, among runs: [RunRecord]) throws(Stop) -> [SeriesStatus]? {
    let all = try pipeline.series(asOf: Clock.today(), among: runs)
    guard !all.isEmpty else { return nil }
    let before = runs.last { $0.id < run.id && $0.state == .done && $0.rollback == nil }
    return all.map { series in
      status(
        of: series, run.extracted.series?.first { $0.export == series.export },
        before?.extracted.series?.first { $0.export == series.export }, runs)
    }
  }

  private func status(
    of series: Series, _ now: SeriesLedger?, _ before: SeriesLedger?, _ runs: [RunRecord]
  ) -> SeriesStatus {
    let base = series.deliveries.first { $0.state == .base }
    let asOf = runs.first { run in
      run.state == .done
        && run.exports.contains { $0.holdsChanges == false && $0.digest == base?.file?.digest }
    }?.asOf
    let applied = series.deliveries.filter { $0.state == .applied }
    let old = before?.baseSequence == now?.baseSequence ? before?.deltas.map(\.sequence).max() ?? -1 : -1
    var changes: [String: Int] = [:]
    for delta in now?.deltas ?? [] where delta.sequence > old {
      changes.merge(delta.outcomes, uniquingKeysWith: +)
    }
    return SeriesStatus(
      export: series.export.name, base: base?.sequence ?? 0, baseAsOf: asOf,
      baseAgeDays: asOf.map { Clock.days(from: $0, to: Clock.today().text) }, applied: applied.count,
      last: applied.last?.sequence ?? (asOf == nil ? nil : base?.sequence),
      waiting: series.deliveries.count { $0.state == .waiting },
      missing: series.deliveries.filter { $0.state == .missing }.map(\.sequence),
      refused: series.faults.first?.finding.description,
      hasDeletes: pipeline.export(series.export).delta.deletes,
      changes: changes)
  }
}
