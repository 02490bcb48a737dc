// The serving card, grace and card checks, called with literals.

import Rules
import Testing
import Values

/// A card in words.
func card(
  _ number: String = "", _ insurance: String = "7912345678", from: String, to: String = "", grace: String = ""
) -> CardRow {
  var row = CardRow()
  row.cardNumber = cardNumber(number)
  row.insuranceNumber = insuranceNumber(insurance)
  row.validFrom = date(from)
  row.validTo = date(to)
  row.graceUntil = date(grace)
  return row
}

@Suite("Serving card")
struct ServingCardTests {
  static let cases: [(String, [CardRow], Int)] = [
    ("the only card", [card(from: "2020", to: "2020")], 0),
    ("valid on the day", [card(from: "2027-01-01"), card(from: "2026-01-01", to: "2026-12-31")], 1),
    ("the later end", [card(from: "2026", to: "2026-11-30"), card(from: "2026", to: "2026-12-31")], 1),
    ("an open end", [card(from: "2026", to: "2099-12-31"), card(from: "2026")], 1),
    ("the later begin", [card(from: "2026-02-01"), card(from: "2026-03-01")], 1),
    (
      "the greater card number",
      [card("DN4797912345678", from: "2026"), card("GD4797912345678", from: "2026")], 1
    ),
    (
      "the greater insurance number",
      [card("", "7912345678", from: "2026"), card("", "7912345679", from: "2026")], 1
    ),
    ("the first in the export", [card(from: "2026"), card(from: "2026")], 0),
  ]
  @Test("follows the order of the contract", arguments: cases)
  func order(name: String, cards: [CardRow], serving: Int) {
    #expect(servingCard(among: cards.span, on: date("2026-11-23")) == serving, "\(name)")
  }

  @Test(
    "is valid from its first to its last day",
    arguments: [
      ("2026-11-23", "2026-11-23", true), ("2026-11-24", "", false), ("2026", "2026", true),
      ("2025", "2026-11-22", false), ("2026-11", "", true),
    ])
  func valid(from: String, to: String, isValid: Bool) {
    #expect(card(from: from, to: to).isValid(on: date("2026-11-23")) == isValid)
  }

  @Test("several insurance numbers of one person are noticed")
  func numbers() {
    var cards = LinkedCards()
    cards.add(insuranceNumber("7912345678"))
    cards.add(.none)
    cards.add(insuranceNumber("7912345678"))
    #expect(!cards.haveSeveralNumbers)
    cards.add(insuranceNumber("7912345679"))
    #expect(cards.haveSeveralNumbers)
    #expect(cards.count == 4)
  }
}

@Suite("Grace")
struct GraceRuleTests {
  static let marks: [(Outcome, Reasons, String?)] = [
    (.linked, Reasons(), nil), (.personInactive, Reasons(.dead), nil),
    (.personInactive, Reasons(.statusUnknown), "person_inactive"), (.disputed, Reasons(.name), "disputed"),
    (.quarantined, Reasons(.sexCode), "quarantined"),
    (.numberShared, Reasons(.insuranceNumber), "number_shared"),
  ]
  @Test("a record that did not link raises a doubt unless a register says why", arguments: marks)
  func marked(outcome: Outcome, reasons: Reasons, word: String?) {
    #expect(GraceMark(outcome, reasons)?.word == word)
    #expect(GraceMark(outcome, Reasons(.decisionRejected)) == .cleared)
  }

  static let disputed = GraceMark(.disputed, Reasons())
  static let quarantined = GraceMark(.quarantined, Reasons())
  static let doubts: [(GraceMark?, GraceMark?, Bool, Bool, String?)] = [
    (disputed, nil, false, false, "disputed"), (disputed, quarantined, false, false, "quarantined"),
    (nil, disputed, false, false, "disputed"), (nil, nil, false, false, nil),
    (nil, nil, false, true, "file_damaged"),
    (disputed, nil, true, false, nil), (disputed, .cleared, false, true, nil),
    (disputed, nil, false, true, "disputed"),
  ]
  @Test("a person is kept while the card is in doubt", arguments: doubts)
  func doubted(person: GraceMark?, number: GraceMark?, isAnothers: Bool, isDamaged: Bool, word: String?) {
    let evidence = GraceEvidence(
      person: person, number: number, isAnothers: isAnothers, isExportDamaged: isDamaged)
    #expect(evidence.doubt?.word == word)
  }

  static let days: [(String, String, String?)] = [
    ("", "", "2026-11-30"), ("2026-11-25", "", "2026-11-25"), ("2026-11-22", "", nil),
    ("", "2026-11-22", nil), ("", "2026-11-23", "2026-11-30"),
  ]
  @Test("the first night sets the last day, and a card that has ended is not kept", arguments: days)
  func lastDay(grace: String, end: String, last: String?) {
    let day = card(from: "2026", to: end, grace: grace).graceDay(on: date("2026-11-23"), days: 7)
    #expect(day?.text == last)
  }

  @Test("a person is gone if the register has records and each of them says so")
  func gone() {
    #expect(!isGone([]))
    #expect(isGone([.dead, .leftNationality]))
    #expect(!isGone([.dead, .active]))
    #expect(!isGone([.unknown]))
  }

  @Test("a finding names its person, its numbers, and the person of a 12-digit insurance number")
  func named() {
    let id = LinkKey.personal(personalID("079090000123"))
    let number = insuranceNumber("079090000124")
    let named = NamedInFinding(id, [number, number])
    #expect(named.numbers == [number])
    #expect(named.persons == [id, .personal(personalID("079090000124"))])
    #expect(NamedInFinding(.missing, [.none, .none]).persons.isEmpty)
    let held = QuarantinedRecord(
      export: .insurance, line: 1, reasons: Reasons(.sexCode), personalID: "079090000123",
      insuranceNumber: "x", cardNumber: "DN4797912345678")
    #expect(NamedInFinding(held).persons == [id])
    #expect(NamedInFinding(held).numbers == [insuranceNumber("7912345678")])
  }
}

@Suite("Card check")
struct CardCheckRuleTests {
  static let id = personalID("079090000123")
  static let cards = [
    card("DN4797912345678", from: "2026-01-01", to: "2026-12-31"),
    card("GD4797912345678", from: "2025-01-01", to: "2025-12-31"),
  ]

  static func verdict(
    _ number: AskedNumber, name: String = "NGUYỄN VĂN HÒA", birthDate: String = "1990-02-01",
    sex: Sex = .male,
    on day: String = "2026-11-23", _ cards: [CardRow] = cards
  ) -> CardVerdict {
    var question = CardQuestion()
    question.number = number
    question.birthDate = date(birthDate)
    question.sex = sex
    let person = PersonRow(
      personalID: id, birthDate: date("1990-02-01"), sex: .male, nameRange: 0..<0, cards: 0..<cards.count)
    var rules = CardRules(on: date(day))
    return rules.verdict(
      on: question, name: Array(name.utf8).span, person, name: Array("NGUYỄN VĂN HÒA".utf8).span,
      cards: cards.span)
  }

  static let numbers: [(AskedNumber, ResultCode)] = [
    (AskedNumber(InsuranceNumber(id)), .right), (AskedNumber(insuranceNumber("7912345678")), .right),
    (AskedNumber(insuranceNumber("7912345679")), .noData),
    (AskedNumber(cardNumber("DN4797912345678")), .right),
    (AskedNumber(cardNumber("GD4797912345678")), .replaced),
    (AskedNumber(cardNumber("DN3797912345678")), .levelWrong),
    (AskedNumber(cardNumber("DN4017912345678")), .provinceWrong),
    (AskedNumber(cardNumber("HT3017912345678")), .cardCodeWrong),
  ]
  @Test("the number comes first", arguments: numbers)
  func numbered(number: AskedNumber, code: ResultCode) { #expect(Self.verdict(number).code == code) }

  @Test("then the name, the birth date, and the card's validity")
  func order() {
    let number = AskedNumber(cardNumber("DN4797912345678"))
    #expect(Self.verdict(number, name: "TRẦN VĂN HÒA").code == .nameWrong)
    #expect(Self.verdict(number, name: "NGÔ VĂN HÒA").code == .nameWrongButFirstLetter)
    #expect(Self.verdict(number, birthDate: "1990-02-02").code == .birthDateWrong)
    #expect(Self.verdict(number, on: "2027-01-01").code == .expired)
    #expect(Self.verdict(number, on: "2025-12-31").code == .renewed)
  }

  @Test("tolerated differences are remarks")
  func remarks() {
    let verdict = Self.verdict(
      AskedNumber(InsuranceNumber(Self.id)), name: "NGUYEN VAN HOA", birthDate: "1990", sex: .female)
    #expect(verdict.code == .right)
    #expect(verdict.remarks == [.nameSpelling, .birthDatePrecision, .sexDiffers])
  }

  @Test("a card kept in grace is a remark, and another once its last day is over")
  func grace() {
    let kept = [card("DN4797912345678", from: "2026-01-01", grace: "2026-11-23")]
    let number = AskedNumber(InsuranceNumber(Self.id))
    #expect(Self.verdict(number, kept).remarks == [.keptInGrace])
    #expect(Self.verdict(number, on: "2026-11-24", kept).remarks == [.graceOver])
  }

  @Test("a question whose number leads to no person has no data, or its own fault")
  func nobody() {
    var question = CardQuestion()
    question.number = AskedNumber(cardNumber("QN5977912345999"))
    let verdict = CardRules(on: date("2026-11-23")).verdictWithoutPerson(question)
    #expect(verdict.code == .noData)
    #expect(verdict.remarks == [.armedForces])
    // A group that the pipeline file adds.
    question.number = AskedNumber(cardNumber("XX5977912345999"))
    let rules = CardRules(on: date("2026-11-23"), ArmedForces(adding: ["XX"]))
    #expect(rules.verdictWithoutPerson(question).remarks == [.armedForces])
    #expect(CardRules(on: date("2026-11-23")).verdictWithoutPerson(question).remarks == [])
    question.fault = .benefitLevel
    #expect(CardRules(on: date("2026-11-23")).verdictWithoutPerson(question).code == .levelWrong)
  }

  @Test(
    "a damaged name agrees as far as it is legible",
    arguments: [("Nguy?n V?n H?a", NameRung.damaged), ("Nguy?n V?n B?a", .firstLetter), ("???", .differs)])
  func ladder(asked: String, rung: NameRung) {
    var ladder = NameLadder()
    #expect(
      ladder.rung(of: Array(asked.utf8).span, .damaged, to: Array("NGUYỄN VĂN HÒA".utf8).span) == rung)
  }
}

@Suite("Renumbering")
struct RenumberingTests {
  /// A card of the person 079090000123 in words.
  static func own(_ number: String, _ insurance: String, to: String = "2026-12-31") -> CardRow {
    var row = card(number, insurance, from: "2026-01-01", to: to)
    row.personalID = personalID("079090000123")
    row.facility = ShortCode(Array("79024".utf8).span) ?? .none
    return row
  }

  static let cases: [(String, CardRow, Bool)] = [
    ("the card number", own("DN479079090000123", "7912345678"), true),
    ("the insurance number", own("DN4797912345678", "079090000123"), true),
    ("both", own("DN479079090000123", "079090000123"), true),
    ("nothing", own("DN4797912345678", "7912345678"), false),
    ("another group", own("GD479079090000123", "079090000123"), false),
    ("another level", own("DN279079090000123", "079090000123"), false),
    ("another province", own("DN401079090000123", "079090000123"), false),
    ("another person's number", own("DN479001190000102", "7912345678"), false),
    ("another insurance number", own("DN479079090000123", "7912345679"), false),
    ("another person's insurance number", own("DN479079090000123", "001190000102"), false),
    ("another end", own("DN479079090000123", "079090000123", to: "2027-12-31"), false),
    ("no card number", own("", "079090000123"), false),
  ]
  @Test("a card is renumbered if only its numbers change, to the person's own", arguments: cases)
  func renumbers(what: String, now: CardRow, isRenumbered: Bool) {
    let old = Self.own("DN4797912345678", "7912345678")
    #expect(now.renumbers(old) == isRenumbered, "\(what)")
    #expect(!old.renumbers(now), "back from \(what)")
  }

  @Test("a number that appears is a change, and so is any other change beside the numbers")
  func others() {
    let now = Self.own("DN479079090000123", "079090000123")
    #expect(Self.own("", "079090000123").renumbers(Self.own("", "7912345678")))
    #expect(!now.renumbers(Self.own("", "7912345678")))
    for change: (inout CardRow) -> Void in [
      { $0.facility = .none }, { $0.area = ShortCode(packed: 0x4B31_0000_0000_0002) },
      { $0.validFrom = date("2025-01-01") }, { $0.validTo = .none },
      { $0.fiveYearsFrom = date("2020-01-01") },
    ] {
      var old = Self.own("DN4797912345678", "7912345678")
      change(&old)
      #expect(!now.renumbers(old))
    }
  }
}
