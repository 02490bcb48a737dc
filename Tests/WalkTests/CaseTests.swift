// Whole runs as folders: the command, its input, and its exact output. A new case is a new folder with
// `command`, `input/` and `expected/transcript`; no Swift.
//
// A command's words are separated by spaces; {input} is the case's input folder, {work} an empty one. In the
// transcript, times are written as N and run times of stages as N s; lines of the log are left out.

import Foundation
import Support
import Testing

@Suite("Whole runs")
struct CaseTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
  static let names = caseNames(in: folder)

  @Test("a case gives its transcript", arguments: names)
  func transcript(name: String) throws {
    let folder = Self.folder.appending(path: name)
    let workshop = try Workshop()
    let commands = try String(contentsOf: folder.appending(path: "command"), encoding: .utf8)
    var transcript = ""
    for command in commands.split(separator: "\n") {
      let words = command.split(separator: " ").map { word in
        String(word).replacing("{input}", with: folder.appending(path: "input").path()).replacing(
          "{work}", with: workshop.path)
      }
      let result = try Cardlink.run(words)
      transcript += "$ cardlink \(command)\n\(result.output)\(result.errors)exit \(result.exit)\n"
    }
    transcript = transcript.replacing(folder.appending(path: "input").path(), with: "{input}")
      .replacing(workshop.path, with: "{work}")
      .replacing(/[0-9.]+ s\b/, with: "N s")
    let expected = folder.appending(path: "expected/transcript")
    if ProcessInfo.processInfo.environment["CARDLINK_WRITE_TRANSCRIPTS"] == "1" {
      try transcript.write(to: expected, atomically: true, encoding: .utf8)
    }
    #expect(transcript == (try String(contentsOf: expected, encoding: .utf8)))
  }

  @Test("there is a case for each outcome of the contract")
  func outcomes() {
    let wanted = [
      "quarantined", "id-missing", "id-invalid", "person-unknown", "person-duplicated", "person-inactive",
      "disputed",
      "number-shared", "linked",
    ]
    for outcome in wanted { #expect(Self.names.contains(outcome)) }
  }
}
