// Ed25519 keys and signatures: how a facility knows that a package is ours.
// Invariant: keys stand on disk as PEM (PKCS #8 and SubjectPublicKeyInfo after RFC 8410), so that openssl reads and
// checks all of it; a private key is never read from a file that others may read, and never written over.
// Load: one signature per package, some twenty thousand a second.

import Crypto
import Files
import Foundation
import Glibc
package import Values

/// A private key that signs.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey
  /// What stands before the 32 bytes in PKCS #8.
  private static let head: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]

  /// A new key that nobody else has.
  package init() { key = Curve25519.Signing.PrivateKey() }

  /// Reads a key that ``write(to:)`` or `openssl genpkey -algorithm ed25519` wrote.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if there is none, it is another kind of file, or others may read it.
  package init(file path: String) throws(Stop) {
    func stop(_ expected: String, _ found: String, _ remedy: String) -> Stop {
      Stop(.pipelineWrong, at: path, expected: expected, found: found, remedy: remedy)
    }
    guard let text = try Folder.read(path) else {
      throw stop("the key that signs packages", "no such file", "Make one: cardlink keys new \(path)")
    }
    var info = stat()
    guard unsafe stat(path, &info) == 0, info.st_mode & 0o077 == 0 else {
      throw stop("a key that only its owner may read", "one that others may read", "chmod 600 \(path)")
    }
    guard let bytes = PEM.bytes(in: text, label: "PRIVATE KEY"), bytes.count == 48,
      bytes.starts(with: Self.head),
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.dropFirst(16))
    else {
      throw stop(
        "an Ed25519 private key as PEM", "another file", "Make a new one: cardlink keys new ANOTHER-FILE")
    }
    self.key = key
  }

  package var verifying: VerifyingKey { VerifyingKey(key.publicKey) }

  /// The 64 bytes of a signature.
  package func signature(of text: String) throws(Stop) -> [UInt8] {
    do {
      return Array(try key.signature(for: Data(text.utf8)))
    } catch {
      throw Stop(
        .internalError, at: "signing key", expected: "a signature", found: "none", remedy: "Report this.")
    }
  }

  /// Writes the key, for its owner alone, and its public half beside it with `.pub` at its end.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if one of them stands there already.
  package func write(to path: String) throws(Stop) {
    try KeyFile.write(
      private: PEM.text(Self.head + Array(key.rawRepresentation), label: "PRIVATE KEY"),
      public: verifying.pem,
      to: path,
      remedy: "A key is never written over: packages signed with it could not be checked any more.",
      next: "cardlink keys new ANOTHER-FILE")
  }
}

/// A public key that checks signatures.
package struct VerifyingKey: Sendable {
  private let key: Curve25519.Signing.PublicKey
  /// What stands before the 32 bytes in SubjectPublicKeyInfo.
  private static let head: [UInt8] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0]

  fileprivate init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

  /// Reads a public key as PEM, exactly as ``pem`` writes it but for line ends; nil for anything else.
  package init?(pem text: String) {
    guard let bytes = PEM.bytes(in: text, label: "PUBLIC KEY"), bytes.count == 44,
      bytes.starts(with: Self.head),
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes.dropFirst(12))
    else { return nil }
    self.key = key
  }

  package var pem: String { PEM.text(Self.head + Array(key.rawRepresentation), label: "PUBLIC KEY") }

  /// SHA-256 of the 32 bytes: what one reads out on the telephone.
  package var fingerprint: String {
    var digest = Digest()
    digest.update(Array(key.rawRepresentation).span.bytes)
    return digest.text
  }

  package func isSignature(_ signature: [UInt8], of text: [UInt8]) -> Bool {
    key.isValidSignature(signature, for: text)
  }
}

/// The text form of keys, RFC 7468.
private enum PEM {
  static func text(_ bytes: [UInt8], label: String) -> String {
    let lines = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n"
  }

  static func bytes(in text: String, label: String) -> [UInt8]? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: true).map {
      $0.hasSuffix("\r") ? String($0.dropLast()) : String($0)
    }
    guard lines.count >= 3, lines.removeFirst() == "-----BEGIN \(label)-----",
      lines.removeLast() == "-----END \(label)-----"
    else { return nil }
    return Data(base64Encoded: lines.joined()).map { Array($0) }
  }
}
