// Files that are cut off or damaged: refused with line and reason, or read up to the fault if the pipeline
// says so.

import Foundation
import Support
import Testing

@testable import cardlink

@Suite("Damaged files")
struct DamageTests {
  struct Damage: Sendable, CustomTestStringConvertible {
    var name: String
    /// The fault that the message reports.
    var found: String
    /// How many of three insurance records are read whole, and how many are in quarantine.
    var read: Int
    var held: Int
    var testDescription: String { name }
  }

  static let all = [
    Damage(
      name: "csv cut",
      found: "found one that breaks off, without a line break behind it, as of a half-copied file", read: 2,
      held: 1),
    Damage(name: "gzip cut", found: "found it ends in the middle", read: 2, held: 1),
    Damage(name: "gzip damaged", found: "found a checksum that does not hold", read: 2, held: 1),
    Damage(name: "gzip members", found: "found a checksum that does not hold", read: 2, held: 1),
    Damage(
      name: "xml cut", found: "found an end in the middle of the document, as of a half-copied file", read: 2,
      held: 1),
    Damage(
      name: "xml fault", found: "found an end tag that closes another element than the open one", read: 2,
      held: 1),
    Damage(
      name: "xml count", found: "expected the 4 records that the file declares, found 3", read: 3, held: 0),
  ]

  static let header =
    "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen,NgayDu5Nam,MaKV"
  static let values = (1...3).map { i in
    [
      "010000010\(i)", "DN401010000010\(i)", "001090000101", "NGUYỄN VĂN MẪU", "05/03/1990", "1", "01001",
      "01/01/2026",
      "31/12/2026", "", "",
    ]
  }

  /// Writes the damaged insurance export and a pipeline that reads it.
  static func pipeline(_ damage: Damage, keep: Bool, in workshop: Workshop) throws -> String {
    let input = CaseTests.folder.appending(path: "linked/input")
    let isXML = damage.name.hasPrefix("xml")
    let names = header.split(separator: ",").map(String.init)
    // Records far apart, so that the rest of a truncated gzip file contains two of them.
    let filler = (0..<200_000).map { String($0 &* 2_654_435_761 % 999_983) }.joined()
    var bytes: [UInt8]
    if isXML {
      let records = values.map { row in
        "<The>" + zip(names, row).map { "<\($0)>\($1)</\($0)>" }.joined() + "</The>\n"
      }
      let declared = damage.name == "xml count" ? 4 : 3
      var text = "<DS SoCongDan=\"\(declared)\">\n\(records.joined())</DS>\n"
      if damage.name == "xml cut" { text = String(text.dropLast(40)) }
      if damage.name == "xml fault" { text = text.replacing("</The>\n</DS>", with: "</Khac>\n</DS>") }
      bytes = Array(text.utf8)
    } else {
      var rows = values.map { $0.joined(separator: ",") }
      if damage.name == "csv cut" { rows[2] = String(rows[2].prefix(40)) }
      if damage.name.hasPrefix("gzip") { rows[2] = rows[2].replacing("MẪU", with: "MẪU \(filler)") }
      bytes = Array(
        (header + "\n" + rows.joined(separator: "\n") + (damage.name == "csv cut" ? "" : "\n")).utf8)
    }
    let plain = workshop.path + "/insurance-1.\(isXML ? "xml" : "csv")"
    if damage.name.hasPrefix("gzip") {
      // One member, or two that are cut within the third record.
      let cut = damage.name == "gzip members" ? bytes.count / 2 : bytes.count
      var zipped: [UInt8] = []
      for part in [bytes[..<cut], bytes[cut...]] where !part.isEmpty {
        try Data(part).write(to: URL(filePath: plain))
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-n", "-f", plain]
        try process.run()
        process.waitUntilExit()
        zipped += try Data(contentsOf: URL(filePath: plain + ".gz"))
      }
      if damage.name == "gzip cut" {
        zipped.removeLast(zipped.count / 3)
      } else {
        for i in zipped.count - 4000..<zipped.count - 3000 { zipped[i] ^= 0x5A }
      }
      try Data(zipped).write(to: URL(filePath: plain + ".gz"))
    } else {
      try Data(bytes).write(to: URL(filePath: plain))
    }
    var text = try String(contentsOf: input.appending(path: "pipeline.yaml"), encoding: .utf8)
    text = text.replacing("population*.csv", with: input.appending(path: "population.csv").path())
      .replacing("insurance*.csv", with: workshop.path + "/insurance-1.*")
    let at = try #require(text.firstRange(of: "  insurance:\n    format: csv\n"))
    text.replaceSubrange(
      at,
      with: "  insurance:\n    format: \(isXML ? "xml\n    record: The" : "csv")\n"
        + (keep ? "    on_damage: keep\n" : ""))
    let path = workshop.path + "/pipeline.yaml"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("a damaged file refuses the run, and the store stays as it was", arguments: all)
  func refused(damage: Damage) throws {
    let workshop = try Workshop()
    let pipeline = try Self.pipeline(damage, keep: false, in: workshop)
    let night = try Cardlink.run([
      "run", pipeline, "--workspace", workshop.path + "/var", "--as-of", "2026-11-23",
    ])
    #expect(night.exit == 65)
    #expect(night.errors.contains(damage.found), "\(night.errors)")
    #expect(!FileManager.default.fileExists(atPath: workshop.path + "/var/card-attributes.sqlite"))
  }

  @Test("a gzip file of one member whose bytes are wrong is never kept, for nobody knows from where on")
  func wrongBytes() throws {
    let workshop = try Workshop()
    let damage = try #require(Self.all.first { $0.name == "gzip damaged" })
    let pipeline = try Self.pipeline(damage, keep: true, in: workshop)
    let night = try Cardlink.run([
      "run", pipeline, "--workspace", workshop.path + "/var", "--as-of", "2026-11-23",
    ])
    #expect(night.exit == 65 && night.errors.contains(damage.found), "\(night.errors)")
    #expect(night.errors.contains("so on_damage: keep can use nothing of it"), "\(night.errors)")
  }

  @Test(
    "kept, it is read up to its fault, the ledger balances, and everybody is told",
    arguments: all.filter { $0.name != "gzip damaged" })
  func kept(damage: Damage) throws {
    let workshop = try Workshop()
    let pipeline = try Self.pipeline(damage, keep: true, in: workshop)
    let work = ["--workspace", workshop.path + "/var"]
    let night = try Cardlink.runWithLog(["run", pipeline, "--as-of", "2026-11-23"] + work)
    #expect(night.exit == 0, "\(night.errors)")
    #expect(night.output.contains("Damaged, read up to its fault"))
    #expect(night.errors.contains("is damaged and read up to its fault"))
    let status = try Cardlink.run(["status", pipeline, "--output", "csv"] + work).output.split(
      separator: "\n")
    let ended = status.filter { $0.contains(",insurance,") }
    #expect(ended.count { $0.hasSuffix(",linked,\(damage.read)") } == 1, "\(ended)")
    #expect(
      ended.count { $0.hasSuffix(",quarantined,\(damage.held)") } == (damage.held > 0 ? 1 : 0), "\(ended)")
    #expect(
      try Cardlink.run(["status", pipeline] + work).output.contains("damaged · tệp hỏng: insurance-1."))
    #expect(try Cardlink.run(["status", pipeline, "--output", "json"] + work).output.contains("\"damaged\""))
    #expect(
      try String(contentsOfFile: workshop.path + "/var/runs/0001/report.html", encoding: .utf8).contains(
        "Damaged, read up to its fault"))
    if damage.held > 0 {
      let findings = try Cardlink.run(["findings", pipeline, "--output", "csv"] + work).output
      #expect(findings.contains(damage.name == "csv cut" ? "field_count" : "file_damaged"))
    }
    // A result made from the damaged file is used again, and still reported as damaged.
    let again = try Cardlink.run(["rerun", "match", pipeline, "--as-of", "2026-11-23"] + work)
    #expect(again.output.contains("Damaged, read up to its fault"))
  }
}
