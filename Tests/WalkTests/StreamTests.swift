// Standard output and error that can't be written: the run continues, and a truncated answer is reported.

import Foundation
import Support
import Testing
@testable import Pipeline

@Suite("Standard streams")
struct StreamTests {
  /// Runs the command in a shell line, in which `"$@"` is the command with its arguments.
  private static func shell(_ line: String, _ arguments: [String]) throws -> (
    exit: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", line, "sh", Cardlink.binary.path()] + arguments
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    try process.run()
    let out = try output.fileHandleForReading.readToEnd() ?? Data()
    let err = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: out, as: UTF8.self), String(decoding: err, as: UTF8.self)
    )
  }

  @Test(
    "a log that can't be written is dropped, and none of it gets into a file of the workspace",
    arguments: [
      #""$@" 2>&-"#, #""$@" >&- 2>&-"#, #""$@" <&- >&- 2>&-"#, #""$@" 2>/dev/full"#,
      #"{ sleep 0.2; "$@" 2>&1 >/dev/null; echo $? >&3; } 3>"$0".exit | true; exit $(cat "$0".exit)"#,
    ])
  func log(line: String) throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(300, seed: 31, xml: false, in: workshop.path)
    let line = line.replacing("\"$0\"", with: "'\(workshop.path)/log'")
    for form in ["text", "json"] {
      try? FileManager.default.removeItem(atPath: pipeline.workspace)
      let result = try Self.shell(
        line, ["run", pipeline.path, "--as-of", "2026-11-23", "--log-format", form])
      #expect(result.exit == 0, "\(result.errors)")
      let names = try #require(FileManager.default.enumerator(atPath: pipeline.workspace))
      for case let name as String in names {
        let data = try? Data(contentsOf: URL(filePath: pipeline.workspace + "/" + name))
        #expect(data?.range(of: Data("stage began".utf8)) == nil, "\(name)")
      }
      #expect(try Cardlink.run(["status", pipeline.path]).output.contains("run 1: done"))
    }
  }

  @Test("an answer that can't be written ends with exit code 74 and says so; a closed pipe ends it quietly")
  func answers() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(2000, seed: 32, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"]).exit == 0)
    let questions = [
      "check \(pipeline.path)", "status \(pipeline.path)", "runs \(pipeline.path)",
      "findings \(pipeline.path)", "findings \(pipeline.path) --output csv",
      "findings \(pipeline.path) --output json", "doctor \(pipeline.path) --output json",
      "audit show \(pipeline.path)", "report \(pipeline.path)", "decisions \(pipeline.path)", "--help",
      "run --help", "--version",
    ]
    for question in questions.map({ $0.split(separator: " ").map(String.init) }) {
      let full = try Self.shell(#""$@" >/dev/full"#, question)
      #expect(full.exit == 74, "\(question)")
      #expect(
        full.errors.contains(
          "standard output: expected to write the answer, found No space left on device\n"))
      #expect(full.errors.hasSuffix("\nTry next: df -h\n"))
      let closed = try Self.shell(#""$@" >&-"#, question)
      #expect(closed.exit == 74 && closed.errors.contains("found Bad file descriptor"), "\(question)")
      let read = try Self.shell(
        #"{ sleep 0.1; "$@"; echo $? >&3; } 3>'\#(workshop.path)/exit' | true"#, question)
      // findings says which run it answers from.
      let notes = ["From run 1 ", "Từ lượt chạy 1,"]
      #expect(
        read.errors.split(separator: "\n").allSatisfy { line in notes.contains { line.hasPrefix($0) } },
        "\(question)")
      #expect(try String(contentsOfFile: workshop.path + "/exit", encoding: .utf8) == "0\n", "\(question)")
    }
  }

  @Test("what is done stays done when its summary can't be written")
  func summaries() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(300, seed: 33, xml: false, in: workshop.path)
    let full = try Self.shell(
      #""$@" 2>&1 >/dev/full"#, ["run", pipeline.path, "--as-of", "2026-11-23"])
    #expect(full.exit == 74)
    #expect(full.output.contains("What the command had to do is done; only its summary is cut off."))
    #expect(try Cardlink.run(["status", pipeline.path]).output.contains("run 1: done"))
    let closed = try Self.shell(
      #""$@" >&-"#, ["generate", workshop.path + "/more", "--people", "10", "--seed", "1"])
    #expect(closed.exit == 0 && closed.errors == "")
  }
}
