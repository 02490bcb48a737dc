// One person with the serving card and the others as texts: every package writer writes them, every reader reads
// them.
// Invariant: an attribute has the same text in every format; an absent value is an empty text.
// Load: 90 million persons a night; one reused buffer, no `String`.

package import Values

/// The attributes of one person as text.
package struct PersonTexts {
  package private(set) var bytes: [UInt8] = []
  private var ranges = InlineArray<12, Range<Int>>(repeating: 0..<0)
  /// Whether the texts are in the order of the attributes, with a comma between two.
  private(set) var isCommaJoined = false
  /// The texts of cards beside the serving one; the first ``otherCount`` are this person's.
  private(set) var others: [PersonTexts] = []
  private(set) var otherCount = 0
  /// Bytes that all texts but the name need at most, the commas included.
  private static let mostBytes = 128

  package init() {}

  /// Where the text of an attribute is in ``bytes``.
  func range(_ attribute: Attribute) -> Range<Int> { ranges[attribute.rawValue] }
  func isEmpty(_ attribute: Attribute) -> Bool { ranges[attribute.rawValue].isEmpty }
  subscript(_ attribute: Attribute) -> ArraySlice<UInt8> { bytes[ranges[attribute.rawValue]] }

  /// Whether a recipient of these attributes sees the same in both.
  package func shows(_ attributes: [Attribute], as other: borrowing PersonTexts) -> Bool {
    guard hasSame(attributes, as: other) else { return false }
    guard otherCount > 0 || other.otherCount > 0 else { return true }
    let ofCards = Attribute.ofOtherCards(attributes)
    guard !ofCards.isEmpty else { return true }
    guard otherCount == other.otherCount else { return false }
    for i in 0..<otherCount where !others[i].hasSame(ofCards, as: other.others[i]) { return false }
    return true
  }

  private func hasSame(_ attributes: [Attribute], as other: borrowing PersonTexts) -> Bool {
    for attribute in attributes
    where !bytes[range(attribute)].elementsEqual(other.bytes[other.range(attribute)]) {
      return false
    }
    return true
  }

  // MARK: Other cards

  /// Adds a card beside the serving one.
  package mutating func addOther(_ card: CardRow) {
    if otherCount == others.count { others.append(PersonTexts()) }
    others[otherCount].set(card.personalID, name: [UInt8]().span.bytes, birthDate: .none, sex: .unknown, card)
    otherCount += 1
  }

  /// Adds a card beside the serving one, as a table has it.
  mutating func addOther(_ card: PersonTexts) {
    others.removeLast(others.count - otherCount)
    others.append(card)
    otherCount += 1
  }

  // MARK: From text

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ranges = InlineArray(repeating: 0..<0)
    isCommaJoined = false
    otherCount = 0
  }

  mutating func set(_ attribute: Attribute, _ text: Span<UInt8>) {
    append(text)
    end(attribute, from: bytes.count - text.count)
  }

  /// Appends a part of a value, which ``end(_:from:)`` ends.
  mutating func append(_ text: Span<UInt8>) {
    unsafe text.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  /// Ends a value: the text from `start` on becomes the text of an attribute.
  mutating func end(_ attribute: Attribute, from start: Int) {
    ranges[attribute.rawValue] = start..<bytes.count
  }

  /// Appends the person, with one card, to the others.
  func append(to people: inout PersonBatch) throws(StoredFault) {
    let text = bytes.span
    let card = try card()
    var row = PersonRow(
      personalID: card.personalID, birthDate: .none, sex: .unknown, nameRange: 0..<0, cards: 0..<0)
    row.birthDate = try StoredValues.date(text.extracting(range(.birthDate)), Attribute.birthDate.name)
    row.sex = try StoredValues.sex(text.extracting(range(.sex)))
    let start = people.bytes.count
    people.bytes.append(contentsOf: self[.fullName])
    row.nameRange = start..<people.bytes.count
    row.cards = people.cards.count..<people.cards.count + 1
    people.cards.append(card)
    people.persons.append(row)
  }

  /// The card alone.
  func card() throws(StoredFault) -> CardRow {
    let text = bytes.span
    func date(_ attribute: Attribute) throws(StoredFault) -> CalendarDate {
      try StoredValues.date(text.extracting(range(attribute)), attribute.name)
    }
    func code(_ attribute: Attribute) throws(StoredFault) -> ShortCode {
      try StoredValues.code(text.extracting(range(attribute)), attribute.name)
    }
    var card = CardRow()
    card.personalID = try StoredValues.personalID(text.extracting(range(.personalID)))
    card.insuranceNumber = try StoredValues.insuranceNumber(text.extracting(range(.insuranceNumber)))
    card.cardNumber = try StoredValues.cardNumber(text.extracting(range(.cardNumber)))
    card.facility = try code(.facilityCode)
    card.validFrom = try date(.validFrom)
    card.validTo = try date(.validTo)
    card.fiveYearsFrom = try date(.fiveYearsFrom)
    card.area = try code(.areaCode)
    card.graceUntil = try date(.graceUntil)
    return card
  }

  // MARK: From values

  /// Takes a person's values.
  ///
  /// - Parameter name: UTF-8.
  package mutating func set(
    _ id: PersonalID, name: RawSpan, birthDate: CalendarDate, sex: Sex, _ card: CardRow
  ) {
    var ranges = InlineArray<12, Range<Int>>(repeating: 0..<0)
    bytes.removeAll(keepingCapacity: true)
    bytes.append(room: Self.mostBytes + name.byteCount) { text in
      var start = 0
      func end(_ attribute: Attribute) {
        ranges[attribute.rawValue] = start..<text.count
        text.append(byte: UInt8(ascii: ","))
        start = text.count
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
        for i in 0..<5 {
          text.append(byte: UInt8(truncatingIfNeeded: card.cardNumber.head >> UInt64(8 * (4 - i))))
        }
        text.append(card.cardNumber.tail)
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
      ranges[Attribute.graceUntil.rawValue] = start..<text.count
    }
    self.ranges = ranges
    isCommaJoined = true
    otherCount = 0
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
    for i in 0..<Int(code.packed & 0xff) {
      append(byte: UInt8(truncatingIfNeeded: code.packed >> UInt64(8 * (7 - i))))
    }
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
