// CSV as suppliers write it: records, their lines, and faults that don't spread to later records.

import Foundation
import Support
import Testing
import Values
@testable import Extract

/// A record as a test sees it: line, fault, values.
struct Read: Equatable, CustomStringConvertible {
  var line: Int
  var fault = RawFault.none
  var values: [String?]
  var description: String { "\(line) \(fault) \(values)" }
}

/// Writes `bytes` to a file of its own and reads it.
func read(
  _ bytes: [UInt8], _ kind: ExportFormat.Kind = .csv(delimiter: 44), columns: [String],
  encoding: TextEncoding? = nil,
  chunkBytes: Int = 1 << 20
) throws -> [Read] {
  let workshop = try Workshop()
  let path = try workshop.file(bytes)
  let extractor = try Extractor(
    ExportFile(path: path, name: "export"),
    format: ExportFormat(kind: kind, encoding: encoding, columns: columns),
    chunkBytes: chunkBytes)
  let records = try read(extractor, columns: columns)
  #expect(extractor.tally.records == records.count)
  return records
}

/// All records that an extractor has.
func read(_ extractor: Extractor, columns: [String]) throws -> [Read] {
  var batch = RawBatch(slotCount: columns.count)
  var records: [Read] = []
  while try extractor.nextBatch(into: &batch) {
    for i in 0..<batch.count {
      records.append(
        Read(
          line: Int(batch.record(i).line), fault: batch.record(i).fault,
          values: columns.indices.map { slot in
            batch.range(i, slot).map { String(decoding: batch.bytes[$0], as: UTF8.self) }
          }))
    }
  }
  return records
}

@Suite("CSV")
struct CSVTests {
  static let cases: [(String, [Read])] = [
    ("A,B\n1,2\n3,4\n", [Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"])]),
    ("A,B\r\n1,2\r\n3,4", [Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"])]),
    ("A,B\r1,2\r3,4\r", [Read(line: 2, values: ["1", "2"]), Read(line: 3, values: ["3", "4"])]),
    ("\u{FEFF}A,B\n1,2\n", [Read(line: 2, values: ["1", "2"])]),
    ("A,B\n\"1,\"\"x\"\"\",2\n", [Read(line: 2, values: ["1,\"x\"", "2"])]),
    ("A,B\n\"1\n1\",2\n3,4\n", [Read(line: 2, values: ["1\n1", "2"]), Read(line: 4, values: ["3", "4"])]),
    ("A,B\n\n1,2\n,\n3,4\n", [Read(line: 3, values: ["1", "2"]), Read(line: 5, values: ["3", "4"])]),
    (
      "A,B\n1\n1,2,3\n1,2,,\n",
      [
        Read(line: 2, fault: .fieldCount, values: ["1", nil]),
        Read(line: 3, fault: .fieldCount, values: ["1", "2"]), Read(line: 4, values: ["1", "2"]),
      ]
    ),
    (
      "A,B\n1,\"2\n3,4\n",
      [Read(line: 2, fault: .unclosedQuote, values: [nil, nil]), Read(line: 3, values: ["3", "4"])]
    ),
    ("B,C,A\nb,c,a\n", [Read(line: 2, values: ["a", "b"])]),
    (" \"A\" , B\n1, 2 \n", [Read(line: 2, values: ["1", " 2 "])]),
  ]

  @Test("a file gives its records, whatever the chunks", arguments: cases.indices)
  func records(index: Int) throws {
    let (text, expected) = Self.cases[index]
    for chunkBytes in [1, 2, 3, 5, 7, 16, 1 << 20] {
      #expect(try read(Array(text.utf8), columns: ["A", "B"], chunkBytes: chunkBytes) == expected)
    }
  }

  @Test("an unclosed quote harms its own line and no more than a bounded part is read ahead")
  func unclosedQuote() throws {
    let rest = (0..<5000).map { "\($0),x" }.joined(separator: "\n")
    let records = try read(Array("A,B\n\"open,x\n\(rest)\n".utf8), columns: ["A", "B"])
    #expect(records.count == 5001)
    #expect(records[0].fault == .unclosedQuote)
    #expect(records[5000] == Read(line: 5002, values: ["4999", "x"]))
  }

  @Test("a long value in quotes is the same wherever the reads break")
  func longQuoted() throws {
    for count in [65_000, 70_000, 200_000] {
      let text = "A,B\n\"" + String(repeating: "x", count: count) + "\",1\n2,3\n"
      let expected = try read(Array(text.utf8), columns: ["A", "B"])
      for chunkBytes in [1 << 12, 66_000, 100_000] {
        #expect(
          try read(Array(text.utf8), columns: ["A", "B"], chunkBytes: chunkBytes) == expected,
          "\(count) \(chunkBytes)")
      }
    }
  }

  @Test("a line of more than a mebibyte without a quote is too long, wherever it stands and the reads break")
  func longLine() throws {
    let long = String(repeating: "x", count: 1_100_000) + ",1"
    for chunkBytes in [1 << 16, 1 << 20, 4 << 20] {
      let between = try read(
        Array("A,B\n1,2\n\(long)\n3,4\n".utf8), columns: ["A", "B"], chunkBytes: chunkBytes)
      #expect(between.map(\.fault) == [.none, .tooLong, .none], "\(chunkBytes)")
      #expect(between.map(\.line) == [2, 3, 4], "\(chunkBytes)")
      let last = try read(Array("A,B\n1,2\n\(long)".utf8), columns: ["A", "B"], chunkBytes: chunkBytes)
      #expect(last.map(\.fault) == [.none, .tooLong], "\(chunkBytes)")
    }
  }

  @Test("values with bytes outside ASCII are left to be looked at, slot by slot")
  func unchecked() throws {
    let workshop = try Workshop()
    let path = try workshop.file(
      Array("A,C,B\nx,ấ,".utf8) + [0xC3, 0x28] + Array("\n\"ắ \"\"\",,z\n1,2,3\n".utf8))
    let extractor = try Extractor(
      ExportFile(path: path, name: "export"),
      format: ExportFormat(kind: .csv(delimiter: 44), columns: ["A", "B"]))
    var batch = RawBatch(slotCount: 2)
    #expect(try extractor.nextBatch(into: &batch))
    #expect((0..<batch.count).map { batch.record($0).uncheckedSlots } == [0b10, 0b01, 0])
  }

  @Test("any chunking gives the records of a slow, obvious reader", arguments: UInt64(0)..<200)
  func chunking(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let pieces = ["a", "b,", ",", "\n", "\"x\"", "\"a\n\"\"b\"", "é", "1", " ", "\r\n"]
    var text = "A,B\n"
    for _ in 0..<Int(random.next() % 60) { text += pieces[Int(random.next() % UInt64(pieces.count))] }
    let whole = try read(Array(text.utf8), columns: ["A", "B"])
    #expect(try read(Array(text.utf8), columns: ["A", "B"], chunkBytes: Int(random.next() % 9) + 1) == whole)
    let slow = slowRecords(Array(text.utf8), delimiter: 44, columns: [Array("A".utf8), Array("B".utf8)])
    #expect(whole == slow?.map(Read.init))
  }

  @Test("a missing column stops the file with the nearest one there")
  func missingColumn() {
    #expect {
      _ = try read(Array("SoDinhDan,B\n1,2\n".utf8), columns: ["SoDinhDanh"])
    } throws: { error in
      (error as? Stop)?.finding.description
        == """
        export:1: SoDinhDanh: expected the column SoDinhDanh, found none
          Is it SoDinhDan? Correct fields in the pipeline file, or ask the supplier for the column.
        """
    }
  }

  @Test("an empty file and a file in undeclared UTF-16 are refused", arguments: ["", "\n\n"])
  func empty(text: String) {
    #expect(throws: Stop.self) { try read(Array(text.utf8), columns: ["A"]) }
    #expect(throws: Stop.self) { try read([0x41, 0, 0x0A, 0], columns: ["A"]) }
  }
}
