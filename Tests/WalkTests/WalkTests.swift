// Whole runs: the right outcome of every record, the same result from any width, and damage that is found.

import Files
import Foundation
import GRDB
import Generate
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("The walk", .serialized)
struct WalkTests {
  static let asOf = CalendarDate(packed: 20_261_123)

  /// Generates people into `folder` and reads the pipeline file that reads them.
  static func invented(
    _ people: Int, seed: UInt64, xml: Bool, in folder: String, files: Int = 1, hasUnreadColumns: Bool = false
  ) throws
    -> Pipeline
  {
    _ = try generate(
      into: folder,
      GeneratorOptions(
        people: people, seed: seed, populationFormat: xml ? .xml : .csv, insuranceFormat: xml ? .xml : .csv,
        filesPerExport: files, hasUnreadColumns: hasUnreadColumns))
    return try Pipeline(file: folder + "/pipeline.yaml")
  }

  static func walk(
    _ pipeline: Pipeline, threads: Int = 2, memory: Int = 256 << 20, from: StageName? = nil,
    asOf: CalendarDate = asOf
  ) throws -> RunRecord {
    let workspace = try Workspace(pipeline.workspace)
    return try Run.walk(
      pipeline, in: workspace, from: from,
      options: RunOptions(asOf: asOf, threads: threads, memoryBytes: memory, pages: NightPages()),
      progress: SilentProgress())
  }

  /// All rows of the store except run numbers and times.
  static func rows(_ pipeline: Pipeline) throws -> [String] {
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    var rows: [String] = []
    var numbers: [String] = []
    try store.forEachCardAttribute { (person) throws(Stop) in
      var person = person
      person.card.runID = 0
      rows.append("\(person)")
      numbers.append(person.personalID)
    }
    for number in numbers {
      for card in try store.cards(of: number) {
        var card = card
        card.runID = 0
        rows.append("\(card)")
      }
    }
    try store.findings { finding in
      var finding = finding
      finding.runID = 0
      rows.append("\(finding)")
    }
    return rows
  }

  /// The first column of a query of the store in force.
  static func values(_ sql: String, _ pipeline: Pipeline) throws -> [String] {
    let path = pipeline.storePath(in: pipeline.workspace)
    return try DatabaseQueue(path: path).read { db in try String.fetchAll(db, sql: sql) }
  }

  @Test(
    "every record of invented exports ends as the truth says", arguments: [(1, false), (2, true), (3, false)])
  func truth(seed: UInt64, xml: Bool) throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(
      3000, seed: seed, xml: xml, in: workshop.path, files: Int(seed), hasUnreadColumns: seed == 3)
    let run = try Self.walk(pipeline)
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    var ended: [String: String] = [:]
    try store.findings { ended["\($0.export),\($0.sourceFile),\($0.sourceLine)"] = $0.outcome }
    var numbers: [String] = []
    try store.forEachCardAttribute { numbers.append($0.personalID) }
    for number in numbers {
      for card in try store.cards(of: number) {
        ended["insurance,\(card.sourceFile),\(card.sourceLine)"] = "linked"
      }
    }
    let truth = try String(contentsOfFile: workshop.path + "/truth.csv", encoding: .utf8)
    var count = 0
    for line in truth.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: ",", maxSplits: 4, omittingEmptySubsequences: false)
      let key = fields[..<3].joined(separator: ",")
      let expected = fields[3] == "registered" || fields[3] == "repeated" ? nil : String(fields[3])
      #expect(ended[key] == expected, "\(key)")
      count += 1
    }
    #expect(run.count(.population) + run.count(.insurance) == count)
    for outcome in Outcome.ofInsurance { #expect(run.count(.insurance, outcome) > 0, "\(outcome.name)") }
  }

  @Test("threads, memory and the cut into files don't change the store")
  func width() throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(2000, seed: 9, xml: false, in: workshop.path, files: 3)
    var first: [String]?
    for (threads, memory) in [(1, 64 << 20), (2, 1 << 20), (8, 1 << 30)] {
      try Folder.remove(pipeline.workspace)
      _ = try Self.walk(pipeline, threads: threads, memory: memory)
      let rows = try Self.rows(pipeline)
      #expect(rows.count > 2000)
      #expect(first == nil || first == rows)
      first = rows
    }
  }

  @Test("a rerun from any stage gives the same store", arguments: StageName.allCases)
  func rerun(stage: StageName) throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(600, seed: 4, xml: false, in: workshop.path)
    _ = try Self.walk(pipeline)
    let before = try Self.rows(pipeline)
    let run = try Self.walk(pipeline, from: stage)
    #expect(run.id == 2)
    #expect(run.state == .done)
    #expect(try Self.rows(pipeline) == before)
    #expect(try Self.values("SELECT state FROM run ORDER BY run_id", pipeline) == ["done", "done"])
  }

  @Test("a second run finds the workspace held, and says by whom")
  func lock() throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(500, seed: 6, xml: false, in: workshop.path)
    let held = try Workspace(pipeline.workspace)
    let result = try Cardlink.run(["run", pipeline.path])
    #expect(result.exit == 75)
    #expect(result.errors.contains("found process \(ProcessInfo.processInfo.processIdentifier) since "))
    #expect(result.errors.hasSuffix("Try next: cardlink status \(pipeline.path)\n"))
    withExtendedLifetime(held) {}
  }

  @Test("a damaged staged file stops the match with exit code 74, and a run from the exports heals it")
  func damaged() throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(500, seed: 7, xml: false, in: workshop.path)
    _ = try Self.walk(pipeline)
    let before = try Self.rows(pipeline)
    let folder = pipeline.workspace + "/runs/0001/extract/"
    let name = try #require(Folder.names(in: folder).first { $0.hasPrefix("population") })
    var bytes = try Data(contentsOf: URL(filePath: folder + name))
    bytes[100] ^= 1
    try bytes.write(to: URL(filePath: folder + name))
    #expect {
      try Self.walk(pipeline, from: .match)
    } throws: { ($0 as? Stop)?.exit == .inputOutput }
    #expect(try Self.rows(pipeline) == before)
    _ = try Self.walk(pipeline, from: .extract)
    #expect(try Self.rows(pipeline) == before)
  }

  @Test("files are for their owner alone")
  func permissions() throws {
    let workshop = try Workshop()
    let pipeline = try Self.invented(500, seed: 8, xml: false, in: workshop.path)
    _ = try Self.walk(pipeline)
    let all = FileManager.default.enumerator(atPath: pipeline.workspace)?.compactMap { $0 as? String } ?? []
    #expect(all.count > 20)
    for name in all {
      let attributes = try FileManager.default.attributesOfItem(atPath: pipeline.workspace + "/" + name)
      guard attributes[.type] as? FileAttributeType != .typeSymbolicLink else { continue }
      let mode = try #require(attributes[.posixPermissions] as? NSNumber).intValue
      #expect(mode & 0o077 == 0, "\(name)")
    }
  }
}

extension Store {
  /// Passes every person with the serving card to `body`, ascending by personal ID number.
  func forEachCardAttribute(_ body: (CardAttribute) throws -> Void) throws {
    let persons = try StoredPersons(path: path)
    var batch = PersonBatch()
    while try persons.nextBatch(into: &batch) {
      for person in batch.persons {
        if let found = try card(personalID: person.personalID.text) { try body(found) }
      }
    }
  }
}
