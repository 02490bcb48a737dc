// The original text of each record, and its byte offset in the file's text after inflating and converting to
// UTF-8.

import Foundation
import Support
import Testing
import Values
@testable import Extract

@Suite("Originals and their places")
struct OriginalTests {
  static let csv = "\u{FEFF}A,B\r\nNguyễn,1\r\n\"Ấu\nB\",\"2\"\r\nƯớc,3"
  static let xml =
    "<D>\n<The><Ma>Nguyễn</Ma></The>\n<x:The xmlns:x=\"u\" so=\"a>b\"><Ma><![CDATA[Ấu]]></Ma></x:The><!-- c --><The><Ma>&amp;</Ma></The></D>"

  /// Each record's place and original.
  static func originals(
    _ bytes: [UInt8], _ kind: ExportFormat.Kind, _ encoding: TextEncoding?, _ chunkBytes: Int
  ) throws
    -> [(offset: Int, text: [UInt8])]
  {
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    let columns = kind == .xml(record: "The") ? ["Ma"] : ["A", "B"]
    let extractor = try Extractor(
      ExportFile(path: path, name: "export"),
      format: ExportFormat(kind: kind, encoding: encoding, columns: columns),
      chunkBytes: chunkBytes)
    var batch = RawBatch(slotCount: columns.count)
    var found: [(offset: Int, text: [UInt8])] = []
    while try extractor.nextBatch(into: &batch) {
      for i in 0..<batch.count {
        let record = batch.record(i)
        let start = Int(record.textStart)
        found.append((Int(record.byteOffset), Array(batch.bytes[start..<start + Int(record.textByteCount)])))
      }
    }
    return found
  }

  @Test(
    "an original stands where it says, in UTF-8, UTF-16 and gzip, whatever the chunks",
    arguments: [16, 21, 1 << 16])
  func places(chunkBytes: Int) throws {
    for (text, kind, count) in [
      (Self.csv, ExportFormat.Kind.csv(delimiter: 44), 3), (Self.xml, .xml(record: "The"), 3),
    ] {
      let plain = Array(text.utf8)
      // The byte order mark is part of the text in UTF-8, but not in UTF-16.
      let unmarked = plain.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(plain.dropFirst(3)) : plain
      let wide = Encoder.bytes(String(decoding: unmarked, as: UTF8.self), .utf16)
      for (bytes, decoded, encoding) in [
        (plain, plain, nil), (try EncodingTests.deflated(text), plain, nil),
        (wide, unmarked, TextEncoding.utf16),
      ] {
        let found = try Self.originals(bytes, kind, encoding, chunkBytes)
        #expect(found.count == count)
        for (offset, original) in found {
          #expect(!original.isEmpty)
          #expect(Array(decoded[offset..<offset + original.count]) == original)
        }
      }
    }
  }
}
