// A public key as JSON (RFC 7517), its thumbprint (RFC 7638), and the check of a signature.
// Invariant: a point that is not on the curve, and a key that brings its private part along, are refused.

import Crypto
import CryptoExtras
import Foundation

package struct PublicJWK: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case p256 = "P-256"
    case ed25519 = "Ed25519"
  }

  package let kind: Kind
  private let x: [UInt8]
  /// Empty for Ed25519.
  private let y: [UInt8]

  /// The algorithm of its signatures: RFC 7518, and RFC 9864 for Ed25519.
  package var algorithm: String { kind == .p256 ? "ES256" : "Ed25519" }

  init(_ key: P256.Signing.PublicKey) {
    let raw = [UInt8](key.rawRepresentation)
    (kind, x, y) = (.p256, Array(raw[..<32]), Array(raw[32...]))
  }

  init(_ key: Curve25519.Signing.PublicKey) { (kind, x, y) = (.ed25519, [UInt8](key.rawRepresentation), []) }

  /// Reads a key of one of the two kinds; nil for anything else.
  package init?(_ value: JSONValue) {
    guard value["d"] == nil, let curve = value["crv"]?.text, let kind = Kind(rawValue: curve),
      value["kty"]?.text == (kind == .p256 ? "EC" : "OKP"),
      let x = value["x"]?.text.flatMap({ Base64URL.bytes(of: $0) }), x.count == 32
    else { return nil }
    if let use = value["use"]?.text, use != "sig" { return nil }
    let y = value["y"]?.text.flatMap { Base64URL.bytes(of: $0) } ?? []
    switch kind {
    case .p256:
      guard y.count == 32, (try? P256.Signing.PublicKey(rawRepresentation: x + y)) != nil else { return nil }
    case .ed25519:
      guard value["y"] == nil, (try? Curve25519.Signing.PublicKey(rawRepresentation: x)) != nil else {
        return nil
      }
    }
    (self.kind, self.x, self.y) = (kind, x, y)
  }

  /// Reads a public key as PEM of either kind; nil for anything else.
  package init?(pem text: String) {
    if let key = try? P256.Signing.PublicKey(pemRepresentation: text) {
      self.init(key)
    } else if let key = try? Curve25519.Signing.PublicKey(pemRepresentation: text) {
      self.init(key)
    } else {
      return nil
    }
  }

  /// Reads the keys of a file: PEM, one key as JSON, or a set of keys (RFC 7517 §5); nil if one can't be read.
  package static func keys(in text: String) -> [PublicJWK]? {
    if let key = PublicJWK(pem: text) { return [key] }
    guard let value = JSONValue(Array(text.utf8)) else { return nil }
    let values = value["keys"]?.array ?? [value]
    let keys = values.compactMap(PublicJWK.init)
    return keys.count == values.count && !keys.isEmpty ? keys : nil
  }

  /// The members that a thumbprint covers, in their order.
  package var json: String {
    switch kind {
    case .p256:
      #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.text(of: x))","y":"\#(Base64URL.text(of: y))"}"#
    case .ed25519: #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.text(of: x))"}"#
    }
  }

  /// SHA-256 of ``json``, in base64url.
  package var thumbprint: String {
    Base64URL.text(of: Array(SHA256.hash(data: Array(json.utf8))))
  }

  /// The key with its use, algorithm and name, as a set of keys holds it.
  package var published: String {
    json.dropLast() + #","use":"sig","alg":"\#(algorithm)","kid":"\#(thumbprint)"}"#
  }

  /// A set of keys.
  package static func set(_ keys: [PublicJWK]) -> String {
    "{\"keys\":[\n" + keys.map { "  " + $0.published }.joined(separator: ",\n") + "\n]}\n"
  }

  /// Whether a signature of 64 bytes is this key's.
  package func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
    guard signature.count == 64 else { return false }
    switch kind {
    case .p256:
      guard let key = try? P256.Signing.PublicKey(rawRepresentation: x + y),
        let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
      else { return false }
      return key.isValidSignature(parsed, for: bytes)
    case .ed25519:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else { return false }
      return key.isValidSignature(signature, for: bytes)
    }
  }
}
