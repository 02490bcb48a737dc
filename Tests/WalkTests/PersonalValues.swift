// Every name and number in a pipeline's exports, for tests that search output for personal data.

import Foundation

@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Views
@testable import Workspace

/// Names, personal ID numbers, 9-digit numbers, insurance numbers and card numbers of both exports.
struct PersonalValues {
  private(set) var values: Set<String> = []

  /// - Parameter pipeline: its exports in CSV or XML, in UTF-8 and not compressed; other files are skipped.
  init(_ pipeline: Pipeline) throws {
    for spec in [pipeline.population, pipeline.insurance] {
      let fields = ["personal_id", "legacy_id", "full_name", "insurance_number", "card_number"]
      let columns = fields.flatMap { spec.fields[$0]?.columns ?? [] }
      for file in try spec.foundFiles(pipeline: pipeline.path, asOf: .none) where !file.path.hasSuffix(".gz")
      {
        let text = String(decoding: try Data(contentsOf: URL(filePath: file.path)), as: UTF8.self)
        spec.format == .csv ? read(csv: text, columns) : read(xml: text, columns)
      }
    }
    // Short values and single words are not personal data; a full name has two words, a number eight digits.
    values = values.filter { value in
      let digits = value.count { $0.isASCII && $0.isNumber }
      return Set(value.filter(\.isNumber)).count > 1 && digits >= 8
        || digits == 0 && value.split(separator: " ").count >= 3
    }
  }

  private mutating func read(csv text: String, _ columns: [String]) {
    var lines = text.split(whereSeparator: \.isNewline)
    guard let header = lines.first?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    else {
      return
    }
    lines.removeFirst()
    let wanted = header.indices.filter {
      columns.contains(header[$0].trimmingCharacters(in: ["\u{FEFF}", "\""]))
    }
    for line in lines {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      for i in wanted where i < cells.count {
        values.insert(cells[i].trimmingCharacters(in: ["\"", " "]))
      }
    }
  }

  private mutating func read(xml text: String, _ columns: [String]) {
    for column in columns {
      let name = column.split(separator: "/").last.map(String.init) ?? column
      for part in text.components(separatedBy: "<\(name)>").dropFirst() {
        values.insert(String(part.prefix { $0 != "<" }).trimmingCharacters(in: .whitespaces))
      }
    }
  }

  /// The values that occur in a text; a number must not be part of a longer one.
  func found(in text: String) -> [String] {
    // One pass over the text's words instead of thousands of searches.
    let numbers = Set(text.split { !($0.isASCII && ($0.isNumber || $0.isLetter)) }.map(String.init))
    let names = values.filter { $0.contains(" ") }
    return values.intersection(numbers).sorted() + names.filter { text.contains($0) }.sorted()
  }
}
