import Support
import Testing
@testable import Names
@testable import Values

@Suite("Clean names, found at once")
struct CleanNamePatternsTests {
  private let table = CleanNamePatterns.table

  private func expectSame(_ name: [UInt8]) {
    let isClean = CleanNamePatterns.isClean(name.span, table.span)
    if isClean != SlowCleanName.isClean(name) { Issue.record("\(name): \(isClean)") }
  }

  @Test("any two bytes in a row are as clean as the automaton says, alone and within a name")
  func pairs() {
    for a in UInt8.min...UInt8.max {
      for b in UInt8.min...UInt8.max {
        expectSame([a, b])
        expectSame([0x4C, a, b, 0x4C])
      }
    }
  }

  /// Some bytes of each kind, and all that can be a tail byte.
  private static let kinds: [UInt8] =
    Array("\u{0}\t '-.09@AEIOUYBZ[`aeiouybz{\u{7F}".utf8) + Array(0x80...0xC7) + [
      0xE0, 0xE1, 0xE2, 0xED, 0xF0, 0xFF,
    ]

  @Test("any three bytes in a row are as clean as the automaton says", arguments: kinds)
  func triples(first: UInt8) {
    for b in Self.kinds {
      for c in Self.kinds { expectSame([first, b, c]) }
    }
  }

  @Test("names with a few bytes changed are as clean as the automaton says", arguments: UInt64(0)..<200)
  func changed(seed: UInt64) {
    var random = SeededGenerator(seed)
    let names = [
      "NGUYỄN THỊ HOÀNG YẾN", "Trần Văn Giàu", "LÊ QUANG XUÂN", "Nguyễn Thuý", "H'Hen Niê", "NGUYỄN T. ĐỨC",
      "",
    ]
    var clean = 0
    for _ in 0..<200 {
      var name = Array(names[Int.random(in: names.indices, using: &random)].utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let byte = Self.kinds[Int.random(in: Self.kinds.indices, using: &random)]
        switch Int.random(in: 0..<3, using: &random) {
        case 0: name.insert(byte, at: Int.random(in: 0...name.count, using: &random))
        case 1 where !name.isEmpty: name[Int.random(in: 0..<name.count, using: &random)] = byte
        case 2 where !name.isEmpty: name.remove(at: Int.random(in: 0..<name.count, using: &random))
        default: break
        }
      }
      if SlowCleanName.isClean(name) { clean += 1 }
      expectSame(name)
    }
    #expect(clean > 10 && clean < 190)
  }
}
