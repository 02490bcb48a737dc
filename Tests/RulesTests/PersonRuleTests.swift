// The rules on one person, called with literals.

import Rules
import Testing
import Values

/// A population record; nil takes the usual value.
func person(
  birthDate: String = "1990-02-01", sex: Sex = .male, status: PersonStatus = .active
) -> PopulationRecord {
  var record = PopulationRecord()
  record.birthDate = date(birthDate)
  record.sex = sex
  record.status = status
  return record
}

/// An insurance record in words.
func insured(birthDate: String = "1990-02-01", sex: Sex = .male, rule: LinkRule = .personalID)
  -> InsuranceRecord
{
  var record = InsuranceRecord()
  record.birthDate = date(birthDate)
  record.sex = sex
  record.rule = rule
  record.insuranceNumber = insuranceNumber("7912345678")
  record.cardNumber = cardNumber("DN4797912345678")
  return record
}

@Suite("Rules on one person")
struct PersonRuleTests {
  static let id = personalID("079090000123")
  static let name = "NGUYỄN VĂN HÒA"

  /// Judges one insurance record against population records.
  static func verdict(
    _ record: InsuranceRecord = insured(), name asked: String = name,
    against population: [(PopulationRecord, String)] = [(person(), name)], id: PersonalID = id,
    held: LinkKey? = nil, _ decisions: [Decision] = []
  ) -> Verdict {
    var rules = PersonRules(Decisions(decisions))
    rules.begin(id)
    for (record, name) in population { rules.add(record, name: Array(name.utf8).span) }
    return rules.verdict(on: record, name: Array(asked.utf8).span, held: held ?? .personal(id))
  }

  /// Outcome and words.
  static func text(_ verdict: Verdict) -> String {
    verdict.words.isEmpty ? verdict.outcome.name : "\(verdict.outcome.name) \(verdict.words.text)"
  }

  static let names = [
    ("NGUYỄN VĂN HÒA", "linked"), ("Nguyễn Văn Hoà", "linked name_spelling"),
    ("NGUYEN VAN HOA", "linked name_spelling"), ("TRẦN VĂN HÒA", "disputed name"),
    ("HÒA VĂN NGUYỄN", "disputed name,same_words"), ("NGUYỄN HÒA", "disputed middle_name_dropped,name"),
  ]
  @Test("names agree by their exact or their bare forms", arguments: names)
  func namesJudged(asked: String, end: String) { #expect(Self.text(Self.verdict(name: asked)) == end) }

  @Test("names that differ only in i and y are disputed, with that reason")
  func spelling() {
    let verdict = Self.verdict(name: "LÍ AN", against: [(person(), "LÝ AN")])
    #expect(Self.text(verdict) == "disputed i_y_spelling,name")
  }

  static let otherNumbers = [
    // insurance number, card number, what disputes the record if the population has the other number
    ("7912345678", "DN4797912345678", nil), ("079090000123", "DN479079090000123", nil),
    ("001190000102", "DN4797912345678", "insurance_number_not_id"),
    ("7912345678", "DN401001190000102", "insurance_number_not_id"),
    ("7912345678", "DN401000000000000", nil),
  ]
  @Test("a record that names another number depends on whether it is registered", arguments: otherNumbers)
  func others(number: String, card: String, reasons: String?) {
    var record = insured()
    record.insuranceNumber = insuranceNumber(number)
    record.cardNumber = cardNumber(card)
    for (name, differences) in [(Self.name, ""), ("TRẦN VĂN HÒA", ",name")] {
      #expect(Self.reasonsIfRegistered(record, name: name)?.text == reasons.map { $0 + differences })
    }
    #expect(Self.reasonsIfRegistered(record, against: [(person(status: .dead), Self.name)]) == nil)
    #expect(record.others(than: Self.id).map(\.text) == (reasons == nil ? [] : ["001190000102"]))
    // The digits alone in the card number field say the same.
    if record.cardNumber.tail.digitCount == 12 {
      record.cardDigits = record.cardNumber.tail
      record.cardNumber = .none
      #expect(Self.reasonsIfRegistered(record)?.text == reasons)
    }
    record.rule = .decision
    #expect(Self.reasonsIfRegistered(record) == nil)
  }

  @Test("an accepted pair links whatever other number the record names, until what was judged changes")
  func othersDecided() {
    var record = insured()
    record.insuranceNumber = insuranceNumber("001190000102")
    var decision = Self.decision(accepts: true, asked: Self.name)
    decision.insuranceNumber = record.insuranceNumber
    let verdict = Self.verdict(record, [decision])
    #expect(verdict.outcome == .linked && verdict.rule == .decision)
    #expect(Self.reasonsIfRegistered(record, [decision]) == nil)
    record.birthDate = date("1990-02")
    #expect(
      Self.reasonsIfRegistered(record, [decision])?.text
        == "insurance_number_not_id,reopened_insurance_birth_date")
  }

  /// Why a record is disputed if the population has the other number that it names.
  static func reasonsIfRegistered(
    _ record: InsuranceRecord, name asked: String = name,
    against population: [(PopulationRecord, String)] = [(person(), name)], _ decisions: [Decision] = []
  ) -> Reasons? {
    var rules = PersonRules(Decisions(decisions))
    rules.begin(id)
    for (record, name) in population { rules.add(record, name: Array(name.utf8).span) }
    let bytes = Array(asked.utf8)
    let verdict = rules.verdict(on: record, name: bytes.span, held: .personal(id))
    return rules.reasonsIfOtherIsRegistered(record, name: bytes.span, held: .personal(id), verdict)
  }

  static let dates = [
    ("1990-02-01", "1990-02-01", "linked"), ("1990", "1990-02-01", "linked birth_date_precision"),
    ("1990-02", "1990-02-01", "linked birth_date_precision"),
    ("1990-02-02", "1990-02-01", "disputed birth_date"),
    ("1990-01-02", "1990-02-01", "disputed birth_date,day_month_swapped,lunar_birthday"),
    ("1990-03-05", "1990-02-01", "disputed birth_date,lunar_birthday"),
    ("1991", "1990-02-01", "disputed birth_date"),
  ]
  @Test("birth dates agree at the coarser of their precisions", arguments: dates)
  func datesJudged(asked: String, known: String, end: String) {
    let verdict = Self.verdict(insured(birthDate: asked), against: [(person(birthDate: known), Self.name)])
    #expect(Self.text(verdict) == end)
  }

  static let sexes: [(Sex, Sex, Bool)] = [
    (.male, .male, true), (.female, .male, false), (.unknown, .male, true), (.female, .unknown, true),
  ]
  @Test("sexes agree unless both are known and differ", arguments: sexes)
  func sexesJudged(asked: Sex, known: Sex, agree: Bool) {
    #expect(sexesAgree(asked, known) == agree)
    let verdict = Self.verdict(insured(sex: asked), against: [(person(sex: known), Self.name)])
    #expect((verdict.outcome == .linked) == agree)
    #expect(verdict.words.contains(.sex) == !agree)
  }

  static let statuses: [(PersonStatus, String)] = [
    (.active, "linked"), (.dead, "person_inactive dead"), (.missing, "person_inactive missing"),
    (.numberCancelled, "person_inactive number_cancelled"),
    (.leftNationality, "person_inactive left_nationality"),
    (.unknown, "person_inactive status_unknown"),
  ]
  @Test("only an active person links", arguments: statuses)
  func statusesJudged(status: PersonStatus, end: String) {
    #expect(Self.text(Self.verdict(against: [(person(status: status), Self.name)])) == end)
  }

  @Test("population records of one number are repeated, or the person is duplicated")
  func duplicated() {
    #expect(Self.text(Self.verdict(against: [])) == "person_unknown")
    #expect(
      Self.text(Self.verdict(against: [], id: personalID("999000000123"))).hasPrefix(
        "person_unknown id_prefix"))
    let same = [(person(), Self.name), (person(), "Nguyễn Văn Hòa")]
    #expect(Self.text(Self.verdict(against: same)) == "linked")
    let others = [
      (person(), Self.name), (person(birthDate: "1990", sex: .female, status: .dead), "NGUYEN VAN HOA"),
    ]
    #expect(Self.text(Self.verdict(against: others)) == "person_duplicated birth_date,name,sex,status")
  }

  @Test("digits of the number that contradict the population's record are noted")
  func digits() {
    let known = person(birthDate: "1991-02-01", sex: .female)
    let verdict = Self.verdict(insured(birthDate: "1991-02-01", sex: .female), against: [(known, Self.name)])
    #expect(Self.text(verdict) == "linked id_birth_year_digits,id_sex_digit")
  }

  // MARK: Decisions

  /// What an officer judged of the usual records, with a changed name on the insurance side.
  static func decision(
    accepts: Bool, asked: String = "NGUYỄN VĂN HÀ", held: LinkKey = .personal(id),
    birthDate: String = "1990-02-01"
  ) -> Decision {
    var digester = FieldDigester()
    var record = insured()
    record.birthDate = date(birthDate)
    return Decision(
      number: 1, person: id, insuranceNumber: record.insuranceNumber, cardNumber: record.cardNumber,
      insurance: digester.insuranceFields(of: record, Array(asked.utf8).span, held: held),
      population: PopulationFields(
        name: digester.nameDigest(ofClean: Array(name.utf8).span), birthDate: person().birthDate,
        sex: person().sex, status: .active),
      isAccepted: accepts)
  }

  @Test("an accepted pair links, with a note for what disagrees; a rejected pair is disputed")
  func decided() {
    let asked = "NGUYỄN VĂN HÀ"
    #expect(Self.text(Self.verdict(name: asked)) == "disputed name")
    let accepted = Self.verdict(name: asked, [Self.decision(accepts: true)])
    #expect(Self.text(accepted) == "linked name")
    #expect(accepted.rule == .decision)
    #expect(
      Self.text(Self.verdict(name: asked, [Self.decision(accepts: false)]))
        == "disputed decision_rejected,name")
    let linking = Self.decision(accepts: false, asked: Self.name)
    #expect(Self.text(Self.verdict(insured(), [linking])) == "disputed decision_rejected")
  }

  @Test("a decision does not hold once what was judged has changed, and the record says what changed")
  func reopened() {
    let old = Self.decision(accepts: true, birthDate: "1990-02-02")
    let verdict = Self.verdict(name: "NGUYỄN VĂN HÀ", [old])
    #expect(Self.text(verdict) == "disputed name,reopened_insurance_birth_date")
  }

  @Test("a record without a person links to the person whom an officer named, if that person can be linked")
  func routed() {
    let record = insured(rule: .decision)
    let decision = Self.decision(accepts: true, asked: Self.name, held: .missing)
    let verdict = Self.verdict(record, held: .missing, [decision])
    #expect(Self.text(verdict) == "linked")
    #expect(verdict.rule == .decision)
    let dead = Self.verdict(record, against: [(person(status: .dead), Self.name)], held: .missing, [decision])
    #expect(Self.text(dead) == "id_missing dead,decision_not_applied")
    let undecided = Self.verdict(record, held: .missing)
    #expect(Self.text(undecided) == "id_missing")
  }

  @Test("decisions name the person of a record that has none, and the persons who were rejected for it")
  func route() {
    let accepted = Self.decision(accepts: true, held: .missing)
    let numbers = RecordNumbers(accepted.insuranceNumber, accepted.cardNumber)
    #expect(Decisions([accepted]).route(numbers, accepted.insurance).person == Self.id)
    #expect(Decisions([accepted]).route(RecordNumbers(.none, .none), accepted.insurance).person == nil)
    var now = accepted.insurance
    now.birthDate = date("1991")
    let route = Decisions([accepted]).route(numbers, now)
    #expect(route.person == nil)
    #expect(route.reopened.text == "reopened_insurance_birth_date")
    let rejected = Self.decision(accepts: false)
    #expect(Decisions([rejected]).isRejected(numbers, rejected.judged, Self.id))
    #expect(!Decisions([rejected]).isRejected(numbers, rejected.judged, personalID("079090000124")))
    #expect(Decisions([rejected]).haveAny(on: numbers))
    #expect(!Decisions().haveAny(on: numbers))
  }

  @Test("an explanation names the rule that decided, and the later rules were not applied")
  func explanation() throws {
    let found = FoundInsurance(
      key: .personal(Self.id), place: Place(file: 0, ordinal: 1), record: insured(), name: "TRẦN VĂN HÒA")
    let known = FoundPerson(place: Place(file: 0, ordinal: 0), record: person(), name: Self.name)
    let judged = explainJudgement(of: Self.id, population: [known], insurance: [found], holders: [:])
    let explanation = try #require(judged.first)
    #expect(explanation.outcome == .disputed)
    let failed = explanation.verdicts.filter { $0.passed == false }
    #expect(failed.map(\.rule) == ["name"])
    #expect(failed.first?.population == Self.name)
    #expect(explanation.verdicts.last?.passed == nil)
  }

  @Test("a 9-digit number leads to a person if exactly one person held it")
  func legacy() {
    #expect(legacyFault([]) == .legacyUnknown)
    #expect(legacyFault([Self.id]) == nil)
    #expect(legacyFault([Self.id, personalID("079090000124")]) == .legacyAmbiguous)
  }
}

@Suite("Name agreement")
struct NameAgreementTests {
  @Test(
    "exact, bare, or different",
    arguments: [
      ("HÒA", "Hòa", NameAgreement.exact), ("HÒA", "HOÀ", .bare), ("Đỗ An", "ĐỖ AN", .exact),
      ("ĐỖ AN", "DO AN", .bare),
      ("AN", "AN BÌNH", .differs),
    ])
  func agreement(name: String, other: String, expected: NameAgreement) {
    var names = NameComparison()
    names.begin(with: Array(name.utf8).span)
    #expect(names.agreement(with: Array(other.utf8).span) == expected)
    #expect(names.isExactly(Array(other.utf8).span) == (expected == .exact))
  }
}

@Suite("Candidates")
struct CandidateTests {
  static func fields(_ birthDate: String = "1990-02-01") -> PopulationFields {
    PopulationFields(name: 1, birthDate: date(birthDate), sex: .male, status: .active)
  }
  static let asked = InsuranceFields(name: 2, birthDate: date("1990-02-01"), sex: .male, held: .missing)
  static let numbers = RecordNumbers(insuranceNumber("7912345678"), .none)

  /// Groups of persons with the bare name AN.
  static func groups(_ persons: [(PersonalID, PopulationFields)]) -> CandidateGroups {
    var groups = CandidateGroups()
    for (i, (id, fields)) in persons.enumerated() {
      groups.add(
        Candidate(person: id, fields: fields), place: UInt64(i), bareName: Array("AN".utf8).span.bytes)
    }
    return groups
  }

  static func count(_ groups: CandidateGroups, _ name: String = "AN", _ decisions: Decisions = Decisions())
    -> Int
  {
    groups.candidates(of: asked, bareName: Array(name.utf8).span.bytes, numbers, decisions)?.count ?? 0
  }

  @Test("share bare name, birth date and sex with the record, each person once")
  func shared() {
    let (a, b) = (personalID("079090000123"), personalID("079090000124"))
    let groups = Self.groups([
      (a, Self.fields()), (a, Self.fields()), (b, Self.fields()), (b, Self.fields("1991")),
    ])
    #expect(Self.count(groups) == 2)
    #expect(Self.count(groups, "BA") == 0)
    #expect(
      groups.candidates(of: Self.asked, bareName: Array("AN".utf8).span.bytes, Self.numbers, Decisions())?
        .first.person == a)
  }

  @Test("are not persons whom an officer rejected for the record")
  func rejected() {
    let (a, b) = (personalID("079090000123"), personalID("079090000124"))
    let decision = Decision(
      number: 1, person: a, insuranceNumber: Self.numbers.insuranceNumber, cardNumber: .none,
      insurance: Self.asked, population: Self.fields(), isAccepted: false)
    let groups = Self.groups([(a, Self.fields()), (b, Self.fields())])
    #expect(Self.count(groups, "AN", Decisions([decision])) == 1)
    #expect(Self.count(Self.groups([(a, Self.fields())]), "AN", Decisions([decision])) == 0)
  }

  @Test("are counted beyond the persons that are kept")
  func many() {
    let persons = (0..<40).map { (PersonalID(packed: 79_090_000_000 + $0), Self.fields()) }
    #expect(Self.count(Self.groups(persons)) == 40)
  }

  @Test(
    "have the number whose zeros were lost",
    arguments: [
      ("79090000123", 79_090_000_123 as UInt64?), ("1090000123", 1_090_000_123), ("123", nil),
      ("7909000012x", nil),
    ])
  func zeros(text: String, packed: UInt64?) {
    #expect(PersonalID(withoutZeros: Array(text.utf8).span.bytes)?.packed == packed)
  }

  @Test("are checked for one record and one person")
  func check() {
    var check = CandidateCheck()
    let record = FoundInsurance(
      key: .missing, place: Place(file: 0, ordinal: 0), record: insured(), name: "NGUYEN VAN HOA")
    let id = personalID("079090000123")
    let known = FoundPerson(place: Place(file: 0, ordinal: 0), record: person(), name: "NGUYỄN VĂN HÒA")
    #expect(check.judged(record, [known], id)?.population?.birthDate == person().birthDate)
    var other = known
    other.record.birthDate = date("1991-02-01")
    #expect(check.judged(record, [other], id) == nil)
    #expect(check.judged(record, [], id) == nil)
  }
}
