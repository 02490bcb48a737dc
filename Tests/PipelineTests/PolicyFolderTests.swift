// A folder of policy files: each mistake is named by its file, line and field, with the line itself and what to do.

import Foundation
import Support
import Testing
import Values

@testable import Pipeline

@Suite("A folder of policies")
struct PolicyFolderTests {
  private static let pipeline = """
    name: a
    workspace: w
    exports:
      population:
        format: csv
        files: [p.csv]
        fields: { personal_id: A, full_name: B, birth_date: C }
        dates: [yyyy]
      insurance:
        format: csv
        files: [i.csv]
        fields: { card_number: A, personal_id: B, full_name: C, birth_date: D, facility_code: E, valid_from: F, valid_to: G }
        dates: [yyyy]
    store: { sqlite: s }
    publish: { consumers: policies }

    """

  private static func policy(_ name: String) -> String {
    """
    consumer: \(name)
    purpose: { vi: a, en: b }
    basis: c
    until: 2027-11-30
    release: [{ attribute: full_name, as: agrees }]
    retention_days: 30
    requests:
      format: csv
      fields: { personal_id: A, full_name: B, birth_date: C, reference: D }
      dates: [yyyy]

    """
  }

  /// Reads a pipeline with these files; the names of consumers, or what is wrong.
  private static func read(_ files: [String: Data]) throws -> [String] {
    let workshop = try Workshop()
    let path = try workshop.file(pipeline.utf8, named: "p.yaml")
    try FileManager.default.createDirectory(
      atPath: workshop.path + "/policies", withIntermediateDirectories: true)
    for (name, bytes) in files { try bytes.write(to: URL(filePath: workshop.path + "/policies/" + name)) }
    do {
      return try Pipeline(file: path).consumers.map(\.name)
    } catch {
      let stop = try #require(error as? Stop)
      #expect(stop.exit == .pipelineWrong)
      return stop.text.replacing(workshop.path + "/", with: "").split(separator: "\n").map(String.init)
    }
  }

  @Test("sound files give their policies in the order of their names, and other files are not looked at")
  func sound() throws {
    let files = ["b.yaml": Self.policy("x"), "a.yaml": Self.policy("y"), "notes.txt": "?"]
    #expect(try Self.read(files.mapValues { Data($0.utf8) }) == ["y", "x"])
  }

  @Test("mistakes in several files are all named, each with its file, line, field and remedy")
  func mistakes() throws {
    let files = [
      "a.yaml": Data(Self.policy("bank-a").replacing("basis", with: "basys").utf8),
      "b.yaml": Data(
        Self.policy("bank-b").replacing("full_name, as: agrees", with: "sex, as: year").utf8),
      "c.yaml": Data(Self.policy("bank-d").utf8), "d.yaml": Data(Self.policy("bank-d").utf8),
      "e.yaml": Data("consumer: [\n".utf8),
      "f.yaml": Data(Self.policy("bank-f").utf8) + Data([0xC3, 0x28, 0x0A]), "g.yaml": Data(),
    ]
    let text = try Self.read(files)
    let heads = text.filter { $0.hasPrefix("policies/") }
    let places = heads.map { $0.split(separator: ":").prefix(2).joined(separator: ":") }
    #expect(
      places.dropLast() == [
        "policies/a.yaml:3", "policies/b.yaml:5", "policies/b.yaml:5", "policies/d.yaml:1",
        "policies/e.yaml:2",
        "policies/f.yaml:11",
      ], "\(text)")
    #expect(heads.last?.hasPrefix("policies/g.yaml") == true, "\(text)")
    for part in [
      "basys: expected a known key, found an unknown one", "  Did you mean basis?",
      "release.as: expected a form of sex, found `year`", "  Write agrees or exact.",
      "consumer: expected another name for each consumer, found `bank-d`, as in c.yaml",
      "    consumer: bank-d", "expected text in UTF-8, found a byte of another encoding",
    ] {
      #expect(text.contains { $0.contains(part) }, "\(part): \(text)")
    }
  }

  @Test("a folder without policies, and one that is not there, are mistakes of the pipeline file")
  func none() throws {
    #expect(
      try Self.read(["notes.txt": Data()]).first?.hasSuffix("found no file that ends in .yaml there") == true)
  }
}
