// Card checks as a user runs them: what the audit log keeps, and what it and the messages don't say.

import Foundation
import Record
import Testing

@testable import Run

@Suite("Card checks")
struct CheckCardTests {
  static let input = CaseTests.folder.appending(path: "check-card/input").path()

  @Test("a check against a store is in the audit log under a pseudonym, a batch as a whole")
  func audited() throws {
    let workshop = try Workshop()
    let pipeline = [Self.input + "/pipeline.yaml", "--workspace", workshop.path + "/var"]
    #expect(try Cardlink.run(["run"] + pipeline + ["--as-of", "2026-11-23"]).exit == 0)
    let audit = Audit(workshop.path + "/var")
    let before = try audit.reading().lines.count
    let one = try Cardlink.run(
      ["check-card"] + pipeline + ["--input", Self.input + "/chip-card.txt", "--because", "phòng khám 3"])
    #expect(one.exit == 0)
    let many = try Cardlink.run(["check-card"] + pipeline + ["--batch", Self.input + "/many.csv"])
    #expect(many.exit == 0)
    let lines = try audit.reading().lines.dropFirst(before)
    #expect(lines.map(\.event) == ["card_checked", "card_batch_began", "card_batch_done"])
    let id = PersonalID(packed: 1_090_000_101)
    #expect(lines.first?.person == (try audit.pseudonym(of: id)))
    #expect(lines.first?.because == "phòng khám 3")
    #expect(lines.last?.detail?["questions"] == "11")
    // Neither the log nor a message holds a number or a name.
    let log = try String(contentsOfFile: audit.path, encoding: .utf8)
    for text in [log, one.errors, many.errors] {
      for value in ["001090000101", "0100000101", "Nguyễn", "NGUYỄN", "05/03/1990"] {
        #expect(!text.contains(value))
      }
    }
  }

  @Test("a check that can't be audited is not answered")
  func unaudited() throws {
    let workshop = try Workshop()
    let pipeline = [Self.input + "/pipeline.yaml", "--workspace", workshop.path + "/var"]
    #expect(try Cardlink.run(["run"] + pipeline + ["--as-of", "2026-11-23"]).exit == 0)
    let log = workshop.path + "/var/audit.log"
    try? FileManager.default.removeItem(atPath: log)
    try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
    for arguments in [["--input", Self.input + "/chip-card.txt"], ["--batch", Self.input + "/many.csv"]] {
      let result = try Cardlink.run(["check-card"] + pipeline + arguments)
      #expect(result.exit != 0)
      #expect(result.output.isEmpty)
    }
  }
}
