// Small counts of provinces: no attacker who knows the sums, the rule and two nights finds one.

import Support
import Testing
import Values
@testable import Desk
@testable import Views
@testable import Workspace

@Suite("Small counts")
struct SmallCountsTests {
  /// All, and those with a card.
  private typealias Row = [Int]

  /// What is published of one night: the rows that are shown, and the sums.
  private struct Published: Hashable {
    var rows: [Row?]
    var sums: Row
  }

  private static let fewest = 2

  private static func published(_ nights: [[Row]]) -> [Published] {
    var counts = SmallCounts(fewest: fewest)
    return nights.map { rows in
      counts.add(rows)
      return Published(
        rows: rows.indices.map { counts.hides($0) ? nil : rows[$0] },
        sums: [0, 1].map { i in rows.reduce(0) { $0 + $1[i] } })
    }
  }

  /// Every table with these sums and these rows, of counts that a row may have.
  private static func tables(_ night: Published) -> [[Row]] {
    var tables: [[Row]] = []
    func fill(_ row: Int, _ table: [Row], _ left: Row) {
      guard row < night.rows.count else {
        if left == [0, 0] { tables.append(table) }
        return
      }
      if let known = night.rows[row] {
        return fill(row + 1, table + [known], [left[0] - known[0], left[1] - known[1]])
      }
      guard left[0] >= 0, left[1] >= 0 else { return }
      for all in 0...left[0] {
        for withCard in 0...min(all, left[1]) {
          fill(row + 1, table + [[all, withCard]], [left[0] - all, left[1] - withCard])
        }
      }
    }
    fill(0, [], night.sums)
    return tables
  }

  private static func isSmall(_ count: Int) -> Bool { count > 0 && count < fewest }
  private static func counts(_ row: Row) -> Row { [row[0], row[1], row[0] - row[1]] }

  private static func rows(_ count: Int, _ most: Int, _ random: inout SeededGenerator) -> [Row] {
    (0..<count).map { _ in
      let all = Int.random(in: 0...most, using: &random)
      return [all, Int.random(in: 0...all, using: &random)]
    }
  }

  /// The small counts that every table tells that could be behind what is published.
  private static func solved(_ rows: [Row], _ published: Published, _ tables: [[Row]]) -> [String] {
    rows.indices.flatMap { row in
      (0..<3).compactMap { i in
        let count = counts(rows[row])[i]
        guard isSmall(count) else { return nil }
        let isKnown = tables.allSatisfy { counts($0[row])[i] == count }
        return isKnown ? "row \(row), count \(i): \(count) in \(tables.count) tables" : nil
      }
    }
  }

  @Test("an attacker who tries every table with the published sums, and knows the rule, finds no small count")
  func attacker() {
    var (attacked, hidden) = (0, 0)
    for seed in UInt64(0)..<300 {
      var random = SeededGenerator(seed)
      let rows = Self.rows(4, 4, &random)
      let night = Self.published([rows])[0]
      let missing = night.rows.count { $0 == nil }
      // Where every row is left out, the sums themselves are small.
      guard missing > 0, missing < 4 else { continue }
      let tables = Self.tables(night).filter { Self.published([$0])[0] == night }
      #expect(tables.contains(rows), "seed \(seed)")
      #expect(Self.solved(rows, night, tables) == [], "seed \(seed): \(rows)")
      attacked += 1
      hidden += missing
    }
    #expect(attacked > 40 && hidden > 2 * attacked - 1)
  }

  @Test("nor does one who compares two nights between which one province changed")
  func twoNights() {
    var attacked = 0
    for seed in UInt64(0)..<800 {
      var random = SeededGenerator(1000 + seed)
      let first = Self.rows(4, 4, &random)
      var second = first
      let changed = Int.random(in: 0..<4, using: &random)
      second[changed] = Self.rows(1, 4, &random)[0]
      let nights = Self.published([first, second])
      // Only rows that are left out on the first night already: what was shown then is known.
      guard nights[0].rows.contains(nil),
        nights[1].rows.count(where: { $0 == nil }) == nights[0].rows.count(where: { $0 == nil }),
        nights[1].rows.contains(where: { $0 != nil })
      else { continue }
      // The attacker knows which province changed, and that no other did.
      func others(_ table: [Row]) -> [Row] { table.indices.filter { $0 != changed }.map { table[$0] } }
      let afters = Dictionary(grouping: Self.tables(nights[1]), by: others)
      let tables = Self.tables(nights[0]).flatMap { before in
        (afters[others(before)] ?? []).map { [before, $0] }.filter { Self.published($0) == nights }
      }
      #expect(Self.solved(first, nights[0], tables.map { $0[0] }) == [], "seed \(seed): \(first), \(second)")
      #expect(Self.solved(second, nights[1], tables.map { $0[1] }) == [], "seed \(seed): \(first), \(second)")
      attacked += 1
    }
    #expect(attacked > 20)
  }

  @Test("a province that was left out once stays out", arguments: UInt64(0)..<100)
  func staysOut(seed: UInt64) {
    var random = SeededGenerator(seed)
    var counts = SmallCounts()
    var hidden: Set<Int> = []
    for _ in 0..<6 {
      let rows = Self.rows(34, Bool.random(using: &random) ? 30 : 400, &random)
      counts.add(rows)
      let now = Set(rows.indices.filter(counts.hides))
      #expect(now.isSuperset(of: hidden))
      hidden = now
      for row in rows.indices where !counts.hides(row) {
        for count in Self.counts(rows[row]) { #expect(count == 0 || count >= 10) }
      }
    }
  }

  private static func run(_ id: Int, _ places: [String: [String: Int]]) -> RunRecord {
    var run = RunRecord(
      id: id, command: "run", pipeline: "p", pipelineText: "", asOf: "2026-11-2\(id)",
      startedAt: "2026-11-23T01:00:00+07:00", state: .done)
    run.matched.places = places
    return run
  }

  @Test(
    "the report leaves the same provinces out as the campaign's page, at both levels",
    arguments: UInt64(0)..<40)
  func formats(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let runs = (1...2).map { id in
      var places: [String: [String: Int]] = [:]
      for place in BirthPlace.all {
        let most = [12, 400, 400, 400, 400].randomElement(using: &random) ?? 400
        places[place.code] = [
          "linked": Int.random(in: 0...most, using: &random),
          "disputed": Int.random(in: 0...most, using: &random),
        ]
      }
      return Self.run(id, places)
    }
    let last = runs[1]
    let shown = ShownProvinces(.birthRegistration, in: runs, upTo: 2)
    let figures = ProvinceFigures.all(of: last, former: true).filter { $0.code != "none" }
    let page = Campaign.provinces(figures, .birthRegistration, shown, former: true)
    let bars = shown.filter(PlaceRate.all(last.matched.places)).filter(\.isProvince)
    let inReport: Set<String> = Set(bars.compactMap { $0.place?.code })
    let onPage: Set<String> = Set(page.filter { ($0.all ?? 0) > 0 }.map(\.code))
    #expect(inReport == onPage)
    for bar in bars { #expect(bar.records >= 10) }
    let former = shown.filter(former: PlaceRate.former(last.matched.places))
    let parts: [String] = page.flatMap { $0.former ?? [] }.filter { ($0.all ?? 0) > 0 }.map(\.code)
    let formerInReport: Set<String> = Set(former.map { String($0.place?.code.suffix(2) ?? "") })
    #expect(formerInReport.isSubset(of: parts))
    for province in page {
      let hidden = (province.former ?? []).filter { $0.all == nil }
      // One former province alone would follow from the sum of its province.
      #expect(hidden.count != 1 || province.all == nil)
      if province.all == nil { #expect(province.former == nil) }
    }
    // The sum of the provinces that are left out tells no count of 1 to 9 either.
    let out = figures.filter { !shown.shows($0.code) }
    #expect(out.count != 1)
    if out.count < 34 {
      let records = out.reduce(0) { $0 + $1.recordsByBirthRegistration }
      #expect(records == 0 || records >= 10)
    }
  }
}
