// Writes attestations: SD-JWT VC with a digest for each attribute, and decoys among the digests.
// Invariant: each salt has 128 random bits of its own. Digests are sorted, so that their order tells nothing; the decoys hide
// how many attributes there are.
// Load: twelve thousand a second on a core with ES256; the buffers are reused.

import Crypto
import Foundation
package import Values

/// What one attestation says.
package struct AttestationContent: Sendable {
  /// Name and value, each disclosed alone; empty values are left out.
  package var attributes: [(name: String, value: String)] = []
  /// The day of the data.
  package var asOf = ""
  package var cardValidFrom = ""
  /// Empty for an open end.
  package var cardValidTo = ""
  package var issuedAt = 0
  package var expires = 0
  /// The holder's key, whose proof was checked; nil for an attestation of its bearer.
  package var holder: PublicJWK?
  /// The place in a status list; nil without a status.
  package var status: (place: Int, uri: String)?

  package init() {}
}

package struct AttestationWriter {
  /// Digests of an attestation: attributes and decoys.
  private static let digestCount = 16

  private let key: AttestationKey
  private let header: [UInt8]
  private let opening: String
  private var random = RandomBytes()
  private var digests: [[UInt8]] = []
  private var disclosures: [UInt8] = []
  private var payload: [UInt8] = []
  private var array: [UInt8] = []
  private var salt = [UInt8](repeating: 0, count: 16)

  /// - Parameters:
  ///   - issuer: its address, `https://…`.
  ///   - certificates: the chain of the key, DER in base64, without its anchor; empty where there is no CA.
  package init(key: AttestationKey, issuer: String, certificates: [String] = []) {
    self.key = key
    var text =
      #"{"alg":"\#(key.jwk.algorithm)","typ":"\#(AttestationCheck.type)","kid":"\#(key.jwk.thumbprint)""#
    if !certificates.isEmpty {
      text += #","x5c":["# + certificates.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
    var header: [UInt8] = []
    Base64URL.append(Array((text + "}").utf8), to: &header)
    self.header = header
    opening = #"{"iss":\#(jsonString(issuer)),"vct":"\#(AttestationType.vct)""#
  }

  /// Appends an attestation, `JWS~disclosure~…~`.
  package mutating func append(_ content: AttestationContent, to text: inout [UInt8]) throws(Stop) {
    digests.removeAll(keepingCapacity: true)
    disclosures.removeAll(keepingCapacity: true)
    for attribute in content.attributes where !attribute.value.isEmpty {
      disclose(attribute.name, attribute.value)
    }
    while digests.count < Self.digestCount {
      random.fill(&salt)
      digests.append(Self.digest(of: salt))
    }
    digests.sort { $0.lexicographicallyPrecedes($1) }
    payload.removeAll(keepingCapacity: true)
    payload.append(contentsOf: opening.utf8)
    payload.append(
      contentsOf: #","iat":\#(content.issuedAt),"nbf":\#(content.issuedAt),"exp":\#(content.expires)"#.utf8)
    if let holder = content.holder {
      payload.append(contentsOf: #","cnf":{"jwk":\#(holder.json)}"#.utf8)
    } else {
      payload.append(contentsOf: #","bearer":true"#.utf8)
    }
    if let status = content.status {
      payload.append(
        contentsOf:
          #","status":{"status_list":{"idx":\#(status.place),"uri":\#(jsonString(status.uri))}}"#.utf8)
    }
    for (name, value) in [
      ("as_of", content.asOf), ("card_valid_from", content.cardValidFrom),
      ("card_valid_to", content.cardValidTo),
    ] where !value.isEmpty {
      payload.append(contentsOf: ",\"\(name)\":".utf8)
      appendJSON(value, to: &payload)
    }
    payload.append(contentsOf: #","_sd_alg":"sha-256","_sd":["#.utf8)
    for (i, digest) in digests.enumerated() {
      if i > 0 { payload.append(UInt8(ascii: ",")) }
      payload.append(UInt8(ascii: "\""))
      payload.append(contentsOf: digest)
      payload.append(UInt8(ascii: "\""))
    }
    payload.append(contentsOf: "]}".utf8)
    let start = text.count
    text.append(contentsOf: header)
    text.append(UInt8(ascii: "."))
    Base64URL.append(payload, to: &text)
    let signature = try key.signature(of: Array(text[start...]))
    text.append(UInt8(ascii: "."))
    Base64URL.append(signature, to: &text)
    text.append(UInt8(ascii: "~"))
    text.append(contentsOf: disclosures)
  }

  private mutating func disclose(_ name: String, _ value: String) {
    random.fill(&salt)
    array.removeAll(keepingCapacity: true)
    array.append(contentsOf: "[\"".utf8)
    Base64URL.append(salt, to: &array)
    array.append(contentsOf: "\",\"".utf8)
    array.append(contentsOf: name.utf8)
    array.append(contentsOf: "\",".utf8)
    appendJSON(value, to: &array)
    array.append(UInt8(ascii: "]"))
    let start = disclosures.count
    Base64URL.append(array, to: &disclosures)
    digests.append(Self.digest(of: Array(disclosures[start...])))
    disclosures.append(UInt8(ascii: "~"))
  }

  private static func digest(of bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(43)
    Base64URL.append(Array(SHA256.hash(data: bytes)), to: &text)
    return text
  }
}

/// Random bytes of the system, some thousand at a time.
struct RandomBytes {
  private var bytes: [UInt8] = []

  /// Fills an array with bytes that are given once.
  mutating func fill(_ array: inout [UInt8]) {
    if bytes.count < array.count {
      bytes = unsafe SymmetricKey(size: SymmetricKeySize(bitCount: 8192 * 8)).withUnsafeBytes {
        unsafe Array($0)
      }
    }
    for i in array.indices { array[i] = bytes.removeLast() }
  }

  /// A random number below a bound, each as likely as the others.
  mutating func number(below bound: Int) -> Int {
    var eight = [UInt8](repeating: 0, count: 8)
    while true {
      fill(&eight)
      let drawn = eight.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1
      let most = UInt64(1) << 63 / UInt64(bound) * UInt64(bound)
      if drawn < most { return Int(drawn % UInt64(bound)) }
    }
  }
}
