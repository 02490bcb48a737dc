// The gates: the limits that a run must keep before it is loaded.
// Invariant: a gate compares figures only and reads no record. Absolute limits apply to every run, the others
// compare with the median of the last seven successful runs. A share of few records is not judged.

import Pipeline
import Values
import Workspace

struct Gates {
  private let limits: GateLimits
  private let now: Figures
  private let before: [Figures]
  private(set) var verdicts: [GateVerdict] = []

  /// How many runs the median covers.
  static let remembered = 7

  /// Judges the figures of a run.
  ///
  /// - Parameter earlier: all earlier runs, ascending.
  init(_ limits: GateLimits, run: RunRecord, earlier: [RunRecord]) {
    self.limits = limits
    // Earlier runs count as if they had known this run's groups of the armed forces.
    let armedForces = ArmedForces(adding: run.matched.armedForces ?? [])
    now = Figures(run: run, armedForces)
    let undone = Set(earlier.compactMap(\.rollback?.from))
    let matched = run.finished(.match)?.run
    before = earlier.filter { other in
      other.state == .done && other.rollback == nil && !undone.contains(other.id) && other.id != run.id
        && other.finished(.match).map { $0.run == other.id && $0.run != matched } ?? false
    }.suffix(Self.remembered).map { Figures(run: $0, armedForces) }
    for export in ExportKind.allCases {
      judgeRecords(export)
      judgeQuarantine(export)
    }
    judgeLinkRate()
    judgeBlanks()
    judgeOwnNumbers()
    judgePlaces()
    judgeReconciliations()
  }

  // MARK: The single gates

  private mutating func judgeRecords(_ export: ExportKind) {
    let records = now.run.count(export)
    let least = export == .population ? limits.minPopulationRecords : limits.minInsuranceRecords
    judge(
      .records, export.name, records >= least, .atLeast(.count(least), .records), .count(records))
    guard let change = limits.recordsChange,
      let median = median(before.map { Double($0.run.count(export)) }), median >= Double(limits.judgedFrom)
    else { return }
    let (low, high) = (Int((median * (1 - change)).rounded(.up)), Int(median * (1 + change)))
    judge(
      .records, export.name, (low...max(low, high)).contains(records),
      .between(.count(low), .count(high), .records, usual(.count(Int(median)), change)), .count(records))
  }

  private mutating func judgeQuarantine(_ export: ExportKind) {
    guard now.run.count(export) >= limits.judgedFrom else { return }
    let share = now.quarantineShare(export)
    if let most = limits.maxQuarantine {
      judge(
        .quarantine, export.name, share <= most, .atMost(.share(most), .quarantined, nil), .share(share))
    }
    if let change = limits.quarantineChange,
      let median = median(history(export).map { $0.quarantineShare(export) })
    {
      judge(
        .quarantine, export.name, share <= median + change,
        .atMost(.share(median + change), .quarantined, usual(.share(median), change)), .share(share))
    }
  }

  private mutating func judgeLinkRate() {
    guard now.linkable >= limits.judgedFrom else { return }
    let rate = now.linkRate
    let name = ExportKind.insurance.name
    if let least = limits.minLinkRate {
      judge(.linkRate, name, rate >= least, .atLeast(.share(least), .linked), .share(rate))
    }
    if let most = limits.maxLinkRate {
      judge(.linkRate, name, rate <= most, .linkedAtMost(.share(most)), .share(rate))
    }
    if let change = limits.linkRateChange, let median = median(history(.insurance).map(\.linkRate)) {
      judge(
        .linkRate, name, abs(rate - median) <= change,
        .between(
          .share(max(0, median - change)), .share(min(1, median + change)), .linked,
          usual(.share(median), change)), .share(rate))
    }
  }

  private mutating func judgeBlanks() {
    for field in now.fields {
      let export: ExportKind = field.hasPrefix("population.") ? .population : .insurance
      guard now.run.count(export) >= limits.judgedFrom, let share = now.blankShare(field) else { continue }
      if let most = limits.maxBlank[field] {
        judge(.blank, field, share <= most, .atMost(.share(most), .blank, nil), .share(share))
      }
      if let change = limits.blankChange,
        let median = median(history(export).compactMap { $0.blankShare(field) })
      {
        judge(
          .blank, field, share <= median + change,
          .atMost(.share(median + change), .blank, usual(.share(median), change)), .share(share))
      }
    }
  }

  /// Judges full exports that close a series.
  private mutating func judgeReconciliations() {
    guard let most = limits.reconciliation else { return }
    for series in now.run.extracted.series ?? [] {
      guard let closed = series.closed, closed.records >= limits.judgedFrom else { continue }
      judge(
        .reconciliation, series.export.name, closed.share <= most, .atMost(.share(most), .differing, nil),
        .share(closed.share))
    }
  }

  /// Compares with the last run alone, because after a renumbering the shares stay where they are.
  private mutating func judgeOwnNumbers() {
    guard let change = limits.renumberedChange, let last = before.last,
      min(now.run.matched.ownNumbers?.linked ?? 0, last.run.matched.ownNumbers?.linked ?? 0)
        >= max(1, limits.judgedFrom)
    else { return }
    let isAnnounced = limits.renumbering?.includes(now.run.asOf) ?? false
    for ((field, share), (_, median)) in zip(now.ownNumberShares, last.ownNumberShares) {
      let (low, high) = (max(0, median - change), isAnnounced ? 1 : min(1, median + change))
      let usual = GateLimit.Usual(.share(median), change: change, runs: 1)
      judge(
        .renumbered, field, (low...high).contains(share),
        isAnnounced
          ? .atLeast(.share(low), .ownNumber) : .between(.share(low), .share(high), .ownNumber, usual),
        .share(share))
    }
  }

  private mutating func judgePlaces() {
    guard let change = limits.provinceChange else { return }
    for place in Set(now.places).union(before.flatMap(\.places)).sorted() {
      // A place without a figure in an earlier run had no record there.
      guard
        let median = median(
          before.filter { !$0.run.matched.places.isEmpty }.map { Double($0.linked(in: place)) }),
        median >= Double(limits.judgedFrom)
      else { continue }
      let linked = now.linked(in: place)
      judge(
        .province, Self.placeName(place), abs(Double(linked) - median) <= change * median,
        .between(
          .count(Int((median * (1 - change)).rounded(.up))), .count(Int(median * (1 + change))),
          .linkedRecords,
          usual(.count(Int(median)), change)), .count(linked))
    }
  }

  mutating func judge(
    _ gate: Gate, _ subject: String, _ passed: Bool, _ limit: GateLimit, _ figure: GateFigure
  ) {
    verdicts.append(GateVerdict(gate, of: subject, limit, found: figure, passed: passed))
  }

  /// Earlier runs with enough records to compare with.
  private func history(_ export: ExportKind) -> [Figures] {
    before.filter { $0.run.count(export) >= limits.judgedFrom }
  }

  private func usual(_ median: GateFigure, _ change: Double) -> GateLimit.Usual {
    GateLimit.Usual(median, change: change, runs: before.count)
  }

  private static func placeName(_ code: String) -> String {
    Int(code).flatMap { IDPrefix.province($0) }.map { "\(code) \($0)" } ?? code
  }
}
