// The console: answers each request with a page, after it has looked at where the request comes from and who asks.
// Invariant: every answer about a person is asked of the desk with the session's actor, which the audit log names first. A
// refused request reads nothing. No personal number is in a path, a query or a log.
// Load: some dozen officers at once; blocking, so the server calls it from threads that may wait.

import Desk
import Foundation
package import Pipeline
import Seal
import Synchronization
import Values

/// A pipeline as the console serves it.
package struct ServedPipeline: Sendable {
  package var pipeline: Pipeline
  /// The file, as commands name it.
  package var file: String

  package init(_ pipeline: Pipeline, file: String) { (self.pipeline, self.file) = (pipeline, file) }
}

package final class Site: Sendable {
  /// How persons sign in.
  package enum Door: Sendable {
    /// One-time links.
    case links
    /// A reverse proxy, which names the account.
    case proxy(ProxyDoor)
    /// Accounts of the console's own.
    case accounts(AccountDoor)
  }

  let pipelines: [ServedPipeline]
  package let sessions: Sessions
  let jobs: Jobs
  let door: Door
  /// Whether browsers come by TLS.
  let isSecure: Bool
  private let guardian: Guard
  private let lists = Mutex<[String: FindingList]>([:])
  private let packageLists = Mutex<[String: PackageList]>([:])

  /// - Parameters:
  ///   - hosts: the names and ports under which browsers may ask.
  ///   - program: the command `cardlink`.
  ///   - isSecure: whether browsers come by TLS.
  package init(
    _ pipelines: [ServedPipeline], hosts: Set<String>, program: String, idle: Duration = .seconds(900),
    door: Door = .links, isSecure: Bool = false
  ) {
    (self.door, self.isSecure) = (door, isSecure)
    self.pipelines = pipelines
    sessions = Sessions(idle: idle)
    jobs = Jobs(program: program)
    guardian = Guard(hosts: Set(hosts.map { $0.lowercased() }))
  }

  /// Whether a pipeline's name can be a part of an address.
  package static func canServe(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy { Guard.isPlain($0) && $0 != UInt8(ascii: "/") }
      && !name.contains("..")
  }

  /// Answers one request.
  package func answer(_ request: Request) -> Response {
    var response: Response
    do {
      try guardian.check(request)
      response = routed(request)
    } catch {
      response = refusal(error, request)
    }
    response.headers += Guard.headers(of: response)
    return response
  }

  /// The findings of a pipeline's store in force, or of another run, read once for each; of other runs, the last one asked for
  /// is remembered.
  func list(_ served: ServedPipeline, _ desk: Desk, run: Int? = nil) throws(Stop) -> FindingList {
    let name = served.pipeline.name + (run == nil ? "" : " not in force")
    let list = try desk.findingList(lists.withLock { $0[name] }, run: run)
    lists.withLock { $0[name] = list }
    return list
  }

  /// The packages in force of a pipeline, read once for each publication; nil if nothing is published.
  func packages(_ served: ServedPipeline, _ desk: Desk) throws(Stop) -> PackageList? {
    let name = served.pipeline.name
    let list = try desk.packageList(packageLists.withLock { $0[name] })
    packageLists.withLock { $0[name] = list }
    return list
  }

  private func refusal(_ refusal: Guard.Refusal, _ request: Request) -> Response {
    let language = Self.language(of: request)
    switch refusal {
    case .host:
      return message(
        421, Bilingual("Tên máy chủ không được phép", "This host name is not allowed"),
        Bilingual(
          "Mở bảng điều khiển bằng đường dẫn mà lệnh đã in ra.",
          "Open the console by the link that the command printed."
        ), language)
    case .path: return notFound(language)
    case .crossSite:
      return message(
        403, Bilingual("Yêu cầu từ trang khác", "The request came from another site"),
        Bilingual(
          "Không có gì thay đổi. Hãy thao tác trên chính trang này.",
          "Nothing was changed. Use the console's own pages."),
        language)
    }
  }

  private func routed(_ request: Request) -> Response {
    let language = Self.language(of: request)
    switch (request.method, request.path) {
    case (.get, "/console.css"): return asset(PackageResources.console_css, "text/css; charset=utf-8")
    case (.get, "/console.js"): return asset(PackageResources.console_js, "text/javascript; charset=utf-8")
    case (.get, "/icon.svg"): return asset(PackageResources.icon_svg, "image/svg+xml")
    case (.get, "/metrics"):
      return Response(200, "text/plain; version=0.0.4", .bytes(Array(sessions.metrics.utf8)))
    case (.get, "/sign-in"), (.post, "/sign-in"):
      if let response = signIn(request, language) { return response }
    case (.post, "/language"): return chooseLanguage(request)
    default: break
    }
    guard let (id, session) = signedIn(request) else {
      let hasCookie = request.cookie(cookieName) != nil
      return signInPage(
        SignInPage(door: door, hasEnded: hasCookie), language,
        status: request.path == "/" && !hasCookie ? 200 : 401)
    }
    switch (request.method, request.path) {
    case (.get, "/"): return .see(home(of: session))
    case (.post, "/stay"): return Response(204, "text/plain; charset=utf-8", .bytes([]))
    case (.post, "/sign-out"):
      return signOut(id)
    default: break
    }
    let parts = request.path.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let served = pipelines.first(where: { $0.pipeline.name == parts[0] }),
      let route = Route(request.method, String(parts[1]))
    else { return notFound(language, session) }
    let visit = Visit(
      site: self, served: served, session: session, sessionID: id, route: route, request: request,
      language: language)
    guard session.may(route) else {
      return message(
        403, Bilingual("Không có quyền", "Not allowed"),
        Bilingual(
          "Vai trò của bạn không được dùng trang này.", "Your role may not use this page."), language, visit)
    }
    if route.isLookup, !sessions.mayLookUp(session.name) {
      return message(
        429, Bilingual("Tra cứu quá nhiều", "Too many look-ups"),
        Bilingual(
          "Mỗi giây chỉ thêm một lượt tra cứu. Hãy đợi một lúc rồi thử lại.",
          "One more look-up is allowed each second. Wait a little and try again."), language, visit)
    }
    do throws(Stop) {
      return try visit.answer()
    } catch {
      return visit.failure(error)
    }
  }

  // MARK: Language

  private static func language(of request: Request) -> Language {
    request.cookie("language").flatMap(Language.init(rawValue:)) ?? .vietnamese
  }

  private func chooseLanguage(_ request: Request) -> Response {
    let language = request.form["to"].flatMap(Language.init(rawValue:)) ?? .vietnamese
    let back = request.form["back"] ?? "/"
    // Only a path of this console.
    let isOwn = back.hasPrefix("/") && !back.hasPrefix("//") && !back.contains("\\") && !back.contains("\n")
    var response = Response.see(isOwn ? back : "/")
    response.headers.append(
      ("set-cookie", "language=\(language.rawValue); Path=/; SameSite=Strict; HttpOnly; Max-Age=31536000"))
    return response
  }

  /// The first page that the roles may see.
  private func home(of session: Session) -> String {
    let route = NavigationItem.all.first { session.may($0.route) }?.route ?? .tonight
    return "/\(pipelines[0].pipeline.name)/\(route.path)"
  }

  private func asset(_ bytes: [UInt8], _ type: String) -> Response { Response(200, type, .bytes(bytes)) }

  // MARK: Pages

  func notFound(_ language: Language, _ session: Session? = nil) -> Response {
    message(
      404, Bilingual("Không có trang này", "There is no such page"),
      Bilingual("Kiểm tra đường dẫn.", "Check the address."), language)
  }

  func message(
    _ status: Int, _ title: Bilingual, _ text: Bilingual, _ language: Language, _ visit: Visit? = nil
  ) -> Response {
    page(
      "message", MessagePage(title: language.text(title), text: language.text(text)),
      title: language.text(title), status: status, visit, language)
  }

  /// A whole page: a template inside the frame.
  func page(
    _ template: String, _ model: Any, title: String, status: Int = 200, refresh: Int? = nil, _ visit: Visit?,
    _ language: Language
  ) -> Response {
    let frame = Frame(
      title: title, language: language, visit: visit, idleSeconds: Int(sessions.idle / .seconds(1)),
      refresh: refresh, content: PageTemplates.render(template, model, language))
    return .html(Self.printable(PageTemplates.render("page", frame, language)), status: status)
  }

  /// Without control characters, which an export may hold.
  private static func printable(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.value {
          case 0x09, 0x0A: scalar
          case ..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
          default: scalar
          }
        }))
  }
}

struct MessagePage {
  var title: String
  var text: String
  var command: String?
}

/// One entry of the navigation.
struct NavigationItem {
  var route: Route
  var title: Bilingual

  static let all: [NavigationItem] = [
    NavigationItem(route: .tonight, title: Bilingual("Đêm nay", "Tonight")),
    NavigationItem(route: .findings, title: Bilingual("Bản ghi bị giữ", "Findings")),
    NavigationItem(route: .work, title: Bilingual("Cần quyết định", "Work list")),
    NavigationItem(route: .person, title: Bilingual("Một người", "Person")),
    NavigationItem(route: .runs, title: Bilingual("Lượt chạy", "Runs")),
    NavigationItem(route: .facilities, title: Bilingual("Cơ sở", "Facilities")),
    NavigationItem(route: .audit, title: Bilingual("Nhật ký", "Audit")),
    NavigationItem(route: .card, title: Bilingual("Tra thẻ", "Card check")),
  ]
}

/// What surrounds each page.
struct Frame {
  struct Link {
    var title: String
    var path: String
    var isCurrent: Bool
  }

  var title: String
  var lang: String
  var other: String
  var otherTitle: String
  var back: String
  var links: [Link] = []
  var pipelines: [Link] = []
  var name: String?
  var pipeline: String?
  var idleSeconds: Int
  var refresh: Int?
  var content: String

  init(
    title: String, language: Language, visit: Visit?, idleSeconds: Int, refresh: Int?, content: String
  ) {
    self.title = title
    lang = language.rawValue
    other = language == .vietnamese ? "en" : "vi"
    otherTitle = language == .vietnamese ? "English" : "Tiếng Việt"
    (self.idleSeconds, self.refresh, self.content) = (idleSeconds, refresh, content)
    back = visit.map { "/\($0.served.pipeline.name)/\($0.page.path)\($0.queryText)" } ?? "/"
    guard let visit else { return }
    name = visit.session.name
    pipeline = visit.served.pipeline.name
    links = NavigationItem.all.filter { visit.session.may($0.route) }.map {
      Link(
        title: language.text($0.title), path: "/\(visit.served.pipeline.name)/\($0.route.path)",
        isCurrent: visit.page.path.split(separator: "/")[0] == $0.route.path)
    }
    if visit.site.pipelines.count > 1 {
      pipelines = visit.site.pipelines.map {
        Link(
          title: $0.pipeline.name, path: "/\($0.pipeline.name)/\(visit.page.path.split(separator: "/")[0])",
          isCurrent: $0.pipeline.name == visit.served.pipeline.name)
      }
    }
  }
}
