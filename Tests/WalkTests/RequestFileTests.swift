// Consumers' request files as exports are: the same requests in other dialects and encodings and as XML get the same
// answers, and hostile files are refused or have their records marked, each with a reason.

import Foundation
import Support
import Testing
import Values

@testable import Desk
@testable import Pipeline
@testable import Workspace

@Suite("Request files")
struct RequestFileTests {
  enum Form: String, CaseIterable, Sendable { case utf16, semicolons, quoted, gzip, xml, xmlUTF16, xmlPrefix }

  private static let columns = ["So", "Ten", "Ngay", "Gioi", "Ma", "ChapThuan"]

  private static func values(_ request: AnswerTests.Request) -> [String] {
    [
      request.id, request.name, request.birthDate, request.isFemale ? "2" : "1", request.reference,
      request.consent,
    ]
  }

  private static func utf16(_ text: String) -> Data {
    Data([0xFF, 0xFE]) + (text.data(using: .utf16LittleEndian) ?? Data())
  }

  private static func xml(_ requests: [AnswerTests.Request], encoding: String, prefix: String = "") -> String
  {
    let records = requests.map { request in
      let elements = zip(columns, values(request)).map { column, value in
        let text = value.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return "<\(prefix)\(column)>\(text)</\(prefix)\(column)>"
      }
      return "<\(prefix)YeuCau>" + elements.joined() + "</\(prefix)YeuCau>\n"
    }
    let space = prefix.isEmpty ? "" : " xmlns:\(prefix.dropLast())=\"urn:test\""
    return "<?xml version=\"1.0\" encoding=\"\(encoding)\"?><\(prefix)Tep\(space)>\n" + records.joined()
      + "</\(prefix)Tep>\n"
  }

  /// The requests in another form, and the policy that reads them; a record's line is that of the plain form.
  private static func write(
    _ requests: [AnswerTests.Request], _ form: Form, _ policy: inout ConsumerPolicy, in folder: String
  ) throws -> String {
    let path = folder + "/" + form.rawValue
    let rows = [columns] + requests.map(values)
    func quoted(_ value: String) -> String { "\"" + value.replacing("\"", with: "\"\"") + "\"" }
    var bytes: Data
    switch form {
    case .utf16: bytes = utf16(rows.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined())
    case .semicolons:
      policy.requests.delimiter = Array(";".utf8)
      bytes = Data(rows.map { $0.map(quoted).joined(separator: ";") + "\n" }.joined().utf8)
    case .quoted, .gzip:
      bytes = Data(rows.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined().utf8)
    case .xml: bytes = Data(xml(requests, encoding: "UTF-8").utf8)
    case .xmlUTF16: bytes = utf16(xml(requests, encoding: "UTF-16"))
    case .xmlPrefix: bytes = Data(xml(requests, encoding: "UTF-8", prefix: "p:").utf8)
    }
    if form.rawValue.hasPrefix("xml") { (policy.requests.format, policy.requests.record) = (.xml, "YeuCau") }
    try bytes.write(to: URL(filePath: path))
    guard form == .gzip else { return path }
    let process = Process()
    (process.executableURL, process.arguments) = (URL(filePath: "/usr/bin/env"), ["gzip", path])
    try process.run()
    process.waitUntilExit()
    return path + ".gz"
  }

  @Test("the same requests get the same answers in every dialect and encoding, as CSV and as XML")
  func forms() throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(31)
    let register = SmallRegister(&generator)
    let requests = AnswerTests.requests(register, &generator)
    let pipeline = try register.run(in: workshop.path + "/a")
    var plain = AnswerTests.policy([Release(.fullName, .agrees), Release(.birthDate, .exact)])
    (plain.needsConsent, plain.formats) = (true, [.csv, .xml])
    let path = workshop.path + "/plain.csv"
    try AnswerTests.write(requests, to: path)
    let expected = try AnswerTests.answer(pipeline, plain, path)
    #expect(expected.report.counts[.malformed] ?? 0 > 0 && expected.report.counts[.consentMissing] ?? 0 > 0)
    for form in Form.allCases {
      var policy = plain
      let file = try Self.write(requests, form, &policy, in: workshop.path)
      let answered = try AnswerTests.answer(pipeline, policy, file)
      #expect(answered.csv == expected.csv && answered.xml == expected.xml, "\(form)")
    }
  }

  struct Hostile: Sendable {
    var name: String
    var bytes: [UInt8]
    /// The results; nil for a file that is refused.
    var results: [String]?
    /// Where and what was found in a refused file.
    var found = ""

    init(_ name: String, _ text: String, results: [String]? = nil, found: String = "") {
      self.init(name, Array(text.utf8), results: results, found: found)
    }
    init(_ name: String, _ bytes: [UInt8], results: [String]? = nil, found: String = "") {
      (self.name, self.bytes, self.results, self.found) = (name, bytes, results, found)
    }
    var isXML: Bool { bytes.first == UInt8(ascii: "<") }
  }

  private static let header = columns.joined(separator: ",") + "\n"
  private static let good = "001090010000,LÊ HÒA,1975-01-31,1,r,c\n"
  private static let goodXML =
    "<YeuCau><So>001090010000</So><Ten>LÊ HÒA</Ten><Ngay>1975-01-31</Ngay><Ma>r</Ma><ChapThuan/></YeuCau>\n"
  private static func long(_ count: Int) -> String { String(repeating: "x", count: count) }
  private static let doctype = "1: a document type declaration, which may carry an attack"

  static let hostile: [Hostile] = [
    Hostile(
      "a letter of no encoding in one record",
      Array((header + good).utf8) + Array("001090010000,".utf8) + [0xFF, 0xFE]
        + Array((",1975-01-31,1,r,c\n" + good).utf8),
      results: ["agreed", "malformed", "agreed"]),
    Hostile(
      "a name of megabytes", header + "001090010000," + long(3 << 20) + ",1975-01-31,1,r,c\n" + good,
      results: ["malformed", "agreed"]),
    Hostile(
      "a quotation mark that is never closed",
      header + good + "\"001090010000,LÊ HÒA,1975-01-31,1,r,c\n" + good,
      results: ["agreed", "malformed", "agreed"]),
    Hostile(
      "fewer and more fields", header + "001090010000,LÊ HÒA\n" + good.dropLast() + ",x,y\n" + good,
      results: ["malformed", "malformed", "agreed"]),
    Hostile("a repeated column", "So," + header + "1," + good, found: "1: it twice"),
    Hostile("a repeated reference", "Ma," + header + "1," + good, found: "1: it twice"),
    Hostile("a column that is missing", "So,Ten,Ngay,Gioi\n001090010000,A,1975-01-31,1\n", found: "1: none"),
    Hostile("an empty file", "", found: "1: an empty file"),
    Hostile("a header alone", header, found: "0: a header line only"),
    Hostile(
      "a zero byte", header + "0010900\u{0}10000,A,1975-01-31,1,r,c\n",
      found: "1: zero bytes, as UTF-16 has them"),
    Hostile(
      "entities in entities",
      "<!DOCTYPE D [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><D>" + goodXML + "&b;</D>",
      found: doctype),
    Hostile(
      "an external entity",
      "<!DOCTYPE D [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><D>" + goodXML + "&a;</D>",
      found: doctype),
    Hostile(
      "an element given twice",
      "<D>\n" + goodXML + goodXML.replacing("<Ten>", with: "<So>001090010007</So><Ten>") + "</D>",
      results: ["agreed", "malformed"]),
    Hostile(
      "a text of megabytes", "<D>\n" + goodXML.replacing("LÊ", with: long(3 << 20)) + goodXML + "</D>",
      results: ["malformed", "agreed"]),
    Hostile(
      "a document that was cut short", "<D>\n" + goodXML + "<YeuCau><So>0010",
      found: "3: an end in the middle of the document, as of a half-copied file"),
  ]

  @Test("a hostile file is refused with its place, and a hostile record is marked; others get their answers")
  func attacks() throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(32)
    var register = SmallRegister(&generator)
    (register.persons[0].name, register.persons[0].birthDate) = ("LÊ HÒA", "1975-01-31")
    (register.persons[0].isFemale, register.persons[0].isActive) = (false, true)
    let pipeline = try register.run(in: workshop.path + "/a")
    for (i, hostile) in Self.hostile.enumerated() {
      var policy = AnswerTests.policy([Release(.fullName, .agrees), Release(.birthDate, .agrees)])
      if hostile.isXML { (policy.requests.format, policy.requests.record) = (.xml, "YeuCau") }
      let path = try workshop.file(hostile.bytes, named: "\(i)")
      let book = try PolicyBook(of: policy.name, in: pipeline.workspace)
      do {
        let answered = try AnswerTests.answer(pipeline, policy, path)
        let results = answered.csv.split(separator: "\n").dropFirst().map { line in
          AnswerCode.names.first { line.contains(",\($0),") } ?? String(line.prefix(100))
        }
        #expect(results == hostile.results, "\(hostile.name)")
      } catch {
        let stop = try #require(error as? Stop, "\(hostile.name): \(error)")
        #expect(hostile.results == nil && stop.exit == .dataRefused, "\(hostile.name): \(error)")
        #expect("\(stop.finding.origin.line ?? 0): \(stop.finding.found)" == hostile.found, "\(hostile.name)")
        // Nothing is counted and nothing is left.
        let after = try PolicyBook(of: policy.name, in: pipeline.workspace)
        #expect(after.requests == book.requests && after.last == book.last && after.pending == nil)
      }
    }
  }
}
