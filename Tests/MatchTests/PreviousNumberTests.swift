// Earlier personal ID numbers: chains, circles, two persons who name one number, and numbers in use; the match and the
// explanation must agree. The random samples of the other tests have earlier numbers too.

import Files
import Match
import Rules
import Support
import Testing
import Values

@Suite("Earlier personal ID numbers")
struct PreviousNumberTests {
  private static func id(_ i: Int) -> PersonalID { PersonalID(packed: 1_080_001_000 + UInt64(i)) }

  /// Persons who agree with every record, in the order of their places.
  private static func sample(
    _ persons: [(id: Int, previous: Int?, status: PersonStatus)], records: [Int]
  ) -> StagedSample {
    var sample = StagedSample()
    for (i, person) in persons.enumerated() {
      var known = SamplePerson(
        place: Place(file: 0, ordinal: i), id: id(person.id), name: StagedSample.names[0])
      known.record.line = UInt32(i + 2)
      known.record.birthDate = StagedSample.dates[2]
      known.record.sex = .male
      known.record.status = person.status
      if let previous = person.previous { known.record.previous = id(previous) }
      sample.persons.append(known)
    }
    for (i, record) in records.enumerated() {
      var insured = SampleInsured(
        place: Place(file: 0, ordinal: i), field: .personal(id(record)), name: StagedSample.names[0])
      insured.record.line = UInt32(i + 2)
      insured.record.birthDate = StagedSample.dates[2]
      insured.record.sex = .male
      insured.record.insuranceNumber = StagedSample.number(1_000_000_000 + UInt64(i))
      insured.record.validFrom = StagedSample.starts[0]
      sample.insured.append(insured)
    }
    return sample
  }

  /// How the records end, one line each: outcome, person, rule or reasons.
  private static func ends(_ sample: StagedSample) throws -> [String] {
    let found = try matchedText(sample)
    #expect(found == Oracle(sample).text)
    var ends = found.findings.filter { $0.export == .insurance }.map {
      (Int($0.line), "\($0.outcome.name) \($0.personalID.suffix(2)) \($0.reasons)")
    }
    for card in found.cards {
      let parts = card.split(separator: "|", omittingEmptySubsequences: false)
      ends.append((Int(parts[13].split(separator: ":")[1]) ?? 0, "linked \(parts[0].suffix(2)) \(parts[11])"))
    }
    return ends.sorted { $0.0 < $1.0 }.map(\.1)
  }

  @Test("a record with a cancelled number links to the person who has it as the earlier number")
  func one() throws {
    let ends = try Self.ends(Self.sample([(1, 2, .active)], records: [1, 2, 3]))
    #expect(ends == ["linked 01 personal_id", "linked 01 previous_id", "person_unknown 03 "])
  }

  @Test("the number leads on where the population lists it as cancelled")
  func listed() throws {
    let ends = try Self.ends(Self.sample([(1, 2, .active), (2, nil, .numberCancelled)], records: [2]))
    #expect(ends == ["linked 01 previous_id"])
  }

  @Test("a cancelled number that no person names ends as before")
  func unnamed() throws {
    let ends = try Self.ends(Self.sample([(1, nil, .active), (2, nil, .numberCancelled)], records: [2]))
    #expect(ends == ["person_inactive 02 number_cancelled"])
  }

  @Test("a number in use stays with its person", arguments: [PersonStatus.active, .dead, .missing, .unknown])
  func inUse(status: PersonStatus) throws {
    let ends = try Self.ends(Self.sample([(1, 2, .active), (2, nil, status)], records: [2]))
    #expect(ends[0].contains(" 02 "))
    #expect(status != .active || ends == ["linked 02 personal_id"])
  }

  @Test("a chain is followed for eight steps", arguments: 1...12)
  func chain(steps: Int) throws {
    // 0 was 1, 1 was 2, …; all but 0 are listed as cancelled, and the last is not listed.
    let persons = (0..<steps).map {
      (id: $0, previous: $0 + 1 as Int?, status: $0 == 0 ? .active : PersonStatus.numberCancelled)
    }
    let ends = try Self.ends(Self.sample(persons.shuffledBy(steps), records: [steps]))
    #expect(
      ends == [
        steps <= 8
          ? "linked 00 previous_id" : "person_unknown \(steps < 10 ? "0" : "")\(steps) previous_ambiguous"
      ])
  }

  @Test("earlier numbers in a circle lead to no person")
  func circle() throws {
    let persons = [(1, 2, PersonStatus.numberCancelled), (2, 1, .numberCancelled), (3, 1, .dead)]
    let ends = try Self.ends(
      Self.sample(persons.dropLast().map { (id: $0.0, previous: $0.1, status: $0.2) }, records: [1, 2]))
    #expect(ends == ["person_unknown 01 previous_ambiguous", "person_unknown 02 previous_ambiguous"])
    // Two persons in use who name each other keep their numbers.
    let used = try Self.ends(Self.sample([(1, 2, .active), (2, 1, .active)], records: [1, 2]))
    #expect(used == ["linked 01 personal_id", "linked 02 personal_id"])
  }

  @Test("a number that two persons name leads to neither, unless one of them is cancelled")
  func twoPersons() throws {
    let both = try Self.ends(Self.sample([(1, 3, .active), (2, 3, .active)], records: [3]))
    #expect(both == ["person_unknown 03 previous_ambiguous"])
    let one = try Self.ends(Self.sample([(1, 3, .active), (2, 3, .numberCancelled)], records: [3]))
    #expect(one == ["linked 01 previous_id"])
  }

  @Test("the person's own earlier number in other fields is no dispute; another's is")
  func otherFields() throws {
    var sample = Self.sample([(1, 2, .active), (3, nil, .active)], records: [1, 3, 2])
    for i in sample.insured.indices { sample.insured[i].record.insuranceNumber = InsuranceNumber(Self.id(2)) }
    // Staging notes it for the first two.
    for i in 0..<2 { sample.insured[i].record.words.insert(.insuranceNumberNotID) }
    let ends = try Self.ends(sample)
    #expect(
      ends == [
        "linked 01 personal_id", "disputed 03 insurance_number_not_id", "linked 01 previous_id",
      ])
  }

  @Test("a 9-digit number of a cancelled record and of another leads to the other")
  func nineDigits() throws {
    for previous in [nil, 2] {
      var sample = Self.sample([(1, previous, .active), (2, nil, .numberCancelled)], records: [1])
      for i in 0..<2 { sample.persons[i].record.legacy = StagedSample.legacies[0] }
      sample.insured[0].field = .legacy(StagedSample.legacies[0])
      #expect(try Self.ends(sample) == ["linked 01 legacy_id"])
      // Only the cancelled record has it.
      sample.persons[0].record.legacy = LegacyID(packed: 0)
      let end = previous == nil ? "person_inactive 02 number_cancelled" : "linked 01 legacy_id"
      #expect(try Self.ends(sample) == [end])
    }
  }

  @Test("the explanation gives each record the outcome of the match", arguments: UInt64(0)..<150)
  func explanation(seed: UInt64) throws {
    var sample = StagedSample(seed: seed * 5, most: 60)
    sample.decisions = []
    let workshop = try Workshop()
    let path = workshop.path
    var random = SeededGenerator(seed)
    let snapshot = try sample.stage(in: path + "/staged", random: &random)
    try Folder.create(path + "/matched")
    let matched = try match(
      MatchRequest(
        snapshot: snapshot, stagedFolder: path + "/staged", folder: path + "/matched",
        asOf: StagedSample.asOf, threads: 2, memoryBytes: 1 << 20))
    let text = try MatchedText(matched, in: path + "/matched")
    let lookup = StagedLookup(snapshot, in: path + "/staged")
    var explained: Set<Place> = []
    for id in Set(
      StagedSample.ids + StagedSample.earlierIDs + sample.insured.compactMap(\.field.key.personalID))
    {
      let population = try lookup.population(id)
      let own = try lookup.insurance(of: id, population)
      let judgements = explainJudgement(
        of: id, population: population, insurance: own, holders: try lookup.holders(among: own),
        fate: try lookup.fate(of: id), registered: try lookup.others(than: id, in: own),
        heldBack: try matched.heldBack(id, in: path + "/matched"))
      for judgement in judgements {
        let record = judgement.record
        let isAmbiguous = judgement.words.contains(.legacyAmbiguous)
        #expect(explained.insert(record.place).inserted || isAmbiguous, "\(record.place) is two persons'")
        if judgement.outcome == .linked {
          let rule = record.key.legacyID == nil ? record.record.rule.name : "legacy_id"
          #expect(
            text.cards.contains {
              $0.hasPrefix(id.text) && $0.contains("|\(rule)|")
                && $0.contains("|\(record.place.file):\(record.record.line)|")
            })
        } else {
          #expect(
            text.findings.contains {
              $0.export == .insurance && $0.fileIndex == record.place.file && $0.line == record.record.line
                && $0.outcome == judgement.outcome && $0.reasons == judgement.words.text
            })
        }
      }
    }
    for insured in sample.insured {
      if case .personal = insured.field { #expect(explained.contains(insured.place)) }
    }
  }

  @Test("the random samples have records of each kind")
  func coverage() throws {
    var linked = 0
    var ambiguous = 0
    var disputed = 0
    for seed in UInt64(0)..<400 {
      let text = Oracle(StagedSample(seed: seed, most: seed % 4 == 0 ? 90 : 24)).text
      linked += text.cards.count { $0.contains("|previous_id|") }
      ambiguous += text.findings.count { $0.reasons.contains("previous_ambiguous") }
      disputed += text.findings.count { $0.reasons.contains("insurance_number_not_id") }
    }
    // Most pairs of these small samples disagree in name, birth date or sex.
    #expect(linked > 20)
    #expect(ambiguous > 50)
    #expect(disputed > 50)
  }
}

extension Array {
  fileprivate func shuffledBy(_ seed: Int) -> [Element] {
    var random = SeededGenerator(UInt64(seed))
    return shuffled(using: &random)
  }
}
