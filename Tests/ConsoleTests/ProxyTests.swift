// The office door: whose word counts, and which header.

import Foundation
import Seal
import Support
import Testing
import Values
@testable import Console

@Suite("The console behind a reverse proxy")
struct ProxyTests {
  static let host = "console.example.vn"
  static let requests: [(String, UInt32?, [(name: String, value: String)], Int)] = [
    ("the proxy's header", 33, [("x-remote-user", "lan")], 200),
    ("over TCP", nil, [("x-remote-user", "lan")], 401),
    ("another local user", 1000, [("x-remote-user", "lan")], 401),
    ("no header", 33, [], 401),
    ("an empty one", 33, [("x-remote-user", " ")], 401),
    ("two", 33, [("x-remote-user", "lan"), ("x-remote-user", "lan")], 401),
    ("one more with an underscore", 33, [("x-remote-user", "lan"), ("x_remote_user", "hoa")], 401),
    ("the underscore alone", 33, [("x_remote_user", "lan")], 401),
    ("mixed signs", 33, [("x-remote-user", "lan"), ("x-remote_user", "lan")], 401),
    ("an account without a line", 33, [("x-remote-user", "hung")], 401),
    ("a role of the browser's own", 33, [("x-remote-user", "lan"), ("x-remote-role", "supervisor")], 200),
  ]

  private func site() throws -> (Site, SampleSite, Workshop) {
    let (sample, workshop) = (try SampleSite.shared.get(), try Workshop())
    let file = try workshop.file("# officers\nlan: viewer\nhoa: officer supervisor\n".utf8, named: "accounts")
    let site = Site(
      [ServedPipeline(sample.pipeline, file: sample.file)], hosts: [Self.host], program: "/bin/false",
      door: .proxy(try ProxyDoor(header: "X-Remote-User", peer: 33, accountsFile: file)))
    return (site, sample, workshop)
  }

  @Test("a header counts from the proxy, once and in its own spelling", arguments: requests)
  func header(name: String, peer: UInt32?, headers: [(name: String, value: String)], status: Int) throws {
    let (site, sample, workshop) = try site()
    let answer = site.answer(
      Request(
        .get, sample.path(.tonight), headers: [("host", Self.host)] + headers, peer: peer))
    #expect(answer.status == status, "\(name)")
    // What the account may not do it may not do here either.
    let act = site.answer(
      Request(
        .post, sample.path(.start),
        headers: [("host", Self.host), ("sec-fetch-site", "same-origin")] + headers, peer: peer))
    #expect(act.status == (status == 200 ? 403 : 401))
    withExtendedLifetime(workshop) {}
  }

  @Test("links and cookies sign no one in there")
  func links() throws {
    let (site, sample, workshop) = try site()
    let secret = site.sessions.newLink(for: "eve", Set(Role.allCases))
    #expect(
      site.answer(Request(.get, "/sign-in?token=\(secret)", headers: [("host", Self.host)])).status == 401)
    let cookie: [(name: String, value: String)] = [("host", Self.host), ("cookie", "cardlink=proxy/hoa")]
    #expect(site.answer(Request(.get, sample.path(.tonight), headers: cookie, peer: 33)).status == 401)
    withExtendedLifetime(workshop) {}
  }

  @Test(
    "a line of the accounts file that can't be read is named",
    arguments: ["lan", "lan: boss", ": viewer", "lan:"])
  func accounts(line: String) throws {
    let workshop = try Workshop()
    let file = try workshop.file("hoa: viewer\n\(line)\n".utf8)
    let stop = #expect(throws: Stop.self) { try Accounts(file: file) }
    #expect(stop?.finding.origin.line == 2)
  }
}
