// A card kept in grace: answered like any other, with a note to the clerk.

import Files
import Foundation
import Store
import Support
import Testing
import Values
@testable import CardCheck
@testable import Package

@Suite("Cards kept in grace")
struct GraceTests {

  private static let people: PersonBatch = {
    var people = PersonBatch()
    people.add(
      "079090000123", "NGUYỄN VĂN HÒA", "1990-02-01", .male,
      [CardWords("DN4797912345678", "7912345678", "2026-01-01", "2026-12-31")])
    people.add(
      "079090000131", "NGUYỄN VĂN GIỮ", "1990-02-01", .male,
      [CardWords("DN4797912345685", "7912345685", "2026-01-01", "2026-12-31")])
    for i in people.cards.indices { people.cards[i].isServing = true }
    people.cards[1].graceUntil = CalendarDate(packed: 20_261_125)
    people.cards[1].notes.insert(.keptInGrace)
    return people
  }()

  private static func note<Source: CardSource & ~Copyable>(
    _ source: consuming Source, on day: CalendarDate, _ line: String
  )
    throws -> String
  {
    var checker = CardChecker(source, on: day)
    var reader = QuestionReader()
    var batch = QuestionBatch()
    reader.read(Array(line.utf8).span, number: 1, into: &batch)
    var writer = AnswerWriter(.json, checker.standing, on: day)
    try checker.check(&batch) { (answer, people) throws(Stop) in writer.append(answer, people) }
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  @Test("the store and a package say that it is kept, and until when")
  func note() throws {
    let workshop = try Workshop()
    let folder = workshop.path
    let path = folder + "/store.sqlite"
    let report = try loadStore(
      LoadRequest(
        path: path, runID: 3,
        runs: [
          StoreRun(
            runID: 3, pipeline: "p", asOf: "2026-11-23", startedAt: "", finishedAt: nil, state: .running)
        ], ledger: [], populationFiles: [], insuranceFiles: ["insurance.csv"],
        keptSources: [KeptSource(sourceFile: "insurance.csv", run: 2, graceUntil: "2026-11-25")]),
      persons: PersonSource(starts: [PersonalID(packed: 0)], width: 1) { _, take throws(Stop) in
        try take(Self.people)
      },
      findings: { () throws(Stop) in nil })
    #expect(report.kept == 1 && report.cards == 1)
    try """
    personal_id,full_name,birth_date,sex,insurance_number,card_number,facility_code,valid_from,valid_to,five_years_from,area_code,grace_until
    079090000123,NGUYỄN VĂN HÒA,1990-02-01,male,7912345678,DN4797912345678,79024,2026-01-01,2026-12-31,,,
    079090000131,NGUYỄN VĂN GIỮ,1990-02-01,male,7912345685,DN4797912345685,79024,2026-01-01,2026-12-31,,,2026-11-25

    """.write(toFile: folder + "/people.csv", atomically: true, encoding: .utf8)
    // By personal ID number, by insurance number, by card number.
    for number in ["079090000131", "7912345685", "DN4797912345685"] {
      let line = "\(number),NGUYỄN VĂN GIỮ,01/02/1990"
      for fromStore in [true, false] {
        func ask(_ day: UInt32) throws -> String {
          let day = CalendarDate(packed: day)
          return fromStore
            ? try Self.note(try StoredCards(path: path, daysOfUse: 9), on: day, line)
            : try Self.note(try FacilityPackage.cards(folder + "/people.csv"), on: day, line)
        }
        let now = try ask(20_261_125)
        #expect(now.contains("\"maKetQua\": \"000\""))
        #expect(
          now.contains(
            "Dữ liệu mới nhất của người này còn nghi vấn; thẻ được giữ tạm đến hết ngày 25/11/2026: vẫn tiếp nhận"
          ))
        let later = try ask(20_261_126)
        #expect(later.contains("Thẻ chỉ được giữ tạm đến hết ngày 25/11/2026, nay đã quá hạn"))
      }
    }
    let other = try Self.note(
      try StoredCards(path: path, daysOfUse: 9), on: Town.day, "079090000123,NGUYỄN VĂN HÒA,01/02/1990")
    #expect(other.contains("Dữ liệu ngày 23/11/2026") && !other.contains("giữ tạm"))
  }
}
