// Officers' decisions: from the work list to the book, and from the book to the next run.

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

@Suite("Decisions", .serialized)
struct DecisionTests {
  /// A pipeline of invented people that has run once.
  static func done(_ people: Int, seed: UInt64, in workshop: Workshop) throws -> Pipeline {
    let pipeline = try WalkTests.invented(people, seed: seed, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    return pipeline
  }

  /// Writes a work list of the store in force.
  ///
  /// - Parameter decision: the decision on a finding; nil leaves it open.
  static func workList(
    _ pipeline: Pipeline, in workshop: Workshop, _ decision: (StoredFinding) -> String?
  ) throws -> String {
    var lines = [
      "outcome,insurance_number,card_number,personal_id,candidate_personal_id,digest,decision,reason"
    ]
    try Store(path: pipeline.storePath(in: pipeline.workspace)).findings { finding in
      guard let digest = finding.digest else { return }
      let fields = [
        finding.outcome, finding.insuranceNumber ?? "", finding.cardNumber ?? "", finding.personalID ?? "",
        finding.candidatePersonalID ?? "", digest, decision(finding) ?? "", "\"vì, line\nhai \"\"\\n\"\"\"",
      ]
      lines.append(fields.joined(separator: ","))
    }
    let path = workshop.path + "/decisions.csv"
    try lines.joined(separator: "\r\n").write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  /// Random decisions on findings that can be decided on.
  private static func some(_ seed: UInt64) -> (StoredFinding) -> String? {
    { finding in
      guard finding.outcome == "disputed" || finding.candidates == 1 else { return nil }
      switch digest64(Array((finding.digest ?? "").utf8).span.bytes, seed: seed) % 4 {
      case 0: return nil
      case 1: return "reject"
      default: return "accept"
      }
    }
  }

  @Test("decide, run, revoke, run gives the store that was there before", arguments: UInt64(0)..<3)
  func thereAndBack(seed: UInt64) throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(600, seed: 40 + seed, in: workshop)
    let before = try WalkTests.rows(pipeline)
    let file = try Self.workList(pipeline, in: workshop, Self.some(seed))
    let list = try Desk(pipeline, for: .user()).decide(workList: file, named: "decisions.csv", by: "B")
    #expect(list.decisions.count > 20)
    #expect(list.decisions[0].because == "vì, line\nhai \"\\n\"")
    let run = try WalkTests.walk(pipeline)
    #expect(run.id == 2)
    #expect(run.finished(.extract)?.run == 1)
    #expect(try WalkTests.walk(pipeline).id == 2, "nothing has changed since")

    // The store shows each decision, and the explanation agrees.
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    for state in try Desk(pipeline, for: .user()).decisionStates() {
      let decision = state.entry.decision
      #expect(state.state == .inForce)
      let cards = try store.cards(of: decision.person.text).filter {
        $0.insuranceNumber == decision.insuranceNumber.text
          && ($0.cardNumber ?? "") == decision.cardNumber.text
      }
      if decision.isAccepted {
        #expect(state.effect == .linked || state.effect == .numberShared || state.effect == .notApplied)
        #expect(cards.contains { $0.rule == "decision" } == (state.effect == .linked))
      } else {
        #expect(state.effect == .keptApart)
        #expect(cards.isEmpty)
      }
      let explained = try Desk(pipeline, for: .user()).explain(decision.person)
      #expect(
        explained.judgements.count { $0.outcome == .linked }
          == (try store.cards(of: decision.person.text).count))
      #expect(explained.decisions.contains { $0.entry.decision.number == decision.number })
    }

    _ = try Desk(pipeline, for: .user()).revoke(
      list.decisions.map { Int($0.decision.number) }, because: "thử", by: nil)
    #expect(try Desk(pipeline, for: .user()).decisionStates().allSatisfy { $0.state == .revoked })
    #expect(try WalkTests.walk(pipeline).id == 3)
    #expect(try WalkTests.rows(pipeline) == before)
  }

  @Test("when a judged field changes, the decision is open again and the finding says which field")
  func reopened() throws {
    let workshop = try Workshop()
    let input = CaseTests.folder.appending(path: "decide/input")
    for name in ["pipeline.yaml", "population.csv", "insurance.csv"] {
      try FileManager.default.copyItem(
        atPath: input.appending(path: name).path(), toPath: workshop.path + "/" + name)
    }
    let pipeline = try Pipeline(file: workshop.path + "/pipeline.yaml")
    _ = try WalkTests.walk(pipeline)
    _ = try Desk(pipeline, for: .user()).decide(
      workList: input.appending(path: "decisions.csv").path(), named: "decisions.csv", by: nil)
    _ = try WalkTests.walk(pipeline)
    #expect(
      try Desk(pipeline, for: .user()).decisionStates().map(\.effect) == [
        .linked, .linked, .keptApart, .linked,
      ])

    func edit(_ name: String, _ old: String, _ new: String) throws {
      let path = workshop.path + "/" + name
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains(old))
      try text.replacing(old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
    }
    try edit("population.csv", "NGUYỄN VĂN MẪU", "NGUYỄN VĂN MẬN")
    try edit("insurance.csv", "LÊ VĂN ĐÔI,07/05/1990", "LÊ VĂN ĐÔI,1990")
    try edit("insurance.csv", "TRẦN THỊ KHÁC,06/04/1991,2", "TRẦN THỊ KHÁC,06/04/1991,1")
    _ = try WalkTests.walk(pipeline)
    let states = try Desk(pipeline, for: .user()).decisionStates()
    #expect(states.map(\.state) == [.reopened, .reopened, .reopened, .reopened])
    #expect(
      states.map(\.changed.text) == [
        "reopened_population_name", "reopened_insurance_birth_date", "reopened_insurance_sex",
        "reopened_population_name",
      ])
    var reasons: [String] = []
    try Store(path: pipeline.storePath(in: pipeline.workspace)).findings { reasons.append($0.reasons ?? "") }
    for state in states { #expect(reasons.contains { $0.contains(state.changed.text) }) }
    // The old values are refused now, and the message says what has changed.
    #expect(throws: (any Error).self) {
      try Desk(pipeline, for: .user()).decide(
        workList: input.appending(path: "spreadsheet.csv").path(), named: "spreadsheet.csv", by: nil
      )
    }
    // The old values are back, so the decisions are valid again.
    try edit("population.csv", "NGUYỄN VĂN MẬN", "NGUYỄN VĂN MẪU")
    _ = try WalkTests.walk(pipeline)
    #expect(
      try Desk(pipeline, for: .user()).decisionStates().map(\.state) == [
        .inForce, .reopened, .reopened, .inForce,
      ])
  }

  @Test("prune and rollback leave decisions alone, and each is in the audit log by pseudonym")
  func kept() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(200, seed: 9, in: workshop)
    let file = try Self.workList(pipeline, in: workshop, Self.some(1))
    let list = try Desk(pipeline, for: .user()).decide(
      workList: file, named: "decisions.csv", by: "079090000123 B")
    _ = try WalkTests.walk(pipeline)
    let path = pipeline.workspace + "/decisions.log"
    let book = try String(contentsOfFile: path, encoding: .utf8)
    do {
      let workspace = try Workspace(pipeline.workspace)
      _ = try rollback(
        pipeline, to: 1, because: "a test", in: workspace,
        options: RunOptions(asOf: WalkTests.asOf, threads: 1, memoryBytes: 64 << 20, pages: NightPages()),
        progress: SilentProgress())
      var keep = Retention()
      (keep.staged, keep.stores) = (0, 0)
      try workspace.prune(try workspace.prunable(pipeline, keeping: keep))
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == book)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let audit = Audit(pipeline.workspace)
    let lines = try audit.reading().lines.filter { $0.event == "decided" }
    #expect(lines.count == list.decisions.count)
    for (line, decided) in zip(lines, list.decisions) {
      #expect(line.person == (try audit.pseudonym(of: decided.decision.person)))
      #expect(line.detail?["decision"] == "\(decided.decision.number)")
      #expect(line.detail?["by"] == "… B")
    }
    let text = try String(contentsOfFile: audit.path, encoding: .utf8)
    for decided in list.decisions {
      #expect(!text.contains(decided.decision.person.text))
      #expect(!text.contains(decided.decision.insuranceNumber.text))
    }
  }

  @Test("a store that can't be read is an error, and never taken for none")
  func unreadableStore() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(600, seed: 40, in: workshop)
    let file = try Self.workList(pipeline, in: workshop, Self.some(0))
    let desk = try Desk(pipeline, for: .user())
    let person = try #require(
      try desk.decide(workList: file, named: "decisions.csv", by: "B").decisions.first
    ).decision.person
    let store = pipeline.storePath(in: pipeline.workspace)
    try Data("no store".utf8).write(to: URL(filePath: store))
    #expect(throws: Stop.self) { try desk.decisionStates() }
    #expect(throws: Stop.self) { try desk.explain(person) }
    try Folder.remove(store)
    #expect(throws: Stop.self, "a run was done") { try desk.decisionStates() }
  }

  @Test("the same list again records nothing, and from standard input leaves nothing behind")
  func again() throws {
    let workshop = try Workshop()
    let pipeline = try Self.done(200, seed: 10, in: workshop)
    let file = try Self.workList(pipeline, in: workshop, Self.some(2))
    let bytes = try Array(Data(contentsOf: URL(filePath: file)))
    let first = try Desk(pipeline, for: .user()).decide(standardInput: bytes, by: nil)
    #expect(!first.decisions.isEmpty)
    let second = try Desk(pipeline, for: .user()).decide(workList: file, named: "decisions.csv", by: nil)
    #expect(second.decisions.isEmpty)
    #expect(second.decidedBefore == first.decisions.count)
    #expect(try !Folder.names(in: pipeline.workspace).contains { $0.hasPrefix("scratch-") })
    #expect(try DecisionBook(pipeline.workspace).acts.count == 1)
  }

  // MARK: The decision book

  private static func decision(_ number: UInt32) -> Decision {
    Decision(
      number: number, person: PersonalID(packed: 1_090_000_000 + UInt64(number)),
      insuranceNumber: InsuranceNumber(packed: 1 << 42 | UInt64(number)),
      cardNumber: number % 2 == 0
        ? .none : CardNumber(head: 0x4447_3430_31, tail: InsuranceNumber(packed: 1 << 42 | UInt64(number))),
      insurance: InsuranceFields(
        name: UInt64(number) &* 77, birthDate: CalendarDate(packed: 1990_03_05), sex: .male, held: .missing),
      population: PopulationFields(
        name: 5, birthDate: CalendarDate(packed: 1990_00_00), sex: .unknown, status: .active),
      isAccepted: number % 3 != 0)
  }

  private static func add(_ count: Int, to workspace: String, revoking: [Int] = []) throws {
    _ = try DecisionBook.append(to: workspace) { book throws(Stop) in
      NewAct(
        act: DecisionAct(
          at: "2026-11-23T01:00:00+07:00", by: "B", user: "b",
          revoked: revoking.isEmpty ? nil : revoking),
        decisions: (0..<count).map {
          (decision(UInt32(book.entries.count + $0 + 1)), "lý do\t\\n \\\\ \r\n\($0)\\")
        })
    } announce: { _ throws(Stop) in
    }
  }

  private static func text(_ book: DecisionBook) -> [String] {
    book.entries.map { "\($0.decision) \($0.act) \($0.because) \($0.revokedBy ?? -1)" }
  }

  @Test("what was written is read; an earlier moment too")
  func written() throws {
    let workshop = try Workshop()
    try Self.add(3, to: workshop.path)
    try Self.add(0, to: workshop.path, revoking: [2])
    try Self.add(2, to: workshop.path)
    let book = try DecisionBook(workshop.path)
    #expect(book.entries.map(\.decision) == (1...5).map { Self.decision($0) })
    #expect(book.entries[1].because == "lý do\t\\n \\\\ \r\n1\\")
    #expect(book.entries.map(\.revokedBy) == [nil, 1, nil, nil, nil])
    #expect(book.inForce.map(\.number) == [1, 3, 4, 5])
    let first = try DecisionBook(workshop.path, upTo: 1)
    #expect(first.inForce.count == 3)
    #expect(try DecisionBook(workshop.path, upTo: 0).digest == "none")
    #expect(try DecisionBook(workshop.path, upTo: 2).digest != first.digest)
    try Self.add(0, to: workshop.path, revoking: [4, 5, 1, 3])
    #expect(try DecisionBook(workshop.path).digest == "none")
  }

  @Test("a book torn off anywhere has its acts whole or not at all, and goes on")
  func torn() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/decisions.log"
    try Self.add(2, to: workshop.path)
    let first = try Data(contentsOf: URL(filePath: path)).count
    try Self.add(2, to: workshop.path)
    let whole = try Data(contentsOf: URL(filePath: path))
    let (before, after) = (
      Self.text(try DecisionBook(workshop.path, upTo: 1)), Self.text(try DecisionBook(workshop.path))
    )
    for cut in stride(from: first, through: whole.count, by: 7).map(\.self) + [whole.count - 1, whole.count] {
      try whole.prefix(cut).write(to: URL(filePath: path))
      let torn = try DecisionBook(workshop.path)
      #expect(Self.text(torn) == (cut == whole.count ? after : before), "cut at \(cut)")
      try Self.add(1, to: workshop.path)
      let mended = try DecisionBook(workshop.path)
      #expect(mended.entries.count == torn.entries.count + 1, "cut at \(cut)")
      #expect(mended.acts.count == torn.acts.count + 1)
      #expect(!mended.hasTornEnd)
    }
  }

  @Test("a book torn off again by a crash while the first one is marked goes on")
  func tornAgain() throws {
    let workshop = try Workshop()
    let path = URL(filePath: workshop.path + "/decisions.log")
    try Self.add(2, to: workshop.path)
    let first = try Data(contentsOf: path).count
    let before = Self.text(try DecisionBook(workshop.path))
    try Self.add(1, to: workshop.path)
    let whole = try Data(contentsOf: path)
    for cut in stride(from: first + 1, to: whole.count, by: 5).map(\.self) + [whole.count - 1] {
      try whole.prefix(cut).write(to: path)
      try Self.add(1, to: workshop.path)
      let marked = try Data(contentsOf: path)
      for second in [1, 2, 3, 4, 5, 40] where cut + second < marked.count {
        try marked.prefix(cut + second).write(to: path)
        #expect(Self.text(try DecisionBook(workshop.path)) == before, "cut at \(cut), then \(second)")
        try Self.add(1, to: workshop.path)
        let mended = try DecisionBook(workshop.path)
        #expect(mended.entries.count == 3 && !mended.hasTornEnd, "cut at \(cut), then \(second)")
        #expect(mended.acts.count == 2)
      }
    }
  }

  @Test("a book that was changed is refused, wherever it was changed")
  func damaged() throws {
    let workshop = try Workshop()
    let path = workshop.path + "/decisions.log"
    try Self.add(2, to: workshop.path)
    try Self.add(1, to: workshop.path, revoking: [1])
    let whole = try Data(contentsOf: URL(filePath: path))
    for i in stride(from: 0, to: whole.count - 1, by: 5) {
      var changed = whole
      changed[i] ^= 1
      try changed.write(to: URL(filePath: path))
      #expect(throws: Stop.self, "byte \(i)") { try DecisionBook(workshop.path) }
    }
  }
}
