// The key with which a consumer's pseudonyms are made: HMAC-SHA-256 of a person's number, 128 bits of it in base32.
// Invariant: two consumers never get the same pseudonym of a person, even with the same key, because the consumer's name is
// part of what is hashed. Without the key a pseudonym tells nothing, and with it everything: only some ten billion numbers
// are plausible.
// Load: one for each confirmed person, some microseconds.

import Crypto
import Files
import Foundation
package import Values

package struct PairwiseKey: Sendable {
  private let key: SymmetricKey
  private let prefix: Data

  /// Reads a consumer's key.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if there is none.
  package init(file path: String, consumer: String) throws(Stop) {
    let text = (try Folder.read(path) ?? "").filter { !$0.isWhitespace }
    guard text.utf8.count == 64, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else {
      throw Stop(
        .pipelineWrong, at: path, expected: "the key of a consumer's pseudonyms, 64 hexadecimal digits",
        found: try Folder.exists(path) ? "something else" : "no such file",
        remedy:
          "Bring it back from where it is kept; or make a new one, which gives everybody a new pseudonym: "
          + "cardlink keys pairwise \(path)")
    }
    key = SymmetricKey(data: Data(text.utf8))
    prefix = Data("cardlink/1/\(consumer)/".utf8)
  }

  /// The pseudonym of a person: 26 small letters and digits.
  package func pseudonym(of id: PersonalID) -> String {
    let code = HMAC<SHA256>.authenticationCode(for: prefix + Data(id.text.utf8), using: key)
    let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(26)
    var (bits, count) = (0, 0)
    for byte in code.prefix(16) {
      bits = bits << 8 | Int(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(letters[bits >> count & 31])
      }
      bits &= 1 << count - 1
    }
    text.append(letters[bits << (5 - count) & 31])
    return String(decoding: text, as: UTF8.self)
  }

  /// Makes a key and writes it to a new file, mode 0600.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if the file exists.
  package static func make(at path: String) throws(Stop) {
    guard try !Folder.exists(path) else {
      throw Stop(
        .cannotCreate, at: path, expected: "no such file", found: "one",
        remedy: "A key is never written over: the consumer could not recognise its pseudonyms any more.",
        next: "cardlink keys pairwise --help")
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(Digest.newKey() + "\n", to: path)
  }
}
