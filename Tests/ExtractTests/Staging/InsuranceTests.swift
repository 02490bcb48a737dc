import Extract
import Rules
import Testing
import Values

@Suite struct InsuranceTests {
  @Test("a clean record is staged with all its fields")
  func clean() throws {
    let staged = try stage(.insurance, [goodInsured])
    let insured = try #require(staged.insured.first)
    #expect(insured.key == .personal(PersonalID(packed: 79_205_000_123)))
    #expect(insured.name == "TRẦN VĂN BẮC")
    #expect(insured.rawID.isEmpty)
    let record = insured.record
    #expect(record.insuranceNumber.text == "7912345678")
    #expect(record.cardNumber.text == "DN4797912345678")
    #expect(record.facility.text == "79024")
    #expect(record.area.text == "K1")
    #expect(record.birthDate.text == "2005-03-02")
    #expect(record.validFrom.text == "2026-01-01")
    #expect(record.validTo.text == "2026-12-31")
    #expect(record.fiveYearsFrom.text == "2024-07-01")
    #expect(record.sex == .male)
    #expect(record.rule == .personalID)
    #expect(record.words.isEmpty)
  }

  static let cases: [(Field, String?, String)] = [
    (.personalID, "  079205000123\u{A0}", "personal"), (.personalID, "024123456", "legacy"),
    (.personalID, "100012345678", "personal"),
    (.personalID, nil, "missing"), (.personalID, "-", "missing"), (.personalID, "0", "missing filler"),
    (.personalID, "000000000", "missing filler"), (.personalID, "999999999999", "missing filler"),
    (.personalID, "111", "missing filler"),
    (.personalID, "79205000123", "invalid leading_zero_lost"),
    (.personalID, "1205000123", "invalid leading_zero_lost"),
    (.personalID, "24123456", "invalid leading_zero_lost"),
    (.personalID, "7912345678", "invalid insurance_number_in_id"),
    (.personalID, "97205000123", "invalid wrong_length"), (.personalID, "9205000123", "invalid wrong_length"),
    (.personalID, "123", "invalid wrong_length"), (.personalID, "0792050001234", "invalid wrong_length"),
    (.personalID, "123456789012345678901234567890", "invalid wrong_length"),
    (.personalID, "B1234567", "invalid passport"), (.personalID, "P12345678", "invalid passport"),
    (.personalID, "b1234567", "invalid not_digits"), (.personalID, "B123456", "invalid not_digits"),
    (.personalID, "7.9205E+10", "invalid spreadsheet_exponent"),
    (.personalID, "1,0E+11", "invalid spreadsheet_exponent"),
    (.personalID, "7.92E10", "invalid spreadsheet_exponent"),
    (.personalID, "1E+11", "invalid spreadsheet_exponent"),
    (.personalID, "7.9205E", "invalid not_digits"), (.personalID, "079 205 000 123", "invalid not_digits"),
    (.personalID, "không có", "invalid not_digits"),

    (.insuranceNumber, nil, "personal"), (.insuranceNumber, "0000000000", "personal"),
    (.insuranceNumber, "79 1234 5678", "personal"), (.insuranceNumber, "079205000123", "personal"),
    (.insuranceNumber, "079205000124", "personal insurance_number_not_id"),
    (.insuranceNumber, "7912345679", "personal card_tail_differs"),
    (.insuranceNumber, "791234567", "quarantined insurance_number_format"),
    (.insuranceNumber, "791234567x", "quarantined insurance_number_format"),

    (.cardNumber, nil, "personal"), (.cardNumber, "dn 4 79 7912345678", "personal"),
    (.cardNumber, "DN479079205000123", "personal"),
    (.cardNumber, "DN479079205000124", "personal card_tail_differs"),
    (.cardNumber, "7912345678", "personal"), (.cardNumber, "079205000123", "personal"),
    (.cardNumber, "7912345679", "personal card_tail_differs"), (.cardNumber, "0000000000", "personal"),
    (.cardNumber, "QQ4797912345678", "personal group_unknown"),
    (.cardNumber, "DN0797912345678", "quarantined benefit_level"),
    (.cardNumber, "DN6797912345678", "quarantined benefit_level"),
    (.cardNumber, "DNX797912345678", "quarantined card_number_format"),
    (.cardNumber, "DN479791234567", "quarantined card_number_format"),
    (.cardNumber, "D14797912345678", "quarantined card_number_format"),
    (.cardNumber, "DN479791234567Z", "quarantined card_number_format"),
    (.cardNumber, "DN47979123456781234567890", "quarantined card_number_format"),

    (.validFrom, nil, "quarantined valid_from_missing"), (.validFrom, "x", "quarantined valid_from_format"),
    (.validFrom, "31/02/2026", "quarantined valid_from_format"), (.validTo, nil, "personal"),
    (.validTo, "-", "personal"),
    (.validTo, "31/04/2026", "quarantined valid_to_format"),
    (.validTo, "31/12/2025", "quarantined valid_reversed"),
    (.validTo, "01/01/2026", "personal"), (.validTo, "2026", "personal"),
    (.validTo, "2025", "quarantined valid_reversed"),

    (.fiveYearsFrom, nil, "personal"), (.fiveYearsFrom, "x", "personal five_years_format"),
    (.fiveYearsFrom, "01/01/2031", "personal"),
    (.facilityCode, nil, "personal"), (.facilityCode, "01 - C54", "personal"),
    (.facilityCode, "1028", "personal facility_format"),
    (.facilityCode, "0102-8", "personal facility_format"),
    (.facilityCode, "A1028", "personal facility_format"),
    (.areaCode, nil, "personal"), (.areaCode, "K3", "personal"), (.areaCode, "K4", "personal area_code"),
    (.areaCode, "k1", "personal area_code"),

    (.fullName, nil, "quarantined name_missing"), (.fullName, "BẮC 2", "quarantined name_format"),
    (.birthDate, nil, "quarantined birth_date_missing"),
    (.birthDate, "24/11/2026", "quarantined birth_date_future"),
    (.sex, "3", "quarantined sex_code=3"), (.sex, nil, "personal"),
  ]
  @Test("an insurance record ends where its fields send it", arguments: cases)
  func ends(field: Field, value: String?, expected: String) throws {
    #expect(try end(.insurance, goodInsured.with(field, value)) == expected)
  }

  @Test("without a personal ID number the 12 digits of the insurance number or the card serve, with a note")
  func idFromInsuranceNumber() throws {
    let noID = goodInsured.with(.personalID, nil)
    let note = "personal id_from_insurance_number"
    #expect(try end(.insurance, noID.with(.insuranceNumber, "079205000123")) == note)
    #expect(try end(.insurance, noID.with(.cardNumber, "DN479079205000123")) == note)
    #expect(try end(.insurance, noID.with(.insuranceNumber, nil).with(.cardNumber, "079205000123")) == note)
    #expect(try end(.insurance, noID.with(.insuranceNumber, "099205000123")) == "missing")
    // The note on the other digits of the card stays.
    let other = noID.with(.insuranceNumber, "079205000123").with(.cardNumber, "DN479079205000124")
    #expect(try end(.insurance, other) == "personal card_tail_differs,id_from_insurance_number")
  }

  @Test("without an insurance number the card's tail serves")
  func tail() throws {
    func number(_ card: String) throws -> String? {
      let record = goodInsured.with(.insuranceNumber, nil).with(.cardNumber, card)
      return try stage(.insurance, [record]).insured.first?.record.insuranceNumber.text
    }
    #expect(try number("DN4797912345678") == "7912345678")
    #expect(try number("DN479079205000123") == "079205000123")
    #expect(try number("79 12345678") == "7912345678")
    #expect(try number("DN4790000000000") == nil)
    let none = goodInsured.with(.insuranceNumber, "-").with(.cardNumber, nil)
    #expect(try end(.insurance, none) == "quarantined insurance_number_missing")
  }

  static let armed = ["QN5", "CA5", "CY5"]
  @Test("a missing number is explained by the card", arguments: armed)
  func armedForces(head: String) throws {
    let record = goodInsured.with(.personalID, "").with(.cardNumber, head + "977912345678")
    #expect(try end(.insurance, record) == "missing armed_forces")
    #expect(try end(.insurance, record.with(.personalID, "079205000123")) == "personal")
    #expect(try end(.insurance, record.with(.personalID, "000")) == "missing armed_forces,filler")
  }

  @Test("a newborn's card explains a missing number")
  func newborn() throws {
    let record = goodInsured.with(.personalID, nil).with(.cardNumber, "TE1797912345678")
    #expect(try end(.insurance, record) == "missing newborn")
    #expect(try end(.insurance, record.with(.cardNumber, "TE2797912345678")) == "missing")
  }

  @Test(
    "an unusable number is kept as the export has it",
    arguments: [("B1234567", "B1234567"), ("0", "0"), ("-", "")])
  func rawID(value: String, kept: String) throws {
    #expect(try stage(.insurance, [goodInsured.with(.personalID, value)]).insured.first?.rawID == kept)
  }

  @Test("a number too long to keep is cut")
  func longID() throws {
    let long = String(repeating: "12", count: 400)
    #expect(
      try stage(.insurance, [goodInsured.with(.personalID, long)]).insured.first?.rawID.utf8.count == 255)
  }

  @Test("a format fault comes before a missing number")
  func precedence() throws {
    let record = goodInsured.with(.personalID, nil).with(.validFrom, nil).with(.cardNumber, "x")
    #expect(try end(.insurance, record) == "quarantined card_number_format,valid_from_missing")
  }

  static let facilities = [
    ("01028", "01028"), ("01c54", "01C54"), ("01 - 028", "01028"), ("01 – C54", "01C54"), ("01-C54", "01C54"),
    ("1028", "1028"), ("0102-8", "0102-8"), ("bệnh viện", ""), ("01028999", ""), ("K71", "K71"),
  ]
  @Test("a facility code is read, or kept as written", arguments: facilities)
  func facility(value: String, code: String) throws {
    #expect(
      try stage(.insurance, [goodInsured.with(.facilityCode, value)]).insured.first?.record.facility.text
        == code)
  }

  @Test("the 9-digit number links by its own rule")
  func legacy() throws {
    let insured = try #require(
      try stage(.insurance, [goodInsured.with(.personalID, "024123456")]).insured.first)
    #expect(insured.record.rule == .legacyID)
    #expect(insured.key == .legacy(LegacyID(packed: 24_123_456)))
  }

  static let faults: [(RawFault, String)] = [
    (.fieldCount, "field_count"), (.encoding, "encoding"), (.unclosedQuote, "unclosed_quote"),
    (.tooLong, "value_too_long"), (.tooManyValues, "repeated_element"),
    (.damaged, "file_damaged"),
  ]
  @Test("a record that the reader could not make out is held with its numbers", arguments: faults)
  func fault(fault: RawFault, word: String) throws {
    let staged = try stage(.insurance, [goodInsured], fault: fault)
    let held = try #require(staged.held.first)
    #expect(held.record.reasonsText == word)
    #expect(held.record.personalID == "079205000123")
    #expect(held.record.insuranceNumber == "7912345678")
    #expect(held.record.cardNumber == "DN4797912345678")
    #expect(held.key == .personal(PersonalID(packed: 79_205_000_123)))
    #expect(staged.part.recordCount == 1 && staged.part.quarantinedCount == 1)
  }
}

@Suite("Names from old encodings")
struct ConvertedNameTests {
  @Test("a name with letters that were converted is noted, and only in an export that is converted")
  func noted() throws {
    let old = rules(.insurance) { $0.convertsNames = true }
    #expect(
      try end(.insurance, goodInsured.with(.fullName, "TRẦN VĂN AN"), rules: old) == "personal name_converted"
    )
    #expect(try end(.insurance, goodInsured.with(.fullName, "TRAN VAN AN"), rules: old) == "personal")
    #expect(try end(.insurance, goodInsured.with(.fullName, "TRẦN VĂN AN")) == "personal")
  }

  @Test(
    "letters that an old encoding left are held, never loaded",
    arguments: [
      "NguyÔn V¨n Hßa", "Nguyeãn Vaên Hoøa", "NguyÍn Væn Hòa", "NguyêÞn Vãn HoÌa", "TRÇN V¡N AN",
      "Traàn Thu An",
      "Lª ThÞ Hoa",
    ])
  func held(name: String) throws {
    #expect(try end(.insurance, goodInsured.with(.fullName, name)) == "quarantined name_mojibake")
    #expect(try end(.population, goodPerson.with(.fullName, name)) == "quarantined name_mojibake")
  }
}

@Suite struct CoverageTests {
  @Test("every word that one record alone can earn is given")
  func everyWord() throws {
    var words: Set<Substring> = ["list_length"]
    for (export, good, cases) in [
      (ExportKind.population, goodPerson, PopulationTests.cases),
      (.insurance, goodInsured, InsuranceTests.cases),
    ] {
      for (field, value, _) in cases {
        let end = try end(export, good.with(field, value))
        for word in end.split(separator: " ").dropFirst().joined(separator: ",").split(separator: ",") {
          words.insert(word.prefix { $0 != "=" })
        }
      }
    }
    for (_, word) in InsuranceTests.faults { words.insert(word[...]) }
    words.formUnion(["armed_forces", "newborn", "insurance_number_missing", "id_from_insurance_number"])
    let ofMatching: Set<Reason> = [
      .legacyUnknown, .legacyAmbiguous, .previousAmbiguous, .idPrefixUnknown, .testNumber, .name, .birthDate,
      .sex, .status,
      .dayMonthSwapped,
      .sameWords, .iYSpelling, .middleNameDropped, .lunarBirthday, .dead, .missing, .numberCancelled,
      .leftNationality,
      .statusUnknown, .insuranceNumber, .nameSpelling, .birthDatePrecision, .idSexDigit, .idBirthYearDigits,
      .severalInsuranceNumbers, .decisionRejected, .decisionNotApplied, .reopenedPopulationName,
      .reopenedPopulationBirthDate, .reopenedPopulationSex, .reopenedPopulationStatus,
      .reopenedInsuranceName, .reopenedInsuranceBirthDate, .reopenedInsuranceSex,
      .reopenedInsurancePersonalID, .keptInGrace,
      // Depends on the export's encoding, not on one record.
      .nameConverted,
      // Depends on the list of erased persons: EraseTests.
      .personErased,
      // Of deltas: ChangeTests, and the snapshot's tests.
      .operationCode, .orderFormat, .identityMissing, .orderConflict, .deleteUnknown, .updateQuarantined,
    ]
    #expect(words == Set(Reason.allCases.filter { !ofMatching.contains($0) }.map { $0.word[...] }))
  }
}

@Suite struct SplitTests {
  static let split = rules(.insurance) {
    $0.split = (UInt8(ascii: ";"), [.cardNumber, .facilityCode, .validFrom, .validTo])
  }
  static let two: [Field: String] =
    goodInsured.with(.cardNumber, "DN4797912345678; GD4797912345678").with(.facilityCode, "79024;79025")
    .with(.validFrom, "01/01/2026;01/07/2026").with(.validTo, "30/06/2026;31/12/2026")

  @Test("lists in step are one record for each position")
  func positions() throws {
    let staged = try stage(.insurance, [Self.two, goodInsured], rules: Self.split)
    #expect(staged.part.recordCount == 3)
    #expect(
      staged.insured.map(\.record.cardNumber.text) == [
        "DN4797912345678", "GD4797912345678", "DN4797912345678",
      ])
    #expect(staged.insured.map(\.record.facility.text) == ["79024", "79025", "79024"])
    #expect(staged.insured.map(\.record.validTo.text) == ["2026-06-30", "2026-12-31", "2026-12-31"])
    #expect(
      staged.insured.map(\.place) == [
        Place(file: 3, ordinal: 0, part: 0), Place(file: 3, ordinal: 0, part: 1), Place(file: 3, ordinal: 1),
      ])
  }

  @Test(
    "a list without any value is missing at each position", arguments: [nil, "", ";", " ; ", "-;-", ";;;"])
  func emptyList(list: String?) throws {
    let staged = try stage(.insurance, [Self.two.with(.validTo, list)], rules: Self.split)
    #expect(staged.insured.map(\.record.validTo.text) == ["", ""])
  }

  @Test("one end may be open")
  func oneOpenEnd() throws {
    let staged = try stage(.insurance, [Self.two.with(.validTo, "30/06/2026;")], rules: Self.split)
    #expect(staged.insured.map(\.record.validTo.text) == ["2026-06-30", ""])
  }

  @Test("a position without a value in any list is left out")
  func trailing() throws {
    var record = Self.two
    for field in [Field.cardNumber, .facilityCode, .validFrom, .validTo] { record[field, default: ""] += ";" }
    #expect(try stage(.insurance, [record], rules: Self.split).part.recordCount == 2)
  }

  @Test("lists out of step hold the record", arguments: ["79024", "79024;79025;79026"])
  func unequal(facilities: String) throws {
    let staged = try stage(.insurance, [Self.two.with(.facilityCode, facilities)], rules: Self.split)
    #expect(staged.held.map(\.record.reasonsText) == ["list_length"])
    #expect(staged.part.recordCount == 1)
  }

  @Test("one bad card of two is held alone")
  func oneBad() throws {
    let staged = try stage(.insurance, [Self.two.with(.validFrom, "01/01/2026;x")], rules: Self.split)
    #expect(staged.insured.count == 1)
    #expect(staged.held.map(\.record.reasonsText) == ["valid_from_format"])
    #expect(staged.held.first?.place == Place(file: 3, ordinal: 0, part: 1))
  }

  @Test("more positions than a place can count hold the record")
  func tooMany() throws {
    let record = Self.two.with(
      .cardNumber, Array(repeating: "DN4797912345678", count: 257).joined(separator: ";")
    )
    .with(.facilityCode, nil).with(.validTo, nil).with(
      .validFrom, Array(repeating: "01/01/2026", count: 257).joined(separator: ";"))
    #expect(
      try stage(.insurance, [record], rules: Self.split).held.map(\.record.reasonsText) == ["list_length"])
  }
}
