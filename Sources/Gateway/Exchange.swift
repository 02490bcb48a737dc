// A program's request and the answer to it, as values: the server outside fills in the one and sends the other.
// Invariant: a body has at most 16 KiB. A header that is given twice is refused and never chosen from.

import Foundation
package import Desk

/// A request, as it came over HTTP.
package struct GateRequest: Sendable {
  package static let mostBodyBytes = 16 << 10

  package var method: String
  /// Without the query.
  package var path: String
  package var query: String
  /// All values of these headers.
  package var contentType: [String]
  package var authorization: [String]
  package var body: [UInt8]

  /// - Parameter target: the path, and the query after a question mark.
  package init(
    _ method: String, _ target: String, contentType: [String] = [], authorization: [String] = [],
    body: [UInt8] = []
  ) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    (self.method, path, query) = (method, String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
    (self.contentType, self.authorization, self.body) = (contentType, authorization, body)
  }
}

/// An answer that needs no card.
package struct GateResponse: Hashable, Sendable {
  package static let json = "application/json; charset=utf-8"

  package var status: Int
  package var contentType = Self.json
  /// `allow`, `retry-after` or `www-authenticate`, where the status asks for one.
  package var header: [String] = []
  package var body: [UInt8]

  init(_ status: Int, _ contentType: String = Self.json, header: [String] = [], body: [UInt8]) {
    (self.status, self.contentType, self.header, self.body) = (status, contentType, header, body)
  }

  /// A refusal in the gateway's form.
  package init(
    _ status: Int, code: String, _ vietnamese: String, _ english: String, header: [String] = []
  ) {
    self.init(
      status, header: header,
      body: Array("{\"maKetQua\":\"\(code)\",\"ghiChu\":\"\(vietnamese) · \(english)\"}\n".utf8))
  }
}

/// What becomes of a request.
package enum GateReply: Sendable {
  case done(GateResponse)
  /// A worker answers it.
  case ask(GateQuestion)
}

/// The fields of a form or a query; nil for a wrong escape or a name that is given twice.
func formFields(_ text: String) -> [String: String]? {
  var fields: [String: String] = [:]
  for pair in text.split(separator: "&") {
    let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
      $0.replacing("+", with: " ").removingPercentEncoding
    }
    guard let name = parts[0], let value = parts.count == 2 ? parts[1] : "", fields[name] == nil else {
      return nil
    }
    fields[name] = value
  }
  return fields
}
