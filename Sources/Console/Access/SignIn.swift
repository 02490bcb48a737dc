// Signing in and out, by each of the three doors: one-time links, a proxy's header, accounts of the console's own.
// Invariant: a sign-in gives a new session, whatever cookie came with it, and is in the audit log of each pipeline first. Why a
// sign-in was refused is not told, but for the wait.

import Crypto
import Desk
import Foundation
import Seal
import Values

struct SignInPage {
  var isProxied = false
  var isByLink = false
  var hasForm = false
  var hasEnded = false
  var isUsed = false
  var isWrong = false
  var isBusy = false
  var seconds: String?
  var name: String?

  init(door: Site.Door, hasEnded: Bool = false) {
    switch door {
    case .links: isByLink = true
    case .proxy: isProxied = true
    case .accounts: hasForm = true
    }
    self.hasEnded = hasEnded
  }
}

extension Site {
  var cookieName: String { isSecure ? "__Host-\(Sessions.cookie)" : Sessions.cookie }

  /// Leases are kept by a name that is not the cookie.
  static func leaseName(_ id: String) -> String { "\(SHA256.hash(data: Data(id.utf8)))" }

  /// The session of a request: by the proxy's header where there is a proxy, else by the cookie.
  func signedIn(_ request: Request) -> (id: String, session: Session)? {
    if case .proxy(let proxy) = door {
      guard let (name, roles) = try? proxy.account(of: request) else { return nil }
      return sessions.proxied(name, roles)
    }
    let isLive = request.path.hasSuffix("/tonight/events")
    guard let id = request.cookie(cookieName), let session = sessions.session(id, isActive: !isLive) else {
      return nil
    }
    if case .accounts(let accounts) = door, session.account != accounts.account(session.name) {
      sessions.end(id)
      return nil
    }
    return (id, session)
  }

  func signInPage(_ model: SignInPage, _ language: Language, status: Int) -> Response {
    page(
      "sign_in", model, title: language.text("Đăng nhập", "Sign in"), status: status, nil, language)
  }

  /// Answers what is sent to the sign-in; nil if this door has none.
  func signIn(_ request: Request, _ language: Language) -> Response? {
    switch (door, request.method) {
    case (.links, .get): signIn(byLink: request, language)
    case (.accounts(let accounts), .post): signIn(at: accounts, request, language)
    default: nil
    }
  }

  private func signIn(byLink request: Request, _ language: Language) -> Response {
    guard let secret = request.query["token"], let made = sessions.signIn(secret) else {
      var model = SignInPage(door: door)
      model.isUsed = true
      return signInPage(model, language, status: 403)
    }
    return begin(made, language)
  }

  private func signIn(at accounts: AccountDoor, _ request: Request, _ language: Language) -> Response {
    let name = request.form["name"] ?? ""
    var model = SignInPage(door: door)
    model.name = name
    do throws(AccountDoor.Refusal) {
      let account = try accounts.signIn(
        name, passphrase: Self.passphrase(request.form["passphrase"] ?? ""),
        digits: request.form["code"] ?? "")
      return begin(sessions.signIn(account), language)
    } catch {
      sessions.countRefusal()
      switch error {
      case .wrong: model.isWrong = true
      case .nowWaits:
        model.isWrong = true
        // Whoever tries may give no account's name.
        let known = accounts.account(name) != nil ? name : "unknown account"
        for served in pipelines { try? desk(served, known).note(.signInRefused) }
      case .waits(let seconds): model.seconds = language.count(seconds)
      case .busy: model.isBusy = true
      }
      return signInPage(model, language, status: model.isBusy ? 503 : model.seconds != nil ? 429 : 403)
    }
  }

  /// As it was made: words in lower case with one space between them.
  private static func passphrase(_ typed: String) -> String {
    typed.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private func desk(_ served: ServedPipeline, _ name: String) -> Desk {
    Desk(served.pipeline, for: Actor(name: name, door: .console))
  }

  /// Begins a session, which each pipeline's log has first.
  private func begin(
    _ made: (id: String, name: String, roles: Set<Role>), _ language: Language
  ) -> Response {
    do throws(Stop) {
      for served in pipelines { try desk(served, made.name).note(.signedIn) }
    } catch {
      sessions.end(made.id)
      return message(
        500, Bilingual("Không ghi được nhật ký", "The audit log can't be written"),
        Bilingual("Chưa đăng nhập. \(error.text)", "You are not signed in. \(error.text)"), language)
    }
    var response = Response.see("/")
    response.headers.append(("set-cookie", cookie(made.id)))
    return response
  }

  func signOut(_ id: String) -> Response {
    // A lease that can't be ended now ends by its time.
    for served in pipelines { try? Leases(served.pipeline.workspace).endAll(of: Self.leaseName(id)) }
    sessions.end(id)
    var response = Response.see("/")
    response.headers.append(("set-cookie", cookie("", seconds: 0)))
    return response
  }

  private func cookie(_ value: String, seconds: Int? = nil) -> String {
    "\(cookieName)=\(value); Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : "")
      + (seconds.map { "; Max-Age=\($0)" } ?? "")
  }
}
