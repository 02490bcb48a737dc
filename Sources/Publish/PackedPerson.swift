// The byte form of a person with the cards that a package holds, while the packages are sorted.
// Load: 90 million persons, 57 bytes and the name each; 52 more for each card beside the serving one.

import Package
import Rules
import Values

enum PackedPerson {
  static let fixedBytes = 57

  /// A bit beside the sex: the last day of grace follows the fixed part.
  static let hasGrace: UInt64 = 1 << 7
  /// A bit beside the sex: the number of the other cards and the cards come before the name.
  static let hasOthers: UInt64 = 1 << 6
  /// A bit beside the sex: the person's insurance number of 10 digits follows the last day of grace.
  static let hasTenDigits: UInt64 = 1 << 5
  static let mostOthers = 63
  static let cardBytes = 52

  /// Appends everything but the personal ID number, which is the place of the sorted record.
  ///
  /// - Parameter tenDigits: the person's insurance number of 10 digits, for card numbers of 15 characters.
  static func append(
    _ person: PersonRow, name: Span<UInt8>, _ card: CardRow, others: ArraySlice<CardRow>,
    tenDigits: InsuranceNumber, to bytes: inout [UInt8]
  ) {
    bytes.append(room: fixedBytes + 20 + others.count * cardBytes + name.count) { writer in
      writer.append(UInt64(person.birthDate.packed), byteCount: 4)
      let isKept = !card.graceUntil.isNone
      writer.append(
        UInt64(person.sex.rawValue) | (isKept ? hasGrace : 0) | (others.isEmpty ? 0 : hasOthers)
          | (tenDigits.isNone ? 0 : hasTenDigits), byteCount: 1)
      writer.append(card)
      if isKept { writer.append(UInt64(card.graceUntil.packed), byteCount: 4) }
      if !tenDigits.isNone { writer.append(tenDigits.packed, byteCount: 8) }
      if !others.isEmpty {
        writer.append(UInt64(others.count), byteCount: 1)
        for other in others { writer.append(other) }
      }
      writer.append(name.bytes)
    }
  }
}

extension PackedPerson {
  /// Whether a person is as before, except that cards were renumbered.
  ///
  /// The insurance number of 10 digits is not compared: it is known from earlier runs once a card has 17 characters.
  static func isRenumbered(_ id: PersonalID, _ old: RawSpan, _ new: RawSpan) -> Bool {
    var (oldAt, newAt) = (0, 0)
    guard old.integer(at: &oldAt, byteCount: 4) == new.integer(at: &newAt, byteCount: 4) else { return false }
    let (was, now) = (old.integer(at: &oldAt, byteCount: 1), new.integer(at: &newAt, byteCount: 1))
    let parts = hasGrace | hasOthers | hasTenDigits
    guard was & ~parts == now & ~parts else { return false }
    func isSameCard() -> Bool {
      let (before, after) = (CardRow(id, old, &oldAt), CardRow(id, new, &newAt))
      return after == before || after.renumbers(before)
    }
    func part(_ part: UInt64, byteCount: Int) -> (UInt64, UInt64) {
      (
        was & part == 0 ? 0 : old.integer(at: &oldAt, byteCount: byteCount),
        now & part == 0 ? 0 : new.integer(at: &newAt, byteCount: byteCount)
      )
    }
    guard isSameCard() else { return false }
    let grace = part(hasGrace, byteCount: 4)
    _ = part(hasTenDigits, byteCount: 8)
    let others = part(hasOthers, byteCount: 1)
    guard grace.0 == grace.1, others.0 == others.1 else { return false }
    for _ in 0..<others.0 { guard isSameCard() else { return false } }
    return old.extracting(oldAt...).isEqual(new.extracting(newAt...))
  }
}

extension CardRow {
  /// Reads a card at an offset, and moves the offset past it.
  fileprivate init(_ id: PersonalID, _ packed: RawSpan, _ offset: inout Int) {
    self.init()
    personalID = id
    insuranceNumber = InsuranceNumber(packed: packed.integer(at: &offset, byteCount: 8))
    let head = packed.integer(at: &offset, byteCount: 8)
    cardNumber = CardNumber(
      head: head, tail: InsuranceNumber(packed: packed.integer(at: &offset, byteCount: 8)))
    facility = ShortCode(packed: packed.integer(at: &offset, byteCount: 8))
    area = ShortCode(packed: packed.integer(at: &offset, byteCount: 8))
    validFrom = CalendarDate(packed, &offset)
    validTo = CalendarDate(packed, &offset)
    fiveYearsFrom = CalendarDate(packed, &offset)
  }
}

extension CalendarDate {
  fileprivate init(_ packed: RawSpan, _ offset: inout Int) {
    self.init(packed: UInt32(truncatingIfNeeded: packed.integer(at: &offset, byteCount: 4)))
  }
}

extension ByteWriter {
  @inline(__always)
  fileprivate mutating func append(_ card: CardRow) {
    append(card.insuranceNumber.packed, byteCount: 8)
    append(card.cardNumber.head, byteCount: 8)
    append(card.cardNumber.tail.packed, byteCount: 8)
    append(card.facility.packed, byteCount: 8)
    append(card.area.packed, byteCount: 8)
    append(UInt64(card.validFrom.packed), byteCount: 4)
    append(UInt64(card.validTo.packed), byteCount: 4)
    append(UInt64(card.fiveYearsFrom.packed), byteCount: 4)
  }
}

extension PersonTexts {
  /// Reads what ``PackedPerson`` wrote.
  ///
  /// - Returns: whether the serving card's number is left out, because its form is not known.
  @discardableResult
  mutating func read(_ id: PersonalID, _ packed: RawSpan, _ form: CardNumberForm) -> Bool {
    var offset = 0
    let birthDate = CalendarDate(packed, &offset)
    let flags = packed.integer(at: &offset, byteCount: 1)
    let marks = PackedPerson.hasGrace | PackedPerson.hasOthers | PackedPerson.hasTenDigits
    let sex = Sex(rawValue: UInt8(truncatingIfNeeded: flags & ~marks)) ?? .unknown
    var card = CardRow(id, packed, &offset)
    if flags & PackedPerson.hasGrace != 0 { card.graceUntil = CalendarDate(packed, &offset) }
    var tenDigits = InsuranceNumber.none
    if flags & PackedPerson.hasTenDigits != 0 {
      tenDigits = InsuranceNumber(packed: packed.integer(at: &offset, byteCount: 8))
    }
    let isLeftOut = form == .fifteen && card.hasSeventeenCharacters && tenDigits.isNone
    if form == .fifteen { card = card.withFifteenCharacters(tenDigits) }
    let others = offset
    let count = flags & PackedPerson.hasOthers == 0 ? 0 : Int(packed.integer(at: &offset, byteCount: 1))
    offset += count * PackedPerson.cardBytes
    set(id, name: packed.extracting(offset...), birthDate: birthDate, sex: sex, card)
    offset = others + 1
    for _ in 0..<count {
      let other = CardRow(id, packed, &offset)
      addOther(form == .fifteen ? other.withFifteenCharacters(tenDigits) : other)
    }
    return isLeftOut
  }
}
