// Nights that other systems of changing dimensions get wrong, each with the states that the history must show, and sixty
// nights of everything at once.

import Files
import Foundation
import Store
import Support
import Testing
import Values
@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Workspace

/// A person with a card in a series that is written line by line.
final class SmallSeries {
  let workshop: Workshop
  private var number = 100
  private var day = 1
  static let person = "001090000100"
  static let other = "001090000101"
  static let header = "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,MaDKBD,GtTheTu,GtTheDen,MaKV\n"

  /// - Parameter base: the lines of the full export.
  init(base: [String] = [SmallSeries.card("01001"), SmallSeries.card("01005", of: SmallSeries.other)]) throws
  {
    workshop = try Workshop(inMemory: true)
    try FileManager.default.createDirectory(
      atPath: workshop.path + "/in", withIntermediateDirectories: false)
    let population = """
      SoDinhDanh,HoVaTen,NgaySinh
      \(Self.person),NGUYỄN VĂN AN,05/03/1990
      \(Self.other),NGUYỄN VĂN AN,05/03/1990

      """
    _ = try workshop.file(population.utf8, named: "population.csv")
    _ = try workshop.file((Self.header + base.map { $0 + "\n" }.joined()).utf8, named: "in/100-full.csv")
    try writePipeline()
  }

  func writePipeline(keep: String = "400d", withArea: Bool = false) throws {
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
          base: [in/*-full.csv]
          files: [in/*-delta.csv]
          sequence: { pattern: "^(?<sequence>[0-9]+)" }
          operation: { field: ThaoTac, values: { S: upsert, X: delete } }
          order_by: Luc
          fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, facility_code: MaDKBD, valid_from: GtTheTu, valid_to: GtTheDen\(withArea ? ", area_code: MaKV" : "") }
          dates: [dd/MM/yyyy]
      store: { sqlite: s.sqlite }
      gates: { older_exports: allow }
      keep: { history: \(keep) }

      """
    _ = try workshop.file(text.utf8, named: "series.yaml")
  }

  var pipeline: Pipeline { get throws { try Pipeline(file: workshop.path + "/series.yaml") } }

  /// A line of a full export: the card of one number, of a person.
  static func card(
    _ facility: String, of person: String = SmallSeries.person, number: String? = nil,
    to: String = "31/12/2026"
  ) -> String {
    let number = number ?? (person == SmallSeries.person ? "0100000100" : "0100000101")
    return "\(number),DN401\(number),\(person),NGUYỄN VĂN AN,05/03/1990,\(facility),01/01/2026,\(to),K1"
  }

  static func upsert(_ card: String, at time: Int = 5) -> String { "S,\(time),\(card)" }
  static let delete = "X,5,0100000100,DN4010100000100,,,,,,,"

  /// Writes the next delta.
  func deliver(_ lines: [String]) throws {
    number += 1
    let text = "ThaoTac,Luc," + Self.header + lines.map { $0 + "\n" }.joined()
    _ = try workshop.file(text.utf8, named: "in/\(number)-delta.csv")
  }

  @discardableResult
  func walk(days: Int = 1) throws -> RunRecord {
    day += days
    return try WalkTests.walk(try pipeline, asOf: CalendarDate(packed: UInt32(2026_11_00 + day)))
  }

  /// The states of a person: the runs that opened and closed each, the facility and the last day.
  func states(of person: String = SmallSeries.person) throws -> [String] {
    let states = try Desk(try pipeline, for: .user()).states(of: PersonalID(person.utf8.span)).states
    for state in states {
      #expect(state.closed.map { $0.knownOn >= state.opened.knownOn } ?? true)
    }
    return states.map { state in
      let card = state.attribute.map {
        ($0.card.facilityCode ?? "") + ($0.card.validTo == nil ? " open" : "")
      }
      return "\(state.opened.run)-\(state.closed.map { String($0.run) } ?? ""): \(card ?? "none")"
    }
  }
}

@Suite("Known faults of changing dimensions", .serialized)
struct KnownFaultTests {
  struct Fault: CustomTestStringConvertible, Sendable {
    var name: String
    /// The deltas of the nights after the full export's.
    var nights: [[String]]
    var states: [String]
    var testDescription: String { name }
  }

  static let faults: [Fault] = {
    let (to, open) = (SmallSeries.upsert, SmallSeries.upsert(SmallSeries.card("01001", to: "")))
    func facility(_ code: String, at time: Int = 5) -> String { to(SmallSeries.card(code), time) }
    let delete = SmallSeries.delete
    return [
      Fault(
        name: "a delete, and a return unchanged", nights: [[delete], [facility("01001")]],
        states: ["1-2: 01001", "2-3: none", "3-: 01001"]),
      Fault(
        name: "a value goes back to an earlier one", nights: [[facility("01002")], [facility("01001")]],
        states: ["1-2: 01001", "2-3: 01002", "3-: 01001"]),
      Fault(
        name: "a deleted record, and five more nights", nights: [[delete], [], [], [], [], []],
        states: ["1-2: 01001", "2-: none"]),
      Fault(
        name: "a delete, and a return with other values", nights: [[delete], [], [facility("01002")]],
        states: ["1-2: 01001", "2-4: none", "4-: 01002"]),
      Fault(
        name: "two changes in one delivery",
        nights: [[facility("01003", at: 9), facility("01002", at: 1)]],
        states: ["1-2: 01001", "2-: 01003"]),
      Fault(
        name: "a delete and a return in one delivery", nights: [[delete, facility("01002", at: 6)]],
        states: ["1-2: 01001", "2-: 01002"]),
      Fault(
        name: "a delete twice, and one of the unknown",
        nights: [[delete], [delete, "X,5,0100000999,DN4010100000999,,,,,,,"]],
        states: ["1-2: 01001", "2-: none"]),
      Fault(
        name: "a value becomes empty, and a value again", nights: [[open], [facility("01001")]],
        states: ["1-2: 01001", "2-3: 01001 open", "3-: 01001"]),
      Fault(
        name: "a record moves to another person, and back",
        nights: [
          [to(SmallSeries.card("01001", of: SmallSeries.other, number: "0100000100"), 5)],
          [facility("01001")],
        ], states: ["1-2: 01001", "2-3: none", "3-: 01001"]),
      Fault(
        name: "the key itself changes: a delete and an insert",
        nights: [[delete, to(SmallSeries.card("01001", number: "0100000555"), 5)]],
        states: ["1-2: 01001", "2-: 01001"]),
      Fault(
        name: "the same again, night after night", nights: [[facility("01001")], [facility("01001")]],
        states: ["1-: 01001"]),
      Fault(
        name: "an update in quarantine closes nothing",
        nights: [
          [to(SmallSeries.card("01002").replacing("05/03/1990", with: "31/02/1990"), 5)],
          [facility("01002")],
        ], states: ["1-2: 01001", "2-3: 01001", "3-: 01002"]),
    ]
  }()

  @Test("each gives the states that it should, and leaves others alone", arguments: faults)
  func fault(_ fault: Fault) throws {
    let series = try SmallSeries()
    try series.walk()
    for lines in fault.nights {
      try series.deliver(lines)
      try series.walk()
    }
    #expect(try series.states() == fault.states)
    let others = try series.states(of: SmallSeries.other)
    #expect(others.first?.hasPrefix("1-") == true)
    if !fault.name.contains("another person") { #expect(others == ["1-: 01005"]) }
  }

  @Test("a record twice in the full export, one of them changed, then both deleted")
  func duplicates() throws {
    let series = try SmallSeries(
      base: [
        SmallSeries.card("01001"), SmallSeries.card("01002"),
        SmallSeries.card("01005", of: SmallSeries.other),
      ])
    try series.walk()
    try series.deliver([SmallSeries.upsert(SmallSeries.card("01003"))])
    #expect(try series.walk().extracted.series?.first?.repeats == 1)
    try series.deliver([SmallSeries.delete])
    try series.walk()
    try series.deliver([])
    try series.walk()
    let states = try series.states()
    #expect(states.count == 3 && states.suffix(2) == ["2-3: 01003", "3-: none"])
  }

  @Test("a delivery again, a night of an earlier date, and one that comes late")
  func late() throws {
    let series = try SmallSeries()
    try series.walk(days: 9)
    try series.deliver([SmallSeries.upsert(SmallSeries.card("01002"))])
    // The business date goes back, and its states don't.
    try series.walk(days: -5)
    let name = series.workshop.path + "/in/101-delta.csv"
    try FileManager.default.copyItem(atPath: name, toPath: series.workshop.path + "/in/0101-delta.csv")
    try series.walk(days: 2)
    #expect(try series.states() == ["1-2: 01001", "2-: 01002"])
    try series.deliver([SmallSeries.upsert(SmallSeries.card("01003"))])
    try series.deliver([SmallSeries.upsert(SmallSeries.card("01004"))])
    let late = series.workshop.path + "/in/102-delta.csv"
    try FileManager.default.moveItem(atPath: late, toPath: series.workshop.path + "/late")
    #expect(throws: Stop.self) { try series.walk() }
    try FileManager.default.moveItem(atPath: series.workshop.path + "/late", toPath: late)
    // Both in one night: one state.
    let run = try series.walk().id
    #expect(try series.states() == ["1-2: 01001", "2-\(run): 01002", "\(run)-: 01004"])
  }

  @Test("a field that the pipeline begins to read is a change, and an option taken back has no effect later")
  func settings() throws {
    let series = try SmallSeries()
    try series.walk()
    try series.writePipeline(withArea: true)
    try series.walk()
    #expect(try series.states() == ["1-2: 01001", "2-: 01001"])
    try series.writePipeline(keep: "0d", withArea: true)
    try series.walk()
    try series.writePipeline(withArea: true)
    let run = try series.walk().id
    try series.deliver([SmallSeries.upsert(SmallSeries.card("01002"))])
    try series.walk()
    let states = try series.states()
    #expect(states.count == 2 && states[1] == "\(run + 1)-: 01002")
  }

  @Test("retention: states older than keep.history are gone, and newer ones whole")
  func retention() throws {
    let series = try SmallSeries()
    try series.writePipeline(keep: "3d")
    try series.walk()
    for night in 0..<12 {
      try series.deliver([SmallSeries.upsert(SmallSeries.card(night % 2 == 0 ? "01002" : "01003"))])
      try series.walk()
    }
    let states = try series.states()
    #expect(states.count >= 3 && states.count <= 6 && states.last == "13-: 01003")
    #expect(throws: Stop.self) {
      try Desk(try series.pipeline, for: .user()).point(.on(CalendarDate(packed: 2026_11_03)))
    }
  }

  @Test(
    "sixty nights: each gives the store of a full export, and the history of each is the store of that night",
    arguments: [UInt64(1), 2])
  func sixtyNights(seed: UInt64) throws {
    let series = try InventedSeries(seed: seed)
    var random = SeededGenerator(seed ^ 7)
    var seen: [(run: Int, cards: [String: [String?]])] = []
    func remember(_ run: Int) throws {
      let ids = try WalkTests.values("SELECT personal_id FROM card_attribute", series.pipeline)
      var cards: [String: [String?]] = [:]
      for id in ids {
        cards[id] = try Self.shown(
          Desk(series.pipeline, for: .user()).card(of: PersonalID(id.utf8.span)).card)
      }
      seen.append((run, cards))
    }
    for night in 1...60 {
      let day = CalendarDate(packed: 2026_09_01).adding(days: night)
      for _ in 0..<Int.random(in: 0...2, using: &random) { try series.night() }
      if random.chance(8) {
        try series.deliver()
        _ = try WalkTests.walk(series.pipeline, asOf: day)
        try series.writeBase()
        series.forgetOutcomes()
      }
      if series.waiting.count > 1, random.chance(30), let late = series.waiting.first {
        try series.deliver { $0 == late }
        #expect(throws: Stop.self) { try WalkTests.walk(series.pipeline, asOf: day) }
      }
      try series.deliver()
      let run = try WalkTests.walk(series.pipeline, asOf: day)
      _ = try WalkTests.walk(series.full, asOf: day)
      #expect(
        try InventedSeries.content(series.pipeline) == InventedSeries.content(series.full), "night \(night)")
      if seen.last?.run != run.id { try remember(run.id) }
    }
    let desk = Desk(series.pipeline, for: .user())
    let everyone = Set(seen.flatMap(\.cards.keys))
    #expect(seen.count > 30 && everyone.count > 3)
    for night in seen {
      for id in everyone {
        let card = try desk.card(of: PersonalID(id.utf8.span), known: .at(run: night.run)).card
        #expect(try Self.shown(card) == night.cards[id], "run \(night.run)")
      }
    }
  }

  private static func shown(_ person: CardAttribute?) throws -> [String?]? {
    person.map {
      [
        $0.fullName, $0.birthDate, $0.sex, $0.card.insuranceNumber, $0.card.cardNumber, $0.card.facilityCode,
        $0.card.validFrom, $0.card.validTo, $0.card.rule, $0.card.notes,
      ]
    }
  }
}
