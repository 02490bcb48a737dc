// The metrics of a pipeline for a monitoring system: one small file in the text format of Prometheus, for
// node_exporter's textfile collector.
// Invariant: the file is replaced atomically. Every family has one HELP and one TYPE before its samples; no
// sample occurs twice. Times are points in time, never ages: an age in a file would not grow when cron stops.
// Labels are names of pipelines, exports, outcomes, stages and gates.
// Load: some hundred lines, written after every run.

package import Desk
import Files
import Run
package import Values
import Workspace

/// The last command that was tried, even if no run began.
struct Attempt: Hashable, Sendable {
  /// Seconds since 1970.
  var at: Int
  var exit: Exit
}

/// The metrics of one pipeline.
struct Metrics {
  let pipeline: String
  /// All runs of the workspace, ascending.
  let runs: [RunRecord]
  /// The run whose store is in force.
  let inForce: RunRecord?
  let attempt: Attempt

  /// The file's text.
  package var text: String {
    var page = Exposition(pipeline: pipeline)
    page.family(
      "last_attempt_timestamp_seconds",
      "When the last run, rerun, release or rollback ended, also one that could not begin.",
      attempt.at)
    page.family(
      "last_attempt_exit_code",
      "Its exit code: 0 done, 65 data refused, 66 export missing, 69 and up see docs.",
      Int(attempt.exit.rawValue))
    if let run = runs.last { add(run, to: &page) }
    let done = runs.last { $0.state == .done }
    page.family(
      "last_done_timestamp_seconds", "When a run last ended as done.", done?.finishedAt.flatMap(Clock.seconds)
    )
    if let inForce {
      page.family("in_force_run_id", "The run whose store is in force.", inForce.id)
      page.family(
        "in_force_as_of_timestamp_seconds",
        "The business date of the store in force, at midnight in Viet Nam.",
        Clock.seconds(inForce.asOf + "T00:00:00+07:00"))
      page.family(
        "in_force_made_timestamp_seconds", "When the run that made the store in force ended.",
        inForce.ended.flatMap(Clock.seconds))
    }
    return page.text
  }

  private func add(_ run: RunRecord, to page: inout Exposition) {
    page.family("run_id", "The last run's number.", run.id)
    page.family("run_start_timestamp_seconds", "When the last run began.", Clock.seconds(run.startedAt))
    page.family(
      "run_end_timestamp_seconds", "When the last run was done, held or failed.",
      run.ended.flatMap(Clock.seconds))
    page.family(
      "run_state", "1 for the state that the last run is in.",
      [RunState.running, .done, .held, .failed].map { (["state": $0.rawValue], run.state == $0 ? 1 : 0) })
    page.family(
      "run_exit_code", "The exit code that the last run ended with.", Int(run.exitCode ?? 0))
    page.family(
      "run_duration_seconds", "The total time of the stages of the last run.",
      [([:], run.ownSeconds)])
    page.family(
      "run_peak_memory_bytes", "The peak memory of the last run's process.", run.peakMemoryBytes)
    let stages = run.stages
    page.family(
      "stage_duration_seconds",
      "The time that a stage of the last run took; of a stage that was skipped, the last time it ran.",
      stages.map { (["stage": $0.stage.rawValue], $0.seconds) })
    page.family(
      "stage_skipped", "1 if the last run used an earlier run's result of this stage.",
      stages.map { (["stage": $0.stage.rawValue], $0.run == run.id ? 0 : 1) })
    page.family(
      "stage_records", "Records that went through a stage.",
      stages.map { (["stage": $0.stage.rawValue], Double($0.records)) })
    if !run.matched.ledger.isEmpty {
      page.family(
        "records", "Records of the last run by export and outcome: the ledger.",
        ExportKind.allCases.flatMap { export in
          export.outcomesForPeople.map { outcome in
            (["export": export.name, "outcome": outcome.name], Double(run.count(export, outcome)))
          }
        })
      let figures = Figures(run: run)
      page.family(
        "quarantine_ratio", "Quarantined records of an export as a share of its records.",
        ExportKind.allCases.filter { run.count($0) > 0 }.map {
          (["export": $0.name], figures.quarantineShare($0))
        })
      page.family(
        "link_ratio",
        "Linked insurance records as a share of those that could link: cards of the armed forces without a personal ID number are left out.",
        figures.linkable > 0 ? [([:], figures.linkRate)] : [])
    }
    let series = run.extracted.series ?? []
    page.family(
      "series_sequence", "The number of the last delivery of a series that the last run read.",
      series.map { (["export": $0.export.name], Double($0.deltas.last?.sequence ?? $0.baseSequence)) })
    page.family(
      "series_base_sequence", "The number of the full export that a series begins with.",
      series.map { (["export": $0.export.name], Double($0.baseSequence)) })
    page.family(
      "series_open_changes", "Changes in quarantine that no later one has overtaken.",
      series.map { (["export": $0.export.name], Double($0.open)) })
    page.family(
      "series_differences",
      "Records in which the last run's full export and the series that it closed disagree, by kind.",
      series.flatMap { one in
        one.closed.map { closed in
          [("missing", closed.missing), ("added", closed.added), ("changed", closed.changed)].map {
            (["export": one.export.name, "kind": $0.0], Double($0.1))
          }
        } ?? []
      })
    page.family(
      "delta_records", "Records of the last run's deltas since the full export, by outcome.",
      series.flatMap { one in
        DeltaOutcome.allCases.map {
          (["export": one.export.name, "outcome": $0.name], Double(one.total($0)))
        }
      })
    if let decided = run.decided {
      page.family(
        "decisions_in_force", "Officers' decisions in force when the last run matched.",
        decided.inForce)
      page.family(
        "decided_records",
        "Insurance records by what an officer's decision did: linked, kept_apart, or not_applied because of the person.",
        [
          ("linked", decided.linked ?? 0), ("kept_apart", decided.keptApart),
          ("not_applied", decided.notApplied),
        ]
        .map { (["effect": $0.0], Double($0.1)) })
    }
    if let grace = run.matched.grace {
      page.family(
        "kept_in_grace",
        "Persons who are kept for a time though today's data about them is doubtful, by the outcome of today's record, or file_damaged.",
        (Outcome.ofInsurance.filter { $0 != .linked }.map(\.name) + [Reason.fileDamaged.word]).map {
          (["outcome": $0], Double(grace.kept[$0] ?? 0))
        })
    }
    if let published = run.published {
      page.family(
        "published_persons",
        "Persons of the store by where the publication put them; left_out: in packages without a key to encrypt them to.",
        [
          (["place": "package"], published.persons), (["place": "left_out"], published.leftOut),
          (["place": "without_facility"], published.withoutFacility),
          (["place": "unusable_facility"], published.unusableFacility ?? 0),
          (["place": "not_selected"], published.notSelected),
        ].map { ($0.0, Double($0.1)) })
      page.family(
        "packages_left_out", "Packages that were not written because their facility has no encryption key.",
        published.packagesLeftOut)
    }
    if let gates = run.gated.verdicts {
      page.family(
        "gates_failed", "Gates that the last run did not pass, released ones among them.",
        gates.count { !$0.passed })
      let names = Set(gates.map(\.gate)).sorted()
      page.family(
        "gate_failed", "1 for a gate that the last run did not pass.",
        names.map { name in
          (["gate": name.rawValue], gates.contains { $0.gate == name && !$0.passed } ? 1 : 0)
        })
    }
  }
}

extension ReceiptStanding {
  /// Writes the metrics of receipts beside those of the runs, of which a receipt that comes by day changes nothing:
  /// `cardlink-receipts.prom` for `cardlink.prom`.
  ///
  /// - Parameter metrics: the file that the pipeline names.
  package func writeMetrics(of pipeline: String, beside metrics: String) throws(Stop) {
    let suffix = ".prom"
    let stem = metrics.hasSuffix(suffix) ? String(metrics.dropLast(suffix.count)) : metrics
    try Folder.writeWhole(metricsText(pipeline), to: stem + "-receipts" + suffix, readableForAll: true)
  }

  private func metricsText(_ pipeline: String) -> String {
    var page = Exposition(pipeline: pipeline)
    page.family(
      "recipients",
      "Recipients of the packages in force by what their last receipt says: current, behind, taken_back, or never one.",
      RecipientStanding.State.allCases.map { (["state": $0.rawValue], Double(count($0))) })
    page.family("recipients_run_id", "The run of these packages.", run)
    return page.text
  }
}

/// The text format of Prometheus, version 0.0.4; every family is a gauge.
struct Exposition {
  private(set) var text = ""
  private let pipeline: String

  init(pipeline: String) { self.pipeline = pipeline }

  /// One family: its help, its type, its samples; nothing if there is no sample.
  mutating func family(_ name: String, _ help: String, _ samples: [(labels: [String: String], value: Double)])
  {
    guard !samples.isEmpty else { return }
    text += "# HELP cardlink_\(name) \(help)\n# TYPE cardlink_\(name) gauge\n"
    for sample in samples {
      let labels =
        [("pipeline", pipeline)] + sample.labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
      let words = labels.map { "\($0)=\"\(Self.escaped($1))\"" }
      text += "cardlink_\(name){\(words.joined(separator: ","))} \(Self.number(sample.value))\n"
    }
  }

  /// A family with one sample without labels; nothing if the value is nil.
  mutating func family(_ name: String, _ help: String, _ value: Int?) {
    family(name, help, value.map { [([:], Double($0))] } ?? [])
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// Six decimals; whole numbers without a point or an exponent.
  private static func number(_ value: Double) -> String {
    let rounded = (value * 1e6).rounded() / 1e6
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : "\(rounded)"
  }
}
