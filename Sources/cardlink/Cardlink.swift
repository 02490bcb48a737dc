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
    usage: "cardlink <command> [options]",
    discussion: """
      A pipeline file names two exports and a workspace. A run reads both exports,
      checks every record, joins them on the personal ID number, settles which card
      serves, and leaves a store and a package for each facility.

      FIRST STEPS
        cardlink check nightly.yaml       is everything there? changes nothing
        cardlink run nightly.yaml         the nightly run
        cardlink status nightly.yaml      what happened, in a screenful
        cardlink doctor nightly.yaml      can the next night go well?
        cardlink findings nightly.yaml    the records that did not link, and why
        cardlink explain - nightly.yaml   one person; reads the number from the
                                          terminal
        cardlink decide --help            settle what no rule can

      EXIT CODES
        0  done                           70 internal error
        1  there is no such person        73 can't create output
        64 usage                          74 input/output error
        65 data refused                   75 another run holds the workspace
        66 export missing                 78 pipeline file wrong
        69 store unavailable, or no run yet
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, RerunCommand.self, ReleaseCommand.self, RollbackCommand.self, PruneCommand.self,
      EraseCommand.self,
      CheckCommand.self, StatusCommand.self,
      RunsCommand.self, SeriesCommand.self, ReportCommand.self, DiffCommand.self, DoctorCommand.self,
      FindingsCommand.self, FacilitiesCommand.self, ReceiptsCommand.self, ProgressCommand.self,
      PolicyCommand.self, AnswerCommand.self, AttestCommand.self,
      DecideCommand.self, DecisionsCommand.self,
      ExplainCommand.self, LookupCommand.self, HistoryCommand.self,
      CheckCardCommand.self, ServeCommand.self,
      ConsoleCommand.self, VerifyCommand.self, VerifyAttestationCommand.self, ApplyCommand.self,
      KeysCommand.self, AuditCommand.self,
      GenerateCommand.self, ReferenceCommand.self,
    ])

  static func main() {
    StandardStreams.prepare()
    var exit = Exit.done
    do {
      do {
        var command = try parsed(Array(CommandLine.arguments.dropFirst()))
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
        UsageText(message(for: error), typed: Array(CommandLine.arguments.dropFirst())).text)
    }
    Foundation.exit(exit.rawValue)
  }

  /// The command that was typed; its pipeline file may come before what is asked of it, or after it.
  static func parsed(_ typed: [String]) throws -> any ParsableCommand {
    do {
      return try parseAsRoot(typed)
    } catch {
      guard !exitCode(for: error).isSuccess, let at = typed.firstIndex(where: isPipelineFile), at > 0 else {
        throw error
      }
      var others = typed
      let file = others.remove(at: at)
      let isOrderWrong = message(for: error).hasPrefix("The value '\(file)'")
      var failure = error
      for order in [others + [file], [others[0], file] + others.dropFirst()] where order != typed {
        do {
          return try parseAsRoot(order)
        } catch {
          // In the right order, something else is wrong.
          if isOrderWrong, !message(for: error).hasPrefix("The value '") { failure = error }
        }
      }
      throw failure
    }
  }
}
