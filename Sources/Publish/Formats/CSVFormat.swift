// CSV: the table of the package's people, for spreadsheets and `cardlink check-card`.
// Invariant: UTF-8, LF, RFC 4180 quoting; a header, then a line for each person, ascending by personal ID number.

import Record

final class CSVFormat: FormatWriter {
  private let file: PayloadFile
  private let attributes: [Attribute]

  init(_ attributes: [Attribute], in bag: String?) throws(Stop) {
    self.attributes = attributes
    file = try PayloadFile("data/people.csv", in: bag)
    try file.append(attributes.map(\.name).joined(separator: ",") + "\n")
  }

  func append(_ person: borrowing FieldTexts) throws(Stop) {
    try file.append { line in
      for (i, attribute) in attributes.enumerated() {
        if i > 0 { line.append(comma) }
        // Only names and codes may hold what must be quoted.
        switch attribute {
        case .fullName, .facilityCode, .areaCode:
          appendQuoted(person.bytes.span.extracting(person.range(attribute)), to: &line)
        default: line.append(contentsOf: person.bytes[person.range(attribute)])
        }
      }
      line.append(UInt8(ascii: "\n"))
    }
  }

  func finish() throws(Stop) -> [BagEntry] { [try file.finish()] }
}

let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")

/// Appends a field, in quotes if it needs them.
func appendQuoted(_ text: Span<UInt8>, to line: inout [UInt8]) {
  var mustQuote = false
  for i in text.indices {
    let byte = text[i]
    if byte == comma || byte == quote || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
      mustQuote = true
    }
  }
  guard mustQuote else {
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
