import Extract
import Rules
import Testing
import Values

@Suite struct PopulationTests {
  @Test("a clean record is staged with all its fields")
  func clean() throws {
    let staged = try stage(.population, [goodPerson.with(.legacyID, "024123456").with(.sex, "Nữ")])
    let person = try #require(staged.persons.first)
    #expect(person.id == "079205000123")
    #expect(person.name == "TRẦN VĂN BẮC")
    #expect(person.place == Place(file: 3, ordinal: 0))
    #expect(person.record.line == 2)
    #expect(person.record.birthDate.text == "2005-03-02")
    #expect(person.record.sex == .female)
    #expect(person.record.status == .active)
    #expect(person.record.legacy.text == "024123456")
    #expect(staged.legacy.map(\.number) == ["024123456"])
    #expect(staged.legacy.map(\.id) == [79_205_000_123])
    #expect(staged.part.recordCount == 1)
    #expect(staged.part.quarantinedCount == 0)
  }

  static let cases: [(Field, String?, String)] = [
    (.personalID, nil, "quarantined personal_id_missing"),
    (.personalID, " ", "quarantined personal_id_missing"),
    (.personalID, "999999999999", "quarantined personal_id_missing"),
    (.personalID, "000000000", "quarantined personal_id_missing"),
    (.personalID, "0", "quarantined personal_id_missing"),
    (.personalID, "NULL", "quarantined personal_id_missing"),
    (.personalID, "79205000123", "quarantined personal_id_format"),
    (.personalID, "07920500012x", "quarantined personal_id_format"),
    (.personalID, "079 205 000 123", "quarantined personal_id_format"),
    (.personalID, "\u{A0}079205000123 \t", "registered"), (.personalID, "100012345678", "registered"),
    (.fullName, nil, "quarantined name_missing"), (.fullName, "-", "quarantined name_missing"),
    (.fullName, "\u{200B} ", "quarantined name_missing"), (.fullName, "TRẦN 2", "quarantined name_format"),
    (.fullName, "...", "quarantined name_format"), (.fullName, "Nguyá»…n", "quarantined name_mojibake"),
    (.fullName, "NGUY\u{FFFD}N", "quarantined name_mojibake"),
    (.fullName, String(repeating: "Ă", count: 255), "registered"),
    (.fullName, String(repeating: "Ă", count: 256), "quarantined name_format"),
    (.fullName, "Y Blăk", "registered"),
    (.birthDate, nil, "quarantined birth_date_missing"), (.birthDate, "-", "quarantined birth_date_missing"),
    (.birthDate, "2005-03-02", "quarantined birth_date_format"),
    (.birthDate, "29/02/2023", "quarantined birth_date_impossible"),
    (.birthDate, "24/11/2026", "quarantined birth_date_future"), (.birthDate, "23/11/2026", "registered"),
    (.birthDate, "2027", "quarantined birth_date_future"), (.birthDate, "2026", "registered"),
    (.birthDate, "31/12/1899", "quarantined birth_date_too_early"), (.birthDate, "1900", "registered"),
    (.birthDate, " 00/00/1950 ", "registered"),
    (.sex, "7", "quarantined sex_code=7"), (.sex, "nam", "quarantined sex_code=nam"),
    (.sex, nil, "registered"),
    (.sex, "NULL", "registered"), (.sex, " Nu\u{31B}\u{303} ", "registered"),
    (.sex, "Nư\u{303}", "registered"),
    (.sex, "a,b=c", "quarantined sex_code=a_b_c"),
    (.sex, "Nữữữữữữữữữữữữữữữữữữữ", "quarantined sex_code=Nữữữữữữữữữữữữữữữ"),
    (.status, "7", "quarantined status_code=7"), (.status, "active", "quarantined status_code=active"),
    (.status, nil, "registered"),
    (.legacyID, "12345678", "registered"), (.legacyID, "khong co", "registered"),
    (.legacyID, "999999999", "registered"),
  ]
  @Test("a population record ends where its fields send it", arguments: cases)
  func ends(field: Field, value: String?, expected: String) throws {
    #expect(try end(.population, goodPerson.with(field, value)) == expected)
  }

  @Test("a status that is empty is unknown, one without a field is active")
  func status() throws {
    for empty in [nil, "", "-"] as [String?] {
      let staged = try stage(.population, [goodPerson.with(.status, empty)])
      #expect(staged.persons.first?.record.status == .unknown)
    }
    #expect(try stage(.population, [goodPerson.with(.status, "2")]).persons.first?.record.status == .dead)
    let without = rules(.population) { $0.fields[.status] = nil }
    #expect(try stage(.population, [goodPerson], rules: without).persons.first?.record.status == .active)
  }

  @Test("without lists of codes the canonical names are read", arguments: Sex.allCases)
  func canonical(sex: Sex) throws {
    let plain = rules(.population) { ($0.sexCodes, $0.statusCodes) = ([], []) }
    for status in PersonStatus.allCases {
      let record = goodPerson.with(.sex, sex.name).with(.status, status.name)
      let person = try #require(try stage(.population, [record], rules: plain).persons.first)
      #expect(person.record.sex == sex)
      #expect(person.record.status == status)
    }
  }

  @Test("a code that is also an empty value keeps its meaning")
  func codeBeforeEmpty() throws {
    let zero = rules(.population) {
      $0.sexCodes = [(Array("1".utf8), .male), (Array("0".utf8), .female)]
      $0.emptyValues.append(Array("0".utf8))
    }
    #expect(
      try stage(.population, [goodPerson.with(.sex, "0")], rules: zero).persons.first?.record.sex == .female)
  }

  @Test(
    "a number that is no legacy number is left out",
    arguments: ["12345678", "999999999", "1234567890", "", "x"])
  func legacy(value: String) throws {
    let staged = try stage(.population, [goodPerson.with(.legacyID, value)])
    #expect(staged.persons.first?.record.legacy.packed == 0)
    #expect(staged.legacy.isEmpty)
  }

  @Test("a record is held with everything that is wrong with it")
  func collects() throws {
    let record: [Field: String] = [
      .personalID: "012345678", .fullName: "A1", .birthDate: "31/02/2000", .sex: "9", .status: "8",
    ]
    let held = try #require(try stage(.population, [record]).held.first)
    #expect(
      held.record.reasonsText == "birth_date_impossible,name_format,personal_id_format,sex_code,status_code=8"
    )
    #expect(held.record.personalID == "012345678")
    #expect(held.key == .legacy(LegacyID(packed: 12_345_678)))
    #expect(held.record.line == 2)
    #expect(held.record.export == .population)
  }

  @Test("quarantine is ordered by the number that the field holds")
  func keys() throws {
    func key(_ id: String?) throws -> LinkKey? {
      try stage(.population, [goodPerson.with(.fullName, nil).with(.personalID, id)]).held.first?.key
    }
    #expect(try key("079205000123") == .personal(PersonalID(packed: 79_205_000_123)))
    #expect(try key("123") == .missing)
    #expect(try key(nil) == .missing)
  }

  @Test("names of encodings without toned capitals are upper-cased")
  func uppercase() throws {
    let upper = rules(.population) { $0.uppercaseNames = true }
    let staged = try stage(.population, [goodPerson.with(.fullName, "TRầN VăN BắC")], rules: upper)
    #expect(staged.persons.first?.name == "TRẦN VĂN BẮC")
  }

  static let sources: [(FieldSource, [String?], String)] = [
    (.joined([.slot(0), .slot(1), .slot(2)]), ["LÊ", "THỊ", "AN"], "LÊ THỊ AN"),
    (.joined([.slot(0), .slot(1), .slot(2)]), [nil, "-", " LÊ THỊ AN "], "LÊ THỊ AN"),
    (.joined([.slot(0), .slot(1), .slot(2)]), ["LÊ", "", "AN"], "LÊ AN"),
    (.any([.slot(0), .slot(1), .slot(2)]), ["NULL", nil, "LÊ AN"], "LÊ AN"),
    (.any([.joined([.slot(0), .slot(1)]), .slot(2)]), [nil, nil, "LÊ AN"], "LÊ AN"),
    (.joined([.any([.slot(0), .slot(1)]), .slot(2)]), [nil, "LÊ", "AN"], "LÊ AN"),
  ]
  @Test("a field is joined from parts or the first that has a value", arguments: sources)
  func source(source: FieldSource, values: [String?], name: String) throws {
    var batch = RawBatch(slotCount: 5)
    batch.append(RawRecord(line: 9, ordinal: 7))
    for (slot, value) in (values + ["079205000123", "1950"]).enumerated() {
      if let value { batch.set(slot, Array(value.utf8).span) }
    }
    let mapped = rules(.population) {
      $0.fields = [.fullName: source, .personalID: .slot(3), .birthDate: .slot(4)]
    }
    let staged = try stage(batch, rules: mapped)
    #expect(staged.persons.first?.name == name)
    #expect(staged.persons.first?.place == Place(file: 3, ordinal: 7))
  }

  static let unchecked: [(name: [UInt8], birthDate: [UInt8], isHeld: Bool)] = [
    (Array("LÊ ẤU".utf8), Array("1950".utf8), false),
    (Array("  lê  ấu ".utf8), Array("1950".utf8), false),
    ([0x4C, 0xC3], Array("1950".utf8), true),
    ([0x4C, 0xE1, 0xBA, 0x28], Array("1950".utf8), true),
    (Array("LÊ ẤU".utf8), [0x31, 0xFF], true),
  ]
  @Test("bytes that are no UTF-8 hold their record, whichever value they stand in", arguments: unchecked)
  func encoding(name: [UInt8], birthDate: [UInt8], isHeld: Bool) throws {
    var batch = RawBatch(slotCount: 3)
    var raw = RawRecord(line: 2, ordinal: 2)
    raw.uncheckedSlots = birthDate.contains { $0 >= 0x80 } ? 0b101 : 0b001
    batch.append(raw)
    for (slot, value) in [name, Array("079205000123".utf8), birthDate].enumerated() {
      batch.set(slot, value.span)
    }
    let mapped = rules(.population) {
      $0.fields = [.fullName: .slot(0), .personalID: .slot(1), .birthDate: .slot(2)]
    }
    let staged = try stage(batch, rules: mapped)
    #expect(staged.persons.count == (isHeld ? 0 : 1))
    #expect(staged.held.map(\.1.reasonsText) == (isHeld ? ["encoding"] : []))
  }
}
