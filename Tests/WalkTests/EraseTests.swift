// Erasing a person: nothing of the workspace holds the number or the name, and an export that brings the person again
// brings a finding.

import Files
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

@Suite("Erasing a person", .serialized)
struct EraseTests {
  /// The files of a workspace that hold a text, apart from the packages.
  private static func files(of workspace: String, holding text: String) throws -> [String] {
    let names = FileManager.default.enumerator(atPath: workspace)?.compactMap { $0 as? String } ?? []
    return try names.filter { name in
      guard !name.hasPrefix("packages"), try !Folder.isFolder(workspace + "/" + name) else { return false }
      return try Data(contentsOf: URL(filePath: workspace + "/" + name)).range(of: Data(text.utf8)) != nil
    }
  }

  /// Three nights; a person whose card changes each night, and the person's name.
  private static func nights(in workshop: Workshop) throws -> (Pipeline, id: PersonalID, name: String) {
    let pipeline = try WalkTests.invented(400, seed: 91, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: 2026_11_23))
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    var person: CardAttribute?
    try Store(path: pipeline.storePath(in: pipeline.workspace)).forEachCardAttribute { (found) throws(Stop) in
      person =
        person ?? (found.card.rule == "personal_id" && found.card.facilityCode?.count == 5 ? found : nil)
    }
    let found = try #require(person)
    let id = try PersonalID(found.personalID.utf8.span)
    for night in 1...2 {
      try give(facility: "0100\(night)", to: id, in: export.path)
      _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: UInt32(2026_11_23 + night)))
    }
    #expect(try Desk(pipeline, for: .user()).states(of: id).states.count == 3)
    return (pipeline, id, found.fullName)
  }

  /// Changes the facility of a person's cards in an export.
  static func give(facility: String, to id: PersonalID, in export: String) throws {
    let text = try String(contentsOfFile: export, encoding: .utf8)
    try text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.contains(id.text)
        ? String(line).replacing(/[0-9]{5}(?=,[0-9]{2}\/[0-9]{2}\/[0-9]{4},)/, with: facility) : String(line)
    }.joined(separator: "\n").write(toFile: export, atomically: true, encoding: .utf8)
  }

  private static func personCount(_ pipeline: Pipeline) throws -> Int {
    var count = 0
    try Store(path: pipeline.storePath(in: pipeline.workspace)).forEachCardAttribute { (_) throws(Stop) in
      count += 1
    }
    return count
  }

  @Test("nothing holds the person any more, and the next export brings a finding")
  func erase() throws {
    let workshop = try Workshop()
    let (pipeline, id, _) = try Self.nights(in: workshop)
    #expect(try Self.files(of: pipeline.workspace, holding: id.text).count > 3)
    let people = try Self.personCount(pipeline)
    let erased = try Cardlink.run(["erase", id.text, pipeline.path, "--because", "court order"])
    #expect(erased.exit == 0, "\(erased.errors)")
    #expect(try Self.files(of: pipeline.workspace, holding: id.text) == [])
    #expect(try Self.personCount(pipeline) == people - 1)
    #expect(try Desk(pipeline, for: .user()).states(of: id).states.isEmpty)
    let line = try #require(try Audit(pipeline.workspace).reading().lines.last { $0.event == "erased" })
    #expect(line.because == "court order")

    _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: 2026_11_26))
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    #expect(try store.card(personalID: id.text) == nil)
    let findings = try store.findings(personalID: id.text)
    #expect(Set(findings.map(\.export)) == ["population", "insurance"])
    #expect(findings.allSatisfy { $0.outcome == "quarantined" && $0.reasons == "person_erased" })
    #expect(try Desk(pipeline, for: .user()).states(of: id).states.isEmpty)

    #expect(
      try Cardlink.run(["erase", id.text, pipeline.path, "--because", "a mistake", "--undo"]).exit == 0)
    _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: 2026_11_27))
    #expect(try Store(path: pipeline.storePath(in: pipeline.workspace)).card(personalID: id.text) != nil)
    #expect(
      try Desk(pipeline, for: .user()).states(of: id).states.map { $0.attribute == nil } == [true, false])
  }

  @Test("an unknown number is refused, so that a slip of the pen erases nobody")
  func unknown() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(60, seed: 92, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let rows = try WalkTests.rows(pipeline)
    let refused = try Cardlink.run(["erase", "001090999999", pipeline.path, "--because", "x"])
    #expect(refused.exit == 1 && refused.errors.contains("Check the digits"), "\(refused.errors)")
    #expect(try Cardlink.run(["erase", "001090999999", pipeline.path, "--because", "x", "--undo"]).exit == 1)
    #expect(try Cardlink.run(["erase", "001090999999", pipeline.path, "--because", " "]).exit == 64)
    #expect(try WalkTests.rows(pipeline) == rows)
    #expect(try !Folder.exists(pipeline.workspace + "/erased.json"))
  }

  @Test("an erasure that fails at any operation is finished by the same command")
  func everyOperation() throws {
    let workshop = try Workshop(inMemory: true)
    let (pipeline, id, _) = try Self.nights(in: workshop)
    let saved = workshop.path + "/saved"
    try FileManager.default.copyItem(atPath: pipeline.workspace, toPath: saved)
    func work() throws {
      _ = try Run.erase(id, from: pipeline, because: "a test", in: Workspace(pipeline.workspace))
    }
    Faults.count(under: pipeline.workspace)
    try work()
    let operations = Faults.end(under: pipeline.workspace).count(.gone)
    #expect(operations > 10)
    for n in 1...operations {
      try FileManager.default.removeItem(atPath: pipeline.workspace)
      try FileManager.default.copyItem(atPath: saved, toPath: pipeline.workspace)
      Faults.fail(at: n, under: pipeline.workspace, as: .gone)
      #expect(throws: Stop.self, "operation \(n)") { try work() }
      Faults.end(under: pipeline.workspace)
      try work()
      #expect(try Self.files(of: pipeline.workspace, holding: id.text) == [], "operation \(n)")
    }
  }
}
