// A folder of invented exports for a test, read back slowly.

import Foundation
import Generate
import Support
import Testing

final class Invented {
  private let workshop: Workshop
  let report: GeneratorReport
  var folder: URL { URL(filePath: workshop.path) }

  init(_ options: GeneratorOptions) throws {
    workshop = try Workshop()
    report = try generate(into: workshop.path, options)
  }

  func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

  /// The lines of a file; malformed UTF-8 is repaired.
  func lines(_ name: String) throws -> [Substring] {
    String(decoding: try bytes(name), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
  }

  struct Truth {
    var export: Substring, file: Substring, line: Int, outcome: Substring, reasons: Substring
  }
  func truth() throws -> [Truth] {
    try lines("truth.csv").dropFirst().map { line in
      let fields = line.split(separator: ",", maxSplits: 4, omittingEmptySubsequences: false)
      try #require(fields.count == 5)
      return Truth(
        export: fields[0], file: fields[1], line: try #require(Int(fields[2])), outcome: fields[3],
        reasons: fields[4])
    }
  }
}
