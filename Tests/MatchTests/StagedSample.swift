// Two small exports invented from a seed, and their staged form.
// Invariant: few numbers, names and dates, so that all kinds of collision are frequent; every record has its place.

import Files
import Foundation
import Match
import Names
import Rules
import SortedRuns
import Support
import Values

/// The content of the personal ID field of an insurance record.
enum IDField: Hashable {
  case missing
  case invalid(String)
  case legacy(LegacyID)
  case personal(PersonalID)

  var key: LinkKey {
    switch self {
    case .missing: .missing
    case .invalid: .invalid
    case .legacy(let id): .legacy(id)
    case .personal(let id): .personal(id)
    }
  }
  var text: String {
    switch self {
    case .missing: ""
    case .invalid(let text): text
    case .legacy(let id): id.text
    case .personal(let id): id.text
    }
  }
}

extension IDField {
  /// The form in which decisions refer to it.
  var judged: LinkKey {
    if case .invalid(let text) = self { return .invalid(digestOf: Array(text.utf8).span.bytes) }
    return key
  }
}

extension SamplePerson {
  /// What an officer judges about this record.
  var judged: PopulationFields {
    PopulationFields(
      name: nameDigest(ofExact: Array(SlowName.exact(name).utf8).span),
      birthDate: record.birthDate, sex: record.sex, status: record.status)
  }
}

extension SampleInsured {
  var judged: InsuranceFields {
    InsuranceFields(
      name: nameDigest(ofExact: Array(SlowName.exact(name).utf8).span),
      birthDate: record.birthDate, sex: record.sex, held: field.judged)
  }
}

struct SamplePerson: Hashable {
  var place: Place
  var id: PersonalID
  var record = PopulationRecord()
  var name: String
}

struct SampleInsured: Hashable {
  var place: Place
  var field: IDField
  var record = InsuranceRecord()
  var name: String
}

extension SampleInsured {
  /// The card's tail, or the digits alone in the card number field.
  var onCard: InsuranceNumber { record.cardNumber.isNone ? record.cardDigits : record.cardNumber.tail }
}

struct SampleQuarantined: Hashable {
  var place: Place
  var record: QuarantinedRecord
}

/// Both exports.
struct StagedSample {
  static let fileCount = 3
  static let asOf = CalendarDate(packed: 2026_06_15)
  var persons: [SamplePerson] = []
  var insured: [SampleInsured] = []
  var quarantined: [SampleQuarantined] = []
  var decisions: [Decision] = []

  init() {}

  static let names = [
    "NGUYỄN VĂN AN", "NGUYỄN VĂN ÂN", "Nguyễn Văn An", "NGUYEN VAN AN", "VĂN NGUYỄN AN", "NGUYỄN AN",
    "NGUYỄN VĂN THANH AN", "LÝ THỊ MY", "LÍ THỊ MI", "LY THI MỴ", "H'HEN NIÊ", "ĐỖ ĐỨC", "DO DUC", "AN",
    "AN AN",
    "AN BÌNH AN", "NGUYỄN THANH VĂN AN",
    // Decomposed, with a tone before its shape, with look-alike letters, with other spaces.
    "Nguye\u{302}\u{303}n Va\u{306}n An", "NGUYE\u{303}\u{302}N\u{A0} VĂN  AN", "\u{D0}Ỗ \u{D0}ỨC",
    "H\u{2019}HEN NIÊ",
  ]
  static let dates = [
    1980_00_00, 1980_03_00, 1980_03_04, 1980_04_03, 1980_04_05, 1980_02_10, 1981_03_04, 1981_00_00,
    2001_12_12,
  ].map { CalendarDate(packed: $0) }
  static let ends = [0, 2026_06_14, 2026_06_15, 2026_06_00, 2026_00_00, 2026_12_31, 2025_12_31, 2026_05_00]
    .map { CalendarDate(packed: $0) }
  static let starts = [2026_01_01, 2026_00_00, 2026_06_15, 2026_06_16, 2025_01_01, 2026_06_00, 2027_00_00]
    .map { CalendarDate(packed: $0) }
  static let ids: [PersonalID] = [
    1_080_000_001, 1_080_000_002, 1_180_000_003, 79_080_000_004, 79_301_000_005, 100_080_000_006,
    999_080_000_007,
    1_080_000_008,
  ].map { PersonalID(packed: $0) }
  static let legacies = [111_222_333, 111_222_334, 111_222_335, 111_222_336].map { LegacyID(packed: $0) }
  static func number(_ digits: UInt64) -> InsuranceNumber { InsuranceNumber(packed: 1 << 42 | digits) }

  init(seed: UInt64, most: Int = 24) {
    var random = SeededGenerator(seed)
    let ease = Int.random(in: 0...10, using: &random)
    func isEasy() -> Bool { Int.random(in: 0..<10, using: &random) < ease }
    let ids = Array(
      Self.ids.shuffled(using: &random).prefix(Int.random(in: 1...Self.ids.count, using: &random)))
    let legacies = Self.legacies.prefix(Int.random(in: 1...4, using: &random)).map(\.self)
    var numbers = (0..<UInt64.random(in: 1...30, using: &random)).map { Self.number(1_000_000_000 + $0) }
    // Personal ID numbers, of the record's person, of another or of nobody.
    for _ in 0..<Int.random(in: 0...numbers.count, using: &random) {
      numbers.append(InsuranceNumber(Self.ids.any(&random)))
    }
    numbers.append(InsuranceNumber(ids[0]))
    numbers.append(InsuranceNumber(PersonalID(packed: 777_777_777_777)))
    // The last ten digits of a personal ID number: never equal to the twelve.
    numbers.append(Self.number(ids[0].packed % 10_000_000_000))
    var ordinals: [Place] = []
    func place() -> Place {
      var place: Place
      repeat {
        place = Place(
          file: Int.random(in: 0..<Self.fileCount, using: &random),
          ordinal: Int.random(in: 0..<500, using: &random),
          part: Int.random(in: 0...1, using: &random))
      } while ordinals.contains(place)
      ordinals.append(place)
      return place
    }
    for _ in 0..<Int.random(in: 0...most, using: &random) {
      var person = SamplePerson(
        place: place(), id: ids.any(&random), name: isEasy() ? Self.names[0] : Self.names.any(&random))
      person.record.line = UInt32(person.place.packed >> 8 & 0xffff) + 2
      person.record.birthDate = isEasy() ? Self.dates[2] : Self.dates.any(&random)
      person.record.sex = isEasy() ? .male : Sex.allCases.any(&random)
      person.record.status = isEasy() || isEasy() ? .active : PersonStatus.allCases.any(&random)
      if !isEasy() { person.record.legacy = legacies.any(&random) }
      persons.append(person)
    }
    ordinals = []
    for _ in 0..<Int.random(in: 0...most, using: &random) {
      let field: IDField
      switch Int.random(in: 0..<12, using: &random) {
      case 0: field = .missing
      case 1: field = .invalid(["1080000001", "1080000002", "79301000005", "12345"].any(&random))
      case 2, 3: field = .legacy(Self.legacies.any(&random))
      default: field = .personal(isEasy() ? ids.any(&random) : Self.ids.any(&random))
      }
      var insured = SampleInsured(
        place: place(), field: field, name: isEasy() ? Self.names[0] : Self.names.any(&random))
      insured.record.line = UInt32(insured.place.packed >> 8 & 0xffff) + 2
      insured.record.insuranceNumber = numbers.any(&random)
      if Bool.random(using: &random) {
        insured.record.cardNumber = CardNumber(
          head: 0x4447_3430_31 + UInt64.random(in: 0...1, using: &random), tail: numbers.any(&random))
      } else if let digits = numbers.filter({ $0.digitCount == 12 }).randomElement(using: &random) {
        insured.record.cardDigits = digits
      }
      insured.record.facility = ShortCode(packed: 0x3031_3030_3100_0005)
      insured.record.birthDate = isEasy() ? Self.dates[2] : Self.dates.any(&random)
      insured.record.sex = isEasy() ? .male : Sex.allCases.any(&random)
      insured.record.validFrom = Self.starts.any(&random)
      insured.record.validTo = Self.ends.any(&random)
      insured.record.fiveYearsFrom = Self.starts.any(&random)
      switch field {
      case .missing: if Bool.random(using: &random) { insured.record.words.insert(.filler) }
      case .invalid(let text): insured.record.words.insert(text.count > 9 ? .leadingZeroLost : .wrongLength)
      default:
        if Int.random(in: 0..<4, using: &random) == 0 { insured.record.words.insert(.groupUnknown) }
        if case .personal = insured.field, Int.random(in: 0..<4, using: &random) == 0 {
          insured.record.words.insert(.idFromInsuranceNumber)
        }
      }
      self.insured.append(insured)
    }
    for i in 0..<Int.random(in: 0...4, using: &random) {
      let export = ExportKind.allCases.any(&random)
      let record = QuarantinedRecord(
        export: export, line: UInt32(i + 2), reasons: Reasons(.nameMissing, .statusCode),
        personalID: Bool.random(using: &random) ? Self.ids[0].text : "", insuranceNumber: "12",
        cardNumber: "",
        detail: Bool.random(using: &random) ? "status_code=7" : "")
      quarantined.append(
        SampleQuarantined(place: Place(file: i % Self.fileCount, ordinal: 1000 + i), record: record))
    }
    // From a generator of its own, so that a seed gives the sample that it gave before there were earlier numbers.
    var other = SeededGenerator(seed &* 31 &+ 7)
    if seed % 5 != 2 { namePrevious(&other) }
    decide(seed % 3 == 0 ? 0 : Int.random(in: 0...most, using: &random), &random)
  }

  /// Numbers that no person has.
  static let earlierIDs: [PersonalID] = [
    1_080_000_101, 1_180_000_102, 79_301_000_103, 777_777_777_777, 79_080_000_104,
  ].map { PersonalID(packed: $0) }

  /// Gives persons earlier numbers (some of other persons, some of no person), cancels the numbers of some persons, and gives
  /// records earlier numbers.
  mutating func namePrevious(_ random: inout SeededGenerator) {
    let numbers = Self.ids + Self.earlierIDs.prefix(Int.random(in: 1...5, using: &random))
    let share = Int.random(in: 1...9, using: &random)
    let cancelled = Self.ids.filter { _ in Int.random(in: 0..<10, using: &random) < share / 2 }
    for i in persons.indices {
      if cancelled.contains(persons[i].id), Int.random(in: 0..<8, using: &random) != 0 {
        persons[i].record.status = .numberCancelled
      }
      // Half of them name a number that few others name.
      let own = Self.ids.firstIndex(of: persons[i].id) ?? 0
      let previous =
        Bool.random(using: &random) ? numbers.any(&random) : Self.earlierIDs[own % Self.earlierIDs.count]
      if Int.random(in: 0..<10, using: &random) < share, previous != persons[i].id {
        persons[i].record.previous = previous
      }
    }
    for i in insured.indices {
      guard case .personal = insured[i].field, Int.random(in: 0..<3, using: &random) == 0 else { continue }
      let id = Self.earlierIDs.any(&random)
      insured[i].field = .personal(id)
      if Bool.random(using: &random) {
        insured[i].record.insuranceNumber = InsuranceNumber(numbers.any(&random))
      }
      let (number, onCard) = (insured[i].record.insuranceNumber, insured[i].onCard)
      if number.digitCount == 12, number.digits != id.packed {
        insured[i].record.words.insert(.insuranceNumberNotID)
      }
      if !onCard.isNone, onCard.digitCount == 12 ? onCard.digits != id.packed : Bool.random(using: &random) {
        insured[i].record.words.insert(.cardTailDiffers)
      }
    }
  }

  /// Adds decisions on pairs that may not be in the exports, some of them on values that have changed since.
  mutating func decide(_ count: Int, _ random: inout SeededGenerator) {
    guard !insured.isEmpty, !persons.isEmpty else { return }
    for number in 0..<count {
      let record = insured.any(&random)
      var person = persons.any(&random)
      if case .personal(let id) = record.field, Int.random(in: 0..<4, using: &random) != 0 {
        person = persons.filter { $0.id == id }.min { $0.place < $1.place } ?? person
      }
      var decision = Decision(
        number: UInt32(number + 1), person: person.id, insuranceNumber: record.record.insuranceNumber,
        cardNumber: record.record.cardNumber, insurance: record.judged, population: person.judged,
        isAccepted: Int.random(in: 0..<3, using: &random) != 0)
      switch Int.random(in: 0..<20, using: &random) {
      case 0: decision.insurance.name ^= 1
      case 1: decision.insurance.birthDate = Self.dates.any(&random)
      case 2: decision.insurance.sex = Sex.allCases.any(&random)
      case 3: decision.insurance.held = IDField.personal(Self.ids.any(&random)).judged
      case 4: decision.population.name ^= 1
      case 5: decision.population.birthDate = Self.dates.any(&random)
      case 6: decision.population.sex = Sex.allCases.any(&random)
      case 7: decision.population.status = PersonStatus.allCases.any(&random)
      default: break
      }
      let isTaken = decisions.contains { other in
        other.person == decision.person && other.insuranceNumber == decision.insuranceNumber
          && other.cardNumber == decision.cardNumber && other.judged == decision.judged
      }
      if !isTaken { decisions.append(decision) }
    }
  }

  /// Writes the staged form, with records distributed over runs at random.
  func stage(in folder: String, runs runCount: Int = 3, random: inout SeededGenerator) throws
    -> StagedSnapshot
  {
    try Folder.create(folder)
    var snapshot = StagedSnapshot()
    for export in ExportKind.allCases {
      for file in 0..<Self.fileCount {
        snapshot.files.append(
          StagedFile(
            export: export, name: "\(export.name)-\(file)", recordCount: 0, quarantinedCount: 0, byteCount: 0)
        )
      }
    }
    let folding = NameFolder()
    var bytes: [UInt8] = []
    func clean(_ name: String) -> [UInt8] {
      var clean: [UInt8] = []
      folding.clean(Array(name.utf8).span, into: &clean)
      return clean
    }
    for run in 0..<runCount {
      var population = Sorter(folder: folder, name: "population-\(run)", bufferBytes: 4096)
      var legacy = Sorter(folder: folder, name: "legacy-\(run)", bufferBytes: 4096)
      for person in persons.shuffled(using: &random) where person.place.packed.hashed(runCount) == run {
        let name = clean(person.name)
        bytes.removeAll()
        person.record.append(to: &bytes, name: name.span)
        try population.append(key: LinkKey.personal(person.id).packed, place: person.place.packed, bytes.span)
        bytes.removeAll()
        bytes.append(integer: NumberHolder(person.id, person.record.status).packed)
        for number in person.record.otherNumbers {
          try legacy.append(key: number.packed, place: person.place.packed, bytes.span)
        }
      }
      snapshot.population += try population.finish()
      snapshot.legacy += try legacy.finish()
      var insurance = Sorter(folder: folder, name: "insurance-\(run)", bufferBytes: 4096)
      for insured in insured.shuffled(using: &random) where insured.place.packed.hashed(runCount) == run {
        let name = clean(insured.name)
        var raw: [UInt8] = []
        if case .invalid(let text) = insured.field { raw = Array(text.utf8) }
        bytes.removeAll()
        insured.record.append(to: &bytes, name: name.span, rawID: raw.span)
        try insurance.append(key: insured.field.key.packed, place: insured.place.packed, bytes.span)
      }
      snapshot.insurance += try insurance.finish()
    }
    var quarantine = Sorter(folder: folder, name: "quarantine", bufferBytes: 4096)
    for record in quarantined {
      bytes.removeAll()
      record.record.append(to: &bytes, original: record.record.original.span)
      let key = record.record.personalID.isEmpty ? LinkKey.missing : LinkKey.personal(Self.ids[0])
      try quarantine.append(key: key.packed, place: record.place.packed, bytes.span)
    }
    snapshot.quarantine = try quarantine.finish()
    snapshot.population.shuffle(using: &random)
    snapshot.insurance.shuffle(using: &random)
    return snapshot
  }
}

extension UInt64 {
  /// Distributes places over `count` runs pseudorandomly.
  fileprivate func hashed(_ count: Int) -> Int { Int((self &* 0x9E37_79B9_7F4A_7C15) >> 33) % count }
}

/// A result as sorted lines of text and counts, as in the store.
struct MatchedText: Equatable {
  var cards: [String] = []
  var findings: [FindingRow] = []
  var counts: [String: Int] = [:]
  var reasons: [String: Int] = [:]

  init() {}

  init(_ matched: MatchedSnapshot, in folder: String, personsPerBatch: Int = 3) throws {
    let reader = try MatchedPersons(
      matched, in: folder, asOf: StagedSample.asOf, personsPerBatch: personsPerBatch)
    var batch = PersonBatch()
    while try reader.nextBatch(into: &batch) {
      for person in batch.persons {
        for card in batch.cards[person.cards] {
          cards.append(
            Self.line(
              card, person.personalID, batch.name(of: person), person.birthDate, person.sex,
              card.notes.words, file: Int(card.fileIndex), serves: card.isServing))
        }
      }
    }
    let findings = try MatchedFindings(matched, in: folder)
    while let finding = try findings.next() { self.findings.append(finding) }
    for (export, counts) in [
      (ExportKind.population, matched.populationCounts), (.insurance, matched.insuranceCounts),
    ] {
      for (file, byOutcome) in counts.enumerated() {
        for outcome in Outcome.allCases where byOutcome[Int(outcome.rawValue)] != 0 {
          self.counts["\(export.name) \(file) \(outcome.name)"] = byOutcome[Int(outcome.rawValue)]
        }
      }
    }
    for (word, count) in matched.reasonCounts { reasons["insurance \(word)"] = count }
    for (word, count) in matched.populationReasonCounts { reasons["population \(word)"] = count }
  }

  static func line(
    _ card: CardRow, _ id: PersonalID, _ name: String, _ birth: CalendarDate, _ sex: Sex, _ notes: [String],
    file: Int, serves: Bool
  ) -> String {
    [
      id.text, name, birth.text, sex.name, card.insuranceNumber.text, card.cardNumber.text,
      card.facility.text,
      card.area.text, card.validFrom.text, card.validTo.text, card.fiveYearsFrom.text, card.rule.name,
      notes.joined(separator: ","), "\(file):\(card.line)", serves ? "serves" : "",
    ].joined(separator: "|")
  }
}

/// Matches a sample staged in a folder of its own.
func matchedText(
  _ sample: StagedSample, threads: Int = 2, memoryBytes: Int = 1 << 20, runs: Int = 3, seed: UInt64 = 0
) throws -> MatchedText {
  try matched(sample, threads: threads, memoryBytes: memoryBytes, runs: runs, seed: seed).text
}

/// Matches a sample staged in a folder of its own; returns its text and the ledger's counts.
func matched(
  _ sample: StagedSample, threads: Int = 2, memoryBytes: Int = 1 << 20, runs: Int = 3, seed: UInt64 = 0
) throws -> (text: MatchedText, counts: MatchedSnapshot) {
  let workshop = try Workshop()
  let path = workshop.path
  var random = SeededGenerator(seed)
  let snapshot = try sample.stage(in: path + "/staged", runs: runs, random: &random)
  try Folder.create(path + "/matched")
  let matched = try match(
    MatchRequest(
      snapshot: snapshot, stagedFolder: path + "/staged", folder: path + "/matched",
      asOf: StagedSample.asOf,
      threads: threads, memoryBytes: memoryBytes, decisions: Decisions(sample.decisions)))
  return (try MatchedText(matched, in: path + "/matched"), matched)
}
