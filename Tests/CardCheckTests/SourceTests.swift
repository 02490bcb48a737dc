// The store and the package as sources: the same answers from both, and the files that they refuse.

import Foundation
import GRDB
import Rules
import Store
import Support
import Testing
import Values
@testable import CardCheck
@testable import Package

@Suite("Sources of cards")
struct SourceTests {
  /// Writes a store with the load stage's own writer.
  static func write(_ people: PersonBatch, held: [String] = [], to path: String) throws {
    var people = people
    people.persons.sort { $0.personalID < $1.personalID }
    for person in people.persons {
      let serving = servingCard(among: people.cards.span.extracting(person.cards), on: Town.day)
      for (i, card) in person.cards.enumerated() {
        people.cards[card].isServing = i == serving
        people.cards[card].line = UInt32(card + 2)
      }
    }
    var findings = held.map { id in
      FindingRow(
        export: .insurance, outcome: .disputed, reasons: "name", personalID: id, insuranceNumber: "",
        cardNumber: "",
        fileIndex: 0, line: 9)
    }
    _ = try loadStore(
      LoadRequest(
        path: path, runID: 3,
        runs: [
          StoreRun(
            runID: 3, pipeline: "p", asOf: "2026-11-23", startedAt: "", finishedAt: nil, state: .running)
        ], ledger: [], populationFiles: ["population.csv"], insuranceFiles: ["insurance.csv"]),
      persons: PersonSource(starts: [PersonalID(packed: 0)], width: 1) { [people] _, take throws(Stop) in
        try take(people)
      },
      findings: { () throws(Stop) in findings.popLast() })
  }

  static func csv(_ people: PersonBatch) -> String {
    var text =
      "personal_id,full_name,birth_date,sex,insurance_number,card_number,facility_code,valid_from,valid_to,"
      + "five_years_from,area_code\n"
    for person in people.persons {
      let card = people.cards[person.cards.lowerBound]
      text +=
        [
          person.personalID.text, people.name(of: person), person.birthDate.text, person.sex.name,
          card.insuranceNumber.text, card.cardNumber.text, card.facility.text, card.validFrom.text,
          card.validTo.text,
          card.fiveYearsFrom.text, card.area.text,
        ].joined(separator: ",").replacing("0000000000", with: "") + "\n"
    }
    return text
  }

  static func answers<Source: CardSource & ~Copyable>(
    _ source: consuming Source, _ lines: [String], on day: CalendarDate = Town.day
  ) throws -> [String] {
    var checker = CardChecker(source, on: day)
    var reader = QuestionReader()
    var batch = QuestionBatch()
    for (i, line) in lines.enumerated() { reader.read(Array(line.utf8).span, number: i + 1, into: &batch) }
    var writer = AnswerWriter(.jsonLines, checker.standing, on: day)
    try checker.check(&batch) { (answer, people) throws(Stop) in writer.append(answer, people) }
    return String(decoding: writer.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Random people, many with several cards that differ in only one field.
  static func people(_ random: inout SeededGenerator) -> PersonBatch {
    var people = PersonBatch()
    let count = Int.random(in: 1...40, using: &random)
    func pick(_ words: [String]) -> String { words[Int.random(in: 0..<words.count, using: &random)] }
    for i in 0..<count {
      let number = "79" + String(10_000_000 + i)
      let id = "0790900" + String(10_000 + i)
      // 12 digits are the person's own number, a neighbour's, or those of no person.
      let twelve = [id, "0790900" + String(10_001 + i), "079090060000"]
      let insured = Bool.random(using: &random) ? number : pick(twelve)
      let cards = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        CardWords(
          pick([
            "", "DN479\(number)", "GD479\(number)", "DN379\(number)", "DN479\(id)", "DN479\(pick(twelve))",
          ]), insured,
          pick(["2025-01-01", "2026-01-01", "2026-06-01", "2027-01-01"]),
          pick(["", "2026-05-31", "2026-12-31", "2027-12-31"]), facility: pick(["79024", "01028", ""]))
      }
      people.add(
        id, pick(["NGUYỄN VĂN AN", "ĐỖ THỊ HÒA", "Y BLĂK"]), pick(["1990-02-01", "1990-02", "1990"]),
        [.male, .female, .unknown][Int.random(in: 0..<3, using: &random)], cards)
    }
    return people
  }

  @Test(
    "a store answers as the same people in memory do, and shows the card that lookup shows",
    arguments: UInt64(0)..<25)
  func store(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let people = Self.people(&random)
    var lines = CodeTests.cases.map(\.0)
    for person in people.persons {
      let name = Bool.random(using: &random) ? people.name(of: person) : "NGUYỄN VĂN AN"
      let card = people.cards[person.cards.lowerBound]
      lines.append("\(person.personalID.text),\(name),1990")
      lines.append("\(card.insuranceNumber.text),\(name),1990")
      if !card.cardNumber.isNone { lines.append("\(card.cardNumber.text),\(name),01/02/1990") }
      lines.append("DN479\(person.personalID.text),\(name),1990")
    }
    let workshop = try Workshop()
    let folder = workshop.path
    let path = folder + "/store.sqlite"
    try Self.write(people, to: path)
    for day in [Town.day, CalendarDate(packed: 20_260_531), CalendarDate(packed: 20_280_101)] {
      let stored = try Self.answers(StoredCards(path: path, daysOfUse: 3), lines, on: day)
      var standing = DataStanding()
      (standing.asOf, standing.validUntil) = (Town.day, CalendarDate(packed: 20_261_126))
      #expect(stored == (try Self.answers(MemoryCards(people, standing), lines, on: day)))
      #expect(try stored == Self.oneByOne(StoredCards(path: path, daysOfUse: 3), lines, on: day))
      #expect(try stored == Self.oneByOne(Self.ofEarlierProgram(path), lines, on: day))
      let store = try Store(path: path)
      for person in people.persons {
        let id = person.personalID.text
        let found = try #require(try store.lookup(personalID: id, on: day))
        let answer = try Self.answers(
          StoredCards(path: path, daysOfUse: 3), ["\(id),\(people.name(of: person)),1990"], on: day)[0]
        guard answer.contains("\"000\"") else { continue }
        func json(_ text: String?) -> String { text.map { "\"\($0)\"" } ?? "null" }
        #expect(answer.contains("\"maThe\":\(json(found.card.cardNumber)),"))
        #expect(answer.contains("\"maDKBD\":\(json(found.card.facilityCode)),"))
      }
    }
  }

  /// The answers to lines that are asked one by one.
  static func oneByOne<Source: CardSource & ~Copyable>(
    _ source: consuming Source, _ lines: [String], on day: CalendarDate
  ) throws -> [String] {
    var checker = CardChecker(source, on: day)
    return try lines.enumerated().map { i, line in
      var (reader, batch) = (QuestionReader(), QuestionBatch())
      reader.read(Array(line.utf8).span, number: i + 1, into: &batch)
      var writer = AnswerWriter(.jsonLines, checker.standing, on: day)
      try checker.check(&batch) { (answer, people) throws(Stop) in writer.append(answer, people) }
      return String(String(decoding: writer.bytes, as: UTF8.self).dropLast())
    }
  }

  /// The store as a program wrote it that knew no table of 12-digit numbers.
  static func ofEarlierProgram(_ path: String) throws -> StoredCards {
    let copy = path + ".earlier"
    if !FileManager.default.fileExists(atPath: copy) {
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      let queue = try DatabaseQueue(path: copy)
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "DROP VIEW insurance_number_not_id; DROP TABLE not_id_row")
      }
      try queue.close()
    }
    return try StoredCards(path: copy, daysOfUse: 3)
  }

  @Test("a number whose records wait for an officer says so, and nothing else")
  func held() throws {
    let workshop = try Workshop()
    let folder = workshop.path
    try Self.write(Town.people, held: ["079090000777"], to: folder + "/store.sqlite")
    let answer = try Self.answers(
      StoredCards(path: folder + "/store.sqlite", daysOfUse: 3), ["079090000777,Nguyễn Văn Hòa,1990"])
    #expect(answer[0].hasPrefix("{\"dong\":1,\"maKetQua\":\"050\""))
    #expect(answer[0].contains("Có bản ghi của số này đang chờ cán bộ dữ liệu xử lý."))
  }

  @Test("a package answers what the store answers, for people with one card")
  func package() throws {
    var single = Town.people
    for i in single.persons.indices {
      let first = single.persons[i].cards.lowerBound
      single.persons[i].cards = first..<first + 1
    }
    let lines = CodeTests.cases.map(\.0)
    let workshop = try Workshop()
    let folder = workshop.path
    try FileManager.default.createDirectory(atPath: folder + "/data", withIntermediateDirectories: true)
    try Self.csv(single).write(toFile: folder + "/data/people.csv", atomically: true, encoding: .utf8)
    try "Bag-Software-Agent: cardlink\nAs-Of: 2026-11-23\nValid-Until: 2026-11-30\n".write(
      toFile: folder + "/bag-info.txt", atomically: true, encoding: .utf8)
    let package = try FacilityPackage.cards(folder)
    #expect(package.standing.asOf == Town.day)
    #expect(package.standing.validUntil == CalendarDate(packed: 20_261_130))
    #expect(package.personCount == single.persons.count)
    #expect(
      try Self.answers(package, lines) == (try Self.answers(MemoryCards(single, package.standing), lines)))
    let unknown = try Self.answers(package, ["079090000999,An,1990"])
    #expect(unknown[0].contains("Gói này chỉ có người đăng ký tại cơ sở nhận gói."))
    // The CSV file alone is accepted, and so is the data folder.
    #expect(try FacilityPackage.cards(folder + "/data/people.csv").personCount == single.persons.count)
    #expect(try FacilityPackage.cards(folder + "/data").standing.asOf == Town.day)
  }

  static let broken: [(String, Exit, String)] = [
    ("", .storeUnavailable, "people as CSV, SQLite, XML or FHIR, with personal_id, full_name and birth_date"),
    (
      "a,b\n1,2\n", .storeUnavailable,
      "people as CSV, SQLite, XML or FHIR, with personal_id, full_name and birth_date"
    ),
    ("personal_id,full_name,birth_date\n079090000123,A\n", .storeUnavailable, "3 fields"),
    (
      "personal_id,full_name,birth_date\n79090000123,A,1990\n", .storeUnavailable,
      "a value of the form of personal_id"
    ),
    (
      "personal_id,full_name,birth_date\n079090000123,A,01/02/1990\n", .storeUnavailable,
      "a value of the form of birth_date"
    ),
    ("personal_id,full_name,birth_date\n079090000123,\"A,1990\n", .storeUnavailable, "3 fields"),
  ]

  @Test("a damaged package is a stop that names file and line and no value", arguments: broken)
  func damaged(text: String, exit: Exit, expected: String) throws {
    let workshop = try Workshop()
    let folder = workshop.path
    try text.write(toFile: folder + "/people.csv", atomically: true, encoding: .utf8)
    #expect {
      try FacilityPackage.cards(folder)
    } throws: { error in
      guard let stop = error as? Stop else { return false }
      return stop.exit == exit && stop.finding.expected == expected
        && !stop.finding.description.contains("0790900")
    }
  }

  @Test("no package is a missing input, no store and no store of ours are unavailable")
  func missing() throws {
    let workshop = try Workshop()
    let folder = workshop.path
    #expect { try FacilityPackage.cards(folder + "/nothing") } throws: {
      ($0 as? Stop)?.exit == .exportMissing
    }
    #expect { _ = try StoredCards(path: folder + "/nothing", daysOfUse: 3) } throws: {
      ($0 as? Stop)?.exit == .storeUnavailable
    }
    try "no store".write(toFile: folder + "/text", atomically: true, encoding: .utf8)
    #expect { _ = try StoredCards(path: folder + "/text", daysOfUse: 3) } throws: {
      ($0 as? Stop)?.exit == .storeUnavailable
    }
  }
}
