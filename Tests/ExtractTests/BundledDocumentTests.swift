// The insurer's envelope with documents as Base64: their records, on the lines of the file.

import Foundation
import Support
import Testing
import Values
@testable import Extract

@Suite("Documents as Base64 in an envelope")
struct BundledDocumentTests {
  static let kind = ExportFormat.Kind.xml(record: "TONG_HOP")
  static let columns = ["HO_TEN", "MA_THE_BHYT"]

  static func base64(_ text: String, breaksLines: Bool = false) -> String {
    Data(text.utf8).base64EncodedString(options: breaksLines ? .lineLength64Characters : [])
  }

  static func document(_ i: Int) -> String {
    "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<TONG_HOP>\n  <HO_TEN>NGUYỄN VĂN \(i)</HO_TEN>\n"
      + "  <MA_THE_BHYT>DN401010000010\(i)</MA_THE_BHYT>\n</TONG_HOP>\n"
  }

  static func envelope(_ documents: [(kind: String, content: String)]) -> String {
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<GIAMDINHHS>\n<THONGTINDONVI><MACSKCB>01001</MACSKCB></THONGTINDONVI>\n"
      + documents.map {
        "<FILEHOSO><LOAIHOSO>\($0.kind)</LOAIHOSO><NOIDUNGFILE>\($0.content)</NOIDUNGFILE></FILEHOSO>\n"
      }
      .joined() + "</GIAMDINHHS>\n"
  }

  @Test(
    "records are read as from a document of their own, on the line of the envelope",
    arguments: [1, 7, 100, 1 << 16])
  func records(chunkBytes: Int) throws {
    let text = Self.envelope([
      ("XML1", Self.base64(Self.document(1))), ("XML2", Self.base64("<A><HO_TEN>no</HO_TEN></A>")),
      ("XML1", "\n" + Self.base64(Self.document(2), breaksLines: true) + "\n"), ("XML5", ""),
      ("XML1", Self.base64(Self.document(3))),
      (
        "XML1",
        Self.document(4).replacingOccurrences(
          of: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n", with: "")
      ),
    ])
    let records = try read(Array(text.utf8), Self.kind, columns: Self.columns, chunkBytes: chunkBytes)
    #expect(records.map(\.values) == (1...4).map { ["NGUYỄN VĂN \($0)", "DN401010000010\($0)"] })
    // CRLF is one character of Swift.
    let lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let starts = lines.indices.filter { lines[$0].contains("XML1") }.map { $0 + 1 }
    #expect(records.map(\.line) == starts)
  }

  static let refused: [(content: String, found: String)] = [
    ("abc*", "text that is no Base64"),
    (base64("<?xml encoding=\"tcvn3\"?><TONG_HOP/>"), "one in another encoding"),
    (base64("<TONG_HOP><HO_TEN></TONG_HOP>"), "an end tag that closes another element"),
  ]

  @Test("a document that can't be read refuses the file with its line", arguments: refused)
  func refusal(content: String, found: String) {
    let text = Self.envelope([("XML1", Self.base64(Self.document(1))), ("XML1", content)])
    #expect {
      _ = try read(Array(text.utf8), Self.kind, columns: Self.columns)
    } throws: { error in
      let finding = (error as? Stop)?.finding
      return finding?.origin.line == 5 && finding?.found.contains(found) == true
    }
  }

  @Test("Base64 is decoded as Foundation does", arguments: UInt64(0)..<100)
  func decoding(seed: UInt64) {
    var random = SeededGenerator(seed)
    let bytes = (0..<random.next() % 100).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let text = Data(bytes).base64EncodedString(options: .lineLength64Characters)
    #expect(BundledDocuments.decoded(Array(text.utf8)[...]) == bytes)
    #expect(
      BundledDocuments.decoded(Array(text.replacingOccurrences(of: "\r\n", with: "&#13;\n").utf8)[...])
        == bytes)
  }
}
