// The desk: a page that checks cards in a browser without a network, and the night's data file that it opens.
// Invariant: the page is the same in every package of a version; the night's data are in the data file alone. The data file
// ends in its own digest and the sender's signature over it, because the page sees no manifest.
// Load: a facility's some ten thousand people, in frames of a mebibyte; 100,000 people are 12 MB.
//
// The data file: a line of JSON, frames of a four-byte length and that many bytes, an empty frame, a line of JSON. The frames
// are the people as text with tabs, encrypted unless the rule says plain; Formats/Desk/data.js reads them.

import Files
package import Seal
import Values

/// What a desk's data file is signed and encrypted with.
package struct DeskSeals: Sendable {
  var signing: SigningKey?
  var key: DeskKey?

  package init(signing: SigningKey? = nil, key: DeskKey? = nil) { (self.signing, self.key) = (signing, key) }
}

final class DeskFormat: FormatWriter {
  private static let frameBytes = 1 << 20
  static let dataFile = "data/people.desk"
  static let page = "data/desk.html"
  private let file: PayloadFile
  private let folder: String
  private let signing: SigningKey?
  private var seal: DeskSeal?
  private let header: [UInt8]
  private var text: [UInt8] = []
  private var persons = 0

  init(_ facts: PackageFacts, _ seals: DeskSeals, in folder: String) throws(Stop) {
    self.folder = folder
    signing = seals.signing
    seal = seals.key?.seal()
    header = Array(
      """
      {"format":"cardlink-desk","version":1,"pipeline":"\(facts.pipeline)","recipient":"\(facts.recipient)",\
      "run":\(facts.runID),"edition":\(facts.edition),"as_of":"\(facts.asOf)","valid_until":"\(facts.validUntil)",\
      "contact":"\(facts.contact)",\(facts.receiptKey.map { "\"receipt_key\":\"\($0)\"," } ?? "")"key":\(seal?.header ?? "null")}\n
      """.utf8)
    file = try PayloadFile(Self.dataFile, in: folder)
    let header = header
    try file.append { $0 += header }
  }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    persons += 1
    put(person, Attribute.allCases)
    let ofCards = Attribute.allCases.filter { Self.isOfCard($0) }
    for i in 0..<person.otherCount {
      text.append(UInt8(ascii: "+"))
      text.append(UInt8(ascii: "\t"))
      put(person.others[i], ofCards)
    }
    if text.count >= Self.frameBytes { try writeFrame(isLast: false) }
  }

  private static func isOfCard(_ attribute: Attribute) -> Bool {
    attribute.rawValue > Attribute.sex.rawValue && attribute != .graceUntil
  }

  /// Appends a line; a control character in a value, which no value has, would break it and is left out.
  private func put(_ values: borrowing PersonTexts, _ attributes: [Attribute]) {
    for (i, attribute) in attributes.enumerated() {
      if i > 0 { text.append(UInt8(ascii: "\t")) }
      for byte in values[attribute] where byte >= 0x20 { text.append(byte) }
    }
    text.append(UInt8(ascii: "\n"))
  }

  private func writeFrame(isLast: Bool) throws(Stop) {
    let frame = try seal?.seal(text, isLast: isLast, header: header) ?? text
    text.removeAll(keepingCapacity: true)
    // An empty frame ends the frames.
    guard !frame.isEmpty else { return }
    try file.append { bytes in
      Self.appendCount(frame.count, to: &bytes)
      bytes += frame
    }
  }

  private static func appendCount(_ count: Int, to bytes: inout [UInt8]) {
    for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
  }

  func finish() throws(Stop) -> [BagEntry] {
    try writeFrame(isLast: true)
    try file.append { Self.appendCount(0, to: &$0) }
    let digest = try file.digestSoFar()
    var trailer = "{\"persons\":\(persons),\"sha256\":\"\(digest)\""
    if let signing {
      let signature = try signing.base64Signature(of: "cardlink-desk 1\n\(digest)\n\(persons)\n")
      trailer += ",\"public_key\":\"\(signing.verifying.base64)\",\"signature\":\"\(signature)\""
    }
    try file.append(trailer + "}\n")
    return [try file.finish(), try PayloadFile.write(DeskPage.html, to: Self.page, in: folder)]
  }
}
