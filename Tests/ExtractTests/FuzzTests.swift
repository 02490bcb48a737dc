// Reads the fuzz target's seeds and finds again, and runs a small fuzzer of our own with every test run.

import Foundation
import Support
import Testing

@Suite("Any bytes at all")
struct FuzzTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/cases")
  static let names = caseNames(in: folder)

  static func check(_ input: [UInt8]) throws {
    let workshop = try Workshop()
    let place = workshop.path
    try checkAll(input, in: place)
  }

  @Test("a find of the fuzz target holds again", arguments: names)
  func finds(name: String) throws {
    try Self.check(Array(try Data(contentsOf: Self.folder.appending(path: name))))
  }

  @Test("what a seeded mutator makes of them holds too", arguments: UInt64(0)..<300)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 77)
    let name = Self.names[Int(random.next() % UInt64(Self.names.count))]
    var input = Array(try Data(contentsOf: Self.folder.appending(path: name)))
    for _ in 0...random.next() % 6 {
      let i = Int(random.next() % UInt64(input.count))
      switch random.next() % 5 {
      case 0: input[i] = UInt8(truncatingIfNeeded: random.next())
      case 1: input.insert(contentsOf: input[i..<min(input.count, i + Int(random.next() % 30))], at: i)
      case 2 where input.count > 40: input.removeSubrange(i..<min(input.count, i + Int(random.next() % 9)))
      case 3:
        input[i] = [0x22, 0x2C, 0x0A, 0x0D, 0x3C, 0x3E, 0x26, 0x00, 0xC3, 0xFF][Int(random.next() % 10)]
      default: input.append(contentsOf: input[i...].prefix(20))
      }
    }
    try Self.check(input)
  }
}
