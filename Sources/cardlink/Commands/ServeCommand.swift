// cardlink serve: starts the program cardlink-serve, which lies beside this command, in its place.

import ArgumentParser
import Values

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer card checks of programs over HTTP. Trả lời tra cứu thẻ cho phần mềm bệnh viện.",
    usage: "cardlink serve <pipeline or package> --clients <file> [options]",
    discussion: """
      Starts the program cardlink-serve, which lies beside this command and answers
      with the fields and codes of the insurer's gateway. It has options of its own:
        cardlink serve --help
      """)
  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("A pipeline file or a package, and options.", valueName: "source"))
  var arguments: [String] = []

  func run() throws {
    throw replaceProgram(by: "cardlink-serve", arguments, instead: "cardlink check-card --help")
  }
}
