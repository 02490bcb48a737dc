// The marks between two names and two dates.

import Support
import Testing
@testable import Console

@Suite("Differences within a value")
struct MarksTests {
  static func text(_ pieces: [Piece]) -> String {
    pieces.map { $0.kind == .same ? $0.text : $0.isTone ? "~\($0.text)~" : "[\($0.text)]" }.joined()
  }

  static let names: [(String, String, String, String)] = [
    ("HUỲNH THU ÁNH", "HOÀNG THU ÁNH", "H[UỲ]N[H] THU ÁNH", "H[OÀ]N[G] THU ÁNH"),
    ("NGUYỄN VĂN HÒA", "NGUYỄN VĂN HÓA", "NGUYỄN VĂN H~Ò~A", "NGUYỄN VĂN H~Ó~A"),
    ("TRẦN THỊ ĐÀO", "TRẦN THỊ DÀO", "TRẦN THỊ [Đ]ÀO", "TRẦN THỊ [D]ÀO"),
    ("LÊ THỊ ẤN", "LÊ THỊ ÂN", "LÊ THỊ ~Ấ~N", "LÊ THỊ ~Â~N"),
    ("Lê Văn An", "LÊ VĂN AN", "Lê Văn An", "LÊ VĂN AN"),
    ("LÊ THỊ KIM ANH", "LÊ KIM ANH", "LÊ[ THỊ] KIM ANH", "LÊ KIM ANH"),
    ("", "LÊ", "", "[LÊ]"),
  ]

  @Test("a name differs by letter and by tone", arguments: names)
  func byLetter(a: String, b: String, first: String, second: String) {
    let marked = Marks.names(a, b)
    #expect(Self.text(marked.a) == first)
    #expect(Self.text(marked.b) == second)
  }

  @Test(
    "the pieces of a side are its text, and the same on both sides where they agree",
    arguments: UInt64(0)..<200)
  func pieces(seed: UInt64) {
    var random = SeededGenerator(seed)
    let letters = Array("NGUYỄNVĂHÒẤẠ đíỳ")
    func name() -> String {
      String(
        (0..<Int.random(in: 0...14, using: &random)).compactMap { _ in letters.randomElement(using: &random) }
      )
    }
    let (a, b) = (name(), name())
    let marked = Marks.names(a, b)
    #expect(marked.a.map(\.text).joined() == a && marked.b.map(\.text).joined() == b)
    func same(_ pieces: [Piece]) -> String {
      pieces.filter { $0.kind == .same }.map(\.text).joined().uppercased()
    }
    #expect(same(marked.a) == same(marked.b))
    #expect(Marks.names(a, a).a.allSatisfy { $0.kind == .same })
  }

  @Test("a date differs by day, month and year")
  func dates() {
    let marked = Marks.dates("1990-03-05", "1990-05-03")
    #expect(Self.text(marked.a) == "[05/03/]1990" && Self.text(marked.b) == "[03/05/]1990")
    let partial = Marks.dates("1990", "1990-05-03")
    #expect(Self.text(partial.a) == "[--/--/]1990")
  }
}
