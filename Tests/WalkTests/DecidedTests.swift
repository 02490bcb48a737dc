// A record that an officer gave to a person: officers see that it was decided, facilities see a card like any
// other.

import Foundation
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Linked by a decision")
struct DecidedTests {
  static let input = CaseTests.folder.appending(path: "decide/input").path()

  /// The case `decide` after its decisions, with packages in all formats.
  private static func decided(in workshop: Workshop) throws -> Pipeline {
    for name in ["pipeline.yaml", "population.csv", "insurance.csv"] {
      try FileManager.default.copyItem(atPath: input + "/" + name, toPath: workshop.path + "/" + name)
    }
    let path = workshop.path + "/pipeline.yaml"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    try
      (text
      + "metrics: night.prom\npublish:\n  packages:\n  - { all: true, name: all-people, formats: [csv, sqlite, xml, fhir] }\n")
      .write(toFile: path, atomically: true, encoding: .utf8)
    let pipeline = try Pipeline(file: path)
    _ = try WalkTests.walk(pipeline)
    _ = try Desk(pipeline, for: .user()).decide(
      workList: input + "/decisions.csv", named: "decisions.csv", by: nil)
    return pipeline
  }

  @Test(
    "the store, lookup and explain say that the rule was a decision, and findings have the record no more")
  func store() throws {
    let workshop = try Workshop()
    let pipeline = try Self.decided(in: workshop)
    _ = try WalkTests.walk(pipeline)
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    for (id, number, notes) in [
      ("001090000101", "0100000101", "middle_name_dropped,name"), ("079090000104", "0100000103", ""),
      ("001090000101", "0100000105", ""),
    ] {
      let card = try #require(try store.cards(of: id).first { $0.insuranceNumber == number })
      #expect(card.rule == "decision")
      #expect(Set((card.notes ?? "").split(separator: ",")).isSuperset(of: notes.split(separator: ",")))
    }
    #expect(try store.card(personalID: "079090000104")?.card.rule == "decision")
    var found: [String] = []
    try store.findings { found.append("\($0.outcome) \($0.insuranceNumber ?? "") \($0.reasons ?? "")") }
    #expect(found == ["id_missing 0100000102 ", "disputed 0100000104 decision_rejected,name"])

    func shown(_ words: [String]) throws -> String {
      let result = try Cardlink.run(words)
      #expect(result.exit == 0, "\(result.errors)")
      return result.output
    }
    let row = try shown(["lookup", "079090000104", pipeline.path, "--output", "csv"])
    #expect(row.contains(",decision,"))
    let given = try shown(["explain", "079090000104", pipeline.path])
    #expect(
      given.contains("✓ personal_id         decision") && given.contains("✓ decision            accept 2"))
    #expect(given.contains("→ in_force linked") && given.contains("Căn cước, bản gốc"))
    let accepted = try shown(["explain", "001090000101", pipeline.path])
    #expect(accepted.contains("✗ name") && accepted.contains("✓ decision            accept 1"))
    // For a number that no person has, explain shows where its record went.
    let gone = try shown(["explain", "001090000999", pipeline.path])
    #expect(gone.contains("about 001090000101") && gone.contains("→ in_force linked"))
  }

  @Test("the end of the run, status, report and metrics say how many")
  func figures() throws {
    let workshop = try Workshop()
    let pipeline = try Self.decided(in: workshop)
    let before = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(before.decided == nil)
    let run = try WalkTests.walk(pipeline)
    let counts = try #require(run.decided)
    #expect(counts.inForce == 4 && counts.linked == 3 && counts.keptApart == 1 && counts.notApplied == 0)
    let words = "4 in force, 3 records linked by them, 1 kept apart"
    #expect(RunReport(run, pipelinePath: "p.yaml").text.contains("quyết định của cán bộ: \(words)."))
    let status = try Cardlink.run(["status", pipeline.path])
    #expect(status.output.replacing(/\s+/, with: " ").contains("quyết định của cán bộ \(words)"))
    let json = try Cardlink.run(["status", pipeline.path, "--output", "json"]).output
    #expect(json.contains("\"linked\" : 3") && json.contains("\"kept_apart\" : 1"))
    let html = ReportPage(run, among: try Desk(pipeline, for: .user()).runs(), pipeline: "p.yaml").html
    #expect(html.contains("Quyết định của cán bộ") && html.contains("cardlink decisions p.yaml"))
    #expect(!ReportPage(before, among: [before], pipeline: "p.yaml").html.contains("Quyết định của cán bộ"))
    let metrics = try String(contentsOfFile: workshop.path + "/night.prom", encoding: .utf8)
    #expect(ReadMetrics(metrics).problems == [])
    #expect(metrics.contains("cardlink_decided_records{pipeline=\"case\",effect=\"linked\"} 3"))
    #expect(metrics.contains("cardlink_decisions_in_force{pipeline=\"case\"} 4"))
    // A rerun from a later stage takes over the match's figures, and a revocation removes the card.
    #expect(try WalkTests.walk(pipeline, from: .load).decided == counts)
    _ = try Desk(pipeline, for: .user()).revoke([1, 2, 3, 4], because: "thử", by: nil)
    #expect(try WalkTests.walk(pipeline).decided == nil)
  }

  @Test("the figure is what the store counts, also where numbers are shared", arguments: UInt64(0)..<4)
  func counted(seed: UInt64) throws {
    let workshop = try Workshop()
    let pipeline = try DecisionTests.done(500, seed: 70 + seed, in: workshop)
    let list = try DecisionTests.workList(pipeline, in: workshop) { finding in
      finding.outcome == "disputed" || finding.candidates == 1 ? "accept" : nil
    }
    _ = try Desk(pipeline, for: .user()).decide(workList: list, named: "decisions.csv", by: nil)
    let run = try WalkTests.walk(pipeline)
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    var people: [String] = []
    try store.forEachCardAttribute { people.append($0.personalID) }
    let slow = try people.reduce(0) { sum, id in try sum + store.cards(of: id).count { $0.rule == "decision" }
    }
    #expect(slow > 10)
    #expect(run.decided?.linked == slow)
  }

  @Test(
    "a facility reads the card like any other, and the clerk who asks the store is told that it was decided")
  func facilities() throws {
    let workshop = try Workshop()
    let pipeline = try Self.decided(in: workshop)
    _ = try WalkTests.walk(pipeline)
    let package = pipeline.workspace + "/packages/current/all-people"
    let people = try String(contentsOfFile: package + "/data/people.csv", encoding: .utf8)
    let lines = people.split(whereSeparator: \.isNewline)
    #expect(lines.count == 3)
    // Name, birth date and sex are the population's, the card is the insurance register's; the package
    // doesn't show who decided.
    #expect(
      lines.contains {
        $0.hasPrefix("001090000101,NGUYỄN VĂN MẪU,1990-03-05,male,") && $0.contains("DN4010100000105")
      })
    #expect(
      lines.contains {
        $0.hasPrefix("079090000104,LÊ VĂN ĐÔI,1990-05-07,male,") && $0.contains("DN4010100000103")
      })
    #expect(!people.contains("decision"))

    let question = workshop.path + "/question"
    func answer(_ line: String, _ source: [String]) throws -> String {
      try line.write(toFile: question, atomically: true, encoding: .utf8)
      let result = try Cardlink.run(["check-card", "--on", "2026-11-23", "--input", question] + source)
      #expect(result.exit == 0, "\(result.errors)")
      return result.output
    }
    let decidedNote = "Cán bộ dữ liệu đã xác nhận thẻ là của người này"
    for line in ["079090000104, Lê Văn Đôi, 07/05/1990", "DN4010100000101, Nguyễn Văn Mẫu, 05/03/1990"] {
      let stored = try answer(line, [pipeline.path])
      #expect(stored.contains("\"maKetQua\": \"000\"") && stored.contains(decidedNote), "\(stored)")
    }
    let packaged = try answer("079090000104, Lê Văn Đôi, 07/05/1990", ["--package", package])
    #expect(packaged.contains("\"maKetQua\": \"000\""))
    // With a wrong name, the answer doesn't mention the decision either.
    #expect(!(try answer("079090000104, Lê Văn Khác, 07/05/1990", [pipeline.path])).contains(decidedNote))
  }
}
