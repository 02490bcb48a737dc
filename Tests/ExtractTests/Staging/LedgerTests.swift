import Extract
import Support
import Testing
import Values

@Suite struct LedgerTests {
  static let values: [String] = [
    "", "-", "NULL", " ", "0", "1", "2", "9", "Nam", "Nữ", "x", ";", "a;b", "1950", "02/03/2005",
    "31/02/2000",
    "01/01/2026;01/07/2026", "01/01/2026", "30/06/2026;31/12/2026", "079205000123", "024123456", "7912345678",
    "79205000123", "B1234567", "1E+11", "DN4797912345678", "DN4797912345678;GD4797912345678", "79024",
    "79024;79025",
    "TRẦN VĂN BẮC", "Nguyá»…n", "K1", "K9", "\u{A0}", "999999999999",
  ]

  @Test("every record is staged or held, and the counts say so", arguments: UInt64(0)..<60)
  func balance(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let export: ExportKind = seed % 2 == 0 ? .population : .insurance
    let fields = export == .population ? populationFields : insuranceFields
    let good = export == .population ? goodPerson : goodInsured
    var batch = RawBatch(slotCount: fields.count)
    let count = Int.random(in: 0...400, using: &random)
    for i in 0..<count {
      let isDamaged = Int.random(in: 0..<20, using: &random) == 0
      batch.append(RawRecord(line: UInt32(i + 2), ordinal: UInt32(i), fault: isDamaged ? .fieldCount : .none))
      for (slot, field) in fields.enumerated() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: break
        case 1: batch.set(slot, Array((Self.values.randomElement(using: &random) ?? "").utf8).span)
        case 2 where seed % 3 == 0:
          let noise = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
          }
          batch.set(slot, noise.span)
        default: batch.set(slot, Array((good[field] ?? "").utf8).span)
        }
      }
    }
    let made = rules(export) {
      if seed % 4 == 1 { $0.split = (UInt8(ascii: ";"), [.cardNumber, .facilityCode, .validFrom, .validTo]) }
      if seed % 4 == 2 { $0.fields[.fullName] = .joined([.slot(2), .slot(1)]) }
    }
    let staged = try stage(batch, rules: made)
    #expect(staged.part.quarantinedCount == staged.held.count)
    #expect(staged.part.recordCount == staged.persons.count + staged.insured.count + staged.held.count)
    #expect(seed % 4 == 1 || staged.part.recordCount == count)
    let places = staged.persons.map(\.place) + staged.insured.map(\.place) + staged.held.map(\.place)
    #expect(Set(places).count == places.count)
    #expect(staged.legacy.count == staged.persons.count { $0.record.legacy.packed != 0 })
    #expect(staged.held.allSatisfy { !$0.record.reasons.isEmpty })
    #expect(staged.insured.allSatisfy { !$0.record.insuranceNumber.isNone })
  }

  @Test("reasons and missing values are counted")
  func counts() throws {
    let staged = try stage(
      .insurance,
      [
        goodInsured.with(.fullName, nil).with(.sex, "9"), goodInsured.with(.areaCode, "K9"),
        goodInsured.with(.sex, nil),
      ])
    #expect(staged.part.reasonCounts == [.nameMissing: 1, .sexCode: 1, .areaCode: 1])
    #expect(staged.part.blankCounts == [.fullName: 1, .sex: 1])
  }
}
