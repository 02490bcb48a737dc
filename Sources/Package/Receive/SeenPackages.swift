// What a receiver remembers between packages: the publisher's key, pinned on first use, and the newest
// package of each recipient.
// Invariant: the file is replaced atomically; a package with a fault changes nothing in it.
//
//   cardlink seen packages 1
//   key MCowBQYDK2VwAyEA…                          the publisher's public key, base64 as in its PEM
//   package 01028 8 1 2026-11-24 5f70…             recipient, run, edition, business date, digest

import Files
import Seal
import Values

struct SeenPackages {
  private static let title = "cardlink seen packages 1"
  private let path: String
  private(set) var key: VerifyingKey?
  private var packages: [String: String] = [:]

  /// Reads the file; a missing file is an empty memory.
  ///
  /// - Throws: ``Stop`` with ``Exit/inputOutput`` if it is another kind of file.
  init(_ path: String) throws(Stop) {
    self.path = path
    guard let text = try Folder.read(path) else { return }
    var lines = text.split(separator: "\n")[...]
    guard lines.popFirst() == Self.title[...] else { throw damaged() }
    for line in lines {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == "key",
        let key = VerifyingKey(
          pem: "-----BEGIN PUBLIC KEY-----\n\(words[1])\n-----END PUBLIC KEY-----\n")
      {
        self.key = key
      } else if words.count == 6, words[0] == "package", Int(words[2]) != nil, Int(words[3]) != nil {
        packages[String(words[1])] = words[2...].joined(separator: " ")
      } else {
        throw damaged()
      }
    }
  }

  /// The newest package seen of a recipient.
  func newest(of recipient: String) -> (point: PackagePoint, asOf: String)? {
    guard let words = packages[recipient]?.split(separator: " "), let run = Int(words[0]),
      let edition = Int(words[1])
    else { return nil }
    return (PackagePoint(digest: String(words[3]), runID: run, edition: edition), String(words[2]))
  }

  /// Remembers a package without a fault.
  mutating func remember(_ verdict: PackageVerdict, _ point: PackagePoint, signedWith key: VerifyingKey?)
    throws(Stop)
  {
    if self.key == nil { self.key = key }
    packages[verdict.recipient] = "\(point.runID) \(point.edition) \(verdict.asOf) \(point.digest)"
    var text = Self.title + "\n"
    if let key = self.key {
      text += "key " + key.pem.split(separator: "\n").dropFirst().dropLast().joined() + "\n"
    }
    for (recipient, line) in packages.sorted(by: { $0.key < $1.key }) {
      text += "package \(recipient) \(line)\n"
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(text, to: path)
  }

  private func damaged() -> Stop {
    Stop(
      .inputOutput, at: path, expected: "what cardlink verify remembers", found: "something else",
      remedy: "Name another file, or move this one away: the next package's key is then pinned anew.",
      next: "cardlink verify --help")
  }
}
