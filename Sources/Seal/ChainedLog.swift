// An append-only log whose entries are chained by hashes: the audit log and the decision book.
// Invariant: an entry's hash covers the entry, the lines above it that it closes, and the hash of the entry
// before. An entry that was changed, removed, inserted or moved therefore no longer fits the chain.

import Files
import Foundation
package import Values

/// The content of one entry.
package protocol ChainedContent: Codable, Sendable {
  /// Counts from 1.
  var number: Int { get set }
  /// The content as JSON with sorted keys; nil to let the encoder write it.
  var json: String? { get }
}

extension ChainedContent {
  package var json: String? { nil }
}

/// An entry: one line of JSON with the hash as its last key.
package struct ChainedEntry<Content: ChainedContent>: Sendable {
  package let content: Content
  package let hash: String
  /// The line without its hash; the hash covers these bytes.
  fileprivate let body: String

  /// The line, with its line end.
  ///
  /// The hash is written by hand because it covers the JSON before it byte by byte.
  package var line: String { body.dropLast() + ",\"hash\":\"\(hash)\"}\n" }

  fileprivate init(_ content: Content, closing lines: Digest) {
    self.content = content
    body = content.json ?? Self.encoded(content)
    hash = chainedHash(of: body, closing: lines)
  }

  /// A line's content as the encoder writes it.
  package static func encoded(_ content: Content) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(content)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  /// Reads a line without its line end; nil if it is no entry.
  package init?(_ line: some Collection<UInt8>) {
    let text = String(decoding: line, as: UTF8.self)
    guard text.hasSuffix("\"}"), let cut = text.range(of: ",\"hash\":\"", options: .backwards) else {
      return nil
    }
    body = text[..<cut.lowerBound] + "}"
    hash = String(text[cut.upperBound...].dropLast(2))
    guard hash.utf8.count == 64,
      let content = try? JSONDecoder().decode(Content.self, from: Data(body.utf8))
    else { return nil }
    self.content = content
  }
}

private func chainedHash(of body: String, closing lines: Digest) -> String {
  var digest = lines
  digest.update(body)
  return digest.text
}

/// The end of a chained log, as far as it has been read or written; the next entry continues from here.
package struct Chain: Sendable {
  package private(set) var number = 0
  /// The hash of the last entry.
  package private(set) var head: String
  /// Covers the head and the lines after it.
  private var openLines: Digest

  /// The beginning of a log.
  package init() { self.init(number: 0, head: String(repeating: "0", count: 64)) }

  /// The state after an entry.
  package init(after entry: ChainedEntry<some ChainedContent>) {
    self.init(number: entry.content.number, head: entry.hash)
  }

  private init(number: Int, head: String) {
    (self.number, self.head, openLines) = (number, head, Digest())
    openLines.update(head)
  }

  /// Adds lines, with their line ends, that the next entry closes.
  package mutating func add(lines: String) { openLines.update(lines) }

  /// Drops the lines since the last entry.
  package mutating func dropLines() { self = Chain(number: number, head: head) }

  /// Makes the next entry.
  package mutating func append<Content: ChainedContent>(_ content: Content) -> ChainedEntry<Content> {
    var content = content
    content.number = number + 1
    let entry = ChainedEntry(content, closing: openLines)
    self = Chain(after: entry)
    return entry
  }

  /// Advances to an entry that was read.
  ///
  /// - Returns: nil, or why the entry does not fit; the chain is then unchanged.
  package mutating func advance(to entry: ChainedEntry<some ChainedContent>) -> String? {
    guard entry.content.number == number + 1 else {
      return "it has number \(entry.content.number) where \(number + 1) belongs"
    }
    guard entry.hash == chainedHash(of: entry.body, closing: openLines) else {
      return "its hash does not follow from it and the line before"
    }
    self = Chain(after: entry)
    return nil
  }
}

extension InputFile {
  /// Passes on the lines in order, without their line ends.
  ///
  /// - Returns: the bytes after the last line end; empty if the file ends with one.
  package func readLines(_ take: ([UInt8]) throws(Stop) -> Void) throws(Stop) -> [UInt8] {
    var rest: [UInt8] = []
    try readAll { chunk throws(Stop) in
      for i in chunk.indices {
        if chunk[i] == UInt8(ascii: "\n") {
          try take(rest)
          rest.removeAll(keepingCapacity: true)
        } else {
          rest.append(chunk[i])
        }
      }
    }
    return rest
  }
}
