// Files of other kinds under the name of an export, and the names of encodings.

import Names
import Support
import Testing
import Values
@testable import Extract

@Suite("Files of other kinds")
struct ForeignFileTests {
  static let xml = ExportFormat.Kind.xml(record: "The")
  static let csv = ExportFormat.Kind.csv(delimiter: 44)

  static func message(_ bytes: [UInt8], _ kind: ExportFormat.Kind) -> String {
    do {
      _ = try read(bytes, kind, columns: ["A"])
      return "read"
    } catch {
      return (error as? Stop)?.finding.description ?? "\(error)"
    }
  }

  static let dbf: [UInt8] =
    [0x03, 126, 11, 23, 1, 0, 0, 0, 97, 0, 20, 0] + Array(repeating: 0, count: 20) + Array("HOTEN".utf8)
    + Array(repeating: 0, count: 59) + [0x0D] + Array("NGUYEN VAN A".utf8)

  static let kinds: [(bytes: [UInt8], kind: ExportFormat.Kind, found: String, remedy: String)] = [
    (
      Array("PK\u{3}\u{4}….[Content_Types].xml".utf8), csv, "an Excel workbook (.xlsx)",
      "save it as CSV UTF-8"
    ),
    (Array("PK\u{3}\u{4}….a.csv".utf8), csv, "a ZIP archive", "Unpack it"),
    (Array("PK\u{3}\u{4}….xl/workbook.xml".utf8), xml, "an Excel workbook (.xlsx)", "save it as CSV UTF-8"),
    (
      [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0], csv, "Excel workbook (.xls)",
      "save it as CSV UTF-8"
    ),
    (Array("Rar!\u{1A}\u{7}\u{1}".utf8), csv, "a RAR archive", "Unpack it"),
    (Array("%PDF-1.7".utf8), csv, "a PDF document", "Ask the supplier"),
    (dbf, csv, "a dBASE or FoxPro table (.dbf)", "LibreOffice"),
    (Array("<html><body><table>".utf8), csv, "a web page (HTML)", "save it as CSV UTF-8"),
    (Array("\u{FEFF}\n<!DOCTYPE html>".utf8), xml, "a web page (HTML)", "save it as CSV UTF-8"),
    (Array("<?xml version=\"1.0\"?><DS>".utf8), csv, "XML", "format: xml"),
    ([0xFF, 0xFE] + Array("<?xml ".utf8).flatMap { [$0, 0] }, csv, "XML", "format: xml"),
    (
      Array("<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>".utf8), xml,
      "a spreadsheet of Excel saved as XML", "save it as CSV UTF-8"
    ),
    (Array("SoCCCD,HoTen\n1,2\n".utf8), xml, "text that does not begin with <", "format: csv"),
    (Array("{\"a\": 1}".utf8), xml, "JSON", "Ask the supplier"),
  ]

  @Test("a file of another kind is named, with the way to a CSV", arguments: kinds.indices)
  func kind(i: Int) {
    let kind = Self.kinds[i]
    let message = Self.message(kind.bytes, kind.kind)
    #expect(message.contains("\(kind.found)\n") && message.contains(kind.remedy), "\(message)")
  }

  @Test("tables and documents that begin oddly are read")
  func odd() {
    #expect(Self.message(Array("A,<b>\n1,2\n".utf8), Self.csv) == "read")
    #expect(Self.message([3, 65, 1, 1] + Array("A\n1\n".utf8), Self.csv).contains("dBASE") == false)
    #expect(Self.message(Array("\n <D><The><A>1</A></The></D>\u{1A}".utf8), Self.xml) == "read")
  }

  static let declared: [(String, String)] = [
    ("utf8", "read"), ("UTF-8", "read"), ("us-ascii", "read"),
    ("windows-1252", "found a declaration of windows-1252"), ("ISO-8859-1", "has no Vietnamese letters"),
    ("koi8-r", "found a declaration of another"),
  ]

  @Test("an XML declaration names its encoding as programs write it", arguments: declared)
  func declaration(name: String, outcome: String) {
    let text = "<?xml version=\"1.0\" encoding=\"\(name)\"?><D><The><A>1</A></The></D>"
    #expect(Self.message(Array(text.utf8), Self.xml).contains(outcome))
  }

  static let names: [(String, EncodingName)] = [
    ("UTF8", .known("utf-8")), ("utf_16-LE", .known("utf-16")), ("cp1258", .known("windows-1258")),
    ("Windows-1258", .known("windows-1258")), ("TCVN3 (ABC)", .known("tcvn3")),
    ("VNI-Windows", .known("vni")),
    ("VISCII 1.1", .known("viscii")), ("Latin-1", .western), ("cp1252", .western), ("ISO8859-1", .western),
    ("", .unknown), ("-", .unknown), ("gb18030", .unknown),
  ]

  @Test("encodings are known by the names that suppliers use", arguments: names)
  func encoding(name: String, meaning: EncodingName) { #expect(EncodingName(name) == meaning) }

  @Test("each encoding that is read has a name")
  func all() {
    for encoding in TextEncoding.allCases {
      #expect(EncodingName(encoding.rawValue) == .known(encoding.rawValue))
    }
  }
}
