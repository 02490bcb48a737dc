// Writes the answers to a consumer's requests as a package: `data/answers.csv` and `data/answers.xml`.
// Invariant: one line for each answer, in the order in which they are appended; every format has the same answers. An empty
// value is an empty field in CSV and no element in XML.
// Load: ten million answers of some fifty bytes; no `String` for an answer.

import Files
package import Seal
package import Values

/// The values of one answer: for each column a count of two bytes and the text.
package struct AnswerValues {
  package private(set) var bytes: [UInt8] = []

  package init() { bytes.reserveCapacity(256) }

  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// Appends the next column's value, at most 65,535 bytes of it.
  package mutating func append(_ text: Span<UInt8>) {
    let count = min(text.count, Int(UInt16.max))
    append(count: count)
    for i in 0..<count { bytes.append(text[i]) }
  }

  package mutating func append(_ text: StaticString) {
    append(count: text.utf8CodeUnitCount)
    for i in 0..<text.utf8CodeUnitCount { bytes.append(text.utf8Start[i]) }
  }

  package mutating func append(_ text: String) {
    append(count: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func append(count: Int) {
    bytes.append(UInt8(truncatingIfNeeded: count))
    bytes.append(UInt8(truncatingIfNeeded: count >> 8))
  }
}

package struct AnswerWriter {
  private let folder: String
  private let facts: AnswerFacts
  private let csv: PayloadFile?
  private let xml: PayloadFile?
  private let tags: [(start: [UInt8], end: [UInt8])]
  private let words: [[UInt8]]
  private var counts: [Int]
  package private(set) var count = 0

  /// - Parameter folder: the package's folder, which does not exist.
  package init(_ facts: AnswerFacts, in folder: String) throws(Stop) {
    (self.folder, self.facts) = (folder, facts)
    try Folder.create(folder)
    try Folder.create(folder + "/data")
    csv = facts.formats.contains("csv") ? try PayloadFile("data/answers.csv", in: folder) : nil
    xml = facts.formats.contains("xml") ? try PayloadFile("data/answers.xml", in: folder) : nil
    tags = facts.columns.map { (Array("<\($0)>".utf8), Array("</\($0)>".utf8)) }
    words = facts.codes.map { Array($0.word.utf8) }
    counts = Array(repeating: 0, count: words.count)
    try csv?.append(csvLine(AnswerFacts.ownColumns + facts.columns) + "\n")
    try xml?.append(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <answers xmlns="urn:x-cardlink:answers:1" consumer="\(facts.consumer)" run="\(facts.dataRunID)" \
      as_of="\(facts.asOf.text)" answered_on="\(facts.answeredOn.text)">

      """)
  }

  /// Appends one answer.
  ///
  /// - Parameters:
  ///   - code: the place of the result among the facts' codes.
  ///   - values: as ``AnswerValues`` has them; empty for none.
  package mutating func append(
    line: UInt32, reference: Span<UInt8>, code: Int, values: RawSpan
  ) throws(Stop) {
    count += 1
    counts[code] += 1
    let word = words[code]
    let columnCount = tags.count
    try csv?.append { text in
      text.append(decimal: line)
      text.append(UInt8(ascii: ","))
      text.append(csv: reference)
      text.append(UInt8(ascii: ","))
      text.append(contentsOf: word)
      var at = 0
      for _ in 0..<columnCount {
        text.append(UInt8(ascii: ","))
        guard let range = Self.next(values, &at) else { continue }
        text.append(csv: Span(_bytes: values.extracting(range)))
      }
      text.append(UInt8(ascii: "\n"))
    }
    let tags = tags
    try xml?.append { text in
      text.append(contentsOf: "<answer line=\"".utf8)
      text.append(decimal: line)
      text.append(contentsOf: "\"><reference>".utf8)
      text.append(xml: reference)
      text.append(contentsOf: "</reference><result>".utf8)
      text.append(contentsOf: word)
      text.append(contentsOf: "</result>".utf8)
      var at = 0
      for (start, end) in tags {
        guard let range = Self.next(values, &at), !range.isEmpty else { continue }
        text.append(contentsOf: start)
        text.append(xml: Span(_bytes: values.extracting(range)))
        text.append(contentsOf: end)
      }
      text.append(contentsOf: "</answer>\n".utf8)
    }
  }

  /// The range of the next column's value, and moves past it; nil if there are no values.
  private static func next(_ values: RawSpan, _ at: inout Int) -> Range<Int>? {
    guard at + 2 <= values.byteCount else { return nil }
    let count = Int(values.integer(at: &at, byteCount: 2))
    at += count
    return at - count..<at
  }

  /// Writes the rest of the package.
  ///
  /// - Returns: the package's digest.
  package func finish(key: SigningKey?) throws(Stop) -> String {
    var payload: [BagEntry] = []
    if let csv { payload.append(try csv.finish()) }
    if let xml {
      try xml.append("</answers>\n")
      payload.append(try xml.finish())
    }
    let found = zip(facts.codes, counts).filter { $1 > 0 }.map { ($0.word, $1) }
    return try Bag.finish(
      folder, info: facts.info(payload, counts: found, key: key), payload, [], guide: facts.guide, key: key)
  }
}

extension [UInt8] {
  fileprivate mutating func append(decimal number: UInt32) {
    var divisor: UInt32 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }
}
