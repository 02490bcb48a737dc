// Doctor: sound pipelines pass, each fault is found and named, and nothing is changed.

import Extract
import Files
import Foundation
import Package
import Publish
import Seal
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Doctor", .serialized)
struct DoctorTests {
  private static func examine(
    _ pipeline: Pipeline, memory: Int = 256 << 20, today: CalendarDate = Clock.today()
  ) -> [String: Diagnosis] {
    let found = Doctor(pipeline, named: pipeline.path, memoryBytes: memory, today: today).examine()
    return Dictionary(uniqueKeysWithValues: found.map { ($0.check, $0) })
  }

  /// Names, sizes, modes and times of all files below a folder.
  private static func snapshot(_ path: String) throws -> [String] {
    let all = FileManager.default.enumerator(atPath: path)
    return (all?.compactMap { $0 as? String } ?? []).sorted().compactMap { name in
      var info = stat()
      guard lstat(path + "/" + name, &info) == 0 else { return nil }
      return
        "\(name) \(info.st_size) \(info.st_mode) \(info.st_mtim.tv_sec) \(info.st_mtim.tv_nsec) \(info.st_ino)"
    }
  }

  @Test("before the first run, and after it, all is well, and looking changes nothing")
  func sound() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(200, seed: 71, xml: false, in: workshop.path)
    var found = Self.examine(pipeline)
    #expect(found.values.allSatisfy { $0.verdict != .fail }, "\(found.values.filter { $0.verdict == .fail })")
    #expect(found["last_runs"]?.command == "cardlink run \(pipeline.path)")
    #expect(!FileManager.default.fileExists(atPath: pipeline.workspace))
    // Exports and business date are today's, whatever the day.
    _ = try WalkTests.walk(pipeline, asOf: Clock.today())
    let before = try Self.snapshot(workshop.path)
    found = Self.examine(pipeline)
    #expect(found.values.allSatisfy { $0.verdict == .ok }, "\(found.values.filter { $0.verdict != .ok })")
    #expect(try Self.snapshot(workshop.path) == before)
    #expect(found["disk"]?.found.contains("a run like 1 takes ") == true)
    for library in ["libxml2", "zlib", "sqlite"] {
      #expect(found[library]?.found.contains(/^[0-9]+\.[0-9]+\.[0-9]+/) == true)
    }
    let result = try Cardlink.run(["doctor", pipeline.path, "--memory", "64M", "--output", "json"])
    #expect(result.exit == 0)
    let rows = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    #expect(rows.allSatisfy { $0["verdict"] as? String == "ok" && $0["exit_code"] is NSNull })
  }

  @Test("packages of a rerun belong to the store that they are made from")
  func publishedAgain() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(200, seed: 72, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    _ = try WalkTests.walk(pipeline, from: .publish)
    #expect(
      Self.examine(pipeline)["packages"] == .ok("packages", "those of run 2, made from the store of run 1"))
    _ = try WalkTests.walk(pipeline, from: .load)
    try Folder.point(pipeline.workspace + "/packages/current", to: "run-0002")
    let found = try #require(Self.examine(pipeline)["packages"])
    #expect(found.verdict == .warn && found.command?.hasPrefix("cardlink rerun publish") ?? false)
    #expect(found.found == "those of run 2, made from the store of run 1; in force is that of run 3")
    // What it advises helps.
    _ = try WalkTests.walk(pipeline, from: .publish)
    #expect(Self.examine(pipeline)["packages"]?.verdict == .ok)
  }

  @Test("what is wrong is found, with its exit code and what to do")
  func wrong() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(200, seed: 72, xml: false, in: workshop.path)
    pipeline.metrics = workshop.path + "/nowhere/night.prom"
    pipeline.publish.signingKey = workshop.path + "/no.key"
    _ = try WalkTests.invented(1, seed: 1, xml: false, in: workshop.path + "/other")
    let walked = try WalkTests.invented(200, seed: 72, xml: false, in: workshop.path)
    _ = try WalkTests.walk(walked)
    let workspace = pipeline.workspace
    func change(_ check: String, _ exit: Exit?, _ work: () throws -> Void) rethrows {
      try work()
      let found = Self.examine(pipeline)[check]
      #expect(found?.verdict == (exit == nil ? .warn : .fail), "\(check): \(String(describing: found))")
      #expect(found?.exit == exit, "\(check)")
      #expect(found?.remedy.isEmpty == false)
    }
    change("metrics", nil) {}
    change("signing_key", .exportMissing) {}
    try change("modes", .inputOutput) { chmod(workspace + "/runs/0001/run.json", 0o640) }
    chmod(workspace + "/runs/0001/run.json", 0o600)
    try change("leftovers", nil) {
      try "".write(toFile: workspace + "/runs/0001/load.partial", atomically: false, encoding: .utf8)
      chmod(workspace + "/runs/0001/load.partial", 0o600)
    }
    try change("packages", nil) {
      try FileManager.default.removeItem(atPath: workspace + "/packages/current")
    }
    try change("audit_log", .inputOutput) {
      let path = workspace + "/audit.log"
      let log = try String(contentsOfFile: path, encoding: .utf8).replacing("run_done", with: "run_none")
      try log.write(toFile: path, atomically: false, encoding: .utf8)
    }
    try change("store", .storeUnavailable) {
      try "no store".write(toFile: workspace + "/card-attributes.sqlite", atomically: false, encoding: .utf8)
    }
    try change("last_runs", nil) {
      var run = try #require(try Desk(walked, for: .user()).runs().last)
      (run.state, run.finishedAt) = (.failed, nil)
      let held = try Workspace(workspace)
      try held.save(run)
    }
    try change("clock", .inputOutput) {
      var run = try #require(try Desk(walked, for: .user()).runs().last)
      run.endedAt = "2126-01-01T00:00:00+07:00"
      let held = try Workspace(workspace)
      try held.save(run)
    }
    let export = try #require(try pipeline.insurance.foundFiles(pipeline: pipeline.path, asOf: .none).first)
    try change("exports_insurance", nil) {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -200_000)], ofItemAtPath: export.path)
    }
    try change("exports_insurance", .dataRefused) {
      try "a,b\n1,2\n".write(toFile: export.path, atomically: false, encoding: .utf8)
    }
    try change("exports_insurance", .exportMissing) {
      try FileManager.default.removeItem(atPath: export.path)
    }
    #expect(Self.examine(pipeline, memory: 1 << 50)["memory"]?.verdict == .fail)
    // The first failing check gives doctor's exit code and the command to try next.
    let result = try Cardlink.run(["doctor", pipeline.path])
    #expect(result.exit == 66)
    #expect(result.errors.hasSuffix("Try next: cardlink check \(pipeline.path)\n"))
    #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains(workshop.path) })
    pipeline.workspace = pipeline.path + "/no"
    #expect(Self.examine(pipeline)["workspace"]?.exit == .cannotCreate)
  }

  @Test("a rule that covers a part of a province of today is warned about, by check as well")
  func partOfAProvince() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(20, seed: 76, xml: false, in: workshop.path)
    #expect(Self.examine(pipeline)["provinces"] == nil)
    pipeline.publish.rules = [PackageRule(.province("24")), PackageRule(.province2025(79))]
    let found = try #require(Self.examine(pipeline)["provinces"])
    #expect(found.verdict == .warn && found.exit == nil)
    #expect(
      found.found.hasSuffix("covers a part of today's 24 Bắc Ninh; it leaves out the former 27 Bắc Ninh"))
    pipeline.publish.rules.append(PackageRule(.province("27")))
    #expect(Self.examine(pipeline)["provinces"]?.verdict == .ok)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try (text + "publish: { packages: [{ province: \"24\" }, { all: true }] }\n").write(
      toFile: pipeline.path, atomically: true, encoding: .utf8)
    let result = try Cardlink.run(["check", pipeline.path])
    #expect(result.exit == 0)
    #expect(
      result.errors == """
        Warning: rule 1 of publish.packages, province: "24", covers a part of today's 24 Bắc Ninh; it leaves out \
        the former 27 Bắc Ninh. Write province_2025: "24" for all of it, or add rules for the other former \
        provinces.
        Lưu ý: quy tắc 1 của publish.packages, province: "24", chỉ gồm một phần của 24 Bắc Ninh hiện nay; còn thiếu \
        27 Bắc Ninh. Ghi province_2025: "24" để lấy cả tỉnh, hoặc thêm quy tắc cho các tỉnh cũ còn thiếu.

        """)
  }

  @Test("groups added to those of the armed forces are named, and one that no record has is warned about")
  func addedArmedForces() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(300, seed: 77, xml: false, in: workshop.path)
    #expect(Self.examine(pipeline)["armed_forces"] == nil)
    pipeline.insurance.armedForces = ["QX", "DN"]
    let found = try #require(Self.examine(pipeline)["armed_forces"])
    #expect(
      found.found
        == "armed_forces adds the groups QX, DN to QN, CA, CY: their records without a personal ID number don't count in the link rate"
    )
    #expect(found.verdict == .ok)
    #expect(try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"]).exit == 0)
    let warned = try #require(Self.examine(pipeline)["armed_forces"])
    #expect(warned.verdict == .warn && warned.exit == nil)
    #expect(warned.found.contains("; run 1 has no such record of QX"))
  }

  @Test(
    "the keys of facilities are looked at: files that are missing or hold something else, and who has none")
  func facilityKeys() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(60, seed: 75, xml: false, in: workshop.path)
    func found() -> Diagnosis? { Self.examine(pipeline)["facility_keys"] }
    #expect(found() == nil)
    let folder = workshop.path + "/keys"
    pipeline.publish.rules = [
      PackageRule(.province("01"), name: "province-01", isCopy: true, encryptTo: [folder]),
      PackageRule(.facility("*"), encryptTo: [folder]),
    ]
    pipeline.publish.leavesOutWithoutKey = true
    // The folder is missing.
    #expect(found()?.exit == .pipelineWrong)
    #expect(found()?.found == "\(folder): expected the facilities' public keys, found no such file or folder")
    try Folder.create(folder)
    func key(_ name: String) throws {
      try (DecryptionKey().encryption.text + "\n").write(
        toFile: folder + "/\(name).pub", atomically: true, encoding: .utf8)
      chmod(folder + "/\(name).pub", 0o644)
    }
    #expect(found()?.found == "1 of 1 packages have none: province-01")
    try key("province-01")
    #expect(found()?.found == "readable, 1 file of keys; who has none is known after the first publication")
    // Only province 01 has a key: all other people are left out, and their packages named.
    let run = try WalkTests.walk(pipeline)
    let published = try #require(run.published)
    #expect(published.packagesLeftOut > 3 && published.leftOut > 0)
    let manifest = try String(
      contentsOfFile: pipeline.workspace + "/packages/current/manifest.json", encoding: .utf8)
    let line = manifest.split(separator: "\n").first { $0.contains("\"left_out\"") }
    let codes = try #require(line).split(separator: "\"").filter {
      $0.allSatisfy { $0.isLetter || $0.isNumber }
    }
    #expect(codes.count == published.packagesLeftOut)
    let all = published.packagesLeftOut + 1
    let some = codes.prefix(10).joined(separator: ", ") + (codes.count > 10 ? ", …" : "")
    #expect(found()?.verdict == .warn && found()?.exit == nil)
    #expect(found()?.found == "\(codes.count) of \(all) packages have none: \(some)")
    pipeline.publish.leavesOutWithoutKey = false
    #expect(found()?.verdict == .fail && found()?.exit == .pipelineWrong)
    for code in codes { try key(String(code)) }
    #expect(found() == .ok("facility_keys", "each of \(all) packages has one, \(all) files of keys"))
    // Other users must not be able to replace the key.
    chmod(folder + "/province-01.pub", 0o664)
    #expect(found()?.command == "chmod go-w \(folder)/province-01.pub" && found()?.verdict == .warn)
    // Key files of facilities without a package are checked too.
    try "age1nokey\n".write(toFile: folder + "/99999.pub", atomically: true, encoding: .utf8)
    #expect(
      found()?.exit == .pipelineWrong
        && found()?.found.contains("/99999.pub:1: expected a public key") == true)
  }

  @Test("what is in force may be two days old; from the third on, cron is asked after")
  func age() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(20, seed: 74, xml: false, in: workshop.path)
    _ = try WalkTests.walk(pipeline)
    func lastRuns(_ today: CalendarDate) -> Diagnosis? { Self.examine(pipeline, today: today)["last_runs"] }
    #expect(lastRuns(CalendarDate(packed: 20_261_125))?.verdict == .ok)
    let late = lastRuns(CalendarDate(packed: 20_261_126))
    #expect(late?.verdict == .warn)
    #expect(late?.found.contains("what is in force is 3 days old") == true)
    #expect(late?.command == "cardlink run \(pipeline.path)")
  }

  @Test("who holds the workspace is named")
  func lock() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(20, seed: 73, xml: false, in: workshop.path)
    let held = try Workspace(pipeline.workspace)
    #expect(
      Self.examine(pipeline)["lock"]?.found.hasPrefix("process \(getpid()) holds the workspace since 2")
        == true)
    withExtendedLifetime(held) {}
  }

  @Test(
    "libraries are compared with those that cardlink was built for",
    arguments: [
      ("3.40.1", "3.40.1", Diagnosis.Verdict.ok), ("3.9.0", "3.40.1", .ok), ("3.40.1", "3.9.0", .warn),
      ("2.9.14", "1.9.14", .fail), ("1.2.13", "1.2.13.1-motley", .ok),
    ])
  func libraries(built: String, running: String, verdict: Diagnosis.Verdict) {
    #expect(
      Doctor.diagnosis(of: LibraryVersion(name: "x", built: built, running: running)).verdict == verdict)
  }
}
