// Packages made by whole runs: for thousands of facilities, and run after run.

import Files
import Foundation
import Package
import Publish
import Seal
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

extension Store {
  /// The serving cards of the store that waits for its packages, or of the one in force.
  fileprivate static func served(_ pipeline: Pipeline) throws -> [CardRow] {
    let stores = KeptStores(pipeline, in: pipeline.workspace)
    let persons = try StoredPersons(path: try stores.loaded() == nil ? stores.path : stores.next)
    var (batch, cards) = (PersonBatch(), [] as [CardRow])
    while try persons.nextBatch(into: &batch) {
      cards += batch.cards.filter(\.isServing)
    }
    return cards
  }
}

@Suite("Packages of whole runs")
struct PackageTests {
  @Test("who is in no package for want of a key is told at the end of the run, in status, report and metrics")
  func leftOut() throws {
    let workshop = try Workshop()
    var pipeline = try WalkTests.invented(300, seed: 76, xml: false, in: workshop.path)
    let whole = try #require(try WalkTests.walk(pipeline).published)
    #expect(whole.packagesLeftOut == 0 && whole.leftOut == 0 && whole.persons > 100)
    func texts() throws -> [String] {
      let runs = try Desk(pipeline, for: .user()).runs()
      let run = try #require(runs.last)
      let attempt = Attempt(at: 0, exit: .done)
      return [
        RunReport(run, pipelinePath: "p.yaml").text,
        StatusText(try Desk(pipeline, for: .user()).status(named: "p.yaml"), paint: Paint(isOn: false)).text,
        ReportPage(run, among: runs, pipeline: "p.yaml").html,
        Metrics(pipeline: "p", runs: runs, inForce: run, attempt: attempt).text,
      ]
    }
    var told = try texts()
    #expect(!told[0].contains("Published"))
    #expect(told[1].contains("published · phát hành: \(whole.persons) persons in \(whole.packages) packages"))
    #expect(told[3].contains("cardlink_packages_left_out{pipeline=\"p\"} 0\n"))

    let key = DecryptionKey().encryption.text
    try Folder.create(workshop.path + "/keys")
    // Only province 79 has keys.
    let names = try Folder.names(in: pipeline.workspace + "/packages/current").filter { $0.hasPrefix("79") }
    #expect(!names.isEmpty)
    for name in names {
      try key.write(toFile: workshop.path + "/keys/\(name).pub", atomically: true, encoding: .utf8)
    }
    pipeline.publish.rules = [PackageRule(.facility("*"), encryptTo: [workshop.path + "/keys"])]
    pipeline.publish.leavesOutWithoutKey = true
    let run = try WalkTests.walk(pipeline)
    let some = try #require(run.published)
    #expect(some.packages == names.count && some.encrypted == names.count)
    #expect(some.packages + some.packagesLeftOut == whole.packages)
    #expect(some.persons + some.leftOut == whole.persons && some.all == whole.all)
    #expect(some.all == run.finished(.publish)?.records)
    told = try texts()
    let words = "\(some.leftOut) persons of \(some.packagesLeftOut) packages left out without a key"
    #expect(told[0].contains(words))
    #expect(told[1].replacing(/\n +/, with: " ").contains(words))
    #expect(told[1].contains("cardlink doctor p.yaml"))
    #expect(told[2].contains("\(some.packagesLeftOut) packages without an encryption key"))
    #expect(
      told[3].contains("cardlink_published_persons{pipeline=\"p\",place=\"left_out\"} \(some.leftOut)\n"))
    // The counts stay even if nothing had to be published again.
    #expect(try WalkTests.walk(pipeline).published == some)
  }

  /// A pipeline whose packages are signed and encrypted to keys in a folder, one for each facility.
  private static func locked(_ people: Int, in workshop: Workshop) throws -> Pipeline {
    let pipeline = try WalkTests.invented(people, seed: 76, xml: false, in: workshop.path)
    try SigningKey().write(to: workshop.path + "/keys/publish.key")
    let text = try String(contentsOfFile: pipeline.path, encoding: .utf8)
    try
      (text + """

        publish:
          signing_key: keys/publish.key
          packages:
            - { facility: "*", encrypt_to: keys }

        """).write(toFile: pipeline.path, atomically: true, encoding: .utf8)
    return try Pipeline(file: pipeline.path)
  }

  @Test(
    "a key that publishing needs and that is missing is found before the first stage, by check in the same words"
  )
  func keysFirst() throws {
    let workshop = try Workshop()
    let pipeline = try Self.locked(300, in: workshop)
    let (signing, keys) = (workshop.path + "/keys/publish.key", workshop.path + "/keys")
    func refusals() throws -> [String] {
      try [["check", pipeline.path], ["run", pipeline.path], ["rerun", "extract", pipeline.path]].map {
        words in
        let result = try Cardlink.run(words)
        #expect(result.exit == 78)
        return result.errors.split(separator: "\n").filter { !$0.hasPrefix("Try next") }.joined(
          separator: "\n")
      }
    }
    try Folder.rename(signing, to: signing + ".away")
    #expect(
      Set(try refusals()) == [
        "\(signing): expected the key that signs packages, found no such file\n  Make one: cardlink keys new \(signing)"
      ])
    #expect(try !Folder.exists(pipeline.workspace + "/runs/0001"))
    try Folder.rename(signing + ".away", to: signing)

    // On the first night it turns out which facilities there are: when packages are written, and nothing is in force yet.
    #expect(try Cardlink.run(["run", pipeline.path, "--as-of", "2026-11-23"]).exit == 78)
    #expect(try pipeline.runInForce() == nil && WorkspaceReader(pipeline.workspace).publishedRun() == nil)
    #expect(try Desk(pipeline, for: .user()).runs().map(\.state) == [.failed])
    let codes = Set(
      try Store.served(pipeline).compactMap { $0.facility.isNone ? nil : $0.facility.text })
    for code in codes {
      try DecryptionKey().encryption.text.write(
        toFile: keys + "/\(code).pub", atomically: true, encoding: .utf8)
    }
    let going = try Cardlink.runWithLog(["run", pipeline.path, "--as-of", "2026-11-23"])
    #expect(going.exit == 0, "\(going.errors)")
    #expect(going.errors.contains("Stage load: using what run 1 left."))
    #expect(try pipeline.runInForce() == 1 && WorkspaceReader(pipeline.workspace).publishedRun() == 1)
    #expect(try !Folder.exists(KeptStores(pipeline, in: pipeline.workspace).next))

    // From then on a facility without a key is known before the first stage.
    let lost = try #require(codes.sorted().first)
    try Folder.remove(keys + "/\(lost).pub")
    #expect(
      Set(try refusals()) == [
        """
        \(keys): expected a public key for each package that is to be encrypted, found none for 1 of them: \(lost)
          Nothing was published. Put their keys there, or write missing_key: leave_out to publish without these packages.
        """
      ])
    #expect(try Desk(pipeline, for: .user()).runs().count == 1)
  }

  @Test(
    "a facility that is new tonight and has no key leaves store and packages of the night before in force")
  func newFacility() throws {
    let workshop = try Workshop()
    let pipeline = try Self.locked(300, in: workshop)
    let keys = workshop.path + "/keys"
    let key = DecryptionKey().encryption.text
    func deliver(_ codes: [String]) throws {
      for code in codes {
        try key.write(toFile: keys + "/\(code).pub", atomically: true, encoding: .utf8)
      }
    }
    #expect(throws: Stop.self) { try WalkTests.walk(pipeline) }
    try deliver(try Store.served(pipeline).map(\.facility.text).filter { !$0.isEmpty })
    #expect(try WalkTests.walk(pipeline).state == .done)
    let before = try WalkTests.rows(pipeline)
    let export = try #require(try Desk(pipeline, for: .user()).runs().last?.exports.last)
    let text = try String(contentsOfFile: export.path, encoding: .isoLatin1)
    let old = try #require(try Store.served(pipeline).map(\.facility.text).first { !$0.isEmpty })
    try text.replacing(",\(old),", with: ",97531,").write(
      toFile: export.path, atomically: true, encoding: .isoLatin1)
    let tomorrow = CalendarDate(packed: 2026_11_24)
    #expect {
      try WalkTests.walk(pipeline, asOf: tomorrow)
    } throws: { ($0 as? Stop)?.exit == .pipelineWrong && "\($0)".contains("97531") }
    #expect(try pipeline.runInForce() == 1 && WorkspaceReader(pipeline.workspace).publishedRun() == 1)
    #expect(try WalkTests.rows(pipeline) == before)
    // What was loaded is not in force, and a rerun of publish takes it up.
    try deliver(["97531"])
    let rerun = try WalkTests.walk(pipeline, from: .publish, asOf: tomorrow)
    #expect(rerun.finished(.load)?.run == 2)
    #expect(try pipeline.runInForce() == 2 && WorkspaceReader(pipeline.workspace).publishedRun() == 3)
    #expect(try WalkTests.rows(pipeline) != before)
    #expect(try keptStores(pipeline).map(\.run) == [1, 2])
  }

  @Test(
    "many threads with little memory publish encrypted packages of changes by a process that may have 64 files open"
  )
  func openFilesOfMany() throws {
    let workshop = try Workshop()
    let generated = try Cardlink.run([
      "generate", workshop.path, "--people", "20000", "--seed", "6", "--facilities", "600",
    ])
    #expect(generated.exit == 0)
    let key = DecryptionKey().encryption.text
    let pipeline = workshop.path + "/pipeline.yaml"
    var text = try String(contentsOfFile: pipeline, encoding: .utf8)
    text += "\npublish:\n  checkpoint_every: 7\n  packages:\n"
    for i in 0..<4 { text += "    - { all: true, name: copy-\(i), copy: true, encrypt_to: \(key) }\n" }
    text += "    - { facility: \"*\", encrypt_to: \(key) }\n"
    try text.write(toFile: pipeline, atomically: true, encoding: .utf8)
    #expect(try Cardlink.run(["run", pipeline, "--as-of", "2026-11-23"]).exit == 0)
    for date in ["2026-11-24", "2026-11-25"] {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = [
        "-c", "ulimit -n 64 && exec \"$0\" \"$@\"", Cardlink.binary.path(), "rerun", "publish", pipeline,
        "--as-of", date, "--threads", "8", "--memory", "64M",
      ]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
    let published = try #require(try Desk(Pipeline(file: pipeline), for: .user()).runs().last?.published)
    #expect(published.deltas == published.packages && published.encrypted == published.packages)
    #expect(published.packages > 400)
  }

  @Test("thousands of facilities are published by a process that may have forty files open")
  func openFiles() throws {
    let workshop = try Workshop()
    let generated = try Cardlink.run([
      "generate", workshop.path, "--people", "5000", "--seed", "5", "--facilities", "6300",
    ])
    #expect(generated.exit == 0)
    let pipeline = workshop.path + "/pipeline.yaml"
    #expect(try Cardlink.run(["run", pipeline, "--as-of", "2026-11-23"]).exit == 0)
    let before = try Folder.names(in: workshop.path + "/var/packages/current")
    #expect(before.count > 2500)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", "ulimit -n 40 && exec \"$0\" \"$@\"", Cardlink.binary.path(), "rerun", "publish", pipeline,
      "--as-of", "2026-11-23", "--threads", "2",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try Folder.target(ofLink: workshop.path + "/var/packages/current") == "run-0002")
    #expect(try Folder.names(in: workshop.path + "/var/packages/current") == before)
  }
}
