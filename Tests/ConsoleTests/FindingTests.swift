// Findings by facility, by age and since when they wait, and those of a run that is held: what the list says is what a slow
// reading of the export and of the command's lists says.

import Foundation
import Store
import Support
import Synchronization
import Testing
import Values
@testable import Console
@testable import Desk

/// Five nights of one pipeline: two with some records fewer, of which the fourth is whole again, and a fifth that is held.
private final class Nights: Sendable {
  let sample: SampleSite
  /// The facility and the birth date in each line of the insurance export, by its line.
  let lines: [Int: (facility: String, birthDate: String)]
  static let shared = Result { try Nights() }

  init() throws {
    sample = try SampleSite(people: 1500)
    let export = try #require(
      FileManager.default.contentsOfDirectory(atPath: sample.workshop.path).first {
        $0.hasPrefix("insurance")
      })
    let whole = try Data(contentsOf: URL(filePath: sample.workshop.path + "/" + export))
    let records = try #require(
      slowRecords(
        Array(whole), delimiter: UInt8(ascii: ","), columns: [Array("MaDKBD".utf8), Array("NgaySinh".utf8)]))
    lines = Dictionary(
      uniqueKeysWithValues: records.map { record in
        func text(_ i: Int) -> String { String(decoding: record.values[i] ?? [], as: UTF8.self) }
        return (record.line, (text(0), text(1)))
      })
    let held = Set(try Self.findings(of: sample, run: 1).map(\.sourceLine)).sorted()
    let text = String(decoding: whole, as: UTF8.self).components(separatedBy: "\n")
    func write(without left: (Int) -> Bool) throws {
      let gone = Set(held.enumerated().filter { left($0.offset) }.map(\.element))
      let kept = text.enumerated().filter { !gone.contains($0.offset + 1) }.map(\.element)
      _ = try sample.workshop.file(kept.joined(separator: "\n").utf8, named: export)
    }
    try write { $0 % 10 == 0 }
    _ = try Program.run(["run", sample.file, "--as-of", "2026-11-24"])
    try write { $0 % 10 == 1 }
    _ = try Program.run(["run", sample.file, "--as-of", "2026-11-25"])
    try write { _ in false }
    _ = try Program.run(["run", sample.file, "--as-of", "2026-11-26"])
    _ = try sample.workshop.file(
      text.enumerated().filter { $0.offset % 2 == 0 }.map(\.element).joined(separator: "\n").utf8,
      named: export)
    _ = try Program.run(["run", sample.file, "--as-of", "2026-11-27"], status: 65)
    _ = try sample.workshop.file(whole, named: export)
  }

  static func findings(of sample: SampleSite, run: Int) throws -> [StoredFinding] {
    var all: [StoredFinding] = []
    let desk = Desk(sample.pipeline, for: Actor(name: "test", door: .console))
    try desk.findings(run: run).forEach { all.append($0) }
    return all
  }
}

@Suite("Findings by facility, age and since when", .serialized)
struct FindingTests {
  /// What a record is recognized by in another night.
  private func identity(_ finding: StoredFinding) -> String? {
    let numbers = [finding.insuranceNumber, finding.cardNumber].map { $0 ?? "" }
    if numbers != ["", ""] { return finding.export + numbers.joined(separator: "/") }
    return finding.personalID.map { finding.export + "//" + $0 }
  }

  /// Years of age on 26 November 2026, counted one by one.
  private func group(_ date: String) -> AgeGroup {
    let parts = date.split(separator: "/").compactMap { Int($0) }
    guard let year = parts.last else { return .unknown }
    var years = 0
    while year + years + 1 < 2026
      || year + years + 1 == 2026
        && (parts.count < 3 || (parts[1], parts[0]) <= (11, 26))
    { years += 1 }
    return years < 6
      ? .under6 : years < 18 ? .from6To17 : years < 60 ? .from18To59 : years < 80 ? .from60To79 : .from80
  }

  @Test(
    "rows and counts by facility, age and since when are those of a slow count", arguments: UInt64(0)..<40)
  func filters(seed: UInt64) throws {
    let nights = try Nights.shared.get()
    var random = SeededGenerator(seed)
    let desk = Desk(nights.sample.pipeline, for: Actor(name: "test", door: .console))
    let list = try desk.findingList()
    #expect(list.run.id == 4 && list.isInForce && list.knowsRecords)
    #expect(list.sinces.map(\.run) == [4, 3, 2] && list.sinces.map(\.orEarlier) == [false, false, true])
    let all = try Nights.findings(of: nights.sample, run: 4)
    let earlier = try [3, 2].map { run in
      Set(try Nights.findings(of: nights.sample, run: run).compactMap(identity))
    }
    func facts(_ finding: StoredFinding) -> (facility: String, group: AgeGroup, since: Int) {
      let isStaged = finding.export == "insurance" && finding.outcome != "quarantined"
      let line = isStaged ? nights.lines[finding.sourceLine] : nil
      // A code that is none is noted and left out.
      let facility = (line?.facility ?? "").uppercased()
      var since = 0
      if let identity = identity(finding) {
        since = earlier[0].contains(identity) ? earlier[1].contains(identity) ? 2 : 3 : 4
      }
      return (facility, line.map { group($0.birthDate) } ?? .unknown, since)
    }
    var filter = FindingList.Filter()
    if random.chance(2) {
      filter.facility = all.map { facts($0).facility }.filter { !$0.isEmpty }.randomElement(using: &random)
        .map {
          String($0.prefix(Int.random(in: 1...5, using: &random)))
        }
    }
    if random.chance(2) { filter.ageGroup = AgeGroup.allCases.randomElement(using: &random) }
    if random.chance(2) { filter.since = [0, 2, 3, 4, 99].randomElement(using: &random) }
    if random.chance(3) { filter.outcome = Outcome.ofInsurance.randomElement(using: &random) }
    func admits(_ finding: StoredFinding, _ filter: FindingList.Filter) -> Bool {
      let own = facts(finding)
      return (filter.outcome == nil || finding.outcome == filter.outcome?.name)
        && (filter.facility.map { own.facility.hasPrefix($0) } ?? true)
        && (filter.ageGroup == nil || own.group == filter.ageGroup)
        && (filter.since == nil || own.since == filter.since)
    }
    let expected = all.filter { admits($0, filter) }
    #expect(try desk.page(list.rows(filter)[...], of: list) == expected)
    let counts = list.counts(filter)
    #expect(counts.total == expected.count)
    for group in AgeGroup.allCases {
      var other = filter
      other.ageGroup = group
      #expect(counts.ageGroups[group] == all.count { admits($0, other) })
    }
    for since in [0, 2, 3, 4] {
      var other = filter
      other.since = since
      #expect(counts.sinces[since] == all.count { admits($0, other) })
    }
    var anywhere = filter
    anywhere.facility = nil
    let facilities = Dictionary(grouping: all.filter { admits($0, anywhere) }) { facts($0).facility }
    for (code, count) in counts.facilities { #expect(facilities[code.text.uppercased()]?.count == count) }
    #expect(
      counts.facilities.values.reduce(0, +)
        == all.count { admits($0, anywhere) && !facts($0).facility.isEmpty })
    if seed == 0 {
      // The nights are such that each choice has records.
      for since in [2, 3, 4] { #expect(list.counts(FindingList.Filter()).sinces[since, default: 0] > 3) }
    }
  }

  @Test("the page and its CSV follow the same filter")
  func page() throws {
    let sample = try Nights.shared.get().sample
    let cookie = try sample.signIn([.officer])
    let query = "since=3&age=18-59"
    let page = sample.get(sample.path(.findings, query), cookie)
    let shown = page.text.matches(of: /<tr><th scope="row">/).count
    let file = sample.post(sample.path(.export), cookie, [("since", "3"), ("age", "18-59")])
    #expect(shown > 0 && file.text.split(separator: "\n").count == shown + 1)
    #expect(!page.text.contains("Not in force"))
    // A facility that no record names.
    let none = sample.get(sample.path(.findings, "facility=zz"), cookie)
    #expect(none.text.contains("value=\"ZZ\"") && !none.text.contains("<tr><th scope=\"row\">"))
  }

  @Test("findings of a held run are shown before it is released, labelled, and the store in force stays")
  func held() throws {
    let sample = try Nights.shared.get().sample
    let cookie = try sample.signIn([.officer, .supervisor])
    let page = sample.get(sample.path(.findings, "run=5"), cookie)
    #expect(page.status == 200 && page.text.contains("Not in force: these are results of run 5"))
    let file = sample.post(sample.path(.export), cookie, [("run", "5")])
    #expect(file.value("content-disposition")?.contains("-5-not-in-force.csv") == true)
    #expect(try file.text == Program.run(["findings", sample.file, "--run", "5", "--output", "csv"]))
    // Its pages are its list, each finding once.
    let desk = Desk(sample.pipeline, for: Actor(name: "test", door: .console))
    let list = try desk.findingList(run: 5)
    let rows = list.rows(FindingList.Filter())
    #expect(!list.isInForce && list.knowsRecords && list.sinces.map(\.run) == [5, 4, 3, 2])
    var pages: [StoredFinding] = []
    for start in stride(from: 0, to: rows.count, by: 7) {
      pages += try desk.page(rows[start..<min(start + 7, rows.count)], of: list)
    }
    #expect(try pages == Nights.findings(of: sample, run: 5))
    // An earlier run's store, and one that is not kept.
    #expect(sample.get(sample.path(.findings, "run=3"), cookie).text.contains("Not in force"))
    #expect(sample.get(sample.path(.findings, "run=1"), cookie).status == 404)
    #expect(!sample.get(sample.path(.findings), cookie).text.contains("Not in force"))
    // Tonight, where the held run is, leads to them; a person is explained from the held run.
    let tonight = sample.get(sample.path(.tonight), cookie)
    #expect(tonight.text.contains("/findings?run=5"))
    let id = try #require(
      pages.compactMap { $0.outcome == "disputed" ? $0.personalID : nil }.first { $0.count == 12 })
    let person = sample.post(sample.path(.findPerson), cookie, [("number", id), ("run", "5")])
    #expect(person.text.contains("Not in force: these are results of run 5"))
  }
}
