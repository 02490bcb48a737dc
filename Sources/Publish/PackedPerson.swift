// The byte form of a person with the serving card, while the packages are sorted.
// Load: 90 million persons, 57 bytes and the name each.

import Package
import Values

enum PackedPerson {
  static let fixedBytes = 57

  /// A bit beside the sex: the last day of grace follows the fixed part.
  static let hasGrace: UInt64 = 1 << 7

  /// Appends everything but the personal ID number, which is the place of the sorted record.
  static func append(_ person: PersonRow, name: Span<UInt8>, _ card: CardRow, to bytes: inout [UInt8]) {
    bytes.append(room: fixedBytes + 12 + name.count) { writer in
      writer.append(UInt64(person.birthDate.packed), byteCount: 4)
      let isKept = !card.graceUntil.isNone
      writer.append(UInt64(person.sex.rawValue) | (isKept ? hasGrace : 0), byteCount: 1)
      writer.append(card.insuranceNumber.packed, byteCount: 8)
      writer.append(card.cardNumber.head, byteCount: 8)
      writer.append(card.cardNumber.tail.packed, byteCount: 8)
      writer.append(card.facility.packed, byteCount: 8)
      writer.append(card.area.packed, byteCount: 8)
      writer.append(UInt64(card.validFrom.packed), byteCount: 4)
      writer.append(UInt64(card.validTo.packed), byteCount: 4)
      writer.append(UInt64(card.fiveYearsFrom.packed), byteCount: 4)
      if isKept { writer.append(UInt64(card.graceUntil.packed), byteCount: 4) }
      writer.append(name.bytes)
    }
  }
}

extension PersonTexts {
  /// Reads what ``PackedPerson`` wrote.
  mutating func read(_ id: PersonalID, _ packed: RawSpan) {
    var offset = 0
    func date() -> CalendarDate {
      CalendarDate(packed: UInt32(truncatingIfNeeded: packed.integer(at: &offset, byteCount: 4)))
    }
    let birthDate = date()
    let flags = packed.integer(at: &offset, byteCount: 1)
    let isKept = flags & PackedPerson.hasGrace != 0
    let sex = Sex(rawValue: UInt8(truncatingIfNeeded: flags & ~PackedPerson.hasGrace)) ?? .unknown
    var card = CardRow()
    card.personalID = id
    card.insuranceNumber = InsuranceNumber(packed: packed.integer(at: &offset, byteCount: 8))
    let head = packed.integer(at: &offset, byteCount: 8)
    let tail = InsuranceNumber(packed: packed.integer(at: &offset, byteCount: 8))
    card.cardNumber = CardNumber(head: head, tail: tail)
    card.facility = ShortCode(packed: packed.integer(at: &offset, byteCount: 8))
    card.area = ShortCode(packed: packed.integer(at: &offset, byteCount: 8))
    card.validFrom = date()
    card.validTo = date()
    card.fiveYearsFrom = date()
    card.graceUntil = isKept ? date() : .none
    set(id, name: packed.extracting(offset...), birthDate: birthDate, sex: sex, card)
  }
}
