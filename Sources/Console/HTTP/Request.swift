// A request to the console and its answer, as values: the server outside fills in the one and sends the other.
// Invariant: a form has at most 64 KiB, and each name once; of a name that is given twice, the first counts.

package import Values

/// A request, as it came over HTTP.
package struct Request: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  package static let mostBodyBytes = 64 << 10

  package var method: Method
  /// Without the query.
  package var path: String
  package var query: Form
  /// Names in lower case.
  package var headers: [(name: String, value: String)]
  package var form: Form
  /// The user of the process at the other end of the Unix socket; nil over TCP.
  package var peer: UInt32?

  package init(
    _ method: Method, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
    peer: UInt32? = nil
  ) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    (self.method, self.peer) = (method, peer)
    path = String(parts[0])
    query = Form(parts.count == 2 ? Array(parts[1].utf8) : [])
    self.headers = headers
    form = method == .post ? Form(body) : Form([])
  }

  /// The value of a header that is given once; nil for none and for several.
  package func header(_ name: String) -> String? {
    let values = headers.filter { $0.name == name }
    return values.count == 1 ? values[0].value : nil
  }

  /// The value of a cookie.
  package func cookie(_ name: String) -> String? {
    for header in headers where header.name == "cookie" {
      for pair in header.value.split(separator: ";") {
        let parts = pair.split(separator: "=", maxSplits: 1).map { $0.trimmed }
        if parts.count == 2, parts[0] == name { return parts[1] }
      }
    }
    return nil
  }
}

/// The fields of a form or a query.
package struct Form: Sendable {
  private var fields: [(name: String, value: String)] = []

  /// Reads `application/x-www-form-urlencoded`.
  package init(_ bytes: [UInt8]) {
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? Self.decoded(parts[1]) : ""
      fields.append((Self.decoded(parts[0]), value.trimmed))
    }
  }

  /// The value of a field; nil if it is absent or empty.
  package subscript(name: String) -> String? {
    fields.first { $0.name == name }.flatMap { $0.value.isEmpty ? nil : $0.value }
  }

  package func number(_ name: String) -> Int? { self[name].flatMap { Int($0) } }

  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    var i = bytes.startIndex
    while i < bytes.endIndex {
      if bytes[i] == UInt8(ascii: "%"), i + 2 < bytes.endIndex,
        let byte = UInt8(String(decoding: bytes[i + 1...i + 2], as: UTF8.self), radix: 16)
      {
        text.append(byte)
        i += 3
      } else {
        text.append(bytes[i] == UInt8(ascii: "+") ? 0x20 : bytes[i])
        i += 1
      }
    }
    // A control character has no place in any field.
    return String(decoding: text.filter { $0 >= 0x20 || $0 == 0x0A }, as: UTF8.self)
  }

  /// A query or a body with these fields.
  package static func text(_ fields: [(String, String)]) -> String {
    fields.filter { !$0.1.isEmpty }.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
  }

  private static func encoded(_ text: String) -> String {
    var out = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        out.append(Character(UnicodeScalar(byte)))
      default: out += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return out
  }
}

/// What the console answers.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Pieces by number, from 0 on; nil ends them.
    case pieces(@Sendable (Int) throws(Stop) -> [UInt8]?)
    /// The state of something that changes: asked again every second, sent where it differs; nil ends the events.
    case events(@Sendable () -> String?)
  }

  package var status: Int
  package var headers: [(name: String, value: String)]
  package var body: Body

  package init(_ status: Int, _ type: String, _ body: Body) {
    self.status = status
    headers = [("content-type", type)]
    self.body = body
  }

  static func html(_ text: String, status: Int = 200) -> Response {
    Response(status, "text/html; charset=utf-8", .bytes(Array(text.utf8)))
  }

  /// Sends the browser to another page of the console.
  static func see(_ path: String) -> Response {
    var response = Response(303, "text/plain; charset=utf-8", .bytes([]))
    response.headers.append(("location", path))
    return response
  }
}
