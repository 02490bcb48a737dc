// Invisible characters in values don't change the outcome of records.

import Extract
import Rules
import Support
import Testing
import Values

@Suite("Values with invisible characters")
struct InvisibleValueTests {
  static let signs = [
    "\u{200B}", "\u{200E}", "\u{202A}", "\u{2060}", "\u{FEFF}", "\u{FE0F}", "\u{34F}", "\u{61C}", "\u{AD}",
    "\u{E0001}", "\u{3164}", "\u{180E}",
  ]

  /// A value with invisible characters in random places, and other kinds of spaces.
  static func hidden(_ value: String, _ random: inout SeededGenerator) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      if random.next() % 4 == 0 { text += signs[Int(random.next() % UInt64(signs.count))] }
      text +=
        scalar == " " ? ["\u{A0}", "\u{3000}", " ", "\u{202F}"][Int(random.next() % 4)] : String(scalar)
    }
    return text + signs[Int(random.next() % UInt64(signs.count))]
  }

  static func batch(_ record: [Field: String], _ fields: [Field]) -> RawBatch {
    var batch = RawBatch(slotCount: fields.count)
    var raw = RawRecord(line: 2, ordinal: 0)
    raw.uncheckedSlots = .max
    batch.append(raw)
    for (slot, field) in fields.enumerated() {
      if let value = record[field] { batch.set(slot, Array(value.utf8).span) }
    }
    return batch
  }

  @Test("a good record is staged with the same values", arguments: UInt64(0)..<200)
  func good(seed: UInt64) throws {
    var random = SeededGenerator(seed)
    let insured = goodInsured.with(.areaCode, "K2").with(.facilityCode, "79 - 024").with(.validTo, "2026")
    let hidden = insured.mapValues { Self.hidden($0, &random) }
    let plain = try stage(Self.batch(insured, insuranceFields), rules: rules(.insurance))
    let shown = try stage(Self.batch(hidden, insuranceFields), rules: rules(.insurance))
    #expect(plain.insured.count == 1)
    #expect(shown.insured == plain.insured)

    let person = goodPerson.with(.sex, "Nữ").with(.legacyID, "024123456")
    let hiddenPerson = person.mapValues { Self.hidden($0, &random) }
    let plainPerson = try stage(Self.batch(person, populationFields), rules: rules(.population))
    let shownPerson = try stage(Self.batch(hiddenPerson, populationFields), rules: rules(.population))
    #expect(plainPerson.persons.count == 1)
    #expect(shownPerson.persons == plainPerson.persons)
    #expect(shownPerson.legacy.map(\.number) == ["024123456"])
  }

  @Test("what is kept of a wrong value can be seen, and nothing else is kept")
  func kept() throws {
    let wrong = goodInsured.with(.personalID, "7920500\u{200E}123").with(.facilityCode, "79\u{2060}2\u{200E}")
    let staged = try stage(Self.batch(wrong, insuranceFields), rules: rules(.insurance))
    #expect(staged.insured.map(\.rawID) == ["7920500123"])
    #expect(staged.insured.map(\.record.facility.text) == ["792"])
    let held = goodInsured.with(.cardNumber, "DN\u{200E}1").with(
      .insuranceNumber, "\u{202D}7912345678\u{202C}")
    let quarantine = try stage(Self.batch(held, insuranceFields), rules: rules(.insurance)).held
    #expect(quarantine.map(\.record.cardNumber) == ["DN1"])
    #expect(quarantine.map(\.record.insuranceNumber) == ["7912345678"])
  }

  @Test("a value of nothing else is none", arguments: ["\u{200E}", "\u{2060}-\u{200E}", "\u{3000}\u{FEFF}"])
  func none(value: String) throws {
    let record = goodInsured.with(.validTo, value).with(.facilityCode, value)
    let staged = try stage(Self.batch(record, insuranceFields), rules: rules(.insurance))
    #expect(staged.insured.map(\.record.validTo.isNone) == [true])
    #expect(staged.part.blankCounts[.facilityCode] == 1)
  }

  @Test("a soft hyphen that UTF-8 read as Windows-1252 leaves is still found")
  func mojibake() throws {
    let record = goodInsured.with(.fullName, "TRẦN THá»\u{AD} MÃ\u{AD}")
    let held = try stage(Self.batch(record, insuranceFields), rules: rules(.insurance)).held
    #expect(held.map(\.record.reasonsText) == ["name_mojibake"])
  }
}
