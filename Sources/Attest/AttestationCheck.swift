// Checks a presented attestation: offline, from the issuer's keys and status lists that came another way.
// Invariant: the answer is the first fault in a fixed order, so that equal presentations get equal answers; without a fault
// every check was made. A key binding that is not asked for is checked all the same.

/// What a checker expects.
package struct AttestationExpectation: Sendable {
  /// The issuer's keys; an older one stays among them until its last attestation has expired.
  package var keys: [PublicJWK]
  /// Seconds since 1970.
  package var now: Int
  /// Who the checker is; nil if no key binding is asked for.
  package var audience: String?
  /// The number that the checker gave the holder.
  package var nonce: String?
  /// How old a key binding may be, in seconds.
  package var bindingSeconds = 300
  /// How far clocks may differ, in seconds.
  package var skewSeconds = 60
  /// Signed status lists.
  package var lists: [String] = []
  /// How old a list may be, in seconds; nil for as old as it says itself.
  package var listSeconds: Int?

  package init(keys: [PublicJWK], now: Int) { (self.keys, self.now) = (keys, now) }
}

/// What an attestation says, or why it is refused.
package struct AttestationAnswer: Sendable, Hashable {
  package var fault: AttestationFault?
  /// What it says; empty if it is refused.
  package var claims: [String: JSONValue] = [:]
  /// Whether anybody who has it can show it: it is bound to no key.
  package var isBearer = false
  /// When its status was signed, in seconds since 1970; nil without a status.
  package var statusOf: Int?
}

package enum AttestationCheck {
  package static let type = "dc+sd-jwt"
  /// What SD-JWT VC forbids in disclosures, because a checker decides by them.
  private static let signedOnly: Set<String> = [
    "iss", "nbf", "exp", "iat", "cnf", "vct", "vct#integrity", "status", "as_of",
  ]

  package static func answer(to text: String, _ expected: AttestationExpectation) -> AttestationAnswer {
    do throws(AttestationFault) {
      return try check(text, expected)
    } catch {
      return AttestationAnswer(fault: error)
    }
  }

  private static func check(
    _ text: String, _ expected: AttestationExpectation
  ) throws(AttestationFault) -> AttestationAnswer {
    let presentation = try Presentation(text)
    let jws = presentation.jws
    guard jws.type == type, jws.payload["vct"]?.text == AttestationType.vct else { throw .otherType }
    guard let key = jws.key(among: expected.keys) else { throw .unknownKey }
    guard jws.isSigned(by: key) else { throw .signature }
    let claims = try presentation.claims()
    guard !presentation.discloses(anyOf: signedOnly), let expires = claims["exp"]?.integer else {
      throw .malformed
    }
    if let from = claims["nbf"]?.integer, from > expected.now + expected.skewSeconds { throw .notYetValid }
    guard expected.now < expires + expected.skewSeconds else { throw .expired }
    var answer = AttestationAnswer(claims: claims)
    answer.isBearer = claims["cnf"] == nil
    try checkBinding(presentation, claims, expected)
    if let status = claims["status"] { answer.statusOf = try checkStatus(status, expected) }
    return answer
  }

  private static func checkBinding(
    _ presentation: Presentation, _ claims: [String: JSONValue], _ expected: AttestationExpectation
  ) throws(AttestationFault) {
    guard let binding = presentation.keyBinding else {
      // Nobody can bind what is bound to no key: its short life has to do.
      guard expected.audience == nil || claims["cnf"] == nil else { throw .keyBindingMissing }
      return
    }
    guard let holder = claims["cnf"]?["jwk"].flatMap(PublicJWK.init), binding.type == "kb+jwt",
      binding.isSigned(by: holder, takesEdDSA: true)
    else { throw .keyBindingSignature }
    guard binding.payload["sd_hash"]?.text == presentation.boundDigest else { throw .keyBindingOther }
    if let audience = expected.audience {
      guard isAudience(binding.payload["aud"], audience) else { throw .wrongAudience }
    }
    if let nonce = expected.nonce {
      guard binding.payload["nonce"]?.text == nonce else { throw .wrongNonce }
    }
    guard let issuedAt = binding.payload["iat"]?.integer,
      issuedAt <= expected.now + expected.skewSeconds,
      expected.now - issuedAt <= expected.bindingSeconds
    else { throw .keyBindingOld }
  }

  /// - Returns: when the status was signed.
  private static func checkStatus(
    _ status: JSONValue, _ expected: AttestationExpectation
  ) throws(AttestationFault) -> Int {
    guard let place = status["status_list"]?["idx"]?.integer, place >= 0,
      let uri = status["status_list"]?["uri"]?.text
    else { throw .malformed }
    let lists = expected.lists.compactMap { StatusListToken($0) }.filter { $0.uri == uri }
    guard !lists.isEmpty else { throw .listMissing }
    // The newest that is signed; an older one may have been left beside it.
    guard
      let list = lists.filter({ $0.isSigned(byOneOf: expected.keys) }).max(by: { $0.issuedAt < $1.issuedAt })
    else { throw .listSignature }
    let ends = list.expires ?? .max
    guard expected.now < ends, expected.now - list.issuedAt <= expected.listSeconds ?? .max,
      list.issuedAt <= expected.now + expected.skewSeconds
    else { throw .listOld }
    guard place < list.bits.places else { throw .listMissing }
    guard list.bits[place] == StatusBits.valid else { throw .revoked }
    return list.issuedAt
  }
}
