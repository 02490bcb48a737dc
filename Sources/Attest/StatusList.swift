// A Token Status List (draft-ietf-oauth-status-list): a bit or more for each place, compressed and signed.
// Invariant: a place beyond the list has no status. What is decompressed is bounded, so that a small file can't fill memory.
// Load: a million places of which one in a hundred is revoked take some 14 kB.

internal import CZlib
package import Values

/// The bits of a list.
package struct StatusBits: Hashable, Sendable {
  package static let valid: UInt8 = 0
  package static let invalid: UInt8 = 1
  /// Decompressed bytes at most: 64 million places of one bit.
  private static let mostBytes = 8 << 20

  /// 1, 2, 4 or 8.
  package let bits: Int
  package private(set) var bytes: [UInt8]

  package init(places: Int, bits: Int = 1) {
    self.bits = bits
    bytes = [UInt8](repeating: 0, count: (places * bits + 7) / 8)
  }

  package var places: Int { bytes.count * 8 / bits }

  /// The status of a place, least significant bits first.
  package subscript(_ place: Int) -> UInt8 {
    get { bytes[place * bits / 8] >> UInt8(place * bits % 8) & mask }
    set {
      let (at, shift) = (place * bits / 8, UInt8(place * bits % 8))
      bytes[at] = bytes[at] & ~(mask << shift) | (newValue & mask) << shift
    }
  }

  private var mask: UInt8 { UInt8(truncatingIfNeeded: 1 << bits - 1) }

  /// As the member `lst` has it, without base64: zlib, level 9.
  package var compressed: [UInt8] {
    var count = compressBound(uLong(bytes.count))
    var made = [UInt8](repeating: 0, count: Int(count))
    let result = unsafe compress2(&made, &count, bytes, uLong(bytes.count), 9)
    precondition(result == Z_OK, "zlib has room for its bound")
    return Array(made[..<Int(count)])
  }

  /// The member `status_list`.
  package var json: String { #"{"bits":\#(bits),"lst":"\#(Base64URL.text(of: compressed))"}"# }

  /// Reads the member `status_list`; nil if it is none, or too large.
  package init?(_ value: JSONValue) {
    guard let bits = value["bits"]?.integer, [1, 2, 4, 8].contains(bits),
      let packed = value["lst"]?.text.flatMap({ Base64URL.bytes(of: $0) }),
      let bytes = Self.decompressed(packed)
    else { return nil }
    (self.bits, self.bytes) = (bits, bytes)
  }

  private static func decompressed(_ packed: [UInt8]) -> [UInt8]? {
    var room = max(1024, min(mostBytes, packed.count * 16))
    while true {
      var bytes = [UInt8](repeating: 0, count: room)
      var (made, taken) = (uLongf(room), uLong(packed.count))
      let result = unsafe uncompress2(&bytes, &made, packed, &taken)
      if result == Z_OK { return taken == packed.count ? Array(bytes[..<Int(made)]) : nil }
      guard result == Z_BUF_ERROR, room < mostBytes else { return nil }
      room = min(mostBytes, room * 4)
    }
  }
}

/// A signed list.
package struct StatusListToken: Sendable {
  package static let type = "statuslist+jwt"

  package let uri: String
  package let issuedAt: Int
  package let expires: Int?
  /// Seconds for which a copy may be used.
  package let timeToLive: Int?
  package let bits: StatusBits
  private let jws: CompactJWS

  /// Reads a list; nil if it is none.
  package init?(_ text: some StringProtocol) {
    guard let jws = CompactJWS(text), jws.type == Self.type, let uri = jws.payload["sub"]?.text,
      let issuedAt = jws.payload["iat"]?.integer,
      let bits = jws.payload["status_list"].flatMap(StatusBits.init)
    else { return nil }
    (self.jws, self.uri, self.issuedAt, self.bits) = (jws, uri, issuedAt, bits)
    expires = jws.payload["exp"]?.integer
    timeToLive = jws.payload["ttl"]?.integer
  }

  package func isSigned(byOneOf keys: [PublicJWK]) -> Bool {
    guard let key = jws.key(among: keys) else { return false }
    return jws.isSigned(by: key)
  }

  /// Signs a list.
  package static func signed(
    _ bits: StatusBits, uri: String, issuedAt: Int, expires: Int, timeToLive: Int, by key: AttestationKey
  ) throws(Stop) -> String {
    try CompactJWS.signed(
      header: #"{"alg":"\#(key.jwk.algorithm)","typ":"\#(type)","kid":"\#(key.jwk.thumbprint)"}"#,
      payload: #"{"sub":\#(jsonString(uri)),"iat":\#(issuedAt),"exp":\#(expires),"ttl":\#(timeToLive),"#
        + #""status_list":\#(bits.json)}"#,
      by: key)
  }
}
