// Card numbers of 15 characters in packages, after the insurer has renumbered the cards.

import Files
import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

@Suite("Card numbers of 15 characters")
struct FifteenTests {
  static func policy(checkpointEvery: Int) -> PublishPolicy {
    var policy = PublishPolicy()
    policy.checkpointEvery = checkpointEvery
    policy.rules = [
      PackageRule(.all, name: "old-program", isCopy: true, attributes: [.personalID, .cardNumber]),
      PackageRule(.all, name: "all-people", attributes: [.personalID, .cardNumber]),
    ]
    policy.rules[0].cardNumber = .fifteen
    return policy
  }

  /// The first number of 10 digits on a person's cards, the serving one first.
  static func ten(_ someone: Someone) -> String? {
    for card in [someone.serving] + someone.others {
      let numbers = [card.insuranceNumber.text, String(card.cardNumber.text.dropFirst(5))]
      if let ten = numbers.first(where: { $0.utf8.count == 10 && !$0.allSatisfy { $0 == "0" } }) {
        return ten
      }
    }
    return nil
  }

  /// Numbers of 12 digits for everybody, as in the night of the renumbering.
  static func renumbered(_ people: People) throws -> People {
    var people = people
    func renumber(_ card: inout CardRow, _ id: PersonalID) throws {
      card.insuranceNumber = InsuranceNumber(id)
      if !card.cardNumber.isNone {
        card.cardNumber = try CardNumber(Array("DN401\(id.text)".utf8).span)
      }
    }
    for i in people.all.indices {
      let id = people.all[i].id
      try renumber(&people.all[i].serving, id)
      for k in people.all[i].others.indices { try renumber(&people.all[i].others[k], id) }
    }
    return people
  }

  static func rows(_ workshop: Workshop, _ package: String, _ file: String) throws -> [[String]] {
    Array(
      slowRows(
        try String(contentsOfFile: workshop.current + "/\(package)/data/\(file).csv", encoding: .utf8)
      ).dropFirst())
  }

  @Test("the last known number is shown, as long as each publication asks for it", arguments: UInt64(0)..<6)
  func full(seed: UInt64) throws {
    let workshop = try Workshop()
    var people = People(seed: seed, count: 250)
    var known: [PersonalID: String] = [:]
    for run in 1...4 {
      if run == 2 { people = try Self.renumbered(people) }
      for someone in people.all { if let ten = Self.ten(someone) { known[someone.id] = ten } }
      let report = try people.publish(
        in: workshop, run: run, asOf: "2026-11-2\(2 + run)", Self.policy(checkpointEvery: 1),
        threads: Int(seed) % 3 + 1)
      var leftOut = 0
      let expected = people.all.map { someone -> [String] in
        let number = someone.serving.cardNumber.isNone ? "" : someone.serving.cardNumber.text
        guard number.utf8.count == 17 else { return [someone.id.text, number] }
        if known[someone.id] == nil { leftOut += 1 }
        return [someone.id.text, known[someone.id].map { number.prefix(5) + $0 } ?? ""]
      }
      #expect(try Self.rows(workshop, "old-program", "people") == expected)
      #expect(report.cardNumbersLeftOut == leftOut)
      if run > 1 { #expect(leftOut > 0 && leftOut < people.all.count / 2) }
      #expect(
        try Self.rows(workshop, "all-people", "people").map { $0[1] }
          == people.all.map { $0.serving.cardNumber.isNone ? "" : $0.serving.cardNumber.text })
    }
  }

  @Test("a renumbering changes nothing for a program that gets 15 characters, unless no number is known")
  func changes() throws {
    let workshop = try Workshop()
    let people = People(seed: 3, count: 250)
    let policy = Self.policy(checkpointEvery: 5)
    try people.publish(in: workshop, run: 1, asOf: "2026-11-23", policy)
    let later = try Self.renumbered(people)
    try later.publish(in: workshop, run: 2, asOf: "2026-11-24", policy)
    #expect(try Self.rows(workshop, "old-program", "changes").isEmpty)
    #expect(try Self.rows(workshop, "all-people", "changes").count > 100)
  }

  @Test("earlier stores are asked only until a publication has noted the numbers")
  func earlierStores() throws {
    let workshop = try Workshop()
    let people = try Self.renumbered(People(seed: 5, count: 100))
    let number = try InsuranceNumber(Array("7912345678".utf8).span)
    func publish(_ run: Int, finding found: InsuranceNumber) throws -> PublishReport {
      var request = PublishRequest(
        folder: workshop.packages, pipeline: "nightly", runID: run, asOf: People.asOf,
        policy: Self.policy(checkpointEvery: 1), memoryBytes: 64 << 10, threads: 2)
      request.openFiles = nil
      var parts = people.parts
      parts.formerNumbers = { _ in { _ in found } }
      return try Publish.publish(request, persons: parts)
    }
    #expect(try publish(1, finding: number).cardNumbersLeftOut == 0)
    #expect(try publish(2, finding: .none).cardNumbersLeftOut == 0)
    #expect(try Self.rows(workshop, "old-program", "people").map { $0[1] }.contains("DN4017912345678"))
    // Numbers that can't be read count as not known.
    let noted = try #require(try Folder.names(in: workshop.packages).first { $0.hasSuffix(".people") })
    try Folder.remove(workshop.packages + "/" + noted)
    #expect(try publish(3, finding: .none).cardNumbersLeftOut > 0)
  }
}
