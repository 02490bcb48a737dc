// cardlink console: starts the program cardlink-console, which lies beside this command, in its place.

import ArgumentParser
import Foundation
import Values

struct ConsoleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console",
    abstract: "Serve the console in a browser. Mở bảng điều khiển trong trình duyệt.",
    usage: "cardlink console <pipeline> ... [options]",
    discussion: """
      Starts the program cardlink-console, which lies beside this command, and prints
      a link that signs one person in. It has options of its own:
        cardlink console --help
      """)
  @Argument(
    parsing: .captureForPassthrough, help: ArgumentHelp("Pipeline files and options.", valueName: "pipeline"))
  var arguments: [String] = []

  func run() throws {
    throw replaceProgram(by: "cardlink-console", arguments, instead: "cardlink status PIPELINE")
  }
}

/// Starts a program that lies beside this command, in its place.
///
/// - Returns: why it can't be started.
func replaceProgram(by name: String, _ arguments: [String], instead next: String) -> Stop {
  let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "cardlink"
  let program = URL(filePath: own).deletingLastPathComponent().appending(path: name).path()
  var pointers = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
  unsafe execv(program, &pointers)
  return Stop(
    .storeUnavailable, at: program, expected: "this program beside the command",
    found: errno == ENOENT ? "none" : "one that can't be started",
    remedy: "Install the package that has it, or build it: swift build --traits Console.", next: next)
}
