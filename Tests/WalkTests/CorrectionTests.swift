// Files for the supplier: only quarantined records, in the layout of the export.

import Foundation
import Support
import Testing

@testable import cardlink

@Suite("Corrections for the supplier")
struct CorrectionTests {
  static let header =
    "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen,NgayDu5Nam,MaKV"

  /// Runs the case `quarantined` and writes its corrections.
  func corrections(of name: String) throws -> (workshop: Workshop, folder: URL) {
    let workshop = try Workshop()
    let input = CaseTests.folder.appending(path: name).appending(path: "input")
    let pipeline = input.appending(path: "pipeline.yaml").path()
    let night = try Cardlink.run([
      "run", pipeline, "--workspace", workshop.path + "/var", "--as-of", "2026-11-23",
    ])
    #expect(night.exit == 0)
    let folder = workshop.path + "/back"
    let back = try Cardlink.run([
      "findings", pipeline, "--workspace", workshop.path + "/var", "--as-export", folder,
    ])
    #expect(back.exit == 0, "\(back.errors)")
    return (workshop, URL(filePath: folder))
  }

  @Test("a CSV goes back with its header and the quarantined lines, byte for byte")
  func csv() throws {
    let (workshop, folder) = try corrections(of: "quarantined")
    let input = CaseTests.folder.appending(path: "quarantined/input/insurance.csv")
    let lines = try String(contentsOf: input, encoding: .utf8).split(separator: "\n").map(String.init)
    let back = try String(contentsOf: folder.appending(path: "insurance/insurance.csv"), encoding: .utf8)
    let backLines = back.split(separator: "\n").map(String.init)
    #expect(backLines.first == Self.header)
    let reasons = try String(
      contentsOf: folder.appending(path: "insurance/insurance.csv.reasons.csv"), encoding: .utf8)
    let numbers = reasons.split(separator: "\n").dropFirst().compactMap {
      Int($0.split(separator: ",")[0].filter(\.isNumber))
    }
    // The first line is the header, line 1; a line with two reasons is listed twice.
    var wanted: [String] = []
    for number in numbers where wanted.last != lines[number - 1] { wanted.append(lines[number - 1]) }
    #expect(Array(backLines.dropFirst()) == wanted)
    #expect(numbers.count >= 8)
    #expect(reasons.contains("\"NgaySinh\",\"birth_date_impossible\""))
    #expect(!reasons.contains("NGUYỄN"))
    withExtendedLifetime(workshop) {}
  }

  @Test("what goes back can be read by nobody else, and a folder that is there is left alone")
  func protection() throws {
    let (workshop, folder) = try corrections(of: "quarantined")
    for file in ["", "insurance", "insurance/insurance.csv", "insurance/insurance.csv.reasons.csv"] {
      let path = folder.appending(path: file).path()
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == (file.hasSuffix("csv") ? 0o600 : 0o700), "\(file)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: ".sorting").path()))
    let input = CaseTests.folder.appending(path: "quarantined/input/pipeline.yaml").path()
    let again = try Cardlink.run([
      "findings", input, "--workspace", workshop.path + "/var", "--as-export", folder.path(),
    ])
    #expect(again.exit == 73)
    #expect(again.errors.contains("a folder that is not there yet"))
  }

  @Test("a record of more than 64 KiB is told and not sent back in half", arguments: [60_000, 70_000])
  func long(byteCount: Int) throws {
    let workshop = try Workshop()
    let input = CaseTests.folder.appending(path: "quarantined/input")
    let export = workshop.path + "/insurance.csv"
    var text = try String(contentsOf: input.appending(path: "insurance.csv"), encoding: .utf8)
    let lineCount = text.count { $0 == "\n" }
    let name = String(repeating: "A", count: byteCount)
    text += "0100000109,DN4010100000109,001090000101,\(name),05/03/1990,1,01001,01/01/2026,31/12/2026,,\n"
    try text.write(toFile: export, atomically: true, encoding: .utf8)
    let pipeline = workshop.path + "/pipeline.yaml"
    try String(contentsOf: input.appending(path: "pipeline.yaml"), encoding: .utf8)
      .replacing("insurance*.csv", with: export)
      .replacing("population*.csv", with: input.appending(path: "population.csv").path())
      .write(toFile: pipeline, atomically: true, encoding: .utf8)
    let work = ["--workspace", workshop.path + "/var"]
    let night = try Cardlink.run(["run", pipeline, "--as-of", "2026-11-23"] + work)
    #expect(night.exit == 0, "\(night.errors)")
    let folder = workshop.path + "/back"
    let back = try Cardlink.run(["findings", pipeline, "--as-export", folder] + work)
    #expect(back.exit == 0, "\(back.errors)")
    let lines = try String(contentsOfFile: folder + "/insurance/insurance.csv", encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.contains { $0.contains("AAAA") && $0.hasSuffix(",,") } == (byteCount < 64 << 10))
    #expect(lines.contains { $0.contains("AAAA") } == (byteCount < 64 << 10))
    let reasons = try String(
      contentsOfFile: folder + "/insurance/insurance.csv.reasons.csv", encoding: .utf8)
    #expect(reasons.contains("\"\(lineCount + 1)\",") && reasons.contains("\"HoTen\",\"name_format\""))
  }

  @Test("corrected lines alone are an export that reads")
  func again() throws {
    let (workshop, folder) = try corrections(of: "quarantined")
    let input = CaseTests.folder.appending(path: "quarantined/input")
    var text = try String(contentsOf: input.appending(path: "pipeline.yaml"), encoding: .utf8)
    text = text.replacing("insurance*.csv", with: folder.appending(path: "insurance/insurance.csv").path())
      .replacing("population*.csv", with: input.appending(path: "population.csv").path())
    let pipeline = workshop.path + "/again.yaml"
    try text.write(toFile: pipeline, atomically: true, encoding: .utf8)
    let night = try Cardlink.run([
      "run", pipeline, "--workspace", workshop.path + "/var2", "--as-of", "2026-11-23",
    ])
    #expect(night.exit == 0, "\(night.errors)")
    #expect(!night.output.contains("linked    "))
  }
}
