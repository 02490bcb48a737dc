// The match stage as a whole, compared with the slow matcher and with itself.

import Files
import Match
import Support
import Testing
import Values

@Suite("Matching")
struct MatchingTests {
  @Test("every record ends as the slow matcher says", arguments: UInt64(0)..<400)
  func oracle(seed: UInt64) throws {
    let sample = StagedSample(seed: seed, most: seed % 4 == 0 ? 90 : 24)
    let found = try matchedText(sample, threads: 1 + Int(seed % 3), memoryBytes: 1 << 16, seed: seed)
    let expected = Oracle(sample).text
    #expect(found.cards == expected.cards)
    #expect(found.findings == expected.findings)
    #expect(found.counts == expected.counts)
    #expect(found.reasons == expected.reasons)
  }

  @Test("the answer does not depend on threads or memory", arguments: [1, 2, 8], [64 << 10, 64 << 20])
  func width(threads: Int, memoryBytes: Int) throws {
    var sample = StagedSample()
    sample.fill(persons: 6000, seed: 7)
    let found = try matchedText(sample, threads: threads, memoryBytes: memoryBytes)
    let first = try matchedText(sample, threads: 1, memoryBytes: 1 << 20)
    #expect(found == first)
    #expect(found.cards.count > 3000)
    #expect(found.findings.count > 500)
    #expect(found == Oracle(sample).text)
  }

  @Test("the answer does not depend on how the records are spread over runs", arguments: UInt64(0)..<20)
  func order(seed: UInt64) throws {
    let sample = StagedSample(seed: 1000 + seed, most: 60)
    let first = try matchedText(sample, runs: 1, seed: 0)
    #expect(try matchedText(sample, runs: 2, seed: seed + 1) == first)
    #expect(try matchedText(sample, runs: 7, seed: seed + 2) == first)
  }

  @Test("records are counted at the place that their number names", arguments: UInt64(0)..<40)
  func places(seed: UInt64) throws {
    let (text, counts) = try matched(StagedSample(seed: seed, most: 90), threads: 3, seed: seed)
    // The slow result, from the text of every row.
    var slow: [String: [String: Int]] = [:]
    func place(_ number: String?) -> String {
      guard let number, number.utf8.count == 12, let id = try? PersonalID(number.utf8.span) else {
        return "none"
      }
      guard id.hasKnownPrefix else { return "unknown" }
      return IDPrefix.province(id.prefix) == nil ? "abroad" : String(number.prefix(3))
    }
    for card in text.cards { slow[place(String(card.prefix(12))), default: [:]]["linked", default: 0] += 1 }
    for finding in text.findings where finding.export == .insurance {
      slow[place(finding.personalID), default: [:]][finding.outcome.name, default: 0] += 1
    }
    #expect(counts.placeCounts == slow)
    #expect(counts.missingByGroup.values.reduce(0, +) == counts.count(.insurance, .idMissing))
    for outcome in Outcome.ofInsurance where outcome != .linked {
      let plain = text.findings.count {
        $0.export == .insurance && $0.outcome == outcome && $0.reasons.isEmpty
      }
      #expect(counts.plainCounts[outcome.name] ?? 0 == plain, "\(outcome.name)")
    }
  }

  @Test("active persons and those with a linked card are counted by residence", arguments: UInt64(0)..<40)
  func residents(seed: UInt64) throws {
    var sample = StagedSample(seed: seed, most: 90)
    var random = SeededGenerator(seed)
    for i in sample.persons.indices {
      sample.persons[i].record.residence = Residence(
        rawValue: [1, 2, 30, 35, 36].randomElement(using: &random) ?? 1)
    }
    let (text, counts) = try matched(sample, threads: 3, seed: seed)
    let cardholders = Set(text.cards.map { String($0.prefix(12)) })
    let duplicated = Set(
      text.findings.filter { $0.outcome == .personDuplicated && $0.export == .population }.map(\.personalID))
    var slow: [String: ResidentCounts] = [:]
    for id in Set(sample.persons.map(\.id)) where !duplicated.contains(id.text) {
      let first = sample.persons.filter { $0.id == id }.min { $0.place < $1.place }
      guard let record = first?.record, record.status == .active, let province = record.residence.text else {
        continue
      }
      var count = slow[province] ?? ResidentCounts(persons: 0, withCard: 0)
      count.persons += 1
      if cardholders.contains(id.text) { count.withCard += 1 }
      slow[province] = count
    }
    #expect(counts.residentCounts == (slow.isEmpty ? nil : slow))
    #expect(try matched(StagedSample(seed: seed, most: 90), threads: 2, seed: seed).1.residentCounts == nil)
  }

  @Test("nothing at all matches to nothing at all")
  func empty() throws {
    #expect(try matchedText(StagedSample()) == MatchedText())
  }

  @Test("one export without the other ends as registered or unknown")
  func oneSided() throws {
    var sample = StagedSample()
    sample.fill(persons: 500, seed: 3)
    var persons = sample
    persons.insured = []
    #expect(try matchedText(persons) == Oracle(persons).text)
    var insured = sample
    insured.persons = []
    let found = try matchedText(insured)
    #expect(found == Oracle(insured).text)
    #expect(found.cards.isEmpty)
  }

  @Test("ten thousand records of one personal ID number are one person")
  func oneNumber() throws {
    var sample = StagedSample()
    sample.fill(persons: 10_000, seed: 5)
    for i in sample.persons.indices {
      sample.persons[i].id = StagedSample.ids[0]
      sample.persons[i].record = sample.persons[0].record
      sample.persons[i].name = StagedSample.names[i % 2 == 0 ? 0 : 2]
      sample.persons[i].record.legacy = LegacyID(packed: 0)
    }
    for i in sample.insured.indices { sample.insured[i].field = .personal(StagedSample.ids[0]) }
    let found = try matchedText(sample, memoryBytes: 64 << 10)
    #expect(found == Oracle(sample).text)
    #expect(found.counts.filter { $0.key.hasSuffix("registered") }.values.reduce(0, +) == 1)
    #expect(found.cards.count { $0.hasSuffix("serves") } == 1)
  }

  @Test("one insurance number on all records is shared by all")
  func oneInsuranceNumber() throws {
    var sample = StagedSample()
    sample.fill(persons: 3000, seed: 6)
    for i in sample.insured.indices {
      sample.insured[i].record.insuranceNumber = StagedSample.number(1_234_567_890)
    }
    let found = try matchedText(sample, memoryBytes: 64 << 10)
    #expect(found.cards.isEmpty)
    #expect(found == Oracle(sample).text)
  }

  @Test(
    "exports that have nobody in common match nothing, with decisions and without", arguments: UInt64(0)..<4)
  func noMatch(seed: UInt64) throws {
    var sample = StagedSample()
    sample.fill(persons: 1500, seed: 20 + seed)
    for i in sample.insured.indices {
      guard case .personal(let id) = sample.insured[i].field else { continue }
      sample.insured[i].field = .personal(PersonalID(packed: id.packed + 90_000_000_000))
    }
    var random = SeededGenerator(seed)
    if seed > 1 { sample.decide(200, &random) }
    let found = try matchedText(sample, memoryBytes: 64 << 10, seed: seed)
    #expect(found == Oracle(sample).text)
    #expect(seed > 1 || !found.cards.contains { $0.contains("|personal_id|") })
  }

  @Test("one range of keys that holds everything gives what the slow matcher says", arguments: [1, 2, 8])
  func onePartition(threads: Int) throws {
    // All records without a number, all with one 9-digit number, all with one unusable number.
    let fields: [IDField] = [.missing, .legacy(StagedSample.legacies[0]), .invalid("1080000001")]
    for (i, field) in fields.enumerated() {
      var sample = StagedSample()
      sample.fill(persons: 1200, seed: 30 + UInt64(i))
      for j in sample.insured.indices {
        sample.insured[j].field = field
        if case .invalid = field { sample.insured[j].record.words.insert(.leadingZeroLost) }
      }
      // Only one person held the 9-digit number.
      sample.persons[0].record.legacy = StagedSample.legacies[0]
      var random = SeededGenerator(UInt64(i))
      sample.decide(60, &random)
      let found = try matchedText(sample, threads: threads, memoryBytes: 64 << 10)
      #expect(found == Oracle(sample).text)
    }
  }

  @Test(
    "where everything ties, the first in the export serves, however it is spread", arguments: UInt64(0)..<6)
  func ties(seed: UInt64) throws {
    var sample = StagedSample()
    sample.fill(persons: 60, seed: 40 + seed)
    let model = try #require(sample.insured.first { $0.name == StagedSample.names[0] })
    let own = sample.persons.map(\.id)
    // Ten equal cards for each person, in random places.
    var random = SeededGenerator(seed)
    sample.insured = (0..<600).shuffled(using: &random).enumerated().map { (ordinal, i) in
      var card = model
      card.place = Place(file: ordinal % StagedSample.fileCount, ordinal: ordinal)
      card.field = .personal(own[i % own.count])
      card.record.insuranceNumber = StagedSample.number(3_000_000_000 + UInt64(i % own.count))
      card.record.line = UInt32(ordinal + 2)
      return card
    }
    let found = try matchedText(sample, threads: 1 + Int(seed % 3), memoryBytes: 64 << 10, seed: seed)
    #expect(found == Oracle(sample).text)
    #expect(found.cards.count { $0.hasSuffix("serves") } == Set(found.cards.map { $0.prefix(12) }).count)
  }

  @Test("an empty value equals nothing, though it stands everywhere")
  func empties() throws {
    var sample = StagedSample()
    sample.fill(persons: 800, seed: 50)
    for i in sample.persons.indices {
      sample.persons[i].record.birthDate = .none
      sample.persons[i].record.sex = .unknown
      sample.persons[i].record.legacy = LegacyID(packed: 0)
    }
    for i in sample.insured.indices {
      sample.insured[i].field = i % 2 == 0 ? .missing : .legacy(LegacyID(packed: 0))
      sample.insured[i].record.birthDate = .none
      sample.insured[i].record.sex = .unknown
      sample.insured[i].record.cardNumber = .none
      sample.insured[i].record.facility = .none
      sample.insured[i].record.validTo = .none
    }
    let found = try matchedText(sample, memoryBytes: 64 << 10)
    #expect(found.cards.isEmpty)
    #expect(found.findings.allSatisfy { ($0.candidates ?? 0) == 0 })
    #expect(found.counts.filter { $0.key.hasPrefix("insurance") }.values.reduce(0, +) == sample.insured.count)
  }

  @Test("a damaged staged file stops the run")
  func damage() throws {
    let workshop = try Workshop()
    let path = workshop.path
    var sample = StagedSample()
    sample.fill(persons: 300, seed: 8)
    var random = SeededGenerator(1)
    var snapshot = try sample.stage(in: path, random: &random)
    snapshot.population[0].name = snapshot.population[0].name + "-gone"
    try Folder.create(path + "/matched")
    #expect(throws: Stop.self) {
      try match(
        MatchRequest(
          snapshot: snapshot, stagedFolder: path, folder: path + "/matched", asOf: StagedSample.asOf,
          threads: 2,
          memoryBytes: 1 << 20))
    }
  }

  @Test("ranges of persons, one behind the other, are all persons", arguments: [1, 3, 40])
  func ranges(parts: Int) throws {
    let workshop = try Workshop()
    let path = workshop.path
    var sample = StagedSample()
    sample.fill(persons: 4000, seed: 9)
    var random = SeededGenerator(1)
    let snapshot = try sample.stage(in: path + "/staged", random: &random)
    try Folder.create(path + "/matched")
    let matched = try match(
      MatchRequest(
        snapshot: snapshot, stagedFolder: path + "/staged", folder: path + "/matched",
        asOf: StagedSample.asOf, threads: 2, memoryBytes: 1 << 20))
    func cards(_ keys: Range<UInt64>) throws -> [CardRow] {
      let persons = try MatchedPersons(matched, in: path + "/matched", asOf: StagedSample.asOf, keys: keys)
      var batch = PersonBatch()
      var cards: [CardRow] = []
      while try persons.nextBatch(into: &batch) { cards += batch.cards }
      return cards
    }
    let ranges = try MatchedPersons.ranges(of: matched, in: path + "/matched", parts: parts)
    #expect(ranges.count <= parts)
    #expect(try ranges.flatMap { try cards($0) } == cards(0..<UInt64.max))
  }

  @Test("a match result of an earlier version is not read as one of this version")
  func earlierVersion() throws {
    let workshop = try Workshop()
    let path = workshop.path
    var matched = MatchedSnapshot()
    _ = try MatchedPersons(matched, in: path, asOf: StagedSample.asOf)
    matched.judgedFormat = nil
    #expect(throws: Stop.self) { try MatchedPersons(matched, in: path, asOf: StagedSample.asOf) }
  }

  @Test("what stays on disk is only what the next stage reads")
  func leftovers() throws {
    let workshop = try Workshop()
    let path = workshop.path
    let sample = StagedSample(seed: 12, most: 90)
    var random = SeededGenerator(1)
    let snapshot = try sample.stage(in: path + "/staged", random: &random)
    try Folder.create(path + "/matched")
    let matched = try match(
      MatchRequest(
        snapshot: snapshot, stagedFolder: path + "/staged", folder: path + "/matched",
        asOf: StagedSample.asOf,
        threads: 2, memoryBytes: 1 << 20))
    let kept = matched.judged + matched.shared + matched.findings + matched.candidates
    #expect(try Folder.names(in: path + "/matched") == kept.map(\.name).sorted())
  }
}

extension StagedSample {
  /// Fills in as many persons as asked for, nearly all with one record that agrees.
  mutating func fill(persons count: Int, seed: UInt64) {
    var random = SeededGenerator(seed)
    for i in 0..<count {
      var person = SamplePerson(
        place: Place(file: i % Self.fileCount, ordinal: i),
        id: PersonalID(packed: 1_080_000_000 + UInt64(i * 37 % 999_983)),
        name: Self.names[0])
      person.record.line = UInt32(i + 2)
      person.record.birthDate = Self.dates[2]
      person.record.sex = .male
      if Int.random(in: 0..<10, using: &random) == 0 {
        person.record.legacy = LegacyID(packed: UInt32(200_000_000 + i % 400))
      }
      persons.append(person)
      guard Int.random(in: 0..<10, using: &random) != 0 else { continue }
      var insured = SampleInsured(
        place: Place(file: i % Self.fileCount, ordinal: i * 7 % 100_003), field: .personal(person.id),
        name: Int.random(in: 0..<10, using: &random) == 0 ? Self.names.any(&random) : Self.names[0])
      insured.record.line = UInt32(i + 2)
      insured.record.insuranceNumber = Self.number(
        2_000_000_000 + UInt64(Int.random(in: 0..<count * 8, using: &random)))
      insured.record.birthDate = Self.dates[2]
      insured.record.validFrom = Self.starts.any(&random)
      insured.record.validTo = Self.ends.any(&random)
      if Int.random(in: 0..<20, using: &random) == 0 {
        insured.field = .legacy(LegacyID(packed: UInt32(200_000_000 + i % 400)))
      }
      self.insured.append(insured)
    }
  }
}
