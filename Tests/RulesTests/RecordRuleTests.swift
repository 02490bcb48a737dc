// Each rule on one field, called with literals.

import Names
import Rules
import Testing
import Values

@Suite("Rules on one field")
struct RecordRuleTests {
  @Test(
    "area: K1 to K3, or a note",
    arguments: [
      ("", "", ""), ("K1", "K1", ""), ("K3", "K3", ""), ("K4", "", "area_code"), ("k1", "", "area_code"),
    ])
  func area(text: String, code: String, note: String) {
    var notes = Reasons()
    #expect(with(text) { AreaRule.read($0, &notes) }.text == code)
    #expect(notes.text == note)
  }

  @Test(
    "calendar: a birth date exists and lies between 1900 and the business date",
    arguments: [
      ("02/03/2005", "2005-03-02", ""), ("1950", "1950", ""), ("00/07/1950", "1950-07", ""),
      ("23/11/2026", "2026-11-23", ""), ("", "", "birth_date_missing"),
      ("2005-03-02", "", "birth_date_format"),
      ("29/02/2023", "", "birth_date_impossible"), ("24/11/2026", "", "birth_date_future"),
      ("31/12/1899", "", "birth_date_too_early"),
    ])
  func calendar(text: String, iso: String, fault: String) {
    var faults = Reasons()
    let birthDate = with(text) { CalendarRule.birthDate($0, patterns, asOf: 2026_11_23, &faults) }
    #expect(birthDate.text == iso)
    #expect(faults.text == fault)
  }

  @Test(
    "card number: two letters, a level, a province, 10 or 12 digits",
    arguments: [
      ("DN4797912345678", "DN4797912345678", "7912345678", ""), ("", "", "", ""),
      ("dn 4 79 7912345678", "DN4797912345678", "7912345678", ""),
      ("DN479079205000123", "DN479079205000123", "079205000123", ""), ("7912345678", "", "7912345678", ""),
      ("0000000000", "", "", ""), ("QQ4797912345678", "QQ4797912345678", "7912345678", "group_unknown"),
      ("DN6797912345678", "", "", "benefit_level"), ("DN47979123456", "", "", "card_number_format"),
    ])
  func card(text: String, number: String, tail: String, word: String) {
    var reasons = Reasons()
    var notes = Reasons()
    let reading = with(text) { CardNumberRule.read($0, ObjectGroups(), &reasons, &notes) }
    reasons.formUnion(notes)
    #expect(reading.number.text == number)
    #expect((reading.tail.isNone ? "" : reading.tail.text) == tail)
    #expect(reading.isMalformed == (word == "benefit_level" || word == "card_number_format"))
    #expect(reasons.text == word)
  }

  @Test(
    "card number: its last digits are compared with the record's number of the same length",
    arguments: [
      ("7912345678", "7912345678", "", ""), ("7912345679", "7912345678", "", "card_tail_differs"),
      ("079205000123", "7912345678", "079205000123", ""),
      ("079205000124", "7912345678", "079205000123", "card_tail_differs"),
      ("079205000124", "7912345678", "", ""), ("7912345679", "079205000123", "", ""),
      ("", "7912345678", "", ""),
    ])
  func tail(tail: String, own: String, id: String, note: String) {
    let found = words {
      CardNumberRule.compare(
        insuranceNumber(tail), insuranceNumber(own), id.isEmpty ? nil : personalID(id), &$0)
    }
    #expect(found == note)
  }

  @Test(
    "facility: two digits and three digits or letters, else kept as written with a note",
    arguments: [
      ("01028", "01028", ""), ("01c54", "01C54", ""), ("01 – C54", "01C54", ""), ("", "", ""),
      ("1028", "1028", "facility_format"), ("0102-8", "0102-8", "facility_format"),
      ("bệnh viện", "", "facility_format"),
    ])
  func facility(text: String, code: String, note: String) {
    var notes = Reasons()
    #expect(with(text) { FacilityRule.read($0, &notes) }.text == code)
    #expect(notes.text == note)
  }

  @Test(
    "five years: a date, or left out with a note",
    arguments: [("", "", ""), ("01/07/2031", "2031-07-01", ""), ("x", "", "five_years_format")])
  func fiveYears(text: String, iso: String, note: String) {
    var notes = Reasons()
    #expect(with(text) { FiveYearsRule.read($0, patterns, &notes) }.text == iso)
    #expect(notes.text == note)
  }

  @Test(
    "insurance number: 10 or 12 digits",
    arguments: [
      ("7912345678", "7912345678", ""), ("79 1234 5678", "7912345678", ""),
      ("079205000123", "079205000123", ""), ("0000000000", "", ""), ("", "", ""),
      ("791234567", "", "insurance_number_format"), ("791234567x", "", "insurance_number_format"),
    ])
  func insurance(text: String, number: String, fault: String) {
    var faults = Reasons()
    let found = with(text) { InsuranceNumberRule.read($0, &faults) }
    #expect((found.isNone ? "" : found.text) == number)
    #expect(faults.text == fault)
  }

  @Test(
    "insurance number: the card's digits serve where the field is empty, and one of the two must be there")
  func chosen() {
    var faults = Reasons()
    let card = CardNumberRule.Reading(number: .none, tail: insuranceNumber("7912345678"))
    let own = insuranceNumber("7912345679")
    #expect(InsuranceNumberRule.choose(own, card, &faults) == own)
    #expect(InsuranceNumberRule.choose(.none, card, &faults) == card.tail)
    #expect(faults.isEmpty)
    #expect(InsuranceNumberRule.choose(.none, .init(), &faults).isNone)
    #expect(faults.text == "insurance_number_missing")
    // A malformed number has its own fault.
    #expect(words { _ = InsuranceNumberRule.choose(.none, .init(isMalformed: true), &$0) } == "")
  }

  @Test("insurance number: 12 digits that are not the personal ID number are noted")
  func notID() {
    let id = personalID("079205000123")
    #expect(words { InsuranceNumberRule.compare(insuranceNumber("079205000123"), with: id, &$0) } == "")
    #expect(
      words { InsuranceNumberRule.compare(insuranceNumber("079205000124"), with: id, &$0) }
        == "insurance_number_not_id")
    #expect(words { InsuranceNumberRule.compare(insuranceNumber("7912345678"), with: id, &$0) } == "")
  }

  @Test(
    "legacy number: nine digits, or none",
    arguments: [("024123456", 24_123_456), ("999999999", 0), ("12345678", 0), ("khong co", 0), ("", 0)])
  func legacy(text: String, packed: UInt32) {
    #expect(with(text) { LegacyIDRule.read($0) }.packed == packed)
  }

  @Test(
    "previous number: 12 digits with a known prefix that are not the present number, or none",
    arguments: [
      ("079205000456", 79_205_000_456 as UInt64), ("079205000123", 0), ("000000000000", 0),
      ("999205000456", 0),
      ("79205000456", 0), ("", 0),
    ])
  func previous(text: String, packed: UInt64) {
    let present = personalID("079205000123")
    #expect(with(text) { PreviousIDRule.read($0, present) }.packed == packed)
  }

  @Test("mojibake: a converted name with letters beyond ASCII is noted")
  func converted() {
    #expect(words { MojibakeRule.note(Array("TRẦN".utf8).span, isConverted: true, &$0) } == "name_converted")
    #expect(words { MojibakeRule.note(Array("TRAN".utf8).span, isConverted: true, &$0) } == "")
    #expect(words { MojibakeRule.note(Array("TRẦN".utf8).span, isConverted: false, &$0) } == "")
  }

  @Test(
    "name: in clean form, or a fault",
    arguments: [
      ("Y Blăk", "Y Blăk", Reason?.none), ("  TRẦN   VĂN ", "TRẦN VĂN", nil), ("", "", .nameMissing),
      ("\u{200B}", "", .nameMissing), ("TRẦN 2", "", .nameFormat), ("---", "", .nameFormat),
      ("Nguyá»…n", "", .nameMojibake), ("NGUY\u{FFFD}N", "", .nameMojibake),
    ])
  func name(text: String, clean: String, fault: Reason?) {
    var name: [UInt8] = []
    #expect(with(text) { NameRule.clean($0, NameFolder(), into: &name) } == fault)
    if fault == nil { #expect(String(decoding: name, as: UTF8.self) == clean) }
  }

  @Test(
    "personal ID of a person: 12 digits, or a fault",
    arguments: [
      ("079205000123", 79_205_000_123 as UInt64?, ""), ("", nil, "personal_id_missing"),
      ("999999999999", nil, "personal_id_missing"), ("79205000123", nil, "personal_id_format"),
      ("07920500012x", nil, "personal_id_format"),
    ])
  func person(text: String, packed: UInt64?, fault: String) {
    var faults = Reasons()
    #expect(with(text) { PersonalIDRule.person($0, &faults) }?.packed == packed)
    #expect(faults.text == fault)
  }

  @Test(
    "personal ID of an insurance record: its key, or the shape of what the field holds",
    arguments: [
      ("079205000123", "", LinkKey.personal(PersonalID(packed: 79_205_000_123)), ""),
      ("024123456", "", .legacy(LegacyID(packed: 24_123_456)), ""), ("", "", .missing, ""),
      ("000", "", .missing, "filler"), ("", "QN5977912345678", .missing, "armed_forces"),
      ("", "TE1797912345678", .missing, "newborn"), ("", "TE2797912345678", .missing, ""),
      ("79205000123", "", .invalid, "leading_zero_lost"), ("24123456", "", .invalid, "leading_zero_lost"),
      ("7912345678", "", .invalid, "insurance_number_in_id"), ("B1234567", "", .invalid, "passport"),
      ("7.92E+10", "", .invalid, "spreadsheet_exponent"), ("1234567", "", .invalid, "wrong_length"),
      ("không có", "", .invalid, "not_digits"),
    ])
  func insured(text: String, card: String, key: LinkKey, reason: String) {
    var record = InsuranceRecord()
    record.insuranceNumber = insuranceNumber("7912345678")
    record.cardNumber = cardNumber(card)
    let reading = with(text) { PersonalIDRule.insured($0, record, tail: record.cardNumber.tail) }
    #expect(reading.key == key)
    #expect(reading.words.text == reason)
  }

  @Test(
    "personal ID of an insurance record: 12 digits of the insurance number or the card, where the field is empty",
    arguments: [
      ("", "079205000123", "", "079205000123"), ("000", "079205000123", "", "079205000123"),
      ("", "7912345678", "DN479079205000123", "079205000123"),
      // The record's own number comes before the card's.
      ("", "079205000123", "DN479079205000456", "079205000123"),
      // Not a personal ID number: an unknown prefix, a filler, ten digits.
      ("", "099205000123", "", nil), ("", "000000000000", "", nil),
      ("", "7912345678", "DN4797912345678", nil),
      ("", "7912345678", "DN479099205000123", nil),
      // The field holds something: it is not replaced.
      ("123", "079205000123", "", nil), ("024123456", "079205000123", "", nil),
    ])
  func fromInsuranceNumber(text: String, number: String, card: String, id: String?) {
    var record = InsuranceRecord()
    record.insuranceNumber = insuranceNumber(number)
    record.cardNumber = cardNumber(card)
    let reading = with(text) { PersonalIDRule.insured($0, record, tail: record.cardNumber.tail) }
    #expect(reading.key == id.map { .personal(personalID($0)) } || id == nil && reading.key.personalID == nil)
    #expect(reading.words.contains(.idFromInsuranceNumber) == (id != nil))
  }

  @Test(
    "personal ID in quarantine: the key of the number that the field holds",
    arguments: [
      ("079205000123", LinkKey.personal(PersonalID(packed: 79_205_000_123))),
      ("012345678", .legacy(LegacyID(packed: 12_345_678))), ("123", .missing),
    ])
  func held(text: String, key: LinkKey) { #expect(with(text) { PersonalIDRule.key(holding: $0) } == key) }

  @Test(
    "reading: each fault of a reader has its reason",
    arguments: [
      (RawFault.none, Reason?.none), (.fieldCount, .fieldCount), (.encoding, .encoding),
      (.unclosedQuote, .unclosedQuote), (.tooLong, .valueTooLong), (.tooManyValues, .repeatedElement),
      (.damaged, .fileDamaged),
    ])
  func reading(fault: RawFault, reason: Reason?) { #expect(ReadingRule.reason(for: fault) == reason) }

  @Test("sex and status: a code outside its list is named, without the signs that separate words")
  func codes() {
    #expect(with("7") { SexRule.detail($0) } == "sex_code=7")
    #expect(with("a,b=c") { StatusRule.detail($0) } == "status_code=a_b_c")
    #expect(with("Nữữữữữữữữữữữữữữữữữ") { SexRule.detail($0) } == "sex_code=Nữữữữữữữữữữữữữữữ")
  }

  @Test("code list: a code, no value, or a code outside the list; a composed letter is the same code")
  func codeList() {
    let list = CodeList([(Array("Nam".utf8), 1), (Array("Nữ".utf8), 2), (Array("0".utf8), 0)])
    let empty = EmptyValues(["-", "0"].map { Array($0.utf8) })
    for (text, reading) in [
      ("Nam", CodeList.Reading.code(1)), ("Nư\u{303}", .code(2)), ("0", .code(0)), ("", .blank),
      ("-", .blank),
      ("nam", .unlisted),
    ] {
      #expect(with(text) { list.read($0, empty) } == reading, "\(text)")
    }
  }

  @Test("object groups: the published list")
  func groups() {
    let groups = ObjectGroups()
    #expect(groups.contains(cardNumber("DN4797912345678").group))
    #expect(!groups.contains(cardNumber("QQ4797912345678").group))
  }

  @Test("trimming: white space of any kind goes from both ends")
  func trimming() {
    func text(_ value: String) -> String {
      let bytes = Array(value.utf8)
      return String(decoding: bytes[trimmed(bytes.span, 0..<bytes.count)], as: UTF8.self)
    }
    #expect(text(" \u{A0}a b\t\u{200B}") == "a b")
    #expect(text("\u{FEFF}") == "")
    #expect(text("Ờ") == "Ờ")
    let empty = EmptyValues([" NULL ", ""].map { Array($0.utf8) })
    #expect(with("NULL") { empty.contains($0) })
    #expect(with("") { empty.contains($0) })
    #expect(!with("null") { empty.contains($0) })
  }

  @Test(
    "split: lists in step have one position for each value",
    arguments: [("A;B", "1;2", 2 as Int?), ("A;B", "", 2), ("A;B", " ; ", 2), ("A;B", "1", nil), ("", "", 1)])
  func split(first: String, second: String, count: Int?) {
    let text = Array((first + second).utf8)
    var ranges = FieldRanges()
    ranges[at: Field.cardNumber.index] = 0..<first.utf8.count
    ranges[at: Field.facilityCode.index] = first.utf8.count..<text.count
    let fields = [Field.cardNumber.index, Field.facilityCode.index]
    #expect(
      SplitRule.positionCount(text.span, ranges, fields, UInt8(ascii: ";"), EmptyValues([])) == count)
  }

  @Test(
    "validity: a beginning, and no end before it",
    arguments: [
      ("01/01/2026", "31/12/2026", "2026-01-01", "2026-12-31", ""), ("01/01/2026", "", "2026-01-01", "", ""),
      ("01/01/2026", "2026", "2026-01-01", "2026", ""),
      ("", "31/12/2026", "", "2026-12-31", "valid_from_missing"),
      ("x", "", "", "", "valid_from_format"),
      ("01/01/2026", "31/04/2026", "2026-01-01", "", "valid_to_format"),
      ("01/01/2026", "31/12/2025", "2026-01-01", "2025-12-31", "valid_reversed"),
    ])
  func validity(from: String, to: String, begin: String, end: String, fault: String) {
    var record = InsuranceRecord()
    var faults = Reasons()
    ValidityRule.read(Array(from.utf8).span, Array(to.utf8).span, patterns, &record, &faults)
    #expect(record.validFrom.text == begin)
    #expect(record.validTo.text == end)
    #expect(faults.text == fault)
  }
}
