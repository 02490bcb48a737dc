// Receipts: from the package of a night, through a facility's PC, back to the publisher.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Desk
@testable import Package
@testable import Pipeline
@testable import Views
@testable import Workspace

@Suite("Receipts of packages")
struct ReceiptTests {
  /// A pipeline that has published once, its packages signed.
  private static func published(in workshop: Workshop, signed: Bool = true) throws -> Pipeline {
    var pipeline = try WalkTests.invented(300, seed: 76, xml: false, in: workshop.path)
    if signed {
      pipeline.publish.signingKey = workshop.path + "/keys/publish.key"
      try SigningKey().write(to: workshop.path + "/keys/publish.key")
    }
    _ = try WalkTests.walk(pipeline)
    return pipeline
  }

  private static func desk(_ pipeline: Pipeline) -> Desk { Desk(pipeline, for: .user()) }

  private static func packages(_ pipeline: Pipeline) throws -> [String] {
    let current = pipeline.workspace + "/packages/current"
    return try Folder.names(in: current).filter { try Folder.isFolder(current + "/" + $0) }.sorted()
  }

  /// Verifies a facility's package with the command, which writes the receipt.
  private static func receipt(of facility: String, _ pipeline: Pipeline, in folder: String) throws -> String {
    let result = try Cardlink.run([
      "verify", pipeline.workspace + "/packages/current/" + facility, "--receipt", folder, "--on",
      "2026-11-24",
    ])
    #expect(result.exit == 0)
    #expect(result.output.contains("Send this file back to the sender; it holds no personal data."))
    return folder + "/" + facility + ".receipt"
  }

  private static func results(_ pipeline: Pipeline, _ paths: [String]) throws -> [TakenReceipt.Result] {
    try desk(pipeline).takeReceipts(paths).map(\.result)
  }

  @Test("a receipt counts once, whichever way and however often it comes back")
  func once() throws {
    let workshop = try Workshop()
    let pipeline = try Self.published(in: workshop)
    let facility = try #require(try Self.packages(pipeline).first)
    let verified = try Self.receipt(of: facility, pipeline, in: workshop.path + "/sent")
    #expect(try Self.results(pipeline, [workshop.path + "/sent"]) == [.new])
    #expect(try Self.results(pipeline, [verified, workshop.path + "/sent"]) == [.known, .known])
    // A mail program changed the line ends, and apply made another receipt of the same package.
    let text = try String(contentsOfFile: verified, encoding: .utf8)
    try text.replacing("\n", with: "\r\n").write(toFile: verified, atomically: true, encoding: .utf8)
    #expect(try Self.results(pipeline, [verified]) == [.known])
    let applied = try Cardlink.run([
      "apply", pipeline.workspace + "/packages/current/" + facility, "--to", workshop.path + "/pc", "--on",
      "2026-11-24",
    ])
    #expect(applied.exit == 0)
    #expect(try Self.results(pipeline, [workshop.path + "/pc"]) == [.known])
    let standing = try #require(try Self.desk(pipeline).receiptStanding())
    #expect(standing.count(.current) == 1)
    #expect(standing.count(.never) == standing.recipients.count - 1)
    let mine = try #require(standing.recipients.first { $0.recipient == facility })
    #expect(mine.state == .current && mine.nightsBehind == 0 && mine.receivedOn == "2026-11-24")
    // The first receipt of a package stays.
    #expect(mine.door == "verify")
    #expect(standing.publications.map(\.received) == [1])
    #expect(standing.publications.map(\.packages) == [standing.recipients.count])
  }

  @Test("a receipt that was changed, invented or made for another pipeline is refused, and the others count")
  func refused() throws {
    let workshop = try Workshop()
    let pipeline = try Self.published(in: workshop)
    let folder = workshop.path + "/sent"
    let facilities = try Self.packages(pipeline)
    let good = try Self.receipt(of: facilities[0], pipeline, in: folder)
    let text = try String(contentsOfFile: good, encoding: .utf8)
    func write(_ name: String, _ text: String) throws {
      try text.write(toFile: folder + "/\(name).receipt", atomically: true, encoding: .utf8)
    }
    // Each line says something else, under the same seal.
    let lines = text.split(separator: "\n").map(String.init)
    for (i, line) in lines.enumerated() {
      var changed = lines
      changed[i] = line.hasSuffix("1") ? line.dropLast() + "2" : line.dropLast() + "1"
      try write("changed-\(i)", changed.joined(separator: "\n") + "\n")
    }
    // Another facility's name under this facility's key.
    try write("other", text.replacing("Recipient: \(facilities[0])", with: "Recipient: \(facilities[1])"))
    try write("empty", "")
    try write("long", text + String(repeating: "x", count: Receipt.mostBytes))
    try write("noise", "\u{0}\u{1B}[2J")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/endless.receipt", withDestinationPath: "/dev/zero")
    let taken = try Self.desk(pipeline).takeReceipts([folder])
    let wrong = taken.filter(\.result.isRefused)
    #expect(taken.filter { !$0.result.isRefused }.map(\.file) == [good])
    #expect(wrong.count == lines.count + 5)
    #expect(Set(wrong.map(\.result)) == [.malformed, .forged, .foreign])
    #expect(try #require(try Self.desk(pipeline).receiptStanding()).count(.current) == 1)
    let command = try Cardlink.run([
      "receipts", pipeline.path, folder, "--workspace", pipeline.workspace,
    ])
    // The file has no signing key: the pipeline above got it here.
    #expect(command.exit == 78 && command.errors.contains("publish.signing_key"))
  }

  @Test("a receipt made with another publisher's key is refused")
  func otherPublisher() throws {
    let (mine, other) = (try Workshop(), try Workshop())
    let (pipeline, foreign) = (try Self.published(in: mine), try Self.published(in: other))
    let facility = try #require(try Self.packages(foreign).first)
    let receipt = try Self.receipt(of: facility, foreign, in: other.path + "/sent")
    #expect(try Self.results(pipeline, [receipt]) == [.forged])
    #expect(try Self.results(foreign, [receipt]) == [.new])
  }

  @Test("a package that is not signed asks for no receipt")
  func unsigned() throws {
    let workshop = try Workshop()
    let pipeline = try Self.published(in: workshop, signed: false)
    let facility = try #require(try Self.packages(pipeline).first)
    let result = try Cardlink.run([
      "verify", pipeline.workspace + "/packages/current/" + facility, "--receipt", workshop.path + "/sent",
      "--on", "2026-11-24",
    ])
    #expect(result.exit == 0 && result.output.contains("No receipt was written: the package is not signed"))
    #expect(try !Folder.exists(workshop.path + "/sent"))
  }

  @Test("who misses nights is behind by as many, also with packages of changes")
  func behind() throws {
    let workshop = try Workshop()
    var pipeline = try Self.published(in: workshop)
    pipeline.publish.checkpointEvery = 7
    _ = try WalkTests.walk(pipeline, asOf: WalkTests.asOf.adding(days: 1))
    let facilities = try Self.packages(pipeline)
    func apply(_ facility: String) throws -> String {
      let folder = workshop.path + "/pc/" + facility
      let result = try Cardlink.run([
        "apply", pipeline.workspace + "/packages/current/" + facility, "--to", folder, "--on", "2026-11-24",
      ])
      #expect(result.exit == 0, "\(result.errors)")
      return folder
    }
    let early = try apply(facilities[0])
    #expect(try Self.results(pipeline, [early]) == [.new])
    _ = try apply(facilities[1])
    for night in 1...2 {
      let run = try WalkTests.walk(pipeline, asOf: WalkTests.asOf.adding(days: 1 + night))
      #expect(run.published?.deltas ?? 0 > 0)
      let late = try apply(facilities[1])
      #expect(try Self.results(pipeline, [late]) == [.new])
    }
    let standing = try #require(try Self.desk(pipeline).receiptStanding())
    let states = Dictionary(standing.recipients.map { ($0.recipient, $0) }) { first, _ in first }
    #expect(states[facilities[0]]?.state == .behind && states[facilities[0]]?.nightsBehind == 2)
    #expect(states[facilities[1]]?.state == .current)
    #expect(standing.publications.map(\.received).suffix(3) == [1, 1, 1])
    let status = try Self.desk(pipeline).status(named: "p.yaml")
    #expect(status.receipts?["current"] == 1 && status.receipts?["behind"] == 1)
    #expect(
      StatusText(status, paint: Paint(isOn: false)).text.contains(
        "receipts · biên nhận: 1 of \(facilities.count) recipients"))
    let text = ReceiptsText.standing(standing)
    #expect(text.contains(#/2 to 7 nights behind +1\n/#))
    #expect(text.contains(#/have its package +1 /#))
  }

  @Test("runs are kept as ranges: as a set would have them", arguments: 0..<20 as Range<UInt64>)
  func ranges(seed: UInt64) throws {
    let workshop = try Workshop()
    var random = SeededGenerator(seed)
    var had: Set<Int> = []
    for _ in 0..<30 {
      let runs = (0..<Int.random(in: 1...4, using: &random)).map { _ in Int.random(in: 1...25, using: &random)
      }
      let receipts = runs.map { run in
        Receipt(
          pipeline: "p", recipient: "01014", package: PackagePoint(digest: "", runID: run, edition: 1),
          asOf: CalendarDate(packed: 2026_11_23), receivedOn: CalendarDate(packed: 2026_11_24), door: .apply,
          version: "1")
      }
      let isNew = runs.map { had.insert($0).inserted }
      #expect(try ReceiptBook.take(receipts, into: workshop.path) == isNew)
      let received = try #require(try ReceiptBook(workshop.path).recipients["01014"])
      #expect((0...26).filter(received.has) == had.sorted())
      #expect(received.newest == had.max())
      // No two ranges could be one.
      #expect(zip(received.runs, received.runs.dropFirst()).allSatisfy { $0[1] + 1 < $1[0] })
    }
  }

  @Test("the command writes the metrics of receipts beside those of the runs")
  func metrics() throws {
    let workshop = try Workshop()
    var pipeline = try Self.published(in: workshop)
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try (text + "\nmetrics: cardlink.prom\npublish: { signing_key: keys/publish.key }\n").write(
      toFile: pipeline.path, atomically: true, encoding: .utf8)
    pipeline = try Pipeline(file: pipeline.path)
    let facilities = try Self.packages(pipeline)
    let receipt = try Self.receipt(of: facilities[0], pipeline, in: workshop.path + "/sent")
    let result = try Cardlink.run(["receipts", pipeline.path, receipt])
    #expect(result.exit == 0, "\(result.errors)")
    let metrics = ReadMetrics(
      try String(contentsOfFile: workshop.path + "/cardlink-receipts.prom", encoding: .utf8))
    #expect(metrics.problems.isEmpty)
    #expect(metrics["recipients", "state=\"current\""] == 1)
    #expect(metrics["recipients", "state=\"never\""] == Double(facilities.count - 1))
    #expect(metrics["recipients_run_id"] == 1)
  }

  @Test("two processes don't write the book at once")
  func lock() throws {
    let workshop = try Workshop()
    let pipeline = try Self.published(in: workshop)
    let facility = try #require(try Self.packages(pipeline).first)
    let receipt = try Self.receipt(of: facility, pipeline, in: workshop.path + "/sent")
    let lock = try #require(try LockFile(holding: pipeline.workspace + "/receipts.json.lock"))
    #expect(throws: Stop.self) { try Self.desk(pipeline).takeReceipts([receipt]) }
    withExtendedLifetime(lock) {}
  }
}
