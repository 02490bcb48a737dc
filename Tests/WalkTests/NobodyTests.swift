// What cardlink writes for officers, administrators and programs contains no personal data: faulty exports
// are run, and all output except the answers of lookup, explain and findings is searched for their names and
// numbers.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Nobody's data", .serialized)
struct NobodyTests {
  /// Everything that a usual day writes and shows about a pipeline, with its source.
  private static func writings(_ pipeline: Pipeline, briefly: Bool) throws -> [(name: String, text: String)] {
    var writings: [(String, String)] = []
    let all = [
      ["run", pipeline.path, "--log-format", "json", "--log-level", "debug"],
      ["rerun", "match", pipeline.path, "--log-level", "debug"],
      ["run", pipeline.path, "--plan"], ["status", pipeline.path],
      ["status", pipeline.path, "--output", "json"],
      ["status", pipeline.path, "--output", "csv"], ["runs", pipeline.path, "--output", "json"],
      ["doctor", pipeline.path], ["doctor", pipeline.path, "--output", "json"], ["check", pipeline.path],
      ["report", pipeline.path, "--output", "html"], ["audit", "show", pipeline.path],
      ["prune", pipeline.path, "--dry-run"], ["rollback", pipeline.path],
    ]
    let brief = ["run", "check", "status", "doctor", "audit"]
    for words in all where !briefly || brief.contains(words[0]) && !words.contains("csv") {
      let result = try Cardlink.runWithLog(words)
      writings.append(("cardlink \(words.joined(separator: " ")), exit \(result.exit)", result.output))
      writings.append(("its standard error", result.errors))
    }
    let files = FileManager.default.enumerator(atPath: pipeline.workspace)
    for name in files?.compactMap({ $0 as? String }) ?? [] {
      // These files of a workspace contain no personal data.
      guard
        ["run.json", "report.html", "audit.log", "lock"].contains(
          name.split(separator: "/").last.map(String.init))
      else { continue }
      writings.append((name, try String(contentsOfFile: pipeline.workspace + "/" + name, encoding: .utf8)))
    }
    if let metrics = pipeline.metrics, FileManager.default.fileExists(atPath: metrics) {
      writings.append(("metrics", try String(contentsOfFile: metrics, encoding: .utf8)))
    }
    return writings
  }

  private static func search(_ pipeline: Pipeline, _ values: PersonalValues, briefly: Bool = false) throws {
    let writings = try writings(pipeline, briefly: briefly)
    #expect(writings.map(\.text.count).reduce(0, +) > 5_000)
    for writing in writings { #expect(values.found(in: writing.text) == [], "\(writing.name)") }
  }

  private static func invented(_ seed: UInt64, xml: Bool, _ workshop: Workshop) throws -> Pipeline {
    let pipeline = try WalkTests.invented(700, seed: seed, xml: xml, in: workshop.path)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8) + "metrics: night.prom\n"
    try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    return try Pipeline(file: pipeline.path)
  }

  @Test("exports with every kind of trouble", arguments: [false, true])
  func troubled(xml: Bool) throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(81, xml: xml, workshop)
    let values = try PersonalValues(pipeline)
    #expect(values.values.count > 1000)
    // The audit log of questions about persons, in words that name none of them.
    let numbers = values.values.filter { $0.count == 12 && $0.allSatisfy(\.isNumber) }.sorted().prefix(2)
    #expect(try Cardlink.run(["run", pipeline.path]).exit == 0)
    for number in numbers {
      _ = try Cardlink.run(["lookup", number, pipeline.path, "--because", "a test"])
      _ = try Cardlink.run(["explain", number, pipeline.path])
    }
    _ = try Cardlink.run(["findings", pipeline.path])
    try Self.search(pipeline, values)
  }

  /// Kinds of broken files; each puts the first lines in wrong places.
  enum Damage: String, CaseIterable {
    case headerGone, headerTwice, quoteLeftOpen, lineCut, fieldsShifted, binary
  }

  @Test("exports that arrive broken", arguments: Damage.allCases)
  func broken(damage: Damage) throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(82, xml: false, workshop)
    let values = try PersonalValues(pipeline)
    for kind in ExportKind.allCases {
      let file = try #require(
        try pipeline.export(kind).foundFiles(pipeline: pipeline.path, asOf: .none).first)
      // Each byte as a character, whatever the encoding.
      let text = try String(contentsOfFile: file.path, encoding: .isoLatin1)
      var lines = text.split(separator: "\n").map(String.init)
      switch damage {
      case .headerGone: lines.removeFirst()
      case .headerTwice: lines.insert(lines[0], at: lines.count / 2)
      case .quoteLeftOpen: lines[lines.count / 2] = "\"" + lines[lines.count / 2]
      case .lineCut: lines = lines.map { String($0.prefix($0.count / 2)) }
      case .fieldsShifted: lines = [lines[0]] + lines.dropFirst().map { "x," + $0 }
      case .binary: lines = lines.map { $0.replacing(",", with: "\u{0}") }
      }
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: file.path, atomically: true, encoding: .isoLatin1)
      if kind == .population, damage == .headerGone { break }
    }
    try Self.search(pipeline, values, briefly: true)
  }

  @Test("the search finds what is there")
  func searching() throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(83, xml: false, workshop)
    let values = try PersonalValues(pipeline)
    _ = try WalkTests.walk(pipeline)
    let findings = try Cardlink.run(["findings", pipeline.path, "--output", "csv"])
    #expect(values.found(in: findings.output).count > 50)
  }
}
