// Card checks as a user runs them: what the audit log records, and that it and the messages leave out
// personal data.

import Foundation
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

@Suite("Card checks")
struct CheckCardTests {
  static let input = CaseTests.folder.appending(path: "check-card/input").path()

  @Test("a check against a store is in the audit log under a pseudonym, a batch as a whole")
  func audited() throws {
    let workshop = try Workshop()
    let pipeline = [Self.input + "/pipeline.yaml", "--workspace", workshop.path + "/var"]
    #expect(try Cardlink.run(["run"] + pipeline + ["--as-of", "2026-11-23"]).exit == 0)
    let audit = Audit(workshop.path + "/var")
    let before = try audit.reading().lines.count
    let one = try Cardlink.run(
      ["check-card"] + pipeline + ["--input", Self.input + "/chip-card.txt", "--because", "phòng khám 3"])
    #expect(one.exit == 0)
    let many = try Cardlink.run(["check-card"] + pipeline + ["--batch", Self.input + "/many.csv"])
    #expect(many.exit == 0)
    let lines = try audit.reading().lines.dropFirst(before)
    #expect(lines.map(\.event) == ["card_checked", "card_batch_began", "card_batch_done"])
    let id = PersonalID(packed: 1_090_000_101)
    #expect(lines.first?.person == (try audit.pseudonym(of: id)))
    #expect(lines.first?.because == "phòng khám 3")
    #expect(lines.last?.detail?["questions"] == "11")
    // Neither the log nor a message contains a number or a name.
    let log = try String(contentsOfFile: audit.path, encoding: .utf8)
    for text in [log, one.errors, many.errors] {
      for value in ["001090000101", "0100000101", "Nguyễn", "NGUYỄN", "05/03/1990"] {
        #expect(!text.contains(value))
      }
    }
  }

  @Test("a check that can't be audited is not answered")
  func unaudited() throws {
    let workshop = try Workshop()
    let pipeline = [Self.input + "/pipeline.yaml", "--workspace", workshop.path + "/var"]
    #expect(try Cardlink.run(["run"] + pipeline + ["--as-of", "2026-11-23"]).exit == 0)
    let log = workshop.path + "/var/audit.log"
    try? FileManager.default.removeItem(atPath: log)
    try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
    for arguments in [["--input", Self.input + "/chip-card.txt"], ["--batch", Self.input + "/many.csv"]] {
      let result = try Cardlink.run(["check-card"] + pipeline + arguments)
      #expect(result.exit != 0)
      #expect(result.output.isEmpty)
    }
  }

  /// A pipeline of the sample with packages by `publish`, run once.
  private static func published(_ publish: String, in workshop: Workshop) throws -> String {
    for name in try FileManager.default.contentsOfDirectory(atPath: input) {
      try FileManager.default.copyItem(atPath: input + "/" + name, toPath: workshop.path + "/" + name)
    }
    let pipeline = workshop.path + "/pipeline.yaml"
    let text = try String(contentsOfFile: pipeline, encoding: .utf8)
    try (text + publish).write(toFile: pipeline, atomically: true, encoding: .utf8)
    let run = try Cardlink.run(["run", pipeline, "--as-of", "2026-11-23"])
    #expect(run.exit == 0, "\(run.errors)")
    return workshop.path + "/var/packages/current/"
  }

  @Test(
    "a package answers the same in each form that it has, and is verified before",
    arguments: ["csv", "sqlite", "xml", "fhir", "xml, fhir", "csv, sqlite, xml, fhir"],
    ["", "    encrypt_to: facility.key.pub\n"])
  func packages(formats: String, encryption: String) throws {
    let workshop = try Workshop()
    let identity = workshop.path + "/facility.key"
    let made = try Cardlink.run(["keys", "facility", identity])
    #expect(made.exit == 0 && made.output.hasPrefix("age1") && made.output.utf8.count == 63)
    #expect(try Cardlink.run(["keys", "new", workshop.path + "/publish.key"]).exit == 0)
    let current = try Self.published(
      """
      publish:
        signing_key: publish.key
        packages:
        - all: true
          name: all-people
          formats: [\(formats)]
      \(encryption)
      """, in: workshop)
    let package = current + (encryption.isEmpty ? "all-people" : "all-people.age")
    #expect(FileManager.default.fileExists(atPath: package))
    let question = ["--input", Self.input + "/chip-card.txt"]
    let keys =
      (encryption.isEmpty ? [] : ["--identity", identity]) + ["--key", workshop.path + "/publish.key.pub"]
    let answer = try Cardlink.run(
      ["check-card", "--package", package, "--on", "2026-11-23"] + question + keys)
    #expect(answer.exit == 0 && answer.errors.isEmpty, "\(answer.errors)")
    #expect(answer.output.contains("\"maKetQua\": \"000\"") && answer.output.contains("NGUYỄN VĂN MẪU"))

    // Out of date: refused by default, answered with a note with `--unverified`.
    let late = ["check-card", "--package", package, "--on", "2026-11-27"] + question
    let expired = try Cardlink.run(late + keys)
    #expect(expired.exit == 65 && expired.output.isEmpty)
    #expect(expired.errors.contains("found expired: đã quá hạn sử dụng; its last day of use is over"))
    if encryption.isEmpty {
      let insisted = try Cardlink.run(late + ["--unverified"])
      #expect(insisted.exit == 0 && insisted.output.contains("đã quá hạn dùng 26/11/2026"))
      #expect(insisted.errors.contains("The package was not verified"))
    }
    // Without a separate key the sender is unknown; another key is refused.
    let doubtful = try Cardlink.run(
      ["check-card", "--package", package, "--on", "2026-11-23"] + question + keys.dropLast(2))
    #expect(doubtful.exit == 0 && doubtful.errors.contains("whose it is can't be told"))
    #expect(try Cardlink.run(["keys", "new", workshop.path + "/other.key"]).exit == 0)
    let other = try Cardlink.run(
      ["check-card", "--package", package, "--on", "2026-11-23"] + question + keys.dropLast()
        + [workshop.path + "/other.key.pub"])
    #expect(other.exit == 65 && other.output.isEmpty && other.errors.contains("other_key"))

    // The result of apply is checked with the key that apply pinned.
    let home = workshop.path + "/home"
    let applied = try Cardlink.run(["apply", package, "--to", home, "--on", "2026-11-23"] + keys)
    #expect(applied.exit == 0, "\(applied.errors)")
    let again = try Cardlink.run(
      ["check-card", "--package", home + "/current", "--on", "2026-11-23"] + question)
    #expect(again.exit == 0 && again.errors.isEmpty && again.output == answer.output)
    let read = ["csv": "people.csv", "sqlite": "people.sqlite", "fhir": "fhir/Patient.ndjson"]
    let table =
      home + "/current/data/" + (read[formats] ?? (formats.hasPrefix("xml") ? "people.xml" : "people.csv"))
    let alone = try Cardlink.run(["check-card", "--package", table, "--on", "2026-11-23"] + question)
    #expect(alone.exit == 0 && alone.output == answer.output)

    var bytes = try Data(contentsOf: URL(filePath: table))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(filePath: table))
    let altered = try Cardlink.run(
      ["check-card", "--package", home + "/current", "--on", "2026-11-23"] + question)
    #expect(altered.exit == 65 && altered.output.isEmpty && altered.errors.contains("altered data/"))
  }

  @Test("a key in the pipeline file that is none, or a private one, is an error of the file with its line")
  func keysInTheFile() throws {
    for (key, found) in [
      ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q", "age1 and something that is no key"),
      ("AGE-SECRET-KEY-1QQQ", "a private key, which must stay with its facility"),
    ] {
      let workshop = try Workshop()
      let pipeline = workshop.path + "/pipeline.yaml"
      let text = try String(contentsOfFile: Self.input + "/pipeline.yaml", encoding: .utf8)
      try (text + "publish:\n  packages:\n  - all: true\n    encrypt_to: \(key)\n").write(
        toFile: pipeline, atomically: true, encoding: .utf8)
      let result = try Cardlink.run(["run", pipeline, "--as-of", "2026-11-23"])
      #expect(result.exit == 78)
      #expect(result.errors.contains("encrypt_to: expected public keys (age1…), or files or folders of them"))
      #expect(result.errors.contains("found \(found)") && !result.errors.contains(key))
    }
  }
}
