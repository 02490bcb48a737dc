// A disk that fails during a run, at every operation and in every way. Afterwards the previous or the new
// result is in force, whole and signed; no record claims more than was done; and the next run repairs
// everything. Every try begins from the same two runs, so that it costs the same whether it is the first or
// the thousandth.

import Files
import Foundation
import Package
import Publish
import Seal
import Support
import Testing
import Store
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

/// A workspace with two runs, and the exports of a third one.
private final class ThirdNight {
  let workshop: Workshop
  let pipeline: Pipeline
  /// The content of store and packages after the second and after the third run.
  let before: [String]
  let after: [String]
  /// The disk operations of the third run.
  let operations: [Faults.Operation: Int]
  let kept: [String]
  private let metrics: Data
  private let threads: Int
  private let storeBefore: Data
  private var saved: String { workshop.path + "/saved" }

  init(threads: Int) throws {
    self.threads = threads
    workshop = try Workshop(inMemory: true)
    pipeline = try Self.pipeline(in: workshop.path)
    for night in 1...2 {
      try Self.writeExports(of: night, to: workshop.path)
      _ = try Self.walk(pipeline, night, threads)
    }
    before = try WalkTests.rows(pipeline)
    storeBefore = try Self.store(pipeline)
    metrics = try Data(contentsOf: URL(filePath: workshop.path + "/night.prom"))
    try FileManager.default.moveItem(atPath: pipeline.workspace, toPath: workshop.path + "/saved")
    try FileManager.default.copyItem(atPath: workshop.path + "/saved", toPath: pipeline.workspace)
    try Self.writeExports(of: 3, to: workshop.path)
    Faults.count(under: workshop.path)
    _ = try Self.walk(pipeline, 3, threads)
    operations = Faults.end(under: workshop.path)
    after = try WalkTests.rows(pipeline)
    kept = try Self.kept(in: pipeline.workspace)
  }

  /// Resets the workspace to the end of the second run.
  func begin() throws {
    try FileManager.default.removeItem(atPath: pipeline.workspace)
    try FileManager.default.copyItem(atPath: saved, toPath: pipeline.workspace)
    try metrics.write(to: URL(filePath: workshop.path + "/night.prom"))
  }

  func walk() throws -> RunRecord { try Self.walk(pipeline, 3, threads) }

  /// A night of its own, with its exports.
  func night(_ number: Int) throws {
    try Self.writeExports(of: number, to: workshop.path)
    _ = try Self.walk(pipeline, number, threads)
  }

  /// The second night once more, from a stage on.
  func rerun(_ stage: StageName) throws -> RunRecord {
    try Self.walk(pipeline, 2, threads, from: stage)
  }

  // With several threads, chance decides which operation is the n-th.
  private static func walk(
    _ pipeline: Pipeline, _ night: Int, _ threads: Int, from stage: StageName? = nil
  ) throws -> RunRecord {
    try Run.walk(
      pipeline, in: try pipeline.openWorkspace(pages: NightPages(), SilentProgress()), from: stage,
      options: RunOptions(
        asOf: CalendarDate(packed: UInt32(2026_11_20 + night)), threads: threads, memoryBytes: 16 << 20,
        pages: NightPages()),
      progress: SilentProgress())
  }

  /// The store's rows; an unchanged file is not read for them.
  func rows() throws -> [String] {
    try Self.store(pipeline) == storeBefore ? before : WalkTests.rows(pipeline)
  }

  private static func store(_ pipeline: Pipeline) throws -> Data {
    try Data(contentsOf: URL(filePath: pipeline.storePath(in: pipeline.workspace)))
  }

  /// How many earlier runs are kept, and that the last one has its report.
  private static func kept(in workspace: String) throws -> [String] {
    let runs = try Folder.names(in: workspace + "/runs")
    let staged = try runs.flatMap { run in
      try Folder.names(in: workspace + "/runs/" + run).filter { ["extract", "match"].contains($0) }
    }
    let hasReport = try runs.last.map { try Folder.exists(workspace + "/runs/" + $0 + "/report.html") }
    return try Folder.names(in: workspace + "/stores") + staged + ["report: \(hasReport ?? false)"]
  }
  func keptNow() throws -> [String] { try Self.kept(in: pipeline.workspace) }

  /// The faults of what others read: packages, metrics, run records, the audit log.
  func faults() throws -> [String] {
    var faults: [String] = []
    let packages = pipeline.workspace + "/packages/current"
    let names = try Folder.names(in: packages + "/").filter { $0 != "manifest.json" }
    if names.count < 3 { faults.append("\(names.count) packages") }
    for name in names {
      let verdict = try verify(
        VerifyRequest(
          folder: packages + "/" + name, keyFile: workshop.path + "/keys/publish.key.pub",
          identityFile: workshop.path + "/keys/facility.key", day: CalendarDate(packed: 2026_11_23)))
      // Which package the facility had before is checked elsewhere.
      for fault in verdict.faults where fault.kind != .outOfChain { faults.append("\(name): \(fault)") }
      if verdict.signedBy == nil { faults.append("\(name): not signed") }
    }
    faults += ReadMetrics(try String(contentsOfFile: workshop.path + "/night.prom", encoding: .utf8)).problems
    let reading = try Audit(pipeline.workspace).reading()
    if let broken = reading.broken { faults.append("audit log: \(broken)") }
    // A run that is marked done has its store and packages in force, and is done in the audit log too.
    let reader = WorkspaceReader(pipeline.workspace)
    if let done = try reader.runs().last(where: { $0.state == .done }) {
      let store = try Store(path: pipeline.storePath(in: pipeline.workspace))
      // A run whose load was skipped uses the store that an earlier run loaded.
      if try store.runID() < done.finished(.load)?.run ?? .max {
        faults.append("run \(done.id) is done, its store not in force")
      }
      if try reader.publishedRun() ?? 0 < done.id {
        faults.append("run \(done.id) is done, its packages not in force")
      }
      if !reading.lines.contains(where: { $0.event == "run_done" && $0.run == done.id }) {
        faults.append("run \(done.id) is done, and the audit log doesn't say so")
      }
    }
    return faults
  }

  /// Where the facilities keep what they have taken.
  var facilities: String { workshop.path + "/facilities" }

  /// What the facilities are told that take their packages, those in force unless another publication is named.
  func apply(_ publication: String = "current") throws -> [String] {
    let packages = pipeline.workspace + "/packages/\(publication)/"
    return try Folder.names(in: packages).filter { $0 != "manifest.json" }.flatMap { name in
      let recipient = name.replacing(".age", with: "")
      let report = try Package.apply(
        ApplyRequest(
          packages: [packages + name], folder: facilities + "/" + recipient,
          keyFile: workshop.path + "/keys/publish.key.pub",
          identityFile: workshop.path + "/keys/facility.key", day: CalendarDate(packed: 2026_11_21)))
      return report.faults.map { "\(name): \($0)" }
    }
  }

  /// Whether the packages in force are made from the store in force.
  var isTogether: Bool {
    let store = try? Store(path: pipeline.storePath(in: pipeline.workspace)).runID()
    return store != nil && store == (try? WorkspaceReader(pipeline.workspace).publishedRun())
  }

  /// Files of work that was cut off.
  func remains() -> [String] {
    let all = FileManager.default.enumerator(atPath: workshop.path)?.compactMap { $0 as? String } ?? []
    return all.filter { name in
      ["partial", "sorting", "scratch-", "grace-", "-journal", "next"].contains { name.contains($0) }
    }
  }

  // MARK: The exports

  private static func pipeline(in folder: String) throws -> Pipeline {
    try SigningKey().write(to: folder + "/keys/publish.key")
    try DecryptionKey().write(to: folder + "/keys/facility.key")
    let text = """
      name: generated
      workspace: var
      exports:
        population:
          format: csv
          files: [population.csv]
          fields: { personal_id: SoDinhDanh, legacy_id: SoCMND, full_name: HoVaTen, birth_date: NgaySinh, sex: GioiTinh, status: TrangThai }
          values: { sex: { Nam: male, Nữ: female }, status: { "1": active, "2": dead } }
          dates: [dd/MM/yyyy]
        insurance:
          format: csv
          files: [insurance.csv]
          fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, sex: GioiTinh, facility_code: MaDKBD, valid_from: GtTheTu, valid_to: GtTheDen }
          values: { sex: { "1": male, "2": female } }
          dates: [dd/MM/yyyy]
      store: { sqlite: card-attributes.sqlite }
      grace: { days: 3 }
      keep: { staged: 1, stores: 1 }
      metrics: night.prom
      publish:
        signing_key: keys/publish.key
        checkpoint_every: 3
        packages:
          - { province: "01", name: province-01, copy: true, formats: [csv, sqlite, xml, fhir] }
          - { facility: "79*", encrypt_to: keys/facility.key.pub }
          - { all: true, name: all-others }

      """
    try text.write(toFile: folder + "/pipeline.yaml", atomically: true, encoding: .utf8)
    return try Pipeline(file: folder + "/pipeline.yaml")
  }

  /// People with different outcomes, which change from run to run.
  private static func writeExports(of night: Int, to folder: String) throws {
    func id(_ i: Int) -> String { "00109000010\(i)" }
    func number(_ i: Int) -> String { "010000010\(i)" }
    func legacy(_ i: Int) -> String { "01234567\(i)" }
    func name(_ i: Int) -> String {
      "NGUYỄN VĂN \(["AN", "BA", "CẢ", "DŨNG", "EM", "GIA", "HẢI", "KHANG", "LÂM"][i])"
    }
    var population = ["SoDinhDanh,SoCMND,HoVaTen,NgaySinh,GioiTinh,TrangThai"]
    for i in 0..<9 {
      let status = i == 4 && night == 3 ? "2" : "1"
      population.append("\(id(i)),\(legacy(i)),\(name(i)),05/03/1990,Nam,\(status)")
    }
    population.append("\(id(8)),,LÊ KHÁC,05/03/1990,Nam,1")
    population.append("\(id(9)),,TRẦN VĂN SAI,31/02/1990,Nam,1")
    var insurance = ["MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen"]
    func card(
      _ i: Int, id: String? = nil, name text: String? = nil, _ facility: String = "01001",
      born: String = "05/03/1990",
      from start: String = "01/01/2026"
    ) {
      insurance.append(
        "\(number(i)),DN401\(number(i)),\(id ?? Self.id(i)),\(text ?? name(i)),\(born),1,\(facility),\(start),31/12/2027"
      )
    }
    card(0, night == 3 ? "79002" : "01001")
    card(1, id: legacy(1), "79001")
    // Kept in grace in the third run: one has another name by then, the other has lost the number.
    card(2, name: night == 3 ? "LÊ KHÁC" : nil)
    card(3, id: night == 3 ? "" : nil, "36001")
    card(4)
    card(5, "36001")
    card(5, "36001", from: "01/02/2026")
    if night > 1 { card(6, "79001") }
    card(7, born: night == 2 ? "31/02/1990" : "05/03/1990")
    card(8)
    try (population.joined(separator: "\n") + "\n").write(
      toFile: folder + "/population.csv", atomically: true, encoding: .utf8)
    try (insurance.joined(separator: "\n") + "\n").write(
      toFile: folder + "/insurance.csv", atomically: true, encoding: .utf8)
  }

  private static func id(_ i: Int) -> String { "00109000010\(i)" }
}

@Suite("A disk that fails")
struct FaultTests {
  static let shards = 4
  /// Each operation with one thread, each third one with 2 and with 3.
  static let shares: [(kind: Faults.Kind, threads: Int, shard: Int)] = [.gone, .full, .once].flatMap { kind in
    (0..<shards).map { (kind, 1, $0) } + [(kind, 2, 0), (kind, 3, 1)]
  }

  @Test(
    "whichever operation of a night fails, the store is that of before or after, and the next run heals it",
    arguments: shares)
  func everyOperation(kind: Faults.Kind, threads: Int, shard: Int) throws {
    try Self.letFail(kind, threads: threads, shard: shard)
  }

  @Test(
    "whichever reading of a night fails, the night ends as if none had, or with an error that names what can't be read",
    arguments: (0..<shards).map { (threads: 1, shard: $0) } + [(threads: 2, shard: 1)])
  func everyReading(threads: Int, shard: Int) throws {
    try Self.letFail(.unread, threads: threads, shard: shard)
  }

  private static func letFail(_ kind: Faults.Kind, threads: Int, shard: Int) throws {
    let night = try ThirdNight(threads: threads)
    #expect(night.before != night.after)
    let count = night.operations.count(kind)
    #expect(count > 100)
    for n in stride(from: 1 + shard, through: count, by: threads == 1 ? Self.shards : 3) {
      try night.begin()
      Faults.fail(at: n, under: night.workshop.path, as: kind)
      let found = Result { try night.walk() }
      let met = Faults.end(under: night.workshop.path).count(kind)
      // Threads share the work in no fixed order, so a run may take some operations fewer than the counted
      // one.
      #expect(met >= n || threads > 1, "\(kind) \(n)")
      let rows = try night.rows()
      switch found {
      case .success(let run):
        // A failure that is not reported concerned nothing that the run must do.
        #expect(run.state == .done && rows == night.after, "\(kind) \(n)")
        #expect(night.isTogether, "\(kind) \(n)")
      case .failure(let error):
        // A disk that is gone can't take back what is half done.
        #expect(night.isTogether || kind == .gone, "\(kind) \(n)")
        #expect(met >= n, "\(kind) \(n): \(error)")
        let stop = error as? Stop
        let exits: [Exit] = kind == .unread ? [.inputOutput, .exportMissing] : [.inputOutput, .cannotCreate]
        #expect(exits.contains { $0 == stop?.exit }, "\(kind) \(n): \(error)")
        #expect(stop?.finding.origin.file.hasPrefix(night.workshop.path) == true, "\(kind) \(n): \(error)")
        #expect(rows == night.before || rows == night.after, "\(kind) \(n)")
      }
      let faults = try night.faults()
      #expect(faults == [], "\(kind) \(n)")
      #expect(try night.walk().state == .done, "\(kind) \(n)")
      #expect(try night.rows() == night.after, "\(kind) \(n)")
      let faultsAfter = try night.faults()
      #expect(faultsAfter == [], "\(kind) \(n)")
      #expect(night.remains() == [], "\(kind) \(n)")
      #expect(try night.keptNow() == night.kept, "\(kind) \(n)")
    }
  }

  @Test(
    "wherever a rerun is killed, no facility that takes what is in force each night is ever refused its package",
    arguments: [StageName.load, .publish])
  func facilities(stage: StageName) throws {
    let night = try ThirdNight(threads: 1)
    try night.begin()
    #expect(try night.apply("run-0001") == [] && night.apply() == [])
    try Folder.rename(night.facilities, to: night.facilities + "-before")
    Faults.count(under: night.workshop.path)
    _ = try night.rerun(stage)
    let operations = Faults.end(under: night.workshop.path).count(.gone)
    #expect(operations > 50)
    // The last ones, where things come in force, and some of those before.
    for n in 1...operations where n > operations - 60 || n % 7 == 0 {
      try night.begin()
      try Folder.remove(night.facilities)
      try FileManager.default.copyItem(atPath: night.facilities + "-before", toPath: night.facilities)
      Faults.fail(at: n, under: night.workshop.path, as: .gone)
      _ = try? night.rerun(stage)
      Faults.end(under: night.workshop.path)
      // Some facilities come before the officer tries again, and not every officer does.
      if n % 2 == 0 { #expect(try night.apply() == [], "operation \(n)") }
      if n % 3 == 0 { #expect(try night.rerun(stage).state == .done) }
      for number in 3...5 {
        try night.night(number)
        #expect(try night.apply() == [], "operation \(n), night \(number)")
      }
      #expect(night.isTogether)
    }
  }

  @Test(
    "a night passes through every kind of operation of the file layer", arguments: Faults.Operation.allCases)
  func kinds(operation: Faults.Operation) throws {
    let night = try Self.night.get()
    #expect(night[operation] ?? 0 > 0, "\(night)")
  }
  private static let night = Result { try ThirdNight(threads: 2).operations }
}
