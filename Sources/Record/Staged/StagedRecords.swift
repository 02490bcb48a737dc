// The staged form of a record: what the Stage module writes and the Match module reads.
// Invariant: a staged record has passed every format rule; its bytes are the fields below in order, little-endian,
// without padding, then its name in clean form (see NameFolder). Key and place stand outside, in the sorted file.
// Load: 100 million persons at about 55 bytes, 90 million insurance records at about 95.

/// Where a record stands in its export: file by name, then position.
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

  package init() {}

  package static let headByteCount = 14

  /// Appends the record and its clean name to `bytes`.
  package func append(to bytes: inout [UInt8], name: Span<UInt8>) {
    bytes.append(integer: line)
    bytes.append(integer: legacy.packed)
    bytes.append(integer: birthDate.packed)
    bytes.append(sex.rawValue)
    bytes.append(status.rawValue)
    for i in name.indices { bytes.append(name[i]) }
  }

  /// Reads what ``append(to:name:)`` wrote; the name is the rest, from ``headByteCount`` on.
  package init(_ bytes: RawSpan) {
    line = bytes.integer(at: 0)
    legacy = LegacyID(packed: bytes.integer(at: 4))
    birthDate = CalendarDate(packed: bytes.integer(at: 8))
    sex = Sex(rawValue: bytes.integer(at: 12)) ?? .unknown
    status = PersonStatus(rawValue: bytes.integer(at: 13)) ?? .unknown
  }
}

/// A record of the insurance export that passed the format rules.
package struct InsuranceRecord: Hashable, Sendable, BitwiseCopyable {
  package var line: UInt32 = 0
  /// The record's own, else the card number's tail; never none.
  package var insuranceNumber = InsuranceNumber.none
  package var cardNumber = CardNumber.none
  package var facility = ShortCode.none
  package var area = ShortCode.none
  package var birthDate = CalendarDate.none
  package var validFrom = CalendarDate.none
  /// None is an open end.
  package var validTo = CalendarDate.none
  package var fiveYearsFrom = CalendarDate.none
  package var sex = Sex.unknown
  package var rule = LinkRule.personalID
  /// Notes of staging, or, where the key says that there is no usable number, the reasons.
  package var words = Reasons()
  /// Bytes of the personal ID field as the export has it, behind the name; none where the key holds the number.
  package var rawIDByteCount: UInt8 = 0

  package init() {}

  package static let headByteCount = 79

  /// Appends the record, its clean name and the personal ID field as the export has it.
  package func append(to bytes: inout [UInt8], name: Span<UInt8>, rawID: Span<UInt8>) {
    bytes.append(integer: line)
    bytes.append(integer: insuranceNumber.packed)
    bytes.append(integer: cardNumber.head)
    bytes.append(integer: cardNumber.tail.packed)
    bytes.append(integer: facility.packed)
    bytes.append(integer: area.packed)
    bytes.append(integer: birthDate.packed)
    bytes.append(integer: validFrom.packed)
    bytes.append(integer: validTo.packed)
    bytes.append(integer: fiveYearsFrom.packed)
    bytes.append(sex.rawValue)
    bytes.append(rule.rawValue)
    bytes.append(integer: words.low)
    bytes.append(integer: words.high)
    bytes.append(UInt8(truncatingIfNeeded: rawID.count))
    for i in name.indices { bytes.append(name[i]) }
    for i in rawID.indices { bytes.append(rawID[i]) }
  }

  /// Reads what ``append(to:name:rawID:)`` wrote.
  package init(_ bytes: RawSpan) {
    line = bytes.integer(at: 0)
    insuranceNumber = InsuranceNumber(packed: bytes.integer(at: 4))
    cardNumber = CardNumber(head: bytes.integer(at: 12), tail: InsuranceNumber(packed: bytes.integer(at: 20)))
    facility = ShortCode(packed: bytes.integer(at: 28))
    area = ShortCode(packed: bytes.integer(at: 36))
    birthDate = CalendarDate(packed: bytes.integer(at: 44))
    validFrom = CalendarDate(packed: bytes.integer(at: 48))
    validTo = CalendarDate(packed: bytes.integer(at: 52))
    fiveYearsFrom = CalendarDate(packed: bytes.integer(at: 56))
    sex = Sex(rawValue: bytes.integer(at: 60)) ?? .unknown
    rule = LinkRule(rawValue: bytes.integer(at: 61)) ?? .personalID
    words = Reasons(low: bytes.integer(at: 62), high: bytes.integer(at: 70))
    rawIDByteCount = bytes.integer(at: 78)
  }

  /// Where the clean name stands in the bytes that the record was read from.
  package func nameRange(in bytes: RawSpan) -> Range<Int> {
    Self.headByteCount..<(bytes.byteCount - Int(rawIDByteCount))
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
  /// What the export holds in these fields, as text; empty when absent.
  package var personalID: String
  package var insuranceNumber: String
  package var cardNumber: String
  /// A code outside its list, such as `status_code=7`; empty for none.
  package var detail: String
  /// Where the record begins in its file's text, in bytes of UTF-8.
  package var byteOffset: UInt64 = 0
  /// The record as the export has it, in UTF-8 and without its line break; empty where the reader couldn't tell.
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

  /// The reasons as the store shows them: sorted words, a code outside its list behind an equals sign.
  package var reasonsText: String {
    var words = reasons.words
    if let split = detail.firstIndex(of: "=") {
      words = words.map { $0 == detail[..<split] ? detail : $0 }
    }
    return words.joined(separator: ",")
  }

  /// Longer originals are cut: what is longer than this is no record but the ruins of several.
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

  package func append(to bytes: inout [UInt8]) { append(to: &bytes, original: original.span) }

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
