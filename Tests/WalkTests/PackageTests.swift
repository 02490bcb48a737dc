// Packages as whole runs make them: for thousands of facilities, and night after night.

import Disk
import Foundation
import Testing

@testable import Run

@Suite("Packages of whole runs")
struct PackageTests {
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
