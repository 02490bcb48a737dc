// What a facility sends back by any way to say that it has a package.
// Invariant: it holds no data of a person. The seal covers every line above it and its key came in the package, so only
// somebody who had the package can have made it. A mail program may change line ends, nothing else.
//
//   Cardlink-Receipt: 1
//   Cardlink-Pipeline: nightly
//   Cardlink-Recipient: 01014
//   Cardlink-Run: 7
//   Cardlink-Edition: 1
//   Cardlink-As-Of: 2026-11-23
//   Cardlink-Package: 5f70…                         the SHA-256 of the package's tag manifest; from the desk, which
//                                                   sees no manifest, of the data file
//   Received-On: 2026-11-24
//   Received-By: apply, cardlink 0.2.0
//   Seal: 91c3…                                     HMAC-SHA-256 of the lines above

import Files
package import Seal
package import Values

package struct Receipt: Hashable, Sendable {
  /// How the facility took the package.
  package enum Door: String, Sendable, Codable { case apply, verify, desk }

  package var pipeline: String
  package var recipient: String
  package var package: PackagePoint
  package var asOf: CalendarDate
  package var receivedOn: CalendarDate
  package var door: Door
  /// The facility's version of cardlink.
  package var version: String

  /// The ending of the files' names.
  package static let suffix = ".receipt"
  /// The longest file that is read.
  package static let mostBytes = 4096
}

extension Receipt {
  /// A package as its receipt key is derived: its place, which no other package has.
  package static func place(pipeline: String, recipient: String, runID: Int, edition: Int) -> String {
    "\(pipeline)\n\(recipient)\n\(runID)\n\(edition)"
  }

  private var content: String {
    let pairs = [
      ("Cardlink-Receipt", "1"), ("Cardlink-Pipeline", pipeline), ("Cardlink-Recipient", recipient),
      ("Cardlink-Run", "\(package.runID)"), ("Cardlink-Edition", "\(package.edition)"),
      ("Cardlink-As-Of", asOf.text), ("Cardlink-Package", package.digest),
      ("Received-On", receivedOn.text), ("Received-By", "\(door.rawValue), cardlink \(version)"),
    ]
    return pairs.map { "\($0): \($1)\n" }.joined()
  }

  func text(_ key: ReceiptKey) -> String { content + "Seal: \(key.seal(of: content))\n" }

  /// Reads a receipt, without checking its seal.
  ///
  /// - Returns: nil for a file that is no receipt as ``text(_:)`` writes it.
  package static func read(_ file: [UInt8]) -> (receipt: Receipt, seal: String)? {
    guard file.count <= mostBytes, let sent = String(validating: file, as: UTF8.self) else { return nil }
    let text = sent.replacing("\r\n", with: "\n")
    let info = BagInfo(text)
    guard let pipeline = info["Cardlink-Pipeline"], let recipient = info["Cardlink-Recipient"],
      let run = info["Cardlink-Run"].flatMap({ Int($0) }),
      let edition = info["Cardlink-Edition"].flatMap({ Int($0) }),
      let asOf = info["Cardlink-As-Of"].flatMap({ CalendarDate(iso: $0) }),
      let receivedOn = info["Received-On"].flatMap({ CalendarDate(iso: $0) }),
      let by = info["Received-By"]?.split(separator: ", cardlink ", maxSplits: 1), by.count == 2,
      let door = Door(rawValue: String(by[0])), let digest = info["Cardlink-Package"], let seal = info["Seal"]
    else { return nil }
    let receipt = Receipt(
      pipeline: pipeline, recipient: recipient,
      package: PackagePoint(digest: digest, runID: run, edition: edition), asOf: asOf, receivedOn: receivedOn,
      door: door, version: String(by[1]))
    guard receipt.content + "Seal: \(seal)\n" == text else { return nil }
    return (receipt, seal)
  }

  /// Whether a seal was made with the key of the receipt's package.
  package func isSealed(with seal: String, by publisher: SigningKey) -> Bool {
    let place = Self.place(
      pipeline: pipeline, recipient: recipient, runID: package.runID, edition: package.edition)
    return publisher.receiptKey(of: place).seal(of: content) == seal
  }
}

/// How a facility makes a receipt.
package struct ReceiptMaking: Sendable {
  package var door: Receipt.Door
  /// The folder that the receipt is written to.
  package var folder: String
  /// The facility's version of cardlink.
  package var version: String

  package init(_ door: Receipt.Door, folder: String, version: String) {
    (self.door, self.folder, self.version) = (door, folder, version)
  }

  /// Writes the receipt of a verified package, over that of the one before.
  ///
  /// - Parameter info: the signed facts of the package.
  /// - Returns: the path of the file; nil if the package has no receipt key, because it is not signed or an earlier version made it.
  func write(_ verdict: PackageVerdict, _ info: BagInfo, on day: CalendarDate) throws(Stop) -> String? {
    guard let key = info["Cardlink-Receipt-Key"].flatMap(ReceiptKey.init), let facts = PackageFacts(info),
      let asOf = CalendarDate(iso: facts.asOf),
      // The name comes from the package, and the file must stay inside the folder.
      !facts.recipient.contains("/"), !facts.recipient.hasPrefix(".")
    else { return nil }
    let receipt = Receipt(
      pipeline: facts.pipeline, recipient: facts.recipient,
      package: PackagePoint(digest: verdict.digest, runID: facts.runID, edition: facts.edition), asOf: asOf,
      receivedOn: day, door: door, version: version)
    let path = folder + "/" + facts.recipient + Receipt.suffix
    try Folder.create(folder)
    try Folder.writeWhole(receipt.text(key), to: path)
    return path
  }
}
