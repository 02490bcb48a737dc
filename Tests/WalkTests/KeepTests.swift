// Restoring earlier stores, and removing what is not kept.

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

@Suite("Rollback and prune", .serialized)
struct KeepTests {
  private static func day(_ day: Int) -> CalendarDate { CalendarDate(packed: UInt32(20_261_100 + day)) }

  private static func walk(_ pipeline: Pipeline, _ day: Int) throws -> RunRecord {
    try Run.walk(
      pipeline, in: try Workspace(pipeline.workspace),
      options: RunOptions(asOf: Self.day(day), threads: 2, memoryBytes: 256 << 20, pages: NightPages()),
      progress: SilentProgress()
    )
  }

  /// Makes the next exports: some records of the insurance export are removed.
  private static func shorten(_ pipeline: Pipeline) throws {
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    let bytes = try Data(contentsOf: URL(filePath: export.path))
    let cut = try #require(bytes[..<(bytes.count * 9 / 10)].lastIndex(of: UInt8(ascii: "\n")))
    try bytes[...cut].write(to: URL(filePath: export.path))
  }

  /// Three runs, each with fewer records than the one before; the rows of each run's store.
  private static func threeNights(in workshop: Workshop, keep: String = "") throws -> (Pipeline, [[String]]) {
    var pipeline = try WalkTests.invented(60, seed: 31, xml: false, in: workshop.path)
    if !keep.isEmpty {
      let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
      try (text + "\nkeep: \(keep)\n").write(toFile: pipeline.path, atomically: true, encoding: .utf8)
      pipeline = try Pipeline(file: pipeline.path)
    }
    var rows: [[String]] = []
    for night in 1...3 {
      if night > 1 { try shorten(pipeline) }
      _ = try walk(pipeline, 22 + night)
      rows.append(try WalkTests.rows(pipeline))
    }
    #expect(Set(rows).count == 3)
    return (pipeline, rows)
  }

  private static func rollback(_ pipeline: Pipeline, _ run: String) throws -> (
    exit: Int32, output: String, errors: String
  ) {
    try Cardlink.run(["rollback", pipeline.path, run, "--because", "a test", "--yes"])
  }

  private static func packagedRows(_ pipeline: Pipeline) throws -> String {
    let folder = pipeline.workspace + "/packages/current"
    let names = FileManager.default.enumerator(atPath: folder + "/")?.compactMap { $0 as? String } ?? []
    return try names.sorted().filter { $0.hasSuffix(".csv") }.map {
      try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
    }.joined()
  }

  @Test("the store of an earlier run comes in force, with its packages, and who reads goes on reading")
  func rollback() throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop)
    #expect(try keptStores(pipeline).map(\.run) == [1, 2, 3])
    let reader = try Store(path: pipeline.storePath(in: pipeline.workspace))
    let result = try Cardlink.run([
      "rollback", pipeline.path, "2", "--because", "run 3 lacks records", "--yes",
    ])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(result.output.hasPrefix("The store of run 2, business date 2026-11-24, is in force again"))
    #expect(try WalkTests.rows(pipeline) == rows[1])
    #expect(try reader.runID() == 3)
    #expect(try WorkspaceReader(pipeline.workspace).publishedRun() == 2)
    // Run 1's packages are gone; they are written anew from its store.
    #expect(try Self.rollback(pipeline, "1").exit == 0)
    #expect(try WalkTests.rows(pipeline) == rows[0])
    #expect(try WorkspaceReader(pipeline.workspace).publishedRun() == 5)
    #expect(try Self.rollback(pipeline, "3").exit == 0)
    #expect(try WalkTests.rows(pipeline) == rows[2])
    #expect(
      try Desk(pipeline, for: .user()).runs().map(\.command) == [
        "run", "run", "run", "rollback 2", "rollback 1", "rollback 3",
      ])
    #expect(try keptStores(pipeline).filter(\.isInForce).map(\.run) == [3])
    #expect(try keptStores(pipeline).map(\.run) == [1, 2, 3])
    let events = try Audit(pipeline.workspace).reading().lines.filter { $0.event == "rolled_back" }
    #expect(events.map(\.because) == ["run 3 lacks records", "a test", "a test"])
    #expect(
      events.map(\.detail) == [
        ["from": "3", "to": "2"], ["from": "2", "to": "1"], ["from": "1", "to": "3"],
      ])
  }

  @Test("what can't be brought back is refused, and nothing changes")
  func refused() throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop, keep: "{ stores: 1 }")
    #expect(try keptStores(pipeline).map(\.run) == [2, 3])
    #expect(
      try Self.rollback(pipeline, "1").errors == """
        run 1: expected one whose store is kept, found stores of runs 2 are kept
          Nothing was changed.
        Try next: cardlink rollback \(pipeline.path)

        """)
    #expect(try Self.rollback(pipeline, "3").exit == 64)
    #expect(try Self.rollback(pipeline, "9").exit == 64)
    #expect(try WalkTests.rows(pipeline) == rows[2])
    #expect(try Desk(pipeline, for: .user()).runs().count == 3)
  }

  @Test("a result that was rolled back is held when it comes again, and a new night is not")
  func comesAgain() throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop)
    #expect(try Self.rollback(pipeline, "2").exit == 0)
    #expect {
      try Self.walk(pipeline, 25)
    } throws: { error in
      (error as? Stop)?.finding.description.hasPrefix(
        """
        run 5: gate rolled_back of run 3: expected a result that was not taken out of force, found the one of run 3, \
        which was rolled back
        """) ?? false
    }
    #expect(try WalkTests.rows(pipeline) == rows[1])
    // Another business date makes the same exports no better; others are.
    #expect(throws: Stop.self) { try Self.walk(pipeline, 26) }
    try Self.shorten(pipeline)
    #expect(try Self.walk(pipeline, 26).state == .done)
  }

  @Test("a rollback asks for a reason, and shows who gains, loses or changes the card before it acts")
  func shown() throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop)
    let mute = try Cardlink.run(["rollback", pipeline.path, "2", "--yes"])
    #expect(mute.exit == 64 && mute.errors.contains("--because takes a reason"))
    let shown = try Cardlink.run(["rollback", pipeline.path, "2", "--because", "run 3 lacks records"])
    let counts = try ComparedRuns(Desk(pipeline, for: .user()), .run(3), .run(2)).differences()
    #expect(counts.total.gained > 0)
    #expect(shown.exit == 64 && shown.output == "")
    #expect(
      shown.errors.hasPrefix(
        """
        Rollback from run 3 to run 2 · quay lại từ lượt chạy 3 về lượt chạy 2
          persons with a card · người có thẻ  \(counts.before) → \(counts.after)
          gained · được thêm thẻ        \(String(counts.total.gained).rightAligned(14))
        """), "\(shown.errors)")
    #expect(
      shown.errors.hasSuffix(
        """
        rollback: expected --yes, or a terminal to ask on, found neither
          Nothing was changed.
        Try next: cardlink rollback 2 \(pipeline.path) --because 'run 3 lacks records' --yes

        """), "\(shown.errors)")
    #expect(try WalkTests.rows(pipeline) == rows[2])
    #expect(try Desk(pipeline, for: .user()).runs().count == 3)
    // A store that can't be read is a reason to go back.
    try Data("no store".utf8).write(to: URL(filePath: pipeline.storePath(in: pipeline.workspace)))
    let back = try Self.rollback(pipeline, "2")
    #expect(back.exit == 0 && back.errors.contains("What changes can't be shown"), "\(back.errors)")
    #expect(try WalkTests.rows(pipeline) == rows[1])
    let record = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(record.rollback?.because == "a test" && record.rollback?.by == Audit.user)
  }

  @Test("what an officer took back stays back until somebody releases it again by name")
  func staysBack() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(1_500, seed: 21, xml: false, in: workshop.path)
    func cardlink(_ words: String...) throws -> Int32 {
      try Cardlink.run(
        [words[0]] + (words[0] == "rerun" ? [words[1]] : []) + [pipeline.path]
          + words.dropFirst(words[0] == "rerun" ? 2 : 1)
      ).exit
    }
    #expect(try cardlink("run", "--as-of", "2026-11-23") == 0)
    let good = try WalkTests.rows(pipeline)
    // Half a file is released, and then taken back.
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    let bytes = try Data(contentsOf: URL(filePath: export.path))
    let half = try #require(bytes[..<(bytes.count / 2)].lastIndex(of: UInt8(ascii: "\n")))
    try bytes[...half].write(to: URL(filePath: export.path))
    #expect(try cardlink("run", "--as-of", "2026-11-24") == 65)
    #expect(try cardlink("release", "2", "--because", "letter 7") == 0)
    let bad = try WalkTests.rows(pipeline)
    #expect(bad != good)
    #expect(try cardlink("rollback", "1", "--because", "letter 8", "--yes") == 0)
    #expect(try WalkTests.rows(pipeline) == good)

    // Whatever else has changed since, it is the same half file.
    #expect(try cardlink("run", "--as-of", "2026-11-24") == 65)
    #expect(try cardlink("rerun", "match", "--as-of", "2026-11-24") == 65)
    #expect(try cardlink("rerun", "load", "--as-of", "2026-11-24") == 65)
    #expect(try cardlink("run", "--as-of", "2026-11-25") == 65)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try text.replacing("yyyy]", with: "yyyy, yyyyMMdd]").write(
      toFile: pipeline.path, atomically: true, encoding: .utf8)
    #expect(try cardlink("run", "--as-of", "2026-11-25") == 65)
    try text.write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    #expect(try WalkTests.rows(pipeline) == good)
    let held = try #require(try Desk(pipeline, for: .user()).runs().last)
    #expect(held.gated.verdicts?.contains { $0.name == "rolled_back of run 2" && !$0.passed } ?? false)

    // By name it comes back, and stays.
    #expect(try cardlink("run", "--as-of", "2026-11-24") == 65)
    let last = try #require(try Desk(pipeline, for: .user()).runs().last?.id)
    #expect(try cardlink("release", String(last), "--because", "letter 9") == 0)
    #expect(try WalkTests.rows(pipeline) == bad)
    #expect(try cardlink("rerun", "load", "--as-of", "2026-11-24") == 0)
    #expect(try cardlink("run", "--as-of", "2026-11-24") == 0)
    #expect(try WalkTests.rows(pipeline) == bad)
  }

  @Test(
    "a rollback that fails at any operation leaves one of both stores, and is done by the same command",
    arguments: Faults.Kind.allCases, [1, 2, 3])
  func rollbackFaults(kind: Faults.Kind, threads: Int) throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop)
    func rollback(_ run: Int) throws -> RunRecord {
      try Run.rollback(
        pipeline, to: run, because: "a test", in: try Workspace(pipeline.workspace),
        options: RunOptions(asOf: Self.day(25), threads: threads, memoryBytes: 64 << 20, pages: NightPages()),
        progress: SilentProgress()
      )
    }
    Faults.count(under: workshop.path)
    _ = try rollback(2)
    let operations = Faults.end(under: workshop.path).count(kind)
    #expect(operations > 10)
    for n in 1...operations {
      _ = try? rollback(3)
      #expect(try WalkTests.rows(pipeline) == rows[2])
      Faults.fail(at: n, under: workshop.path, as: kind)
      _ = try? rollback(2)
      Faults.end(under: workshop.path)
      let now = try WalkTests.rows(pipeline)
      #expect(now == rows[1] || now == rows[2], "operation \(n)")
      if kind != .gone {
        #expect(
          try WorkspaceReader(pipeline.workspace).publishedRun() == (now == rows[1] ? 2 : 3), "operation \(n)"
        )
      }
      _ = try? rollback(2)
      #expect(try WalkTests.rows(pipeline) == rows[1], "operation \(n)")
      #expect(try Desk(pipeline, for: .user()).runs().last?.state == .done, "operation \(n)")
    }
  }

  @Test("prune says what would go, removes it, and never what is in force")
  func prune() throws {
    let workshop = try Workshop()
    let (pipeline, rows) = try Self.threeNights(in: workshop)
    let reader = try Store(path: pipeline.storePath(in: pipeline.workspace))
    let plan = try Cardlink.run(["prune", pipeline.path, "--keep", "1", "--dry-run", "--output", "csv"])
    #expect(
      plan.output.split(separator: "\n").map { $0.split(separator: ",")[..<2].joined(separator: ",") } == [
        "run_id,what", "1,store",
      ])
    #expect(try keptStores(pipeline).map(\.run) == [1, 2, 3])
    #expect(try Cardlink.run(["prune", pipeline.path, "--keep", "1"]).exit == 0)
    #expect(try keptStores(pipeline).map(\.run) == [2, 3])
    let all = try Cardlink.run(["prune", pipeline.path, "--keep", "0"])
    #expect(all.output.contains("staged") && all.output.contains("matched") && all.output.contains("store"))
    #expect(try keptStores(pipeline).map(\.run) == [3])
    #expect(try WalkTests.rows(pipeline) == rows[2])
    #expect(try reader.runID() == 3)
    #expect(try Cardlink.run(["prune", pipeline.path, "--keep", "0"]).output.hasPrefix("Nothing to remove."))
    for run in 1...3 {
      #expect(
        Set(try Folder.names(in: WorkspaceReader(pipeline.workspace).folder(of: run))).subtracting([
          "run.json", "report.html",
        ]) == [])
    }
  }

  @Test("nothing of a run that did not finish is removed while it can be gone on with")
  func unfinished() throws {
    let workshop = try Workshop()
    let pipeline = try WalkTests.invented(40, seed: 32, xml: false, in: workshop.path)
    _ = try Self.walk(pipeline, 23)
    let packages = pipeline.workspace + "/packages"
    Faults.fail(at: 1, under: packages, as: .gone)
    #expect(throws: Stop.self) { try Self.walk(pipeline, 24) }
    Faults.end(under: packages)
    let workspace = try Workspace(pipeline.workspace)
    var retention = Retention()
    (retention.staged, retention.stores) = (0, 0)
    let going = try workspace.prunable(pipeline, keeping: retention)
    #expect(going.allSatisfy { $0.run == 1 || $0.kind == "remains" })
    #expect(try #require(try Desk(pipeline, for: .user()).runs().last).finished(.match) != nil)
  }

  @Test("what is older than the days that the pipeline file names goes when a run is done")
  func days() throws {
    let workshop = try Workshop()
    let (pipeline, _) = try Self.threeNights(in: workshop, keep: "{ staged: 3, stores: 3, days: 30 }")
    let reader = WorkspaceReader(pipeline.workspace)
    var old = try #require(try reader.runs().first)
    old.finishedAt = "2026-01-01T00:00:00+07:00"
    let workspace = try Workspace(pipeline.workspace)
    try workspace.save(old)
    let going = try workspace.prunable(pipeline, keeping: pipeline.keep)
    #expect(Set(going.map(\.kind)) == ["staged", "matched", "store"])
    #expect(Set(going.map(\.run)) == [1])
  }
}
