// CSV in other dialects than the default, and the messages for files in a dialect that the pipeline file does not name.

import Support
import Testing
import Values
@testable import Extract

@Suite("CSV in other forms")
struct DialectTests {
  static func dialect(_ change: (inout CSVDialect) -> Void) -> ExportFormat.Kind {
    var dialect = CSVDialect()
    change(&dialect)
    return .csv(dialect)
  }

  static let forms: [(name: String, kind: ExportFormat.Kind, text: String, records: [Read])] = [
    (
      "a delimiter of two bytes", dialect { $0.delimiter = Array("||".utf8) },
      "A||B\n1|2||3\n\"a||b\"||\"c\"\"\"\n",
      [Read(line: 2, values: ["1|2", "3"]), Read(line: 3, values: ["a||b", "c\""])]
    ),
    (
      "single quotes", dialect { $0.quote = UInt8(ascii: "'") }, "'A','B'\n'1,1','2''2'\n\"3\",4\n",
      [Read(line: 2, values: ["1,1", "2'2"]), Read(line: 3, values: ["\"3\"", "4"])]
    ),
    (
      "no quotes", dialect { $0.quote = nil }, "A,B\n\"1,2\n3\",\"4\"\n",
      [Read(line: 2, values: ["\"1", "2"]), Read(line: 3, values: ["3\"", "\"4\""])]
    ),
    (
      "escapes", dialect { $0.escape = UInt8(ascii: "\\") },
      "A,B\n1\\,1,\"2\\\"2\"\n\\N,a\\\\b\\\nc\n\\Nam,\\t\n",
      [
        Read(line: 2, values: ["1,1", "2\"2"]), Read(line: 3, values: ["", "a\\b\nc"]),
        Read(line: 5, values: ["Nam", "\t"]),
      ]
    ),
    (
      "lines above the header", dialect { $0.skippedLines = 3 }, "DANH SÁCH\n\n\"kỳ, 11\nA,B\n\n1,2\n",
      [Read(line: 6, values: ["1", "2"])]
    ),
    (
      "no header", dialect { $0.hasHeader = false }, "\n1,2\n3,4\n5\n",
      [
        Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"]),
        Read(line: 4, fault: .fieldCount, values: ["5", nil]),
      ]
    ),
    (
      "Excel's line", .csv(delimiter: 44), "sep=;\r\nA;B\r\n1;2,3\r\n", [Read(line: 3, values: ["1", "2,3"])]
    ),
    (
      "Excel's line, filled up", .csv(delimiter: 44), "\"sep=\t\"\nA\tB\n1\t2\n",
      [Read(line: 3, values: ["1", "2"])]
    ),
    ("a Ctrl-Z at the end", .csv(delimiter: 44), "A,B\n1,2\n\u{1A}", [Read(line: 2, values: ["1", "2"])]),
    (
      "Ctrl-Z behind a record", .csv(delimiter: 44), "A,B\n1,2\u{1A}\u{1A}",
      [Read(line: 2, values: ["1", "2"])]
    ),
    (
      "a Ctrl-Z elsewhere", .csv(delimiter: 44), "A,B\n1\u{1A},2\n",
      [Read(line: 2, values: ["1\u{1A}", "2"])]
    ),
    (
      "CR, and one LF at the end", .csv(delimiter: 44), "A,B\r1,2\r3,4\r\n",
      [Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"])]
    ),
    (
      "a header in other letters", .csv(delimiter: 44), "\u{FF21},\u{200B}b\n1,2\n",
      [Read(line: 2, values: ["1", "2"])]
    ),
  ]

  @Test("a file is read in its form, whatever the chunks", arguments: forms.indices)
  func reading(i: Int) throws {
    let form = Self.forms[i]
    var columns = ["A", "B"]
    if case .csv(let dialect) = form.kind, !dialect.hasHeader { columns = ["1", "2"] }
    for chunkBytes in [1, 2, 3, 5, 1 << 16] {
      let records = try read(Array(form.text.utf8), form.kind, columns: columns, chunkBytes: chunkBytes)
      #expect(records == form.records, "\(form.name), chunks of \(chunkBytes) bytes")
    }
  }

  /// Values written in a form and read back.
  @Test("what is written in a form is read so, in parts as well", arguments: UInt64(0)..<200)
  func roundTrip(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var dialect = CSVDialect()
    dialect.delimiter = Array([",", ";", "||", "~|~", "\t", "::"].any(&random).utf8)
    dialect.quote = [nil, UInt8(ascii: "'"), UInt8(ascii: "\"")].any(&random)
    dialect.escape = [nil, UInt8(ascii: "\\"), UInt8(ascii: "^")].any(&random)
    let delimiter = String(decoding: dialect.delimiter, as: UTF8.self)
    let quote = dialect.quote.map { String(UnicodeScalar($0)) }
    let escape = dialect.escape.map { String(UnicodeScalar($0)) }
    func write(_ value: String) -> String {
      if let escape {
        var text = value.replacing(escape, with: escape + escape).replacing("\n", with: escape + "\n")
        if let quote { text = text.replacing(quote, with: escape + quote) }
        for sign in Set(delimiter) { text = text.replacing(String(sign), with: escape + String(sign)) }
        return text
      }
      guard let quote else { return value }
      return quote + value.replacing(quote, with: quote + quote) + quote
    }
    let isFree = quote != nil || escape != nil
    var (text, line) = ("A\(delimiter)B\n", 2)
    var expected: [Read] = []
    for i in 0..<6 {
      let values = (0..<2).map { k in
        let parts =
          isFree ? ["x", "VĂN", delimiter, "\n", "'", "\"", "|", "\\", "^", ","] : ["x", "VĂN", "'"]
        return "v\(i)\(k)" + (0..<random.next() % 4).map { _ in parts.any(&random) }.joined()
      }
      text += values.map(write).joined(separator: delimiter) + "\n"
      expected.append(Read(line: line, values: values))
      line += 1 + values.reduce(0) { $0 + $1.count { $0 == "\n" } }
    }
    for chunkBytes in [1, 7, 1 << 16] {
      let records = try read(Array(text.utf8), .csv(dialect), columns: ["A", "B"], chunkBytes: chunkBytes)
      #expect(records == expected, "chunks of \(chunkBytes) bytes")
    }
  }

  /// The message with which a file is refused.
  static func refusal(_ text: String, _ kind: ExportFormat.Kind = .csv(delimiter: 44), _ columns: [String])
    -> String
  {
    do {
      _ = try read(Array(text.utf8), kind, columns: columns)
      return "read"
    } catch {
      return (error as? Stop)?.finding.description ?? "\(error)"
    }
  }

  static let columns = ["SoCCCD", "HoTen", "NgaySinh"]
  static let hints: [(text: String, kind: ExportFormat.Kind, found: String, option: String)] = [
    ("SoCCCD\tHoTen\tNgaySinh\n1\t2\t3\n", .csv(delimiter: 44), "them separated by tabs", "delimiter: tab"),
    ("SoCCCD;HoTen;NgaySinh\n1;2;3\n", .csv(delimiter: 44), "them separated by `;`", "delimiter: \";\""),
    ("SoCCCD|~|HoTen|~|NgaySinh\n", .csv(delimiter: 44), "them separated by `|~|`", "delimiter: \"|~|\""),
    (
      "DANH SÁCH\nTháng 11\nSoCCCD,HoTen,NgaySinh\n", .csv(delimiter: 44), "them 2 lines further down",
      "skip_lines: 2"
    ),
    (
      "DANH SÁCH\nSoCCCD;HoTen;NgaySinh\n", .csv(delimiter: 44), "them 1 line further down, separated by `;`",
      "skip_lines: 1 and delimiter: \";\""
    ),
    ("'SoCCCD','HoTen','NgaySinh'\n", .csv(delimiter: 44), "them in quotes of the kind '", "quote: \"'\""),
    (
      "001090000100,NGUYỄN VĂN MẪU,05/03/1990\n", .csv(delimiter: 44), "a first line without any of them",
      "header: none"
    ),
  ]

  @Test("a file in another form is refused with the option to write", arguments: hints.indices)
  func hint(i: Int) {
    let hint = Self.hints[i]
    let message = Self.refusal(hint.text, hint.kind, Self.columns)
    #expect(message.contains("found \(hint.found)\n") && message.contains(hint.option), "\(message)")
    #expect(!message.contains("NGUYỄN") && !message.contains("001090000100"))
  }

  @Test("a column that is missing is no other form")
  func noHint() {
    let message = Self.refusal("SoCCCD,HoTen\n1,2\n", .csv(delimiter: 44), Self.columns)
    #expect(message.contains("expected the column NgaySinh, found none"))
  }

  @Test("without a header, a position beyond the first line is refused")
  func position() {
    let kind = Self.dialect { $0.hasHeader = false }
    #expect(
      Self.refusal("1,2\n", kind, ["1", "5"]).contains("a column with the position 5, found 2 columns"))
  }

  static let mixed: [(text: String, line: Int)] = [
    ("A,B\n1,2\n3,4\r5,6\r7,8\r", 3), ("A,B\r1,2\r3,4\n5,6\r7,8\r", 3), ("A,B\n1,2\n\r3,4\r5,6\n", 3),
  ]

  @Test("lines that end in two ways are refused with the first line that holds several", arguments: mixed)
  func mixedLines(text: String, line: Int) throws {
    let workshop = try Workshop()
    for chunkBytes in [1, 1 << 16] {
      let extractor = try Extractor(
        ExportFile(path: try workshop.file(Array(text.utf8)), name: "export"),
        format: ExportFormat(kind: .csv(delimiter: 44), columns: ["A", "B"]), chunkBytes: chunkBytes)
      _ = try read(extractor, columns: ["A", "B"])
      #expect(extractor.tally.mixedLine == line)
    }
  }

  @Test("a return within a value is no end of a line")
  func returnInValue() throws {
    let records = try read(Array("A,B\n1\r1,2\n\"3\r\n3\",4\n".utf8), columns: ["A", "B"])
    #expect(records.map(\.values) == [["1\r1", "2"], ["3\r\n3", "4"]])
    #expect(records.map(\.fault) == [.none, .none])
  }

  @Test("columns that differ in case alone are one each; two that fit are refused")
  func headerNames() {
    let names = HeaderNames(["hoten", "HoTen", "NGAYSINH"], reading: ["HoTen", "NgaySinh", "So"])
    #expect(names.slots == [-1, 0, 1])
    #expect(names.missing == ["So"] && names.duplicated.isEmpty)
    #expect(names.respelled.map(\.found) == ["NGAYSINH"])
    #expect(HeaderNames(["hoten", "HOTEN"], reading: ["HoTen"]).duplicated == ["HoTen"])
    #expect(HeaderNames(["Ho\u{323}c"], reading: ["H\u{1ECD}c"]).missing.isEmpty)
  }

  @Test("a pattern tells total lines by their beginning")
  func patterns() {
    let pattern = LinePattern("tổng*:")
    let lines = ["TỔNG CỘNG: 12", "\"Tổng số\":;;", "  Tô\u{309}ng :", "001,TỔNG:", "TONG:", ""]
    let found = lines.map { line in pattern.matches(Array(line.utf8).span) }
    #expect(found == [true, true, true, false, false, false])
  }
}
