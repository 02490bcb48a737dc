// The text at the end of a run: the ledger and what to do next, on one screen.

import Values
package import Workspace

/// The end of a run, for people.
package struct RunReport {
  private let run: RunRecord
  /// The pipeline as named on the command line, with `--workspace` if one was given.
  private let pipelinePath: String

  package init(_ run: RunRecord, pipelinePath: String) {
    self.run = run
    self.pipelinePath = pipelinePath
  }

  package var text: String {
    var lines = ["Run \(run.id) of \(run.pipeline), business date \(run.asOf): \(state)", ""]
    for export in [ExportKind.insurance, .population] {
      let total = run.count(export)
      guard total > 0 else { continue }
      lines.append(
        "  \(export.name) · \(export.vietnamese)".leftAligned(36) + FigureText.grouped(total).rightAligned(14)
      )
      for outcome in export.outcomesForPeople where run.count(export, outcome) > 0 {
        let count = run.count(export, outcome)
        lines.append(
          "    \(outcome.name)".leftAligned(24) + Self.bar(count, of: total)
            + FigureText.grouped(count).rightAligned(14)
            + FigureText.percent(FigureText.share(count, of: total) ?? 0).rightAligned(9) + "  "
            + outcome.vietnamese)
      }
      lines.append("")
    }
    if !run.matched.ledger.isEmpty {
      lines.append("The ledger balances: every record read ended in exactly one outcome.")
    }
    for series in run.extracted.series ?? [] {
      lines.append("Series · chuỗi tệp \(series.export.name): \(series.balance)")
      lines += (series.deltas.suffix(3).map(\.text) + series.openText + series.closedText).map { "  " + $0 }
    }
    for (_, fault) in (run.extracted.damaged ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("Damaged, read up to its fault · tệp hỏng, chỉ đọc đến chỗ lỗi: \(fault)")
    }
    if let grace = run.matched.grace, grace.total > 0 {
      lines.append(
        "Kept in grace · giữ tạm: \(FigureText.grouped(grace.total)) persons whose data is doubtful today.")
    }
    if let decided = run.decided {
      lines.append("Officers' decisions · quyết định của cán bộ: \(decided.words).")
    }
    if let published = run.published, let warning = published.warning {
      lines.append("Published · phát hành: \(published.words).")
      lines += [warning.english, warning.vietnamese]
    }
    if let unknown = run.published?.unknownFacilities { lines += [unknown.english, unknown.vietnamese] }
    let causes = run.causes.prefix(5)
    if !causes.isEmpty {
      lines += ["", "Largest causes:"]
      for cause in causes {
        lines.append("  \(cause.name)".leftAligned(46) + FigureText.grouped(cause.records).rightAligned(10))
      }
    }
    if let failure = run.failure { lines += ["", failure] }
    if !run.stages.isEmpty {
      lines += [
        "",
        "Stages: "
          + run.stages.map { stage in
            "\(stage.stage.rawValue) " + (stage.run == run.id ? "\(stage.seconds) s" : "of run \(stage.run)")
          }.joined(separator: " · "),
      ]
    }
    lines += ["", "Try next:"]
    lines += next.map { "  " + $0 }
    return lines.joined(separator: "\n")
  }

  private var state: String {
    switch run.state {
    case .done: "done"
    case .failed: "failed; the previous store stays in force"
    case .held: "held at a gate; the previous store stays in force"
    default: "not finished; `cardlink run` continues it"
    }
  }

  private var next: [String] {
    guard run.state == .done else {
      return ["cardlink check \(pipelinePath)", "cardlink run \(pipelinePath)"]
    }
    let worst = Outcome.ofInsurance.filter { $0 != .linked }.max {
      run.count(.insurance, $0) < run.count(.insurance, $1)
    }
    var next: [String] = []
    if run.published?.warning != nil { next.append("cardlink doctor \(pipelinePath)") }
    if let worst, run.count(.insurance, worst) > 0 {
      next.append("cardlink findings \(pipelinePath) --outcome \(worst.name)")
    }
    next.append("cardlink explain - \(pipelinePath)")
    next.append("cardlink report \(pipelinePath)")
    next.append("cardlink lookup - \(pipelinePath)")
    return next
  }

  // MARK: Figures

  private static func bar(_ count: Int, of total: Int) -> String {
    let width = total == 0 ? 0 : max(count > 0 ? 1 : 0, count * 20 / total)
    return String(repeating: "█", count: width) + String(repeating: "·", count: 20 - width)
  }
}
