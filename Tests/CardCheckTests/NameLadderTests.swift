// Compares the card check's name comparison with the matcher's.

import Names
import Rules
import Support
import Testing
@testable import CardCheck
@testable import Match

@Suite("Names at the desk")
struct NameLadderTests {
  static let syllables = [
    "NGUYỄN", "Nguyễn", "NGUYEN", "Nguyễn", "HÒA", "HOÀ", "HOA", "ĐỨC", "DUC", "Ðức", "LÝ", "LÍ", "H'HEN",
    "H’Hen", "HHen", "Ơ", "Ỵ", "Ñ", "Õ", "O", "Y", "BLĂK",
  ]

  @Test("agrees where the matcher agrees, on the same rung, and nowhere else", arguments: UInt64(0)..<300)
  func agreement(seed: UInt64) {
    var random = SeededGenerator(seed)
    var ladder = NameLadder()
    var matcher = NameComparison()
    let folder = NameFolder()
    for _ in 0..<20 {
      func name() -> [UInt8] {
        let text = (0..<Int.random(in: 1...3, using: &random)).map { _ in
          Self.syllables[Int.random(in: 0..<Self.syllables.count, using: &random)]
        }.joined(separator: " ")
        var clean: [UInt8] = []
        folder.clean(Array(text.utf8).span, into: &clean)
        return clean
      }
      let (asked, known) = (name(), name())
      matcher.begin(with: known.span)
      let rung = ladder.rung(of: asked.span, .whole, to: known.span)
      switch matcher.agreement(with: asked.span) {
      case .exact: #expect(rung == .exact)
      case .bare: #expect(rung == .bare)
      case .differs: #expect(rung == .differs || rung == .firstLetter)
      }
    }
  }

  static let damaged: [(String, String, Bool)] = [
    ("Nguy?n V?n H?a", "NGUYỄN VĂN HÒA", true), ("Nguy???n V??n H??a", "NGUYỄN VĂN HÒA", true),
    ("Nguyn Vn Ha", "NGUYỄN VĂN HÒA", true), ("Nguy?n Van Hòa", "NGUYỄN VĂN HÒA", true),
    ("Nguye6n Va8n Ho2a", "NGUYỄN VĂN HÒA", true),
    ("NGUY\u{FFFD}N V\u{FFFD}N H\u{FFFD}A", "NGUYỄN VĂN HÒA", true),
    ("?? V?n", "ĐỖ VĂN", true), ("ẤA", "ẤA", true), ("A? B", "ẤA ẤB", false),
    ("Nguy?n V?n B?a", "NGUYỄN VĂN HÒA", false), ("Nguy?n", "NGUYỄN VĂN HÒA", false),
    ("Nguy?n V?n H?a B", "NGUYỄN VĂN HÒA", false), ("??? ??? ???", "NGUYỄN VĂN HÒA", false),
    ("?", "Ý", false), ("Tr?n V?n H?a", "NGUYỄN VĂN HÒA", false),
    ("Nguy?n V?n Hòa A", "NGUYỄN VĂN HÒA", false),
    ("Nguyn Vn", "NGUYỄN VĂN AN", false), ("An", "ẤN AN", false),
  ]

  @Test("a damaged name agrees as far as it is legible", arguments: damaged)
  func legible(asked: String, known: String, agrees: Bool) {
    var ladder = NameLadder()
    var clean: [UInt8] = []
    NameFolder().clean(Array(asked.utf8).span, into: &clean)
    let rung = ladder.rung(of: clean.span, .damaged, to: Array(known.utf8).span)
    #expect((rung == .damaged || rung == .exact || rung == .bare) == agrees)
    let undamaged = ladder.rung(of: clean.span, .whole, to: Array(known.utf8).span)
    #expect(undamaged != .damaged)
  }
}
