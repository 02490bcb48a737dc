// An insurance export as a base and deltas, invented from a seed as CSV, beside the full export of each night by a slow
// dictionary.

import Foundation
import Support
import Values
@testable import Pipeline

/// A folder with a population, a series, and the full export that it should come to.
final class InventedSeries {
  let workshop: Workshop
  /// Reads the base and the deltas that were delivered.
  let pipeline: Pipeline
  /// Reads `full.csv`.
  let full: Pipeline
  private var random: SeededGenerator
  /// Lines in force by identity.
  private var state: [Int: String] = [:]
  private(set) var number: Int
  private var deliveries: [(name: String, text: String)] = []
  /// The records of the deltas so far by outcome.
  private(set) var outcomes: [DeltaOutcome: Int] = [:]

  private static let header = "MaSoBHXH,MaTheBHYT,SoCCCD,HoTen,NgaySinh,GioiTinh,MaDKBD,GtTheTu,GtTheDen\n"
  private static let people = 6
  private static let cards = 9

  init(seed: UInt64) throws {
    workshop = try Workshop(inMemory: true)
    random = SeededGenerator(seed)
    number = Int.random(in: 7...98, using: &random)
    for (name, export) in [
      (
        "series",
        """
            delivery: delta
            base: [in/insurance-*-full.csv]
            files: [in/insurance-*-delta.csv]
            sequence: { pattern: "insurance-(?<sequence>[0-9]+)" }
            operation: { field: ThaoTac, values: { S: upsert, X: delete } }
            order_by: Luc
        """
      ), ("full", "    files: [full.csv]"),
    ] {
      let text = """
        name: \(name)
        workspace: \(name)
        exports:
          population:
            format: csv
            files: [population.csv]
            fields: { personal_id: SoDinhDanh, full_name: HoVaTen, birth_date: NgaySinh }
            dates: [dd/MM/yyyy]
          insurance:
            format: csv
        \(export)
            fields: { insurance_number: MaSoBHXH, card_number: MaTheBHYT, personal_id: SoCCCD, full_name: HoTen, birth_date: NgaySinh, sex: GioiTinh, facility_code: MaDKBD, valid_from: GtTheTu, valid_to: GtTheDen }
            values: { sex: { "1": male } }
            dates: [dd/MM/yyyy]
        store: { sqlite: s.sqlite }
        gates: { older_exports: allow }

        """
      _ = try workshop.file(text.utf8, named: "\(name).yaml")
    }
    pipeline = try Pipeline(file: workshop.path + "/series.yaml")
    full = try Pipeline(file: workshop.path + "/full.yaml")
    try FileManager.default.createDirectory(
      atPath: workshop.path + "/in", withIntermediateDirectories: false)
    var population = "SoDinhDanh,HoVaTen,NgaySinh\n"
    for i in 0..<Self.people { population += "\(Self.id(i)),\(Self.name(i)),05/03/1990\n" }
    _ = try workshop.file(population.utf8, named: "population.csv")
    for card in 0..<Self.cards where random.chance(70) { state[card] = line(card) }
    try writeBase()
  }

  private static func id(_ i: Int) -> String { "00109000010\(i)" }
  private static func name(_ i: Int) -> String { "NGUYỄN VĂN \(["AN", "BA", "CẢ", "DŨNG", "EM", "GIA"][i])" }
  /// The number and the card of an identity; cards 7 and 8 share a number, and 6 has no card number.
  private static func numbers(_ card: Int) -> String {
    let number = "010000010\(card == 8 ? 7 : card)"
    return "\(number),\(card == 6 ? "" : "\(card == 8 ? "GD" : "DN")401\(number)")"
  }

  private func line(_ card: Int) -> String {
    let person = Int.random(in: 0..<Self.people, using: &random)
    // Some lead to nobody, some have another person's name.
    let id = random.chance(90) ? Self.id(person) : "001090000199"
    let name = Self.name(random.chance(90) ? person : (person + 1) % Self.people)
    let facility = "0100\(Int.random(in: 1...3, using: &random))"
    let year = Int.random(in: 2025...2027, using: &random)
    return "\(Self.numbers(card)),\(id),\(name),05/03/1990,1,\(facility),01/01/\(year),31/12/\(year)"
  }

  /// The full export of now, as the base of a new series.
  func writeBase() throws {
    let name = "in/insurance-\(padded(UInt64(number), to: number % 2 == 0 ? 5 : 2))-full.csv"
    _ = try workshop.file(fullText.utf8, named: name)
    try writeFull()
  }

  private var fullText: String {
    Self.header + state.sorted { $0.key < $1.key }.map { $0.value + "\n" }.joined()
  }

  private func writeFull() throws { _ = try workshop.file(fullText.utf8, named: "full.csv") }

  /// Changes the register, and writes the delta, to be delivered later.
  func night() throws {
    number += 1
    var lines: [String] = []
    for card in 0..<Self.cards where random.chance(35) {
      let before = state[card]
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4: put(card, line(card), 2, before, &lines)
      // The same again.
      case 4: put(card, before ?? line(card), 2, before, &lines)
      case 5, 6:
        lines.append("X,2,\(Self.numbers(card)),,,,,,,")
        state[card] = nil
        count(before == nil ? .deleteUnknown : .deleted)
      case 7:
        // An earlier change after the later one.
        put(card, line(card), 2, before, &lines)
        lines.append("S,1,\(line(card))")
        count(.superseded)
      case 8:
        lines.append("S,2,\(Self.numbers(card)),\(Self.id(0)),,05/03/1990,1,01001,01/01/2026,31/12/2026")
        count(.quarantined)
      default:
        // Two of one order that differ: what was before them in this delta counts.
        if random.chance(50) { put(card, line(card), 1, before, &lines) }
        lines.append("X,2,\(Self.numbers(card)),,,,,,,")
        lines.append("S,2,\(line(card))")
        count(.quarantined)
        count(.quarantined)
      }
    }
    let name = "in/insurance-\(padded(UInt64(number), to: number % 3 == 0 ? 6 : 1))-delta.csv"
    deliveries.append((name, "ThaoTac,Luc," + Self.header + lines.map { $0 + "\n" }.joined()))
    try writeFull()
  }

  private func put(_ card: Int, _ line: String, _ order: Int, _ before: String?, _ lines: inout [String]) {
    lines.append("S,\(order),\(line)")
    state[card] = line
    count(before == nil ? .inserted : before == line ? .unchanged : .updated)
  }

  private func count(_ outcome: DeltaOutcome) { outcomes[outcome, default: 0] += 1 }

  /// Puts all deltas into the folder that were not delivered yet, in any order, except those that `isLate` says.
  func deliver(except isLate: (String) -> Bool = { _ in false }) throws {
    for delivery in deliveries.shuffled(using: &random) where !isLate(delivery.name) {
      _ = try workshop.file(delivery.text.utf8, named: delivery.name)
    }
    deliveries.removeAll { !isLate($0.name) }
  }

  var waiting: [String] { deliveries.map(\.name) }

  /// Begins to count anew, for a new base.
  func forgetOutcomes() { outcomes = [:] }

  // MARK: The stores

  /// Persons, cards and findings without the files they come from, and without what only deltas have.
  static func content(_ pipeline: Pipeline) throws -> [String] {
    let card = "insurance_number, card_number, facility_code, valid_from, valid_to, rule, notes"
    func rows(_ view: String, _ columns: String, _ condition: String = "1") throws -> [String] {
      let values = columns.split(separator: ",").map { "quote(\($0))" }.joined(separator: " || ' ' || ")
      return try WalkTests.values("SELECT '\(view) ' || \(values) FROM \(view) WHERE \(condition)", pipeline)
    }
    let all =
      try rows("card_attribute", "personal_id, full_name, " + card) + rows("card", "personal_id, " + card)
      + rows(
        "finding", "export, outcome, reasons, personal_id, insurance_number, card_number",
        "outcome <> 'quarantined'")
    return all.map {
      $0.replacing(",update_quarantined", with: "").replacing("'update_quarantined'", with: "NULL")
        .replacing("''", with: "NULL")
    }.sorted()
  }
}
