// One file of a package while it is written; its bytes are hashed before they go to the disk.
// Invariant: the digest is that of the bytes written. A file without a bag is only hashed: a package of changes holds the
// digests of files that the recipient makes.
// Load: some ten files for each of 13,000 packages, one after the other; 64 KiB of memory each while it is open.

import Files
import Seal
package import Values

/// A file of a package as its manifests list it.
struct BagEntry: Hashable, Sendable {
  /// Seen from the package, such as `data/people.csv`.
  var path: String
  var digest: String
  var byteCount: Int

  var isOfOtherCards: Bool {
    path.hasPrefix("data/other-cards.") || path.hasSuffix("/" + FHIRFormat.otherCoverages)
  }
}

final class PayloadFile {
  private let path: String
  private var file: OutputFile?
  private var buffer: [UInt8] = []
  private var digest = Digest()
  private var byteCount = 0
  private var isFinished = false
  private static let bufferBytes = 64 << 10

  /// - Parameters:
  ///   - path: seen from the package.
  ///   - bag: the package's folder; nil to hash only.
  init(_ path: String, in bag: String?) throws(Stop) {
    self.path = path
    if let bag { file = try OutputFile(creating: bag + "/" + path) }
  }

  /// Appends what `fill` appends to the buffer.
  @inline(__always)
  func append(_ fill: (inout [UInt8]) -> Void) throws(Stop) {
    fill(&buffer)
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  func append(_ text: String) throws(Stop) { try append { $0.append(contentsOf: text.utf8) } }

  private func flush() throws(Stop) {
    digest.update(buffer.span.bytes)
    byteCount += buffer.count
    try file?.append(buffer.span)
    buffer.removeAll(keepingCapacity: true)
  }

  /// The SHA-256 of what was appended so far.
  func digestSoFar() throws(Stop) -> String {
    try flush()
    return digest.text
  }

  func finish() throws(Stop) -> BagEntry {
    try flush()
    guard !isFinished else { throw .defect(inPackages: "a file that is finished twice") }
    isFinished = true
    if let file = file.take() { try file.finishUnsynced() }
    return BagEntry(path: path, digest: digest.text, byteCount: byteCount)
  }

  /// Writes a small file.
  static func write(_ text: String, to path: String, in bag: String?) throws(Stop) -> BagEntry {
    let file = try PayloadFile(path, in: bag)
    try file.append(text)
    return try file.finish()
  }
}

/// A file that is made with its first line: most packages hold no card beside the serving ones.
final class LatePayloadFile {
  private let path: String
  private let bag: String?
  private let head: String
  private var file: PayloadFile?
  /// How many times something was appended.
  private(set) var count = 0

  /// - Parameter head: what the file begins with.
  init(_ path: String, head: String = "", in bag: String?) {
    (self.path, self.bag, self.head) = (path, bag, head)
  }

  func append(_ fill: (inout [UInt8]) -> Void) throws(Stop) {
    if file == nil {
      let file = try PayloadFile(path, in: bag)
      try file.append(head)
      self.file = file
    }
    count += 1
    try file?.append(fill)
  }

  /// - Returns: nothing if nothing was appended.
  func finish(tail: String = "") throws(Stop) -> [BagEntry] {
    guard let file else { return [] }
    try file.append(tail)
    return [try file.finish()]
  }
}

/// Writes the people of one package in one format.
protocol FormatWriter: AnyObject {
  func append(_ person: borrowing PersonTexts) throws(Stop)
  func finish() throws(Stop) -> [BagEntry]
}

extension Stop {
  package static func defect(inPackages found: String) -> Stop {
    Stop(
      .internalError, at: "packages", expected: "one after the other", found: found,
      remedy: "This is a defect of cardlink: please report it.")
  }
}
