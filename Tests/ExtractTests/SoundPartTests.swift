// What is kept of damaged gzip files, with many faults at many places: only records that the supplier wrote.

import Foundation
import Support
import Testing
import Values
@testable import Extract

/// A CSV and an XML file of invented records, as one gzip member and as many.
private struct ZippedExport: Sendable {
  let kind: ExportFormat.Kind
  /// The records in the file, and the end of each: here, and in the file's text.
  let records: [UInt8]
  let ends: [Int]
  let textEnds: [Int]
  let text: [UInt8]
  let one: [UInt8]
  let many: [UInt8]
  /// The end of each member, in the file and in its text.
  let memberEnds: [(file: Int, text: Int)]

  init(isXML: Bool) throws {
    kind = isXML ? .xml(record: "The") : .csv(delimiter: 44)
    var random = SeededGenerator(9)
    var (text, records, ends, textEnds) = (
      Array((isXML ? "<D>\n" : "Ma,Ten,Ngay\n").utf8), [UInt8](), [Int](), [Int]()
    )
    for _ in 0..<5000 {
      let number = String(random.next() % 1_000_000_000_000)
      let name = (0..<3).map { _ in
        ["NGUYỄN", "VĂN", "THỊ", "HÒA", "BẮC", "AN", "LÝ", "Y BLĂK"][Int(random.next() % 8)]
      }.joined(separator: " ")
      let date = "\(random.next() % 28 + 1)/\(random.next() % 12 + 1)/\(1930 + random.next() % 90)"
      let record =
        isXML
        ? "<The><Ma>\(number)</Ma><Ten>\(name)</Ten><Ngay>\(date)</Ngay></The>" : "\(number),\(name),\(date)"
      text += record.utf8
      records += record.utf8
      ends.append(records.count)
      textEnds.append(text.count + (isXML ? 0 : 1))
      text.append(10)
    }
    if isXML { text += "</D>\n".utf8 }
    (self.text, self.records, self.ends, self.textEnds) = (text, records, ends, textEnds)

    let workshop = try Workshop()
    let folder = URL(filePath: workshop.path)
    var (pieces, cuts, at) = ([text[...]], [Int](), 0)
    while at < text.count {
      let end = min(text.count, at + 1000 + Int(random.next() % 8000))
      pieces.append(text[at..<end])
      cuts.append(end)
      at = end
    }
    let paths = pieces.indices.map { folder.appending(path: "\($0)").path() }
    for (piece, path) in zip(pieces, paths) { try Data(piece).write(to: URL(filePath: path)) }
    let process = Process()
    process.executableURL = URL(filePath: "/bin/gzip")
    process.arguments = ["-n"] + paths
    try process.run()
    process.waitUntilExit()
    let zipped = try paths.map { Array(try Data(contentsOf: URL(filePath: $0 + ".gz"))) }
    one = zipped[0]
    var (many, memberEnds) = ([UInt8](), [(file: Int, text: Int)]())
    for (member, cut) in zip(zipped.dropFirst(), cuts) {
      many += member
      memberEnds.append((many.count, cut))
    }
    (self.many, self.memberEnds) = (many, memberEnds)
  }

  /// How many records end at or before a byte of the text.
  func count(before end: Int) -> Int { textEnds.count { $0 <= end } }
}

@Suite("What is believed of a gzip file")
struct SoundPartTests {
  private static let exports = try? [ZippedExport(isXML: false), ZippedExport(isXML: true)]

  /// The records that a pipeline keeps of a file, and its fault; nil if it is refused.
  private static func kept(_ bytes: [UInt8], _ kind: ExportFormat.Kind) throws -> (
    records: [UInt8], fault: String?
  )? {
    let workshop = try Workshop()
    let path = try workshop.file(bytes)
    var file = ExportFile(path: path, name: "export.gz")
    while true {
      var records: [UInt8] = []
      switch read(file, kind, &records) {
      case .whole: return (records, nil)
      case .damaged(let fault): return (records, fault)
      case .refused: return nil
      case .sound(let sound): file.sound = sound
      }
    }
  }

  private enum End { case whole, damaged(String), refused, sound(SoundPart) }

  private static func read(_ file: ExportFile, _ kind: ExportFormat.Kind, _ records: inout [UInt8]) -> End {
    let format = ExportFormat(kind: kind, columns: ["Ma", "Ten", "Ngay"])
    guard let extractor = try? Extractor(file, format: format, chunkBytes: 32 << 10) else { return .refused }
    var batch = RawBatch(slotCount: 3)
    let next = { Result { () throws(Stop) in try extractor.nextBatch(into: &batch) } }
    while true {
      switch next() {
      case .success(false): return .whole
      case .success(true):
        for i in 0..<batch.count {
          let record = batch.record(i)
          records += batch.bytes[Int(record.textStart)..<Int(record.textStart + record.textByteCount)]
        }
      case .failure(let fault):
        let sound = Result { () throws(Stop) in try extractor.soundPart() }
        if case .success(let part?) = sound { return .sound(part) }
        guard case .success = sound, extractor.damage != nil else { return .refused }
        return .damaged(fault.finding.found)
      }
    }
  }

  /// Damages a file in one of seven ways.
  ///
  /// If the last eight bytes are overwritten too, the file can't be distinguished from one that is merely cut
  /// off.
  /// - Returns: the first byte that is wrong or missing; nil if none is.
  private static func damage(_ bytes: inout [UInt8], _ way: UInt64, _ random: inout SeededGenerator) -> Int? {
    let whole = bytes
    // Anywhere, or near the end, where wrong bytes may hide it.
    let room = bytes.count - 20
    let at = random.next() % 2 == 0 ? 10 + Int(random.next() % UInt64(room)) : room - Int(random.next() % 300)
    let end = min(bytes.count - 8, at + 1 + Int(random.next() % 600))
    switch way {
    case 0: bytes[at + 10] ^= 1 << UInt8(random.next() % 8)
    case 1: for i in at..<end { bytes[i] = UInt8(truncatingIfNeeded: random.next()) }
    case 2: for i in at..<end { bytes[i] = 0 }
    case 3: bytes.removeSubrange(at..<end)
    case 4: bytes.insert(contentsOf: bytes[at..<end], at: at)
    case 5: bytes.removeSubrange(at...)
    default: for i in at..<bytes.count { bytes[i] = 0 }
    }
    guard bytes != whole else { return nil }
    var same = 0
    while same < min(bytes.count, whole.count), bytes[same] == whole[same] { same += 1 }
    return same
  }

  @Test("no record is kept but those that the supplier wrote, in their order", arguments: UInt64(0)..<210)
  func wrongBytes(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 1)
    for export in try #require(Self.exports) {
      for whole in [export.one, export.many] {
        var bytes = whole
        guard let at = Self.damage(&bytes, seed % 7, &random),
          let (records, _) = try Self.kept(bytes, export.kind)
        else { continue }
        #expect(records.count <= export.records.count)
        #expect(records == Array(export.records.prefix(records.count)), "\(at)")
        #expect(records.isEmpty || export.ends.contains(records.count))
      }
    }
  }

  @Test("of many members those before the fault are kept, and no byte more", arguments: UInt64(0)..<70)
  func members(seed: UInt64) throws {
    var random = SeededGenerator(seed &+ 1)
    for export in try #require(Self.exports) {
      var bytes = export.many
      guard let at = Self.damage(&bytes, seed % 5, &random) else { continue }
      let sound = export.memberEnds.last { $0.file <= at }?.text ?? 0
      guard let (records, fault) = try Self.kept(bytes, export.kind) else {
        #expect(sound < 64 << 10, "refused, though \(sound) bytes of text are sound")
        continue
      }
      #expect(fault != nil)
      let count = export.count(before: sound)
      #expect(records.count == (count == 0 ? 0 : export.ends[count - 1]))
    }
  }

  @Test("a file of one member is kept if it is cut off, and refused if bytes are wrong")
  func oneMember() throws {
    for export in try #require(Self.exports) {
      let cut = Array(export.one.dropLast(export.one.count / 3))
      let kept = try #require(try Self.kept(cut, export.kind))
      #expect(kept.records.count > export.records.count / 2 && kept.fault == "it ends in the middle")
      for at in [export.one.count / 2, export.one.count - 10, export.one.count - 6, export.one.count - 1] {
        var wrong = export.one
        wrong[at] ^= 1
        #expect(try Self.kept(wrong, export.kind) == nil, "\(at)")
      }
      #expect(try Self.kept(cut + [UInt8](repeating: 0, count: export.one.count / 3), export.kind) == nil)
    }
  }

  @Test("the fault names its member and the byte at which it is noticed")
  func messages() throws {
    let export = try #require(Self.exports?.first)
    let (before, member) = (export.memberEnds[29].file, export.memberEnds[30].file)
    var bytes = export.many
    bytes[member - 8] ^= 1
    var fault = try #require(try Self.kept(bytes, export.kind)).fault
    #expect(fault == "a checksum that does not hold, of the data between bytes \(before) and \(member - 4)")
    bytes = Array(export.many[..<member]) + Array("no gzip".utf8)
    fault = try #require(try Self.kept(bytes, export.kind)).fault
    #expect(fault == "wrong bytes behind byte \(member), noticed at byte \(member + 2)")
  }
}
