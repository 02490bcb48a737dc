// cardlink report: the report of one run.

import ArgumentParser
import Desk

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "The report of a run: one HTML page, in Vietnamese and English.",
    usage: "cardlink report [<run>] <pipeline> [options]",
    discussion: """
      Each run writes its report at its end, whether it was done, held or failed.
      This prints where it lies, or the page itself. The page stands for itself: no
      script, nothing fetched from elsewhere, no personal data; open it in any
      browser, mail it, or print it. docs/reading-the-report.md explains each part.
        cardlink report pipelines/nightly.yaml
        cardlink report 7 pipelines/nightly.yaml --output html > report.html
      Without a run it is the last one's.
      """)
  enum Form: String, ExpressibleByArgument, CaseIterable { case path, html }

  @OptionGroup var arguments: PipelineArguments
  @Argument(help: ArgumentHelp("The run's number; default the last run.", valueName: "run")) var number: Int?
  @OptionGroup var asked: AskedRunArguments
  @Option(help: ArgumentHelp("What to print: the path, or the page as html.", valueName: "form"))
  var output: Form = .path

  func run() throws {
    let desk = Desk(try arguments.load(), for: .user())
    let run = asked.number ?? number
    switch output {
    case .path: print(try desk.reportPath(of: run, named: arguments.named))
    case .html: print(try desk.report(of: run, named: arguments.named).page.html, terminator: "")
    }
  }
}
