// XML attacks and malformed XML: each is refused with line and reason, or harmless, whatever the chunks.
// Nothing is fetched, nothing expands, and time and memory stay bounded.

import Foundation
import Glibc
import Support
import Testing
import Values
@testable import Extract

@Suite("Hostile XML")
struct HostileXMLTests {
  static let kind = ExportFormat.Kind.xml(record: "The")
  static let doctype = "a document type declaration, which may carry an attack"

  /// The values of the slot Ma, and why the file was refused.
  static func outcome(
    _ bytes: [UInt8], columns: [String] = ["Ma"], encoding: TextEncoding? = nil, chunkBytes: Int = 1 << 16
  ) throws -> (values: [String?], refusal: String?) {
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    var values: [String?] = []
    do {
      let extractor = try Extractor(
        ExportFile(path: path, name: "export"),
        format: ExportFormat(kind: kind, encoding: encoding, columns: columns), chunkBytes: chunkBytes)
      var batch = RawBatch(slotCount: columns.count)
      while try extractor.nextBatch(into: &batch) {
        for i in 0..<batch.count {
          let value = batch.range(i, 0).map { String(decoding: batch.bytes[$0], as: UTF8.self) }
          values.append(batch.record(i).fault == .none ? value : "\(batch.record(i).fault)")
        }
      }
      return (values, nil)
    } catch {
      let finding = (error as? Stop)?.finding
      return (values, "\(finding?.origin.line ?? 0): \(finding?.found ?? "\(error)")")
    }
  }

  struct Case: Sendable {
    var name: String
    var text: String
    var values: [String?] = []
    var refusal: String?
  }

  static let cases: [Case] = [
    // Entities and declarations.
    Case(
      name: "an external general entity",
      text: "<!DOCTYPE D [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<D><The><Ma>&x;</Ma></The></D>",
      refusal: "1: \(doctype)"),
    Case(
      name: "an external parameter entity",
      text: "<?xml version=\"1.0\"?>\n<!DOCTYPE D [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\"> %p;]><D/>",
      refusal: "2: \(doctype)"),
    Case(
      name: "an external subset",
      text: "<!DOCTYPE D PUBLIC \"-//x\" \"http://127.0.0.1:9/d.dtd\"><D><The/></D>",
      refusal: "1: \(doctype)"),
    Case(
      name: "entities in entities, a billion of them",
      text: "<!DOCTYPE D [<!ENTITY a \"ha\">"
        + (1...9).map {
          "<!ENTITY a\($0) \"" + String(repeating: "&a\($0 == 1 ? "" : "\($0 - 1)");", count: 10) + "\">"
        }.joined()
        + "]><D><The><Ma>&a9;</Ma></The></D>", refusal: "1: \(doctype)"),
    Case(
      name: "one long entity many times",
      text: "<!DOCTYPE D [<!ENTITY a \"\(String(repeating: "x", count: 50_000))\">]><D><The><Ma>"
        + String(repeating: "&a;", count: 5_000) + "</Ma></The></D>", refusal: "1: \(doctype)"),
    Case(
      name: "an empty declaration of the type", text: "<!DOCTYPE D>\n<D><The><Ma>1</Ma></The></D>",
      refusal: "1: \(doctype)"),
    Case(
      name: "a declaration of the type behind the root", text: "<D><The><Ma>1</Ma></The></D>\n<!DOCTYPE D>",
      values: ["1"],
      refusal: "2: something behind the end of the root element"),
    Case(
      name: "an inclusion, which is an element like any other",
      text:
        "<D xmlns:xi=\"http://www.w3.org/2001/XInclude\"><The><Ma><xi:include href=\"file:///etc/passwd\" parse=\"text\"/></Ma></The></D>",
      values: [""]),
    Case(
      name: "a style sheet, which nobody looks at",
      text: "<?xml-stylesheet href=\"http://127.0.0.1:9/x.xsl\"?><D><The><Ma>1</Ma></The></D>", values: ["1"]),
    Case(
      name: "a character that is none", text: "<D>\n<The><Ma>&#0;</Ma></The></D>",
      refusal: "2: bytes that are no characters of the declared encoding"),
    Case(
      name: "a character beyond Unicode", text: "<D><The><Ma>&#x110000;</Ma></The></D>",
      refusal: "1: bytes that are no characters of the declared encoding"),
    Case(
      name: "an entity that was escaped twice", text: "<D><The><Ma>&amp;lt;&#x41;</Ma></The></D>",
      values: ["&lt;A"]),
    // Depth, names, sizes.
    Case(
      name: "deep elements inside a record", text: "<D><The>" + String(repeating: "<a>", count: 70),
      refusal: "1: elements nested deeper than 64"),
    Case(
      name: "a name of 60,000 letters",
      text: "<D><The><Ma>1</Ma></The><\(String(repeating: "n", count: 60_000))/></D>", values: ["1"],
      refusal: "1: a bare & or a tag without a name"),
    Case(
      name: "a tag that never ends",
      text: "<D><The><Ma>1</Ma></The><The so=\"" + String(repeating: "x", count: 400_000), values: ["1"],
      refusal: "1: a tag longer than 64 KiB"),
    Case(
      name: "attributes by the ten thousand",
      text: "<D>\n<The " + (0..<60_000).map { "a\($0)=\"\" " }.joined() + "><Ma>1</Ma></The></D>",
      refusal: "2: a tag longer than 64 KiB"),
    Case(
      name: "a comment that never ends",
      text: "<D><The><Ma>1</Ma></The><!-- " + String(repeating: "x ", count: 1 << 20), values: ["1"],
      refusal: "1: a comment or instruction longer than 1 MiB"),
    Case(
      name: "a text of megabytes in an element that nobody reads",
      text: "<D><The><Ma>1</Ma><Khac>" + String(repeating: "x", count: 3 << 20)
        + "</Khac></The><The><Ma>2</Ma></The></D>",
      values: ["1", "2"]),
    Case(
      name: "a text of megabytes that is read",
      text: "<D><The><Ma>" + String(repeating: "x", count: 3 << 20) + "</Ma></The><The><Ma>2</Ma></The></D>",
      values: ["tooLong", "2"]),
    Case(
      name: "comments and instructions by the thousand",
      text: "<D>" + String(repeating: "<!-- c --><?p i?>", count: 20_000) + "<The><Ma>1</Ma></The></D>",
      values: ["1"]),
    // Attributes, namespaces.
    Case(
      name: "an attribute twice", text: "<D><The so=\"1\" so=\"2\"><Ma>1</Ma></The></D>",
      refusal: "1: an attribute given twice"),
    Case(
      name: "an attribute twice by two prefixes",
      text: "<D xmlns:a=\"u:1\" xmlns:b=\"u:1\"><The a:so=\"1\" b:so=\"2\"><Ma>1</Ma></The></D>",
      values: ["1"]),
    Case(
      name: "a prefix that is not declared, which is ignored", text: "<D><q:The><q:Ma>1</q:Ma></q:The></D>",
      values: ["1"]),
    Case(
      name: "a namespace that is no address, which is ignored",
      text: "<D xmlns=\"khong phai\"><The><Ma>1</Ma></The></D>", values: ["1"]),
    Case(
      name: "a prefix that changes its meaning",
      text: "<x:D xmlns:x=\"u:1\"><x:The xmlns:x=\"u:2\"><x:Ma>1</x:Ma></x:The></x:D>",
      values: ["1"]),
    Case(
      name: "an end tag with another prefix for the same namespace",
      text: "<D xmlns:a=\"u:1\" xmlns:b=\"u:1\"><a:The></b:The></D>",
      refusal: "1: an end tag that closes another element than the open one"),
    Case(
      name: "a prefix that is reserved", text: "<D xmlns:xml=\"u:1\"><The><Ma>1</Ma></The></D>", values: ["1"]
    ),
    Case(
      name: "a bare < in an attribute", text: "<D><The so=\"<\"><Ma>1</Ma></The></D>",
      refusal: "1: a tag without its < or >"),
    Case(name: "a > in an attribute", text: "<D><The so=\"a>b\"><Ma so='>'>1</Ma></The></D>", values: ["1"]),
    // Bytes.
    Case(
      name: "a zero byte", text: "<D><The><Ma>a\0b</Ma></The></D>",
      refusal: "1: bytes that are no characters of the declared encoding"),
    Case(
      name: "a control character", text: "<D>\n<The><Ma>a\u{1}b</Ma></The></D>",
      refusal: "2: bytes that are no characters of the declared encoding"),
    Case(
      name: "U+FFFE", text: "<D><The><Ma>\u{FFFE}</Ma></The></D>",
      refusal: "1: bytes that are no characters of the declared encoding"),
    Case(
      name: "a declaration of UTF-7",
      text: "<?xml version=\"1.0\" encoding=\"UTF-7\"?><D><The><Ma>+ADw-Ma+AD4-</Ma></The></D>",
      refusal: "1: a declaration of another"),
    Case(
      name: "a declaration of UTF-16 in a file of UTF-8",
      text: "<?xml version=\"1.0\" encoding=\"utf-16\"?><D><The><Ma>1</Ma></The></D>",
      refusal: "0: text of one byte a letter, from byte 0 on"),
    Case(
      name: "a byte order mark",
      text: "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><D><The><Ma>1</Ma></The></D>", values: ["1"]),
    Case(
      name: "a version that is not there yet", text: "<?xml version=\"1.1\"?><D><The><Ma>1</Ma></The></D>",
      values: ["1"]),
    // Sections.
    Case(
      name: "sections side by side",
      text: "<D><The><Ma><![CDATA[a]]>b<![CDATA[]]><![CDATA[<c>]]></Ma></The></D>", values: ["ab<c>"]),
    Case(
      name: "the end of a section in two", text: "<D><The><Ma><![CDATA[x]]]]><![CDATA[>y]]></Ma></The></D>",
      values: ["x]]>y"]),
    Case(
      name: "a section in a section", text: "<D><The><Ma><![CDATA[<![CDATA[a]]>]]></Ma></The></D>",
      refusal: "1: the end of a CDATA section without its beginning"),
    Case(
      name: "a section that never ends", text: "<D><The><Ma><![CDATA[abc",
      refusal: "1: an end in the middle of the document, as of a half-copied file"),
    Case(
      name: "a record in a section", text: "<D><![CDATA[<The><Ma>1</Ma></The>]]><The><Ma>2</Ma></The></D>",
      values: ["2"]),
    Case(
      name: "a record in a comment", text: "<D><!--<The><Ma>1</Ma></The>--><The><Ma>2</Ma></The></D>",
      values: ["2"]),
    Case(
      name: "two dashes in a comment", text: "<D><!-- a -- b --><The/></D>",
      refusal: "1: two dashes in a comment"),
    // Structure.
    Case(
      name: "a second root", text: "<D><The><Ma>1</Ma></The></D>\n<D><The><Ma>2</Ma></The></D>",
      values: ["1"],
      refusal: "2: something behind the end of the root element"),
    Case(
      name: "text behind the root", text: "<D><The><Ma>1</Ma></The></D>x", values: ["1"],
      refusal: "1: something behind the end of the root element"),
    Case(name: "comments behind the root", text: "<D><The><Ma>1</Ma></The></D>\n<!-- c -->\n", values: ["1"]),
    Case(
      name: "an end tag too many", text: "<D><The><Ma>1</Ma></The></D></D>", values: ["1"],
      refusal: "1: something behind the end of the root element"),
    Case(name: "no root", text: "just text", refusal: "1: text that does not begin with <"),
    Case(
      name: "the declaration on the second line", text: "\n<?xml version=\"1.0\"?><D/>",
      refusal: "2: an XML declaration that is not at the beginning"),
    Case(name: "a record that is the root", text: "<The><Ma>1</Ma></The>", values: ["1"]),
    Case(
      name: "a record in a record",
      text: "<D><The><Ma>1</Ma><The><Ma>2</Ma></The></The><The><Ma>3</Ma></The></D>", values: ["1", "3"]),
    Case(
      name: "a file that ends in a record", text: "<D>\n<The><Ma>1</Ma></The>\n<The><Ma>2</M", values: ["1"],
      refusal: "3: an end in the middle of the document, as of a half-copied file"),
    Case(
      name: "a file that ends between records", text: "<D>\n<The><Ma>1</Ma></The>\n", values: ["1"],
      refusal: "2: an end in the middle of the document, as of a half-copied file"),
  ]

  @Test("each is refused with its line, or harmless, whatever the chunks", arguments: cases.indices)
  func outcomes(index: Int) throws {
    let one = Self.cases[index]
    let start = ContinuousClock.now
    for chunkBytes in one.text.utf8.count > 20_000 ? [1 << 14, 1 << 20] : [1, 2, 7, 1 << 16] {
      let (values, refusal) = try Self.outcome(Array(one.text.utf8), chunkBytes: chunkBytes)
      #expect(values == one.values, "\(one.name), chunks of \(chunkBytes)")
      #expect(refusal == one.refusal, "\(one.name), chunks of \(chunkBytes)")
    }
    // Only a successful attack would take this long, even on a busy machine.
    #expect(ContinuousClock.now - start < .seconds(60), "\(one.name)")
  }

  @Test("bytes that are no UTF-8 are refused in every part of a document")
  func malformed() throws {
    let places = [
      "<D><The><Ma>#</Ma></The></D>", "<D><The #=\"1\"/></D>", "<D><The so=\"#\"/></D>", "<D><!--#--></D>",
      "<D><#/></D>", "<D><?p #?></D>",
    ]
    for place in places {
      for bad: [UInt8] in [
        [0xFF], [0xC3, 0x28], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80],
      ] {
        let bytes = place.utf8.flatMap { $0 == UInt8(ascii: "#") ? bad : [$0] }
        let (values, refusal) = try Self.outcome(bytes)
        #expect(values.isEmpty && refusal != nil, "\(place) \(bad)")
      }
    }
  }

  @Test("a file that says UTF-8 and has the mark of UTF-16 is read by its mark")
  func mark() throws {
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D><The><Ma>ễ</Ma></The></D>"
    for chunkBytes in [1, 3, 1 << 16] {
      #expect(try Self.outcome(Encoder.bytes(text, .utf16), chunkBytes: chunkBytes).values == ["ễ"])
    }
    let refusal = try Self.outcome(Encoder.bytes(text, .utf16), encoding: .utf8).refusal
    #expect(refusal == "0: the byte order mark of UTF-16, from byte 0 on")
  }

  @Test("no entity is opened, not even one that lies on this machine")
  func nothingOpened() throws {
    // Opening this pipe for reading would block forever.
    let workshop = try Workshop()
    let pipe = workshop.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    for text in [
      "<!DOCTYPE D SYSTEM \"\(pipe)\"><D/>",
      "<!DOCTYPE D [<!ENTITY x SYSTEM \"\(pipe)\">]><D><The><Ma>&x;</Ma></The></D>",
      "<!DOCTYPE D [<!ENTITY % x SYSTEM \"\(pipe)\"> %x;]><D/>",
    ] {
      #expect(try Self.outcome(Array(text.utf8)).refusal == "1: \(Self.doctype)")
    }
  }

  @Test("one name with two prefixes marks its record")
  func twoPrefixes() throws {
    let text = "<D xmlns:a=\"u:1\" xmlns:b=\"u:2\"><The a:so=\"1\" b:so=\"2\"/><The so=\"3\"/></D>"
    #expect(try Self.outcome(Array(text.utf8), columns: ["@so"]).values == ["tooManyValues", "3"])
  }

  @Test("every cut of a document is refused behind the records that are whole")
  func cuts() throws {
    let text = Array("<D><The><Ma>1</Ma></The><The so=\"2\"><Ma><![CDATA[2]]></Ma></The><!-- c --></D>".utf8)
    for count in 1..<text.count - 1 {
      let (values, refusal) = try Self.outcome(Array(text[..<count]))
      #expect(refusal != nil, "\(count)")
      #expect(values == Array(["1", "2"].prefix(count >= 64 ? 2 : count >= 24 ? 1 : 0)), "\(count)")
    }
  }
}
