// The envelope in which facilities send documents to the insurer: GIAMDINHHS, with each document as Base64 in an element
// NOIDUNGFILE. The documents that hold records are put in place of their Base64.
// Invariant: lines are those of the file: all records of a document are on the line of its NOIDUNGFILE. A document is read
// whole or refused with its line; documents without records stay as they are.
// Load: some kilobytes a document; one is held at a time, within bounds.
//
// Source: Decision 4210/QĐ-BYT, Decision 130/QĐ-BYT, Decision 4750/QĐ-BYT.

import Names
import Values

/// Puts the documents of an envelope in place of their Base64, in a text that comes in chunks.
struct BundledDocuments {
  private let file: ExportFile
  /// What the start tag of a record begins with.
  private let record: [UInt8]
  private var pending: [UInt8] = []
  private var isInDocument = false
  private var line = 1

  private static let startTag = Array("<NOIDUNGFILE>".utf8)
  private static let mostBytes = 64 << 20

  /// - Returns: nil for a file without such an envelope.
  init?(_ file: ExportFile, beginning: [UInt8], record: String) {
    let text = String(decoding: beginning.prefix(4096), as: UTF8.self)
    guard text.contains("<GIAMDINHHS") else { return nil }
    self.file = file
    self.record = PathTree.localName(record[...])
  }

  /// Takes the next text, and appends what is to be read in its place.
  mutating func take(_ text: ArraySlice<UInt8>, isLast: Bool, into out: inout [UInt8]) throws(Stop) {
    pending += text
    var at = 0
    defer { pending.removeSubrange(..<at) }
    while true {
      if isInDocument {
        guard let end = pending[at...].firstIndex(of: UInt8(ascii: "<")) else {
          guard pending.count - at <= Self.mostBytes else { throw refusal("one longer than 64 MiB") }
          if isLast { append(&at, to: pending.count, &out) }
          return
        }
        if let document = try document(in: pending[at..<end]) {
          out += document
          // Its lines are counted as the Base64 has them.
          let breaks = pending[at..<end].count { $0 == 10 }
          out += repeatElement(10, count: breaks)
          line += breaks
          at = end
        } else {
          append(&at, to: end, &out)
        }
        isInDocument = false
      } else if let start = place(of: Self.startTag, from: at) {
        append(&at, to: start + Self.startTag.count, &out)
        isInDocument = true
      } else {
        // A tag may be cut by the end of the chunk.
        append(&at, to: isLast ? pending.count : max(at, pending.count - Self.startTag.count + 1), &out)
        return
      }
    }
  }

  private mutating func append(_ at: inout Int, to end: Int, _ out: inout [UInt8]) {
    out += pending[at..<end]
    line += pending[at..<end].count { $0 == 10 }
    at = end
  }

  private func place(of word: [UInt8], from start: Int) -> Int? {
    var i = start
    while i + word.count <= pending.count {
      if pending[i] == word[0], pending[i..<i + word.count].elementsEqual(word) { return i }
      i += 1
    }
    return nil
  }

  /// The document that a text of Base64 holds, on one line and without its XML declaration.
  ///
  /// - Returns: nil for no text, and for a document without records.
  private func document(in base64: ArraySlice<UInt8>) throws(Stop) -> [UInt8]? {
    guard base64.contains(where: { $0 > 0x20 }) else { return nil }
    guard var document = Self.decoded(base64) else { throw refusal("text that is no Base64") }
    if document.starts(with: [0xFF, 0xFE]) || document.starts(with: [0xFE, 0xFF]) {
      throw refusal("one in UTF-16")
    }
    if document.starts(with: [0xEF, 0xBB, 0xBF]) { document.removeFirst(3) }
    guard holdsRecord(document) else { return nil }
    if let declared = declaredEncoding(document), EncodingName(declared) != .known("utf-8") {
      throw refusal("one in another encoding")
    }
    if document.starts(with: "<?xml".utf8), let end = document.firstIndex(of: UInt8(ascii: ">")) {
      document.removeSubrange(...end)
    }
    return document.map { $0 == 10 || $0 == 13 ? 0x20 : $0 }
  }

  /// Whether a start tag of the record element is there, with or without a prefix.
  private func holdsRecord(_ document: [UInt8]) -> Bool {
    guard document.count > record.count else { return false }
    for i in 1..<document.count - record.count where document[i] == record[0] {
      let before = document[i - 1]
      let behind = document[i + record.count]
      if before == UInt8(ascii: "<") || before == UInt8(ascii: ":"),
        behind == UInt8(ascii: ">") || behind == UInt8(ascii: "/") || behind <= 0x20,
        document[i..<i + record.count].elementsEqual(record)
      {
        return true
      }
    }
    return false
  }

  private func refusal(_ found: String) -> Stop {
    Stop(
      .dataRefused, at: file.name, line: line, field: "NOIDUNGFILE",
      expected: "an XML document in UTF-8, as Base64", found: found,
      remedy: "Ask the facility for the file again; nothing was changed.")
  }

  /// The bytes of a text of Base64; white space and character references (line breaks) are passed over.
  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    var (bits, count, padding) = (UInt32(0), 0, 0)
    var isReference = false
    for byte in text {
      if isReference {
        isReference = byte != UInt8(ascii: ";")
        continue
      }
      let value: UInt32
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
      case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
      case UInt8(ascii: "="):
        padding += 1
        continue
      case 0x09, 0x0A, 0x0D, 0x20: continue
      case UInt8(ascii: "&"):
        isReference = true
        continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      bits = bits << 6 | value
      count += 1
      guard count % 4 == 0 else { continue }
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bits = 0
    }
    switch count % 4 {
    case 0: return padding == 0 || count > 0 ? bytes : nil
    case 2: bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
    case 3:
      bytes.append(UInt8(truncatingIfNeeded: bits >> 10))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 2))
    default: return nil
    }
    return bytes
  }
}
