// CSV: the table of the package's people, for spreadsheets and `cardlink check-card`.
// Invariant: UTF-8, LF, RFC 4180 quoting; a header, then a line for each person, ascending by personal ID number.

import Values

final class CSVFormat: FormatWriter {
  private let file: PayloadFile
  private let attributes: [Attribute]
  /// The first and the last attribute, where no attribute between them is left out.
  private let together: (first: Attribute, last: Attribute)?

  init(_ attributes: [Attribute], in bag: String?) throws(Stop) {
    self.attributes = attributes
    let isGapless = zip(attributes, attributes.dropFirst()).allSatisfy { $0.rawValue + 1 == $1.rawValue }
    if isGapless, let first = attributes.first, let last = attributes.last {
      together = (first, last)
    } else {
      together = nil
    }
    file = try PayloadFile("data/people.csv", in: bag)
    try file.append(attributes.map(\.name).joined(separator: ",") + "\n")
  }

  func append(_ person: borrowing FieldTexts) throws(Stop) {
    try file.append { line in
      if let together, !hasSpecials(person) {
        // The texts stand with commas between them already.
        let range = person.range(together.first).lowerBound..<person.range(together.last).upperBound
        line.append(contentsOf: person.bytes[range])
      } else {
        for (i, attribute) in attributes.enumerated() {
          if i > 0 { line.append(comma) }
          let text = person.bytes.span.extracting(person.range(attribute))
          if Self.mayNeedQuotes.contains(attribute) {
            appendQuoted(text, to: &line)
          } else {
            unsafe text.withUnsafeBufferPointer { unsafe line.append(contentsOf: $0) }
          }
        }
      }
      line.append(UInt8(ascii: "\n"))
    }
  }

  /// Only names and codes may hold what must be quoted.
  private static let mayNeedQuotes: [Attribute] = [.fullName, .facilityCode, .areaCode]

  private func hasSpecials(_ person: borrowing FieldTexts) -> Bool {
    for attribute in Self.mayNeedQuotes {
      if mustQuote(person.bytes.span.extracting(person.range(attribute))) { return true }
    }
    return false
  }

  func finish() throws(Stop) -> [BagEntry] { [try file.finish()] }
}

let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")

private func mustQuote(_ text: Span<UInt8>) -> Bool {
  for i in text.indices {
    let byte = text[i]
    if byte == comma || byte == quote || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
      return true
    }
  }
  return false
}

/// Appends a field, in quotes if it needs them.
func appendQuoted(_ text: Span<UInt8>, to line: inout [UInt8]) {
  guard mustQuote(text) else {
    unsafe text.withUnsafeBufferPointer { unsafe line.append(contentsOf: $0) }
    return
  }
  line.append(quote)
  for i in text.indices {
    if text[i] == quote { line.append(quote) }
    line.append(text[i])
  }
  line.append(quote)
}
