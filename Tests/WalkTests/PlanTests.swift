// What a run skips, what it repeats, and what the plan says about it.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Plans: what is still true is skipped", .serialized)
struct PlanTests {
  private static func plan(_ pipeline: Pipeline, asOf: CalendarDate = WalkTests.asOf) throws -> [String] {
    try Plan(pipeline, from: nil, asOf: asOf).steps.map { step in
      "\(step.stage.rawValue) \(step.uses == nil ? "run" : "skip"): \(step.why)"
    }
  }

  private static let allSkipped = StageName.allCases.map {
    "\($0.rawValue) skip: run 1 made it from the same"
  }
  private static func all(because why: String) -> [String] {
    [
      "extract run: \(why)", "match run: stage extract before it runs",
      "load run: stage match before it runs",
      "publish run: stage load before it runs",
    ]
  }

  /// A pipeline of few people that has run once.
  private static func done(in workshop: Workshop) throws -> Pipeline {
    let pipeline = try WalkTests.invented(40, seed: 11, xml: false, in: workshop.path)
    #expect(try plan(pipeline) == all(because: "it has not run yet"))
    _ = try WalkTests.walk(pipeline)
    return pipeline
  }

  private static func edit(_ path: String, _ change: (String) -> String) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let changed = change(text)
    #expect(changed != text)
    try changed.write(toFile: path, atomically: false, encoding: .utf8)
  }

  /// Every file below a folder with its size, time and inode.
  private static func state(of folder: String) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return try names.sorted().map { name in
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
      let time = (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
      return "\(name) \(attributes[.size] ?? 0) \(time) \(attributes[.systemFileNumber] ?? 0)"
    }
  }

  @Test("a second run finds nothing to do and leaves everything as it is")
  func nothing() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    #expect(try Self.plan(pipeline) == Self.allSkipped)
    let before = try Self.state(of: pipeline.workspace).filter { !$0.hasPrefix("lock ") }
    #expect(try WalkTests.walk(pipeline).id == 1)
    #expect(try Self.state(of: pipeline.workspace).filter { !$0.hasPrefix("lock ") } == before)
    #expect(try Desk(pipeline, for: .user()).runs().count == 1)
  }

  @Test("an export that was touched is read and found the same; one that was changed is not")
  func touched() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    #expect(export.digest?.count == 64)
    #expect(export.digest == (try Digest.text(ofFile: export.path)))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: 60)], ofItemAtPath: export.path)
    #expect(try Self.plan(pipeline) == Self.allSkipped)
    // The same size, and the old time set again.
    let time = try FileManager.default.attributesOfItem(atPath: export.path)[.modificationDate] as? Date
    try Self.edit(export.path) { $0.replacing("01/01/", with: "02/01/") }
    try FileManager.default.setAttributes([.modificationDate: time as Any], ofItemAtPath: export.path)
    #expect(try Self.plan(pipeline) == Self.all(because: "insurance/\(export.name) has changed"))
  }

  @Test("only what a stage uses of the pipeline file makes it run again")
  func pipelineFile() throws {
    let workshop = try Workshop()
    var pipeline = try Self.done(in: workshop)
    try Self.edit(pipeline.path) { "# A comment.\n\n" + $0 }
    pipeline = try Pipeline(file: pipeline.path)
    #expect(try Self.plan(pipeline) == Self.allSkipped)
    // Policies of consumers are read by answers alone.
    pipeline.consumers = [AnswerTests.policy([])]
    #expect(try Self.plan(pipeline) == Self.allSkipped)
    try Self.edit(pipeline.path) { $0.replacing("dates: [", with: "dates: [yyyyMMdd, ") }
    pipeline = try Pipeline(file: pipeline.path)
    #expect(
      try Self.plan(pipeline)
        == Self.all(because: "exports.insurance has changed, exports.population has changed"))
  }

  @Test("another business date makes everything run again")
  func businessDate() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    #expect(
      try Self.plan(pipeline, asOf: CalendarDate(packed: 20_261_124))
        == Self.all(because: "the business date is 2026-11-24, was 2026-11-23"))
  }

  @Test("a store that is gone is loaded again from what match left")
  func storeGone() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    let rows = try WalkTests.rows(pipeline)
    try Folder.remove(pipeline.storePath(in: pipeline.workspace))
    #expect(
      try Self.plan(pipeline) == Self.allSkipped.prefix(2) + [
        "load run: there is no store", "publish run: stage load before it runs",
      ])
    let run = try WalkTests.walk(pipeline)
    #expect(run.stages.map(\.run) == [1, 1, 2, 2])
    #expect(run.count(.insurance) > 0)
    #expect(try WalkTests.rows(pipeline) == rows)
    #expect(
      try WalkTests.values("SELECT outcome FROM ledger WHERE run_id = 2", pipeline).count
        == run.matched.ledger.count)
  }

  @Test("staged records that are gone are made again")
  func stagedGone() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    try Folder.remove(pipeline.workspace + "/runs/0001/extract")
    #expect(try Self.plan(pipeline) == Self.all(because: "the earlier result was removed"))
  }

  @Test("a run that was cut off continues after its last finished stage", arguments: StageName.allCases)
  func cutOff(stage: StageName) throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(in: workshop)
    let rows = try WalkTests.rows(pipeline)
    // The state after a kill: the run's record as it was when the stage began.
    _ = try WalkTests.walk(pipeline, from: .extract)
    let path = WorkspaceReader(pipeline.workspace).folder(of: 2) + "/run.json"
    var run = try #require(try JSONFile.read(RunRecord.self, from: path))
    run.state = .running
    run.stages.removeAll { $0.stage >= stage }
    try JSONFile.write(run, to: path)
    let plan = try Plan(pipeline, from: nil, asOf: WalkTests.asOf)
    #expect(plan.unfinished?.id == 2)
    #expect(plan.steps.map { $0.uses == nil } == StageName.allCases.map { $0 >= stage })
    #expect(try WalkTests.walk(pipeline).id == 2)
    #expect(try Desk(pipeline, for: .user()).runs().map(\.state) == [.done, .done])
    #expect(try WalkTests.rows(pipeline) == rows)
  }

  @Test("a plan says what would run, and changes nothing")
  func command() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(40, seed: 11, xml: false, in: workshop.path)
    let before = try Self.state(of: workshop.path)
    let first = try Cardlink.run(["run", pipeline.path, "--plan", "--as-of", "2026-11-23", "--output", "csv"])
    #expect(
      first.output == """
        stage,action,why,last_seconds,last_run
        extract,run,it has not run yet,,
        match,run,stage extract before it runs,,
        load,run,stage match before it runs,,
        publish,run,stage load before it runs,,

        """)
    #expect(first.exit == 0)
    #expect(try Self.state(of: workshop.path) == before)
    #expect(try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"]).exit == 0)
    let done = try Self.state(of: workshop.path)
    let second = try Cardlink.run(["run", pipeline.path, "--plan", "--as-of", "2026-11-23"])
    #expect(second.output.hasPrefix("Nothing to do: run 1 has done all of it.\n"))
    #expect(second.output.contains("extract  skip    run 1 made it from the same"))
    #expect(try Self.state(of: workshop.path) == done)
  }

  @Test("the canonical text tells values apart and not their order")
  func canonicalText() {
    struct Sample {
      var a: [String: Int?]
      var b: ExportSpec.Source
      var c: [String]
    }
    let one = Sample(
      a: ["x": 1, "y": nil], b: .any([.column("A"), .joined([.column("B")])]), c: ["p", "q"])
    #expect(
      CanonicalText.of(one)
        == #"(a:{["x","1"],["y",nil]},b:any<[column<"A">,joined<[column<"B">]>]>,c:["p","q"])"#)
    #expect(CanonicalText.of(["a\",\"b"]) != CanonicalText.of(["a", "b"]))
    #expect(CanonicalText.of(["b": 1, "a": 2]) == CanonicalText.of(["a": 2, "b": 1]))
  }
}
