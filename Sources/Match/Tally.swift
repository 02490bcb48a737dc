// Counts records by file, outcome, reason and place of birth registration.
// Invariant: a record is counted once, where its outcome is written; the order of additions does not matter.
// Load: one increment per record, and one per reason.

import Values

/// Counts of one part of the work; parts are added together.
struct Tally: Sendable {
  static let outcomes = Outcome.allCases.count
  private static let bits = 128
  /// By file index × outcome.
  private var populationFiles: [Int]
  private var insuranceFiles: [Int]
  /// By export × outcome × bit of the reason.
  private var reasons: [Int]
  /// Insurance records without any reason, by outcome.
  private var plain: [Int]
  /// Insurance records by place of the personal ID number × outcome.
  private var places: [Int]
  /// Active persons by ``Residence``, all of them and then those with a linked card.
  private var residents: [Int]
  /// Insurance records without a number, by the two letters of the card's group; the last: without a card number.
  private var groups: [Int]
  private(set) var ownNumbers = OwnNumbers()

  /// - Parameter fileCounts: population, insurance.
  init(fileCounts: (Int, Int)) {
    populationFiles = Array(repeating: 0, count: fileCounts.0 * Self.outcomes)
    insuranceFiles = Array(repeating: 0, count: fileCounts.1 * Self.outcomes)
    reasons = Array(repeating: 0, count: 2 * Self.outcomes * Self.bits)
    plain = Array(repeating: 0, count: Self.outcomes)
    places = Array(repeating: 0, count: BirthPlace.count * Self.outcomes)
    residents = Array(repeating: 0, count: 2 * Residence.count)
    groups = Array(repeating: 0, count: CardNumber.groupCount + 1)
  }

  /// Counts a record, or with a negative `count` takes one back.
  mutating func add(_ export: ExportKind, file: Int, _ outcome: Outcome, _ words: Reasons, count: Int = 1) {
    let at = file * Self.outcomes + Int(outcome.rawValue)
    if export == .insurance {
      Self.add(count, to: &insuranceFiles, at)
    } else {
      Self.add(count, to: &populationFiles, at)
    }
    if !words.isEmpty {
      add(export, outcome, words, count: count)
    } else if export == .insurance {
      plain[Int(outcome.rawValue)] += count
    }
  }

  @inline(__always)
  private static func add(_ count: Int, to counts: inout [Int], _ at: Int) {
    if at >= counts.count { counts += repeatElement(0, count: (at / outcomes + 1) * outcomes - counts.count) }
    counts[at] += count
  }

  /// Counts the place of birth registration that an insurance record's key names.
  @inline(__always)
  mutating func add(placeOf key: UInt64, _ outcome: Outcome, count: Int = 1) {
    let place = BirthPlace(LinkKey(packed: key))
    places[place.index * Self.outcomes + Int(outcome.rawValue)] += count
  }

  /// Counts an active person by residence.
  mutating func add(residentOf residence: Residence) { residents[Int(residence.rawValue)] += 1 }

  /// Counts a person with a linked card by residence, or with a negative `count` takes one back.
  mutating func add(cardholderOf residence: Residence, count: Int = 1) {
    residents[Residence.count + Int(residence.rawValue)] += count
  }

  /// Counts the group of a card whose record has no personal ID number.
  mutating func add(groupOf card: CardNumber) { groups[card.groupIndex ?? CardNumber.groupCount] += 1 }

  /// Counts the numbers of a record that links.
  @inline(__always)
  mutating func add(numbersOf record: InsuranceRecord, of person: UInt64) {
    ownNumbers.count(record, of: person)
  }

  /// Counts reasons or notes only.
  mutating func add(_ export: ExportKind, _ outcome: Outcome, _ words: Reasons, count: Int) {
    let base = (Int(export.rawValue) * Self.outcomes + Int(outcome.rawValue)) * Self.bits
    var (low, high) = (words.low, words.high)
    while low != 0 {
      reasons[base + low.trailingZeroBitCount] += count
      low &= low - 1
    }
    while high != 0 {
      reasons[base + 64 + high.trailingZeroBitCount] += count
      high &= high - 1
    }
  }

  mutating func add(_ other: Tally) {
    for i in other.populationFiles.indices { Self.add(other.populationFiles[i], to: &populationFiles, i) }
    for i in other.insuranceFiles.indices { Self.add(other.insuranceFiles[i], to: &insuranceFiles, i) }
    for i in reasons.indices { reasons[i] += other.reasons[i] }
    for i in plain.indices { plain[i] += other.plain[i] }
    for i in places.indices { places[i] += other.places[i] }
    for i in residents.indices { residents[i] += other.residents[i] }
    for i in groups.indices { groups[i] += other.groups[i] }
    ownNumbers.add(other.ownNumbers)
  }

  /// By file index and outcome.
  func outcomeCounts(_ export: ExportKind) -> [[Int]] {
    let all = export == .population ? populationFiles : insuranceFiles
    return stride(from: 0, to: all.count, by: Self.outcomes).map { Array(all[$0..<$0 + Self.outcomes]) }
  }

  /// `outcome/reason` → records; for linked records the notes.
  func reasonCounts(_ export: ExportKind) -> [String: Int] {
    var counts: [String: Int] = [:]
    for outcome in Outcome.allCases {
      for reason in Reason.allCases {
        let i =
          (Int(export.rawValue) * Self.outcomes + Int(outcome.rawValue)) * Self.bits + Int(reason.rawValue)
        if reasons[i] != 0 { counts["\(outcome.name)/\(reason.word)"] = reasons[i] }
      }
    }
    return counts
  }

  /// Insurance records that did not link and have no reason, by outcome.
  func plainCounts() -> [String: Int] {
    var counts: [String: Int] = [:]
    for outcome in Outcome.ofInsurance where outcome != .linked && plain[Int(outcome.rawValue)] != 0 {
      counts[outcome.name] = plain[Int(outcome.rawValue)]
    }
    return counts
  }

  /// Insurance records by ``BirthPlace/code``, then outcome; places and outcomes without a record are left out.
  func placeCounts() -> [String: [String: Int]] {
    var counts: [String: [String: Int]] = [:]
    for place in BirthPlace.all {
      for outcome in Outcome.ofInsurance {
        let records = places[place.index * Self.outcomes + Int(outcome.rawValue)]
        if records != 0 { counts[place.code, default: [:]][outcome.name] = records }
      }
    }
    return counts
  }

  /// Active persons by ``Residence/text``, and those of them with a linked card; empty if the export has no residence.
  func residentCounts() -> [String: ResidentCounts] {
    var counts: [String: ResidentCounts] = [:]
    for i in 0..<Residence.count where residents[i] > 0 {
      guard let text = Residence(rawValue: UInt8(i)).text else { continue }
      counts[text] = ResidentCounts(persons: residents[i], withCard: residents[Residence.count + i])
    }
    return counts
  }

  /// Insurance records without a number by the card's group, two letters; the empty text: without a card number.
  func groupCounts() -> [String: Int] {
    var counts: [String: Int] = [:]
    for i in groups.indices where groups[i] != 0 { counts[CardNumber.groupText(i)] = groups[i] }
    return counts
  }
}
