// The metrics file: well formed, equal to the run's figures, and written however a run ends.

import Foundation
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

/// A file in the text format of Prometheus, read strictly.
struct ReadMetrics {
  /// Sample by its name and labels, as written.
  private(set) var samples: [String: Double] = [:]
  private(set) var problems: [String] = []

  init(_ text: String) {
    var helped: Set<String> = []
    var typed: Set<String> = []
    var last = ""
    // Made once, not for each line.
    let (help, type) = (
      #/# HELP ([a-z_:][a-z0-9_:]*) (\S.*)/#, #/# TYPE ([a-z_:][a-z0-9_:]*) (gauge|counter)/#
    )
    let sample = #/([a-z_:][a-z0-9_:]*)(\{([a-z_][a-z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? (\S+)/#
    if !text.hasSuffix("\n") { problems.append("no line end at the end") }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if let match = line.wholeMatch(of: help) {
        if !helped.insert(String(match.1)).inserted { problems.append("a second HELP: \(line)") }
        last = String(match.1)
      } else if let match = line.wholeMatch(of: type) {
        if !typed.insert(String(match.1)).inserted { problems.append("a second TYPE: \(line)") }
        if match.1 != last { problems.append("TYPE without its HELP: \(line)") }
      } else if let match = line.wholeMatch(of: sample) {
        let name = String(match.1)
        // All samples of a family follow its HELP and TYPE.
        if name != last || !typed.contains(name) { problems.append("a sample outside its family: \(line)") }
        guard let value = Double(match.5), !match.5.contains("_") else {
          problems.append("no number: \(line)")
          continue
        }
        let key = name + (match.2.map(String.init) ?? "")
        if samples.updateValue(value, forKey: key) != nil { problems.append("twice: \(line)") }
        if name.hasSuffix("_ratio"), !(0...1).contains(value) { problems.append("no ratio: \(line)") }
      } else {
        problems.append("no line of the format: \(line)")
      }
    }
  }

  subscript(_ name: String, _ labels: String = "") -> Double? {
    samples["cardlink_\(name){pipeline=\"generated\"\(labels.isEmpty ? "" : "," + labels)}"]
  }
}

@Suite("Metrics", .serialized)
struct MetricsTests {
  /// A pipeline that writes its metrics beside its file.
  private static func measured(_ people: Int, _ workshop: Workshop) throws -> (Pipeline, String) {
    let pipeline = try WalkTests.invented(people, seed: 31, xml: false, in: workshop.path)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8) + "metrics: night.prom\n"
    try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    return (try Pipeline(file: pipeline.path), workshop.path + "/night.prom")
  }

  private static func read(_ path: String) throws -> ReadMetrics {
    let metrics = ReadMetrics(try String(contentsOfFile: path, encoding: .utf8))
    #expect(metrics.problems == [])
    return metrics
  }

  @Test("a run that is done: the ledger, the stages, times, and a file that node_exporter may read")
  func done() throws {
    let workshop = try Workshop()
    let (pipeline, path) = try Self.measured(800, workshop)
    let before = Date().timeIntervalSince1970.rounded(.down)
    let run = try WalkTests.walk(pipeline)
    let metrics = try Self.read(path)
    #expect(metrics["run_id"] == 1)
    #expect(metrics["last_attempt_exit_code"] == 0 && metrics["run_exit_code"] == 0)
    for name in ["last_attempt", "run_start", "run_end", "last_done", "in_force_made"] {
      let at = try #require(metrics["\(name)_timestamp_seconds"])
      #expect(at >= before && at <= Date().timeIntervalSince1970, "\(name)")
    }
    // Midnight of 2026-11-23 at +07:00.
    #expect(metrics["in_force_as_of_timestamp_seconds"] == 1_795_366_800)
    #expect(metrics["in_force_run_id"] == 1)
    for state in ["running", "done", "held", "failed"] {
      #expect(metrics["run_state", "state=\"\(state)\""] == (state == "done" ? 1 : 0))
    }
    for (export, outcomes) in [
      (ExportKind.insurance, Outcome.ofInsurance), (.population, Outcome.ofPopulation),
    ] {
      for outcome in outcomes {
        #expect(
          metrics["records", "export=\"\(export.name)\",outcome=\"\(outcome.name)\""]
            == Double(run.count(export, outcome)))
      }
    }
    for stage in StageName.allCases {
      #expect(
        metrics["stage_duration_seconds", "stage=\"\(stage.rawValue)\""] == run.finished(stage)?.seconds)
      #expect(metrics["stage_skipped", "stage=\"\(stage.rawValue)\""] == 0)
    }
    #expect(try #require(metrics["link_ratio"]) > 0.5)
    #expect(metrics["gates_failed"] == 0)
    #expect(try #require(metrics["run_peak_memory_bytes"]) > 1_000_000)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o644)
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
    let values = try PersonalValues(pipeline)
    #expect(values.found(in: try String(contentsOfFile: path, encoding: .utf8)) == [])

    // A run with nothing to do is an attempt too.
    _ = try WalkTests.walk(pipeline)
    #expect(try Self.read(path)["run_id"] == 1)
  }

  @Test("a run that can't begin, fails, or is held, and a rollback")
  func others() throws {
    let workshop = try Workshop()
    let (pipeline, path) = try Self.measured(1200, workshop)
    _ = try WalkTests.walk(pipeline)
    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
    // Each byte as a character, whatever the encoding.
    let whole = try String(contentsOfFile: export.path, encoding: .isoLatin1)

    try FileManager.default.removeItem(atPath: export.path)
    #expect(throws: Stop.self) { try WalkTests.walk(pipeline) }
    var metrics = try Self.read(path)
    #expect(metrics["last_attempt_exit_code"] == 66)
    #expect(metrics["run_id"] == 1 && metrics["run_state", "state=\"done\""] == 1)

    try String(whole.prefix { $0 != "\n" } + "\n").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
    #expect(throws: Stop.self) { try WalkTests.walk(pipeline) }
    metrics = try Self.read(path)
    #expect(metrics["last_attempt_exit_code"] == 65 && metrics["run_exit_code"] == 65)
    #expect(metrics["run_id"] == 2 && metrics["run_state", "state=\"failed\""] == 1)
    #expect(metrics["in_force_run_id"] == 1 && metrics["run_end_timestamp_seconds"] != nil)

    // Half of the records are missing: the gate holds the run.
    let lines = whole.split(separator: "\n")
    try (lines.prefix(lines.count / 2).joined(separator: "\n") + "\n").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
    var limited = pipeline
    limited.gates.judgedFrom = 100
    #expect(throws: Stop.self) { try WalkTests.walk(limited) }
    metrics = try Self.read(path)
    #expect(metrics["run_state", "state=\"held\""] == 1 && metrics["run_exit_code"] == 65)
    #expect(try #require(metrics["gates_failed"]) > 0)
    #expect(metrics["gate_failed", "gate=\"records\""] == 1)
    #expect(metrics["gate_failed", "gate=\"checksums\""] ?? 0 == 0)
    #expect(metrics["in_force_run_id"] == 1)

    let done = try Run.release(
      limited, run: 3, because: "a test", in: Workspace(pipeline.workspace),
      options: RunOptions(asOf: WalkTests.asOf, threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
      progress: SilentProgress())
    #expect(done.state == .done)
    metrics = try Self.read(path)
    #expect(metrics["in_force_run_id"] == 3 && metrics["last_attempt_exit_code"] == 0)

    _ = try Run.rollback(
      limited, to: 1, because: "a test", in: Workspace(pipeline.workspace),
      options: RunOptions(asOf: WalkTests.asOf, threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
      progress: SilentProgress())
    #expect(try Self.read(path)["in_force_run_id"] == 1)
  }

  @Test("metrics that can't be written are said and fail nothing; a workspace that can't be made is told")
  func unwritable() throws {
    let workshop = try Workshop()
    let (pipeline, path) = try Self.measured(300, workshop)
    try FileManager.default.createDirectory(atPath: path + ".partial", withIntermediateDirectories: false)
    let result = try Cardlink.runWithLog(["run", pipeline.path])
    #expect(result.exit == 0 && result.errors.contains("warning cardlink: exit_code=73"))
    try FileManager.default.removeItem(atPath: path + ".partial")
    let refused = try Cardlink.run(["run", pipeline.path, "--workspace", pipeline.path + "/no"])
    #expect(refused.exit == 73)
    #expect(try Self.read(path)["last_attempt_exit_code"] == 73)
  }

  @Test("a pipeline's name can't break the format, and another file name is refused")
  func names() throws {
    var page = Exposition(pipeline: "a\"b\\c\nd")
    page.family("x", "help", [([:], 1), (["a": "b"], 0.5)])
    #expect(ReadMetrics(page.text).problems == [])
    #expect(page.text.contains(#"cardlink_x{pipeline="a\"b\\c\nd",a="b"} 0.5"#))
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(10, seed: 1, xml: false, in: workshop.path)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8) + "metrics: night.txt\n"
    try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    #expect(throws: Stop.self) { try Pipeline(file: pipeline.path) }
  }

  @Test("the reader of the tests sees what is wrong")
  func reading() {
    #expect(ReadMetrics("# HELP a b\n# TYPE a gauge\na 1\na 2\n").problems.count == 1)
    #expect(ReadMetrics("a 1\n").problems.count == 1)
    #expect(ReadMetrics("# HELP a b\n# TYPE a gauge\na one\n").problems.count == 1)
    #expect(ReadMetrics("# HELP a b\n# TYPE a gauge\na{x=\"\"y\"} 1\n").problems.count == 1)
  }

  @Test("the dashboard shows metrics that exist, with their labels")
  func dashboard() throws {
    let page = try String(
      contentsOf: DocumentTests.root.appending(path: "docs/grafana.json"), encoding: .utf8)
    let dashboard = try #require(JSONSerialization.jsonObject(with: Data(page.utf8)) as? [String: Any])
    #expect((dashboard["panels"] as? [Any])?.count == 10)
    let operations = try String(
      contentsOf: DocumentTests.root.appending(path: "docs/operations.md"), encoding: .utf8)
    let shown = Set(page.matches(of: #/cardlink_([a-z_]+)/#).map { String($0.1) })
    #expect(shown.count > 8)
    for name in shown { #expect(operations.contains("`\(name)`"), "\(name)") }
  }
}
