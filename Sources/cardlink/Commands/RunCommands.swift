// cardlink run, cardlink rerun: for cron and officers.

import ArgumentParser
import Desk
import Run
import Values
import Views
import Workspace

extension StageName: ExpressibleByArgument {}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a pipeline: extract, match, load, publish.",
    usage: "cardlink run <pipeline> [options]",
    discussion: """
      Reads both exports, and replaces the store and the facilities' packages when
      all of it has succeeded. What was in force before stays in force if anything
      fails. A stage whose result was made from the same exports, pipeline file,
      business date and build of cardlink is skipped; a run that was cut off
      continues after its last finished stage.
        cardlink run pipelines/nightly.yaml --plan
      --plan says what would run, why, and how long it took last time.
      """)
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var arguments: RunArguments
  @Flag(help: "Say what would run and why; changes nothing.") var plan = false
  @OptionGroup var form: OutputArguments

  func run() throws {
    plan ? try printPlan(pipeline, arguments, form.output) : try runPipeline(pipeline, arguments, from: nil)
  }
}

/// Shows what a run would do, stage by stage.
private func printPlan(_ arguments: PipelineArguments, _ run: RunArguments, _ form: OutputForm) throws {
  let pipeline = try arguments.load()
  let plan = try Plan(pipeline, from: nil, asOf: run.options.asOf) { StandardError.write($0) }
  if form == .text {
    if let unfinished = plan.unfinished {
      print("Goes on with run \(unfinished.id), which did not finish.\n")
    }
    if let done = plan.done { print("Nothing to do: run \(done.id) has done all of it.\n") }
  }
  Table(
    columns: ["stage", "action", "why", "last_seconds", "last_run"],
    rows: plan.steps.map { step in
      [
        step.stage.rawValue, step.uses == nil ? "run" : "skip", step.why,
        step.last.map { String($0.seconds) }, step.last.map { String($0.run) },
      ]
    }, numeric: ["last_seconds", "last_run"]
  ).write(form)
}

struct RerunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun", abstract: "Run one stage and all after it, on what the stage before left.",
    usage: "cardlink rerun <stage> <pipeline> [options]",
    discussion: """
      For example after a correction of the pipeline file that concerns matching
      only:
        cardlink rerun match pipelines/nightly.yaml
      Stages: extract, match, load, publish.

      --dry-run rehearses a rerun of match or extract: which records would end
      otherwise, with examples by file and line, and whose card would change,
      against the last finished run. Nothing in the workspace is changed, and no
      lock is taken: it may run beside the night. A rehearsal of match takes the
      records as they are staged, and says so if the pipeline file has changed in
      how exports are read (fields, values, dates, empty, encoding …); one of
      extract reads the exports anew, if they are those of that run still. It needs
      disk for a second match result while it works, and of extract for second
      staged records; all of it goes with the command.
        cardlink rerun match pipelines/nightly.yaml --dry-run
        cardlink rerun extract pipelines/nightly.yaml --dry-run
        cardlink rerun match tomorrow.yaml --workspace /var/lib/cardlink/nightly \\
          --dry-run --as-of 2027-01-01 --output csv
      """)
  @Argument(help: "The stage to begin with: extract, match, load or publish.") var stage: StageName
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var arguments: RunArguments
  @Flag(
    name: .customLong("dry-run"), help: "Say what a rerun of match or extract would change; changes nothing.")
  var dryRun = false
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if dryRun, stage > .match {
      throw ValidationError(
        "--dry-run rehearses extract and match: cardlink rerun match … --dry-run, or rerun extract … --dry-run."
      )
    }
  }

  func run() throws {
    guard dryRun else { return try runPipeline(pipeline, arguments, from: stage) }
    let loaded = try pipeline.load()
    let progress = RunProgress()
    defer { progress.stop() }
    let options = try arguments.options(repeating: stage, of: loaded, progress)
    let found = try rehearse(loaded, from: stage, options: options, progress: progress)
    let text = RehearsalText(found)
    switch form.output {
    case .text:
      print(text.text)
      let asOf = arguments.asOf.map { " --as-of \($0.date.text)" } ?? ""
      print("\nTry next:")
      if stage == .match, !found.extractKeys.isEmpty {
        print("  cardlink rerun extract \(pipeline.named) --dry-run\(asOf)")
      }
      print("  cardlink rerun \(stage.rawValue) \(pipeline.named)\(asOf)")
    case .csv: text.table.write(.csv)
    case .json: print(text.json)
    }
  }
}

struct ReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release", abstract: "Let a run pass that a gate holds, and go on with load and publish.",
    usage: "cardlink release <run> <pipeline> --because <reason> [options]",
    discussion: """
      A run whose figures are out of line is held before anything is loaded: what
      was in force stays in force. Look at the figures first; then either ask the
      supplier for a correct export, or release the run. The reason is written into
      the audit log, with your user name and the time.
        cardlink status pipelines/nightly.yaml
        cardlink release 8 pipelines/nightly.yaml \\
          --because "Two provinces deliver from today on, letter 1804"
      """)
  @Argument(help: ArgumentHelp("The number of the held run.", valueName: "run")) var number: Int
  @OptionGroup var pipeline: PipelineArguments
  @Option(help: ArgumentHelp("Why the data is right all the same.", valueName: "reason")) var because: String
  @OptionGroup var work: WorkArguments

  func validate() throws {
    if because.allSatisfy(\.isWhitespace) { throw ValidationError("--because takes a reason, in words.") }
  }

  func run() throws {
    let loaded = try pipeline.load()
    let progress = RunProgress()
    let workspace = try loaded.openWorkspace(pages: NightPages(), progress)
    let finished = try release(
      loaded, run: number, because: because, in: workspace, options: work.options(asOf: Clock.today()),
      progress: progress)
    StandardOutput.summarize(RunReport(finished, pipelinePath: pipeline.named).text)
  }
}

private func runPipeline(_ arguments: PipelineArguments, _ run: RunArguments, from stage: StageName?) throws {
  let pipeline = try arguments.load()
  let progress = RunProgress()
  let workspace = try pipeline.openWorkspace(pages: NightPages(), progress)
  let options =
    try stage.map { try run.options(repeating: $0, of: pipeline, progress) } ?? run.options
  let finished = try walk(pipeline, in: workspace, from: stage, options: options, progress: progress)
  StandardOutput.summarize(RunReport(finished, pipelinePath: arguments.named).text)
}
