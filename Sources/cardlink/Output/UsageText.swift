// What is written about a command line that can't be understood: what is wrong, how the command is used, and the typed
// command corrected where that is plain.
// Invariant: a long number that was typed is not written out again, for it may be a person's and standard error may end
// in a log.

import ArgumentParser
import Foundation
import Pipeline
import Values

struct UsageText {
  let text: String

  /// - Parameters:
  ///   - message: what the parser says.
  ///   - typed: the arguments, without the command's own name.
  init(_ message: String, typed: [String]) {
    let mistake = Mistake(message, typed)
    let usage = Cardlink.usageString(for: mistake.command).replacing("\n", with: "\n       ")
    text =
      Self.withoutNumbers("\(mistake.text)\nUsage: \(usage)")
      + "\nTry next: \(Self.command(mistake.corrected) ?? mistake.help)"
  }

  /// What was typed, ready for a shell; a number that may be a person's is asked for on standard input instead.
  private static func command(_ words: [String]?) -> String? {
    // What lacks more than was corrected is no command to try.
    guard let words, (try? Cardlink.parsed(words)) != nil else { return nil }
    return (["cardlink"] + words.map { isLongNumber($0) ? "-" : shellQuoted($0) }).joined(separator: " ")
  }

  private static func isLongNumber(_ word: String) -> Bool { word.count { $0.isASCII && $0.isNumber } >= 9 }

  static func withoutNumbers(_ message: String) -> String {
    message.replacing(/[A-Za-z]{0,2}[0-9]{9,}/, with: "…")
  }
}

/// One thing wrong with a command line.
private struct Mistake {
  /// The innermost command that was named.
  let command: ParsableCommand.Type
  /// The command that shows how it is used.
  var help: String
  var text: String
  /// The words that were probably meant; nil if that isn't plain.
  var corrected: [String]?

  init(_ message: String, _ typed: [String]) {
    var command: ParsableCommand.Type = Cardlink.self
    var depth = 0
    while depth < typed.count, let inner = Self.subcommand(typed[depth], of: command) {
      command = inner
      depth += 1
    }
    self.command = command
    help = (["cardlink"] + typed.prefix(depth) + ["--help"]).joined(separator: " ")
    text = "Error: " + message
    if !command.configuration.subcommands.isEmpty, depth < typed.count, !typed[depth].hasPrefix("-") {
      nameUnknownCommand(typed, at: depth)
    } else if message.hasPrefix("Unknown option") {
      nameUnknownOption(message, typed)
    } else if message.hasPrefix("The value ") {
      nameWrongValue(message, typed)
    } else if message.contains("Missing expected argument '<pipeline>'") {
      nameMissingPipeline(typed)
    }
  }

  private mutating func nameUnknownCommand(_ typed: [String], at depth: Int) {
    let known = command.configuration.subcommands.compactMap { inner in
      inner.configuration.shouldDisplay ? inner.configuration.commandName : nil
    }
    guard let nearest = nearestWord(to: typed[depth], among: known) else {
      text = "Error: unknown command '\(typed[depth])'."
      return
    }
    text = "Error: unknown command '\(typed[depth])'. Did you mean '\(nearest)'?"
    corrected = typed.replacing(at: depth, with: nearest)
    help = (["cardlink"] + typed.prefix(depth) + [nearest, "--help"]).joined(separator: " ")
  }

  private mutating func nameUnknownOption(_ message: String, _ typed: [String]) {
    guard let match = message.firstMatch(of: /'([^']+)'\. Did you mean '([^']+)'\?/) else { return }
    let (wrong, right) = (String(match.output.1), String(match.output.2))
    corrected = typed.map { word in
      word == wrong ? right : word.hasPrefix(wrong + "=") ? right + word.dropFirst(wrong.count) : word
    }
  }

  private mutating func nameWrongValue(_ message: String, _ typed: [String]) {
    let pattern = /The value '([^']*)' is invalid for '(-*[a-z-]+|<[a-z-]+>)[^']*'(.*)/.dotMatchesNewlines()
    guard let match = message.wholeMatch(of: pattern) else { return }
    let (value, option) = (String(match.output.1), String(match.output.2))
    // The words that it takes: in quotes, or, where they are many, a line for each.
    let choices = match.output.3.split(whereSeparator: \.isNewline).flatMap { line in
      line.hasPrefix("  - ")
        ? [String(line.dropFirst(4))] : line.matches(of: /'([^']+)'/).map { String($0.output.1) }
    }
    let expected = choices.isEmpty ? Self.expected(option) : "one of " + choices.joined(separator: ", ")
    if let expected { text = "Error: \(option) takes \(expected), not '\(value)'." }
    guard let meant = nearestWord(to: value, among: choices) ?? Self.date(value) else { return }
    corrected = typed.map { word in
      word == value ? meant : word == "\(option)=\(value)" ? "\(option)=\(meant)" : word
    }
  }

  private mutating func nameMissingPipeline(_ typed: [String]) {
    guard let at = typed.firstIndex(where: isPipelineFile) else {
      corrected = PipelineFinder.only.map { typed + [$0] }
      return
    }
    // The pipeline file was taken for what is asked of it: that is missing.
    text = "Error: '\(typed[at])' is the pipeline file; what is asked of it is missing."
    if command == LookupCommand.self || command == ExplainCommand.self {
      corrected = typed.inserting("-", at: at)
    }
  }

  private static func subcommand(_ name: String, of command: ParsableCommand.Type) -> ParsableCommand.Type? {
    command.configuration.subcommands.first { $0.configuration.commandName == name }
  }

  /// What an option takes that isn't one of a few words.
  private static func expected(_ option: String) -> String? {
    switch option {
    case "--as-of", "--on": "a date with the year first, such as 2026-11-23"
    case "--memory": "a size from 64M, such as 512M or 2G"
    case "--threads": "a number from 1 to 256"
    case "<run>": "the number of a run"
    case "<run-or-date>": "the number of a run or a date such as 2026-11-23"
    case "--limit", "--last", "--keep", "--older-than", "--revoke", "--people", "--files", "--facilities",
      "--seed":
      "a whole number"
    default: nil
    }
  }

  /// A Vietnamese date as options take it.
  private static func date(_ text: String) -> String? {
    guard let match = text.wholeMatch(of: #/(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})/#),
      let day = Int(match.1), let month = Int(match.2)
    else { return nil }
    let iso = String(format: "%@-%02d-%02d", String(match.3), month, day)
    return CalendarDate(iso: iso) == nil ? nil : iso
  }
}

extension Array {
  fileprivate func replacing(at place: Int, with element: Element) -> Self {
    var copy = self
    copy[place] = element
    return copy
  }

  fileprivate func inserting(_ element: Element, at place: Int) -> Self {
    var copy = self
    copy.insert(element, at: place)
    return copy
  }
}
