// The proof that a wallet has the holder's key: the key proof JWT of OpenID4VCI, `openid4vci-proof+jwt`.
// Invariant: an attestation is bound to a key (`cnf`) only after the key signed the issuer's address and a time of late.

package enum KeyProof {
  package static let type = "openid4vci-proof+jwt"
  /// How old a proof in a request file may be: wallets' files come once a day.
  package static let longestSeconds = 3 * 86_400
  package static let skewSeconds = 300

  package enum Fault: String, Error, Hashable, Sendable, CaseIterable {
    case malformed, otherKey = "other_key", signature, audience, old, future
  }

  /// Checks a proof.
  ///
  /// - Parameters:
  ///   - key: the key of the request; the proof's header may repeat it.
  ///   - audience: the issuer's address.
  ///   - now: seconds since 1970.
  package static func check(
    _ text: some StringProtocol, of key: PublicJWK, audience: String, now: Int
  ) throws(Fault) {
    guard let jws = CompactJWS(text), jws.type == type, let issuedAt = jws.payload["iat"]?.integer else {
      throw .malformed
    }
    if let inside = jws.header["jwk"], PublicJWK(inside) != key { throw .otherKey }
    guard jws.isSigned(by: key, takesEdDSA: true) else { throw .signature }
    guard isAudience(jws.payload["aud"], audience) else { throw .audience }
    guard issuedAt <= now + skewSeconds else { throw .future }
    guard now - issuedAt <= longestSeconds else { throw .old }
  }
}

/// Whether a claim `aud` names somebody: a text, or an array of texts (RFC 7519 §4.1.3).
func isAudience(_ claim: JSONValue?, _ audience: String) -> Bool {
  claim?.text == audience || claim?.array?.contains(.text(audience)) == true
}
