// A file read in parts gives the same records and lines as in one piece.

import CScan
import Foundation
import Support
import Testing
import Values
@testable import Extract

@Suite("Parts of a file")
struct PartTests {
  /// Records with their lines, read in parts as in the extract stage.
  static func readInParts(_ bytes: [UInt8], columns: [String], partBytes: Int, chunkBytes: Int) throws -> (
    records: [Read], redone: Int
  ) {
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    let file = ExportFile(path: path, name: "export")
    let format = ExportFormat(kind: .csv(delimiter: 44), columns: columns)
    guard let parts = try FileParts(file, format: format, byteCount: bytes.count, partBytes: partBytes) else {
      return (try read(bytes, columns: columns), 0)
    }
    var records: [Read] = []
    var redone = 0
    var before: (offset: Int, line: Int)?
    for i in 0..<parts.count {
      var part = try parts.part(i)
      var (found, extractor) = try readPart(part)
      if let before, before.offset != extractor.firstOffset {
        redone += 1
        part = FilePart(
          start: before.offset, end: max(before.offset, part.end), line: before.line, isExact: true)
        (found, extractor) = try readPart(part)
      }
      before = extractor.next
      records += found
    }
    return (records, redone)

    func readPart(_ part: FilePart) throws -> ([Read], Extractor) {
      let extractor = try Extractor(file, format: format, part: part, chunkBytes: chunkBytes)
      return (try read(extractor, columns: columns), extractor)
    }
  }

  @Test("any cut gives the records of the whole", arguments: UInt64(0)..<150)
  func cuts(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let lineEnd = ["\n", "\r\n", "\r"][Int(random.next() % 3)]
    var text = "A,B" + lineEnd
    for _ in 0..<Int(random.next() % 60 + 3) {
      switch random.next() % 9 {
      case 0: text += "\"x\(random.next() % 100),\",y" + lineEnd
      case 1: text += "\"two\(lineEnd)lines\",\"a \"\"b\"\"\"" + lineEnd
      case 2: text += lineEnd
      case 3: text += "too,many,fields" + lineEnd
      case 4: text += "\"unclosed,y" + (random.next() % 4 == 0 ? lineEnd : "\"" + lineEnd)
      case 5: text += "Nguyễn,Ấu" + lineEnd
      default: text += "\(random.next() % 1_000_000),b" + lineEnd
      }
    }
    if random.next() % 2 == 0 { text += "last,line" }
    let bytes = Array(text.utf8)
    let whole = try read(bytes, columns: ["A", "B"])
    for partBytes in [8, 33, 100, 400] {
      let cut = try Self.readInParts(
        bytes, columns: ["A", "B"], partBytes: partBytes, chunkBytes: 16 + Int(random.next() % 64))
      #expect(cut.records == whole, "parts of \(partBytes) bytes")
    }
  }

  @Test("a part that begins inside a quoted value is read again")
  func quotedAcross() throws {
    let bytes = Array("A,B\n1,\"first\nsecond\nthird\"\n2,b\n".utf8)
    let cut = try Self.readInParts(bytes, columns: ["A", "B"], partBytes: 13, chunkBytes: 64)
    #expect(cut.redone > 0)
    #expect(
      cut.records == [
        Read(line: 2, values: ["1", "first\nsecond\nthird"]), Read(line: 5, values: ["2", "b"]),
      ])
  }

  @Test("gzip and decoded files are read in one piece")
  func uncut() throws {
    let workshop = try Workshop()
    let path = try workshop.file("A,B\n1,2\n3,4\n".utf8)
    let file = ExportFile(path: path, name: "export")
    func parts(_ encoding: TextEncoding?) throws -> FileParts? {
      try FileParts(
        file, format: ExportFormat(kind: .csv(delimiter: 44), encoding: encoding, columns: ["A"]),
        byteCount: 12, partBytes: 4)
    }
    #expect(try parts(nil)?.count == 3)
    #expect(try parts(.tcvn3) == nil)
  }

  @Test(
    "lines counted by somebody who reads all of the file are those before each part",
    arguments: UInt64(0)..<50)
  func linesCounted(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let lineEnd: UInt8 = seed % 2 == 0 ? 10 : 13
    var bytes = Array("A,B".utf8) + [lineEnd]
    for _ in 0..<5000 { bytes.append(random.next() % 7 == 0 ? lineEnd : UInt8(0x41 + random.next() % 26)) }
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    let partBytes = 1 + Int(random.next() % 700)
    let parts = try #require(
      try FileParts(
        ExportFile(path: path, name: "export"),
        format: ExportFormat(kind: .csv(delimiter: 44), columns: ["A"]),
        byteCount: bytes.count, partBytes: partBytes))
    // Ask for some parts before their lines are counted.
    let asked = Int(random.next() % UInt64(parts.count))
    let before = try parts.part(asked)
    // From here on nothing is read.
    try FileManager.default.removeItem(atPath: path)
    var count = parts.lineCount
    var at = 0
    while at < bytes.count {
      let end = min(bytes.count, at + 1 + Int(random.next() % 1500))
      unsafe bytes.withUnsafeBytes { unsafe count.see(UnsafeRawBufferPointer(rebasing: $0[at..<end])) }
      at = end
    }
    #expect(try parts.part(asked) == before)
    for i in 0..<parts.count {
      let part = try parts.part(i)
      #expect(part.start == i * partBytes)
      #expect(part.line == 1 + bytes[..<part.start].count { $0 == lineEnd })
    }
  }

  @Test(
    "a byte is counted as often as it stands in a text of any length",
    arguments: [0, 1, 15, 16, 17, 63, 64, 4080, 4081, 9000])
  func countedBytes(count: Int) {
    var random = SeededGenerator(UInt64(count))
    for wanted: UInt8 in [10, 0, 255] {
      for rare: UInt64 in [1, 2, 50] {
        let text = (0..<count).map { _ in
          random.next() % rare == 0 ? wanted : UInt8(truncatingIfNeeded: random.next())
        }
        let found = unsafe text.withUnsafeBufferPointer { text in
          unsafe text.baseAddress.map { unsafe Int(cardlink_count($0, UInt64(text.count), wanted)) } ?? 0
        }
        #expect(found == text.count { $0 == wanted })
      }
    }
  }
}
