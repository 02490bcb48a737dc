// Refuses requests that another site may have caused, before anything else looks at them.
// Invariant: only listed host names are answered, so that a name that an attacker points at this address is refused. A
// request that changes something comes from a page of the console itself, by Sec-Fetch-Site or, from an older browser, by
// Origin. Paths are the console's own words: a path with another sign is refused.

struct Guard: Sendable {
  /// `127.0.0.1:8470`, in lower case.
  let hosts: Set<String>

  enum Refusal: Error {
    case host, crossSite, path
  }

  func check(_ request: Request) throws(Refusal) {
    guard let host = request.header("host")?.lowercased(), hosts.contains(host) else { throw .host }
    guard request.path.utf8.allSatisfy(Self.isPlain), !request.path.contains("..") else { throw .path }
    guard request.method == .post else { return }
    let site = request.headers.filter { $0.name == "sec-fetch-site" }.map(\.value)
    if site == ["same-origin"] { return }
    guard site.isEmpty, let origin = request.header("origin")?.lowercased(),
      origin == "http://\(host)" || origin == "https://\(host)"
    else { throw .crossSite }
  }

  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// Sent with every answer.
  static func headers(of response: Response) -> [(name: String, value: String)] {
    let own = response.headers.contains { $0.name == "content-security-policy" }
    let policy =
      own
      ? []
      : [
        (
          name: "content-security-policy",
          value: "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
            + "img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
      ]
    return policy + [
      ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"),
      ("referrer-policy", "no-referrer"), ("cache-control", "no-store"),
      ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
      ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ]
  }
}
