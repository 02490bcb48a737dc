// The command: turns arguments into calls, and results into an exit code.
// Invariant: data goes to standard output, everything else to standard error. Every failure ends with the
// command to try next and one of the contract's exit codes.

import ArgumentParser
import Foundation
import Values

@main
struct Cardlink: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cardlink",
    abstract: "Links the population register with the social-insurance register, night after night.",
    discussion: """
      A pipeline file names two exports and a workspace. A run reads both exports, checks every record, joins them
      on the personal ID number, settles which card serves, and leaves a store and a package for each facility.

      FIRST STEPS
        cardlink check pipelines/nightly.yaml      is everything there? changes nothing
        cardlink run pipelines/nightly.yaml        the nightly run
        cardlink status pipelines/nightly.yaml     what happened, in a screenful
        cardlink doctor pipelines/nightly.yaml     can the next night go well?
        cardlink findings pipelines/nightly.yaml   the records that did not link, and why
        cardlink explain 001090000123 pipelines/nightly.yaml
        cardlink decide --help                     settle what no rule can

      EXIT CODES
        0 done · 64 usage · 65 data refused · 66 export missing · 69 store unavailable · 70 internal error
        73 can't create output · 74 input/output error · 75 another run holds the workspace · 78 pipeline file wrong
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, RerunCommand.self, ReleaseCommand.self, RollbackCommand.self, PruneCommand.self,
      CheckCommand.self, StatusCommand.self,
      RunsCommand.self, ReportCommand.self, DiffCommand.self, DoctorCommand.self,
      FindingsCommand.self, DecideCommand.self, DecisionsCommand.self, ExplainCommand.self,
      LookupCommand.self,
      CheckCardCommand.self,
      VerifyCommand.self, ApplyCommand.self, KeysCommand.self, AuditCommand.self,
      GenerateCommand.self, ReferenceCommand.self,
    ])

  static func main() {
    StandardStreams.prepare()
    var exit = Exit.done
    do {
      do {
        var command = try parseAsRoot()
        try command.run()
      } catch  where exitCode(for: error).isSuccess {
        // --help and --version.
        print(fullMessage(for: error))
      }
      try StandardOutput.finish()
    } catch let stop as Stop {
      exit = stop.exit
      // What was answered before the failure; a second failure would hide the first.
      try? StandardOutput.finish()
      if exit != .done { FailureText(stop, arguments: CommandLine.arguments).write() }
    } catch {
      exit = .usage
      StandardError.write(
        UsageText(fullMessage(for: error), arguments: CommandLine.arguments, commands: configuration).text)
    }
    Foundation.exit(exit.rawValue)
  }
}
