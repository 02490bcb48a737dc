// A signed text in the compact form of JOSE (RFC 7515): header.payload.signature.
// Invariant: a header that asks for extensions (`crit`) is refused, and an algorithm counts only if it is the key's own.

package import Values

package struct CompactJWS: Sendable {
  package let header: JSONValue
  package let payload: JSONValue
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// Reads a signed text; nil if it is none.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64URL.bytes(of: parts[0]).flatMap(JSONValue.init),
      let payload = Base64URL.bytes(of: parts[1]).flatMap(JSONValue.init),
      header.object != nil, payload.object != nil, header["crit"] == nil,
      let signature = Base64URL.bytes(of: parts[2])
    else { return nil }
    (self.header, self.payload, self.signature) = (header, payload, signature)
    signed = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
  }

  package var type: String { header["typ"]?.text ?? "" }

  /// Whether it is signed with a key.
  ///
  /// - Parameter takesEdDSA: whether the older name of Ed25519, which wallets still write, is taken.
  package func isSigned(by key: PublicJWK, takesEdDSA: Bool = false) -> Bool {
    let algorithm = header["alg"]?.text
    guard
      algorithm == key.algorithm || takesEdDSA && key.kind == .ed25519 && algorithm == "EdDSA"
    else { return false }
    return key.isSignature(signature, of: signed)
  }

  /// The one of some keys that its header names; if it names none, the first that fits.
  package func key(among keys: [PublicJWK]) -> PublicJWK? {
    guard let name = header["kid"]?.text else { return keys.first { isSigned(by: $0) } ?? keys.first }
    return keys.first { $0.thumbprint == name }
  }

  /// Signs a header and a payload.
  package static func signed(
    header: String, payload: String, by key: AttestationKey
  ) throws(Stop) -> String {
    var text: [UInt8] = []
    Base64URL.append(Array(header.utf8), to: &text)
    text.append(UInt8(ascii: "."))
    Base64URL.append(Array(payload.utf8), to: &text)
    let signature = try key.signature(of: text)
    text.append(UInt8(ascii: "."))
    Base64URL.append(signature, to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
