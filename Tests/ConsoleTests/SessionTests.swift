// Links that serve once, sessions that end, and the limit on look-ups.

import Foundation
import Testing
@testable import Console

@Suite("Sessions of the console")
struct SessionTests {
  @Test("a link signs in once")
  func once() throws {
    let sessions = Sessions(idle: .seconds(60))
    let secret = sessions.newLink(for: "a", [.viewer])
    let made = try #require(sessions.signIn(secret))
    #expect(sessions.signIn(secret) == nil)
    #expect(sessions.signIn(secret + "0") == nil && sessions.signIn("") == nil)
    #expect(sessions.session(made.id, isActive: true)?.roles == [.viewer])
  }

  @Test("a number that someone set beforehand never becomes a session")
  func fixation() throws {
    let sample = try SampleSite.shared.get()
    let chosen = String(repeating: "a", count: 64)
    let secret = sample.site.sessions.newLink(for: "a", [.viewer])
    let answer = sample.site.answer(
      Request(
        .get, "/sign-in?token=\(secret)",
        headers: [("host", SampleSite.host), ("cookie", "cardlink=\(chosen)")]))
    #expect(answer.value("set-cookie")?.contains(chosen) == false)
    #expect(sample.get("/", chosen).status == 401)
  }

  @Test("a session ends when it is idle; a page that updates by itself does not keep it")
  func idle() throws {
    let sessions = Sessions(idle: .milliseconds(300))
    let made = try #require(sessions.signIn(sessions.newLink(for: "a", [.viewer])))
    for _ in 0..<4 {
      Thread.sleep(forTimeInterval: 0.1)
      #expect(sessions.session(made.id, isActive: true) != nil)
    }
    for _ in 0..<4 {
      Thread.sleep(forTimeInterval: 0.1)
      _ = sessions.session(made.id, isActive: false)
    }
    #expect(sessions.session(made.id, isActive: true) == nil)
  }

  @Test("after a sign-out the cookie is worth nothing")
  func signOut() throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.viewer])
    #expect(sample.post("/sign-out", cookie).status == 303)
    #expect(sample.get("/", cookie).status == 401)
  }

  @Test("more look-ups than an officer makes are refused and counted")
  func limit() {
    let sessions = Sessions(idle: .seconds(60))
    let allowed = (0..<100).count { _ in sessions.mayLookUp("a") }
    #expect((60...62).contains(allowed))
    #expect(sessions.metrics.contains("cardlink_console_lookups_total 100"))
    #expect(sessions.metrics.contains("cardlink_console_lookups_refused_total \(100 - allowed)"))
    #expect(sessions.mayLookUp("b"))
  }
}
