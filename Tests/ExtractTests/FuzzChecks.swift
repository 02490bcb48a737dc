// Properties of reading that must hold for any bytes, for the fuzz target (scripts/fuzz) and for the tests
// that read its finds.
// Invariant: no trap; the same records and the same refusal whatever the chunks; CSV as the slow reader reads
// it, in one piece and in parts; XML as libxml2 alone reads it; text in any encoding decodes to UTF-8,
// whatever the chunks; every record is returned once, in ascending order, with its right offset.
// Load: thousands of inputs a second.

import Glibc
import Names
import Support
import Values
@testable import Extract

/// A property that did not hold.
struct Broken: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// Checks all properties for an input: its first two bytes choose the format, encoding and chunks, the rest
/// is a file.
///
/// `checkStaging(_:in:)` reads the same inputs, and uses the remaining bits for its choices.
///
/// - Throws: ``Broken`` with the property that doesn't hold.
func checkAll(_ input: [UInt8], in folder: String) throws {
  guard input.count > 2 else { return }
  let bytes = Array(input[2...])
  let choice = input[0]
  let chunkBytes = 1 + Int(input[1] % 61)
  let path = "\(folder)/fuzz-\(getpid())"
  try write(bytes, to: path)
  defer { unlink(path) }
  let file = ExportFile(path: path, name: "fuzz")
  let encodings: [TextEncoding?] = [nil, .utf8, .utf16, .windows1258, .tcvn3, .vni, .vps, .viscii]
  let encoding = encodings[Int(choice >> 1) % 8]
  if choice & 1 == 0 {
    try checkCSV(file, bytes, encoding, chunkBytes)
  } else {
    try checkXML(file, bytes, encoding, chunkBytes)
  }
  if let encoding, encoding != .utf8 { try checkDecoding(bytes, encoding, chunkBytes) }
}

private func write(_ bytes: [UInt8], to path: String) throws {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  guard descriptor >= 0 else { throw Broken("no file to write") }
  defer { close(descriptor) }
  let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  guard written == bytes.count else { throw Broken("a file that is not whole") }
}

/// How reading ended: records as text, and the refusal without its position in the text.
private struct Outcome: Equatable {
  var records: [String] = []
  var refusal: String?
}

private func records(in batch: RawBatch, _ columns: Int, _ last: inout Int, _ shown: inout [String]) throws {
  for i in 0..<batch.count {
    let record = batch.record(i)
    guard Int(record.ordinal) > last else { throw Broken("ordinal \(record.ordinal) behind \(last)") }
    last = Int(record.ordinal)
    guard Int(record.textStart) + Int(record.textByteCount) <= batch.bytes.count else {
      throw Broken("an original outside the text")
    }
    let values = (0..<columns).map { slot -> String in
      guard let range = batch.range(i, slot) else { return "-" }
      return batch.bytes[range].map { String($0, radix: 16) }.joined(separator: ".")
    }
    shown.append("\(record.line) \(record.fault) \(values.joined(separator: "|"))")
  }
}

// MARK: CSV

private let columns = ["A", "B"]

private func outcome(_ make: () throws -> Extractor) throws -> (Outcome, Extractor?) {
  var outcome = Outcome()
  var extractor: Extractor?
  do {
    let made = try make()
    extractor = made
    var batch = RawBatch(slotCount: columns.count)
    var last = -1
    while try made.nextBatch(into: &batch) { try records(in: batch, columns.count, &last, &outcome.records) }
    guard made.tally.records == outcome.records.count else { throw Broken("a tally of other records") }
  } catch let stop as Stop {
    outcome.refusal = stop.finding.description
  }
  return (outcome, extractor)
}

private func checkCSV(_ file: ExportFile, _ bytes: [UInt8], _ encoding: TextEncoding?, _ chunkBytes: Int)
  throws
{
  let format = ExportFormat(kind: .csv(delimiter: 44), encoding: encoding, columns: columns)
  let (whole, _) = try outcome { try Extractor(file, format: format) }
  let (cut, _) = try outcome { try Extractor(file, format: format, chunkBytes: chunkBytes) }
  guard whole == cut else { throw Broken("chunks of \(chunkBytes): \(cut) instead of \(whole)") }
  let isPlain = encoding == nil && !bytes.starts(with: [0xFF, 0xFE]) && !bytes.starts(with: [0xFE, 0xFF])
  guard whole.refusal == nil, isPlain || encoding == .utf8, !bytes.starts(with: [0x1F, 0x8B]) else { return }
  let slow = slowRecords(bytes, delimiter: 44, columns: columns.map { Array($0.utf8) })
  let shown = slow?.map { record in
    let values = record.values.map {
      $0.map { $0.map { String($0, radix: 16) }.joined(separator: ".") } ?? "-"
    }
    return "\(record.line) \(record.fault) \(values.joined(separator: "|"))"
  }
  guard shown == whole.records else { throw Broken("\(whole.records) instead of \(shown ?? [])") }
  let partBytes = max(1, bytes.count / (2 + chunkBytes % 7))
  guard let parts = try FileParts(file, format: format, byteCount: bytes.count, partBytes: partBytes) else {
    return
  }
  var stitched: [String] = []
  var before: (offset: Int, line: Int)?
  for i in 0..<parts.count {
    var part = try parts.part(i)
    var (found, extractor) = try outcome {
      try Extractor(file, format: format, part: part, chunkBytes: chunkBytes)
    }
    if let before, before.offset != extractor?.firstOffset {
      part = FilePart(
        start: before.offset, end: max(before.offset, part.end), line: before.line, isExact: true)
      (found, extractor) = try outcome {
        try Extractor(file, format: format, part: part, chunkBytes: chunkBytes)
      }
    }
    guard found.refusal == nil else { throw Broken("a part is refused: \(found.refusal ?? "")") }
    stitched += found.records
    before = extractor?.next
  }
  guard stitched == whole.records else {
    throw Broken("parts of \(partBytes): \(stitched) instead of \(whole.records)")
  }
}

// MARK: XML

private let paths = ["Ma", "Ten/Ho", "@so"]

private func readXML(
  _ file: ExportFile, _ format: ExportFormat, scans: Bool, _ chunkBytes: Int, _ bytes: [UInt8]
) throws
  -> (records: [String], refusal: String?)
{
  var shown: [String] = []
  do {
    let source = try openSource(file, format, chunkBytes: chunkBytes)
    let isText = source.isPlain
    let reader = try XMLReader(file, source: source, record: "The", columns: paths, scansPlainRecords: scans)
    var batch = RawBatch(slotCount: paths.count)
    var last = -1
    while true {
      batch.removeAll()
      try reader.nextBatch(into: &batch)
      guard batch.count > 0 else { break }
      try records(in: batch, paths.count, &last, &shown)
      for i in 0..<batch.count where isText {
        let record = batch.record(i)
        let (start, offset) = (Int(record.textStart), Int(record.byteOffset))
        let original = batch.bytes[start..<start + Int(record.textByteCount)]
        guard offset + original.count <= bytes.count,
          Array(original) == Array(bytes[offset..<offset + original.count]),
          original.first == UInt8(ascii: "<"), original.last == UInt8(ascii: ">")
        else { throw Broken("an original that does not stand at \(offset)") }
      }
    }
    return (shown, nil)
  } catch let stop as Stop {
    return (shown, stop.finding.description)
  }
}

/// The file and line of a refusal.
private func place(_ refusal: String?) -> Substring? {
  refusal.map { $0[..<($0.firstRange(of: ": expected")?.lowerBound ?? $0.endIndex)] }
}

private func checkXML(_ file: ExportFile, _ bytes: [UInt8], _ encoding: TextEncoding?, _ chunkBytes: Int)
  throws
{
  let format = ExportFormat(kind: .xml(record: "The"), encoding: encoding, columns: paths)
  let slow = try readXML(file, format, scans: false, 1 << 16, bytes)
  let fast = try readXML(file, format, scans: true, 1 << 16, bytes)
  // Which of two faults at the end is reported depends on how much input libxml2 has got.
  guard fast.records == slow.records, place(fast.refusal) == place(slow.refusal) else {
    throw Broken("\(fast) instead of \(slow)")
  }
  let cut = try readXML(file, format, scans: true, chunkBytes, bytes)
  guard cut.records == fast.records, (cut.refusal == nil) == (fast.refusal == nil) else {
    throw Broken("chunks of \(chunkBytes): \(cut) instead of \(fast)")
  }
}

// MARK: Encodings

private func checkDecoding(_ bytes: [UInt8], _ encoding: TextEncoding, _ chunkBytes: Int) throws {
  var decoder = LegacyDecoder(encoding)
  var whole: [UInt8] = []
  decoder.decode(bytes, isLast: true, into: &whole)
  guard malformedPosition(whole.span) == nil else { throw Broken("\(encoding) decodes to no UTF-8") }
  decoder = LegacyDecoder(encoding)
  var cut: [UInt8] = []
  var at = 0
  while at < bytes.count {
    let end = min(bytes.count, at + chunkBytes)
    decoder.decode(Array(bytes[at..<end]), isLast: end == bytes.count, into: &cut)
    at = end
  }
  guard cut == whole else { throw Broken("\(encoding) in chunks of \(chunkBytes)") }
}
