// XML: paths, namespaces, lines, and the families of attack.

import Testing
import Values
@testable import Extract

@Suite("XML")
struct XMLTests {
  static let kind = ExportFormat.Kind.xml(record: "The")

  @Test("elements, attributes, CDATA and entities reach their slots, whatever the chunks")
  func paths() throws {
    let text = """
      <?xml version="1.0"?>
      <x:DS xmlns:x="urn:a" xmlns="urn:b">
        <x:The so="7"><Ten><Ho>A</Ho><Goi><![CDATA[B & ]]>C</Goi></Ten><x:Ma>1&amp;2</x:Ma><Khac><Ma>no</Ma></Khac></x:The>
        <The>
          <Ma/>
        </The>
      </x:DS>
      """
    let columns = ["Ten/Ho", "Ten/Goi", "Ma", "@so"]
    let expected = [
      Read(line: 3, values: ["A", "B & C", "1&2", "7"]), Read(line: 4, values: [nil, nil, "", nil]),
    ]
    for chunkBytes in [1, 2, 3, 7, 64, 1 << 20] {
      #expect(try read(Array(text.utf8), Self.kind, columns: columns, chunkBytes: chunkBytes) == expected)
    }
  }

  @Test("an element given twice under one path marks the record")
  func twice() throws {
    let records = try read(Array("<D><The><Ma>1</Ma><Ma>2</Ma></The></D>".utf8), Self.kind, columns: ["Ma"])
    #expect(records.map(\.fault) == [.tooManyValues])
  }

  static let nested: [(xml: String, value: String)] = [
    ("<Ma><Ngay>31/12/2025</Ngay></Ma>", "31/12/2025"), ("<Ma>01<s>0</s>28</Ma>", "01028"),
    ("<Ma><Ho>NGUYỄN</Ho><Ten>AN</Ten></Ma>", "NGUYỄN AN"), ("<Ma>A<Ma>B</Ma></Ma>", "AB"),
    ("<Ma>A<So>1</So></Ma>", "A"), ("<Ma>A<Sau><So>1</So>B</Sau></Ma>", "A1B"),
  ]

  @Test("text of elements within is the value's, unless a path leads to them", arguments: nested)
  func children(xml: String, value: String) throws {
    let records = try read(
      Array("<D><The>\(xml)</The></D>".utf8), Self.kind, columns: ["Ma", "Ma/So"])
    #expect(records.map { $0.values[0] } == [value])
    #expect(records.map(\.fault) == [.none])
  }

  @Test("a value beyond all bounds marks its record")
  func tooLong() throws {
    let long = String(repeating: "x", count: 70_000)
    let records = try read(Array("<D><The><Ma>\(long)</Ma></The></D>".utf8), Self.kind, columns: ["Ma"])
    #expect(records.map(\.fault) == [.tooLong])
  }

  static let refused: [(String, String)] = [
    (
      "<!DOCTYPE D [<!ENTITY a \"b\">]><D><The><Ma>&a;</Ma></The></D>",
      "export:1: expected an XML export, found a document type declaration, which may carry an attack"
    ),
    (
      "<!DOCTYPE D SYSTEM \"file:///etc/passwd\"><D/>",
      "export:1: expected an XML export, found a document type declaration, which may carry an attack"
    ),
    (
      "<D>\n<The><Ma>1</Ma></The>\n<The><Ma>2</Khac></The></D>",
      "export:3: expected well-formed XML, found an end tag that closes another element than the open one"
    ),
    (
      "<D>\n<The><Ma>&unknown;</Ma></The></D>",
      "export:2: expected well-formed XML, found an entity that is not declared"
    ),
    (
      String(repeating: "<a>", count: 100),
      "export:1: expected an XML export, found elements nested deeper than 64"
    ),
  ]

  @Test("a hostile or broken file is refused, and the message says where and why", arguments: refused.indices)
  func refusal(index: Int) {
    let (text, message) = Self.refused[index]
    #expect {
      _ = try read(Array(text.utf8), Self.kind, columns: ["Ma"])
    } throws: { error in
      (error as? Stop)?.finding.description.split(separator: "\n").first.map(String.init) == message
        && (error as? Stop)?.exit == .dataRefused
    }
  }

  @Test("a file cut off in the middle is refused", arguments: [5, 12, 20, 27])
  func cutOff(count: Int) {
    let text = "<D><The><Ma>1</Ma></The></D>"
    #expect(throws: Stop.self) { try read(Array(text.utf8.prefix(count)), Self.kind, columns: ["Ma"]) }
  }
}
