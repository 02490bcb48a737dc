// Invented people, and helpers that ask questions about them.

import Package
import Values
@testable import CardCheck

/// A card in words: number, insurance number, from, to, facility.
struct CardWords: Sendable {
  var card: String
  var insurance: String
  var from: String
  var to: String
  var facility = "79024"

  init(_ card: String, _ insurance: String, _ from: String, _ to: String, facility: String = "79024") {
    (self.card, self.insurance, self.from, self.to, self.facility) = (card, insurance, from, to, facility)
  }

  func row(_ id: PersonalID) -> CardRow {
    var row = CardRow()
    row.personalID = id
    row.cardNumber = (try? CardNumber(Array(card.utf8).span)) ?? .none
    row.insuranceNumber = (try? InsuranceNumber(Array(insurance.utf8).span)) ?? .none
    row.validFrom = CalendarDate(iso: from) ?? .none
    row.validTo = CalendarDate(iso: to) ?? .none
    row.facility = ShortCode(Array(facility.utf8).span) ?? .none
    return row
  }
}

extension PersonBatch {
  mutating func add(_ id: String, _ name: String, _ birthDate: String, _ sex: Sex, _ words: [CardWords]) {
    guard let number = try? PersonalID(Array(id.utf8).span) else { return }
    let (nameStart, first) = (bytes.count, cards.count)
    bytes.append(contentsOf: name.utf8)
    cards.append(contentsOf: words.map { $0.row(number) })
    persons.append(
      PersonRow(
        personalID: number, birthDate: CalendarDate(iso: birthDate) ?? .none, sex: sex,
        nameRange: nameStart..<bytes.count, cards: first..<cards.count))
  }
}

/// People for whom every code occurs; the day is 23 November 2026.
enum Town {
  static let day = CalendarDate(packed: 20_261_123)

  static let people: PersonBatch = {
    var people = PersonBatch()
    // One card, valid.
    people.add(
      "079090000123", "NGUYỄN VĂN HÒA", "1990-02-01", .male,
      [CardWords("DN4797912345678", "7912345678", "2026-01-01", "2026-12-31")])
    // An old card that has ended, and a new one.
    people.add(
      "079190000124", "TRẦN THỊ BÍCH", "1990-07", .female,
      [
        CardWords("HT3797912345679", "7912345679", "2026-06-01", "2027-05-31", facility: "01C54"),
        CardWords("DN4797912345679", "7912345679", "2025-01-01", "2026-05-31"),
      ])
    // A card that is valid, and the one for next year.
    people.add(
      "079090000125", "ĐỖ Y BLĂK", "1990", .male,
      [
        CardWords("GD4797912345680", "7912345680", "2026-01-01", "2026-12-31"),
        CardWords("GD4797912345680", "7912345680", "2027-01-01", "2027-12-31"),
      ])
    // A card that has ended.
    people.add(
      "079090000126", "LÊ AN", "1990-12-31", .unknown,
      [CardWords("CN3797912345681", "7912345681", "2025-01-01", "2025-12-31")])
    // A card that begins next year.
    people.add(
      "079090000127", "PHẠM ÚT", "1991-01-01", .male,
      [CardWords("TE1797912345682", "7912345682", "2027-01-01", "2027-12-31")])
    // A card that has ended, and one that begins next year.
    people.add(
      "079090000128", "PHẠM ÚT EM", "1992-01-01", .male,
      [
        CardWords("TE1797912345683", "7912345683", "2027-01-01", "2027-12-31"),
        CardWords("TE1797912345683", "7912345683", "2026-01-01", "2026-06-30"),
      ])
    // New form: no card number, an open end.
    people.add(
      "079190000129", "HỒ THỊ XUÂN", "1993-03-03", .female,
      [CardWords("", "7912345684", "2026-01-01", "", facility: "")])
    // A card of 17 characters, of a group that other ministries issue.
    people.add(
      "079090000130", "VÕ QUÂN", "1980-05-06", .male,
      [CardWords("QN597079090000130", "079090000130", "2026-01-01", "")])
    return people
  }()

  static let standing: DataStanding = {
    var standing = DataStanding()
    standing.asOf = CalendarDate(packed: 20_261_123)
    standing.validUntil = CalendarDate(packed: 20_261_126)
    return standing
  }()

  /// The answer to one line.
  static func ask(
    _ line: String, on day: CalendarDate = day, form: AnswerForm = .json, _ source: MemoryCards? = nil
  ) throws -> (code: String, text: String) {
    var checker = CardChecker(source ?? MemoryCards(people, standing), on: day)
    var reader = QuestionReader()
    var batch = QuestionBatch()
    reader.read(Array(line.utf8).span, number: 1, into: &batch)
    var writer = AnswerWriter(form, standing, on: day)
    var code = ""
    try checker.check(&batch) { (answer, people) throws(Stop) in
      code = answer.code.text
      writer.append(answer, people)
    }
    return (code, String(decoding: writer.bytes, as: UTF8.self))
  }

  static func note(_ text: String) -> String {
    guard let start = text.range(of: "\"ghiChu\": \"")?.upperBound else { return text }
    return String(text[start...].prefix { $0 != "\"" })
  }
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(part) { return at..<index(at, offsetBy: part.count) }
      at = index(after: at)
    }
    return nil
  }
}

/// Hexadecimal of UTF-8, as the insurance card's QR code holds texts.
func hex(_ text: String) -> String {
  text.utf8.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}

extension FacilityPackage {
  /// The people of a package as a source of cards.
  static func cards(_ path: String) throws(Stop) -> MemoryCards { MemoryCards(try open(path)) }
}
