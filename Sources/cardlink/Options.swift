// The options that several commands share.

import ArgumentParser
import Desk
import Foundation
import Names
import Pipeline
import Run
import Values
import Views
import Workspace

/// The pipeline and its workspace.
struct PipelineArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The pipeline file.", valueName: "pipeline"), completion: .file(extensions: ["yaml"]))
  var pipeline: String

  @Option(help: ArgumentHelp("Another workspace than the pipeline file's.", valueName: "dir"))
  var workspace: String?

  @OptionGroup var log: LogArguments

  /// The pipeline as suggested commands name it.
  var named: String { shellQuoted(pipeline) + (workspace.map { " --workspace " + shellQuoted($0) } ?? "") }

  /// Reads and checks the pipeline, and sets the workspace.
  func load() throws(Stop) -> Pipeline { try Self.load(pipeline, workspace: workspace, log) }

  static func load(_ file: String, workspace: String?, _ log: LogArguments) throws(Stop) -> Pipeline {
    Log.use(log)
    var loaded = try Pipeline(file: file)
    if let workspace {
      loaded.workspace = Paths.absolute(workspace)
      loaded.givenWorkspace = workspace
    }
    return loaded
  }
}

/// Which run a question is asked of.
struct AskedRunArguments: ParsableArguments {
  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("Answer from this run, also a held or failed one.", valueName: "number"))
  var number: Int?
}

/// The time whose knowledge is asked for.
struct KnownArguments: ParsableArguments {
  @Option(
    name: .customLong("known-on"),
    help: ArgumentHelp(
      "What was known then: by the last run in force on that business date.", valueName: "date"))
  var on: BusinessDate?
  @Option(
    name: .customLong("known-at"),
    help: ArgumentHelp("What was known after this run, or after this rollback.", valueName: "run"))
  var at: Int?

  /// Nil for what is known now.
  var time: KnownTime? { on.map { .on($0.date) } ?? at.map { .at(run: $0) } }

  func validate() throws {
    if on != nil, at != nil { throw ValidationError("Give --known-on or --known-at, not both.") }
  }
}

/// Says on standard error which run an answer comes from.
func say(_ asked: AskedRun) { StandardError.write("\(asked.words.english)\n\(asked.words.vietnamese)") }

/// The options of a run.
struct RunArguments: ParsableArguments {
  @Option(
    name: .customLong("as-of"),
    help: ArgumentHelp(
      "The business date; default today in Asia/Ho_Chi_Minh, for rerun that of the run it repeats.",
      valueName: "date"))
  var asOf: BusinessDate?

  @OptionGroup var work: WorkArguments

  var options: RunOptions { work.options(asOf: asOf?.date ?? Clock.today()) }

  /// The same for a rerun, which takes the business date of the run that it repeats, and says so.
  func options(repeating stage: StageName, of pipeline: Pipeline, _ progress: RunProgress) throws
    -> RunOptions
  {
    guard asOf == nil, let run = try Plan.repeated(pipeline, from: stage),
      let date = CalendarDate(iso: run.asOf)
    else { return options }
    progress.note(
      "Business date \(date.text), that of run \(run.id), which is repeated; --as-of takes another.")
    return work.options(asOf: date)
  }
}

/// The resources to use.
struct WorkArguments: ParsableArguments {
  @Option(help: "How many threads work at once; default one for each core.")
  var threads: Int?

  @Option(help: ArgumentHelp("A bound on the memory of the process, such as 512M or 2G.", valueName: "size"))
  var memory: MemorySize = MemorySize(bytes: 2 << 30)

  func validate() throws {
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 256.")
    }
  }

  func options(asOf: CalendarDate) -> RunOptions {
    RunOptions(
      asOf: asOf, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount, memoryBytes: memory.bytes,
      pages: NightPages())
  }
}

/// A full date in ISO 8601.
struct BusinessDate: ExpressibleByArgument {
  let date: CalendarDate

  init?(argument: String) {
    guard let date = CalendarDate(iso: argument), date.precision == .day else { return nil }
    self.date = date
  }
}

/// A number of bytes, written as 512M or 2G.
struct MemorySize: ExpressibleByArgument, CustomStringConvertible {
  let bytes: Int

  init(bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    let text = argument.uppercased().replacingOccurrences(of: "IB", with: "").replacingOccurrences(
      of: "B", with: "")
    let shift = text.last.flatMap { units[$0] }
    guard let number = Int(shift == nil ? text : String(text.dropLast())), number > 0, number < 1 << 32 else {
      return nil
    }
    bytes = number << (shift ?? 0)
    guard bytes >= 64 << 20 else { return nil }
  }

  var description: String { bytes % (1 << 30) == 0 ? "\(bytes >> 30)G" : "\(bytes >> 20)M" }
}

/// The format of an answer.
enum OutputForm: String, ExpressibleByArgument, CaseIterable { case text, json, csv }

struct OutputArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The form of the answer: text, json or csv.", valueName: "form"))
  var output: OutputForm = .text
}

/// A personal ID number from the command line, or for `-` from standard input, which keeps it out of the
/// process list.
func personalID(_ argument: String) throws(Stop) -> PersonalID {
  let digits = Array(typed(argument).utf8.filter { $0 > 0x20 })
  do {
    return try PersonalID(digits.span)
  } catch {
    throw Stop(
      .usage, at: "personal ID number", expected: "12 digits", found: "\(digits.count) characters",
      remedy: "Type the number with its leading zeros, or - to read it from standard input.",
      next: "cardlink findings PIPELINE")
  }
}

/// A number as the user typed it, without invisible signs: the argument, or for `-` a line of standard input.
func typed(_ argument: String) -> String {
  guard argument == "-" else { return visible(argument) }
  if isatty(0) == 1 { StandardError.write("The number · Nhập số:") }
  return visible(readLine() ?? "")
}
