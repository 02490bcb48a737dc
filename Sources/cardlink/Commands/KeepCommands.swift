// rollback and prune: restore an earlier run's store and packages, or remove what is kept.

import ArgumentParser
import Foundation
import Run
import Values
import Views
import Workspace

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Put the store and packages of an earlier run in force again.",
    usage: "cardlink rollback [<run>] <pipeline> [options]",
    discussion: """
      Takes seconds: the store of each run is kept beside the one in force, as many
      as the pipeline file's keep.stores says. Programs that have a store open go on
      reading it. Without a run, lists the stores that are kept.
        cardlink rollback pipelines/nightly.yaml
        cardlink rollback 7 pipelines/nightly.yaml --because "Run 8 lacks Can Tho"
      The result that was taken out of force is not loaded again unless someone
      releases it.
      """)
  @OptionGroup var pipeline: PipelineArguments
  @Argument(help: ArgumentHelp("The run whose store is to be in force.", valueName: "run")) var number: Int?
  @Option(help: ArgumentHelp("Why; written into the audit log.", valueName: "reason")) var because: String?
  @OptionGroup var work: WorkArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let loaded = try pipeline.load()
    guard let number else {
      Table(
        columns: ["run_id", "as_of", "finished_at", "bytes", "in_force"],
        rows: try keptStores(loaded).map { store in
          [
            String(store.run), store.asOf, store.finishedAt, String(store.byteCount),
            store.isInForce ? "yes" : "no",
          ]
        }, numeric: ["run_id", "bytes"]
      ).write(form.output)
      return
    }
    let progress = RunProgress()
    let workspace = try loaded.openWorkspace(pages: NightPages(), progress)
    let run = try rollback(
      loaded, to: number, because: because, in: workspace, options: work.options(asOf: Clock.today()),
      progress: progress)
    StandardOutput.summarize(
      """
      The store of run \(run.rollback?.to ?? number), business date \(run.asOf), is in force again, and so are its packages.
      Kho dữ liệu của lượt chạy \(run.rollback?.to ?? number) đã có hiệu lực trở lại.

      Try next:
        cardlink status \(pipeline.named)
      """)
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
