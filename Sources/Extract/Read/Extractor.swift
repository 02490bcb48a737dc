// Reads one export file and returns batches of raw records.
// Invariant: every record of the file is returned once, faulty ones marked. Line numbers and counts are those
// of the decoded text and do not depend on chunks. Memory is bounded.
// Load: 2.3 GB of CSV or 6.2 GB of XML a night.

import Names
package import Values

/// Reads the records of one export file, some thousand at a time.
package final class Extractor {
  private enum Reader {
    case csv(CSVReader)
    case xml(XMLReader)
  }

  private let file: ExportFile
  private let source: ByteSource
  private let reader: Reader
  /// The encoding by the pipeline file, a byte order mark or the XML declaration.
  package var encoding: TextEncoding { beginning.encoding }
  private let beginning: ByteSource
  private var recordCount = 0

  /// Opens the file and reads its header.
  ///
  /// - Parameters:
  ///   - part: the part of the file to read; see ``FileParts``. Nil is all of it.
  ///   - chunkBytes: how much is read at once; the records don't depend on it.
  /// - Throws: ``Stop`` if the file can't be read, is empty, or lacks a column that the pipeline reads.
  package init(_ file: ExportFile, format: ExportFormat, part: FilePart? = nil, chunkBytes: Int = 256 << 10)
    throws(Stop)
  {
    self.file = file
    let beginning = try openSource(file, format, chunkBytes: chunkBytes)
    self.beginning = beginning
    switch format.kind {
    case .csv(let dialect):
      let csv = try CSVReader(file, source: beginning, dialect: dialect, columns: format.columns)
      if let column = csv.names.missing.first {
        throw .missingColumn(column, file, csv, reading: format.columns)
      }
      if let column = csv.names.duplicated.first {
        throw .duplicatedColumn(column, file)
      }
      if let part, part.start > 0 {
        source = try part.source(of: file, format, chunkBytes: chunkBytes)
        try csv.go(to: part, source: source)
      } else {
        source = beginning
        if let part { try csv.go(to: part, source: source) }
      }
      firstOffset = csv.nextOffset
      reader = .csv(csv)
    case .xml(let record):
      source = beginning
      firstOffset = 0
      reader = .xml(try XMLReader(file, source: beginning, record: record, columns: format.columns))
    }
  }

  /// Whether the file's bytes are neither inflated nor decoded.
  package var isPlain: Bool { source.isPlain }

  /// The offset in the file of the part's first record.
  package let firstOffset: Int

  /// The offset in the file of the first record not read, and its line, if the file is read in parts.
  package var next: (offset: Int, line: Int) {
    if case .csv(let csv) = reader { return (csv.nextOffset, csv.nextLine) }
    return (0, 0)
  }

  /// Replaces the content of `batch` with some thousand records.
  ///
  /// - Returns: false when the file has ended; the batch is then empty.
  /// - Throws: ``Stop`` after the last whole record, if the file is damaged.
  package func nextBatch(into batch: inout RawBatch) throws(Stop) -> Bool {
    batch.removeAll()
    switch reader {
    case .csv(let csv): try csv.nextBatch(into: &batch)
    case .xml(let xml): try xml.nextBatch(into: &batch)
    }
    recordCount += batch.count
    return batch.count > 0
  }

  package var tally: FileTally {
    var tally = FileTally()
    tally.records = recordCount
    tally.bytesRead = source.bytesRead
    switch reader {
    case .xml(let xml): (tally.declaredCount, tally.hasOtherElements) = (xml.declared, xml.hasOtherElements)
    case .csv(let csv): (tally.cutLine, tally.mixedLine) = (csv.cutLine, csv.mixedLine)
    }
    return tally
  }

  /// The part of the file to read again after reading has stopped at a fault.
  ///
  /// Records from a gzip file may be wrong, unless the file is merely cut off.
  ///
  /// - Returns: nil if the records returned so far are right.
  /// - Throws: ``Stop`` if no part of the file has a right checksum.
  /// - Complexity: inflates the file once more.
  package func soundPart() throws(Stop) -> SoundPart? {
    guard source.isGzip, !source.isCutOff, file.sound == nil else { return nil }
    return try ByteSource.soundPart(of: file)
  }

  /// A record that marks the rest of the file as damaged, with its line, after reading has stopped at a
  /// fault.
  ///
  /// Nil if reading stopped for another reason, such as a failing disk or a file that may carry an attack.
  package var damage: RawRecord? {
    switch reader {
    case .csv(let csv):
      guard source.isCutOff else { return nil }
      let line = UInt32(truncatingIfNeeded: csv.nextLine)
      return RawRecord(line: line, ordinal: line, byteOffset: UInt64(csv.nextOffset), fault: .damaged)
    case .xml(let xml):
      guard let line = xml.damagedLine ?? (source.isCutOff ? xml.lastLine : nil) else { return nil }
      return RawRecord(
        line: UInt32(truncatingIfNeeded: line), ordinal: xml.nextOrdinal, byteOffset: UInt64(xml.nextOffset),
        fault: .damaged)
    }
  }
}

/// Opens a file and determines its encoding: by the pipeline file, else by its byte order mark or XML
/// declaration.
func openSource(_ file: ExportFile, _ format: ExportFormat, chunkBytes: Int) throws(Stop)
  -> ByteSource
{
  let source = try ByteSource(file, chunkBytes: chunkBytes)
  let (beginning, isWhole) = try source.beginning(EncodingWatch.firstByteCount)
  try ForeignFile.refuse(file, beginning, format)
  var encoding = format.encoding
  if beginning.starts(with: [0xFF, 0xFE]) || beginning.starts(with: [0xFE, 0xFF]) {
    encoding = encoding ?? .utf16
  } else if encoding == nil, case .xml = format.kind, let declared = declaredEncoding(beginning) {
    guard let known = TextEncoding(named: declared) else {
      let isWestern = EncodingName(declared) == .western
      throw Stop(
        .dataRefused, at: file.name, line: 1,
        expected: "one of the encodings \(TextEncoding.allCases.map(\.rawValue).joined(separator: ", "))",
        found: isWestern ? "a declaration of windows-1252 or ISO 8859-1" : "a declaration of another",
        remedy: (isWestern ? EncodingName.westernRemedy + " " : "")
          + "Name the encoding in the pipeline file, or convert the file.")
    }
    encoding = known
  }
  let watch = EncodingWatch(
    file, encoding: encoding ?? .utf8, isDeclared: format.encoding != nil, from: source.offset)
  try watch.look(atBeginning: beginning.span, isWhole: isWhole)
  source.look(with: watch)
  if let encoding, encoding != .utf8 { source.decode(from: encoding) }
  if case .xml(let record) = format.kind {
    source.unpack(BundledDocuments(file, beginning: beginning, record: record))
  }
  return source
}

/// The encoding that an XML declaration names, in lower case.
func declaredEncoding(_ beginning: [UInt8]) -> String? {
  let text = String(decoding: beginning.prefix(200), as: UTF8.self)
  guard text.hasPrefix("<?xml") || text.hasPrefix("\u{FEFF}<?xml"),
    let end = text.firstRange(of: "?>"), let key = text[..<end.lowerBound].firstRange(of: "encoding")
  else { return nil }
  let rest = text[key.upperBound..<end.lowerBound].drop { $0 == " " || $0 == "=" }
  guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
  return rest.dropFirst().prefix { $0 != quote }.lowercased()
}
