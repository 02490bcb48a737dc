import Support
import Testing
import Values

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct ValueTests {
  static let refused: [(String, FieldFault)] = [
    ("", .length(expected: 12, found: 0)), ("00109x001234", .notADigit(at: 5)),
    ("0792050001234", .length(expected: 12, found: 13)),
  ]
  @Test("a personal ID number is refused unless it is twelve digits", arguments: refused)
  func refusal(text: String, fault: FieldFault) {
    #expect(throws: fault) { try PersonalID(bytes(text).span) }
  }

  @Test("a personal ID number keeps its zeros and says sex and birth year")
  func personalID() throws {
    let id = try PersonalID(bytes("001305000123").span)
    #expect(id.text == "001305000123")
    #expect(id.prefix == 1)
    #expect(id.impliedSex == .female)
    #expect(id.impliedBirthYear == 2005)
    #expect(!id.isFiller)
    #expect(try PersonalID(bytes("000000000000").span).isFiller)
    #expect(try PersonalID(bytes("777777777777").span).isFiller)
    #expect(LinkKey.personal(id).personalID == id)
    #expect(LinkKey.personal(id).legacyID == nil)
  }

  @Test("prefixes are known for 63 provinces and 195 countries")
  func prefixes() {
    #expect(IDPrefix.provinces.count == 63)
    #expect((0...999).count { IDPrefix.isKnown($0) } == 63 + 195)
    #expect(IDPrefix.provinces.allSatisfy { IDPrefix.isKnown($0.code) })
    #expect(IDPrefix.provinces.map(\.code) == IDPrefix.provinces.map(\.code).sorted())
    #expect((101...295).allSatisfy { IDPrefix.isKnown($0) })
    #expect(IDPrefix.province(1) == "Hà Nội")
    #expect(IDPrefix.province(24) == "Bắc Giang")
    #expect(IDPrefix.province(3) == nil)
    #expect(!IDPrefix.isKnown(-1) && !IDPrefix.isKnown(0) && !IDPrefix.isKnown(3) && !IDPrefix.isKnown(100))
    #expect(PersonalID(packed: 100_012_345_678).isTestNumber)
    #expect(!PersonalID(packed: 100_012_345_678).hasKnownPrefix)
    #expect(!PersonalID(packed: 10_001_234_567).isTestNumber)
  }

  @Test("keys ascend from no number to a personal ID number")
  func keys() {
    let keys: [LinkKey] = [
      .missing, .invalid, .firstLegacy, .legacy(LegacyID(packed: 999_999_999)), .firstPersonal,
      .personal(PersonalID(packed: 999_999_999_999)), .end,
    ]
    #expect(keys == keys.sorted())
    #expect(Set(keys).count == keys.count)
  }

  @Test("insurance numbers are ordered as their text", arguments: UInt64(0)..<300)
  func insuranceOrder(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    func number() throws -> InsuranceNumber {
      let head = padded(UInt64.random(in: 0..<3, using: &random), to: 9)
      let digits =
        head + (Bool.random(using: &random) ? "1" : "0")
        + (Bool.random(using: &random) ? "" : "0\(UInt8.random(in: 0...1, using: &random))")
      return try InsuranceNumber(bytes(digits).span)
    }
    let (a, b) = (try number(), try number())
    #expect((a < b) == (a.text < b.text))
    #expect((a == b) == (a.text == b.text))
  }

  @Test("the order of insurance numbers is strict where one begins the other", arguments: UInt64(0)..<8)
  func insuranceExtremes(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let texts = [
      "0000000000", "000000000000", "000000000099", "0000000001", "0100000000", "010000000000",
      "010000000099", "0100000001", "9999999999", "999999999900", "999999999999",
    ]
    let numbers = try texts.map { try InsuranceNumber(bytes($0).span) }
    #expect(numbers.shuffled(using: &random).sorted().map(\.text) == texts.sorted())
  }

  @Test("10 digits are never 12")
  func insuranceKinds() throws {
    #expect(try InsuranceNumber(bytes("0123456789").span) != InsuranceNumber(bytes("000123456789").span))
    #expect(try InsuranceNumber(bytes("0000000000").span).isNone == false)
    #expect(try InsuranceNumber(bytes("0000000000").span).isFiller)
    #expect(throws: FieldFault.length(expected: 10, found: 11)) {
      try InsuranceNumber(bytes("01234567890").span)
    }
  }

  static let cards: [(String, CardNumber.Fault?)] = [
    ("DN4797912345678", nil), ("DN479079205000123", nil), ("DN47979123456789", .length), ("", .length),
    ("dN4797912345678", .letters), ("D14797912345678", .letters), ("DN0797912345678", .level),
    ("DN6797912345678", .level), ("DNA797912345678", .digits), ("DN4A97912345678", .digits),
    ("DN479791234567A", .digits),
  ]
  @Test("a card number is 15 or 17 characters of its form", arguments: cards)
  func card(text: String, fault: CardNumber.Fault?) throws {
    guard let fault else {
      let card = try CardNumber(bytes(text).span)
      #expect(card.text == text)
      #expect(card.level == 4)
      #expect(card.group == 0x444E)
      return
    }
    #expect(throws: fault) { try CardNumber(bytes(text).span) }
  }

  @Test("card numbers are ordered as their text")
  func cardOrder() throws {
    let texts = [
      "CA5010000000001", "DN4010000000000", "DN401000000000000", "DN4010000000001", "DN5010000000000",
    ]
    #expect(try texts.reversed().map { try CardNumber(bytes($0).span) }.sorted().map(\.text) == texts)
  }

  @Test("a short code keeps what is written", arguments: ["1", "01C54", "1234567", "K-1"])
  func shortCode(text: String) { #expect(ShortCode(bytes(text).span)?.text == text) }

  @Test("a short code is refused when nothing can hold it", arguments: ["", "12345678", "a b", "Ắ"])
  func shortCodeRefused(text: String) { #expect(ShortCode(bytes(text).span) == nil) }

  @Test(
    "a date exists or is none",
    arguments: [
      (2024, 2, 29, true), (2023, 2, 29, false), (1900, 2, 29, false), (2000, 2, 29, true),
      (2020, 4, 31, false), (2020, 13, 1, false), (2020, 0, 1, false), (0, 1, 1, false), (9999, 12, 31, true),
      (2020, 0, 0, true), (2020, 5, 0, true),
    ])
  func dates(year: Int, month: Int, day: Int, exists: Bool) {
    #expect((CalendarDate(year: year, month: month, day: day) != nil) == exists)
  }

  @Test("ISO 8601 is written and read back", arguments: ["2026-01-01", "1950", "1950-07"])
  func iso(text: String) throws {
    let date = try #require(CalendarDate(iso: text))
    #expect(date.text == text)
    #expect(CalendarDate(packed: date.packed) == date)
  }

  @Test(
    "text of another form is no date",
    arguments: [
      "", "1950-7", "1950-00", "1950-07-00", "50", "2023-02-29", "+950", "1950-01-01-01", "19500101",
    ])
  func notISO(text: String) { #expect(CalendarDate(iso: text) == nil) }

  @Test("dates agree at the coarser precision")
  func agreement() {
    let (year, month, day) = (
      CalendarDate(packed: 1950_00_00), CalendarDate(packed: 1950_07_00), CalendarDate(packed: 1950_07_14)
    )
    #expect(year.agrees(with: day) && month.agrees(with: day) && day.agrees(with: month))
    #expect(!month.agrees(with: CalendarDate(packed: 1950_08_14)))
    #expect(!CalendarDate.none.agrees(with: .none))
    #expect((year.firstDay, year.lastDay) == (1950_01_01, 1950_12_31))
    #expect((month.firstDay, month.lastDay) == (1950_07_01, 1950_07_31))
    #expect((day.firstDay, day.lastDay) == (1950_07_14, 1950_07_14))
    #expect(CalendarDate(packed: 2000_03_01).dayNumber - CalendarDate(packed: 2000_02_28).dayNumber == 2)
  }
}

@Suite struct WordTests {
  @Test("every reason has one word, and a set of them is sorted text")
  func reasons() {
    let words = Reason.allCases.map(\.word)
    #expect(Set(words).count == words.count)
    for reason in Reason.allCases {
      #expect(Reason(word: reason.word) == reason)
      #expect(Reasons(reason).text == reason.word)
      #expect(Reasons(reason).contains(reason))
    }
    var all = Reasons()
    for reason in Reason.allCases.reversed() { all.insert(reason) }
    #expect(all.words == words.sorted())
    #expect(all.text == words.sorted().joined(separator: ","))
    #expect(Reasons().text.isEmpty && Reasons().isEmpty)
    #expect(Reasons(low: all.low, high: all.high) == all)
  }

  @Test("words are lower-case and hold no comma", arguments: Reason.allCases)
  func wordForm(reason: Reason) {
    #expect(reason.word.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") })
  }

  /// Users select by these words, and stores and work lists hold them.
  @Test("the words are those of the contract")
  func contractWords() {
    let reasons = """
      field_count encoding unclosed_quote value_too_long repeated_element list_length name_missing
      name_format name_mojibake birth_date_missing birth_date_format birth_date_impossible
      birth_date_future birth_date_too_early sex_code status_code personal_id_missing personal_id_format
      insurance_number_format insurance_number_missing card_number_format benefit_level valid_from_missing
      valid_from_format valid_to_format valid_reversed filler armed_forces newborn leading_zero_lost
      insurance_number_in_id passport spreadsheet_exponent wrong_length not_digits legacy_unknown
      legacy_ambiguous id_prefix_unknown test_number name birth_date sex status day_month_swapped
      same_words i_y_spelling middle_name_dropped lunar_birthday dead missing number_cancelled
      left_nationality status_unknown insurance_number name_spelling birth_date_precision id_sex_digit
      id_birth_year_digits insurance_number_not_id card_tail_differs group_unknown facility_format
      area_code five_years_format several_insurance_numbers decision_rejected decision_not_applied
      reopened_population_name reopened_population_birth_date reopened_population_sex
      reopened_population_status reopened_insurance_name reopened_insurance_birth_date
      reopened_insurance_sex reopened_insurance_personal_id file_damaged name_converted kept_in_grace
      id_from_insurance_number person_erased operation_code order_format identity_missing order_conflict
      delete_unknown update_quarantined previous_ambiguous
      """.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(Reason.names == reasons)
    #expect(Sex.names == ["unknown", "male", "female"])
    #expect(
      PersonStatus.names == ["active", "dead", "missing", "number_cancelled", "left_nationality", "unknown"])
    #expect(LinkRule.names == ["personal_id", "legacy_id", "decision", "previous_id"])
    #expect(ExportKind.names == ["population", "insurance"])
    #expect(
      Outcome.names == [
        "quarantined", "id_missing", "id_invalid", "person_unknown", "person_duplicated", "person_inactive",
        "disputed", "number_shared", "linked", "registered", "repeated", "not_a_record",
      ])
  }

  @Test("sex, status and outcome are read by their names")
  func names() {
    #expect(Sex.allCases.allSatisfy { Sex(name: $0.name) == $0 })
    #expect(PersonStatus.allCases.allSatisfy { PersonStatus(name: $0.name) == $0 })
    #expect(Outcome.allCases.allSatisfy { Outcome(name: $0.name) == $0 })
    #expect(Sex(name: "Nam") == nil)
  }
}
