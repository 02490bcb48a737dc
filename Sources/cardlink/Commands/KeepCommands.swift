// rollback and prune: restore an earlier run's store and packages, or remove what is kept.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Run
import Values
import Views
import Workspace

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Put the store and packages of an earlier run in force again.",
    usage: "cardlink rollback [<run>] <pipeline> [options]",
    discussion: """
      The store of each run is kept beside the one in force, as many as the pipeline
      file's keep.stores says. Without a run, lists the stores that are kept. With
      one, says first how many persons gain, lose or change the card, asks on a
      terminal, and then takes seconds; --yes doesn't ask. Programs that have a store
      open go on reading it.
        cardlink rollback pipelines/nightly.yaml
        cardlink rollback 7 pipelines/nightly.yaml --because "Run 8 lacks Can Tho"
        cardlink rollback 7 pipelines/nightly.yaml --because "No Can Tho" --yes
      The reason is in the audit log and in the run's record. The data that was taken
      out of force is not loaded again unless someone releases it by name.
      """)
  @OptionGroup var pipeline: PipelineArguments
  @Argument(help: ArgumentHelp("The run whose store is to be in force.", valueName: "run")) var number: Int?
  @Option(
    help: ArgumentHelp("Why; needed with a run, and written into the audit log.", valueName: "reason"))
  var because: String?
  @Flag(help: "Don't ask.") var yes = false
  @OptionGroup var work: WorkArguments
  @OptionGroup var form: OutputArguments

  func validate() throws {
    guard number != nil else { return }
    if because?.allSatisfy(\.isWhitespace) ?? true {
      throw ValidationError("Say why: --because takes a reason, in words.")
    }
  }

  func run() throws {
    let loaded = try pipeline.load()
    guard let number, let because else { return try list(loaded) }
    let plan = try RollbackPlan(loaded, to: number)
    StandardError.write(effect(of: plan, loaded))
    try confirm(plan, because)
    let progress = RunProgress()
    let workspace = try loaded.openWorkspace(pages: NightPages(), progress)
    guard try RollbackPlan(loaded, to: number).from == plan.from else {
      throw Stop(
        .runInProgress, at: "rollback", expected: "the store of run \(plan.from) in force", found: "another",
        remedy:
          "A run has replaced it meanwhile. Nothing was changed; look at what has changed and ask again.",
        next: "cardlink runs PIPELINE")
    }
    let run = try rollback(
      loaded, to: number, because: because, in: workspace, options: work.options(asOf: Clock.today()),
      progress: progress)
    StandardOutput.summarize(
      """
      The store of run \(plan.to), business date \(run.asOf), is in force again, and so are its packages.
      Kho dữ liệu của lượt chạy \(plan.to) và các gói của nó đã có hiệu lực trở lại.

      Try next:
        cardlink status \(pipeline.named)
      """)
  }

  private func list(_ pipeline: Pipeline) throws {
    Table(
      columns: ["run_id", "as_of", "finished_at", "bytes", "in_force"],
      rows: try keptStores(pipeline).map { store in
        [
          String(store.run), store.asOf, store.finishedAt, String(store.byteCount),
          store.isInForce ? "yes" : "no",
        ]
      }, numeric: ["run_id", "bytes"]
    ).write(form.output)
  }

  /// Who gains, loses or changes the card.
  private func effect(of plan: RollbackPlan, _ pipeline: Pipeline) -> String {
    let title =
      "Rollback from run \(plan.from) to run \(plan.to) · quay lại từ lượt chạy \(plan.from) về lượt chạy \(plan.to)"
    do throws(Stop) {
      return title + "\n"
        + CardDifferencesText.summary(
          try ComparedRuns(Desk(pipeline, for: .user()), .run(plan.from), .run(plan.to)).differences())
    } catch {
      // A store that can't be read is a reason to go back.
      return title + "\n  What changes can't be shown: \(error.finding)"
    }
  }

  private func confirm(_ plan: RollbackPlan, _ because: String) throws {
    guard !yes else { return }
    guard isatty(0) == 1, isatty(2) == 1 else {
      throw Stop(
        .usage, at: "rollback", expected: "--yes, or a terminal to ask on", found: "neither",
        remedy: "Nothing was changed.",
        next: "cardlink rollback \(plan.target.id) PIPELINE --because \(shellQuoted(because)) --yes")
    }
    StandardError.raw("Go back? Quay lại? [y/N] ")
    guard
      ["y", "yes", "c", "có"].contains((readLine() ?? "").lowercased().trimmingCharacters(in: .whitespaces))
    else {
      throw Stop(
        .usage, at: "rollback", expected: "y", found: "another answer", remedy: "Nothing was changed.",
        next: "cardlink diff PIPELINE \(plan.from) \(plan.to)")
    }
  }
}

struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune", abstract: "Remove staged personal data, quarantine and old stores for good.",
    usage: "cardlink prune <pipeline> [options]",
    discussion: """
      A run does this by itself when it is done, as the pipeline file's keep says.
      Never removes the store in force, nor what a run that did not finish goes on
      from. Run records and the audit log hold no personal data and stay.
        cardlink prune pipelines/nightly.yaml --keep 1 --dry-run
        cardlink prune pipelines/nightly.yaml --older-than 30
        cardlink prune pipelines/nightly.yaml --keep 0
      --keep 0 leaves nothing but what is in force.
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(
    help: "How many runs' staged records and how many earlier stores stay; default as the pipeline file says."
  )
  var keep: Int?
  @Option(
    name: .customLong("older-than"),
    help: ArgumentHelp("Nothing that is older than so many days stays.", valueName: "days"))
  var days: Int?
  @Flag(name: .customLong("dry-run"), help: "Say what would go and how much room it takes; removes nothing.")
  var dryRun = false
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if let keep, keep < 0 { throw ValidationError("--keep takes a number of runs.") }
    if let days, days < 0 { throw ValidationError("--older-than takes a number of days.") }
  }

  func run() throws {
    let pipeline = try arguments.load()
    let workspace = try Workspace(pipeline.workspace)
    var retention = pipeline.keep
    if let keep { (retention.staged, retention.stores) = (keep, keep) }
    if let days { retention.days = days }
    let prunable = try workspace.prunable(pipeline, keeping: retention)
    var readStill = 0
    if !dryRun {
      try workspace.prune(prunable)
      readStill = try pipeline.pruneServer()
    }
    let table = Table(
      columns: ["run_id", "what", "bytes", "path"],
      rows: prunable.map { [String($0.run), $0.kind, String($0.byteCount), $0.path] },
      numeric: ["run_id", "bytes"])
    guard form.output == .text else { return table.write(form.output) }
    if readStill > 0 {
      print("PostgreSQL: \(readStill) earlier stores are still being read and go with the next run or prune.")
    }
    if prunable.isEmpty { return print("Nothing to remove. Không có gì để xóa.") }
    print(table.text)
    let bytes = FigureText.grouped(prunable.reduce(0) { $0 + $1.byteCount })
    print(
      dryRun ? "\n\(bytes) bytes would go. Chưa xóa gì." : "\n\(bytes) bytes removed for good. Đã xóa hẳn.")
  }
}
