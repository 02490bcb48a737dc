// The written form of a person who is kept in grace: the row of the store before, with the mark of today's record.
// Invariant: the row is unchanged except for its note, its last day and its source.
//
//   mark u8, source u16, until u32, birth date u32, sex u8, rule u8, line u32, insurance number u64, card number u64 u64,
//   facility u64, area u64, valid from u32, valid to u32, five years from u32, notes u64 u64, then the clean name

import Rules
import Values

enum KeptRecord {
  private static let fixedBytes = 85

  /// - Parameter mark: the mark of today's records that name the person, if any.
  static func append(
    _ mark: GraceMark?, _ person: PersonRow, name: Span<UInt8>, _ card: CardRow, source: UInt16,
    until: CalendarDate, to bytes: inout [UInt8]
  ) {
    bytes.append(mark?.rawValue ?? .max)
    bytes.append(integer: source)
    bytes.append(integer: until.packed)
    bytes.append(integer: person.birthDate.packed)
    bytes.append(person.sex.rawValue)
    bytes.append(card.rule.rawValue)
    bytes.append(integer: card.line)
    bytes.append(integer: card.insuranceNumber.packed)
    bytes.append(integer: card.cardNumber.head)
    bytes.append(integer: card.cardNumber.tail.packed)
    bytes.append(integer: card.facility.packed)
    bytes.append(integer: card.area.packed)
    bytes.append(integer: card.validFrom.packed)
    bytes.append(integer: card.validTo.packed)
    bytes.append(integer: card.fiveYearsFrom.packed)
    var notes = card.notes
    notes.insert(.keptInGrace)
    bytes.append(integer: notes.low)
    bytes.append(integer: notes.high)
    unsafe name.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  static func mark(of payload: RawSpan) -> GraceMark? {
    let raw: UInt8 = payload.integer(at: 0)
    return raw == .max ? nil : GraceMark(rawValue: raw)
  }

  static func set(_ mark: GraceMark, in bytes: inout [UInt8]) { bytes[0] = mark.rawValue }

  /// The place among the ``KeptSource``s that the card comes from.
  static func source(of payload: RawSpan) -> Int { Int(payload.integer(at: 1) as UInt16) }

  /// Appends the person and the card to a batch.
  static func read(_ payload: RawSpan, _ id: PersonalID, into batch: inout PersonBatch) {
    var card = CardRow()
    card.personalID = id
    card.isServing = true
    card.fileIndex = UInt16(source(of: payload))
    card.graceUntil = CalendarDate(packed: payload.integer(at: 3))
    card.rule = LinkRule(rawValue: payload.integer(at: 12)) ?? .personalID
    card.line = payload.integer(at: 13)
    card.insuranceNumber = InsuranceNumber(packed: payload.integer(at: 17))
    card.cardNumber = CardNumber(
      head: payload.integer(at: 25), tail: InsuranceNumber(packed: payload.integer(at: 33)))
    card.facility = ShortCode(packed: payload.integer(at: 41))
    card.area = ShortCode(packed: payload.integer(at: 49))
    card.validFrom = CalendarDate(packed: payload.integer(at: 57))
    card.validTo = CalendarDate(packed: payload.integer(at: 61))
    card.fiveYearsFrom = CalendarDate(packed: payload.integer(at: 65))
    card.notes = Reasons(low: payload.integer(at: 69), high: payload.integer(at: 77))
    let (nameStart, cardStart) = (batch.bytes.count, batch.cards.count)
    unsafe payload.extracting(fixedBytes...).withUnsafeBytes { unsafe batch.bytes.append(contentsOf: $0) }
    batch.cards.append(card)
    batch.persons.append(
      PersonRow(
        personalID: id, birthDate: CalendarDate(packed: payload.integer(at: 7)),
        sex: Sex(rawValue: payload.integer(at: 11)) ?? .unknown, nameRange: nameStart..<batch.bytes.count,
        cards: cardStart..<cardStart + 1))
  }
}
