// An SD-JWT (RFC 9901) as it was issued or presented: JWS~disclosure~…~, or with a key binding at its end.
// Invariant: each disclosure belongs to exactly one digest of the signed payload or of another disclosure, and each digest
// occurs once; else nothing of it is taken.

import Crypto

/// One disclosure: a salt, and a member's name with its value, or an array's element.
struct Disclosure: Sendable {
  let digest: String
  /// Nil for an element of an array.
  let name: String?
  let value: JSONValue

  init?(_ text: some StringProtocol) {
    guard let items = Base64URL.bytes(of: text).flatMap(JSONValue.init)?.array, items.first?.text != nil,
      let value = items.last
    else { return nil }
    switch items.count {
    case 2: name = nil
    case 3:
      guard let text = items[1].text, text != "_sd", text != "..." else { return nil }
      name = text
    default: return nil
    }
    self.value = value
    digest = Self.digest(of: text)
  }

  static func digest(of text: some StringProtocol) -> String {
    Base64URL.text(of: Array(SHA256.hash(data: Array(text.utf8))))
  }
}

package struct Presentation: Sendable {
  package static let mostBytes = 256 << 10
  private static let deepest = 32

  package let jws: CompactJWS
  package let keyBinding: CompactJWS?
  /// The digest of all that the key binding covers.
  package let boundDigest: String
  private let disclosures: [Disclosure]

  /// Reads a presentation.
  ///
  /// - Throws: ``AttestationFault/malformed``.
  package init(_ text: String) throws(AttestationFault) {
    let text = text.drop { $0.isWhitespace }
    guard text.utf8.count <= Self.mostBytes, text.utf8.allSatisfy({ $0 < 0x80 }),
      let end = text.lastIndex(of: "~")
    else { throw .malformed }
    let parts = text[..<end].split(separator: "~", omittingEmptySubsequences: false)
    guard let first = parts.first, let jws = CompactJWS(first) else { throw .malformed }
    let binding = text[text.index(after: end)...].prefix { !$0.isWhitespace }
    if binding.isEmpty {
      keyBinding = nil
    } else {
      guard let parsed = CompactJWS(binding) else { throw .malformed }
      keyBinding = parsed
    }
    disclosures = parts.dropFirst().compactMap { Disclosure($0) }
    guard disclosures.count == parts.count - 1 else { throw .malformed }
    self.jws = jws
    boundDigest = Disclosure.digest(of: text[...end])
  }

  /// The names of what was disclosed at the top.
  private var disclosedNames: [String] { disclosures.compactMap(\.name) }

  /// Whether a disclosure has one of these names.
  package func discloses(anyOf names: Set<String>) -> Bool { disclosedNames.contains { names.contains($0) } }

  /// The payload with what is disclosed in the place of its digests (RFC 9901 §7.1).
  ///
  /// - Throws: ``AttestationFault/malformed``, or ``AttestationFault/digestMissing`` for a disclosure without a digest.
  package func claims() throws(AttestationFault) -> [String: JSONValue] {
    guard let payload = jws.payload.object else { throw .malformed }
    if let algorithm = payload["_sd_alg"], algorithm.text != "sha-256" { throw .malformed }
    var filling = Filling(disclosures)
    guard filling.byDigest.count == disclosures.count else { throw .malformed }
    var claims = try filling.object(payload, depth: 0)
    guard filling.used.count == disclosures.count else { throw .digestMissing }
    claims["_sd_alg"] = nil
    return claims
  }

  private struct Filling {
    let byDigest: [String: Disclosure]
    private var seen: Set<String> = []
    private(set) var used: Set<String> = []

    init(_ disclosures: [Disclosure]) {
      byDigest = Dictionary(disclosures.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func disclosure(_ digest: JSONValue) throws(AttestationFault) -> Disclosure? {
      guard let digest = digest.text, seen.insert(digest).inserted else { throw .malformed }
      guard let found = byDigest[digest] else { return nil }
      used.insert(digest)
      return found
    }

    mutating func object(
      _ members: [String: JSONValue], depth: Int
    ) throws(AttestationFault) -> [String: JSONValue] {
      guard depth < deepest, members["..."] == nil else { throw .malformed }
      var result: [String: JSONValue] = [:]
      for (name, member) in members where name != "_sd" {
        result[name] = try value(member, depth: depth + 1)
      }
      guard let digests = members["_sd"] else { return result }
      guard let digests = digests.array else { throw .malformed }
      for digest in digests {
        guard let found = try disclosure(digest) else { continue }
        guard let name = found.name, result[name] == nil else { throw .malformed }
        result[name] = try value(found.value, depth: depth + 1)
      }
      return result
    }

    private mutating func value(_ value: JSONValue, depth: Int) throws(AttestationFault) -> JSONValue {
      switch value {
      case .object(let members): return .object(try object(members, depth: depth))
      case .array(let items):
        guard depth < deepest else { throw .malformed }
        var result: [JSONValue] = []
        for item in items {
          guard let digest = item["..."] else {
            result.append(try self.value(item, depth: depth + 1))
            continue
          }
          guard item.object?.count == 1 else { throw .malformed }
          guard let found = try disclosure(digest) else { continue }
          guard found.name == nil else { throw .malformed }
          result.append(try self.value(found.value, depth: depth + 1))
        }
        return .array(result)
      default: return value
      }
    }
  }
}
