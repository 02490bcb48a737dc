// A workspace that an earlier version wrote: OldWorkspace holds its run records, audit log and decision book.
// Run 2 is done, with decisions and grace; run 3 is held. Each log has a line that a crash left incomplete
// and a later command mended.

import Foundation
import Support
import Testing
import Values

@testable import Desk
@testable import Run
@testable import Workspace

@Suite("A workspace of an earlier version")
struct OldWorkspaceTests {
  private static let digest = "d5d3e4eeae5f08d98da736e4518d1a2b2a377e37b604269f4cceb67af1aa5b50"
  private static let head = "eed21a3a779cc0a12dc36226aab06d435d63c5ab666a9494ace9b8ab0d459479"

  /// A copy of it.
  private static func copy(in workshop: Workshop) throws -> String {
    let from = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "OldWorkspace")
    let path = workshop.path + "/old"
    try FileManager.default.copyItem(atPath: from.path, toPath: path)
    return path
  }

  private static func object(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(filePath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private static func text(_ object: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  @Test("its run records are read")
  func records() throws {
    let workshop = try Workshop()
    let runs = try WorkspaceReader(try Self.copy(in: workshop)).runs()
    #expect(runs.map(\.id) == [2, 3] && runs.map(\.state) == [.done, .held])
    let (done, held) = (runs[0], runs[1])
    #expect(done.count(.insurance) == 1985 && done.linkRate == 88_04)
    #expect(done.exports.count == 4 && done.stages.map(\.stage) == StageName.allCases)
    #expect(done.extracted.blanks.count == 17 && done.extracted.damaged == nil)
    #expect(done.matched.ledger.count == 26 && done.matched.reasons.count == 49)
    #expect(done.matched.withoutReason == ["id_missing": 17, "person_unknown": 28])
    #expect(done.matched.populationReasons.count == 11 && done.matched.places.count == 66)
    #expect(done.matched.missingByGroup["QN"] == 4 && done.matched.grace?.kept == [:])
    #expect(
      done.matched.decisions == AppliedDecisions(acts: 2, inForce: 5, digest: Self.digest, linked: 3))
    #expect(done.published?.persons == 1642 && done.finishedAt == "2026-11-29T13:38:32+07:00")
    #expect(held.gated.verdicts?.filter { !$0.passed }.map(\.gate) == [.linkRate])
    #expect(held.exitCode == 65 && held.endedAt == "2026-11-29T13:38:32+07:00")
    #expect(held.failure?.hasPrefix("run 3: gate link_rate") == true)
  }

  @Test("its run records keep their keys and values when they are written again", arguments: [2, 3])
  func writtenAgain(number: Int) throws {
    let workshop = try Workshop()
    let path = WorkspaceReader(try Self.copy(in: workshop)).folder(of: number) + "/run.json"
    let before = try Self.object(path)
    let run = try #require(try JSONFile.read(RunRecord.self, from: path))
    try JSONFile.write(run, to: path)
    #expect(try Self.text(Self.object(path)) == Self.text(before))
    #expect(try JSONFile.read(RunRecord.self, from: path) == run)
  }

  @Test("a run record without the keys of later versions is read")
  func withoutLaterKeys() throws {
    let workshop = try Workshop()
    let path = WorkspaceReader(try Self.copy(in: workshop)).folder(of: 2) + "/run.json"
    var old = try Self.object(path)
    let later = [
      "without_reason", "population_reasons", "places", "missing_by_group", "blanks", "decisions", "grace",
      "published", "gates", "peak_memory_bytes",
    ]
    for key in later { old[key] = nil }
    try Self.text(old).write(toFile: path, atomically: true, encoding: .utf8)
    let run = try #require(try JSONFile.read(RunRecord.self, from: path))
    #expect(run.count(.insurance) == 1985 && run.matched.places.isEmpty && run.extracted.blanks.isEmpty)
    #expect(run.gated.verdicts == nil && run.published == nil)
  }

  @Test("its audit log is intact, and goes on")
  func auditLog() throws {
    let workshop = try Workshop()
    let audit = Audit(try Self.copy(in: workshop))
    let reading = try audit.reading()
    #expect(reading.broken == nil && reading.lines.count == 15 && reading.mended == 1)
    #expect(reading.head == Self.head)
    try audit.append(.explained)
    let after = try audit.reading()
    #expect(after.broken == nil && after.lines.count == 16 && after.has(head: Self.head))
  }

  @Test("its decision book is whole, and goes on")
  func decisionBook() throws {
    let workshop = try Workshop()
    let path = try Self.copy(in: workshop)
    let book = try DecisionBook(path)
    #expect(book.acts.map(\.decided) == [6, 0] && book.acts[1].because == "thử 012345678901")
    #expect(book.entries.map { $0.revokedBy } == [nil, 1, nil, nil, nil, nil])
    #expect(book.entries[0].because == "vì thư số 7 \\ \"x\"" && !book.hasTornEnd)
    #expect(book.digest == Self.digest)
    _ = try DecisionBook.append(to: path) { _ in
      NewAct(act: DecisionAct(at: "", by: "", user: "", revoked: [1]))
    } announce: { _ in
    }
    #expect(try DecisionBook(path).inForce.count == 4)
  }
}
