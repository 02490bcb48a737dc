// Packages made by whole runs: for thousands of facilities, and run after run.

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
    let names = Folder.names(in: pipeline.workspace + "/packages/current").filter { $0.hasPrefix("79") }
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
    for _ in 0..<2 {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = [
        "-c", "ulimit -n 64 && exec \"$0\" \"$@\"", Cardlink.binary.path(), "rerun", "publish", pipeline,
        "--as-of", "2026-11-23", "--threads", "8", "--memory", "64M",
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
    let before = Folder.names(in: workshop.path + "/var/packages/current")
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
    #expect(Folder.target(ofLink: workshop.path + "/var/packages/current") == "run-0002")
    #expect(Folder.names(in: workshop.path + "/var/packages/current") == before)
  }
}
