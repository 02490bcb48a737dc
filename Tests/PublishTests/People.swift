// Invented people as the store passes them on, and an empty folder for each test. The expected content of a
// package is made here the slow way, value by value as text.

import Files
import Foundation
import Rules
import Support
import Values
@testable import Package
@testable import Publish

extension Workshop {
  var packages: String { path + "/packages" }
  var current: String { packages + "/current" }

  /// Runs an outside tool; nil where it isn't installed.
  static func run(_ tool: String, _ arguments: [String]) throws -> (exit: Int32, output: String)? {
    let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard let folder = paths.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") })
    else {
      return nil
    }
    let process = Process()
    process.executableURL = URL(filePath: "\(folder)/\(tool)")
    process.arguments = arguments
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

/// One person with the serving card and others.
struct Someone: Hashable, Sendable {
  var id: PersonalID
  var name: String
  var birthDate: CalendarDate
  var sex: Sex
  var serving: CardRow
  var others: [CardRow]

  /// The texts in the order of the attributes.
  var texts: [String] { texts(of: serving) }

  func texts(of card: CardRow) -> [String] {
    [
      id.text, name, birthDate.text, sex.name, card.insuranceNumber.text, card.cardNumber.text,
      card.facility.text, card.validFrom.text, card.validTo.text, card.fiveYearsFrom.text,
      card.area.text, card.graceUntil.text,
    ]
  }

  /// The other cards that a package holds which may be used until a day.
  func others(until day: String) -> [CardRow] {
    others.filter { $0.validFrom.isNone || $0.validFrom.text <= day }
  }

  /// The facilities on the cards that serve on a day of a period, day by day, by the words of the contract.
  func facilities(from asOf: CalendarDate, days: Int) -> [String] {
    let cards = [serving] + others(until: asOf.adding(days: days).text)
    return (0...days).map { n -> String in
      let day = asOf.adding(days: n).packed
      func end(_ card: CardRow) -> UInt32 { card.validTo.isNone ? .max : card.validTo.lastDay }
      func rank(_ card: CardRow) -> [String] {
        func sortable(_ number: UInt32) -> String { padded(UInt64(number), to: 12) }
        let isValid = card.validFrom.firstDay <= day && day <= end(card)
        return [
          isValid ? "1" : "0", sortable(end(card)), sortable(card.validFrom.firstDay), card.cardNumber.text,
          card.insuranceNumber.isNone ? "" : card.insuranceNumber.text,
        ]
      }
      let best = cards.map(rank).max { $0.lexicographicallyPrecedes($1) }
      return cards.first { rank($0) == best }?.facility.text ?? ""
    }
  }
}

struct People {
  var all: [Someone] = []

  static let names = [
    "Nguyễn Văn Mẫu", "Trần Thị \"Bé\", Em", "K'Brai", "Lê <b>&amp; Đỗ", "Y Blăk\u{7F}", "Phạm Văn\nHai",
    "Võ \\ Thị 'Năm'", "ĐỖ", "Huỳnh Thị\u{1}Sáu",
  ]
  /// The business date of most tests.
  static let asOf = CalendarDate(packed: 2026_11_23)
  /// Around the business date, and the last day of use three days later.
  private static let days = [
    "2025-01-01", "2025-12-31", "2026", "2026-11", "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-26",
    "2026-11-27", "2027-01-01", "2027-12-31",
  ].map { CalendarDate(iso: $0) ?? .none }
  static let facilities = [
    "01028", "01C54", "01001", "79025", "79A1b", "31313", "", "0-1", "a,b", "97", "con", "COM1", "79A1B",
  ]

  init(seed: UInt64, count: Int = 200) {
    var random = SeededGenerator(seed)
    var id: UInt64 = 1_090_000_000
    for _ in 0..<count {
      id += UInt64.random(in: 1...3_000_000_000, using: &random)
      all.append(Self.someone(PersonalID(packed: id), &random))
    }
  }

  static func someone(_ id: PersonalID, _ random: inout SeededGenerator) -> Someone {
    var card = CardRow()
    card.personalID = id
    card.isServing = true
    let number = UInt64.random(in: 0..<10_000_000_000, using: &random)
    card.insuranceNumber =
      random.chance(80)
      ? (try? InsuranceNumber(Array(padded(number, to: 10).utf8).span)) ?? .none : InsuranceNumber(id)
    if random.chance(80) {
      card.cardNumber = (try? CardNumber(Array("DN401\(card.insuranceNumber.text)".utf8).span)) ?? .none
    }
    card.facility = ShortCode(Array(facilities.any(&random).utf8).span) ?? .none
    card.area = random.chance(30) ? ShortCode(Array("K1".utf8).span) ?? .none : .none
    card.validFrom = date(2024...2026, &random)
    card.validTo = random.chance(80) ? date(2025...2027, &random) : .none
    card.fiveYearsFrom = random.chance(50) ? date(2020...2030, &random) : .none
    if random.chance(10) { card.graceUntil = CalendarDate(iso: "2026-12-06") ?? .none }
    var cards = [card]
    while random.chance(25), cards.count < 4 {
      var other = card
      other.isServing = false
      other.graceUntil = .none
      other.facility = ShortCode(Array(facilities.any(&random).utf8).span) ?? .none
      if random.chance(50) { other.area = .none }
      other.validFrom = days.any(&random)
      other.validTo = random.chance(70) ? days.any(&random) : .none
      cards.append(other)
    }
    // Of cards that are equal in all that is compared the first serves, as in the match.
    let serving = servingCard(among: cards.span, on: asOf)
    for i in cards.indices { cards[i].isServing = i == serving }
    return Someone(
      id: id, name: names.any(&random), birthDate: date(1920...2026, &random), sex: Sex.allCases.any(&random),
      serving: cards[serving], others: cards.indices.filter { $0 != serving }.map { cards[$0] })
  }

  private static func date(_ years: ClosedRange<Int>, _ random: inout SeededGenerator) -> CalendarDate {
    let year = Int.random(in: years, using: &random)
    let month = random.chance(90) ? Int.random(in: 1...12, using: &random) : 0
    let day = month > 0 && random.chance(95) ? Int.random(in: 1...28, using: &random) : 0
    return CalendarDate(year: year, month: month, day: day) ?? .none
  }

  /// Publishes them as the next run.
  @discardableResult
  func publish(
    in workshop: Workshop, run: Int = 7, asOf: String = "2026-11-23",
    _ policy: PublishPolicy = PublishPolicy(),
    facilities: Facilities = Facilities(), threads: Int = 2, memoryBytes: Int = 64 << 10,
    openFiles: Int? = nil,
    reason: @escaping RemovalReasons = { _, _ in .notInExport }
  ) throws -> PublishReport {
    try publishing(
      in: workshop, run: run, asOf: asOf, policy, facilities: facilities, threads: threads,
      memoryBytes: memoryBytes,
      openFiles: openFiles, reason: reason)
  }

  /// The same, with the stop's own type.
  func publishing(
    in workshop: Workshop, run: Int = 7, asOf: String = "2026-11-23",
    _ policy: PublishPolicy = PublishPolicy(),
    facilities: Facilities = Facilities(), threads: Int = 2, memoryBytes: Int = 64 << 10,
    openFiles: Int? = nil,
    reason: @escaping RemovalReasons = { _, _ in .notInExport }
  ) throws(Stop) -> PublishReport {
    var request = PublishRequest(
      folder: workshop.packages, pipeline: "nightly", runID: run, asOf: CalendarDate(iso: asOf) ?? .none,
      policy: policy, memoryBytes: memoryBytes, threads: threads)
    request.openFiles = openFiles
    request.facilities = facilities
    let report = try Publish.publish(request, persons: parts, reason: reason)
    try removeEarlierPublications(in: workshop.packages, threads: threads)
    return report
  }

  /// The people in parts and batches, as the store passes them on.
  var parts: PeopleParts {
    let count = 5
    return PeopleParts(count: count) { [all] part, take throws(Stop) in
      let end = all.count * (part + 1) / count
      for first in stride(from: all.count * part / count, to: end, by: 64) {
        var batch = PersonBatch()
        for someone in all[first..<min(first + 64, end)] {
          let (start, firstCard) = (batch.bytes.count, batch.cards.count)
          batch.bytes.append(contentsOf: someone.name.utf8)
          batch.cards.append(someone.serving)
          batch.cards.append(contentsOf: someone.others)
          batch.persons.append(
            PersonRow(
              personalID: someone.id, birthDate: someone.birthDate, sex: someone.sex,
              nameRange: start..<batch.bytes.count, cards: firstCard..<batch.cards.count))
        }
        try take(batch)
      }
    }
  }
}

/// The files of a folder with their bytes, by their paths seen from it.
func contents(of folder: String) throws -> [String: Data] {
  var found: [String: Data] = [:]
  func look(_ path: String) throws {
    for name in try Folder.names(in: folder + path) {
      let inside = path + "/" + name
      if try Folder.isFolder(folder + inside) {
        try look(inside)
      } else {
        found[inside] = try Data(contentsOf: URL(filePath: folder + inside))
      }
    }
  }
  try look("")
  return found
}
