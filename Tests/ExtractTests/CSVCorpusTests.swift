// CSV cases: the edges of quoting, and the ways in which well-known readers lose rows. Each is read in chunks
// of many sizes, and in parts by one, two and eight threads, and compared with the expected records and with
// the slow reader.

import Foundation
import Support
import Synchronization
import Testing
import Values
@testable import Extract

/// One file and its records.
struct CSVCase: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  /// Lines and values of the columns A and B, or a fault instead of the values.
  var expected: [String]
  var delimiter = UInt8(ascii: ",")

  init(_ name: String, _ text: String, _ expected: [String], delimiter: Character = ",") {
    self.init(name, Array(text.utf8), expected, delimiter: delimiter)
  }
  init(_ name: String, _ bytes: [UInt8], _ expected: [String], delimiter: Character = ",") {
    (self.name, self.bytes, self.expected) = (name, bytes, expected)
    self.delimiter = delimiter.asciiValue ?? 44
  }
  var testDescription: String { name }

  private static let filler = String(repeating: "x", count: 2000)

  static let all: [CSVCase] = quoting + lost + lines

  /// What a quote means in each place.
  static let quoting = [
    CSVCase("quotes around a plain value", "A,B\n\"1\",\"2\"\n", ["2 1|2"]),
    CSVCase("a delimiter in quotes", "A,B\n\"1,1\",2\n", ["2 1,1|2"]),
    CSVCase("nothing but delimiters in quotes", "A,B\n\",\",\",\"\n\",\"\n", ["2 ,|,", "3 fieldCount"]),
    CSVCase("a doubled quote", "A,B\n\"say \"\"no\"\"\",2\n", ["2 say \"no\"|2"]),
    CSVCase("nothing but a doubled quote", "A,B\n\"\"\"\",2\n", ["2 \"|2"]),
    CSVCase("an empty value in quotes", "A,B\n\"\",\"\"\n3,4\n", ["3 3|4"]),
    CSVCase("one empty value in quotes beside a full one", "A,B\n\"\",2\n", ["2 |2"]),
    CSVCase("a line break in quotes", "A,B\n\"1\n1\",2\n3,4\n", ["2 1\n1|2", "4 3|4"]),
    CSVCase("a CRLF in quotes in a file of CRLF", "A,B\r\n\"1\r\n1\",2\r\n3,4\r\n", ["2 1\r\n1|2", "4 3|4"]),
    CSVCase("a bare CR in a file of LF", "A,B\n1\r1,2\n", ["2 1\r1|2"]),
    CSVCase("blanks before a quote", "A,B\n  \"1\",  \"2\"\n", ["2 1|2"]),
    CSVCase("text behind a closing quote", "A,B\n\"1\"x,\"2\" \n", ["2 1x|2 "]),
    CSVCase("a quote in the middle of a plain value", "A,B\n1\"1,2\"\n", ["2 1\"1|2\""]),
    CSVCase("two quotes in the middle of a plain value", "A,B\n1\"\"1,2\n", ["2 1\"\"1|2"]),
    CSVCase("an apostrophe is no quote", "A,B\n'1,1',2\n", ["2 fieldCount"]),
    CSVCase("a backslash escapes nothing", "A,B\n\"1\\\",2\n3,4\n", ["2 1\\|2", "3 3|4"]),
    CSVCase("a tab as delimiter, a comma as text", "A\tB\n1,1\t\"2\t2\"\n", ["2 1,1|2\t2"], delimiter: "\t"),
    CSVCase("a semicolon as delimiter, decimals with commas", "A;B\n1,5;2\n", ["2 1,5|2"], delimiter: ";"),
    CSVCase("a bar as delimiter", "A|B\n\"1|1\"|2\n", ["2 1|1|2"], delimiter: "|"),
    CSVCase("quotes around the names of the columns", "\"A\",\" B \"\n1,2\n", ["2 1|2"]),
    CSVCase("a line break in the name of a column", "A,\"C\nC\",B\n1,c,2\n", ["3 1|2"]),
    CSVCase(
      "a byte order mark before a quoted name", [0xEF, 0xBB, 0xBF] + Array("\"A\",B\n1,2\n".utf8), ["2 1|2"]),
    CSVCase(
      "a quote that opens where others close", "A,B\n1,\"2\n3,\"4\"\n5,6\n",
      ["2 1|2\n3,4\"", "4 5|6"]),
  ]

  /// How other readers lose rows.
  static let lost = [
    CSVCase(
      "the row behind a bad row", "A,B\n1\n3,4\n5,6,7\n8,9\n",
      ["2 fieldCount", "3 3|4", "4 fieldCount", "5 8|9"]),
    CSVCase(
      "the row behind a quote that is never closed", "A,B\n\"1,2\n3,4\n5,6\n",
      ["2 unclosedQuote", "3 3|4", "4 5|6"]),
    CSVCase(
      "the rest of the file behind a quote that is never closed",
      "A,B\n\"1,2\n" + (0..<300).map { "\($0),x\n" }.joined(),
      ["2 unclosedQuote"] + (0..<300).map { "\($0 + 3) \($0)|x" }),
    CSVCase(
      "the header, which is no row in any part", "A,B\n" + (0..<500).map { "\($0),A\n" }.joined(),
      (0..<500).map { "\($0 + 2) \($0)|A" }),
    CSVCase("a row that equals the header", "A,B\nA,B\n1,2\n", ["2 A|B", "3 1|2"]),
    CSVCase("the last line without a line break", "A,B\n1,2\n3,4", ["2 1|2", "3 3|4"]),
    CSVCase("the last line in quotes without a line break", "A,B\n1,2\n\"3\",\"4\"", ["2 1|2", "3 3|4"]),
    CSVCase("the last value empty, without a line break", "A,B\n1,2\n3,", ["2 1|2", "3 3|"]),
    CSVCase("lines that end in CR alone", "A,B\r1,2\r3,4\r", ["2 1|2", "3 3|4"]),
    CSVCase("lines that end in CR alone, the last one in nothing", "A,B\r1,2\r3,4", ["2 1|2", "3 3|4"]),
    CSVCase("rows that begin with an empty value", "A,B\n,2\n,4\n", ["2 |2", "3 |4"]),
    CSVCase("rows that begin with a sign of comments", "A,B\n#1,2\n;3,4\n", ["2 #1|2", "3 ;3|4"]),
    CSVCase("the words NULL, NA and 0", "A,B\nNULL,NA\n0,false\n", ["2 NULL|NA", "3 0|false"]),
    CSVCase("a sign that ends files elsewhere", "A,B\n1,2\u{1A}\n3,4\n", ["2 1|2\u{1A}", "3 3|4"]),
    CSVCase(
      "a zero byte behind the first kilobyte", "A,B\n\(filler),2\n3,4\0\n5,6\n",
      ["2 \(filler)|2", "3 3|4\0", "4 5|6"]),
    CSVCase(
      "a line longer than a chunk", "A,B\n\(filler)\(filler),2\n3,4\n", ["2 \(filler)\(filler)|2", "3 3|4"]),
    CSVCase(
      "quotes, doubled quotes and line breaks at every edge of a chunk",
      "A,B\n" + (0..<60).map { "\"\($0)\"\"\n\"\"\",\"\"\"\"\n" }.joined(),
      (0..<60).map { "\($0 * 2 + 2) \($0)\"\n\"|\"" }),
  ]

  /// Blank lines, and columns in other places.
  static let lines = [
    CSVCase("blank lines anywhere", "\n\nA,B\n\n1,2\n\n\n3,4\n\n", ["5 1|2", "8 3|4"]),
    CSVCase("lines of blanks and delimiters", "A,B\n , \n\t,\n,\n1,2\n", ["5 1|2"]),
    CSVCase("CRLF and blank lines", "A,B\r\n\r\n1,2\r\n\r\n", ["3 1|2"]),
    CSVCase("LF and CRLF in one file", "A,B\n1,2\r\n3,4\n", ["2 1|2", "3 3|4"]),
    CSVCase("delimiters behind the last column", "A,B\n1,2,\n3,4,,, \n", ["2 1|2", "3 3|4"]),
    CSVCase("a header that ends in a delimiter", "A,B,\n1,2,\n3,4\n", ["2 1|2", "3 fieldCount"]),
    CSVCase("columns in another order, with others between", "C,B,D,A\nc,2,d,1\n", ["2 1|2"]),
    CSVCase("a header and nothing else", "A,B\n", []),
    CSVCase("a header without a line break", "A,B", []),
    CSVCase("letters of two and three bytes", "A,B\nNguyễn,Ấu\nƯớc,\"ệ\"\n", ["2 Nguyễn|Ấu", "3 Ước|ệ"]),
  ]
}

@Suite("A corpus of CSV")
struct CSVCorpusTests {
  static let columns = ["A", "B"]

  static func shown(_ records: [Read]) -> [String] {
    records.map { record in
      guard record.fault == .none else { return "\(record.line) \(record.fault)" }
      return "\(record.line) " + record.values.map { $0 ?? "–" }.joined(separator: "|")
    }
  }

  @Test("a case gives its records, whatever the chunks", arguments: CSVCase.all)
  func chunks(one: CSVCase) throws {
    let kind = ExportFormat.Kind.csv(delimiter: one.delimiter)
    for chunkBytes in one.bytes.count > 2000 ? [16, 17, 1000, 1 << 20] : [1, 2, 3, 5, 16, 64, 1 << 20] {
      let records = try read(one.bytes, kind, columns: Self.columns, chunkBytes: chunkBytes)
      #expect(Self.shown(records) == one.expected, "chunks of \(chunkBytes)")
    }
    let slow = try #require(
      slowRecords(one.bytes, delimiter: one.delimiter, columns: Self.columns.map { Array($0.utf8) }))
    #expect(Self.shown(slow.map(Read.init)) == one.expected)
  }

  @Test("a case gives its records, whatever the parts and threads", arguments: CSVCase.all)
  func parts(one: CSVCase) throws {
    for width in [1, 2, 8] {
      let records = try Self.readInParts(one, count: width, width: width)
      #expect(Self.shown(records) == one.expected, "\(width) threads")
    }
    let many = try Self.readInParts(one, count: 23, width: 8)
    #expect(Self.shown(many) == one.expected, "23 parts")
  }

  /// Reads parts on several threads, and reads those that began in the wrong place again.
  static func readInParts(_ one: CSVCase, count: Int, width: Int) throws -> [Read] {
    let workshop = try Workshop()
    let path = try workshop.file(one.bytes)
    let file = ExportFile(path: path, name: "export")
    let format = ExportFormat(kind: .csv(delimiter: one.delimiter), columns: columns)
    let partBytes = (one.bytes.count + count - 1) / count
    guard
      let parts = try FileParts(
        file, format: format, byteCount: one.bytes.count, partBytes: max(1, partBytes))
    else { return try read(one.bytes, .csv(delimiter: one.delimiter), columns: columns) }
    @Sendable func readPart(_ part: FilePart) throws -> (
      records: [Read], first: Int, next: (offset: Int, line: Int)
    ) {
      let extractor = try Extractor(file, format: format, part: part, chunkBytes: 64)
      return (try read(extractor, columns: columns), extractor.firstOffset, extractor.next)
    }
    let found = Mutex<[Int: (records: [Read], first: Int, next: (offset: Int, line: Int))]>([:])
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: width) { _ in
      while true {
        let i = next.add(1, ordering: .relaxed).oldValue
        guard i < parts.count else { return }
        guard let part = try? parts.part(i), let read = try? readPart(part) else { return }
        found.withLock { $0[i] = read }
      }
    }
    var records: [Read] = []
    var before: (offset: Int, line: Int)?
    for i in 0..<parts.count {
      var part = try #require(found.withLock { $0[i] })
      if let before, before.offset != part.first {
        let end = max(before.offset, try parts.part(i).end)
        part = try readPart(FilePart(start: before.offset, end: end, line: before.line, isExact: true))
      }
      records += part.records
      before = part.next
    }
    return records
  }

  @Test("random text gives what the slow reader sees, whatever the chunks", arguments: UInt64(0)..<400)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let pieces = [
      "a", ",", ",", "\n", "\n", "\"", "\"\"", "\"x\"", "\r\n", " ", "\t", "é", "1,2\n", "\"a,b\",c\n", "\r",
    ]
    var text = ["A,B\n", "A,B\r\n", "\u{FEFF}\"A\",B,C\n"][Int(random.next() % 3)]
    for _ in 0..<random.next() % 70 { text += pieces[Int(random.next() % UInt64(pieces.count))] }
    let bytes = Array(text.utf8)
    let slow = slowRecords(bytes, delimiter: 44, columns: Self.columns.map { Array($0.utf8) })
    for chunkBytes in [1 + Int(random.next() % 20), 1 << 16] {
      let fast = try? read(bytes, columns: Self.columns, chunkBytes: chunkBytes)
      #expect(fast == slow?.map(Read.init), "chunks of \(chunkBytes): \(text.debugDescription)")
    }
  }

  @Test("a last line that breaks off is told, a whole one is not")
  func cutOff() throws {
    let cases: [(String, Int?)] = [
      ("A,B\n1,2\n3,4", nil), ("A,B\n1,2\n3", 3), ("A,B\n1,2\n\"3\"", 3), ("A,B\n1,2\n3,\"4", 3),
      ("A,B\n1,2\n3\n", nil),
      ("A,B\n1,2\n  ", nil), ("A,B\r1,2\r3", 3), ("A,B\n1,2\n3,", nil), ("A,B\n1,2\n3,\"4\"", nil),
    ]
    for (text, line) in cases {
      for chunkBytes in [1, 3, 1 << 16] {
        let workshop = try Workshop()
        let path = try workshop.file(text.utf8)
        let extractor = try Extractor(
          ExportFile(path: path, name: "export"),
          format: ExportFormat(kind: .csv(delimiter: 44), columns: Self.columns), chunkBytes: chunkBytes)
        _ = try read(extractor, columns: Self.columns)
        #expect(extractor.tally.cutLine == line, "\(text.debugDescription), chunks of \(chunkBytes)")
      }
    }
  }
}

extension Read {
  init(_ slow: SlowRecord) {
    let fault: RawFault =
      switch slow.fault {
      case .none: .none
      case .fieldCount: .fieldCount
      case .unclosedQuote: .unclosedQuote
      case .tooLong: .tooLong
      }
    self.init(
      line: slow.line, fault: fault,
      values: slow.values.map { $0.map { String(decoding: $0, as: UTF8.self) } })
  }
}
