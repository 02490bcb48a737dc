// The key that signs attestations and status lists: P-256 (ES256), or Ed25519.
// Invariant: the file is PEM (PKCS #8), which openssl reads and writes. It is never read if others may read it, and never
// written over.
// Load: two signatures of twenty to forty microseconds for an attestation at most.

import Crypto
import CryptoExtras
import Files
import Foundation
package import Values

package struct AttestationKey: Sendable {
  private enum Private: Sendable {
    case p256(P256.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)
  }

  private let key: Private
  package let jwk: PublicJWK

  private init(_ key: Private) {
    self.key = key
    jwk =
      switch key {
      case .p256(let key): PublicJWK(key.publicKey)
      case .ed25519(let key): PublicJWK(key.publicKey)
      }
  }

  /// A new random key.
  package init(_ kind: PublicJWK.Kind) {
    self.init(
      kind == .p256 ? .p256(P256.Signing.PrivateKey()) : .ed25519(Curve25519.Signing.PrivateKey()))
  }

  /// A key from its 32 secret bytes, for vectors.
  package init?(_ kind: PublicJWK.Kind, secret: [UInt8]) {
    switch kind {
    case .p256:
      guard let key = try? P256.Signing.PrivateKey(rawRepresentation: secret) else { return nil }
      self.init(.p256(key))
    case .ed25519:
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else { return nil }
      self.init(.ed25519(key))
    }
  }

  /// Reads a key that ``write(to:)`` or `openssl genpkey` wrote.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if there is none, it is another kind of file, or others may read it.
  package init(file path: String) throws(Stop) {
    func stop(_ expected: String, _ found: String, _ remedy: String) -> Stop {
      Stop(.pipelineWrong, at: path, expected: expected, found: found, remedy: remedy)
    }
    guard let text = try Folder.read(path) else {
      throw stop(
        "the key that signs attestations", "no such file", "Make one: cardlink keys attestation \(path)")
    }
    guard let attributes = try FileAttributes(of: path), attributes.rights & 0o077 == 0 else {
      throw stop("a key that only its owner may read", "one that others may read", "chmod 600 \(path)")
    }
    if let key = try? P256.Signing.PrivateKey(pemRepresentation: text) {
      self.init(.p256(key))
    } else if let key = try? Curve25519.Signing.PrivateKey(pemRepresentation: text) {
      self.init(.ed25519(key))
    } else {
      throw stop(
        "a P-256 or Ed25519 private key as PEM", "another file",
        "Make a new one: cardlink keys attestation ANOTHER-FILE")
    }
  }

  /// The 64 bytes of a signature.
  package func signature(of bytes: [UInt8]) throws(Stop) -> [UInt8] {
    do {
      return switch key {
      case .p256(let key): [UInt8](try key.signature(for: bytes).rawRepresentation)
      case .ed25519(let key): [UInt8](try key.signature(for: bytes))
      }
    } catch {
      throw Stop(
        .internalError, at: "attestation key", expected: "a signature", found: "none", remedy: "Report this.")
    }
  }

  private var pem: (private: String, public: String) {
    switch key {
    case .p256(let key): (key.pemRepresentation, key.publicKey.pemRepresentation)
    case .ed25519(let key): (key.pemRepresentation, key.publicKey.pemRepresentation)
    }
  }

  /// Writes the key with access for its owner only, and the public key beside it in a file that ends in `.pub`.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if one of them exists already.
  package func write(to path: String) throws(Stop) {
    for taken in [path, path + ".pub"] {
      guard try Folder.exists(taken) else { continue }
      throw Stop(
        .cannotCreate, at: taken, expected: "no file of this name", found: "one",
        remedy: "A key is never written over: what it signed could not be checked any more.",
        next: "cardlink keys attestation ANOTHER-FILE")
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(pem.private + "\n", to: path)
    try Folder.writeWhole(pem.public + "\n", to: path + ".pub")
  }
}
