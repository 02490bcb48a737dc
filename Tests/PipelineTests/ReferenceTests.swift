// The committed JSON Schema and reference page are those of the table of keys, and the schema accepts what
// the reader accepts.

import Foundation
import Generate
import Support
import Testing
import Yams

@testable import Pipeline

@Suite("The schema and the reference page")
struct ReferenceTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test("the committed schema is the table's; if not: make reference")
  func schema() throws {
    let path = Self.root.appending(path: "pipelines/pipeline.schema.json")
    #expect(try String(contentsOf: path, encoding: .utf8) == PipelineReference.schema())
  }

  @Test("the committed page's tables are the table's; if not: make reference")
  func page() throws {
    let page = try String(contentsOf: Self.root.appending(path: "docs/pipeline-file.md"), encoding: .utf8)
    #expect(PipelineReference.page(page) == page)
    for row in keyRows where !row.english.isEmpty {
      let anyExport = row.path.replacing(/exports\.(population|insurance)/, with: "exports.*")
      #expect(page.contains("`\(row.path)`") || page.contains("`\(anyExport)`"), "\(row.path)")
    }
  }

  static let samples = ["nightly", "qcvn109", "spreadsheet", "xml1"].map { "pipelines/\($0).yaml" }

  @Test("the schema and the reader accept the sample pipelines", arguments: samples)
  func sample(path: String) throws {
    let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    #expect(try read(text).findings == [])
    #expect(try Self.faults(text) == [])
  }

  @Test("the schema and the reader accept what generate writes", arguments: [false, true])
  func generated(xml: Bool) throws {
    let workshop = try Workshop()
    let format: ExportForm = xml ? .xml : .csv
    _ = try generate(
      into: workshop.path,
      GeneratorOptions(people: 3, seed: 1, populationFormat: format, insuranceFormat: format))
    let text = try String(contentsOfFile: workshop.path + "/pipeline.yaml", encoding: .utf8)
    #expect(try read(text).findings == [])
    #expect(try Self.faults(text) == [])
  }

  @Test("the schema accepts a key's example, and refuses what the reader refuses", arguments: valueKeys)
  func agreement(path: String) throws {
    let example = try yaml(keyRow(path).example)
    #expect(try Self.faults(PipelineText(path, example).written(path).text) == [])
    for wrong: Node in [[[[]]], ""] {
      #expect(try !Self.faults(PipelineText(path, wrong).written(path).text).isEmpty, "\(wrong)")
    }
    let misspelt = String(path.dropLast()) + "\(path.last == "x" ? "y" : "x")x"
    #expect(try !Self.faults(PipelineText(misspelt, example).written(path).text).isEmpty)
  }

  private static func faults(_ text: String) throws -> [String] {
    let schema = try SchemaValidator(PipelineReference.schema())
    return schema.faults(PipelineText.json(try yaml(text)))
  }
}
