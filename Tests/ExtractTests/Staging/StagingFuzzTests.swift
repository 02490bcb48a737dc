// Stages the fuzz target's seeds and finds again, and with every test run random files of good and bad values
// with a few changed bytes.

import Foundation
import Support
import Testing

@Suite("Any bytes at all, staged")
struct StagingFuzzTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz/cases")
  static let names = caseNames(in: folder)

  static func check(_ input: [UInt8]) throws {
    let workshop = try Workshop()
    let place = workshop.path
    try checkStaging(input, in: place)
  }

  @Test("a find of the fuzz target holds again, staged", arguments: names)
  func finds(name: String) throws {
    try Self.check(Array(try Data(contentsOf: Self.folder.appending(path: name))))
  }

  static let paths = ["Ma", "Ten", "so", "Ng", "Gt", "Th", "Kb", "Tu", "Den", "Nam", "Kv"]

  /// A file as suppliers write it, with random values in every field, after the two bytes that choose.
  static func file(_ random: inout SeededGenerator) -> [UInt8] {
    var choice = UInt8.random(in: 0...255, using: &random)
    // Mostly UTF-8, because malformed UTF-8 is refused or converted as a whole.
    if Int.random(in: 0..<4, using: &random) > 0 { choice &= 0xF1 }
    let good =
      choice & 0x10 == 0
      ? ["079205000123", "TRẦN VĂN BẮC", "024123456", "02/03/2005", "Nam", "1"]
      : [
        "079205000123", "TRẦN VĂN BẮC", "7912345678", "02/03/2005", "Nam", "DN4797912345678", "79024",
        "01/01/2026",
        "31/12/2026", "01/07/2024", "K1",
      ]
    let isXML = choice & 1 == 1
    var text =
      isXML
      ? "<D>\n" : good.indices.map { String(UnicodeScalar(UInt8(65 + $0))) }.joined(separator: ",") + "\n"
    for _ in 0..<Int.random(in: 1...60, using: &random) {
      let values = good.map { value in
        Int.random(in: 0..<12, using: &random) > 0
          ? value : LedgerTests.values.randomElement(using: &random) ?? value
      }
      guard isXML else {
        text += values.joined(separator: ",") + "\n"
        continue
      }
      text += "<The so=\"\(values[2])\">"
      for (i, value) in values.enumerated() where i != 2 {
        text += i == 1 ? "<Ten><Ho>\(value)</Ho></Ten>" : "<\(paths[i])>\(value)</\(paths[i])>"
      }
      text += "</The>\n"
    }
    return [choice, UInt8.random(in: 0...255, using: &random)] + Array((text + (isXML ? "</D>\n" : "")).utf8)
  }

  @Test(
    "files of values good and bad balance, and with bytes changed they do too", arguments: UInt64(0)..<300)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var input = Self.file(&random)
    try Self.check(input)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let i = Int.random(in: 2..<input.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: input[i] = UInt8.random(in: 0...255, using: &random)
      case 1:
        input[i] =
          [0x22, 0x2C, 0x0A, 0x0D, 0x3B, 0x3C, 0x3E, 0x26, 0x00, 0xC3].randomElement(using: &random) ?? 0
      case 2: input.removeSubrange(i..<min(input.count, i + Int.random(in: 1...9, using: &random)))
      default: input.insert(contentsOf: input[i..<min(input.count, i + 30)], at: i)
      }
      guard input.count > 3 else { break }
    }
    try Self.check(input)
  }
}
