// Presented attestations: what is genuine is taken, and each way of being wrong has its own answer.

import Foundation
import Support
import Testing
import Values

@testable import Attest

@Suite("Checks of attestations")
struct CheckTests {
  @Test("an expired attestation is refused, however right its signatures are")
  func expired() throws {
    var holder = Holder()
    holder.content.expires = Holder.now - 61
    let shown = try holder.presented(holder.issued(), disclosing: ["full_name"])
    #expect(
      AttestationCheck.answer(to: shown, holder.expected([try holder.list()]))
        == AttestationAnswer(fault: .expired))
  }

  @Test("what is disclosed is read, and nothing else", arguments: [PublicJWK.Kind.p256, .ed25519])
  func genuine(kind: PublicJWK.Kind) throws {
    var holder = Holder()
    (holder.issuerKey, holder.key) = (AttestationKey(kind), AttestationKey(kind))
    holder.content.holder = holder.key.jwk
    let issued = try holder.issued()
    let shown = try holder.presented(issued, disclosing: ["full_name", "facility_code"])
    let answer = AttestationCheck.answer(to: shown, holder.expected([try holder.list(revoked: [411, 413])]))
    #expect(answer.fault == nil && !answer.isBearer && answer.statusOf == Holder.now - 3600)
    #expect(answer.claims["full_name"] == .text("NGUYỄN VĂN \"AN\""))
    #expect(answer.claims["facility_code"] == .text("01028"))
    #expect(answer.claims["personal_id"] == nil && answer.claims["_sd"] == nil)
    // All attributes, and digests beside them that belong to none; the empty one is not there.
    #expect(issued.split(separator: "~").count == 9)
    let payload = try #require(try Presentation(issued).jws.payload["_sd"]?.array).compactMap(\.text)
    #expect(payload.count == 16 && Set(payload).count == 16 && payload == payload.sorted())
  }

  /// One way of being wrong: what the holder shows, what the checker expects.
  struct Wrong: Sendable, CustomTestStringConvertible {
    var fault: AttestationFault
    var what: String
    var change: @Sendable (inout Holder, inout Wrong.Show) -> Void
    var testDescription: String { "\(fault.rawValue): \(what)" }

    struct Show {
      var audience = "facility:01028"
      var nonce = "n-1"
      var time = Holder.now
      var holderKey: AttestationKey?
      var lists: [String]?
      var text: (String) -> String = { $0 }
      var parts: (inout [String]) -> Void = { _ in }
      var expectation: (inout AttestationExpectation) -> Void = { _ in }
    }
  }

  static let wrongs: [Wrong] = [
    Wrong(fault: .malformed, what: "no tilde") { _, show in show.text = { String($0.prefix { $0 != "~" }) } },
    Wrong(fault: .malformed, what: "a disclosure twice") { _, show in show.parts = { $0.append($0[1]) } },
    Wrong(fault: .malformed, what: "the end of validity among the disclosures") { holder, _ in
      holder.content.attributes.append(("exp", "2100-01-01"))
    },
    Wrong(fault: .unknownKey, what: "another issuer") { _, show in
      show.expectation = { $0.keys = [AttestationKey(.p256).jwk] }
    },
    Wrong(fault: .signature, what: "a payload of another issue") { _, show in
      show.parts = { parts in
        var pieces = parts[0].split(separator: ".").map(String.init)
        let payload = String(decoding: Base64URL.bytes(of: pieces[1]) ?? [], as: UTF8.self)
        pieces[1] = Base64URL.text(of: Array(payload.replacing("2026-12-31", with: "2099-12-31").utf8))
        parts[0] = pieces.joined(separator: ".")
      }
    },
    Wrong(fault: .digestMissing, what: "a disclosure that was not issued") { _, show in
      show.parts = {
        $0.append(Base64URL.text(of: Array(#"["AAAAAAAAAAAAAAAAAAAAAA","sex","female"]"#.utf8)))
      }
    },
    Wrong(fault: .notYetValid, what: "before nbf") { holder, _ in
      holder.content.issuedAt = Holder.now + 61
    },
    Wrong(fault: .keyBindingMissing, what: "none") { _, show in
      show.text = { String($0[...($0.lastIndex(of: "~") ?? $0.startIndex)]) }
    },
    Wrong(fault: .keyBindingSignature, what: "another holder's") { _, show in
      show.holderKey = AttestationKey(.p256)
    },
    Wrong(fault: .keyBindingSignature, what: "of an attestation without a key") { holder, _ in
      holder.content.holder = nil
    },
    Wrong(fault: .keyBindingOther, what: "a disclosure left out after it was bound") { _, show in
      show.text = { text in
        var parts = text.split(separator: "~").map(String.init)
        parts.remove(at: 1)
        return parts.joined(separator: "~")
      }
    },
    Wrong(fault: .wrongAudience, what: "another facility") { _, show in show.audience = "facility:01029" },
    Wrong(fault: .wrongNonce, what: "an earlier number") { _, show in show.nonce = "n-0" },
    Wrong(fault: .keyBindingOld, what: "older than five minutes") { _, show in show.time = Holder.now - 301 },
    Wrong(fault: .keyBindingOld, what: "of the future") { _, show in show.time = Holder.now + 61 },
    Wrong(fault: .listMissing, what: "none") { _, show in show.lists = [] },
    Wrong(fault: .listMissing, what: "too short") { holder, show in
      show.lists = (try? holder.list(places: 408)).map { [$0] }
    },
    Wrong(fault: .listSignature, what: "of somebody else") { holder, show in
      var other = holder
      other.issuerKey = AttestationKey(.p256)
      show.lists = (try? other.list()).map { [$0] }
    },
    Wrong(fault: .listOld, what: "beyond its own end") { holder, show in
      show.lists = (try? holder.list(at: Holder.now - 31 * 86_400)).map { [$0] }
    },
    Wrong(fault: .listOld, what: "older than the checker takes") { _, show in
      show.expectation = { $0.listSeconds = 3599 }
    },
    Wrong(fault: .revoked, what: "in the list") { holder, show in
      show.lists = (try? holder.list(revoked: [412])).map { [$0] }
    },
    Wrong(fault: .revoked, what: "in the newer of two lists") { holder, show in
      show.lists = [
        try? holder.list(revoked: [412]), try? holder.list(at: Holder.now - 7200),
      ].compactMap(\.self)
    },
  ]

  @Test("each way of being wrong has an answer of its own", arguments: wrongs)
  func wrong(_ wrong: Wrong) throws {
    var holder = Holder()
    var show = Wrong.Show()
    wrong.change(&holder, &show)
    let shown = try holder.presented(
      holder.issued(), disclosing: ["full_name", "sex", "exp"], audience: show.audience, nonce: show.nonce,
      at: show.time, signedBy: show.holderKey, change: show.parts)
    var expected = holder.expected(try show.lists ?? [holder.list()])
    show.expectation(&expected)
    let answer = AttestationCheck.answer(to: show.text(shown), expected)
    #expect(answer == AttestationAnswer(fault: wrong.fault))
  }

  @Test("a type of others, or of the drafts before, is refused")
  func otherType() throws {
    let holder = Holder()
    for (type, vct) in [("vc+sd-jwt", AttestationType.vct), ("dc+sd-jwt", "urn:other:1")] {
      let text = try CompactJWS.signed(
        header: #"{"alg":"ES256","typ":"\#(type)","kid":"\#(holder.issuerKey.jwk.thumbprint)"}"#,
        payload: #"{"vct":"\#(vct)","exp":\#(Holder.now + 100)}"#, by: holder.issuerKey)
      #expect(AttestationCheck.answer(to: text + "~", holder.expected([])).fault == .otherType)
    }
  }

  @Test("no changed bit is taken, wherever it is", arguments: UInt64(0)..<40)
  func changedBits(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let holder = Holder()
    let shown = Array(try holder.presented(holder.issued(), disclosing: ["full_name", "sex"]).utf8)
    let expected = holder.expected([try holder.list()])
    #expect(
      AttestationCheck.answer(to: String(decoding: shown, as: UTF8.self), expected).fault == nil)
    for _ in 0..<25 {
      var changed = shown
      changed[Int.random(in: changed.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<7, using: &random)
      let answer = AttestationCheck.answer(to: String(decoding: changed, as: UTF8.self), expected)
      #expect(answer.fault != nil)
    }
  }

  @Test("random bytes and cut presentations never trap", arguments: UInt64(0)..<40)
  func hostile(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let holder = Holder()
    let shown = try holder.presented(holder.issued(), disclosing: ["full_name"])
    let expected = holder.expected([])
    let letters = Array("AZaz09-_.~{}[]\":,\\ \n".utf8)
    for _ in 0..<50 {
      let cut = String(shown.prefix(Int.random(in: 0..<shown.count, using: &random)))
      let noise = (0..<40).map { _ in letters.any(&random) }
      let text = cut + String(decoding: noise, as: UTF8.self)
      #expect(AttestationCheck.answer(to: text, expected).fault != nil)
    }
    let deep = String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    let nested = Base64URL.text(of: Array(#"["s","n",\#(deep)]"#.utf8))
    #expect(AttestationCheck.answer(to: shown.prefix { $0 != "~" } + "~\(nested)~", expected).fault != nil)
  }

  @Test("an attestation of its bearer needs no key binding, and says so")
  func bearer() throws {
    var holder = Holder()
    (holder.content.holder, holder.content.status) = (nil, nil)
    let answer = AttestationCheck.answer(to: try holder.issued(), holder.expected([]))
    #expect(answer.fault == nil && answer.isBearer && answer.claims["bearer"] == .boolean(true))
    #expect(answer.statusOf == nil && answer.claims["personal_id"] == .text("001090000123"))
  }

  @Test("an earlier key counts as long as it is among the keys")
  func rotation() throws {
    let (old, new) = (Holder(), Holder())
    let shown = try old.presented(old.issued(), disclosing: [])
    var expected = new.expected([try old.list()])
    #expect(AttestationCheck.answer(to: shown, expected).fault == .unknownKey)
    expected.keys.append(old.issuerKey.jwk)
    #expect(AttestationCheck.answer(to: shown, expected).fault == nil)
    // The list may be signed with the new key.
    var renewed = old
    renewed.issuerKey = new.issuerKey
    expected.lists = [try renewed.list()]
    #expect(AttestationCheck.answer(to: shown, expected).fault == nil)
  }

  @Test("a proof of possession is taken from the key's owner, for this issuer, and fresh")
  func proofs() throws {
    let (key, other) = (AttestationKey(.p256), AttestationKey(.ed25519))
    func proof(
      by signer: AttestationKey, type: String = KeyProof.type, audience: String = Holder.issuer,
      at time: Int = Holder.now, jwk: PublicJWK? = nil, algorithm: String? = nil
    ) throws -> String {
      try CompactJWS.signed(
        header:
          #"{"alg":"\#(algorithm ?? signer.jwk.algorithm)","typ":"\#(type)","jwk":\#((jwk ?? signer.jwk).json)}"#,
        payload: #"{"aud":"\#(audience)","iat":\#(time)}"#, by: signer)
    }
    func fault(_ text: String, _ key: PublicJWK) -> KeyProof.Fault? {
      do throws(KeyProof.Fault) {
        try KeyProof.check(text, of: key, audience: Holder.issuer, now: Holder.now)
        return nil
      } catch { return error }
    }
    #expect(fault(try proof(by: key), key.jwk) == nil)
    #expect(fault(try proof(by: other, algorithm: "EdDSA"), other.jwk) == nil)
    #expect(fault("", key.jwk) == .malformed)
    #expect(fault(try proof(by: key, type: "JWT"), key.jwk) == .malformed)
    #expect(fault(try proof(by: key), other.jwk) == .otherKey)
    #expect(fault(try proof(by: other, jwk: key.jwk), key.jwk) == .signature)
    #expect(fault(try proof(by: key, algorithm: "none"), key.jwk) == .signature)
    #expect(fault(try proof(by: key, audience: "https://other.example"), key.jwk) == .audience)
    #expect(fault(try proof(by: key, at: Holder.now + 301), key.jwk) == .future)
    #expect(fault(try proof(by: key, at: Holder.now - KeyProof.longestSeconds - 1), key.jwk) == .old)
  }
}
