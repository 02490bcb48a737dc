// cardlink run, cardlink rerun: what cron and officers start.

import ArgumentParser
import Record
import Run

extension StageName: ExpressibleByArgument {}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a pipeline: extract, match, load, publish.",
    discussion: """
      Reads both exports, and replaces the store and the facilities' packages when all of it has succeeded. What was
      in force before stays in force if anything fails. A stage whose result was made from the same exports, pipeline
      file, business date and build of cardlink is skipped; a run that was cut off goes on behind its last finished
      stage.
        cardlink run pipelines/nightly.yaml --plan       what would run, why, and how long it took last time
      """)
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var arguments: RunArguments
  @Flag(help: "Say what would run and why; changes nothing.") var plan = false
  @OptionGroup var form: OutputArguments

  func run() throws {
    plan ? try printPlan(pipeline, arguments, form.output) : try runPipeline(pipeline, arguments, from: nil)
  }
}

/// What a run would do, stage by stage.
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
    discussion: """
      For example after a correction of the pipeline file that concerns matching only:
        cardlink rerun match pipelines/nightly.yaml
      Stages: extract, match, load, publish.
      """)
  @Argument(help: "The stage to begin with: extract, match, load or publish.") var stage: StageName
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var arguments: RunArguments

  func run() throws { try runPipeline(pipeline, arguments, from: stage) }
}

private func runPipeline(_ arguments: PipelineArguments, _ run: RunArguments, from stage: StageName?) throws {
  let pipeline = try arguments.load()
  let workspace = try Workspace(pipeline.workspace)
  let finished = try walk(pipeline, in: workspace, from: stage, options: run.options, progress: RunProgress())
  print(RunReport(finished, pipelinePath: arguments.named).text)
}
