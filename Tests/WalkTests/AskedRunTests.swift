// Questions to a run that is held: answered from what it left, as they are from its store once it is released.

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

@Suite("A run that is held can be looked at")
struct AskedRunTests {
  private let workshop: Workshop
  private let pipeline: Pipeline

  /// Run 1 is done; in the export of run 2 the supplier writes most birth dates in another way.
  init() throws {
    workshop = try Workshop()
    pipeline = try WalkTests.invented(1_500, seed: 21, xml: false, in: workshop.path)
    #expect(try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"]).exit == 0)
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    var lines = try String(contentsOfFile: export.path, encoding: .isoLatin1).split(separator: "\n")
      .map(String.init)
    for i in lines.indices.dropFirst() where i % 3 != 0 {
      lines[i] = lines[i].replacing(/,([0-9]{2})\/([0-9]{2})\/([0-9]{4}),/, maxReplacements: 1) { match in
        ",\(match.3).\(match.2).\(match.1),"
      }
    }
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
  }

  private var night: [String] { ["run", pipeline.path, "--as-of", "2026-11-24"] }

  private func csv(_ words: String...) throws -> String {
    let result = try Cardlink.run([words[0], pipeline.path] + words.dropFirst() + ["--output", "csv"])
    #expect(result.exit == 0, "\(words): \(result.errors)")
    return result.output
  }

  @Test("the message names the likely cause, the command that shows it, and then the release")
  func message() throws {
    let held = try Cardlink.run(night)
    #expect(held.exit == 65)
    let run = try #require(try Desk(pipeline, for: .user()).runs().last)
    let records = try #require(run.matched.reasons["quarantined/birth_date_format"])
    let before =
      try #require(try Desk(pipeline, for: .user()).runs().first).matched.reasons[
        "quarantined/birth_date_format"] ?? 0
    #expect(
      held.errors.contains(
        """
          Likely cause: \(FigureText.grouped(records)) insurance records (\(before) in the run before): \
        \(Reason.birthDateFormat.meaning.english) (birth_date_format). The supplier may have changed how it writes this.
          Nguyên nhân có thể: \(FigureText.count(records).vietnamese) bản ghi bảo hiểm (lượt trước \(before)): \
        \(Reason.birthDateFormat.meaning.vietnamese) (birth_date_format). Có thể bên gửi đã đổi cách ghi.
        """), "\(held.errors)")
    #expect(
      held.errors.hasSuffix(
        """
        Try next: cardlink findings \(pipeline.path) --run 2 --outcome quarantined
        Then, if the data is right: cardlink release 2 \(pipeline.path) --because "…"

        """), "\(held.errors)")
    let status = try Cardlink.run(["status", pipeline.path]).output
    #expect(status.contains("likely cause: \(FigureText.grouped(records)) insurance records"))
    let steps = status.components(separatedBy: "Try next").last?.split(separator: "\n").dropFirst() ?? []
    let commands = steps.map { $0.split(separator: " ")[1] }
    #expect(commands == ["findings", "report", "run", "release"], "\(status)")
    #expect(status.contains("--run 2 --outcome quarantined"))
    // On the page the cause comes before every figure.
    let page = try Desk(pipeline, for: .user()).report(of: 2, named: "p.yaml").page.html
    let cause = try #require(page.range(of: "Likely cause:"))
    let tiles = try #require(page.range(of: "class=\"tiles\""))
    #expect(cause.lowerBound < tiles.lowerBound)
  }

  @Test("every question takes --run and answers as it does after the release")
  func sameAnswers() throws {
    #expect(try Cardlink.run(night).exit == 65)
    let id = try #require(
      try csv("findings", "--run", "2", "--outcome", "disputed").split(separator: "\n").dropFirst().first?
        .split(separator: ",", omittingEmptySubsequences: false)[3])
    let changed = try csv("diff", "1", "2", "--people")
    let lost = try #require(
      changed.split(separator: "\n").first { $0.contains(",lost,") }?.split(separator: ",").first)
    let kept = try #require(
      try WalkTests.rows(pipeline).compactMap { $0.firstMatch(of: /\b0[0-9]{11}\b/)?.output }.first {
        !changed.contains($0)
      })
    func answers() throws -> [String] {
      try [
        csv("findings", "--run", "2"),
        csv("findings", "--run", "2", "--outcome", "id_missing", "--limit", "3"),
        csv("diff", "1", "2"), csv("status", "--run", "2"),
        Cardlink.run(["lookup", String(lost), pipeline.path, "--run", "2", "--output", "csv"]).output,
        Cardlink.run(["lookup", String(kept), pipeline.path, "--run", "2", "--output", "csv"]).output,
        Cardlink.run([
          "lookup", String(kept), pipeline.path, "--run", "2", "--on", "2026-01-15", "--output", "json",
        ]).output,
        Cardlink.run(["explain", String(id), pipeline.path, "--run", "2", "--output", "csv"]).output,
      ]
    }
    let held = try answers()
    #expect(held[0].split(separator: "\n").dropFirst().allSatisfy { $0.contains(",2,") })
    #expect(held.allSatisfy { $0.contains("\n") })
    #expect(try Cardlink.run(["release", pipeline.path, "2", "--because", "a test"]).exit == 0)
    let released = try answers()
    for (was, now) in zip(held, released) { #expect(was == now) }
  }

  @Test("an answer for people says which run it comes from")
  func said() throws {
    #expect(try Cardlink.run(night).exit == 65)
    let now = try Cardlink.run(["findings", pipeline.path, "--limit", "1"])
    #expect(
      now.errors == "From run 1 of 2026-11-23: in force\nTừ lượt chạy 1, ngày 23/11/2026: đang có hiệu lực\n")
    let held = try Cardlink.run(["findings", pipeline.path, "--limit", "1", "--run", "2"])
    #expect(held.errors.hasPrefix("From run 2 of 2026-11-24: held at a gate\n"))
    let none = try Cardlink.run(["findings", pipeline.path, "--run", "9"])
    #expect(
      none.errors == """
        run 9: expected a run of this workspace, found runs 1 to 2
          Name one of the runs listed.
        Try next: cardlink runs \(pipeline.path)

        """)
    #expect(none.exit == 64)
  }

  @Test(
    "what quarantine holds goes back to the supplier although the exports are gone, and a failure leaves nothing"
  )
  func corrections() throws {
    #expect(try Cardlink.run(night).exit == 65)
    func contents(_ folder: String) throws -> [String: Data] {
      var found: [String: Data] = [:]
      for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? []
      where try !Folder.isFolder(folder + "/" + name) {
        found[name] = try Data(contentsOf: URL(filePath: folder + "/" + name))
      }
      return found
    }
    let (first, second) = (workshop.path + "/first", workshop.path + "/second")
    let written = try Cardlink.run(["findings", pipeline.path, "--run", "2", "--as-export", first])
    #expect(written.exit == 0, "\(written.errors)")
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    try Folder.rename(export.path, to: export.path + ".away")
    #expect(try Cardlink.run(["findings", pipeline.path, "--run", "2", "--as-export", second]).exit == 0)
    #expect(try contents(first) == contents(second))
    #expect(try contents(first).count >= 2)
    // A result of a version that kept no header needs the export.
    let result = WorkspaceReader(pipeline.workspace).folder(of: 2) + "/extract/result.json"
    let text = try String(contentsOfFile: result, encoding: .isoLatin1)
    try text.replacing("\"envelope\"", with: "\"nothing\"").write(
      toFile: result, atomically: true, encoding: .isoLatin1)
    let third = workshop.path + "/third"
    let failed = try Cardlink.run(["findings", pipeline.path, "--run", "2", "--as-export", third])
    #expect(failed.exit == 66, "\(failed.errors)")
    #expect(try Folder.names(in: workshop.path).allSatisfy { !$0.hasPrefix("third") })
    try Folder.rename(export.path + ".away", to: export.path)
    #expect(try Cardlink.run(["findings", pipeline.path, "--run", "2", "--as-export", third]).exit == 0)
    #expect(try contents(first) == contents(third))
  }

  @Test("a rerun takes the business date of the run that it repeats, and says so; runs names the commands")
  func repeated() throws {
    let rerun = try Cardlink.runWithLog(["rerun", "match", pipeline.path])
    #expect(rerun.exit == 0, "\(rerun.errors)")
    #expect(
      rerun.errors.contains(
        "Business date 2026-11-23, that of run 1, which is repeated; --as-of takes another."))
    let other = try Cardlink.runWithLog(["rerun", "publish", pipeline.path, "--as-of", "2026-11-25"])
    #expect(!other.errors.contains("which is repeated"))
    #expect(
      try Desk(pipeline, for: .user()).runs().map(\.asOf) == ["2026-11-23", "2026-11-23", "2026-11-25"])
    #expect(try Cardlink.run(["rollback", pipeline.path, "1", "--because", "a test", "--yes"]).exit == 0)
    let rows = try Cardlink.run(["runs", pipeline.path]).output.split(separator: "\n").map {
      $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
    #expect(rows[0].hasPrefix("run command state as_of"))
    #expect(rows[1].hasPrefix("1 run done 2026-11-23") && rows[2].hasPrefix("2 rerun match done 2026-11-23"))
    #expect(rows[4].hasPrefix("4 rollback 1 done 2026-11-23") && !rows[4].contains("0.0 s"))
  }
}
