// The unit of the console, as systemd rates it.

import Foundation
import Support
import Testing

@Suite("The console's unit")
struct UnitTests {
  static let tool = "/usr/bin/systemd-analyze"

  @Test(
    "its exposure is at most 2.0", .enabled(if: FileManager.default.isExecutableFile(atPath: UnitTests.tool)))
  func exposure() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "packaging/cardlink-console@.service"), encoding: .utf8
    )
    .replacing("@bindir@", with: "/usr/bin").replacing("@sysconfdir@", with: "/etc")
    .replacing("@docdir@", with: "/usr/share/doc/cardlink")
    let workshop = try Workshop()
    let unit = try workshop.file(text.utf8, named: "cardlink-console@nightly.service")
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: Self.tool)
    process.arguments = ["security", "--offline=true", "--no-pager", "--threshold=20", unit]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said.suffix(400))")
  }
}
