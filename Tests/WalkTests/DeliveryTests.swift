// Numbers of deliveries in a column, and control totals in side files: what agrees is read, what differs is refused.

import Files
import Foundation
import Seal
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Workspace

@Suite("Numbers and control totals of deliveries", .serialized)
struct DeliveryTests {
  /// A series whose deliveries have their number in the column Lan.
  final class Numbered {
    let workshop: Workshop
    private static let header = "Lan,MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,MaDKBD,GtTheTu,GtTheDen\n"

    init(control: Bool) throws {
      workshop = try Workshop(inMemory: true)
      try FileManager.default.createDirectory(
        atPath: workshop.path + "/in", withIntermediateDirectories: false)
      var population = "SoDinhDanh,HoVaTen,NgaySinh\n"
      for i in 0..<10 { population += "00109000010\(i),NGUYỄN VĂN AN,05/03/1990\n" }
      _ = try workshop.file(population.utf8, named: "population.csv")
      let text = """
        name: series
        workspace: var
        exports:
          population:
            format: csv
            files: [population.csv]
            fields: { personal_id: SoDinhDanh, full_name: HoVaTen, birth_date: NgaySinh }
            dates: [dd/MM/yyyy]
          insurance:
            format: csv
            delivery: delta
            base: [in/full*.csv]
            files: [in/delta*.csv]
            sequence: { from: column, field: Lan }
        \(control ? "    control: .json" : "")
            operation: { field: ThaoTac, values: { S: upsert, X: delete } }
            fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, facility_code: MaDKBD, valid_from: GtTheTu, valid_to: GtTheDen }
            dates: [dd/MM/yyyy]
        store: { sqlite: s.sqlite }

        """
      _ = try workshop.file(text.utf8, named: "series.yaml")
    }

    static func card(_ i: Int, name: String = "NGUYỄN VĂN AN") -> String {
      "010000010\(i),DN401010000010\(i),00109000010\(i),\(name),05/03/1990,01001,01/01/2026,31/12/2026"
    }

    func full(_ name: String, _ number: String, _ cards: [Int]) throws {
      let text = Self.header + cards.map { "\(number),\(Self.card($0))\n" }.joined()
      _ = try workshop.file(text.utf8, named: "in/\(name)")
    }

    func delta(_ name: String, _ lines: [String]) throws {
      let text = "ThaoTac," + Self.header + lines.map { $0 + "\n" }.joined()
      _ = try workshop.file(text.utf8, named: "in/\(name)")
    }

    func totals(_ name: String, _ json: String) throws {
      _ = try workshop.file(json.utf8, named: "in/\(name).json")
    }

    func walk() throws -> RunRecord {
      try WalkTests.walk(Pipeline(file: workshop.path + "/series.yaml"), asOf: WalkTests.asOf)
    }

    /// What a refused run expected and found.
    func refusal() throws -> String {
      let stop = try #require(throws: Stop.self) { try self.walk() }
      #expect(stop.exit == .dataRefused)
      return "\(stop.finding.origin): expected \(stop.finding.expected), found \(stop.finding.found)"
    }
  }

  @Test("the number is in a column, the same in all records of a file")
  func column() throws {
    let series = try Numbered(control: false)
    try series.full("full-x.csv", "007", [1, 2])
    try series.delta("delta-b.csv", ["S,9,\(Numbered.card(3))"])
    #expect(
      try series.refusal()
        == "delta-b.csv: expected the insurance deltas without a gap, found delta 8 missing")
    try series.delta("delta-a.csv", ["X,8,\(Numbered.card(1))", "S,08,\(Numbered.card(4))"])
    let ledger = try #require(try series.walk().extracted.series?.first)
    #expect(ledger.baseSequence == 7 && ledger.deltas.map(\.sequence) == [8, 9] && ledger.inForce == 3)
    try series.delta("delta-c.csv", ["S,10,\(Numbered.card(5))", "S,11,\(Numbered.card(6))"])
    #expect(
      try series.refusal()
        == "delta-c.csv:3: expected the number 10 in each record, as in the first one, found 11")
    try series.delta("delta-c.csv", ["S,x,\(Numbered.card(5))"])
    #expect(
      try series.refusal()
        == "delta-c.csv: expected a number in Lan of its first record, as exports.insurance.sequence says, found none"
    )
  }

  @Test("control totals that agree are accepted, and each that differs is refused")
  func totals() throws {
    let series = try Numbered(control: true)
    try series.full("full.csv", "7", [1, 2, 3])
    #expect(
      try series.refusal()
        == "full.csv: expected its control totals in full.csv.json beside it, found none")
    for (json, message) in [
      ("{", "full.csv.json: expected a JSON object, found something else"),
      (
        "{ \"count\": 3 }",
        "full.csv.json: expected as_of, sequence, previous_digest, upserts, deletes and in_force_after only, found `count`"
      ),
      (
        "{ \"upserts\": -1 }",
        "full.csv.json: expected a value of upserts that can be read, found another one"
      ),
      ("{ \"sequence\": 8 }", "full.csv: expected number 7 in its control totals, found number 8"),
      (
        "{ \"in_force_after\": 4 }",
        "full.csv: expected 4 records in force after it, as its control totals say, found 3"
      ),
    ] {
      try series.totals("full.csv", json)
      #expect(try series.refusal() == message)
    }
    try series.totals(
      "full.csv", "{ \"as_of\": \"2026-11-22T22:00:00\", \"sequence\": 7, \"in_force_after\": 3 }")
    _ = try series.walk()

    let digest = try Digest.text(ofFile: series.workshop.path + "/in/full.csv")
    // One update is quarantined: it may be an insert for the supplier.
    try series.delta(
      "delta-8.csv",
      [
        "S,8,\(Numbered.card(4))", "S,8,\(Numbered.card(5))", "X,8,\(Numbered.card(1))",
        "S,8,\(Numbered.card(6, name: ""))",
      ])
    for (json, message) in [
      ("{ \"upserts\": 2 }", "2 upserts, as its control totals say, found 3"),
      ("{ \"deletes\": 2 }", "2 deletes, as its control totals say, found 1"),
      (
        "{ \"in_force_after\": 6 }",
        "6 records in force after it, as its control totals say, found 4, and 1 changes in quarantine or of repeated records"
      ),
      (
        "{ \"previous_digest\": \"0123456789abcdef\" }",
        "the delivery before it with the SHA-256 0123456789ab…, as its control totals say, found \(digest.prefix(12))…"
      ),
    ] {
      try series.totals("delta-8.csv", json)
      #expect(try series.refusal() == "delta-8.csv: expected " + message)
    }
    for count in [4, 5] {
      try series.totals(
        "delta-8.csv",
        "{ \"as_of\": \"2026-11-23\", \"upserts\": 3, \"deletes\": 1, \"previous_digest\": \"\(digest)\", \"in_force_after\": \(count) }"
      )
      _ = try series.walk()
    }
  }

  @Test("a full export that closes a series is compared with it, unless its staged records are gone")
  func closing() throws {
    let series = try Numbered(control: false)
    try series.full("full-7.csv", "7", [1, 2, 3, 4])
    try series.delta("delta-8.csv", ["S,8,\(Numbered.card(5))", "X,8,\(Numbered.card(1))"])
    _ = try series.walk()
    // 2 is gone, 6 is new, and 1 is there again.
    try series.full("full-9.csv", "9", [1, 3, 4, 5, 6])
    let closed = try #require(try series.walk().extracted.series?.first?.closed)
    let counts: [Int] = [
      closed.records, closed.missing, closed.added, closed.changed, closed.base, closed.last, closed.run,
    ]
    #expect(counts == [4, 1, 2, 0, 7, 8, 1])
    try series.delta("delta-10.csv", ["S,10,\(Numbered.card(7))"])
    #expect(try series.walk().extracted.series?.first?.closed == nil)
    for folder in try Folder.names(in: series.workshop.path + "/var/runs") {
      try? FileManager.default.removeItem(
        atPath: series.workshop.path + "/var/runs/" + folder + "/extract")
    }
    try series.full("full-11.csv", "11", [1, 3, 4, 5, 6])
    let last = try series.walk()
    #expect(last.state == .done && last.extracted.series?.first?.closed == nil)
  }
}
