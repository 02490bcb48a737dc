// What happens to attestations later: the runs that revoke them, and a disk that fails at each operation of the command.

import Attest
import Files
import Foundation
import Package
import Support
import Testing
import Values

@testable import Desk
@testable import Pipeline
@testable import Run
@testable import Workspace

@Suite("Attestations, revoked and interrupted")
struct AttestRevokingTests {
  @Test(
    "the run that removes or changes a card revokes it, in every package, and a rollback takes nothing back")
  func revoking() throws {
    let workshop = try Workshop()
    var generator = SeededGenerator(3)
    var register = SmallRegister(&generator)
    for i in register.persons.indices {
      register.persons[i].validTo = "2099-12-31"
      (register.persons[i].hasCard, register.persons[i].isActive) = (true, true)
    }
    func run() throws -> Pipeline {
      _ = try register.run(in: workshop.path + "/a")
      var pipeline = try AttestingTests.prepared(
        try Pipeline(file: workshop.path + "/a/pipeline.yaml"), AttestingTests.policy())
      pipeline.publish.checkpointEvery = 5
      return pipeline
    }
    var pipeline = try run()
    var day = WalkTests.asOf
    func walk() throws {
      day = day.adding(days: 1)
      _ = try WalkTests.walk(pipeline, asOf: day)
    }
    let now = Int(Date().timeIntervalSince1970)
    let path = workshop.path + "/in.csv"
    try AttestingTests.write(
      try register.persons.enumerated().map { i, person in
        var request = try AttestingTests.request(person.id, 0, i)
        request.proof = try AttestingTests.proof(AttestingTests.keys[i % 3], at: now - 10)
        return request
      }, to: path)
    let (report, lines) = try AttestingTests.attest(pipeline, path, at: now)
    #expect(report.counts == [.issued: 40])
    let key = try AttestationKey(file: try #require(pipeline.attestations).key)
    func answers(_ lists: [String]) -> [AttestationFault?] {
      lines.map { line in
        var expected = AttestationExpectation(keys: [key.jwk], now: now + 5)
        expected.lists = lists
        return AttestationCheck.answer(to: line[3], expected).fault
      }
    }
    func lists(in folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jwt") }.map {
        try String(contentsOfFile: folder + "/" + $0, encoding: .utf8)
      }
    }
    #expect(answers([]).allSatisfy { $0 == .listMissing })
    // One card is removed, one changes, and nothing else.
    register.persons[3].hasCard = false
    register.persons[7].facility = register.persons[7].facility == "01028" ? "01001" : "01028"
    _ = try Self.exports(of: register, in: workshop.path + "/a")
    try walk()
    let published = pipeline.workspace + "/attestations/published"
    let wanted = lines.indices.map { [3, 7].contains($0) ? AttestationFault.revoked : nil }
    #expect(try answers(lists(in: published)) == wanted)
    #expect(
      try PublicJWK.keys(in: String(contentsOfFile: published + "/jwks.json", encoding: .utf8)) == [key.jwk])
    let packages = pipeline.workspace + "/packages/current"
    for facility in SmallRegister.facilities {
      #expect(try answers(lists(in: packages + "/\(facility)/data")) == wanted, "\(facility)")
      #expect(try Cardlink.run(["verify", packages + "/" + facility, "--on", day.text]).exit == 0)
    }
    // Another night with changes: a package of changes carries the list, and so does what is made of it.
    let first = workshop.path + "/facility"
    _ = try apply(ApplyRequest(packages: [packages + "/01001"], folder: first, day: day))
    register.persons[11].hasCard = false
    _ = try Self.exports(of: register, in: workshop.path + "/a")
    try walk()
    let second = lines.indices.map { [3, 7, 11].contains($0) ? AttestationFault.revoked : nil }
    #expect(try answers(lists(in: packages + "/01001/data")) == second)
    let applied = try apply(
      ApplyRequest(packages: [packages + "/01001"], folder: first, day: day))
    #expect(applied.applied.count == 1 && applied.faults.isEmpty, "\(applied.faults)")
    #expect(try answers(lists(in: first + "/current/data")) == second)
    // The cards come back, the attestations don't.
    (register.persons[3].hasCard, register.persons[11].hasCard) = (true, true)
    _ = try Self.exports(of: register, in: workshop.path + "/a")
    try walk()
    #expect(try answers(lists(in: packages + "/01001/data")) == second)
    // Without attestations in the pipeline file packages are as before.
    pipeline.attestations = nil
    pipeline.consumers = []
    register.persons[0].hasCard = false
    _ = try Self.exports(of: register, in: workshop.path + "/a")
    try walk()
    #expect(try lists(in: packages + "/01001/data").isEmpty)
  }

  /// Writes the exports again, and runs nothing.
  static func exports(of register: SmallRegister, in folder: String) throws {
    func write(_ name: String, _ lines: [String]) throws {
      try (lines.joined(separator: "\n") + "\n").write(
        toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
    try write(
      "i.csv",
      ["N,A,B,C,D,F,V,W,K"]
        + register.persons.filter(\.hasCard).map {
          "\($0.id),\($0.id),\($0.name),\($0.birthDate),\($0.isFemale ? "2" : "1"),\($0.facility),2026-01-01,\($0.validTo),\($0.area)"
        })
  }

  @Test(
    "an operation that fails leaves no package, and the same command then gives each place once",
    arguments: Faults.Kind.allCases)
  func faults(kind: Faults.Kind) throws {
    let workshop = try Workshop(inMemory: true)
    var generator = SeededGenerator(9)
    let register = SmallRegister(&generator)
    let pipeline = try AttestingTests.prepared(
      try register.run(in: workshop.path + "/a"), AttestingTests.policy(), places: 16_384)
    let path = workshop.path + "/in.csv"
    try AttestingTests.write(
      try register.persons.enumerated().map { try AttestingTests.request($1.id, 0, $0) }, to: path)
    func taken() throws -> Set<Int> {
      Set(try PlaceBook(in: pipeline.workspace).lists.flatMap(\.entries).compactMap(\.place))
    }
    func packages() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: workshop.path + "/a/out").count {
        !$0.hasSuffix(".partial")
      }
    }
    Faults.count(under: workshop.path)
    _ = try AttestingTests.attest(pipeline, path)
    let operations = Faults.end(under: workshop.path)
    let counted: [Faults.Operation] =
      switch kind {
      case .unread: [.read]
      case .full: [.create, .write, .database]
      case .gone, .once: Faults.Operation.allCases.filter { $0 != .read }
      }
    var failures = 0
    for n in 1...counted.reduce(0, { $0 + (operations[$1] ?? 0) }) {
      let (placesBefore, packagesBefore) = (try taken(), try packages())
      Faults.fail(at: n, under: workshop.path, as: kind)
      let result = Result { try AttestingTests.attest(pipeline, path) }
      Faults.end(under: workshop.path)
      let (placesAfter, packagesAfter) = (try taken(), try packages())
      #expect(placesBefore.isSubset(of: placesAfter))
      switch result {
      case .success(let (_, lines)):
        let places = try lines.filter { $0[2] == "issued" }.compactMap {
          try Presentation($0[3]).jws.payload["status"]?["status_list"]?["idx"]?.integer
        }
        #expect(!places.isEmpty && Set(places) == placesAfter.subtracting(placesBefore))
        #expect(packagesAfter == packagesBefore + 1)
      case .failure(let error):
        failures += 1
        #expect(error is Stop)
        // The package has its name before the folder is synced.
        #expect(packagesAfter == packagesBefore || packagesAfter == packagesBefore + 1)
        if packagesAfter > packagesBefore { #expect(placesAfter.count > placesBefore.count) }
      }
    }
    #expect(failures > 5)
    let audit = try Cardlink.run(["audit", "verify", workshop.path + "/a/pipeline.yaml"])
    #expect(audit.exit == 0, "\(audit.errors)")
  }
}
