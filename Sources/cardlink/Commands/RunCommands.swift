// cardlink run, cardlink rerun: what cron and officers start.

import ArgumentParser
import Record
import Run

extension StageName: ExpressibleByArgument {}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a pipeline: extract, match, load, publish.",
    discussion: """
      Reads both exports, and replaces the store and the facilities' packages when all of it has succeeded. A run
      that was cut off goes on behind the last stage that finished. What was in force before stays in force if
      anything fails.
      """)
  @OptionGroup var pipeline: PipelineArguments
  @OptionGroup var arguments: RunArguments

  func run() throws { try runPipeline(pipeline, arguments, from: nil) }
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
  print(RunReport(finished, pipeline: pipeline, pipelinePath: arguments.pipeline).text)
}
