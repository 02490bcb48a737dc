// One name in each old encoding, from the bytes of an export to its clean form. The bytes are those of system converters
// and of tables that two keyboard programs share, not of our own tables. The names are invented.

import Extract
import Foundation
import Support
import Testing
import Values

@Suite("Names in old encodings")
struct LegacyNameTests {
  struct Written: Sendable, CustomTestStringConvertible {
    var encoding: TextEncoding
    var bytes: [UInt8]
    var name: String
    var testDescription: String { "\(encoding.rawValue) \(name)" }

    init(_ encoding: TextEncoding, _ hex: String, _ name: String) {
      self.encoding = encoding
      bytes = hex.split(separator: " ").flatMap { word in
        stride(from: 0, to: word.count, by: 2).compactMap { UInt8(word.dropFirst($0).prefix(2), radix: 16) }
      }
      self.name = name
    }
  }

  static let written = [
    // VISCII has six capitals at ASCII control characters: Ẳ 02, Ẵ 05, Ẫ 06, Ỷ 14, Ỹ 19, Ỵ 1E.
    Written(.viscii, "42024E47 20 4348054E 20 064D 20 4B14 20 4D19 20 4B1E", "BẲNG CHẴN ẪM KỶ MỸ KỴ"),
    Written(.viscii, "5452854E 20 4D19 20 064D", "TRẦN MỸ ẪM"),
    Written(.viscii, "4E677579AD6E 20 5468B8 20 48DFBD6E67", "Nguyễn Thị Hương"),
    Written(.vps, "F199 20 51559643 20 854E", "ĐỖ QUỐC ẨN"),
    Written(.vps, "5472C06E 20 F1D963 20 5468A16E67", "Trần Đức Thắng"),
    // VPS lacks the capital Ị and uses the small letter's code; names are compared in capitals.
    Written(.vps, "4CDD 20 5448CE 20 428F4E47", "LÝ THị BẲNG"),
    Written(.vni, "D14FC3 20 5448D2 20 48D6D4D84E47", "ĐỖ THỊ HƯỜNG"),
    Written(.vni, "4E67757965E36E 20 59DB 20 4261FB6F", "Nguyễn Ỷ Bảo"),
    // TCVN3 has no capitals with tone marks: its names are put in capitals.
    Written(.tcvn3, "4E677579D46E 20 56A86E 20 48DF61", "NGUYỄN VĂN HÒA"),
    Written(.tcvn3, "5452C74E 20 56A14E 20 B64D", "TRẦN VĂN ẢM"),
    // Windows-1258 has base letters and tone marks; a clean name has composed letters.
    Written(.windows1258, "D0D4DE 20 544849F2 20 48DDD5CC4E47", "ĐỖ THỊ HƯỜNG"),
    Written(.windows1258, "4E677579EADE6E 20 59D2 20 4261D26F", "Nguyễn Ỷ Bảo"),
  ]

  @Test("a name comes out clean", arguments: written, [false, true])
  func name(written: Written, isXML: Bool) throws {
    let columns = ["SO", "TEN", "NGAY", "GIOI", "BH", "TU"]
    let bytes =
      isXML
      ? Array("<D><The><SO>079205000123</SO><TEN>".utf8) + written.bytes
        + Array("</TEN><NGAY>2005</NGAY><GIOI>Nam</GIOI><BH>7912345678</BH><TU>2026</TU></The></D>".utf8)
      : Array("SO,TEN,NGAY,GIOI,BH,TU\n079205000123,".utf8) + written.bytes
        + Array(",2005,Nam,7912345678,2026\n".utf8)
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    let format = ExportFormat(
      kind: isXML ? .xml(record: "The") : .csv(delimiter: 44), encoding: written.encoding, columns: columns)
    for export in ExportKind.allCases {
      let extractor = try Extractor(ExportFile(path: path, name: "export"), format: format)
      var batch = RawBatch(slotCount: columns.count)
      try #require(try extractor.nextBatch(into: &batch))
      let rules = rules(export) {
        $0.fields = [.personalID: .slot(0), .fullName: .slot(1), .birthDate: .slot(2), .sex: .slot(3)]
        if export == .insurance {
          $0.fields.merge([.insuranceNumber: .slot(4), .validFrom: .slot(5)]) { $1 }
        }
        $0.uppercaseNames = written.encoding == .tcvn3
        $0.convertsNames = true
      }
      let staged = try stage(batch, rules: rules)
      #expect(staged.persons.map(\.name) + staged.insured.map(\.name) == [written.name])
      #expect(staged.insured.allSatisfy { $0.record.words.words == ["name_converted"] })
    }
  }
}
