// The status of a pipeline: right in every state, in eighty columns, without personal data.

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

@Suite("Status", .serialized)
struct StatusTests {
  private static func status(_ pipeline: Pipeline) throws -> Status {
    try Desk(pipeline, for: .user()).status(named: pipeline.path)
  }
  private static func text(_ status: Status) -> String { StatusText(status, paint: Paint(isOn: false)).text }

  /// Lines wider than a terminal, except commands.
  private static func wide(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { $0.count > 80 && !$0.contains("cardlink ") }
  }

  @Test("provinces of today are the sums of the former ones, by facility and by place of birth registration")
  func provinces() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(1500, seed: 62, xml: false, in: workshop.path)
    let run = try WalkTests.walk(pipeline)
    let figures = ProvinceFigures.all(of: run, former: true)
    #expect(figures.map(\.code) == ProvinceOfToday.all.map(\.text) + ["none"])
    var facilities: [String: Int] = [:]
    for (_, card) in try ComparingTests.cards(Store(path: pipeline.storePath(in: pipeline.workspace))) {
      facilities[String((card.facilityCode ?? "").prefix(2)), default: 0] += 1
    }
    for province in figures.dropLast() {
      let former = try #require(province.former)
      for part in former {
        #expect(part.personsByFacility == facilities[part.code] ?? 0)
        let counts = run.matched.places["0" + part.code] ?? [:]
        #expect(part.recordsByBirthRegistration == counts.values.reduce(0, +))
        #expect(part.linkedByBirthRegistration == counts["linked"] ?? 0)
      }
      #expect(province.personsByFacility == former.reduce(0) { $0 + ($1.personsByFacility ?? 0) })
      #expect(
        province.linkedByBirthRegistration == former.reduce(0) { $0 + $1.linkedByBirthRegistration })
    }
    #expect(figures.reduce(0) { $0 + ($1.personsByFacility ?? 0) } == run.published?.all)
    #expect(
      figures.reduce(0) { $0 + $1.recordsByBirthRegistration } == run.count(.insurance))

    let text = try Cardlink.run(["status", pipeline.path, "--former-provinces"])
    #expect(text.exit == 0 && Self.wide(text.output) == [])
    #expect(text.output.contains("  79 Thành phố Hồ Chí Minh") && text.output.contains("      74 Bình Dương"))
    let today = try Cardlink.run(["status", pipeline.path, "--provinces"])
    #expect(!today.output.contains("Bình Dương") && today.output.contains("none · không thuộc tỉnh"))
    let csv = try Cardlink.run(["status", pipeline.path, "--provinces", "--output", "csv"])
    #expect(csv.output.hasPrefix("by,province_2025,former_province,name,count,linked\nfacility,01,,Hà Nội,"))
    #expect(csv.output.split(separator: "\n").count == 1 + 2 * 35)
    let json = try Cardlink.run(["status", pipeline.path, "--provinces", "--output", "json"])
    #expect(json.output.contains("\"linked_by_birth_registration\""))
  }

  @Test("done, then half of the records gone: held; then released, rolled back, failed")
  func states() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(1500, seed: 61, xml: false, in: workshop.path)
    pipeline.gates.judgedFrom = 100
    #expect(throws: Stop.self) { try Self.status(pipeline) }
    let first = try WalkTests.walk(pipeline)
    var status = try Self.status(pipeline)
    #expect(status.state == .done && status.before == nil && status.inForce?.run == 1)
    #expect(status.holder == nil)
    for export in ExportKind.allCases { #expect(status.records(export) == first.count(export)) }
    #expect(status.counts.allSatisfy { $0.before == nil })
    var text = Self.text(status)
    #expect(Self.wide(text) == [])
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 45)
    #expect(text.hasPrefix("generated  run 1: done · hoàn tất\n"))
    #expect(text.contains("Gates · Cổng kiểm soát: all "))
    for cause in status.causes { #expect(text.contains(cause.command)) }

    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
    let whole = try String(contentsOfFile: export.path, encoding: .isoLatin1)
    let lines = whole.split(separator: "\n")
    try (lines.prefix(lines.count / 2).joined(separator: "\n") + "\n").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
    let limited = pipeline
    #expect(throws: Stop.self) { try WalkTests.walk(limited) }
    status = try Self.status(pipeline)
    #expect(status.state == .held && status.exitCode == 65 && status.inForce?.run == 1)
    #expect(status.gatesFailed.contains { $0.gate == .records })
    let linked = try #require(status.counts.first { $0.outcome == "linked" })
    #expect(linked.before == first.count(.insurance, .linked) && linked.records > 0)
    #expect(status.next.map(\.command).contains("cardlink release 2 \(pipeline.path) --because \"…\""))
    text = Self.text(status)
    #expect(Self.wide(text) == [])
    #expect(
      text.contains("run 2: held at a gate · tạm giữ") && text.contains("✗ records of insurance: found"))
    #expect(text.contains("in force · đang có hiệu lực: run 1 of 2026-11-23"))

    _ = try Run.release(
      pipeline, run: 2, because: "a test", in: Workspace(pipeline.workspace),
      options: RunOptions(asOf: WalkTests.asOf, threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
      progress: SilentProgress())
    status = try Self.status(pipeline)
    #expect(status.state == .done && status.release?.because == "a test" && status.inForce?.run == 2)

    _ = try Run.rollback(
      pipeline, to: 1, because: "a test", in: Workspace(pipeline.workspace),
      options: RunOptions(asOf: WalkTests.asOf, threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
      progress: SilentProgress())
    status = try Self.status(pipeline)
    let rollback = Rollback(from: 2, to: 1, because: "a test", by: Audit.user)
    #expect(status.rollback == rollback && status.inForce?.run == 1)
    #expect(Self.text(status).contains("the store of run 1 replaces that of run 2 again"))

    try String(whole.prefix { $0 != "\n" } + "\n").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
    #expect(throws: Stop.self) { try WalkTests.walk(limited) }
    status = try Self.status(pipeline)
    #expect(status.state == .failed && status.exitCode == 65 && status.counts.isEmpty)
    text = Self.text(status)
    #expect(Self.wide(text) == [])
    #expect(text.contains("failed, exit code 65") && text.contains("expected at least one record"))
    #expect(status.next.first?.command == "cardlink check \(pipeline.path)")
    #expect(status.stages.map(\.state) == [.waiting, .waiting, .waiting, .waiting])

    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(status.json.utf8)) as? [String: Any])
    #expect(object["state"] as? String == "failed" && object["exit_code"] as? Int == 65)
  }

  @Test("a run at work is running while its process holds the workspace, and cut off when it is gone")
  func running() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(60, seed: 62, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    var workspace: Workspace? = try Workspace(pipeline.workspace)
    var run = try #require(try Desk(pipeline, for: .user()).runs().last)
    (run.state, run.finishedAt) = (.running, nil)
    run.stages.removeAll { $0.stage >= .load }
    run = try #require(try workspace?.newRun(run))
    var status = try Self.status(pipeline)
    #expect(status.state == .running && status.holder?.process == Int(getpid()))
    #expect(status.stages.map(\.state) == [.skipped, .skipped, .running, .waiting])
    #expect(Self.text(status).contains("running · đang chạy"))
    // load and publish are to come; the last run shows how long they took.
    let left = try #require(status.secondsLeft)
    let last = try Desk(pipeline, for: .user()).runs()[0].stages.filter { $0.stage >= .load }.reduce(0) {
      $0 + $1.seconds
    }
    #expect(left >= 0 && left <= last)
    #expect(Self.text(status).contains(" left, as in the last run"))
    // Asking does not take the lock.
    #expect(throws: Stop.self) { try Workspace(pipeline.workspace) }
    workspace = nil
    status = try Self.status(pipeline)
    #expect(status.state == .cutOff && status.holder == nil)
    #expect(status.next.map(\.command) == ["cardlink run \(pipeline.path)"])
    let runs = try Cardlink.run(["runs", pipeline.path, "--output", "json"])
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(runs.output.utf8)) as? [[String: Any]])
    #expect(rows.map { $0["state"] as? String } == ["done", "cut_off"])
    #expect(rows[0]["extract_seconds"] is Double && rows[1]["load_seconds"] is NSNull)
  }

  @Test("the kernel's list of locks is read by inode and process")
  func locks() {
    let list = "1: POSIX  ADVISORY  WRITE 7 08:01:55 0 EOF\n2: FLOCK  ADVISORY  WRITE 7 00:2f:56 0 EOF\n"
    #expect(WorkspaceReader.names(list, inode: 56, process: 7))
    #expect(!WorkspaceReader.names(list, inode: 55, process: 7))
    #expect(!WorkspaceReader.names(list, inode: 56, process: 8))
    #expect(!WorkspaceReader.names("", inode: 56, process: 7))
  }

  @Test("figures at the size of the country stay in their columns")
  func country() {
    var run = RunRecord(
      id: 365, command: "run", pipeline: "nightly", pipelineText: "", asOf: "2026-11-24",
      startedAt: "2026-11-24T01:17:03+07:00", finishedAt: "2026-11-24T02:41:03+07:00", state: .done)
    var before = run
    before.id = 364
    for outcome in Outcome.ofInsurance {
      let records = outcome == .linked ? 84_123_456 : 1_234_567
      run.matched.ledger.append(
        LedgerLine(export: "insurance", sourceFile: "f", outcome: outcome.name, records: records))
      before.matched.ledger.append(
        LedgerLine(export: "insurance", sourceFile: "f", outcome: outcome.name, records: records - 1_000_000))
    }
    run.matched.ledger.append(
      LedgerLine(export: "population", sourceFile: "f", outcome: "registered", records: 101_234_567))
    run.matched.missingByGroup = ["QN": 1_000_000]
    run.stages = StageName.allCases.map { .init(stage: $0, run: 365, seconds: 1234, records: 1) }
    let status = Status(
      run, among: [before, run], workspace: "/w", holder: nil, inForce: run, packagesOfRun: 365,
      named: "nightly.yaml", today: "2026-11-27")
    let text = Self.text(status)
    #expect(Self.wide(text) == [])
    #expect(text.contains("  linked              84,123,456  ███████▏  89.49 %   +1,000,000  đã liên kết"))
    #expect(text.contains("3 days old · 3 ngày"))
    #expect(status.next.first?.command == "cardlink run nightly.yaml")
    // Linked of those that could link: 84,123,456 of 93,999,992 less 1,000,000.
    #expect(status.linkRate == 9046)
  }

  @Test("colours are there when they are wanted and change no letter")
  func colours() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(60, seed: 63, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    let status = try Self.status(pipeline)
    let painted = StatusText(status, paint: Paint(isOn: true)).text
    #expect(painted.contains("\u{1B}[32m"))
    #expect(painted.replacing(/\u{1B}\[[0-9]+m/, with: "") == Self.text(status))
    #expect(!(try Cardlink.run(["status", pipeline.path])).output.contains("\u{1B}"))
  }
}

@Suite("The link rate")
struct LinkRateTests {
  @Test("report, status, gates and metrics say the same, and leave out what bears the reason armed_forces")
  func same() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(3000, seed: 64, xml: false, in: workshop.path)
    let run = try WalkTests.walk(pipeline)
    let left = try #require(run.matched.reasons["id_missing/armed_forces"])
    #expect(left > 0 && Figures(run: run).armedForcesWithoutNumber == left)
    let linked = run.count(.insurance, .linked)
    let rate = try #require(FigureText.share(linked, of: run.count(.insurance) - left))
    #expect(rate != FigureText.share(linked, of: run.count(.insurance)))
    #expect(run.linkRate == rate)
    #expect(try Desk(pipeline, for: .user()).status(named: "p").linkRate == rate)
    let shown = FigureText.percent(rate) as Bilingual
    let html = ReportPage(run, among: [run], pipeline: "p").html
    #expect(html.contains("<b><span class=\"n\" lang=\"vi\">\(shown.vietnamese)</span>"))
    let verdict = try #require(run.gated.verdicts?.first { $0.gate == .linkRate })
    #expect(verdict.found == FigureText.percent(rate))
    let metrics = Metrics(pipeline: "p", runs: [run], inForce: run, attempt: Attempt(at: 0, exit: .done)).text
    let ratio = try #require(metrics.firstMatch(of: /cardlink_link_ratio\{[^}]*\} ([0-9.]+)/))
    #expect(abs((Double(ratio.1) ?? 0) * 10_000 - Double(rate)) <= 0.5)
  }
}
