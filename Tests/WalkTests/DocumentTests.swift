// The commands in README and docs: each is run in a fresh copy of the sample data, and what it prints is compared with
// what the page shows.
//
// A fenced block without a language holds commands. Lines that begin with `$ ` are commands and the lines below them their
// output, in which `…` is any text, and a line of its own any lines; times, sizes and ages are not compared. A block
// without `$ ` is a list of commands whose output is not shown. A page's commands are run by one bash, from the top of the
// page to its end. Comments before a block, which no reader of the page sees, say more:
//
//     <!-- setup: COMMANDS -->    what bash does first, over several lines if need be; $ROOT is the source tree
//     <!-- exits 65 -->           the exit code of the block's last command
//     <!-- not run: REASON -->    such as commands of root; `text` as the language of a block says that it holds none
//
// A block of yaml with a key of the pipeline file is put into nightly.yaml, and `check` must find the file right.

import Foundation
import Support
import Testing

@Suite("Documents")
struct DocumentTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let pages: [String] = {
    let docs = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path())
    return ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
      + (docs ?? []).filter { $0.hasSuffix(".md") }.sorted().map { "docs/" + $0 }
  }()
  static let decisions =
    ((try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs/decisions").path()))
    ?? [])
    .map { "docs/decisions/" + $0 }

  /// What a page's commands may begin with, so that none of them changes the machine that tests it.
  static let programs: Set = ["cardlink", "cd", "export", "echo", "age", "openssl", "sha256sum", "sqlite3"]

  @Test("a page's commands print what the page shows", arguments: pages)
  func commands(page: String) throws {
    let steps = Block.all(in: try text(of: page)).flatMap(\.steps)
    guard !steps.isEmpty else { return }
    let foreign = Set(steps.compactMap(\.program)).subtracting(Self.programs)
    try #require(foreign.isEmpty, "\(page): \(foreign.sorted()) may change the host; write why it is not run")
    let workshop = try Workshop()
    for folder in ["pipelines", "sample-data"] {
      try FileManager.default.copyItem(
        atPath: Self.root.appending(path: folder).path(), toPath: workshop.path + "/" + folder)
    }
    try run(steps, in: workshop)
    for (index, step) in steps.enumerated() {
      func left(_ name: String) -> String {
        (try? String(contentsOfFile: "\(workshop.path)/steps/\(index).\(name)", encoding: .utf8)) ?? ""
      }
      let found = left("out").split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains(#/^[0-9T:+-]+ (debug|info|warning|error) cardlink: /#) }.map(String.init)
      let place = "\(page):\(step.line): \(step.command)"
      let exit = left("exit").trimmingCharacters(in: .newlines)
      if exit == "missing" {
        print("SKIPPED: \(place): its program is not on this machine")
        continue
      }
      #expect(exit == String(step.exit), "\(place)\n\(found.joined(separator: "\n"))")
      if let expected = step.output, let line = firstDifference(expected, found) {
        Issue.record("\(place)\nexpected: \(line)\nfound:\n\(found.joined(separator: "\n"))")
      }
    }
  }

  /// Runs the steps by one bash; each leaves its output and exit code in `steps`.
  private func run(_ steps: [Step], in workshop: Workshop) throws {
    try FileManager.default.createDirectory(
      atPath: workshop.path + "/steps", withIntermediateDirectories: false)
    var script = "set -o pipefail\n"
    for (index, step) in steps.enumerated() {
      let left = "\(workshop.path)/steps/\(index)"
      script += """
        if command -v \(step.program ?? "cd") >/dev/null; then
          { \(step.command)
          } >\(left).out 2>&1 </dev/null; echo $? >\(left).exit
        else echo missing >\(left).exit; fi

        """
    }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [try workshop.file(script.utf8, named: "steps/script")]
    process.currentDirectoryURL = URL(filePath: workshop.path)
    let bin = Cardlink.binary.deletingLastPathComponent().path()
    process.environment = [
      "PATH": bin + ":/usr/bin:/bin", "HOME": workshop.path, "LC_ALL": "C.UTF-8", "ROOT": Self.root.path(),
    ]
    try process.run()
    process.waitUntilExit()
  }

  /// - Returns: the first expected line that the output doesn't have in its place; `nil` if it has all.
  private func firstDifference(_ expected: [String], _ found: [String]) -> String? {
    var rest = found.map(comparable)[...]
    while rest.last == "" { rest.removeLast() }
    var gap = false
    for line in expected.map(comparable) {
      if line == "…" {
        gap = true
        continue
      }
      guard let at = rest.firstIndex(where: { agrees($0, line) }), gap || at == rest.startIndex else {
        return line
      }
      rest = rest[(at + 1)...]
      gap = false
    }
    return gap || rest.isEmpty ? nil : "the end of the output"
  }

  /// A line without what is another one in each run.
  private func comparable(_ line: String) -> String {
    line.replacing(#/\d\d:\d\d(:\d\d)?/#, with: "TIME")
      .replacing(#/\d+(\.\d+)? (s|min|h|[KMG]iB|days? old|ngày)\b/#) { "N " + $0.2 }
      .replacing(#/\s+/#, with: " ").trimmingCharacters(in: .whitespaces)
  }

  private func agrees(_ found: String, _ expected: String) -> Bool {
    var rest = Substring(found)
    let pieces = expected.split(separator: "…", omittingEmptySubsequences: false)
    guard rest.hasPrefix(pieces[0]) else { return false }
    rest = rest.dropFirst(pieces[0].count)
    for piece in pieces.dropFirst().dropLast() {
      guard piece.isEmpty || rest.firstRange(of: piece) != nil else { return false }
      if let range = rest.firstRange(of: piece) { rest = rest[range.upperBound...] }
    }
    return pieces.count == 1 ? rest.isEmpty : rest.hasSuffix(pieces[pieces.count - 1])
  }

  @Test("a page's pieces of pipeline files are right", arguments: pages)
  func pipelines(page: String) throws {
    for block in Block.all(in: try text(of: page)) where block.language == "yaml" && block.skipped == nil {
      let workshop = try Workshop()
      let keys = Set(block.lines.compactMap(topKey))
      let nightly = try text(of: "pipelines/nightly.yaml").split(
        separator: "\n", omittingEmptySubsequences: false)
      var kept = true
      var pipeline = nightly.map(String.init).filter { line in
        if let key = topKey(line) { kept = !keys.contains(key) }
        return kept
      }
      pipeline += block.lines
      let file = try workshop.file(pipeline.joined(separator: "\n").utf8, named: "nightly.yaml")
      let result = try Cardlink.run(["check", file])
      #expect(!keys.isEmpty && result.exit != 78, "\(page):\(block.line)\n\(result.errors)")
    }
  }

  private func topKey(_ line: String) -> String? {
    line.prefixMatch(of: #/([a-z_]+):/#).map { String($0.1) }
  }

  @Test("commands named in a sentence exist, with their options", arguments: pages)
  func named(page: String) throws {
    let sentences = Block.sentences(of: try text(of: page))
    for span in sentences.matches(of: #/`cardlink\s+([^`]+)`/#) {
      let words = span.1.split { $0.isWhitespace }.map(String.init)
      var command: [String] = []
      var help = try Cardlink.run(["--help"])
      for word in words {
        guard help.output.contains("\n  \(word) ") || help.output.contains("\n  \(word)\n") else { break }
        command.append(word)
        help = try Cardlink.run(command + ["--help"])
      }
      let option = words.first { $0 == "--version" || $0 == "--help" }
      #expect(!command.isEmpty || option != nil || words[0].contains("…"), "\(page): cardlink \(words[0])")
      for option in words where option.wholeMatch(of: #/--[a-z-]+/#) != nil {
        #expect(help.output.contains(option), "\(page): cardlink \(words.joined(separator: " "))")
      }
    }
  }

  @Test("a link leads to a file, and to a heading of it", arguments: pages + decisions + ["CHANGELOG.md"])
  func links(page: String) throws {
    for link in Block.sentences(of: try text(of: page)).matches(of: #/\]\(([^)\s]+)\)/#) {
      let target = link.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
        String.init)
      guard !target[0].contains("://") else { continue }
      let base = Self.root.appending(path: page)
      let file = target[0].isEmpty ? base : base.deletingLastPathComponent().appending(path: target[0])
      #expect(FileManager.default.fileExists(atPath: file.path()), "\(page): \(link.1)")
      guard target.count == 2, file.pathExtension == "md" else { continue }
      let headings = try String(contentsOf: file, encoding: .utf8).matches(of: #/(?m)^#+ (.+)$/#)
      #expect(headings.contains { anchor(of: $0.1) == target[1] }, "\(page): \(link.1)")
    }
  }

  /// The name that hosts of repositories give a heading.
  private func anchor(of heading: Substring) -> String {
    String(heading.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) })
      .replacing(" ", with: "-")
  }

  private func text(of page: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
  }
}

/// One command of a page.
private struct Step {
  var line: Int
  /// What the command begins with; `nil` for a setup.
  var program: String?
  var command: String
  /// The lines that the page shows; `nil` where it shows none.
  var output: [String]?
  var exit = 0
}

/// A fenced block of a page.
private struct Block {
  var line: Int
  var language: String
  var setup: (line: Int, commands: String)?
  var skipped: String?
  var exit = 0
  var lines: [String] = []

  /// The commands in their order; none of a block that holds none or is not run.
  var steps: [Step] {
    var steps: [Step] = []
    if let setup { steps.append(Step(line: setup.line, command: setup.commands)) }
    guard language.isEmpty, skipped == nil else { return steps }
    let shown = lines.contains { $0.hasPrefix("$ ") }
    var goesOn = false
    for (offset, line) in lines.enumerated() {
      if goesOn {
        steps[steps.count - 1].command += "\n" + line
      } else if !shown || line.hasPrefix("$ ") {
        let command = shown ? String(line.dropFirst(2)) : line
        let program = command.prefix { $0 != " " }
        steps.append(Step(line: self.line + 1 + offset, program: String(program), command: command))
      } else {
        steps[steps.count - 1].output = (steps[steps.count - 1].output ?? []) + [line]
      }
      goesOn = (goesOn || !shown || line.hasPrefix("$ ")) && line.hasSuffix("\\")
    }
    steps.removeAll { $0.command.isEmpty || $0.command.hasPrefix("#") }
    if !steps.isEmpty { steps[steps.count - 1].exit = exit }
    return steps
  }

  static func all(in page: String) -> [Block] {
    var blocks: [Block] = []
    var next = Block(line: 0, language: "")
    var (fenced, comment) = (false, "")
    for (index, line) in page.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if fenced {
        if line == "```" {
          blocks.append(next)
          (fenced, next) = (false, Block(line: 0, language: ""))
        } else {
          next.lines.append(String(line))
        }
      } else if line.hasPrefix("```") {
        (fenced, next.line, next.language) = (true, index + 1, String(line.dropFirst(3)))
      } else if line.hasPrefix("<!-- ") || !comment.isEmpty {
        comment += line + "\n"
        guard line.hasSuffix("-->") else { continue }
        let words = comment.dropFirst(5).dropLast(4).trimmingCharacters(in: .whitespacesAndNewlines)
        if words.hasPrefix("setup:") {
          next.setup = (index + 1, words.dropFirst(6).trimmingCharacters(in: .whitespacesAndNewlines))
        }
        if words.hasPrefix("not run:") { next.skipped = words }
        if words.hasPrefix("exits "), let exit = Int(words.dropFirst(6)) { next.exit = exit }
        comment = ""
      }
    }
    return blocks
  }

  /// The page without its fenced blocks.
  static func sentences(of page: String) -> String {
    page.replacing(#/(?ms)^```.*?^```$/#, with: "")
  }
}
