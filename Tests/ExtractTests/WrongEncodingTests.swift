// A file in another encoding than declared is refused with the place and a guess; a few damaged records are
// not.

import Foundation
import Names
import Support
import Testing
import Values
@testable import Extract

/// Text in any of the encodings, encoded the slow way by searching the byte of each letter.
enum Encoder {
  static func bytes(_ text: String, _ encoding: TextEncoding) -> [UInt8] {
    switch encoding {
    case .utf8: Array(text.utf8)
    case .utf16: [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    default: text.unicodeScalars.flatMap { bytes($0, encoding) }
    }
  }

  private static func bytes(_ scalar: Unicode.Scalar, _ encoding: TextEncoding) -> [UInt8] {
    if scalar.isASCII { return [UInt8(scalar.value)] }
    guard let table = encoding.legacy?.table else { return [] }
    if encoding == .vni, let pair = LegacyTables.vniPairs.first(where: { $0.letter == scalar.value }) {
      return [UInt8(pair.pair >> 8), UInt8(pair.pair & 0xFF)]
    }
    if let byte = table.firstIndex(of: UInt16(scalar.value)) { return [UInt8(byte)] }
    // Capitals that the encoding lacks become small letters; Windows-1258 has base and mark.
    let small = String(scalar).lowercased()
    if small != String(scalar), encoding != .windows1258 {
      return bytes(small.unicodeScalars.first ?? "?", encoding)
    }
    let parts = Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard parts.count > 1 else { return [0x3F] }
    let tones: Set<UInt32> = [0x300, 0x301, 0x303, 0x309, 0x323]
    let tone = parts.first { tones.contains($0.value) }
    var rest = String.UnicodeScalarView()
    rest.append(contentsOf: parts.filter { !tones.contains($0.value) })
    let base = String(rest).precomposedStringWithCanonicalMapping.unicodeScalars.first ?? "?"
    return bytes(base, encoding)
      + (tone.flatMap { table.firstIndex(of: UInt16($0.value)) }.map { [UInt8($0)] } ?? [])
  }

  /// The bytes read as Windows-1252 and written in UTF-8.
  static func misread(_ bytes: [UInt8]) -> String {
    String(decoding: Data(bytes), as: UTF8.self) == ""
      ? ""
      : String(data: Data(bytes), encoding: .windowsCP1252)
        ?? String(data: Data(bytes), encoding: .isoLatin1) ?? ""
  }
}

@Suite("Files that are not what they say")
struct WrongEncodingTests {
  static let names = [
    "Nguyễn Văn Hòa", "Trần Thị Thúy", "Lê Quốc Tuấn", "Phạm Đình Hưởng", "Hoàng Thị Huệ", "Vũ Đức Thắng",
    "Đặng Thùy Dương", "Bùi Xuân Trường", "Đỗ Thị Hường", "Hồ Ngọc Ánh", "Ngô Bảo Châu", "Lý Thường Kiệt",
  ]
  static let encodings: [TextEncoding] = [.utf8, .windows1258, .tcvn3, .vni, .vps, .viscii, .utf16]

  static func text(_ count: Int, isUpper: Bool = false) -> String {
    "MA,HO TEN\n"
      + (0..<count).map {
        "\($0),\(isUpper ? names[$0 % names.count].uppercased() : names[$0 % names.count])\n"
      }.joined()
  }

  /// The refusal of a file read as `declared`, nil if it is read.
  static func refusal(_ bytes: [UInt8], _ declared: TextEncoding?, chunkBytes: Int = 1 << 16) -> Finding? {
    do {
      _ = try read(bytes, columns: ["HO TEN"], encoding: declared, chunkBytes: chunkBytes)
      return nil
    } catch {
      return (error as? Stop)?.finding
    }
  }

  @Test("a file in its own encoding is read", arguments: encodings, [false, true])
  func right(encoding: TextEncoding, isUpper: Bool) {
    for count in [1, 3, 40, 2000] {
      let bytes = Encoder.bytes(Self.text(count, isUpper: isUpper), encoding)
      #expect(Self.refusal(bytes, encoding) == nil, "\(count) records")
    }
  }

  static let pairs = encodings.flatMap { actual in
    encodings.filter { $0 != actual }.map { (actual, $0) }
  }

  @Test(
    "a file in another encoding is refused with the place and the right guess", arguments: pairs)
  func wrong(actual: TextEncoding, declared: TextEncoding) throws {
    for isUpper in [false, true] {
      for count in [12, 900] {
        let bytes = Encoder.bytes(Self.text(count, isUpper: isUpper), actual)
        let finding = try #require(
          Self.refusal(bytes, declared), "\(actual) as \(declared), \(count), \(isUpper)")
        #expect(finding.expected == "\(declared.rawValue), as the pipeline file says")
        #expect(finding.found.contains(", from byte "))
        #expect(finding.remedy.contains("encoding: \(actual.rawValue) "), "\(finding)")
        for chunkBytes in count == 12 ? [1, 7] : [4096] {
          #expect(Self.refusal(bytes, declared, chunkBytes: chunkBytes) == finding)
        }
      }
    }
  }

  @Test("nothing said means UTF-8, and the message names the first byte that is none")
  func position() throws {
    let bytes = Encoder.bytes(Self.text(20), .tcvn3)
    let finding = try #require(Self.refusal(bytes, nil))
    let first = try #require(bytes.firstIndex { $0 >= 0x80 })
    #expect(finding.expected == "utf-8")
    #expect(finding.found.hasSuffix("words, from byte \(first) on"))
  }

  @Test("a handful of damaged records in UTF-8 is no wrong encoding")
  func handful() throws {
    var bytes = Encoder.bytes(Self.text(300), .utf8)
    for i in 0..<20 { bytes += Array("9\(i),".utf8) + Encoder.bytes(Self.names[i % 12], .tcvn3) + [10] }
    #expect(Self.refusal(bytes, nil) == nil)
    #expect(Self.refusal(bytes, .utf8) == nil)
  }

  @Test("names of foreigners with accents are no wrong encoding")
  func foreign() {
    let names = [
      "José", "Müller", "Françoise", "Søren", "Peña", "Noël", "Ångström", "Çelik", "Núñez", "Zoë", "Lü",
    ]
    let text =
      "MA,HO TEN\n"
      + (0..<200).map { "\($0),\(names[$0 % names.count]) \(names[($0 / 7) % names.count])\n" }.joined()
    #expect(Self.refusal(Array(text.utf8), nil) == nil)
    #expect(Self.refusal(Array(text.utf8), .utf8) == nil)
  }

  @Test("a file that changes its encoding in the middle is refused, whatever the chunks")
  func middle() throws {
    var bytes = Encoder.bytes(Self.text(120_000), .utf8)
    let border = bytes.count
    bytes += Encoder.bytes(String(Self.text(160_000).dropFirst(10)), .tcvn3)
    let finding = try #require(Self.refusal(bytes, .utf8))
    let number = finding.found.split(separator: " ").compactMap { Int($0) }.last
    #expect(try #require(number) >= border)
    #expect(Self.refusal(bytes, .utf8, chunkBytes: 9_999) == finding)
  }

  @Test(
    "mojibake is refused as what it is, whichever encoding it came of",
    arguments: encodings.filter { $0 != .utf16 })
  func mojibake(encoding: TextEncoding) throws {
    let text = Encoder.misread(Encoder.bytes(Self.text(200), encoding))
    let finding = try #require(Self.refusal(Array(text.utf8), nil))
    #expect(
      finding.found.hasPrefix("\(encoding.rawValue) that was read as Windows-1252 and written as UTF-8"))
    #expect(finding.remedy.hasPrefix("Ask the supplier for the encoding, or for the file in UTF-8"))
    // A header report, as check makes one, gives the same.
    let workshop = try Workshop()
    let path = try workshop.file(text.utf8)
    let checked = #expect(throws: Stop.self) {
      try headerReport(
        ExportFile(path: path, name: "export"),
        format: ExportFormat(kind: .csv(delimiter: 44), columns: ["HO TEN"]))
    }
    #expect(checked?.finding == finding)
  }

  @Test("XML in an encoding that it doesn't declare is refused", arguments: [nil, TextEncoding.tcvn3])
  func xml(declared: TextEncoding?) throws {
    let actual: TextEncoding = declared == nil ? .tcvn3 : .utf8
    let text = "<D>" + Self.names.map { "<The><Ten>\($0)</Ten></The>" }.joined() + "</D>"
    let error = #expect(throws: Stop.self) {
      try read(Encoder.bytes(text, actual), .xml(record: "The"), columns: ["Ten"], encoding: declared)
    }
    #expect(error?.finding.remedy.contains("encoding: \(actual.rawValue) ") == true)
  }
}
