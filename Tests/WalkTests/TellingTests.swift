// The progress of a run: the line on a terminal, the log, and that neither contains personal data.

import Foundation
import Logging
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace
@testable import cardlink

@Suite("Telling")
struct TellingTests {
  private static let line: ProgressLine = {
    var line = ProgressLine(stage: .extract, seconds: 30)
    (line.done, line.total, line.unit) = (3 << 30, 8 << 30, "bytes")
    line.rate = Double(400 << 20)
    line.secondsAfter = 600
    return line
  }()

  @Test("the line says how far, how fast, how long still, and when the run ends")
  func line() {
    // 5 GiB at 400 MiB a second are 12.8 s; with 600 s for the other stages 10 min 13 s, from 01:17:00 on.
    #expect(
      Self.line.text(width: 79, now: 3600 + 17 * 60)
        == "extract  ████░░░░░░░░░   37 %  3.0 of 8.0 GiB  400 MiB/s  13 s left  ends 01:27")
    var match = ProgressLine(stage: .match, seconds: 12)
    #expect(match.text(width: 79, now: 0) == "match    12 s")
    match.lastSeconds = 48
    #expect(
      match.text(width: 79, now: 0)
        == "match    ██████░░░░░░░░░░░░░░░░░░  ~25 %  about 36 s left")
    // It takes longer than the last time, so there is no estimate.
    match.seconds = 61
    #expect(match.text(width: 79, now: 0).hasSuffix("~99 %  1:01 min"))
    var publish = ProgressLine(stage: .publish, seconds: 3.9)
    (publish.done, publish.unit) = (412_000, "people read")
    #expect(publish.text(width: 79, now: 0) == "publish  412 k people read  3 s")
    var finished = Self.line
    finished.done = finished.total
    #expect(finished.text(width: 79, now: 0).hasSuffix("100 %  8.0 of 8.0 GiB  finishing, 30 s"))
  }

  @Test("the line never wraps", arguments: 20...200)
  func width(columns: Int) {
    for stage in StageName.allCases {
      for total in [0, 1, 90_000_000, 9 << 40] {
        for unit in ["bytes", "cards"] {
          var line = ProgressLine(stage: stage, seconds: 123_456)
          (line.done, line.total, line.unit, line.rate) = (total / 3, total, unit, 999_999_999)
          (line.lastSeconds, line.secondsAfter) = (250_000, 99_999)
          #expect(line.text(width: columns - 1, now: 86_399).count < columns)
        }
      }
    }
  }

  @Test("the pace is that of the last quarter of a minute")
  func pace() throws {
    var pace = Pace()
    #expect(pace.rate(done: 0, at: 0.1) == nil)
    var done = 0
    // A slow minute, then a fast one.
    for tick in 1...240 {
      done += tick <= 120 ? 50 : 500
      pace.note(done: done, at: Double(tick) / 2)
    }
    let rate = try #require(pace.rate(done: done, at: 120))
    #expect(abs(rate - 1000) < 1)
  }

  @Test("an estimate made after a tenth of a steady stage is right within a tenth")
  func estimate() throws {
    var pace = Pace()
    var line = ProgressLine(stage: .load, seconds: 0)
    (line.total, line.unit) = (1_000_000, "cards")
    for tick in 1...20 {
      // Batches come unevenly.
      (line.done, line.seconds) = (tick * 10_000 + (tick % 3) * 1500, Double(tick))
      pace.note(done: line.done, at: line.seconds)
      line.rate = pace.rate(done: line.done, at: line.seconds)
      guard tick >= 10, let left = line.secondsLeft else { continue }
      #expect(abs(left - Double(100 - tick)) < 10, "\(tick): \(left)")
    }
  }

  @Test("log lines, letter by letter")
  func lines() {
    let metadata: Logger.Metadata = [
      "event": "stage_done", "run": .stringConvertible(8), "stage": "match",
      "seconds": .stringConvertible(1.5),
      "because": "two words", "records": .stringConvertible(12),
    ]
    #expect(
      LogLines.line(.text, at: "2026-11-24T01:17:00+07:00", .info, "stage done", metadata)
        == "2026-11-24T01:17:00+07:00 info cardlink: run=8 stage=match seconds=1.5 because=\"two words\" records=12 stage done"
    )
    #expect(
      LogLines.line(.json, at: "2026-11-24T01:17:00+07:00", .warning, "a \"b\"\nc", metadata)
        == #"{"at":"2026-11-24T01:17:00+07:00","level":"warning","event":"stage_done","run":8,"stage":"match","seconds":1.5,"because":"two words","records":12,"message":"a \"b\"\nc"}"#
    )
  }

  /// A log in JSON, each line an object.
  private static func objects(_ log: String) throws -> [[String: Any]] {
    try log.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
    }
  }

  @Test("with --log-format json every line is an object, with its run, stage and seconds, also of a failure")
  func json() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(400, seed: 21, xml: false, in: workshop.path)
    let done = try Cardlink.runWithLog(["run", pipeline.path, "--log-format", "json"])
    #expect(done.exit == 0)
    let events = try Self.objects(done.errors)
    for stage in StageName.allCases {
      let own = events.filter { $0["stage"] as? String == stage.rawValue }
      #expect(own.map { $0["event"] as? String } == ["stage_began", "stage_done"])
      #expect(own.allSatisfy { $0["run"] as? Int == 1 } && own.last?["seconds"] is Double)
    }
    #expect(events.first?["event"] as? String == "run_began")
    #expect(events.last?["event"] as? String == "run_done")
    for event in events { #expect(event["at"] is String && event["level"] as? String == "info") }

    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
    try "".write(toFile: export.path, atomically: true, encoding: .utf8)
    let failed = try Cardlink.runWithLog([
      "run", pipeline.path, "--log-format", "json", "--log-level", "error",
    ])
    #expect(failed.exit != 0)
    let errors = try Self.objects(failed.errors)
    #expect(errors.map { $0["event"] as? String } == ["run_failed", "command_failed"])
    #expect(errors.last?["exit_code"] as? Int == Int(failed.exit))
    #expect((errors.last?["try_next"] as? String)?.hasPrefix("cardlink ") == true)
    #expect(errors.last?["message"] is String)
  }
}

@Suite("Command lines that can't be understood")
struct UsageTests {
  @Test(
    "end with the exact command to try next",
    arguments: [
      ("run P --threds 2", "cardlink run P --threads 2"),
      ("run P --threds=2", "cardlink run P --threads=2"),
      ("rerun mach P", "cardlink rerun match P"),
      ("rerun everything P", "cardlink rerun --help"),
      ("statsu P", "cardlink status P"),
      ("audit verfy P", "cardlink audit verify P"),
      ("gibberish", "cardlink --help"),
      ("rerun", "cardlink rerun --help"),
      ("run P --memory much", "cardlink run --help"),
      ("release P 3", "cardlink release --help"),
      ("lokup 001090000123 P", "cardlink lookup - P"),
      ("run", "cardlink run pipelines/nightly.yaml"),
      ("explain -", "cardlink explain - pipelines/nightly.yaml"),
    ])
  func next(typed: String, next: String) throws {
    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path).appending(path: "pipelines")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try "workspace: var\nexports: {}\n".write(
      to: folder.appending(path: "nightly.yaml"), atomically: true, encoding: .utf8)
    let words = typed.split(separator: " ").map { $0 == "P" ? "p.yaml" : String($0) }
    let result = try Cardlink.runWithLog(words, in: workshop.path)
    #expect(result.exit == 64)
    #expect(
      result.errors.split(separator: "\n").last.map(String.init)
        == "Try next: " + next.replacing(" P", with: " p.yaml"))
    #expect(!result.errors.contains("001090000123"))
  }

  @Test("a pipeline file that isn't there: one that is, or how to make one")
  func missing() throws {
    let workshop = try Workshop()
    try "workspace: var\nexports: {}\n".write(
      toFile: workshop.path + "/nightly.yaml", atomically: true, encoding: .utf8)
    let near = try Cardlink.runWithLog(["run", "nihgtly.yaml"], in: workshop.path)
    #expect(near.exit == 78 && near.errors.hasSuffix("Try next: cardlink check nightly.yaml\n"))
    try FileManager.default.removeItem(atPath: workshop.path + "/nightly.yaml")
    let none = try Cardlink.runWithLog(["status", "nihgtly.yaml"], in: workshop.path)
    #expect(
      none.exit == 78
        && none.errors.hasSuffix("Try next: cardlink generate trial --people 1000 --seed 1\n"))
  }
}
