// The command line: its help, what is said about a slip, and the commands that it suggests.

import ArgumentParser
import Foundation
import Support
import Testing
import Values
@testable import Pipeline
@testable import cardlink

@Suite("The command line")
struct CommandLineTests {
  /// All commands, each with the words that name it.
  static let commands: [(words: [String], command: ParsableCommand.Type)] = {
    var all: [(words: [String], command: ParsableCommand.Type)] = []
    func add(_ words: [String], _ command: ParsableCommand.Type) {
      all.append((words, command))
      for inner in command.configuration.subcommands {
        add(words + [inner.configuration.commandName ?? ""], inner)
      }
    }
    add([], cardlink.Cardlink.self)
    return all
  }()

  @Test(
    "no line of a help text is longer than 80 columns, nor broken in two there",
    arguments: commands.map(\.words))
  func help(words: [String]) throws {
    let command = try #require(Self.commands.first { $0.words == words }?.command)
    let help = cardlink.Cardlink.helpMessage(for: command, columns: 80)
    for line in help.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    for line in command.configuration.discussion.split(separator: "\n") {
      #expect(help.contains(line), "\(line)")
    }
  }

  @Test(
    "a pipeline file comes before or after what is asked of it",
    arguments: [
      "explain 001090000123 p.yaml", "lookup 001090000123 p.yaml --on 2026-01-01",
      "rerun match p.yaml --dry-run",
      "release 8 p.yaml --because x", "diff 7 8 p.yaml --limit 3", "rollback 7 p.yaml --because x",
      "report 7 p.yaml --output html",
    ])
  func order(typed: String) throws {
    let words = typed.split(separator: " ").map(String.init)
    let parsed = try cardlink.Cardlink.parsed(words)
    var other = words.filter { $0 != "p.yaml" }
    other.insert("p.yaml", at: 1)
    #expect("\(try cardlink.Cardlink.parsed(other))" == "\(parsed)")
    #expect("\(parsed)".contains("p.yaml"))
  }

  @Test(
    "a slip is named, with how the command is used and the command that was meant",
    arguments: [
      ("statsu p.yaml", "Error: unknown command 'statsu'. Did you mean 'status'?", "status p.yaml"),
      ("keys nwe", "Error: unknown command 'nwe'. Did you mean 'new'?", "keys new --help"),
      ("release p.yaml 3", "Error: Missing expected argument '--because <reason>'", "release --help"),
      ("keys nwe a.key", "Error: unknown command 'nwe'. Did you mean 'new'?", "keys new a.key"),
      (
        "findings p.yaml --outcome linked",
        "Error: --outcome takes one of quarantined, id_missing, id_invalid, person_unknown, person_duplicated, person_inactive, disputed, number_shared, not 'linked'.",
        "findings --help"
      ),
      (
        "findings p.yaml --outcome disputd",
        "Error: --outcome takes one of quarantined, id_missing, id_invalid, person_unknown, person_duplicated, person_inactive, disputed, number_shared, not 'disputd'.",
        "findings p.yaml --outcome disputed"
      ),
      (
        "findings p.yaml --limit 0", "Error: --limit takes a number of records, 1 or more.", "findings --help"
      ),
      (
        "run p.yaml --as-of 23/11/2026",
        "Error: --as-of takes a date with the year first, such as 2026-11-23, not '23/11/2026'.",
        "run p.yaml --as-of 2026-11-23"
      ),
      (
        "lookup - p.yaml --on=1/2/2026",
        "Error: --on takes a date with the year first, such as 2026-11-23, not '1/2/2026'.",
        "lookup - p.yaml --on=2026-02-01"
      ),
      (
        "run p.yaml --as-of 31/02/2026",
        "Error: --as-of takes a date with the year first, such as 2026-11-23, not '31/02/2026'.", "run --help"
      ),
      (
        "run p.yaml --memory 1M", "Error: --memory takes a size from 64M, such as 512M or 2G, not '1M'.",
        "run --help"
      ),
      (
        "lookup p.yaml", "Error: 'p.yaml' is the pipeline file; what is asked of it is missing.",
        "lookup - p.yaml"
      ),
      ("diff 7 x p.yaml", "Error: <run> takes the number of a run, not 'x'.", "diff --help"),
    ])
  func slips(typed: String, message: String, next: String) throws {
    let workshop = try Workshop()
    let result = try Cardlink.runWithLog(typed.split(separator: " ").map(String.init), in: workshop.path)
    let lines = result.errors.split(separator: "\n").map(String.init)
    #expect(result.exit == 64 && result.output == "")
    #expect(lines.first == message)
    #expect(lines.dropFirst().first?.hasPrefix("Usage: cardlink ") == true)
    #expect(lines.last == "Try next: cardlink \(next)")
    for line in lines.dropFirst() { #expect(line.count <= 80, "\(line)") }
  }

  @Test("where no pipeline file is meant plainly, none is suggested")
  func guesses() throws {
    let workshop = try Workshop()
    for name in ["a.yaml", "b.yaml"] {
      _ = try workshop.file("workspace: var\nexports: {}\n".utf8, named: name)
    }
    let none = try Cardlink.runWithLog(["status"], in: workshop.path)
    #expect(none.errors.hasSuffix("Try next: cardlink status --help\n"))
    let other = try Cardlink.runWithLog(["status", "quarterly.yaml"], in: workshop.path)
    #expect(other.exit == 78 && other.errors.hasSuffix("Try next: ls -l a.yaml\n"))
  }

  @Test("while no run has finished, every question gets one answer")
  func noRun() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(100, seed: 3, xml: false, in: workshop.path)
    let questions = [
      "findings", "lookup 001090000123", "status", "report", "explain 001090000123", "report --output html",
      "findings --output csv", "findings --as-export \(workshop.path)/out",
    ]
    let answer = """
      \(pipeline.path): expected a run, found none in \(pipeline.workspace)
        Run the pipeline first. Chưa có lượt chạy nào; hãy chạy trước.
      Try next: cardlink run \(pipeline.path)

      """
    for question in questions {
      let result = try Cardlink.runWithLog(
        question.split(separator: " ").map(String.init) + [pipeline.path])
      #expect(result.exit == 69 && result.output == "" && result.errors == answer, "\(question)")
    }
    #expect(!FileManager.default.fileExists(atPath: pipeline.workspace))
    #expect(!FileManager.default.fileExists(atPath: workshop.path + "/out"))
    // A run that failed is another thing.
    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path).first)
    try "".write(toFile: export.path, atomically: true, encoding: .utf8)
    _ = try Cardlink.run(["run", pipeline.path])
    let failed = try Cardlink.run(["lookup", "001090000123", pipeline.path])
    #expect(
      failed.exit == 69 && failed.errors.contains("expected a run that has finished, found run 1, failed"))
    #expect(failed.errors.hasSuffix("Try next: cardlink status \(pipeline.path)\n"))
  }

  @Test("a person who isn't there: exit code 1, the empty answer, and what to do next")
  func nobody() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(100, seed: 3, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    for (question, next) in [("lookup", "explain -"), ("explain", "findings")] {
      for (form, empty) in [("text", 0), ("json", 1), ("csv", 1)] {
        let result = try Cardlink.runWithLog([question, "096199999999", pipeline.path, "--output", form])
        #expect(result.exit == 1)
        #expect(result.output.split(separator: "\n").count == empty)
        #expect(result.errors.contains("\nTry next: cardlink \(next) \(pipeline.path)"))
        #expect(!result.errors.contains("096199999999"))
      }
    }
  }
}
