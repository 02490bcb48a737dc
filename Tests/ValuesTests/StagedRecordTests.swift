import Support
import Testing
import Values

@Suite struct StagedRecordTests {
  /// No date, a year, a month or a day.
  static func date(_ random: inout SeededGenerator) -> CalendarDate {
    CalendarDate(
      year: .random(in: 0...9999, using: &random), month: .random(in: 0...12, using: &random),
      day: .random(in: 0...31, using: &random)) ?? .none
  }

  @Test("a population record is read back as it was written", arguments: UInt64(0)..<100)
  func population(seed: UInt64) {
    var random = SeededGenerator(seed)
    var record = PopulationRecord()
    record.line = .random(in: 0...UInt32.max, using: &random)
    record.legacy = LegacyID(packed: .random(in: 0...999_999_999, using: &random))
    record.birthDate = Self.date(&random)
    record.sex = Sex.allCases.randomElement(using: &random) ?? .unknown
    record.status = PersonStatus.allCases.randomElement(using: &random) ?? .unknown
    if Bool.random(using: &random) {
      record.residence = Residence(rawValue: .random(in: 1...36, using: &random))
    }
    if Bool.random(using: &random) {
      record.previous = PersonalID(packed: .random(in: 0...999_999_999_999, using: &random))
    }
    let name = (0..<Int.random(in: 0...300, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    var bytes: [UInt8] = []
    record.append(to: &bytes, name: name.span)
    #expect(PopulationRecord(bytes.span.bytes) == record)
    #expect(Array(bytes[PopulationRecord.nameRange(in: bytes.span.bytes)]) == name)
  }

  @Test("an insurance record is read back as it was written", arguments: UInt64(0)..<100)
  func insurance(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    var record = InsuranceRecord()
    record.line = .random(in: 0...UInt32.max, using: &random)
    record.insuranceNumber = try InsuranceNumber(Array("7912345678".utf8).span)
    if Bool.random(using: &random) {
      record.cardNumber = try CardNumber(Array("DN479079205000123".utf8).span)
    }
    if Bool.random(using: &random) {
      record.insuranceNumber = record.cardNumber.isNone ? record.insuranceNumber : record.cardNumber.tail
    } else if record.cardNumber.isNone {
      record.cardDigits = try InsuranceNumber(Array("079205000123".utf8).span)
    }
    let facility = ["", "01C54", "1234", "0123456"].randomElement(using: &random) ?? ""
    record.facility = ShortCode(Array(facility.utf8).span) ?? .none
    let area = ["", "K1", "K2", "K3", "K4", "KV1"].randomElement(using: &random) ?? ""
    record.area = ShortCode(Array(area.utf8).span) ?? .none
    record.birthDate = Self.date(&random)
    record.validFrom = Self.date(&random)
    record.validTo = Self.date(&random)
    record.fiveYearsFrom = Self.date(&random)
    record.sex = Sex.allCases.randomElement(using: &random) ?? .unknown
    record.rule = LinkRule.allCases.randomElement(using: &random) ?? .personalID
    if Bool.random(using: &random) { record.words = Reasons(low: random.next(), high: random.next()) }
    let name = (0..<Int.random(in: 0...300, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    let rawID = (0..<Int.random(in: 0...255, using: &random)).map { _ in
      UInt8.random(in: 0...255, using: &random)
    }
    record.rawIDByteCount = UInt8(rawID.count)
    var bytes: [UInt8] = []
    record.append(to: &bytes, name: name.span, rawID: rawID.span)
    #expect(InsuranceRecord(bytes.span.bytes) == record)
    #expect(Array(bytes[record.nameRange(in: bytes.span.bytes)]) == name)
    #expect(Array(bytes[record.rawIDRange(in: bytes.span.bytes)]) == rawID)
  }

  @Test("a quarantined record is read back, its code beside its word")
  func quarantined() {
    let record = QuarantinedRecord(
      export: .population, line: 1042, reasons: Reasons(.statusCode, .nameMissing), personalID: "không có",
      insuranceNumber: "1", cardNumber: "", detail: "status_code=7")
    var bytes: [UInt8] = []
    record.append(to: &bytes, original: record.original.span)
    #expect(QuarantinedRecord(bytes.span.bytes) == record)
    #expect(record.reasonsText == "name_missing,status_code=7")
  }

  @Test("a place orders by file, then record, then card")
  func place() {
    let places = [
      Place(file: 0, ordinal: 0), Place(file: 0, ordinal: 0, part: 255), Place(file: 0, ordinal: 1),
      Place(file: 0, ordinal: 1 << 39), Place(file: 1, ordinal: 0), Place(file: 65_535, ordinal: 0),
    ]
    #expect(places == places.sorted())
    #expect(places.map(\.file) == [0, 0, 0, 0, 1, 65_535])
  }

  @Test("a batch tells an absent value from an empty one")
  func batch() {
    var batch = RawBatch(slotCount: 2)
    batch.append(RawRecord(line: 2, ordinal: 0))
    batch.set(1, [UInt8]().span)
    batch.append(RawRecord(line: 3, ordinal: 1))
    batch.set(0, Array("An".utf8).span)
    batch.mark(.fieldCount, detail: 9)
    #expect(batch.range(0, 0) == nil)
    #expect(batch.range(0, 1)?.isEmpty == true)
    #expect(batch.range(1, 0).map { Array(batch.bytes[$0]) } == Array("An".utf8))
    #expect(batch.record(1).fault == .fieldCount)
    #expect(batch.record(1).faultDetail == 9)
    batch.removeAll()
    #expect(batch.count == 0)
  }
}
