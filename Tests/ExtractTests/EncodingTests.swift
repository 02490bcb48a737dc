// One name in every encoding, and gzip.

import Foundation
import Testing
import Values
@testable import Extract

@Suite("Encodings and gzip")
struct EncodingTests {
  static let name = "Nguyễn Văn Hòa"
  /// The name's bytes; Windows-1258 gives base letters and combining marks.
  static let bytes: [(TextEncoding, [UInt8], String)] = [
    (.utf8, Array(name.utf8), name),
    (.tcvn3, [78, 103, 117, 121, 0xD4, 110, 32, 86, 0xA8, 110, 32, 72, 0xDF, 97], name),
    (.vni, [78, 103, 117, 121, 0x65, 0xE3, 110, 32, 86, 0x61, 0xEA, 110, 32, 72, 0x6F, 0xF8, 97], name),
    (.vps, [78, 103, 117, 121, 0xCD, 110, 32, 86, 0xE6, 110, 32, 72, 0xF2, 97], name),
    (
      .windows1258, [78, 103, 117, 121, 0xEA, 0xDE, 110, 32, 86, 0xE3, 110, 32, 72, 111, 0xCC, 97],
      "Nguyê\u{303}n Văn Ho\u{300}a"
    ),
    (.utf16, [0xFF, 0xFE] + name.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }, name),
    (.utf16, [0xFE, 0xFF] + name.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }, name),
  ]

  @Test("a name comes out as it was meant, whatever the chunks", arguments: bytes.indices)
  func decoding(index: Int) {
    let (encoding, bytes, expected) = Self.bytes[index]
    for cut in 0...bytes.count {
      var decoder = LegacyDecoder(encoding)
      var text: [UInt8] = []
      decoder.decode(Array(bytes[..<cut]), isLast: false, into: &text)
      decoder.decode(Array(bytes[cut...]), isLast: true, into: &text)
      #expect(Array(String(decoding: text, as: UTF8.self).unicodeScalars) == Array(expected.unicodeScalars))
    }
  }

  @Test("a declared encoding is used for a CSV file, and the one an XML file declares for that")
  func files() throws {
    let header = Array("A\n".utf8)
    for (encoding, bytes, expected) in Self.bytes where encoding != .utf16 {
      let records = try read(header + bytes + [10], columns: ["A"], encoding: encoding)
      #expect(records.map(\.values) == [[expected]])
    }
    let xml =
      Array("<?xml version=\"1.0\" encoding=\"windows-1258\"?><D><R><A>".utf8) + Self.bytes[4].1
      + Array("</A></R></D>".utf8)
    #expect(try read(xml, .xml(record: "R"), columns: ["A"]).map(\.values) == [[Self.bytes[4].2]])
  }

  @Test("gzip is read as it is, member after member, and refused when it is cut off")
  func gzipped() throws {
    let one = try Self.deflated("A,B\n1,2\n")
    let two = try Self.deflated("3,4\n")
    let expected = [Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"])]
    for chunkBytes in [16, 17, 1 << 20] {
      #expect(try read(one + two, columns: ["A", "B"], chunkBytes: chunkBytes) == expected)
      #expect(try read(one + two + [0, 0, 0], columns: ["A", "B"], chunkBytes: chunkBytes) == expected)
    }
    for cut in 11..<one.count {
      #expect(throws: Stop.self) { try read(Array(one.prefix(cut)), columns: ["A", "B"]) }
    }
  }

  static func deflated(_ text: String) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/gzip")
    process.arguments = ["-n"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    input.fileHandleForWriting.write(Data(text.utf8))
    try input.fileHandleForWriting.close()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Array(data)
  }
}
