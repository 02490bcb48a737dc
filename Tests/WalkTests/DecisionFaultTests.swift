// A disk that fails while officers' decisions are recorded or revoked, at every operation and in every way.
// The book is the old or the new one, the audit log is whole or can be mended, and repeating the command
// gives the same as on a sound disk.

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

/// A workspace with a run, and officers' commands in it.
final class FailingDesk {
  enum Act: String, CaseIterable, Sendable {
    /// The first decisions in a workspace.
    case first
    /// After other decisions, some of which the list repeats.
    case more
    case standardInput, revoke
  }

  let workshop: Workshop
  let pipeline: Pipeline
  let act: Act
  private let list: String
  private var saved: [(path: String, bytes: Data?)] = []
  let before: [String]
  private(set) var after: [String] = []
  private(set) var operations: [Faults.Operation: Int] = [:]

  init(_ act: Act) throws {
    self.act = act
    let workshop = try Workshop(inMemory: true)
    let pipeline = try DecisionTests.done(200, seed: 17, in: workshop)
    (self.workshop, self.pipeline) = (workshop, pipeline)
    func decision(_ finding: String, _ digits: Set<Character>) -> String? {
      digits.contains(finding.last ?? "x") ? (finding.last == "4" ? "reject" : "accept") : nil
    }
    func workList(_ digits: Set<Character>) throws -> String {
      try DecisionTests.workList(pipeline, in: workshop) { finding in
        guard finding.outcome == "disputed" || finding.candidates == 1 else { return nil }
        return decision("\(finding.sourceLine)", digits)
      }
    }
    if act == .more || act == .revoke {
      _ = try Desk(pipeline, for: .user()).decide(
        workList: try workList(["1", "4"]), named: "decisions.csv", by: nil)
    }
    list = try workList(["1", "2", "4", "5", "7"])
    saved = ["decisions.log", "audit.log", "audit.key"].map { name in
      let path = pipeline.workspace + "/" + name
      return (path, try? Data(contentsOf: URL(filePath: path)))
    }
    before = try Self.text(pipeline)
    Faults.count(under: workshop.path)
    try give()
    operations = Faults.end(under: workshop.path)
    after = try Self.text(pipeline)
  }

  /// Resets the workspace to before the command.
  func begin() throws {
    for (path, bytes) in saved {
      if let bytes {
        try bytes.write(to: URL(filePath: path))
      } else {
        try? FileManager.default.removeItem(atPath: path)
      }
    }
  }

  /// Runs the command.
  func give() throws {
    switch act {
    case .first, .more:
      let found = try Desk(pipeline, for: .user()).decide(workList: list, named: "decisions.csv", by: "B")
      #expect(!found.decisions.isEmpty || found.decidedBefore > 0)
    case .standardInput:
      _ = try Desk(pipeline, for: .user()).decide(
        standardInput: Array(Data(contentsOf: URL(filePath: list))), by: "B")
    case .revoke:
      _ = try Desk(pipeline, for: .user()).revoke([2, 1], because: "nhầm người", by: "B")
    }
  }

  /// The book without times, by its own reader.
  static func text(_ pipeline: Pipeline) throws -> [String] {
    let book = try DecisionBook(pipeline.workspace)
    return book.entries.map { "\($0.decision) \($0.because) \($0.act) \($0.revokedBy ?? -1)" }
      + book.acts.map { "\($0.number) \($0.by) \($0.decided) \($0.revoked ?? []) \($0.because ?? "")" }
  }
  func textNow() throws -> [String] { try Self.text(pipeline) }

  /// The faults of the audit log.
  func auditFaults(healed: Bool) throws -> [String] {
    let reading = try Audit(pipeline.workspace).reading()
    var faults: [String] = []
    if let broken = reading.broken { faults.append("\(broken)") }
    if healed, reading.hasTornEnd { faults.append("torn") }
    // Everything in the book was announced in the log before.
    let told = Set(reading.lines.filter { $0.event == "decided" }.compactMap { $0.detail?["decision"] })
    let taken = Set(reading.lines.filter { $0.event == "revoked" }.compactMap { $0.detail?["decision"] })
    for entry in try DecisionBook(pipeline.workspace).entries {
      let number = "\(entry.decision.number)"
      if !told.contains(number) { faults.append("decision \(number) was not announced") }
      if entry.revokedBy != nil, !taken.contains(number) { faults.append("\(number) was revoked in silence") }
    }
    return faults
  }
}

@Suite("Decisions on a disk that fails")
struct DecisionFaultTests {
  @Test(
    "whichever operation fails, the book is as before or as after, and the command given again gives the same",
    arguments: Faults.Kind.allCases, FailingDesk.Act.allCases)
  func everyOperation(kind: Faults.Kind, act: FailingDesk.Act) throws {
    let desk = try FailingDesk(act)
    #expect(desk.before != desk.after)
    let count = desk.operations.count(kind)
    #expect(count > 3)
    for n in 1...count {
      try desk.begin()
      Faults.fail(at: n, under: desk.workshop.path, as: kind)
      let found = Result { try desk.give() }
      let met = Faults.end(under: desk.workshop.path).count(kind)
      #expect(met >= n, "\(n)")
      let text = try desk.textNow()
      switch found {
      case .success: #expect(text == desk.after, "\(n)")
      case .failure(let error):
        let stop = try #require(error as? Stop, "\(n)")
        #expect(stop.exit == .inputOutput || stop.exit == .cannotCreate, "\(n): \(stop)")
        // A command that reports no change has changed nothing.
        if stop.next != "cardlink decisions PIPELINE" { #expect(text == desk.before, "\(n): \(stop)") }
        #expect(text == desk.before || text == desk.after, "\(n)")
      }
      #expect(try !DecisionBook(desk.pipeline.workspace).hasTornEnd, "\(n)")
      #expect(try desk.auditFaults(healed: false) == [], "\(n)")
      // The disk is still full when the command is repeated.
      Faults.fail(at: 1 + n % 5, under: desk.workshop.path, as: .full)
      _ = Result { try desk.give() }
      Faults.end(under: desk.workshop.path)
      #expect(try desk.auditFaults(healed: false) == [], "\(n)")

      let now = try desk.textNow()
      let again = Result { try desk.give() }
      if case .failure(let error) = again {
        // A revoked decision can't be revoked again.
        #expect(act == .revoke && (error as? Stop)?.exit == .usage && now == desk.after, "\(n): \(error)")
      }
      #expect(try desk.textNow() == desk.after, "\(n)")
      if case .success = again { #expect(try desk.auditFaults(healed: true) == [], "\(n)") }
      #expect(
        try !Folder.names(in: desk.pipeline.workspace).contains {
          $0.hasPrefix("scratch-") || $0.hasSuffix(".partial")
        })
    }
  }
}
