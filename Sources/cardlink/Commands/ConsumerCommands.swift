// policy and answer: who is told what about whom, and answers to a consumer's requests.

import ArgumentParser
import Desk
import Pipeline
import Values
import Views
import Workspace

struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Who is told what about whom: show the policies, or approve one.",
    discussion: """
      Facilities get packages by publish.packages. Others, such as banks, get
      answers to requests, by a policy each under publish.consumers: who, for which
      purpose and how long, about which persons, and which attributes in which form.
        cardlink policy pipelines/nightly.yaml
        cardlink policy approve bank-a pipelines/nightly.yaml
      """,
    subcommands: [PolicyShowCommand.self, PolicyApproveCommand.self],
    defaultSubcommand: PolicyShowCommand.self)
}

struct PolicyShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "The policies, what was approved, and what has changed since.",
    usage: "cardlink policy <pipeline> [options]",
    discussion: """
      For each consumer its state, the persons who may be confirmed, and in which
      keys it tells more than what was approved; then a table of consumers and
      attributes, which CSV has alone.
      """)
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var form: OutputArguments
  @Option(help: ArgumentHelp("The day; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?

  func run() throws {
    let matrix = try Desk(arguments.load(), for: .user()).policies(on: on?.date ?? Clock.today())
    switch form.output {
    case .text: print(PolicyText.matrix(matrix))
    case .csv: PolicyText.table(matrix, matrix.consumers).write(.csv)
    case .json: print(JSONFile.text(matrix))
    }
  }
}

struct PolicyApproveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "approve", abstract: "Approve a consumer's policy as it is in the pipeline file now.",
    usage: "cardlink policy approve <consumer> <pipeline> [options]",
    discussion: """
      Writes who, when and a digest of the terms into the workspace and the audit
      log. Terms that tell less need no new approval. Terms that tell more (another
      attribute, more persons, another purpose or key, a later end) hold the next
      answer, exit code 65, until they are approved.
        cardlink policy approve bank-a pipelines/nightly.yaml
      """)
  @Argument(help: ArgumentHelp("The consumer.", valueName: "consumer")) var consumer: String
  @OptionGroup var arguments: PipelineArguments

  func run() throws {
    let standing = try Desk(arguments.load(), for: .user()).approve(consumer, on: Clock.today())
    print(PolicyText.standing(standing))
  }
}

struct AnswerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Answer a file of a consumer's requests. Trả lời tệp yêu cầu xác minh.",
    usage: "cardlink answer <consumer> <pipeline> --requests <file> [options]",
    discussion: """
      Reads a request file as the consumer's policy describes it (CSV or XML),
      compares each request with the register, and writes one answer for each, in
      order, as a signed package, encrypted if the policy says so: NAME-0001 or
      NAME-0001.age.
      It goes beside the request file, or into the folder that --to names.
        cardlink answer bank-a pipelines/nightly.yaml --requests in/requests.csv
      The package has results and what the policy releases, and nothing else. The
      audit log has the consumer, the purpose and the counts of each result.

      EXIT CODES
        0 answered
        65 the policy isn't approved, is wider than what was approved, has ended or
           has not begun; more requests than a day allows; the file can't be read
        66 no request file
        69 no run yet, or its staged records were removed
        75 another answer for this consumer is under way
      """)
  @Argument(help: ArgumentHelp("The consumer.", valueName: "consumer")) var consumer: String
  @OptionGroup var arguments: PipelineArguments
  @Option(help: ArgumentHelp("The request file.", valueName: "file")) var requests: String
  @Option(
    help: ArgumentHelp(
      "The folder for the answers; default that of the request file.", valueName: "directory"))
  var to: String?
  @Option(help: ArgumentHelp("The day of the answers; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?
  @OptionGroup var work: WorkArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let pipeline = try arguments.load()
    let options = work.options(asOf: on?.date ?? Clock.today())
    let report = try Desk(pipeline, for: .user()).answer(
      AnswerRequest(
        consumer: consumer, requests: requests, folder: to, day: options.asOf, threads: options.threads,
        memoryBytes: options.memoryBytes))
    if form.output == .text {
      print(PolicyText.answered(report))
    } else {
      Table(
        columns: ["result", "requests"],
        rows: AnswerCode.allCases.filter { report.counts[$0] != nil }.map {
          [$0.name, "\(report.counts[$0] ?? 0)"]
        }, numeric: ["requests"]
      ).write(form.output)
    }
    if let warnings = PolicyText.warnings(report) { StandardError.write(warnings) }
  }
}
