// The rules on a whole record.

import Rules
import Testing
import Values

@Suite("Rules on one record")
struct RecordRulesTests {
  /// Values by field, laid out as a reader does.
  struct Raw {
    var text: [UInt8] = []
    var ranges = FieldRanges()

    init(_ values: [Field: String]) {
      for (field, value) in values {
        let start = text.count
        text += Array(value.utf8)
        ranges[at: field.index] = start..<text.count
      }
    }
  }

  static func rules(hasStatus: Bool = true, uppercases: Bool = false, converts: Bool = false) -> RecordRules {
    RecordRules(
      empty: EmptyValues([Array("-".utf8)]), patterns: patterns,
      sexes: CodeList([(Array("Nam".utf8), Sex.male.rawValue), (Array("Nữ".utf8), Sex.female.rawValue)]),
      statuses: hasStatus ? CodeList([(Array("1".utf8), 0), (Array("2".utf8), 1)]) : nil,
      uppercasesNames: uppercases, convertsNames: converts, asOf: date("2026-11-23"))
  }

  static let person: [Field: String] = [
    .personalID: "079205000123", .legacyID: "024123456", .fullName: "TRẦN VĂN BẮC", .birthDate: "02/03/2005",
    .sex: "Nam", .status: "1",
  ]
  static let insured: [Field: String] = [
    .insuranceNumber: "7912345678", .cardNumber: "DN4797912345678", .personalID: "079205000123",
    .fullName: "TRẦN VĂN BẮC", .birthDate: "02/03/2005", .sex: "Nữ", .facilityCode: "79024",
    .validFrom: "01/01/2026", .validTo: "31/12/2026", .fiveYearsFrom: "01/07/2024", .areaCode: "K1",
  ]

  @Test(
    "a residence is a code of either list or of the export's own; anything else is counted apart, never refused",
    arguments: [
      ("79", "79"), ("079", "79"), ("74", "79"), ("27", "24"), ("TP. HCM", "79"), ("01", "01"), ("", "none"),
      ("3", "other"), ("99", "other"), ("179", "other"), ("Hà Nội", "other"), ("7 9", "other"),
      ("7a", "other"),
    ])
  func residence(text: String, province: String) {
    var values = Self.person
    values[.residenceProvince] = text
    let raw = Raw(values)
    func judged(_ residences: CodeList?) -> PopulationVerdict {
      var rules = RecordRules(
        empty: EmptyValues([]), patterns: patterns, sexes: CodeList([(Array("Nam".utf8), 1)]),
        statuses: nil,
        residences: residences, uppercasesNames: false, convertsNames: false, asOf: date("2026-11-23"))
      return rules.judge(person: raw.text.span, raw.ranges, line: 7, nameIsClean: false)
    }
    let list = CodeList([(Array("TP. HCM".utf8), Residence(code: 79).rawValue)])
    #expect(judged(list).record.residence.text == province && judged(list).faults == RecordFaults())
    #expect(judged(CodeList([])).record.residence.text == (text == "TP. HCM" ? "other" : province))
    #expect(judged(nil).record.residence == .notAsked)
  }

  @Test(
    "12 digits alone in the card number field are kept where they are none of the record's own numbers",
    arguments: [
      // insurance number, card number field, personal ID field, kept digits
      ("7912345678", "079205000456", "079205000123", "079205000456"),
      ("7912345678", "079205000123", "079205000123", ""), ("7912345678", "079205000456", "", ""),
      ("079205000456", "079205000456", "079205000123", ""), ("", "079205000456", "079205000123", ""),
      ("7912345678", "079205000456", "024123456", "079205000456"), ("7912345678", "7912345679", "", ""),
      ("7912345678", "DN479079205000456", "079205000123", ""),
      ("7912345678", "000000000000", "079205000123", ""),
    ])
  func cardDigits(number: String, card: String, id: String, kept: String) {
    var values = Self.insured
    (values[.insuranceNumber], values[.cardNumber], values[.personalID]) = (number, card, id)
    var rules = Self.rules()
    let raw = Raw(values)
    let verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 7, nameIsClean: false)
    #expect(verdict.faults == RecordFaults())
    #expect((verdict.record.cardDigits.isNone ? "" : verdict.record.cardDigits.text) == kept)
  }

  @Test("a population record passes with all of its fields")
  func population() {
    var rules = Self.rules()
    let raw = Raw(Self.person)
    let verdict = rules.judge(person: raw.text.span, raw.ranges, line: 7, nameIsClean: false)
    #expect(verdict.faults == RecordFaults())
    #expect(verdict.id == personalID("079205000123"))
    var record = PopulationRecord()
    record.line = 7
    record.legacy = LegacyID(packed: 24_123_456)
    record.birthDate = date("2005-03-02")
    record.sex = .male
    #expect(verdict.record == record)
    let isClean = rules.nameIsClean
    #expect(isClean)
  }

  @Test("an insurance record passes with all of its fields")
  func insurance() {
    var rules = Self.rules()
    let raw = Raw(Self.insured)
    let verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 7, nameIsClean: false)
    #expect(verdict.faults == RecordFaults())
    #expect(verdict.key == .personal(personalID("079205000123")))
    let record = verdict.record
    #expect(record.line == 7)
    #expect(record.insuranceNumber.text == "7912345678")
    #expect(record.cardNumber.text == "DN4797912345678")
    #expect(record.facility.text == "79024")
    #expect(record.area.text == "K1")
    #expect(record.birthDate.text == "2005-03-02")
    #expect(record.validFrom.text == "2026-01-01")
    #expect(record.validTo.text == "2026-12-31")
    #expect(record.fiveYearsFrom.text == "2024-07-01")
    #expect(record.sex == .female)
    #expect(record.rule == .personalID)
    #expect(record.words.isEmpty)
  }

  @Test("all faults of a record are found, and the code outside its list")
  func faults() {
    var rules = Self.rules()
    let raw = Raw([
      .personalID: "012345678", .fullName: "A1", .birthDate: "31/02/2000", .sex: "9", .status: "8",
    ])
    let verdict = rules.judge(person: raw.text.span, raw.ranges, line: 1, nameIsClean: false)
    #expect(verdict.id == nil)
    #expect(
      verdict.faults.reasons.text
        == "birth_date_impossible,name_format,personal_id_format,sex_code,status_code")
    #expect(raw.text[verdict.faults.unlistedCode].elementsEqual("8".utf8))
  }

  @Test(
    "a code field without a value is unknown and counted as blank; an export without a status makes all active"
  )
  func blanks() {
    var rules = Self.rules()
    let raw = Raw([.personalID: "079205000123", .fullName: "AN", .birthDate: "1950", .sex: "-"])
    let verdict = rules.judge(person: raw.text.span, raw.ranges, line: 1, nameIsClean: true)
    #expect(verdict.record.sex == .unknown)
    #expect(verdict.record.status == .unknown)
    #expect(verdict.faults.reasons.isEmpty)
    #expect(verdict.faults.blankCodes == 1 << UInt64(Field.sex.index) | 1 << UInt64(Field.status.index))
    var without = Self.rules(hasStatus: false)
    let active = without.judge(person: raw.text.span, raw.ranges, line: 1, nameIsClean: true)
    #expect(active.record.status == .active)
  }

  @Test("a record without a usable number keeps the reasons instead of the notes")
  func reasons() {
    var rules = Self.rules()
    var fields = Self.insured
    fields[.areaCode] = "K9"
    var raw = Raw(fields)
    var verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 1, nameIsClean: true)
    #expect(verdict.record.words.text == "area_code")
    fields[.personalID] = "B1234567"
    raw = Raw(fields)
    verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 1, nameIsClean: true)
    #expect(verdict.key == .invalid)
    #expect(verdict.record.words.text == "passport")
    fields[.personalID] = "024123456"
    raw = Raw(fields)
    verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 1, nameIsClean: true)
    #expect(verdict.record.rule == .legacyID)
    #expect(verdict.record.words.text == "area_code")
  }

  @Test(
    "a name is taken as it is, cleaned, or put in capitals",
    arguments: [
      ("TRẦN BẮC", false, nil as String?), (" TRẦN  BẮC", false, "TRẦN BẮC"), ("TRầN BắC", true, "TRẦN BẮC"),
    ])
  func names(text: String, uppercases: Bool, clean: String?) {
    var rules = Self.rules(uppercases: uppercases)
    var fields = Self.person
    fields[.fullName] = text
    let raw = Raw(fields)
    _ = rules.judge(person: raw.text.span, raw.ranges, line: 1, nameIsClean: false)
    let (isClean, name) = (rules.nameIsClean, String(decoding: rules.name, as: UTF8.self))
    #expect(isClean == (clean == nil))
    if let clean { #expect(name == clean) }
  }

  @Test("a name from an old encoding is noted")
  func converted() {
    var rules = Self.rules(converts: true)
    let raw = Raw(Self.insured)
    let verdict = rules.judge(insured: raw.text.span, raw.ranges, line: 1, nameIsClean: false)
    #expect(verdict.record.words.text == "name_converted")
    let isClean = rules.nameIsClean
    #expect(!isClean)
  }
}
