// A person with the serving card, as bytes while the packages are sorted, and as text when they are written.
// Invariant: the text of an attribute is the same in every format; an absent value is an empty text.
// Load: 90 million persons: 57 bytes and the name on disk; one buffer for the texts, no `String` on the way.

import Values

enum PackedPerson {
  static let fixedBytes = 57

  /// Beside the sex: the last day of grace stands behind the fixed part.
  ///
  /// So a row without one is as it always was.
  static let hasGrace: UInt64 = 1 << 7

  /// Appends all but the personal ID number, which is the record's place.
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

/// The attributes of one person as text, with a comma between two; the buffers are reused.
struct FieldTexts {
  private(set) var bytes: [UInt8] = []
  private var ends = InlineArray<12, Int>(repeating: 0)
  /// What formats decide by: the serving card's validity.
  private(set) var card = CardRow()
  /// Bytes that all texts but the name need at most, the commas included.
  private static let mostBytes = 128

  func range(_ attribute: Attribute) -> Range<Int> {
    let i = attribute.rawValue
    return (i == 0 ? 0 : ends[i - 1] + 1)..<ends[i]
  }
  func isEmpty(_ attribute: Attribute) -> Bool { range(attribute).isEmpty }

  /// Whether a recipient sees the same of both.
  func shows(_ attributes: [Attribute], as other: borrowing FieldTexts) -> Bool {
    attributes.allSatisfy { bytes[range($0)].elementsEqual(other.bytes[other.range($0)]) }
  }

  /// Takes a row of a table whose first column of the attributes is `first`; attributes without a column are empty.
  ///
  /// - Returns: false if the row holds no personal ID number.
  mutating func read(_ row: TableReader, _ attributes: [Attribute], from first: Int) -> Bool {
    bytes.removeAll(keepingCapacity: true)
    var column = first
    for attribute in Attribute.allCases {
      if attribute.rawValue > 0 { bytes.append(comma) }
      if column - first < attributes.count, attributes[column - first] == attribute {
        bytes.append(contentsOf: row.bytes[row.range(column)])
        column += 1
      }
      ends[attribute.rawValue] = bytes.count
    }
    card = CardRow()
    if !isEmpty(.validTo) {
      card.validTo =
        CalendarDate(iso: String(decoding: bytes[range(.validTo)], as: UTF8.self)) ?? .none
    }
    return range(.personalID).count == 12
  }

  /// Takes what ``PackedPerson`` wrote.
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
    self.card = card

    let name = packed.extracting(offset...)
    var ends = InlineArray<12, Int>(repeating: 0)
    bytes.removeAll(keepingCapacity: true)
    bytes.append(room: Self.mostBytes + name.byteCount) { text in
      func end(_ attribute: Attribute) {
        ends[attribute.rawValue] = text.count
        text.append(byte: comma)
      }
      text.append(digitsOf: id.packed, width: 12)
      end(.personalID)
      text.append(name)
      end(.fullName)
      text.append(birthDate)
      end(.birthDate)
      text.append(sex)
      end(.sex)
      text.append(card.insuranceNumber)
      end(.insuranceNumber)
      if !card.cardNumber.isNone {
        for i in 0..<5 { text.append(byte: UInt8(truncatingIfNeeded: head >> UInt64(8 * (4 - i)))) }
        text.append(tail)
      }
      end(.cardNumber)
      text.append(card.facility)
      end(.facilityCode)
      text.append(card.validFrom)
      end(.validFrom)
      text.append(card.validTo)
      end(.validTo)
      text.append(card.fiveYearsFrom)
      end(.fiveYearsFrom)
      text.append(card.area)
      end(.areaCode)
      text.append(card.graceUntil)
      ends[Attribute.graceUntil.rawValue] = text.count
    }
    self.ends = ends
  }
}

extension ByteWriter {
  fileprivate mutating func append(_ sex: Sex) {
    let word: StaticString =
      switch sex {
      case .unknown: "unknown"
      case .male: "male"
      case .female: "female"
      }
    for i in 0..<word.utf8CodeUnitCount { unsafe append(byte: word.utf8Start[i]) }
  }

  fileprivate mutating func append(_ number: InsuranceNumber) {
    guard !number.isNone else { return }
    append(digitsOf: number.digits, width: number.digitCount)
  }

  fileprivate mutating func append(_ code: ShortCode) {
    for i in 0..<Int(code.packed & 0xff) { append(byte: code.byte(i)) }
  }

  fileprivate mutating func append(_ date: CalendarDate) {
    guard !date.isNone else { return }
    append(digitsOf: UInt64(date.year), width: 4)
    if date.month > 0 {
      append(byte: UInt8(ascii: "-"))
      append(digitsOf: UInt64(date.month), width: 2)
    }
    if date.day > 0 {
      append(byte: UInt8(ascii: "-"))
      append(digitsOf: UInt64(date.day), width: 2)
    }
  }
}
