// Invented persons, cards and findings as the match stage passes them on, and the rows that the views must
// show. The rows are made the slow way, value by value as text, without any code of the load.

import Files
import Foundation
import Support
import Values
@testable import Store

extension Workshop {
  var store: String { path + "/store/card-attributes.sqlite" }
}

/// One value of a row with its type, so that the text `1` and the number 1 differ.
enum Cell: Hashable, CustomStringConvertible {
  case null
  case text(String)
  case integer(Int)

  /// Text, or NULL where there is none.
  init(orNull text: String) { self = text.isEmpty ? .null : .text(text) }

  var description: String {
    switch self {
    case .null: "NULL"
    case .text(let text): "'\(text)'"
    case .integer(let number): "\(number)"
    }
  }
}

/// The result of a run.
struct StoreSample {
  struct Person: Sendable {
    var id: PersonalID
    var name: String
    var birthDate: CalendarDate
    var sex: Sex
    var cards: [CardRow]
    /// Without persons kept in grace.
    var linked: [CardRow] { cards.filter { $0.graceUntil.isNone } }
  }

  var persons: [Person] = []
  var findings: [FindingRow] = []
  var runID = 7
  var runs: [StoreRun] = []
  var ledger: [LedgerRow] = []
  /// The numbers that the population names besides a person's own.
  var numbers: NumberSource?
  let populationFiles = ["population-1.csv", "population-2.csv"]
  let insuranceFiles = ["insurance-a.xml", "insurance-b.xml", "thẻ cũ.xml"]
  /// Of earlier runs; one file has the name of one of today's.
  let keptSources = [
    KeptSource(sourceFile: "insurance-b.xml", run: 5, graceUntil: "2026-11-24"),
    KeptSource(sourceFile: "hôm qua.xml", run: 6, graceUntil: "2026-12-06"),
  ]

  init() {}

  /// - Parameter seed: the same seed gives the same result.
  init(seed: UInt64, persons count: Int = 200, runID: Int = 7) {
    var random = SeededGenerator(seed)
    self.runID = runID
    var id = UInt64.random(in: 0..<4, using: &random)
    for _ in 0..<count {
      persons.append(Self.person(PersonalID(packed: id), &random))
      id += UInt64.random(in: 1...(random.chance(50) ? 2 : 900_000_000_000 / UInt64(count)), using: &random)
      if id > 999_999_999_999 { break }
    }
    for _ in 0..<count / 3 { findings.append(Self.finding(&random)) }
    // Two findings of one person, found together.
    if count > 0 { findings.append(Self.finding(&random, id: persons[0].id.text)) }
    if count > 0 { findings.append(Self.finding(&random, id: persons[0].id.text)) }
    runs = [
      StoreRun(
        runID: runID - 1, pipeline: "nightly", asOf: "2026-11-22", startedAt: "2026-11-22T01:00:00+07:00",
        finishedAt: "2026-11-22T01:05:00+07:00", state: .done),
      StoreRun(
        runID: runID, pipeline: "nightly", asOf: "2026-11-23", startedAt: "2026-11-23T01:00:00+07:00",
        state: .running),
    ]
    ledger = [
      LedgerRow(
        runID: runID - 1, export: "insurance", sourceFile: "insurance-a.xml", outcome: "linked", records: 4),
      LedgerRow(
        runID: runID, export: "insurance", sourceFile: "insurance-a.xml", outcome: "linked",
        records: persons.reduce(0) { $0 + $1.linked.count }),
    ]
  }

  static let names = [
    "NGUYỄN VĂN AN", "TRẦN THỊ BÍCH", "H'HEN NIÊ", "Y", "ĐẶNG THỊ MỸ DUYÊN",
    "LÊ PHƯƠNG HỒNG THỦY TIÊN NGỌC ÁNH",
  ]
  static let dates = [
    "1950", "1950-07", "1950-07-09", "0001-01-01", "2026-11-23", "2024-02-29", "9999-12-31",
  ]
  static let notes: [Reason] = [.nameSpelling, .birthDatePrecision, .idSexDigit, .severalInsuranceNumbers]

  static func date(_ random: inout SeededGenerator, absent: Int) -> CalendarDate {
    random.chance(absent) ? .none : CalendarDate(iso: dates.any(&random)) ?? .none
  }

  static func person(_ id: PersonalID, _ random: inout SeededGenerator) -> Person {
    var person = Person(
      id: id, name: names.any(&random), birthDate: date(&random, absent: 0), sex: Sex.allCases.any(&random),
      cards: [])
    for _ in 0..<(random.chance(80) ? 1 : Int.random(in: 2...4, using: &random)) {
      person.cards.append(card(id, &random))
    }
    if random.chance(15) {
      // Kept in grace: one card of an earlier run.
      person.cards = [card(id, &random)]
      person.cards[0].fileIndex = UInt16.random(in: 0..<2, using: &random)
      person.cards[0].graceUntil =
        CalendarDate(iso: ["2026-11-24", "2026-12-06"][Int(person.cards[0].fileIndex)]) ?? .none
      person.cards[0].notes.insert(.keptInGrace)
    }
    // In the order of the export, one of them serving; the load doesn't care which.
    person.cards.sort { ($0.fileIndex, $0.line) < ($1.fileIndex, $1.line) }
    person.cards[person.cards.indices.randomElement(using: &random) ?? 0].isServing = true
    return person
  }

  static func card(_ id: PersonalID, _ random: inout SeededGenerator) -> CardRow {
    var card = CardRow()
    card.personalID = id
    let number =
      random.chance(70) ? "0\(UInt64.random(in: 100_000_000...999_999_999, using: &random))" : id.text
    card.insuranceNumber = (try? InsuranceNumber(Array(number.utf8).span)) ?? .none
    if random.chance(80) {
      card.cardNumber = (try? CardNumber(Array("GD479\(number)".utf8).span)) ?? .none
    }
    let facility = ["79024", "01", "A-7", "1234567", ""].any(&random)
    card.facility = ShortCode(Array(facility.utf8).span) ?? .none
    card.area = ShortCode(Array(["K1", "K2", "K3", ""].any(&random).utf8).span) ?? .none
    card.validFrom = date(&random, absent: 0)
    card.validTo = date(&random, absent: 40)
    card.fiveYearsFrom = date(&random, absent: 60)
    card.rule = LinkRule.allCases.any(&random)
    if random.chance(40) { for _ in 0..<2 { card.notes.insert(notes.any(&random)) } }
    card.fileIndex = UInt16.random(in: 0..<3, using: &random)
    card.line = UInt32.random(in: 1...(random.chance(5) ? .max : 100_000), using: &random)
    return card
  }

  static func finding(_ random: inout SeededGenerator, id: String? = nil) -> FindingRow {
    let number = "0\(UInt64.random(in: 100_000_000...999_999_999, using: &random))"
    var row = FindingRow(
      export: ExportKind.allCases.any(&random), outcome: Outcome.ofInsurance.dropLast().any(&random),
      reasons: ["", "name", "birth_date,name", "status_code=7"].any(&random),
      personalID: id ?? ["", "012345678", "001099012345", "1.23E+11", "' OR '1'='1"].any(&random),
      insuranceNumber: ["", number].any(&random), cardNumber: ["", "GD479" + number].any(&random),
      fileIndex: Int.random(in: 0..<2, using: &random), line: UInt32.random(in: 1...90_000, using: &random))
    if random.chance(30) { row.candidates = Int.random(in: 0...3, using: &random) }
    if row.candidates == 1 { row.candidatePersonalID = "001099012345" }
    if random.chance(50) {
      let judged = InsuranceFields(name: random.next(), birthDate: .none, sex: .male, held: .missing)
      row.judged = JudgedFields(judged, nil)
    }
    return row
  }

  func request(_ path: String, _ change: PreparedChange? = nil) -> LoadRequest {
    LoadRequest(
      path: path, runID: runID, runs: runs, ledger: ledger, populationFiles: populationFiles,
      insuranceFiles: insuranceFiles, keptSources: keptSources, change: change, numbers: numbers)
  }

  /// The persons in ranges, read in batches, as the match stage passes them on.
  ///
  /// - Parameter before: called before each batch is passed on, with the number of its first person.
  func source(
    threads: Int = 2, batchSize: Int = 64,
    before: @escaping @Sendable (_ person: Int) throws(Stop) -> Void = { _ in }
  ) -> PersonSource {
    let rangeCount = 4 * threads
    let starts = (0..<rangeCount).map { range in
      let first = persons.count * range / rangeCount
      if range == 0 { return PersonalID(packed: 0) }
      return first < persons.count ? persons[first].id : PersonalID(packed: 1_000_000_000_000)
    }
    return PersonSource(starts: starts, width: threads) { [persons] range, take throws(Stop) in
      let end = persons.count * (range + 1) / rangeCount
      var next = persons.count * range / rangeCount
      while next < end {
        try before(next)
        try take(Self.batch(persons[next..<min(next + batchSize, end)]))
        next += batchSize
      }
    }
  }

  private static func batch(_ persons: ArraySlice<Person>) -> PersonBatch {
    var batch = PersonBatch()
    for person in persons {
      let (start, card) = (batch.bytes.count, batch.cards.count)
      batch.bytes.append(contentsOf: person.name.utf8)
      batch.cards.append(contentsOf: person.cards)
      batch.persons.append(
        PersonRow(
          personalID: person.id, birthDate: person.birthDate, sex: person.sex,
          nameRange: start..<batch.bytes.count, cards: card..<batch.cards.count))
    }
    return batch
  }

  @discardableResult
  func load(
    into path: String, threads: Int = 2, batchSize: Int = 64, change: PreparedChange? = nil
  ) throws(Stop) -> LoadReport {
    var findings = findings.makeIterator()
    return try loadStore(
      request(path, change), persons: source(threads: threads, batchSize: batchSize),
      findings: { () throws(Stop) in findings.next() })
  }

  // MARK: Expected rows

  func cells(_ card: CardRow) -> [Cell] {
    let kept = card.graceUntil.isNone ? nil : keptSources[Int(card.fileIndex)]
    return [
      Cell(orNull: card.insuranceNumber.isNone ? "" : card.insuranceNumber.text),
      Cell(orNull: card.cardNumber.text), Cell(orNull: card.facility.text), Cell(orNull: card.validFrom.text),
      Cell(orNull: card.validTo.text), Cell(orNull: card.fiveYearsFrom.text), Cell(orNull: card.area.text),
      .text(card.rule.name), Cell(orNull: card.notes.text),
      .text(kept?.sourceFile ?? insuranceFiles[Int(card.fileIndex)]),
      .integer(Int(card.line)), .integer(kept?.run ?? runID),
    ]
  }

  var cardAttributeRows: [[Cell]] {
    persons.flatMap { person in
      person.cards.filter(\.isServing).map { card in
        [
          .text(person.id.text), .text(person.name), Cell(orNull: person.birthDate.text),
          .text(person.sex.name),
        ] + cells(card) + [Cell(orNull: card.graceUntil.text)]
      }
    }
  }

  var cardRows: [[Cell]] {
    persons.flatMap { person in person.linked.map { [.text(person.id.text)] + cells($0) } }
  }

  var findingRows: [[Cell]] {
    findings.map { row in
      let files = row.export == .population ? populationFiles : insuranceFiles
      return [
        .text(row.export.name), .text(row.outcome.name), Cell(orNull: row.reasons),
        Cell(orNull: row.personalID), Cell(orNull: row.insuranceNumber), Cell(orNull: row.cardNumber),
        .text(files[row.fileIndex]), .integer(Int(row.line)), .integer(runID),
        row.candidates.map { .integer($0) } ?? .null, Cell(orNull: row.candidatePersonalID),
        Cell(orNull: row.judged?.text ?? ""),
      ]
    }
  }

  var runRows: [[Cell]] { Self.rows(of: runs) }

  static func rows(of runs: [StoreRun]) -> [[Cell]] {
    runs.map {
      [
        .integer($0.runID), .text($0.pipeline), .text($0.asOf), .text($0.startedAt),
        Cell(orNull: $0.finishedAt ?? ""), .text($0.state == .running ? "loaded" : "done"),
      ]
    }
  }

  var ledgerRows: [[Cell]] { Self.rows(of: ledger) }

  static func rows(of ledger: [LedgerRow]) -> [[Cell]] {
    ledger.map {
      [.integer($0.runID), .text($0.export), .text($0.sourceFile), .text($0.outcome), .integer($0.records)]
    }
  }
}
