// Hostile exports: everything under one number, nothing in common, ties and empty values everywhere. The
// result is the slow matcher's, whatever the threads, the memory, the distribution over runs and the order of
// the records.

import Match
import Support
import Testing
import Values

enum Adversary: String, CaseIterable, Sendable {
  case oneID, oneInsuranceNumber, noMatch, onePartition, ties, emptyValues, emptyNumbers, twoPersons
  /// Everything that the random samples contain.
  case anything
}

@Suite("Adversaries")
struct AdversaryTests {
  @Test(
    "every record ends as the slow matcher says, on any machine", arguments: Adversary.allCases,
    UInt64(0)..<12)
  func oracle(_ adversary: Adversary, seed: UInt64) throws {
    let sample = StagedSample(adversary, seed: seed)
    let expected = Oracle(sample).text
    for (i, (threads, memoryBytes)) in [(1, 1 << 20), (2, 64 << 10), (8, 16 << 10)].enumerated() {
      let found = try matchedText(
        sample, threads: threads, memoryBytes: memoryBytes, runs: [1, 3, 7][i], seed: seed * 3 + UInt64(i))
      #expect(found == expected, "\(threads) threads, \(memoryBytes) bytes")
    }
    let linked = expected.cards
    switch adversary {
    case .oneID: #expect(Set(linked.map { $0.prefix(12) }).count <= 1)
    case .oneInsuranceNumber:
      #expect(Set(linked.map { $0.prefix(12) }).count <= 1, "a number that two persons claim links nobody")
    case .noMatch: #expect(linked.allSatisfy { $0.contains("|decision|") })
    case .onePartition: #expect(linked.allSatisfy { !$0.contains("|personal_id|") })
    case .ties, .emptyNumbers:
      #expect(linked.count > 50)
      #expect(linked.count { $0.hasSuffix("serves") } == Set(linked.map { $0.prefix(12) }).count)
      #expect(!expected.counts.keys.contains { $0.hasSuffix("number_shared") })
    case .emptyValues:
      #expect(linked.allSatisfy { $0.contains("|decision|") })
      #expect(expected.findings.allSatisfy { ($0.candidates ?? 0) == 0 })
    case .twoPersons:
      #expect(expected.reasons["insurance disputed/insurance_number_not_id", default: 0] > 50)
    case .anything: break
    }
  }

  @Test(
    "how a record ends does not depend on where in the exports it stands", arguments: Adversary.allCases,
    UInt64(0)..<6)
  func order(_ adversary: Adversary, seed: UInt64) throws {
    let sample = StagedSample(adversary, seed: 100 + seed)
    let first = Self.withoutPlaces(try matchedText(sample, seed: seed))
    var random = SeededGenerator(seed)
    for _ in 0..<2 {
      let other = sample.withOtherPlaces(&random)
      let found = try matchedText(other, threads: 3, seed: seed)
      #expect(found == Oracle(other).text)
      #expect(Self.withoutPlaces(found) == first)
    }
  }

  /// A result without places and without what depends on which of several equal records comes first.
  private static func withoutPlaces(_ text: MatchedText) -> [String] {
    var counts: [String: Int] = [:]
    for (key, count) in text.counts {
      let words = key.split(separator: " ")
      counts["\(words[0]) \(words[2])", default: 0] += count
    }
    let cards = text.cards.map { card in
      var fields = card.split(separator: "|", omittingEmptySubsequences: false)
      fields.removeLast(2)
      fields.remove(at: 1)
      return fields.joined(separator: "|")
    }
    let findings = text.findings.map {
      "\($0.export) \($0.outcome) \($0.reasons) \($0.personalID) \($0.insuranceNumber) \($0.cardNumber)"
    }
    return (cards + findings + counts.map { "\($0) \($1)" } + text.reasons.map { "\($0) \($1)" }).sorted()
  }
}

extension StagedSample {
  init(_ adversary: Adversary, seed: UInt64) {
    guard adversary != .anything else {
      self.init(seed: 5000 + seed, most: 70)
      return
    }
    self.init()
    var random = SeededGenerator(seed)
    fill(persons: 120, seed: 60 + seed)
    switch adversary {
    case .anything: break
    case .oneID:
      // A person repeated many times; every second person by records that disagree.
      for i in persons.indices {
        persons[i].id = Self.ids[0]
        persons[i].record = persons[0].record
        persons[i].record.legacy = LegacyID(packed: 0)
        persons[i].name = Self.names[seed % 2 == 0 ? i % 3 * 2 % 4 : Int.random(in: 0..<3, using: &random)]
      }
      if seed % 4 == 3 { persons[7].record.status = .dead }
      for i in insured.indices { insured[i].field = .personal(Self.ids[0]) }
    case .oneInsuranceNumber:
      for i in insured.indices {
        insured[i].record.insuranceNumber = Self.number(1_234_567_890)
        insured[i].record.cardNumber =
          seed % 2 == 0 ? .none : CardNumber(head: 0x4447_3430_31, tail: Self.number(1_234_567_890))
      }
    case .noMatch:
      for i in insured.indices {
        if case .personal(let id) = insured[i].field {
          insured[i].field = .personal(PersonalID(packed: id.packed + 90_000_000_000))
        } else {
          insured[i].field = .legacy(LegacyID(packed: 999_000_000 + UInt32(i)))
        }
      }
    case .onePartition:
      let field: IDField = [.missing, .legacy(Self.legacies[0]), .invalid("1080000001")][Int(seed % 3)]
      for i in insured.indices {
        insured[i].field = field
        if case .invalid = field { insured[i].record.words.insert(.leadingZeroLost) }
      }
      persons[0].record.legacy = Self.legacies[0]
    case .ties:
      let model = insured.first { $0.name == Self.names[0] } ?? insured[0]
      let own = persons.map(\.id)
      insured = (0..<own.count * 4).shuffled(using: &random).enumerated().map { (ordinal, i) in
        var card = model
        card.place = Place(file: ordinal % Self.fileCount, ordinal: ordinal)
        card.field = .personal(own[i % own.count])
        card.record.insuranceNumber = Self.number(3_000_000_000 + UInt64(i % own.count))
        card.record.line = UInt32(ordinal + 2)
        return card
      }
    case .emptyValues:
      for i in persons.indices {
        persons[i].record.sex = .unknown
        persons[i].record.legacy = LegacyID(packed: 0)
      }
      for i in insured.indices {
        insured[i].field = .missing
        insured[i].record.sex = .unknown
        insured[i].record.cardNumber = .none
        insured[i].record.facility = .none
        insured[i].record.validTo = .none
        if seed % 2 == 0 { insured[i].record.insuranceNumber = .none }
      }
    case .twoPersons:
      // Each record names another registered person, or all the same one.
      let ids = persons.map(\.id)
      for i in insured.indices {
        let own = insured[i].field.text
        let other = seed % 2 == 0 ? ids[0] : ids[(i * 7 + 1) % ids.count]
        if own == other.text { insured[i].field = .personal(ids[1]) }
        let number = InsuranceNumber(other)
        if i % 3 != 0 { insured[i].record.insuranceNumber = number }
        if i % 3 != 1 { insured[i].record.cardNumber = CardNumber(head: 0x4447_3430_31, tail: number) }
      }
    case .emptyNumbers:
      for i in insured.indices {
        insured[i].record.insuranceNumber = .none
        insured[i].record.cardNumber = .none
      }
    }
    if seed % 3 == 1, adversary != .ties, adversary != .emptyNumbers { decide(40, &random) }
  }

  /// The same records in another order in the same files.
  func withOtherPlaces(_ random: inout SeededGenerator) -> StagedSample {
    var other = self
    for (i, place) in persons.map(\.place).shuffled(using: &random).enumerated() {
      other.persons[i].place = place
    }
    for (i, place) in insured.map(\.place).shuffled(using: &random).enumerated() {
      other.insured[i].place = place
    }
    return other
  }
}
