// The staged form of a record, which the extract stage writes and the match stage reads.
// Invariant: a staged record has passed every format rule. Its bytes are flags, the fields that it has, each
// as short as possible, then its name in clean form (see NameFolder). Key and place are stored outside, in
// the sorted file.
// Load: 100 million persons at about 32 bytes, 90 million insurance records at about 52; half of that is the
// name.

/// The place of a record in its export: file by name, then position.
///
/// Orders records as the export does.
package struct Place: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// The file's index among the export's files sorted by name (16 bits), then the record's number from 0 (40 bits),
  /// then the card's number within a record that listed several (8 bits).
  package let packed: UInt64

  package init(packed: UInt64) { self.packed = packed }
  package init(file: Int, ordinal: Int, part: Int = 0) {
    packed = UInt64(file) << 48 | UInt64(ordinal) << 8 | UInt64(part)
  }
  package var file: Int { Int(packed >> 48) }
  package static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }
}

/// A record of the population export that passed the format rules.
package struct PopulationRecord: Hashable, Sendable, BitwiseCopyable {
  package var line: UInt32 = 0
  /// Zero is none.
  package var legacy = LegacyID(packed: 0)
  package var birthDate = CalendarDate.none
  package var sex = Sex.unknown
  package var status = PersonStatus.active
  package var residence = Residence.notAsked
  /// The personal ID number before the present one; zero is none.
  package var previous = PersonalID(packed: 0)

  package init() {}

  /// The numbers that it names besides the person's own.
  package var otherNumbers: [LinkKey] {
    (legacy.packed == 0 ? [] : [.legacy(legacy)]) + (previous.packed == 0 ? [] : [.personal(previous)])
  }

  /// The most bytes that a record with a name of `nameByteCount` needs.
  package static func room(nameByteCount: Int) -> Int { 32 + nameByteCount }

  private static let hasLegacy: UInt64 = 1 << 5
  private static let hasResidence: UInt64 = 1 << 6
  private static let hasPrevious: UInt64 = 1 << 7

  /// Appends the record and its clean name.
  ///
  ///     flags 1   sex 2 bits, status 3 bits, whether there are a legacy number, a residence, a previous number
  ///     line 1–5, legacy number 0 or 4, residence 0 or 1, previous number 0 or 5, birth date 3, name
  @inline(__always)
  package func write(to bytes: inout ByteWriter, name: RawSpan) {
    var flags = UInt64(sex.rawValue) | UInt64(status.rawValue) << 2
    if legacy.packed != 0 { flags |= Self.hasLegacy }
    if residence != .notAsked { flags |= Self.hasResidence }
    if previous.packed != 0 { flags |= Self.hasPrevious }
    bytes.append(flags, byteCount: 1)
    bytes.append(varint: UInt64(line))
    if legacy.packed != 0 { bytes.append(UInt64(legacy.packed), byteCount: 4) }
    if residence != .notAsked { bytes.append(UInt64(residence.rawValue), byteCount: 1) }
    if previous.packed != 0 { bytes.append(previous.packed, byteCount: 5) }
    bytes.append(UInt64(birthDate.bits), byteCount: 3)
    bytes.append(name)
  }

  /// Appends the record and its clean name to `bytes`.
  package func append(to bytes: inout [UInt8], name: Span<UInt8>) {
    bytes.append(room: Self.room(nameByteCount: name.count)) { unsafe write(to: &$0, name: name.bytes) }
  }

  /// Reads what ``write(to:name:)`` wrote; the name is at ``nameRange(in:)``.
  package init(_ bytes: RawSpan) {
    var nameStart = 0
    self.init(bytes, &nameStart)
  }

  /// Reads what ``write(to:name:)`` wrote, and sets `at`, which is zero before, to the start of its name.
  @inline(__always)
  package init(_ bytes: RawSpan, _ at: inout Int) {
    let flags = bytes.integer(at: &at, byteCount: 1)
    sex = Sex(rawValue: UInt8(flags & 3)) ?? .unknown
    status = PersonStatus(rawValue: UInt8(flags >> 2 & 7)) ?? .unknown
    line = UInt32(truncatingIfNeeded: bytes.varint(at: &at))
    if flags & Self.hasLegacy != 0 {
      legacy = LegacyID(packed: UInt32(bytes.integer(at: &at, byteCount: 4)))
    }
    if flags & Self.hasResidence != 0 {
      residence = Residence(rawValue: UInt8(bytes.integer(at: &at, byteCount: 1)))
    }
    if flags & Self.hasPrevious != 0 {
      previous = PersonalID(packed: bytes.integer(at: &at, byteCount: 5))
    }
    birthDate = CalendarDate(bits: UInt32(bytes.integer(at: &at, byteCount: 3)))
  }

  /// The range of the clean name in the bytes of a record.
  package static func nameRange(in bytes: RawSpan) -> Range<Int> {
    var at = 0
    let flags = bytes.integer(at: &at, byteCount: 1)
    _ = bytes.varint(at: &at)
    return at + (flags & hasLegacy != 0 ? 7 : 3) + (flags & hasResidence != 0 ? 1 : 0)
      + (flags & hasPrevious != 0 ? 5 : 0)..<bytes.byteCount
  }
}

/// A record of the insurance export that passed the format rules.
package struct InsuranceRecord: Hashable, Sendable, BitwiseCopyable {
  package var line: UInt32 = 0
  /// The record's own number, else the card number's tail; never `none`.
  package var insuranceNumber = InsuranceNumber.none
  package var cardNumber = CardNumber.none
  /// The 12 digits that the card number field holds instead of a card number; `none` if they are its own numbers.
  package var cardDigits = InsuranceNumber.none
  package var facility = ShortCode.none
  package var area = ShortCode.none
  package var birthDate = CalendarDate.none
  package var validFrom = CalendarDate.none
  /// `none` is an open end.
  package var validTo = CalendarDate.none
  package var fiveYearsFrom = CalendarDate.none
  package var sex = Sex.unknown
  package var rule = LinkRule.personalID
  /// Notes of staging, or, if the key has no usable number, the reasons.
  package var words = Reasons()
  /// The byte count of the personal ID field as in the export, which follows the name; zero if the key holds
  /// the number.
  package var rawIDByteCount: UInt8 = 0

  package init() {}

  /// The most bytes that a record with a name and a personal ID field of these sizes needs.
  package static func room(nameByteCount: Int, rawIDByteCount: Int) -> Int {
    88 + nameByteCount + rawIDByteCount
  }

  /// The two bytes of flags, besides sex, rule and area.
  private enum Flag {
    static let otherArea: UInt64 = 1 << 7
    static let card: UInt64 = 1 << 8
    /// Without a card number: there are ``cardDigits``.
    static let tailIsNumber: UInt64 = 1 << 9
    static let facility: UInt64 = 1 << 10
    static let facilityOfFive: UInt64 = 1 << 11
    static let validTo: UInt64 = 1 << 12
    static let fiveYears: UInt64 = 1 << 13
    static let words: UInt64 = 1 << 14
    static let rawID: UInt64 = 1 << 15
  }

  private var flags: UInt64 {
    var flags = UInt64(sex.rawValue) | UInt64(rule.rawValue) << 2
    var known = 0
    while known < 4, Self.areas[known] != area { known += 1 }
    flags |= known < 4 ? UInt64(known) << 5 : Flag.otherArea
    if !cardNumber.isNone {
      flags |= cardNumber.tail == insuranceNumber ? Flag.card | Flag.tailIsNumber : Flag.card
    } else if !cardDigits.isNone {
      flags |= Flag.tailIsNumber
    }
    if !facility.isNone {
      flags |= facility.packed & 0xff == 5 ? Flag.facility | Flag.facilityOfFive : Flag.facility
    }
    if !validTo.isNone { flags |= Flag.validTo }
    if !fiveYearsFrom.isNone { flags |= Flag.fiveYears }
    if !words.isEmpty { flags |= Flag.words }
    return flags
  }

  /// None, K1, K2 and K3, in two bits.
  private static let areas: InlineArray<4, ShortCode> = [
    .none, ShortCode(packed: 0x4B31_0000_0000_0002), ShortCode(packed: 0x4B32_0000_0000_0002),
    ShortCode(packed: 0x4B33_0000_0000_0002),
  ]

  /// Appends the record, its clean name and the personal ID field as the export has it, of at most 255 bytes.
  ///
  ///     flags 2, line 1–5, insurance number 6
  ///     card number: group, level and province 3, tail 6 unless it is the insurance number; else digits 6, where there are any
  ///     facility 5 (8 unless it has five characters), area 8 unless it is none or K1–K3
  ///     birth date 3, valid from 3, valid to 3, five years from 3, words 16: where there are any
  ///     count of raw bytes 1, name, raw bytes
  @inline(__always)
  package func write(to bytes: inout ByteWriter, name: RawSpan, rawID: RawSpan) {
    let flags = rawID.byteCount > 0 ? self.flags | Flag.rawID : self.flags
    bytes.append(flags, byteCount: 2)
    bytes.append(varint: UInt64(line))
    bytes.append(insuranceNumber.packed, byteCount: 6)
    if flags & Flag.card != 0 {
      bytes.append(UInt64(cardNumber.headBits), byteCount: 3)
      if flags & Flag.tailIsNumber == 0 { bytes.append(cardNumber.tail.packed, byteCount: 6) }
    } else if flags & Flag.tailIsNumber != 0 {
      bytes.append(cardDigits.packed, byteCount: 6)
    }
    if flags & Flag.facilityOfFive != 0 {
      bytes.append(facility.packed >> 24, byteCount: 5)
    } else if flags & Flag.facility != 0 {
      bytes.append(facility.packed, byteCount: 8)
    }
    if flags & Flag.otherArea != 0 { bytes.append(area.packed, byteCount: 8) }
    bytes.append(UInt64(birthDate.bits), byteCount: 3)
    bytes.append(UInt64(validFrom.bits), byteCount: 3)
    if flags & Flag.validTo != 0 { bytes.append(UInt64(validTo.bits), byteCount: 3) }
    if flags & Flag.fiveYears != 0 { bytes.append(UInt64(fiveYearsFrom.bits), byteCount: 3) }
    if flags & Flag.words != 0 {
      bytes.append(words.low, byteCount: 8)
      bytes.append(words.high, byteCount: 8)
    }
    if flags & Flag.rawID != 0 { bytes.append(UInt64(rawID.byteCount), byteCount: 1) }
    bytes.append(name)
    bytes.append(rawID)
  }

  /// Appends the record, its clean name and the personal ID field as the export has it to `bytes`.
  package func append(to bytes: inout [UInt8], name: Span<UInt8>, rawID: Span<UInt8>) {
    bytes.append(room: Self.room(nameByteCount: name.count, rawIDByteCount: rawID.count)) {
      unsafe write(to: &$0, name: name.bytes, rawID: rawID.bytes)
    }
  }

  /// Reads what ``write(to:name:rawID:)`` wrote.
  package init(_ bytes: RawSpan) {
    var nameStart = 0
    self.init(bytes, &nameStart)
  }

  /// Reads what ``write(to:name:rawID:)`` wrote, and sets `at`, which is zero before, to the start of its
  /// name.
  @inline(__always)
  package init(_ bytes: RawSpan, _ at: inout Int) {
    let flags = bytes.integer(at: &at, byteCount: 2)
    sex = Sex(rawValue: UInt8(flags & 3)) ?? .unknown
    rule = LinkRule(rawValue: UInt8(flags >> 2 & 7)) ?? .personalID
    line = UInt32(truncatingIfNeeded: bytes.varint(at: &at))
    insuranceNumber = InsuranceNumber(packed: bytes.integer(at: &at, byteCount: 6))
    if flags & Flag.card != 0 {
      let head = UInt32(bytes.integer(at: &at, byteCount: 3))
      cardNumber = CardNumber(
        headBits: head,
        tail: flags & Flag.tailIsNumber != 0
          ? insuranceNumber : InsuranceNumber(packed: bytes.integer(at: &at, byteCount: 6)))
    } else if flags & Flag.tailIsNumber != 0 {
      cardDigits = InsuranceNumber(packed: bytes.integer(at: &at, byteCount: 6))
    }
    if flags & Flag.facilityOfFive != 0 {
      facility = ShortCode(packed: bytes.integer(at: &at, byteCount: 5) << 24 | 5)
    } else if flags & Flag.facility != 0 {
      facility = ShortCode(packed: bytes.integer(at: &at, byteCount: 8))
    }
    area =
      flags & Flag.otherArea != 0
      ? ShortCode(packed: bytes.integer(at: &at, byteCount: 8)) : Self.areas[Int(flags >> 5 & 3)]
    birthDate = CalendarDate(bits: UInt32(bytes.integer(at: &at, byteCount: 3)))
    validFrom = CalendarDate(bits: UInt32(bytes.integer(at: &at, byteCount: 3)))
    if flags & Flag.validTo != 0 {
      validTo = CalendarDate(bits: UInt32(bytes.integer(at: &at, byteCount: 3)))
    }
    if flags & Flag.fiveYears != 0 {
      fiveYearsFrom = CalendarDate(bits: UInt32(bytes.integer(at: &at, byteCount: 3)))
    }
    if flags & Flag.words != 0 {
      let low = bytes.integer(at: &at, byteCount: 8)
      words = Reasons(low: low, high: bytes.integer(at: &at, byteCount: 8))
    }
    if flags & Flag.rawID != 0 { rawIDByteCount = UInt8(bytes.integer(at: &at, byteCount: 1)) }
  }

  /// The number of bytes before the name.
  private static func headByteCount(in bytes: RawSpan) -> Int {
    var at = 0
    let flags = bytes.integer(at: &at, byteCount: 2)
    _ = bytes.varint(at: &at)
    at += 6
    if flags & Flag.card != 0 {
      at += flags & Flag.tailIsNumber != 0 ? 3 : 9
    } else if flags & Flag.tailIsNumber != 0 {
      at += 6
    }
    if flags & Flag.facility != 0 { at += flags & Flag.facilityOfFive != 0 ? 5 : 8 }
    if flags & Flag.otherArea != 0 { at += 8 }
    at += 6
    if flags & Flag.validTo != 0 { at += 3 }
    if flags & Flag.fiveYears != 0 { at += 3 }
    if flags & Flag.words != 0 { at += 16 }
    if flags & Flag.rawID != 0 { at += 1 }
    return at
  }

  /// The range of the clean name in the bytes that the record was read from.
  package func nameRange(in bytes: RawSpan) -> Range<Int> {
    Self.headByteCount(in: bytes)..<(bytes.byteCount - Int(rawIDByteCount))
  }
  package func rawIDRange(in bytes: RawSpan) -> Range<Int> {
    (bytes.byteCount - Int(rawIDByteCount))..<bytes.byteCount
  }
}

/// A record that broke a format rule and waits for a data officer.
package struct QuarantinedRecord: Hashable, Sendable {
  package var export: ExportKind
  package var line: UInt32
  package var reasons: Reasons
  /// The content of these fields in the export; empty if absent.
  package var personalID: String
  package var insuranceNumber: String
  package var cardNumber: String
  /// A code outside its list, such as `status_code=7`; empty for none.
  package var detail: String
  /// Where the record begins in its file's text, in bytes of UTF-8.
  package var byteOffset: UInt64 = 0
  /// The record as in the export, in UTF-8 and without its line break; empty if the reader doesn't know it.
  ///
  /// Personal data: it stays in the workspace.
  package var original: [UInt8] = []

  package init(
    export: ExportKind, line: UInt32, reasons: Reasons, personalID: String = "", insuranceNumber: String = "",
    cardNumber: String = "", detail: String = ""
  ) {
    self.export = export
    self.line = line
    self.reasons = reasons
    self.personalID = personalID
    self.insuranceNumber = insuranceNumber
    self.cardNumber = cardNumber
    self.detail = detail
  }

  /// The reasons as the store shows them: sorted words, a code outside its list after an equals sign.
  package var reasonsText: String {
    var words = reasons.words
    if let split = detail.firstIndex(of: "=") {
      words = words.map { $0 == detail[..<split] ? detail : $0 }
    }
    return words.joined(separator: ",")
  }

  /// Longer originals are cut: text longer than this is not one record but several damaged ones.
  package static let longestOriginal = 64 << 10

  /// Appends the record, with `original` as its own.
  package func append(to bytes: inout [UInt8], original: Span<UInt8>) {
    bytes.append(export.rawValue)
    bytes.append(integer: line)
    bytes.append(integer: reasons.low)
    bytes.append(integer: reasons.high)
    for text in [personalID, insuranceNumber, cardNumber, detail] {
      let utf8 = Array(text.utf8.prefix(255))
      bytes.append(UInt8(utf8.count))
      bytes.append(contentsOf: utf8)
    }
    bytes.append(integer: byteOffset)
    unsafe original.extracting(..<min(original.count, Self.longestOriginal)).withUnsafeBufferPointer {
      unsafe bytes.append(contentsOf: $0)
    }
  }

  package init(_ bytes: RawSpan) {
    export = ExportKind(rawValue: bytes.integer(at: 0)) ?? .insurance
    line = bytes.integer(at: 1)
    reasons = Reasons(low: bytes.integer(at: 5), high: bytes.integer(at: 13))
    var at = 21
    func text() -> String {
      let count: UInt8 = bytes.integer(at: at)
      let text = bytes.text(at + 1..<at + 1 + Int(count))
      at += 1 + Int(count)
      return text
    }
    personalID = text()
    insuranceNumber = text()
    cardNumber = text()
    detail = text()
    byteOffset = bytes.integer(at: at)
    original = unsafe bytes.extracting((at + 8)...).withUnsafeBytes { unsafe Array($0) }
  }
}
