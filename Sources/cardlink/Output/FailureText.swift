// The text of a failure on standard error: what was wrong, and the command to try next.
// Invariant: every failure ends with a command that can be copied into a shell unchanged. A long number that
// the user typed is not repeated, because it may be a person's and standard error may go to a log.

import Foundation
import Logging
import Pipeline
import Values
import Views

/// The text of a stop, at the end of a command.
struct FailureText {
  private let stop: Stop
  /// The command to try next.
  let next: String
  /// The one to try after it; nil for none.
  private let then: String?

  init(_ stop: Stop, arguments: [String]) {
    self.stop = stop
    let named = arguments.last { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    var pipeline = named.map(shellQuoted)
    var next = stop.next ?? Self.next(after: stop.exit)
    // If doctor itself failed, suggest another command.
    if stop.next == nil, arguments.dropFirst().first == "doctor", next.hasPrefix("cardlink doctor") {
      next = "ls -l PIPELINE"
    }
    if let named, !FileManager.default.fileExists(atPath: named) {
      // The file isn't there: one with a similar name, or what is there.
      pipeline = PipelineFinder.nearest(to: named).map(shellQuoted)
      if pipeline == nil {
        next =
          PipelineFinder.all(beside: named).isEmpty
          ? "cardlink generate trial --people 1000 --seed 1"
          : "ls -l " + shellQuoted(PipelineFinder.all(beside: named)[0])
      }
    } else if pipeline == nil, next.contains("PIPELINE") {
      pipeline = PipelineFinder.only.map(shellQuoted)
      if pipeline == nil { next = "cardlink --help" }
    }
    let whole = (pipeline ?? "PIPELINE") + (next.hasPrefix("cardlink ") ? Self.workspace(in: arguments) : "")
    self.next = next.replacing("PIPELINE", with: whole)
    then = stop.then?.replacing("PIPELINE", with: whole)
  }

  var text: String {
    "\(stop.text)\nTry next: \(next)" + (then.map { "\nThen, if the data is right: \($0)" } ?? "")
  }

  /// `--workspace …` as the user typed it; without it the next command would use another workspace.
  private static func workspace(in arguments: [String]) -> String {
    guard let i = arguments.lastIndex(where: { $0 == "--workspace" || $0.hasPrefix("--workspace=") }) else {
      return ""
    }
    if arguments[i] != "--workspace" { return " " + shellQuoted(arguments[i]) }
    return i + 1 < arguments.count ? " --workspace " + shellQuoted(arguments[i + 1]) : ""
  }

  /// Writes it in the log's format.
  func write() {
    guard Log.form == .json else {
      let paint = Paint.ofStandardError
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return StandardError.write(([paint(lines[0], .bad)] + lines.dropFirst()).joined(separator: "\n"))
    }
    var metadata: Logger.Metadata = [
      "event": "command_failed", "exit_code": .stringConvertible(Int(stop.exit.rawValue)),
      "try_next": "\(next)",
    ]
    if let then { metadata["then"] = "\(then)" }
    Log.logger.error("\(stop.text)", metadata: metadata)
  }

  private static func next(after exit: Exit) -> String {
    switch exit {
    case .done, .usage: "cardlink --help"
    case .none: "cardlink status PIPELINE"
    case .dataRefused, .exportMissing, .pipelineWrong: "cardlink check PIPELINE"
    case .runInProgress: "cardlink status PIPELINE"
    case .storeUnavailable: "cardlink rerun load PIPELINE"
    case .cannotCreate, .inputOutput: "cardlink doctor PIPELINE"
    case .internalError: "cardlink run PIPELINE"
    }
  }
}
