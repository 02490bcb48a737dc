// Findings by pages and the work list: what officers see, decide and undo, and that two of them never get the same record.

import Foundation
import Store
import Support
import Synchronization
import Testing
import Values
import Workspace
@testable import Console
@testable import Desk

@Suite("Findings and the work list", .serialized)
struct WorkTests {
  @Test("counts and rows of every filter are those of a slow count over the CSV", arguments: UInt64(0)..<30)
  func filters(seed: UInt64) throws {
    let sample = try SampleSite.shared.get()
    var random = SeededGenerator(seed)
    let desk = Desk(sample.pipeline, for: Actor(name: "test", door: .console))
    let list = try desk.findingList()
    var all: [StoredFinding] = []
    try desk.findings().forEach { all.append($0) }
    var filter = FindingList.Filter()
    if random.chance(2) { filter.outcome = Outcome.ofInsurance.randomElement(using: &random) }
    if random.chance(3) { filter.reason = Reason.allCases.randomElement(using: &random) }
    if random.chance(3) { filter.export = ExportKind.allCases.randomElement(using: &random) }
    if random.chance(3) {
      filter.birthPlace = all.compactMap { $0.personalID.map { String($0.prefix(3)) } }.randomElement(
        using: &random)
    }
    func admits(_ finding: StoredFinding, _ filter: FindingList.Filter) -> Bool {
      let words = (finding.reasons ?? "").split(separator: ",").map(String.init)
      return (filter.outcome == nil || finding.outcome == filter.outcome?.name)
        && (filter.reason == nil || words.contains(filter.reason?.word ?? ""))
        && (filter.export == nil || finding.export == filter.export?.name)
        && (filter.birthPlace == nil || finding.personalID?.hasPrefix(filter.birthPlace ?? "") == true)
    }
    let expected = all.filter { admits($0, filter) }
    let rows = list.rows(filter)
    #expect(try desk.page(rows[...], of: list) == expected)
    let counts = list.counts(filter)
    #expect(counts.total == expected.count)
    for outcome in Outcome.ofInsurance {
      var other = filter
      other.outcome = outcome
      #expect(counts.outcomes[outcome, default: 0] == all.count { admits($0, other) })
    }
  }

  @Test("the CSV is the command's, byte for byte")
  func csv() throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.officer])
    let answer = sample.post(sample.path(.export), cookie)
    #expect(answer.value("content-disposition")?.contains("attachment") == true)
    #expect(try answer.text == Program.run(["findings", sample.file, "--output", "csv"]))
  }

  @Test("findings page by page are all findings, each once")
  func pages() throws {
    let sample = try SampleSite.shared.get()
    let cookie = try sample.signIn([.officer])
    var seen = 0
    var next: String? = sample.path(.findings)
    while let target = next {
      let page = sample.get(target, cookie)
      seen += page.text.matches(of: /<tr><th scope="row">/).count
      next = page.text.firstMatch(of: /rel="next" href="([^"]*)"/).map {
        String($0.1).replacing("&amp;", with: "&")
      }
    }
    let desk = Desk(sample.pipeline, for: Actor(name: "test", door: .console))
    #expect(seen == (try desk.findings().count()))
  }

  private func fields(_ page: Response, _ verdict: String) throws -> [(String, String)] {
    [
      ("row", try #require(page.field("row"))), ("run", try #require(page.field("run"))),
      ("digest", try #require(page.field("digest"))), ("verdict", verdict), ("other", "giấy khai sinh"),
    ]
  }

  @Test(
    "a decision is in the book with the officer's name, its audit line says who and how, and it can be undone"
  )
  func decides() throws {
    let sample = try SampleSite()
    let cookie = try sample.signIn([.officer], name: "tran.c")
    let page = sample.get(sample.path(.work) + "?outcome=disputed", cookie)
    let recorded = sample.submit(sample.path(.decide), cookie, try fields(page, "accept"))
    #expect(recorded.text.contains("Recorded: accepted."))
    let book = try DecisionBook(sample.pipeline.workspace)
    #expect(
      book.inForce.count == 1 && book.acts[0].by == "tran.c" && book.entries[0].because == "giấy khai sinh")
    let line = try #require(
      try Audit(sample.pipeline.workspace).reading().lines.last { $0.event == "decided" })
    #expect(line.user == "tran.c" && line.door == "console" && line.person != nil)
    // The same record is not shown again.
    #expect(recorded.field("row") != page.field("row"))
    #expect(sample.get(sample.path(.decided), cookie).text.contains("tran.c"))
    #expect(sample.submit(sample.path(.undo), cookie, [("number", "1")]).status == 200)
    #expect(try DecisionBook(sample.pipeline.workspace).inForce.isEmpty)
    let again = sample.post(sample.path(.undo), cookie, [("number", "1")])
    #expect(again.status == 404)
  }

  @Test("many officers at once never get the same record", arguments: [8])
  func leases(officers: Int) throws {
    let sample = try SampleSite()
    let cookies = try (0..<officers).map { try sample.signIn([.officer], name: "officer \($0)") }
    let found = Mutex<[Int: String]>([:])
    DispatchQueue.concurrentPerform(iterations: officers) { i in
      let row = sample.get(sample.path(.work), cookies[i]).field("row")
      found.withLock { $0[i] = row }
    }
    let rows = found.withLock { $0 }
    #expect(Set(rows.values).count == officers)
    // A page that is loaded again shows the same record; a skipped one shows another, and frees it.
    #expect(sample.get(sample.path(.work), cookies[0]).field("row") == rows[0])
    _ = sample.post(sample.path(.skip), cookies[0], [("row", rows[0] ?? ""), ("run", "1")])
    #expect(sample.get(sample.path(.work), cookies[0]).field("row") != rows[0])
    let late = try sample.signIn([.officer])
    #expect(sample.get(sample.path(.work), late).field("row") == rows[0])
  }

  @Test(
    "officers at two consoles of one pipeline never get the same record; a lease that is damaged or over counts no more"
  )
  func twoConsoles() throws {
    let sample = try SampleSite()
    let other = sample.another()
    let (one, two) = (try sample.signIn([.officer]), try other.signIn([.officer]))
    let row = try #require(sample.get(sample.path(.work), one).field("row"))
    #expect(other.get(other.path(.work), two).field("row") != row)
    let page = sample.get(sample.path(.work), one)
    let refused = other.submit(other.path(.decide), two, try fields(page, "accept"))
    #expect(refused.text.contains("Another officer has that record"))
    // Signed out, or killed and its file damaged: the record is free.
    _ = sample.post("/sign-out", one)
    let three = try other.signIn([.officer])
    #expect(other.get(other.path(.work), three).field("row") == row)
    let path = sample.pipeline.workspace + "/leases.json"
    for damaged in [
      "{", "", "[{\"run\":1,\"row\":\(row),\"session\":\"x\",\"until\":1}]",
      "[{\"run\":1,\"row\":\(row),\"session\":\"x\",\"until\":99999999999}]",
    ] {
      try Data(damaged.utf8).write(to: URL(filePath: path))
      #expect(sample.get(sample.path(.work), try sample.signIn([.officer])).field("row") == row)
    }
  }

  @Test("a decision on another officer's record is refused")
  func foreign() throws {
    let sample = try SampleSite()
    let (one, other) = (try sample.signIn([.officer]), try sample.signIn([.officer]))
    let page = sample.get(sample.path(.work), one)
    let refused = sample.submit(sample.path(.decide), other, try fields(page, "accept"))
    #expect(refused.text.contains("Another officer has that record"))
    #expect(try DecisionBook(sample.pipeline.workspace).entries.isEmpty)
  }

  @Test("what has changed since it was shown is said, and nothing is recorded")
  func changed() throws {
    let sample = try SampleSite()
    let cookie = try sample.signIn([.officer])
    let page = sample.get(sample.path(.work) + "?outcome=disputed", cookie)
    var stale = try fields(page, "reject")
    let other = try sample.site.otherDigest(than: stale[2].1, sample)
    stale[2].1 = try #require(other)
    let refused = sample.submit(sample.path(.decide), cookie, stale)
    #expect(refused.text.contains("the evidence has changed since it was shown"))
    // A run that ended meanwhile is said too.
    _ = try Program.run(["rerun", "match", sample.file])
    let after = sample.submit(sample.path(.decide), cookie, try fields(page, "reject"))
    #expect(after.text.contains("A new run has finished since this was shown"))
    #expect(try DecisionBook(sample.pipeline.workspace).entries.isEmpty)
  }

  @Test("text of an export never becomes markup, on any page")
  func escapes() throws {
    let sample = try SampleSite()
    let cookie = try sample.signIn(Set(Role.allCases), name: "<script>alert(1)</script>")
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    for route in Route.allCases where route != .job && route != .events && route != .export {
      let fields = [
        "number", "question", "because", "user", "event", "act", "stage", "outcome", "other", "candidate",
      ]
      let answer =
        route.method == .get
        ? sample.get(sample.path(route, Form.text(fields.map { ($0, evil) })), cookie)
        : sample.post(sample.path(route), cookie, fields.map { ($0, evil) })
      #expect(!answer.text.contains("<script>alert") && !answer.text.contains("<img src=x"), "\(route)")
    }
  }
}

extension Site {
  /// The digest of another disputed record.
  func otherDigest(than digest: String, _ sample: SampleSite) throws -> String? {
    var found: String?
    try Desk(sample.pipeline, for: Actor(name: "test", door: .console)).findings(outcome: .disputed).forEach {
      if let other = $0.digest, other != digest { found = other }
    }
    return found
  }
}
