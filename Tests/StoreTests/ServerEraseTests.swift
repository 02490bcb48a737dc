// Erasing a person from a PostgreSQL server: from every copy that it keeps, and from its files.

#if PostgreSQL
  import Foundation
  import Loopback
  import Support
  import Testing
  import Values
  @testable import Store

  @Suite(
    "Erasing a person from a PostgreSQL server", .serialized,
    .enabled(if: LoopbackServer.programs != nil, "PostgreSQL is not installed here: apt install postgresql"))
  struct ServerEraseTests {
    @Test("no table and no file of a table holds the person, and everyone else is there")
    func erase() throws {
      let workshop = try Workshop()
      let server = try LoopbackServer.shared.get()
      let place = server.place(try server.database())
      var samples = [
        StoreSample(seed: 1, persons: 300, runID: 7), StoreSample(seed: 1, persons: 300, runID: 8),
      ]
      let (name, id) = ("NGUYỄN ĐỘC NHẤT VÔ NHỊ", samples[0].persons[100].id)
      let number = try InsuranceNumber(Array("0987654321".utf8).span)
      for i in samples.indices {
        samples[i].persons[100].name = name
        for j in samples[i].persons[100].cards.indices {
          samples[i].persons[100].cards[j].insuranceNumber = number
        }
        samples[i].findings[0].insuranceNumber = number.text
        samples[i].findings[1].candidates = 1
        samples[i].findings[1].candidatePersonalID = id.text
      }
      let store = try PostgreSQLStore(place, pipeline: "nightly")
      try store.hold()
      for (i, sample) in samples.enumerated() {
        let path = workshop.path + "/\(i)/store.sqlite"
        try sample.load(into: path)
        try store.putInForce(try store.load(fromStore: path))
      }
      let reader = try ServerReader(place)
      #expect(try reader.holders(of: [id.text, number.text, name]).count >= 6)
      let people = try reader.rows("card_attribute")
      let findings = try reader.rows("finding")
      try store.erase(id)
      let left = try reader.holders(of: [id.text, number.text, name])
      #expect(left == [])
      #expect(
        try Set(reader.rows("card_attribute")) == Set(people.filter { $0[0] != .text(id.text) }))
      #expect(try reader.rows("finding").count == findings.count - held(findings, id, number))
    }

    /// Findings that name the person.
    private func held(_ findings: [[Cell]], _ id: PersonalID, _ number: InsuranceNumber) -> Int {
      findings.count { $0[3] == .text(id.text) || $0[4] == .text(number.text) }
    }
  }
#endif
