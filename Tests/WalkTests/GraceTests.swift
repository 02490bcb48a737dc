// Grace over many runs: who is kept, until when, and who is not, compared with a slow reading of the views.

import Files
import Foundation
import Match
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

/// People whose records become wrong and right again from run to run.
private struct Village {
  static let count = 20
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed) }

  mutating func percent() -> Int { Int.random(in: 0..<100, using: &random) }
  mutating func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &random) }

  static func id(_ i: Int) -> String { "001090" + padded(UInt64(100 + i % count), to: 6) }
  static func number(_ i: Int) -> String { padded(UInt64(100_000_100 + i % count), to: 10) }
  static func name(_ i: Int) -> String {
    "NGUYỄN VĂN \(["AN", "BA", "CẢ", "DŨNG"][i % 4]) \(["MỘT", "HAI"][i / 4 % 2])"
  }

  /// Writes both exports of a run.
  /// - Returns: the population's statuses for each number with readable records.
  mutating func write(to folder: String) throws -> [String: Set<String>] {
    var said: [String: Set<String>] = [:]
    var (population, insurance) = ([Self.populationHeader], [Self.insuranceHeader])
    for i in 0..<Self.count {
      func person(_ name: String = Self.name(i), born: String = "05/03/1990", status: String = "1") {
        population.append("\(Self.id(i)),\(name),\(born),Nam,\(status)")
        if born != "31/02/1990" { said[Self.id(i), default: []].insert(status) }
      }
      switch percent() {
      case 0..<4: break
      case 4..<8: person(born: "31/02/1990")
      case 8..<12:
        person()
        person("LÊ KHÁC")
      case 12..<16: person(status: "2")
      case 16..<19: person(status: "9")
      default: person()
      }
      func card(
        _ number: String = Self.number(i), id: String = Self.id(i), name: String = Self.name(i),
        to end: String = "31/12/2027"
      ) {
        insurance.append("\(number),DN401\(number),\(id),\(name),05/03/1990,1,01/01/2026,\(end)")
      }
      switch percent() {
      case 0..<6: break
      case 6..<13: card(id: "")
      case 13..<18: card(id: String(Self.id(i).dropFirst()))
      case 18..<24: card(name: "LÊ KHÁC")
      case 24..<28: card(to: "31/12/2025")
      case 28..<32: card(Self.number(i + 1))
      case 32..<35: card(id: Self.id(i + 1))
      case 35..<38: card(Self.number(i + 1), id: "")
      case 38..<42: card(to: "30/11/2026")
      default: card()
      }
    }
    try (population.joined(separator: "\n") + "\n").write(
      toFile: folder + "/population.csv", atomically: true, encoding: .utf8)
    try (insurance.joined(separator: "\n") + "\n").write(
      toFile: folder + "/insurance.csv", atomically: true, encoding: .utf8)
    return said
  }

  /// Lines of exports without faults.
  static func whole(_ count: Int) -> (population: [String], insurance: [String]) {
    (
      [populationHeader] + (0..<count).map { "\(id($0)),\(name($0)),05/03/1990,Nam,1" },
      [insuranceHeader]
        + (0..<count).map {
          "\(number($0)),DN401\(number($0)),\(id($0)),\(name($0)),05/03/1990,1,01/01/2026,31/12/2027"
        }
    )
  }
  private static let populationHeader = "SoDinhDanh,HoVaTen,NgaySinh,GioiTinh,TrangThai"
  private static let insuranceHeader = "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,GtTheTu,GtTheDen"

  static func pipeline(in folder: String, grace: String = "grace: { days: 2 }", keep: String) throws
    -> Pipeline
  {
    let text = """
      name: village
      workspace: var
      exports:
        population:
          format: csv
          files: [population.csv]
          fields: { personal_id: SoDinhDanh, full_name: HoVaTen, birth_date: NgaySinh, sex: GioiTinh, status: TrangThai }
          values: { sex: { Nam: male }, status: { "1": active, "2": dead, "9": unknown } }
          dates: [dd/MM/yyyy]
        insurance:
          format: csv
          files: [insurance.csv]
          fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, sex: GioiTinh, valid_from: GtTheTu, valid_to: GtTheDen }
          values: { sex: { "1": male } }
          dates: [dd/MM/yyyy]
      store: { sqlite: card-attributes.sqlite }
      keep: \(keep)
      \(grace)

      """
    try text.write(toFile: folder + "/pipeline.yaml", atomically: true, encoding: .utf8)
    return try Pipeline(file: folder + "/pipeline.yaml")
  }
}

@Suite("Grace", .serialized)
struct GraceTests {
  /// The store's rows by personal ID number.
  private static func attributes(_ pipeline: Pipeline) throws -> [String: CardAttribute] {
    var rows: [String: CardAttribute] = [:]
    try Store(path: pipeline.storePath(in: pipeline.workspace)).forEachCardAttribute {
      rows[$0.personalID] = $0
    }
    return rows
  }

  /// Who must be kept, computed slowly from the views.
  private static func expected(
    _ pipeline: Pipeline, before: [String: CardAttribute], said: [String: Set<String>], asOf: CalendarDate
  ) throws -> [String: CardAttribute] {
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    var findings: [StoredFinding] = []
    try store.findings { if $0.export == "insurance" { findings.append($0) } }
    var linked: [String: [LinkedCard]] = [:]
    for i in 0..<Village.count { linked[Village.id(i)] = try store.cards(of: Village.id(i)) }
    var kept: [String: CardAttribute] = [:]
    for (id, row) in before where linked[id]?.isEmpty ?? true {
      let number = row.card.insuranceNumber ?? ""
      let until = row.graceUntil ?? asOf.adding(days: 2).text
      let hasEnded = row.card.validTo.map { $0 < asOf.text } ?? false
      let isAnothers = linked.contains { $0.key != id && $0.value.contains { $0.insuranceNumber == number } }
      let isDoubtful = findings.contains { finding in
        (finding.personalID == id || finding.insuranceNumber == number)
          && (finding.outcome != "person_inactive" || finding.reasons == "status_unknown")
      }
      guard !hasEnded, until >= asOf.text, !isAnothers, isDoubtful, said[id] != ["2"] else { continue }
      var row = row
      row.graceUntil = until
      let notes = Set((row.card.notes ?? "").split(separator: ",").map(String.init) + ["kept_in_grace"])
      row.card.notes = notes.sorted().joined(separator: ",")
      kept[id] = row
    }
    return kept
  }

  @Test(
    "who is kept is who must be kept, over nights, days left out, reruns and rollbacks",
    arguments: UInt64(1)...8)
  func nights(seed: UInt64) throws {
    let workshop = try Workshop()
    var village = Village(seed: seed)
    let hasStores = seed % 2 == 0
    let pipeline = try Village.pipeline(in: workshop.path, keep: "{ stores: \(hasStores ? 3 : 0) }")
    var yesterday: [String: CardAttribute] = [:]
    var day = CalendarDate(packed: 2026_11_20)
    var (kept, over) = (0, 0)
    for _ in 0..<7 {
      day = day.adding(days: village.percent() < 75 ? 1 : 4)
      var said = try village.write(to: workshop.path)
      var run = try WalkTests.walk(pipeline, threads: 1 + village.below(2), memory: 1 << 20, asOf: day)
      // A second run on the same day begins from the day before, not from the first run.
      if village.percent() < 30 {
        said = try village.write(to: workshop.path)
        run = try WalkTests.walk(pipeline, asOf: day)
      }
      let rows = try Self.attributes(pipeline)
      let found = rows.filter { $0.value.graceUntil != nil }
      #expect(try found == Self.expected(pipeline, before: yesterday, said: said, asOf: day), "\(day.text)")
      #expect(run.matched.grace?.total ?? 0 == found.count)
      #expect(rows.count - found.count == Set(try Self.linked(pipeline).map(\.personalID)).count)
      #expect(try Self.linked(pipeline).count == run.count(.insurance, .linked))
      (kept, over) = (kept + found.count, over + (run.matched.grace?.ended ?? 0))
      // A repeated run does nothing; any repeated stage gives the same.
      #expect(try WalkTests.walk(pipeline, asOf: day).id == run.id)
      let rehearsal = try rehearse(
        pipeline, options: RunOptions(asOf: day, threads: 2, memoryBytes: 1 << 20, pages: NightPages()),
        progress: SilentProgress()
      )
      #expect(rehearsal.cards.total.all == 0)
      #expect(rehearsal.cards.after == rows.count)
      if village.percent() < 50 {
        let stage = StageName.allCases[village.below(4)]
        _ = try WalkTests.walk(pipeline, from: stage, asOf: day)
        #expect(try Self.same(Self.attributes(pipeline), rows), "rerun \(stage)")
      }
      if hasStores, village.percent() < 30,
        let store = try keptStores(pipeline).first(where: { !$0.isInForce })
      {
        _ = try Run.rollback(
          pipeline, to: store.run, because: "a test", in: Workspace(pipeline.workspace),
          options: RunOptions(asOf: day, threads: 1, memoryBytes: 1 << 20, pages: NightPages()),
          progress: SilentProgress())
      }
      yesterday = try Self.attributes(pipeline)
    }
    #expect(kept > 5)
    #expect(over > 0)
  }

  @Test(
    "who may stand behind the fault of a damaged insurance file is kept, until a whole one says no more of them"
  )
  func damagedFile() throws {
    let workshop = try Workshop()
    let url = URL(filePath: workshop.path + "/pipeline.yaml")
    _ = try Village.pipeline(in: workshop.path, keep: "{ stores: 1 }")
    let text = try String(contentsOf: url, encoding: .utf8).replacing(
      "files: [insurance.csv]", with: "files: [insurance.csv]\n    on_damage: keep")
    try text.write(to: url, atomically: true, encoding: .utf8)
    let pipeline = try Pipeline(file: url.path())
    let (population, insurance) = Village.whole(6)
    func night(_ day: UInt32, _ insurance: String, dead: Int? = nil) throws -> [String: CardAttribute] {
      let said = population.enumerated().map { i, line in
        i == dead.map { $0 + 1 } ? line.replacing(/1$/, with: "2") : line
      }
      try (said.joined(separator: "\n") + "\n").write(
        toFile: workshop.path + "/population.csv", atomically: true, encoding: .utf8)
      try insurance.write(toFile: workshop.path + "/insurance.csv", atomically: true, encoding: .utf8)
      _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: day))
      return try Self.attributes(pipeline)
    }
    let whole = insurance.joined(separator: "\n") + "\n"
    #expect(try night(2026_11_20, whole).count == 6)
    // Two records and half of a third; the person whom the population lists as dead is not kept.
    let cut = insurance[...2].joined(separator: "\n") + "\n" + insurance[3].prefix(20)
    let kept = try night(2026_11_21, cut, dead: 5)
    #expect(Set(kept.keys) == Set((0..<5).map(Village.id)))
    for i in 0..<5 { #expect(kept[Village.id(i)]?.graceUntil == (i < 2 ? nil : "2026-11-23"), "\(i)") }
    let run = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(
      run.matched.grace?.kept == ["quarantined": 1, "file_damaged": 2] && run.matched.grace?.cleared == 1)
    let report = try String(
      contentsOfFile: WorkspaceReader(pipeline.workspace).reportPath(of: run.id), encoding: .utf8)
    #expect(report.contains("a damaged file: the record may come after the damage"))
    // The same again in the next run: the last day stays. After it they lapse.
    #expect(
      try night(2026_11_22, cut, dead: 5)
        == kept.mapValues { row in
          var row = row
          if row.graceUntil == nil { row.card.runID += 1 }
          return row
        })
    // A complete file that names only one of them: the others are withdrawn.
    let next = try night(2026_11_23, insurance[...4].joined(separator: "\n") + "\n")
    #expect(
      next.mapValues(\.graceUntil)
        == Dictionary(
          uniqueKeysWithValues: (0..<4).map { (Village.id($0), String?.none) }))
  }

  private static func linked(_ pipeline: Pipeline) throws -> [LinkedCard] {
    let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
    return try (0..<Village.count).flatMap { try store.cards(of: Village.id($0)) }
  }

  /// Equal except for the run that today's rows come from.
  private static func same(_ a: [String: CardAttribute], _ b: [String: CardAttribute]) -> Bool {
    func plain(_ rows: [String: CardAttribute]) -> [String: CardAttribute] {
      rows.mapValues { row in
        var row = row
        if row.graceUntil == nil { row.card.runID = 0 }
        return row
      }
    }
    return plain(a) == plain(b)
  }

  @Test("without the key nobody is kept, and no package has a column for it")
  func off() throws {
    let workshop = try Workshop()
    var village = Village(seed: 5)
    let pipeline = try Village.pipeline(in: workshop.path, grace: "", keep: "{ stores: 1 }")
    for day in [2026_11_20, 2026_11_21] as [UInt32] {
      _ = try village.write(to: workshop.path)
      let run = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: day))
      #expect(run.matched.grace == nil)
      #expect(try Self.attributes(pipeline).values.allSatisfy { $0.graceUntil == nil })
    }
    #expect(pipeline.publish.rules.allSatisfy { !$0.attributes.map(\.name).contains("grace_until") })
  }

  @Test("the store of the night before stays as long as tonight may be run again, whatever is pruned")
  func pruned() throws {
    let workshop = try Workshop()
    var village = Village(seed: 6)
    let pipeline = try Village.pipeline(in: workshop.path, keep: "{ stores: 0, staged: 0 }")
    for day in [2026_11_20, 2026_11_21, 2026_11_22] as [UInt32] {
      _ = try village.write(to: workshop.path)
      _ = try WalkTests.walk(pipeline, asOf: CalendarDate(packed: day))
    }
    let stores = KeptStores(pipeline, in: pipeline.workspace)
    #expect(try stores.runs() == [2])
    let workspace = try Workspace(pipeline.workspace)
    var nothing = Retention()
    (nothing.staged, nothing.stores, nothing.days) = (0, 0, 0)
    try workspace.prune(workspace.prunable(pipeline, keeping: nothing))
    #expect(try stores.runs() == [2])
    withExtendedLifetime(workspace) {}
  }

  @Test("which store a night begins from follows the line that led to the one in force")
  func line() {
    func run(_ id: Int, _ asOf: String, rollback: (Int, Int)? = nil) -> RunRecord {
      var run = RunRecord(
        id: id, command: "run", pipeline: "p", pipelineText: "", asOf: asOf, startedAt: "", state: .done)
      run.stages = [.init(stage: .load, run: rollback?.1 ?? id, seconds: 0, records: 0)]
      run.rollback = rollback.map { Rollback(from: $0.0, to: $0.1) }
      return run
    }
    let runs = [run(1, "2026-11-20"), run(2, "2026-11-21"), run(3, "2026-11-21"), run(4, "2026-11-22")]
    #expect(runs.storeBefore("2026-11-20", inForce: 4) == nil)
    #expect(runs.storeBefore("2026-11-21", inForce: 4) == 1)
    #expect(runs.storeBefore("2026-11-22", inForce: 4) == 3)
    #expect(runs.storeBefore("2026-11-23", inForce: 4) == 4)
    // Rolled back from 4 to 2, so run 3 no longer counts either.
    let back = runs + [run(5, "2026-11-21", rollback: (4, 2))]
    #expect(back.storeBefore("2026-11-22", inForce: 2) == 2)
    let on = back + [run(6, "2026-11-23")]
    #expect(on.storeBefore("2026-11-23", inForce: 6) == 2)
    #expect(on.storeBefore("2026-11-24", inForce: 6) == 6)
    // Restored again.
    let again = on + [run(7, "2026-11-22", rollback: (6, 4))]
    #expect(again.storeBefore("2026-11-24", inForce: 4) == 4)
    // A load that was interrupted after its switch.
    #expect(runs.storeBefore("2026-11-23", inForce: 2) == 2)
  }
}
