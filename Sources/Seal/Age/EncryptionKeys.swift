// X25519 keys in age's text form: public keys to encrypt packages to, private keys to read them with.
// Invariant: a key is accepted only in its canonical form with a right checksum. A private key is never read
// from a file that others may read, and never overwritten, and no message contains it.
// Load: one key for each of 13,000 facilities.
//
// Source: age-encryption.org/v1, "The X25519 recipient type".

import Crypto
import Files
import Foundation
import Glibc
package import Values

/// A facility's public key, `age1…`.
package struct EncryptionKey: Hashable, Sendable {
  let bytes: [UInt8]
  private static let prefix = "age"

  fileprivate init(_ key: Curve25519.KeyAgreement.PublicKey) { bytes = Array(key.rawRepresentation) }

  /// Reads a key as `age-keygen` shows it; nil for anything else.
  package init?(_ text: String) {
    guard text == text.lowercased(), let bytes = Bech32.bytes(in: text, prefix: Self.prefix),
      bytes.count == 32
    else { return nil }
    self.bytes = bytes
  }

  package var text: String { Bech32.text(Self.prefix, bytes) }

  /// SHA-256 of the 32 bytes, as for keys that sign.
  package var fingerprint: String { Digest.text(ofKey: Data(bytes)) }
}

/// A facility's private key, `AGE-SECRET-KEY-1…`.
package struct DecryptionKey: Sendable {
  let key: Curve25519.KeyAgreement.PrivateKey
  private static let prefix = "age-secret-key-"

  /// A new random key.
  package init() { key = Curve25519.KeyAgreement.PrivateKey() }

  /// Reads a key as `age-keygen` writes it; nil for anything else.
  package init?(_ text: String) {
    guard text == text.uppercased(), let bytes = Bech32.bytes(in: text, prefix: Self.prefix),
      let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
    else { return nil }
    self.key = key
  }

  package var encryption: EncryptionKey { EncryptionKey(key.publicKey) }
  private var text: String { Bech32.text(Self.prefix, Array(key.rawRepresentation)).uppercased() }

  /// Reads the keys of a file written by ``write(to:)`` or `age-keygen`.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if there is none, it is another kind of file, or others
  ///   may read it.
  package static func all(inFile path: String) throws(Stop) -> [DecryptionKey] {
    func stop(_ expected: String, line: Int? = nil, _ found: String, _ remedy: String) -> Stop {
      Stop(
        .exportMissing, at: path, line: line, expected: expected, found: found, remedy: remedy,
        next: "cardlink keys facility --help")
    }
    guard let text = try Folder.read(path) else {
      throw stop("the facility's private key", "no such file", "Make one: cardlink keys facility \(path)")
    }
    guard let attributes = try FileAttributes(of: path), attributes.rights & 0o077 == 0 else {
      throw stop("a key that only its owner may read", "one that others may read", "chmod 600 \(path)")
    }
    var keys: [DecryptionKey] = []
    for (i, line) in KeyFile.lines(text) {
      guard let key = DecryptionKey(line) else {
        throw stop(
          "AGE-SECRET-KEY-1…", line: i, line.hasPrefix("age1") ? "a public key" : "something else",
          "Name the file that age-keygen or cardlink keys facility wrote.")
      }
      keys.append(key)
    }
    guard !keys.isEmpty else {
      throw stop("AGE-SECRET-KEY-1…", "no key", "Name the file that cardlink keys facility wrote.")
    }
    return keys
  }

  /// Writes the key with access for its owner only, and the public key beside it in a file that ends in
  /// `.pub`.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if one of them exists already.
  package func write(to path: String) throws(Stop) {
    try KeyFile.write(
      private: "# public key: \(encryption.text)\n\(text)\n", public: encryption.text + "\n", to: path,
      remedy: "A key is never written over: packages encrypted to it could not be read any more.",
      next: "cardlink keys facility ANOTHER-FILE")
  }
}

/// The two files of a key.
package enum KeyFile {
  /// The lines that are neither comments nor empty, with their numbers.
  package static func lines(_ text: String) -> [(number: Int, text: String)] {
    // Split by bytes, because Swift takes a carriage return and a line feed as one character.
    text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap {
      i, line in
      let line = Substring(line).trimmed
      return line.isEmpty || line.hasPrefix("#") ? nil : (i + 1, line)
    }
  }

  static func write(
    private key: String, public publicKey: String, to path: String, remedy: String, next: String
  ) throws(Stop) {
    for taken in [path, path + ".pub"] {
      guard try Folder.exists(taken) else { continue }
      throw Stop(
        .cannotCreate, at: taken, expected: "no file of this name", found: "one", remedy: remedy, next: next)
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(key, to: path)
    try Folder.writeWhole(publicKey, to: path + ".pub")
  }
}

extension StringProtocol {
  /// Without spaces and line ends at both ends.
  package var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
