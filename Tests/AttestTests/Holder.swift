// An issuer and a holder with keys of their own, for tests: issues, chooses disclosures and presents.

import Attest
import Foundation
import Values

struct Holder {
  static let issuer = "https://issuer.example"
  static let list = "https://issuer.example/status/2026-11"
  static let now = 1_795_000_000

  var issuerKey = AttestationKey(.p256)
  var key = AttestationKey(.p256)
  var content = AttestationContent()

  init() {
    content.attributes = [
      ("personal_id", "001090000123"), ("full_name", "NGUYỄN VĂN \"AN\""), ("birth_date", "1990-03-05"),
      ("sex", "male"), ("insurance_number", "0109000012"), ("card_number", "GD4010109000012"),
      ("area_code", ""), ("facility_code", "01028"), ("five_years_from", "2024-01-01"),
    ]
    (content.asOf, content.cardValidFrom, content.cardValidTo) = ("2026-11-23", "2026-07-01", "2026-12-31")
    (content.issuedAt, content.expires) = (Self.now - 1000, Self.now + 86_400)
    content.holder = key.jwk
    content.status = (412, Self.list)
  }

  func issued() throws(Stop) -> String {
    var writer = AttestationWriter(key: issuerKey, issuer: Self.issuer)
    var text: [UInt8] = []
    try writer.append(content, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Keeps the disclosures with some names, and binds them.
  ///
  /// - Parameter change: changes what is presented before it is bound.
  func presented(
    _ issued: String, disclosing names: Set<String>, audience: String = "facility:01028",
    nonce: String = "n-1", at time: Int = Self.now, signedBy key: AttestationKey? = nil,
    change: (inout [String]) -> Void = { _ in }
  ) throws(Stop) -> String {
    let parts = issued.split(separator: "~").map(String.init)
    var kept = [parts[0]]
    for part in parts.dropFirst() {
      let name = Base64URL.bytes(of: part).flatMap(JSONValue.init)?.array?[1].text
      if let name, names.contains(name) { kept.append(part) }
    }
    change(&kept)
    let bound = kept.map { $0 + "~" }.joined()
    return bound + (try binding(of: bound, audience, nonce, time, key ?? self.key))
  }

  func binding(
    of bound: String, _ audience: String, _ nonce: String, _ time: Int, _ key: AttestationKey
  ) throws(Stop) -> String {
    let digest = (try? Presentation(bound))?.boundDigest ?? ""
    return try CompactJWS.signed(
      header: #"{"alg":"\#(key.jwk.algorithm)","typ":"kb+jwt"}"#,
      payload: #"{"iat":\#(time),"aud":"\#(audience)","nonce":"\#(nonce)","sd_hash":"\#(digest)"}"#, by: key)
  }

  /// A signed list in which some places are revoked.
  func list(revoked: [Int] = [], at time: Int = Self.now - 3600, places: Int = 1000) throws(Stop) -> String {
    var bits = StatusBits(places: places)
    for place in revoked { bits[place] = StatusBits.invalid }
    return try StatusListToken.signed(
      bits, uri: Self.list, issuedAt: time, expires: time + 30 * 86_400, timeToLive: 43_200, by: issuerKey)
  }

  func expected(_ lists: [String]) -> AttestationExpectation {
    var expected = AttestationExpectation(keys: [issuerKey.jwk], now: Self.now)
    (expected.audience, expected.nonce, expected.lists) = ("facility:01028", "n-1", lists)
    return expected
  }
}
