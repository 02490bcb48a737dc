// Compares the scanner of plain records with libxml2 alone: the same records, lines, faults and refusals.

import Foundation
import Support
import Testing
import Values
@testable import Extract

@Suite("Plain XML records")
struct PlainRecordTests {
  static let columns = ["Ma", "Ten/Ho", "Ten/Goi", "@so", "Ngay"]

  /// Records as text, then how the file ended.
  static func read(_ bytes: [UInt8], scans: Bool, chunkBytes: Int) throws -> [String] {
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    let file = ExportFile(path: path, name: "export")
    let source = try ByteSource(file, chunkBytes: chunkBytes)
    let reader = try XMLReader(
      file, source: source, record: "The", columns: columns, scansPlainRecords: scans)
    var batch = RawBatch(slotCount: columns.count)
    var found: [String] = []
    do {
      while true {
        batch.removeAll()
        try reader.nextBatch(into: &batch)
        if batch.count == 0 { break }
        for i in 0..<batch.count {
          let record = batch.record(i)
          let values = columns.indices.map { slot in
            batch.range(i, slot).map { String(decoding: batch.bytes[$0], as: UTF8.self) } ?? "–"
          }
          found.append("\(record.ordinal) \(record.line) \(record.fault) \(values.joined(separator: "|"))")
          // The original, by its offset in the file.
          let start = Int(record.textStart)
          let text = batch.bytes[start..<start + Int(record.textByteCount)]
          #expect(text.first == UInt8(ascii: "<") && text.last == UInt8(ascii: ">"))
          let offset = Int(record.byteOffset)
          #expect(Array(text) == Array(bytes[offset..<offset + text.count]))
          found.append("\(offset) \(String(decoding: text, as: UTF8.self))")
        }
      }
    } catch {
      found.append("\(error)")
    }
    return found
  }

  static func record(_ random: inout SeededGenerator) -> String {
    let pick = random.next() % 24
    let id = random.next() % 1000
    switch pick {
    case 0: return "<The so=\"\(id)\"><Ma>\(id)</Ma></The>"
    case 1: return "<The><Ma>a&amp;\(id)</Ma></The>"
    case 2: return "<The><Ma><![CDATA[<b>\(id)]]></Ma></The>"
    case 3: return "<The><!-- <The><Ma>0</Ma></The> --><Ma>\(id)</Ma></The>"
    case 4: return "<The><Ma>1</Ma><Ma>2</Ma></The>"
    case 5: return "<The><Ma></Ma><Ma>\(id)</Ma></The>"
    case 6: return "<The><Ma/><Ten/></The>"
    case 7: return "<The><Ma>x<Khac>y</Khac>z</Ma></The>"
    case 8: return "<The>\r\n<Ma>one\r\ntwo</Ma>\r\n</The>"
    case 9: return "<x:The xmlns:x=\"urn:x\"><x:Ma>\(id)</x:Ma></x:The>"
    case 10: return "<!-- between --><The><Ma>\(id)</Ma></The>"
    case 11: return "<Nhom><The><Ma>\(id)</Ma></The></Nhom>"
    case 12: return "<The><The><Ma>\(id)</Ma></The></The>"
    case 13: return "<The ><Ma >\(id)</Ma ></The >"
    case 14: return "<The><A><B><C><D>deep</D></C></B></A><Ngay>1950</Ngay></The>"
    case 15: return "<The><Ma>]]\(id)</Ma><Ten><Goi>\t</Goi></Ten></The>"
    case 16: return "<?pi <The> ?><The></The>"
    default:
      return """
        <The>
            <Ma>\(id)</Ma>
            <Ten><Ho>NGUYỄN</Ho>\n<Goi>Ấu \(id)</Goi></Ten>
            <Khac>bỏ qua</Khac><Ngay>01/02/1950</Ngay>
          </The>
        """
    }
  }

  /// Random nested content of an element.
  static func nested(_ random: inout SeededGenerator, depth: Int = 0) -> String {
    var xml = ""
    for _ in 0..<1 + random.next() % 4 {
      switch random.next() % 7 {
      case 0: xml += "<b/>"
      case 1: xml += "<!-- <x>no</x> -->"
      case 2: xml += "<![CDATA[]31]]>"
      case 3: xml += "\n  "
      case 4, 5: xml += "VĂN" + String(random.next() % 10)
      default: if depth < 3 { xml += "<x a=\"1\">\(nested(&random, depth: depth + 1))</x>" }
      }
    }
    return xml
  }

  /// All text of an element, with a blank between an end tag and a start tag.
  static func text(_ xml: String) -> String {
    var rest = xml.replacing(/<!--.*?-->/, with: "").replacing("<b/>", with: "<b></b>")[...]
    var text = ""
    while let first = rest.first {
      if rest.hasPrefix("<![CDATA[") {
        text += "]31"
        rest = rest.dropFirst("<![CDATA[]31]]>".count)
      } else if first == "<" {
        let isEnd = rest.hasPrefix("</")
        rest = rest.drop { $0 != ">" }.dropFirst()
        let meetsStart = rest.first == "<" && !rest.hasPrefix("</") && !rest.hasPrefix("<!")
        if isEnd, meetsStart, !text.isEmpty { text += " " }
      } else {
        text.append(first)
        rest = rest.dropFirst()
      }
    }
    return text
  }

  @Test("all text within an element is its value, by the scanner as by libxml2", arguments: UInt64(0)..<400)
  func nesting(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 4_000_000)
    var bytes = Array("<D>\n".utf8)
    var expected: [String] = []
    for i in 0..<6 {
      // Plain records in between, which the scanner reads.
      let xml = i % 2 == 0 ? "NGUYỄN \(i)" : Self.nested(&random)
      bytes += Array("<The><Ma>\(xml)</Ma><Khac>no</Khac></The>\n".utf8)
      expected.append("\(i) \(Self.text(xml))|–|–|–|–")
    }
    bytes += Array("</D>\n".utf8)
    for scans in [false, true] {
      for chunkBytes in [16, 1 << 16] {
        let found = try Self.read(bytes, scans: scans, chunkBytes: chunkBytes)
        let values = stride(from: 0, to: found.count, by: 2).map { i in
          let words = found[i].split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
          return "\(words[0]) \(words[3])"
        }
        #expect(values == expected, "scans: \(scans), chunks of \(chunkBytes) bytes")
      }
    }
  }

  static func document(_ random: inout SeededGenerator) -> [UInt8] {
    var text = ["", "<?xml version=\"1.0\"?>\n", "<!-- <The> -->"][Int(random.next() % 3)] + "<D>\n"
    for _ in 0..<random.next() % 12 {
      text += record(&random) + ["", "\n", "\n  ", "text"][Int(random.next() % 4)]
    }
    return Array((text + "</D>\n").utf8)
  }

  @Test("what the scanner takes is what libxml2 reads, whatever the chunks", arguments: UInt64(0)..<300)
  func agreement(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let bytes = Self.document(&random)
    let slow = try Self.read(bytes, scans: false, chunkBytes: 1 << 16)
    for chunkBytes in [16, 61, 1 << 16] {
      let fast = try Self.read(bytes, scans: true, chunkBytes: chunkBytes)
      #expect(fast == slow, "chunks of \(chunkBytes) bytes")
    }
  }

  @Test("damage is found on the same line for the same reason", arguments: UInt64(0)..<600)
  func mutations(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 1_000_000)
    var bytes = Self.document(&random)
    for _ in 0...random.next() % 2 {
      let i = Int(random.next() % UInt64(bytes.count))
      switch random.next() % 5 {
      case 0: bytes.remove(at: i)
      case 1: bytes.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: i)
      case 2: bytes[i] = [0x3C, 0x3E, 0x26, 0x00, 0xFF, 0xC3, 0x5D, 0x2F][Int(random.next() % 8)]
      case 3: bytes.removeSubrange(i..<min(bytes.count, i + Int(random.next() % 20)))
      default: bytes.removeSubrange(i...)
      }
      if bytes.isEmpty { return }
    }
    let slow = try Self.read(bytes, scans: false, chunkBytes: 1 << 16)
    let fast = try Self.read(bytes, scans: true, chunkBytes: 1 << 16)
    #expect(fast == slow)
  }

  /// A record in one of a few forms, as a register writes them: elements without a value are empty, or left
  /// out.
  static func registered(_ random: inout SeededGenerator, forms: UInt64) -> String {
    let id = random.next() % 1000
    let form = random.next() % forms
    let name = ["<Ho>NGUYỄN</Ho><Goi>Ấu \(id)</Goi>", "<Ho/><Goi>AN</Goi>", "<Goi></Goi>"][Int(form % 3)]
    return """
        <The>
          <Ma>\(id)</Ma>
          <Khac><Sau>\(id)</Sau><Rong/></Khac>
          <Ten>\(name)</Ten>
          \(form < 3 ? "<Ngay>01/02/19\(id % 100)</Ngay>" : "<Ngay/>")
        </The>

      """
  }

  @Test("a record changed within others of one form is read as libxml2 reads it", arguments: UInt64(0)..<600)
  func changedForm(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 2_000_000)
    var records = (0..<6).map { _ in Array(Self.registered(&random, forms: 1).utf8) }
    let changed = Int(random.next() % 6)
    let i = Int(random.next() % UInt64(records[changed].count))
    let other: [UInt8] = [0x3C, 0x3E, 0x26, 0x00, 0x0A, 0x0D, 0x20, 0x2F, 0x41, 0x5D, 0x80, 0xC3, 0xFF]
    switch random.next() % 4 {
    case 0: records[changed].remove(at: i)
    case 1: records[changed].insert(other[Int(random.next() % UInt64(other.count))], at: i)
    case 2: records[changed].insert(contentsOf: "<Ma></Ma>".utf8, at: i)
    default: records[changed][i] = other[Int(random.next() % UInt64(other.count))]
    }
    let bytes = Array("<D>\n".utf8) + records.flatMap(\.self) + Array("</D>\n".utf8)
    let slow = try Self.read(bytes, scans: false, chunkBytes: 1 << 16)
    for chunkBytes in [97, 1 << 16] {
      let fast = try Self.read(bytes, scans: true, chunkBytes: chunkBytes)
      #expect(fast == slow, "chunks of \(chunkBytes) bytes")
    }
  }

  @Test("records of few forms or many are read alike", arguments: [1, 2, 3, 6], UInt64(0)..<5)
  func manyForms(forms: UInt64, seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 3_000_000)
    let text = (0..<2500).map { _ in Self.registered(&random, forms: forms) }.joined()
    let bytes = Array("<D>\n\(text)</D>\n".utf8)
    let slow = try Self.read(bytes, scans: false, chunkBytes: 1 << 16)
    let fast = try Self.read(bytes, scans: true, chunkBytes: 5000)
    #expect(slow.count == 2 * 2500)
    #expect(fast == slow)
  }
}
