// The routes of the server for programs: looks at each request, and says what is wrong with it or passes the question on.
// Invariant: nothing of a card is read for a request that is refused. The gateway's own addresses answer as the gateway does,
// with HTTP 200 and the code in the body; /card-check uses HTTP's codes.

import CardCheck
import Desk
import Foundation
import Seal
import Synchronization
package import Values

package final class GateRoutes: Sendable {
  private let clients: Clients
  private let counts = Mutex<[String: Int]>([:])
  /// The business date of what answers; nil while nothing does.
  private let asOf: @Sendable () -> CalendarDate?

  package init(_ clients: Clients, asOf: @escaping @Sendable () -> CalendarDate?) {
    (self.clients, self.asOf) = (clients, asOf)
  }

  private static let methods = [
    "/card-check": "POST", "/api/token/take": "POST", "/api/egw/KQNhanLichSuKCB2024": "POST",
    "/openapi.json": "GET", "/health": "GET", "/metrics": "GET",
  ]

  /// Looks at a request.
  package func reply(to request: GateRequest) -> GateReply {
    guard let method = Self.methods[request.path] else {
      return refused(404, "205", "Không có địa chỉ này.", "There is no such address.")
    }
    guard request.method == method else {
      return refused(
        405, "205", "Địa chỉ này chỉ nhận \(method).", "This address takes \(method) only.",
        header: ["allow", method])
    }
    switch request.path {
    case "/card-check": return cardCheck(request)
    case "/api/egw/KQNhanLichSuKCB2024": return gatewayCheck(request)
    case "/api/token/take": return .done(token(request))
    case "/openapi.json": return .done(GateResponse(200, body: PackageResources.openapi_json))
    case "/health":
      guard let asOf = asOf() else {
        return .done(GateResponse(503, body: Array("{\"status\":\"starting\"}\n".utf8)))
      }
      return .done(GateResponse(200, body: Array("{\"status\":\"ok\",\"asOf\":\"\(asOf.text)\"}\n".utf8)))
    default:
      guard bearer(request) != nil else { return unknownClient }
      return .done(GateResponse(200, "text/plain; version=0.0.4", body: Array(metrics.utf8)))
    }
  }

  /// Counts answers by their codes.
  package func count(_ codes: [String]) {
    counts.withLock { counts in for code in codes { counts[code, default: 0] += 1 } }
  }

  // MARK: Card checks

  private func cardCheck(_ request: GateRequest) -> GateReply {
    guard let client = bearer(request) else { return unknownClient }
    guard let isForm = Self.isForm(request) else {
      return refused(
        415, "205", "Chỉ nhận application/json hoặc application/x-www-form-urlencoded.",
        "Send application/json or application/x-www-form-urlencoded.")
    }
    guard clients.mayAsk(client) else { return tooMuch }
    guard let asked = Self.read(request.body, isForm: isForm), asked.isComplete else {
      return refused(
        400, "205", "Cần maThe, hoTen và ngaySinh, mỗi trường một lần, dạng chữ.",
        "Send maThe, hoTen and ngaySinh once each, as text.")
    }
    return .ask(GateQuestion(client: client.name, asked))
  }

  /// As the insurer's gateway is asked: the token in the query, and any body type.
  private func gatewayCheck(_ request: GateRequest) -> GateReply {
    let token = formFields(request.query)?["token"]
    guard let client = token.flatMap({ clients.client($0) }) ?? bearer(request) else {
      return refused(200, "401", "Chưa xác thực: lấy lại token.", "Not authenticated: take a token anew.")
    }
    guard clients.mayAsk(client) else { return tooMuch }
    let isForm = Self.isForm(request) ?? !request.body.starts(with: "{".utf8)
    guard let asked = Self.read(request.body, isForm: isForm), !asked.hasRepeats else {
      return refused(200, "205", "Nội dung không đúng khuôn dạng.", "The body has a wrong form.")
    }
    return .ask(GateQuestion(client: client.name, asked))
  }

  /// Whether the body is a form; nil for a type that is not taken, or several.
  private static func isForm(_ request: GateRequest) -> Bool? {
    guard request.contentType.count == 1 else { return nil }
    let type = request.contentType[0].prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
    return type == "application/json" ? false : type == "application/x-www-form-urlencoded" ? true : nil
  }

  private static func read(_ body: [UInt8], isForm: Bool) -> GatewayRequest? {
    var asked = GatewayRequest()
    return (isForm ? asked.read(form: body.span) : asked.read(body.span)) ? asked : nil
  }

  // MARK: Clients

  private func bearer(_ request: GateRequest) -> ClientKeys.Client? {
    guard request.authorization.count == 1, request.authorization[0].lowercased().hasPrefix("bearer ") else {
      return nil
    }
    return clients.client(request.authorization[0].dropFirst(7).trimmingCharacters(in: .whitespaces))
  }

  /// A token for a name and the MD5 of the secret, as programs ask the gateway for it.
  private func token(_ request: GateRequest) -> GateResponse {
    var fields: [String: String]?
    if Self.isForm(request) ?? !request.body.starts(with: "{".utf8) {
      fields = formFields(String(decoding: request.body, as: UTF8.self))
    } else {
      fields = try? JSONDecoder().decode([String: String].self, from: Data(request.body))
    }
    guard let name = fields?["username"], let password = fields?["password"],
      let token = clients.token(name, passwordMD5: password)
    else {
      count(["refused_401"])
      return GateResponse(
        200, code: "401", "Sai tên hoặc mật khẩu (MD5).", "The name or the password (MD5) is wrong.")
    }
    let ends = Date(timeIntervalSinceNow: Double(Clients.tokenSeconds)).formatted(.iso8601)
    // In the gateway's order: programs cut the text at the commas.
    return GateResponse(
      200,
      body: Array(
        """
        {"maKetQua":"200","APIKey":{"access_token":"\(token)","id_token":"\(token)","token_type":"Bearer",\
        "username":"\(name)","expires_in":"\(ends)"}}

        """.utf8))
  }

  // MARK: Refusals

  private func refused(
    _ status: Int, _ code: String, _ vietnamese: String, _ english: String, header: [String] = []
  ) -> GateReply {
    count(["refused_\(status == 200 ? code : String(status))"])
    return .done(GateResponse(status, code: code, vietnamese, english, header: header))
  }

  private var unknownClient: GateReply {
    refused(
      401, "401", "Chưa xác thực: gửi Authorization: Bearer với mã của máy.",
      "Not authenticated: send Authorization: Bearer with the client's secret.",
      header: ["www-authenticate", "Bearer"])
  }

  private var tooMuch: GateReply {
    refused(
      429, "101", "Tra cứu quá nhiều: đợi một giây rồi hỏi lại.", "Too many questions: wait a second.",
      header: ["retry-after", "1"])
  }

  /// The counts as Prometheus reads them; no client is in them.
  private var metrics: String {
    let counts = counts.withLock { $0 }.sorted { $0.key < $1.key }
    func lines(_ name: String, _ label: String, _ found: [(key: String, value: Int)]) -> String {
      (["# TYPE \(name) counter"] + found.map { "\(name){\(label)=\"\($0.key)\"} \($0.value)" } + [""])
        .joined(separator: "\n")
    }
    return lines("cardlink_serve_answers_total", "code", counts.filter { !$0.key.hasPrefix("refused_") })
      + lines(
        "cardlink_serve_refused_total", "status",
        counts.filter { $0.key.hasPrefix("refused_") }.map { (String($0.key.dropFirst(8)), $0.value) })
  }
}
