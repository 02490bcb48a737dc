// What packages say about renumbered cards and about the groups of the armed forces.

import Foundation
import Support
import Testing
import Values
@testable import Package
@testable import Publish

extension DeltaTests {
  @Test("a person whose cards were renumbered, and who is otherwise as before, is put with that reason")
  func renumbered() throws {
    let workshop = try Workshop()
    let policy = Self.policy(checkpointEvery: 3)
    var people = People(seed: 4, count: 400)
    func isOld(_ card: CardRow) -> Bool { !card.cardNumber.isNone && card.cardNumber.tail.digitCount == 10 }
    for i in people.all.indices {
      people.all[i].serving.personalID = people.all[i].id
      for j in people.all[i].others.indices { people.all[i].others[j].personalID = people.all[i].id }
    }
    try people.publish(in: workshop, run: 1, policy)
    func renumber(_ card: inout CardRow, _ id: PersonalID) {
      card.insuranceNumber = InsuranceNumber(id)
      if isOld(card) { card.cardNumber = CardNumber(head: card.cardNumber.head, tail: InsuranceNumber(id)) }
    }
    var (renumbered, put): (Set<String>, Set<String>) = ([], [])
    for i in people.all.indices where isOld(people.all[i].serving) {
      let id = people.all[i].id
      renumber(&people.all[i].serving, id)
      switch i % 4 {
      case 0:
        people.all[i].name = "NGUYỄN VĂN KHÁC"
        put.insert(id.text)
      case 1:
        people.all[i].serving.cardNumber = CardNumber(
          head: people.all[i].serving.cardNumber.head,
          tail: InsuranceNumber(PersonalID(packed: 79_080_000_004)))
        put.insert(id.text)
      default:
        for j in people.all[i].others.indices { renumber(&people.all[i].others[j], id) }
        renumbered.insert(id.text)
      }
    }
    try people.publish(in: workshop, run: 2, policy)
    let rows = slowRows(
      try String(contentsOfFile: workshop.current + "/all-people/data/changes.csv", encoding: .utf8)
    ).dropFirst()
    #expect(!renumbered.isEmpty && !put.isEmpty)
    #expect(Set(rows.filter { $0[1] == "renumbered" }.map { $0[2] }) == renumbered)
    #expect(Set(rows.filter { $0[1] == "" }.map { $0[2] }) == put)
    #expect(rows.allSatisfy { $0[0] == "put" })
    let info = try Self.info(workshop.current + "/all-people")
    #expect(info["Cardlink-Persons-Renumbered"] == String(renumbered.count))
    #expect(info["Cardlink-Persons-Put"] == String(renumbered.count + put.count))
  }

  @Test("a package names the groups that the pipeline file adds to the armed forces, whatever kind it is")
  func armedForces() throws {
    let (workshop, facility) = (try Workshop(), try Workshop())
    var policy = Self.policy(checkpointEvery: 3)
    policy.armedForces = ["XX", "YY"]
    let people = People(seed: 4, count: 200)
    for run in 1...2 {
      try people.publish(in: workshop, run: run, policy)
      let package = workshop.current + "/01028"
      #expect(try Self.info(package)["Cardlink-Armed-Forces"] == "XX YY")
      if run == 1 { #expect(try FacilityPackage.open(package).armedForces == ["XX", "YY"]) }
      let done = try apply(ApplyRequest(packages: [package], folder: facility.path + "/cards", day: .none))
      #expect(done.faults.isEmpty)
      #expect(try FacilityPackage.open(facility.path + "/cards/current").armedForces == ["XX", "YY"])
    }
    try people.publish(in: workshop, run: 3, Self.policy(checkpointEvery: 1))
    #expect(try Self.info(workshop.current + "/01028")["Cardlink-Armed-Forces"] == nil)
  }
}
