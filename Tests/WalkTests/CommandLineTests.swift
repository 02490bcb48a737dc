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
      ("rollback 7 p.yaml", "Error: Say why: --because takes a reason, in words.", "rollback --help"),
      (
        "diff 7 x p.yaml",
        "Error: <run-or-date> takes the number of a run or a date such as 2026-11-23, not 'x'.", "diff --help"
      ),
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
    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
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

  // MARK: Suggested commands

  @Test("every command that a message or a help text suggests can be parsed")
  func suggestions() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    var count = 0
    for case let file as URL in all?.allObjects ?? [] where file.pathExtension == "swift" {
      for suggestion in Self.suggestions(in: try String(contentsOf: file, encoding: .utf8)) {
        count += 1
        do {
          _ = try cardlink.Cardlink.parsed(Self.words(suggestion))
        } catch {
          let isHelp = cardlink.Cardlink.exitCode(for: error).isSuccess
          #expect(isHelp, "\(file.lastPathComponent): cardlink \(suggestion): \(error)")
        }
      }
    }
    #expect(count > 100)
  }

  /// What follows `cardlink` at the beginning of a text or of an indented line.
  ///
  /// What is filled in at run time is replaced by samples.
  private static func suggestions(in source: String) -> [String] {
    let text = source.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
      .joined(separator: "\n").replacing(#/ \\\\\n +/#, with: " ")
    let pattern = /(?:^( +)|"|  )cardlink ([a-z-]+ .*)/.anchorsMatchLineEndings()
    return text.matches(of: pattern).compactMap { match in
      var rest = match.output.2[...]
      // In a text of several lines a quote belongs to the command. A line with <…> shows only what it takes.
      let isLine = match.output.1 != nil
      if rest.contains("<") && rest.contains("> ") || rest.hasPrefix("seen packages") { return nil }
      var suggestion = ""
      // To the end of the text or the line; an escaped quote belongs to the command.
      while let sign = rest.first, isLine || sign != "\"" {
        if rest.hasPrefix("\\(") {
          var depth = 0
          let end = rest.firstIndex { character in
            depth += character == "(" ? 1 : character == ")" ? -1 : 0
            return depth == 0 && character == ")"
          }
          let expression = rest[..<(end ?? rest.endIndex)]
          suggestion += sample(String(expression))
          rest = rest[expression.endIndex...].dropFirst()
        } else if rest.hasPrefix("\\\"") {
          suggestion += "\""
          rest = rest.dropFirst(2)
        } else if rest.hasPrefix("\\n") || rest.hasPrefix("   ") {
          break
        } else {
          suggestion.append(sign)
          rest = rest.dropFirst()
        }
      }
      return suggestion.replacing("PIPELINE", with: "p.yaml")
    }
  }

  private static func sample(_ expression: String) -> String {
    for (part, sample) in [
      ("asOf", ""), ("date", "2026-11-23"), ("named", "p.yaml"), ("pipeline", "p.yaml"),
      ("outcome", "disputed"), ("worst", "disputed"), ("stage", "match"), ("path", "out"),
      ("directory", "out"), ("current", "out"),
    ] where expression.lowercased().contains(part.lowercased()) { return sample }
    return "7"
  }

  /// A command line as a shell splits it, up to a pipe, a redirection or a comment.
  private static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for sign in line + " " {
      if let open = quote {
        if sign == open { quote = nil } else { word = (word ?? "") + String(sign) }
      } else if sign == "'" || sign == "\"" {
        (quote, word) = (sign, word ?? "")
      } else if sign == " " {
        if let done = word { if ["|", ">", "<", "#"].contains(done) { break } else { words.append(done) } }
        word = nil
      } else {
        word = (word ?? "") + String(sign)
      }
    }
    return words
  }

  // MARK: On a terminal

  /// What the command writes to a terminal of some width.
  private static func onTerminal(
    _ arguments: [String], columns: UInt16, environment: [String: String]
  ) throws -> String {
    // A pseudo-terminal: the first call unlocks it, the second reads its number (asm-generic/ioctls.h).
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number): (Int32, UInt32) = (0, 0)
    try #require(terminal >= 0 && ioctl(terminal, 0x4004_5431, &lock) == 0)
    try #require(ioctl(terminal, 0x8004_5430, &number) == 0)
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try #require(slave >= 0)
    var size = winsize(ws_row: 30, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(ioctl(slave, UInt(TIOCSWINSZ), &size) == 0)
    let process = Process()
    (process.executableURL, process.arguments) = (Cardlink.binary, arguments)
    process.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    process.standardError = FileHandle.nullDevice
    try process.run()
    close(slave)
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(terminal, &buffer, buffer.count)
      guard count > 0 else { break }
      output += buffer[..<count]
    }
    close(terminal)
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self).replacing("\r\n", with: "\n")
  }

  @Test(
    "on a terminal findings fit its width, say how many there are, and a pager shows what is longer than it")
  func terminal() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(1000, seed: 8, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    let findings = ["findings", pipeline.path]
    let total = try Cardlink.run(findings + ["--output", "csv"]).output.split(separator: "\n").count - 1
    for columns: UInt16 in [80, 120] {
      let shown = try Self.onTerminal(findings, columns: columns, environment: ["PAGER": ""])
      let lines = shown.split(separator: "\n", omittingEmptySubsequences: false)
      for line in lines.prefix(21) { #expect(line.count <= columns, "\(line)") }
      #expect(lines[0].contains("reasons") && lines[0].contains("record"))
      #expect(shown.contains("\n20 of \(total) records · 20 trên \(total) bản ghi."))
      #expect(shown.contains("\nNot shown: "))
    }
    let wide = try Self.onTerminal(findings + ["--wide"], columns: 80, environment: ["PAGER": "cat"])
    #expect(wide.contains("run_id") && !wide.contains("Not shown"))
    let paged = try Self.onTerminal(findings, columns: 80, environment: ["PAGER": "sed 's/^/paged /'"])
    #expect(paged.split(separator: "\n").allSatisfy { $0.hasPrefix("paged ") })
    let gone = try Self.onTerminal(
      findings, columns: 80, environment: ["PAGER": "/nowhere/pager 2>/dev/null"])
    #expect(gone.contains("20 of \(total)"))
    // In a pipe there is neither.
    #expect(try Cardlink.run(findings).output.contains("run_id"))
  }

  @Test("explain colours its verdicts on a terminal, and nowhere else")
  func colours() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(300, seed: 8, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    let list = try Cardlink.run(["findings", pipeline.path, "--outcome", "disputed", "--output", "csv"])
      .output
    let id = String(list.split(separator: "\n")[1].split(separator: ",", omittingEmptySubsequences: false)[3])
    let red = "\u{1B}[31m"
    let question = ["explain", id, pipeline.path]
    #expect(try Self.onTerminal(question, columns: 80, environment: ["PAGER": ""]).contains(red))
    #expect(
      try !Self.onTerminal(question, columns: 80, environment: ["PAGER": "", "NO_COLOR": "1"]).contains(
        "\u{1B}"))
    #expect(try !Cardlink.run(question).output.contains("\u{1B}"))
  }

  // MARK: Records by their names

  @Test("explain finds a record by its number or its place, also one without a personal ID number")
  func records() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(600, seed: 8, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    func rows(_ outcome: String) throws -> [[String]] {
      try Cardlink.run(["findings", pipeline.path, "--outcome", outcome, "--output", "csv"]).output
        .split(separator: "\n").map {
          $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }
    let missing = try rows("id_missing")
    let record = try #require(missing.dropFirst().first { !$0[4].isEmpty })
    let place = "\(record[6]):\(record[7])"
    for name in [place, record[4]] {
      let found = try Cardlink.run(["explain", name, pipeline.path])
      #expect(found.exit == 0 && found.output.contains(place) && found.output.contains("→ id_missing"))
      #expect(found.output.contains("leads to no person"))
    }
    let quarantined = try #require(try rows("quarantined").dropFirst().first { $0[0] == "insurance" })
    let held = try Cardlink.run(["explain", "\(quarantined[6]):\(quarantined[7])", pipeline.path])
    #expect(held.exit == 0 && held.output.contains("→ quarantined"))
    // The population's records are found by their place as well.
    let person = try Cardlink.run(["explain", "population-2026-11-23.csv:2", pipeline.path])
    #expect(person.exit == 0 && person.output.contains("population-2026-11-23.csv:2  "))
    #expect(try Cardlink.run(["explain", "insurance-2026-11-23.csv:999999", pipeline.path]).exit == 1)
    #expect(try Cardlink.run(["explain", "12345", pipeline.path]).exit == 64)
    let audit = try Cardlink.run(["audit", "show", pipeline.path, "--event", "explained"]).output
    #expect(audit.contains("record=\(place)") && !audit.contains(record[4]))
  }

  @Test("of a shared number explain says who else claims it, and the audit log names them")
  func shared() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(2000, seed: 8, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    let list = try Cardlink.run(["findings", pipeline.path, "--outcome", "number_shared", "--output", "csv"])
      .output.split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    let one = try #require(list.first { $0[3].count == 12 })
    let other = try #require(list.first { $0[4] == one[4] && $0[3] != one[3] })
    let found = try Cardlink.run(["explain", one[3], pipeline.path])
    #expect(found.output.contains("Also claim the insurance number · Cũng khai mã số BHXH này"))
    #expect(
      found.output.contains(
        "  \(other[6]):\(other[7])  insurance number \(one[4]), personal ID number \(other[3])"))
    let lines = try Cardlink.run(["audit", "show", pipeline.path, "--person", other[3]]).output
    #expect(lines.contains("as=other_claim"))
  }

  @Test("a work list shows name, birth date and sex of both sides")
  func workList() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(1000, seed: 8, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    let json = try Cardlink.run(["findings", pipeline.path, "--outcome", "disputed", "--output", "json"])
      .output
    let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    #expect(list.count > 20)
    for record in list {
      let reasons = ((record["reasons"] as? String) ?? "").split(separator: ",")
      for (reason, field) in [("name", "name"), ("birth_date", "birth_date"), ("sex", "sex")] {
        let sides = ["population", "insurance"].map { record["\($0)_\(field)"] as? String }
        #expect(sides[0]?.isEmpty == false && sides[1]?.isEmpty == false)
        if reasons.contains(Substring(reason)) { #expect(sides[0] != sides[1], "\(reason)") }
      }
    }
    let all = try Cardlink.run(["findings", pipeline.path, "--output", "csv"]).output
    #expect(!all.contains("population_name"))
  }

  @Test("the version begins with its number; commit and date are of the build's environment")
  func version() throws {
    typealias Version = cardlink.Version
    #expect(Version.describe(commit: "", sourceDate: "") == Version.number)
    #expect(
      Version.describe(commit: "02aaccc", sourceDate: "1795910400")
        == Version.number + " (commit 02aaccc, built from sources of 2026-11-29)")
    let shown = try Cardlink.run(["--version"]).output
    #expect(shown.split(whereSeparator: \.isWhitespace).first.map(String.init) == Version.number)
  }
}
