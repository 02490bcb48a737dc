// Who may do what: every role tries every route, and what is refused before a role is asked for.

import Foundation
import Testing
import Values
@testable import Console

@Suite("Roles and routes")
struct RouteTests {
  /// The whole table, written out once more: a route that is added or opened by mistake differs from it.
  static let table: [Route: Set<Role>] = [
    .tonight: [.viewer, .officer, .supervisor], .events: [.viewer, .officer, .supervisor],
    .runs: [.viewer, .officer, .supervisor], .run: [.viewer, .officer, .supervisor],
    .report: [.viewer, .officer, .supervisor], .facilities: [.viewer, .officer, .supervisor],
    .facility: [.viewer, .officer, .supervisor],
    .act: [.supervisor], .start: [.supervisor], .compare: [.supervisor], .job: [.officer, .supervisor],
    .findings: [.officer, .supervisor], .export: [.officer, .supervisor], .person: [.officer, .supervisor],
    .findPerson: [.officer, .supervisor], .work: [.officer], .decide: [.officer], .skip: [.officer],
    .decided: [.officer], .undo: [.officer], .rehearse: [.officer], .audit: [.auditor],
    .findAudit: [.auditor], .card: [.clerk], .checkCard: [.clerk],
  ]

  @Test(
    "every role tries every route: 403, or what the route answers", arguments: Role.allCases, Route.allCases)
  func every(role: Role, route: Route) throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([role])
    let target = sample.path(route)
    let answer = route.method == .get ? sample.get(target, cookie) : sample.post(target, cookie)
    let isAllowed = try #require(Self.table[route]).contains(role)
    #expect((answer.status == 403) == !isAllowed, "\(answer.status)")
    // Without a session nothing is answered.
    let without = route.method == .get ? sample.get(target, nil) : sample.post(target, nil)
    #expect(without.status == 401)
    #expect(answer.value("content-security-policy")?.contains("unsafe") == (route == .report && isAllowed))
  }

  @Test("a page shows only the links that its roles may follow", arguments: Role.allCases)
  func links(role: Role) throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([role])
    let home = try #require(sample.get("/", cookie).value("location"))
    let page = sample.get(home, cookie)
    #expect(page.status == 200)
    let links = page.text.matches(of: /<a href="(\/[a-z0-9-]+\/[a-z]+)"/).map { String($0.1) }
    #expect(!links.isEmpty)
    for link in links { #expect(sample.get(link, cookie).status == 200, "\(link)") }
  }

  static let refused: [(String, [(name: String, value: String)], Int)] = [
    ("a form of another site", [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")], 403),
    ("a form of a sibling site", [("sec-fetch-site", "same-site")], 403),
    ("a form with neither header", [], 403),
    ("another origin, without Sec-Fetch-Site", [("origin", "http://127.0.0.1:9999")], 403),
    ("two origins", [("origin", "http://127.0.0.1:8470"), ("origin", "http://evil.example")], 403),
    ("two Sec-Fetch-Site", [("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], 403),
    ("the origin null", [("origin", "null")], 403),
  ]

  @Test("a request that another site may have caused changes nothing", arguments: refused)
  func crossSite(name: String, headers: [(name: String, value: String)], status: Int) throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.supervisor])
    let own: [(name: String, value: String)] = [("host", SampleSite.host), ("cookie", "cardlink=\(cookie)")]
    let answer = sample.site.answer(
      Request(.post, sample.path(.start), headers: own + headers, body: Array("act=run".utf8)))
    #expect(answer.status == status, "\(name)")
    #expect(sample.site.jobs.last(of: sample.pipeline.name)?.kind != .run)
  }

  @Test("an older browser's form is taken by its origin")
  func origin() throws {
    let sample = try SampleSite.shared.get()
    let answer = sample.site.answer(
      Request(
        .post, "/language", headers: [("host", SampleSite.host), ("origin", "http://\(SampleSite.host)")],
        body: Array("to=en&back=//evil.example".utf8)))
    #expect(answer.status == 303)
    #expect(answer.value("location") == "/")
  }

  @Test(
    "a name that is pointed at this machine is refused",
    arguments: ["evil.example:8470", "127.0.0.1", "", "[::1]:1"])
  func rebinding(host: String) throws {
    let sample = try SampleSite.shared.get()
    #expect(sample.site.answer(Request(.get, "/", headers: [("host", host)])).status == 421)
    let twice: [(name: String, value: String)] = [("host", SampleSite.host), ("host", host)]
    #expect(sample.site.answer(Request(.get, "/", headers: twice)).status == 421)
  }

  @Test(
    "a path that is not the console's own is refused",
    arguments: [
      "/../etc/passwd", "/generated/..%2f..%2fetc", "/%2e%2e/", "//evil.example",
      "/generated/tonight/../audit",
      "/generated\\audit", "/\0", "/generated/TONIGHT", "/other/tonight",
    ])
  func paths(path: String) throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn(Set(Role.allCases))
    #expect(sample.get(path, cookie).status == 404)
  }

  @Test("every answer forbids frames, other scripts and caching")
  func headers() throws {
    let sample = try SampleSite.shared.get()
    for path in ["/", "/console.js", "/generated/tonight", "/metrics"] {
      let answer = sample.get(path, nil)
      let policy = try #require(answer.value("content-security-policy"))
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      #expect(answer.value("x-frame-options") == "DENY" && answer.value("cache-control") == "no-store")
    }
  }
}
