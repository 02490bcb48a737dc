// Ed25519 keys and signatures, with which a facility checks that a package is ours.
// Invariant: key files are PEM (PKCS #8 and SubjectPublicKeyInfo, RFC 8410), which openssl reads and writes.
// A private key is never read from a file that others may read, and never overwritten.
// Load: one signature per package, some twenty thousand a second.

import Crypto
import CryptoExtras
import Files
import Foundation
import Glibc
package import Values

/// A private key that signs.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// A new random key.
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
    guard let attributes = try FileAttributes(of: path), attributes.rights & 0o077 == 0 else {
      throw stop("a key that only its owner may read", "one that others may read", "chmod 600 \(path)")
    }
    // The reader also accepts keys of other kinds and labels; the comparison refuses them.
    guard let key = try? Curve25519.Signing.PrivateKey(pemRepresentation: text),
      hasSameLines(key.pemRepresentation, text)
    else {
      throw stop(
        "an Ed25519 private key as PEM", "another file", "Make a new one: cardlink keys new ANOTHER-FILE")
    }
    self.key = key
  }

  package var verifying: VerifyingKey { VerifyingKey(key.publicKey) }

  /// What other keys are derived from.
  var seed: SymmetricKey { SymmetricKey(data: key.rawRepresentation) }

  /// The 64 bytes of a signature.
  package func signature(of text: String) throws(Stop) -> [UInt8] {
    do {
      return Array(try key.signature(for: Data(text.utf8)))
    } catch {
      throw Stop(
        .internalError, at: "signing key", expected: "a signature", found: "none", remedy: "Report this.")
    }
  }

  /// The signature in base64.
  package func base64Signature(of text: String) throws(Stop) -> String {
    Data(try signature(of: text)).base64EncodedString()
  }

  /// Writes the key with access for its owner only, and the public key beside it in a file that ends in
  /// `.pub`.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if one of them exists already.
  package func write(to path: String) throws(Stop) {
    try KeyFile.write(
      private: key.pemRepresentation + "\n", public: verifying.pem, to: path,
      remedy: "A key is never written over: packages signed with it could not be checked any more.",
      next: "cardlink keys new ANOTHER-FILE")
  }
}

/// A public key that checks signatures.
package struct VerifyingKey: Sendable {
  private let key: Curve25519.Signing.PublicKey

  fileprivate init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

  /// Reads a public key as PEM, exactly as ``pem`` writes it but for line ends; nil for anything else.
  package init?(pem text: String) {
    guard let key = try? Curve25519.Signing.PublicKey(pemRepresentation: text),
      hasSameLines(key.pemRepresentation, text)
    else { return nil }
    self.key = key
  }

  package var pem: String { key.pemRepresentation + "\n" }

  /// The 32 bytes in base64.
  package var base64: String { key.rawRepresentation.base64EncodedString() }

  /// SHA-256 of the 32 bytes; ``spokenFingerprint(_:)`` is how people read it.
  package var fingerprint: String { Digest.text(ofKey: key.rawRepresentation) }

  package func isSignature(_ signature: [UInt8], of text: [UInt8]) -> Bool {
    key.isValidSignature(signature, for: text)
  }
}

/// A fingerprint as people read it out on the telephone: the first 32 of its 64 hexadecimal digits, in groups of four.
///
/// Finding another key with the same 128 bits is out of reach.
package func spokenFingerprint(_ fingerprint: String) -> String {
  var spoken = ""
  for (i, digit) in fingerprint.prefix(32).enumerated() {
    if i > 0, i % 4 == 0 { spoken += " " }
    spoken.append(digit)
  }
  return spoken
}

extension Digest {
  static func text(ofKey bytes: Data) -> String {
    var digest = Digest()
    unsafe digest.update(Array(bytes).span.bytes)
    return digest.text
  }
}

/// Whether two texts have the same lines, whatever their line ends.
private func hasSameLines(_ text: String, _ other: String) -> Bool {
  text.split(whereSeparator: \.isNewline) == other.split(whereSeparator: \.isNewline)
}
