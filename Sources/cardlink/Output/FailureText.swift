// The text of a failure on standard error: what was wrong, and the command to try next.
// Invariant: every failure ends with a command that can be copied into a shell unchanged. A long number that
// the user typed is not repeated, because it may be a person's and standard error may go to a log.

import ArgumentParser
import Foundation
import Logging
import Pipeline
import Run
import Values
import Workspace

/// The text of a stop, at the end of a command.
struct FailureText {
  private let stop: Stop
  /// The command to try next.
  let next: String

  init(_ stop: Stop, arguments: [String]) {
    self.stop = stop
    let named = arguments.last { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    var pipeline = named.map(shellQuoted)
    var next = stop.next ?? Self.next(after: stop.exit)
    // If doctor itself failed, suggest another command.
    if stop.next == nil, arguments.dropFirst().first == "doctor", next.hasPrefix("cardlink doctor") {
      next = "ls -l PIPELINE"
    }
    if pipeline == nil, next.contains("PIPELINE") {
      pipeline = PipelineFinder.nearest(to: nil).map(shellQuoted)
      if pipeline == nil { next = "cardlink --help" }
    }
    if stop.exit == .pipelineWrong, let named, !FileManager.default.fileExists(atPath: named) {
      // The file doesn't exist: suggest an existing one.
      pipeline = PipelineFinder.nearest(to: named).map(shellQuoted)
      if pipeline == nil { next = "cardlink generate trial --people 1000 --seed 1" }
    }
    let whole = (pipeline ?? "PIPELINE") + (next.hasPrefix("cardlink ") ? Self.workspace(in: arguments) : "")
    self.next = next.replacing("PIPELINE", with: whole)
  }

  var text: String { "\(stop.text)\nTry next: \(next)" }

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
    guard Log.form == .json else { return StandardError.write(text) }
    Log.logger.error(
      "\(stop.text)",
      metadata: [
        "event": "command_failed", "exit_code": .stringConvertible(Int(stop.exit.rawValue)),
        "try_next": "\(next)",
      ])
  }

  private static func next(after exit: Exit) -> String {
    switch exit {
    case .done, .usage: "cardlink --help"
    case .dataRefused, .exportMissing, .pipelineWrong: "cardlink check PIPELINE"
    case .runInProgress: "cardlink status PIPELINE"
    case .storeUnavailable: "cardlink rerun load PIPELINE"
    case .cannotCreate, .inputOutput: "cardlink doctor PIPELINE"
    case .internalError: "cardlink run PIPELINE"
    }
  }
}

/// The text for a command line that can't be parsed.
struct UsageText {
  let text: String

  /// - Parameter message: the parser's message.
  init(_ message: String, arguments: [String], commands: CommandConfiguration) {
    let typed = Array(arguments.dropFirst())
    let next = Self.next(after: message, typed, commands)
    text = Self.withoutNumbers(message) + "\nTry next: " + next
  }

  /// The typed command with an obvious correction, else the relevant help.
  static func next(after message: String, _ typed: [String], _ commands: CommandConfiguration) -> String {
    let known = commands.subcommands.compactMap { $0.configuration.commandName }
    guard let first = typed.first else { return "cardlink --help" }
    guard known.contains(first) else {
      guard !first.hasPrefix("-"), let nearest = nearestWord(to: first, among: known) else {
        return "cardlink --help"
      }
      return command([nearest] + typed.dropFirst())
    }
    // Include a subcommand of a subcommand.
    let inner = commands.subcommands.first { $0.configuration.commandName == first }?.configuration
      .subcommands
      .compactMap { $0.configuration.commandName }
    var help = ["cardlink", first]
    if let inner, !inner.isEmpty, typed.count > 1 {
      if inner.contains(typed[1]) {
        help.append(typed[1])
      } else if let nearest = nearestWord(to: typed[1], among: inner) {
        return command([first, nearest] + typed.dropFirst(2))
      }
    }
    if let match = message.firstMatch(of: /Unknown option '([^']+)'\. Did you mean '([^']+)'\?/) {
      return command(
        typed.map { word in
          word == match.1
            ? String(match.2)
            : word.hasPrefix(match.1 + "=") ? String(match.2 + word.dropFirst(match.1.count)) : word
        })
    }
    if let match = message.firstMatch(of: /The value '([^']+)' is invalid for '<stage>'/),
      let stage = nearestWord(to: String(match.1), among: StageName.allCases.map(\.rawValue))
    {
      return command(typed.map { $0 == match.1 ? stage : $0 })
    }
    if message.contains("Missing expected argument '<pipeline>'"), let found = PipelineFinder.nearest(to: nil)
    {
      return command(typed + [found])
    }
    return (help + ["--help"]).joined(separator: " ")
  }

  /// The typed words quoted for a shell; a number that may be a person's is replaced by a question on
  /// standard input.
  private static func command(_ words: [String]) -> String {
    (["cardlink"] + words.map { isLongNumber($0) ? "-" : shellQuoted($0) }).joined(separator: " ")
  }

  private static func isLongNumber(_ word: String) -> Bool { word.count { $0.isASCII && $0.isNumber } >= 9 }

  static func withoutNumbers(_ message: String) -> String {
    message.replacing(/[A-Za-z]{0,2}[0-9]{9,}/, with: "…")
  }
}

/// Finds pipeline files, for a command that names none or a missing one.
enum PipelineFinder {
  private static let folders = [".", "pipelines", "/etc/cardlink"]

  /// The pipeline file with the most similar name; without a name, the first one found.
  static func nearest(to named: String?) -> String? {
    var folders = folders
    if let named, let slash = named.lastIndex(of: "/") { folders.insert(String(named[..<slash]), at: 0) }
    var found: [String] = []
    for folder in folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
      for name in names where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
        let path = folder == "." ? name : folder + "/" + name
        guard !found.contains(path), let text = try? String(contentsOfFile: path, encoding: .utf8),
          text.contains("exports:"), text.contains("workspace:")
        else { continue }
        found.append(path)
      }
    }
    guard let named else { return found.first { $0.hasSuffix("nightly.yaml") } ?? found.first }
    let name = String(named.split(separator: "/").last ?? "")
    let near = nearestWord(to: name, among: found.map { String($0.split(separator: "/").last ?? "") })
    return found.first { near != nil && $0.hasSuffix(near ?? "") } ?? found.first
  }
}
