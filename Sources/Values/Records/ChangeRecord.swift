// One record of a delta export, as extract leaves it for the snapshot, and the identity that leads to the record it
// changes.
// Invariant: a full export and a delta give the same record the same identity.
// Load: the records of the deltas since the base, and the base's records with the same identities.

/// The fields of an export that identify a record from one delivery to the next.
package struct IdentityFields: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let personalID = IdentityFields(rawValue: 1)
  package static let cardNumber = IdentityFields(rawValue: 2)
  package static let insuranceNumber = IdentityFields(rawValue: 4)
  package static let validFrom = IdentityFields(rawValue: 8)
}

/// The values of a record's identity fields; zero is no value.
package struct RecordIdentity: Hashable, Sendable, BitwiseCopyable {
  package private(set) var number: UInt64 = 0
  private var cardHead: UInt64 = 0
  private var cardTail: UInt64 = 0
  private var validFrom: UInt64 = 0

  /// The identity of a population record.
  package init(_ id: PersonalID) { number = id.packed }

  /// The identity of an insurance record; nil if it has no value in the fields that hold numbers.
  package init?(
    _ card: CardNumber, _ insurance: InsuranceNumber, validFrom: CalendarDate, _ fields: IdentityFields
  ) {
    if fields.contains(.cardNumber) { (cardHead, cardTail) = (card.head, card.tail.packed) }
    if fields.contains(.insuranceNumber) { number = insurance.packed }
    if fields.contains(.validFrom) { self.validFrom = UInt64(validFrom.bits) }
    if cardHead == 0, number == 0 { return nil }
  }

  /// The key under which records of one identity are sorted; others may share it.
  package var key: UInt64 {
    var key: UInt64 = 0
    for word in [number, cardHead, cardTail, validFrom] {
      key = (key ^ word) &* 0x9E37_79B9_7F4A_7C15
      key ^= key >> 29
    }
    return key >> 1
  }

  fileprivate func append(to bytes: inout [UInt8]) {
    for word in [number, cardHead, cardTail, validFrom] { bytes.append(integer: word) }
  }

  fileprivate init(_ bytes: RawSpan, at: Int) {
    number = bytes.integer(at: at)
    cardHead = bytes.integer(at: at + 8)
    cardTail = bytes.integer(at: at + 16)
    validFrom = bytes.integer(at: at + 24)
  }
}

/// The head of a change: what its record does, and to which identity.
package struct ChangeRecord: Hashable, Sendable, BitwiseCopyable {
  package enum Kind: UInt8, Sendable, BitwiseCopyable {
    case upsert, delete
    /// It broke a rule.
    case quarantined
    /// A record of the base, which the first delta may change.
    case present, presentQuarantined
  }

  package var kind: Kind
  package var identity: RecordIdentity
  /// The value of `order_by`, by which the greater of two records of one delta is the later one.
  ///
  /// All are equal without `order_by`.
  package var order: UInt64 = 0
  /// The ``LinkKey`` of the staged record.
  package var link: UInt64 = 0
  /// The key under which quarantine keeps the record.
  package var heldKey: UInt64 = 0
  /// The byte count of the record as quarantine keeps it, which follows the head.
  package var heldByteCount: UInt32 = 0

  package init(_ kind: Kind, _ identity: RecordIdentity) { (self.kind, self.identity) = (kind, identity) }

  private static let headByteCount = 61

  /// Appends the head, the record as quarantine keeps it (empty if it never goes there), and the staged record.
  package func append(to bytes: inout [UInt8], held: Span<UInt8>, staged: Span<UInt8>) {
    bytes.append(kind.rawValue)
    identity.append(to: &bytes)
    bytes.append(integer: order)
    bytes.append(integer: link)
    bytes.append(integer: heldKey)
    bytes.append(integer: UInt32(truncatingIfNeeded: held.count))
    unsafe held.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    unsafe staged.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  package init(_ bytes: RawSpan) {
    kind = Kind(rawValue: bytes.integer(at: 0)) ?? .quarantined
    identity = RecordIdentity(bytes, at: 1)
    order = bytes.integer(at: 33)
    link = bytes.integer(at: 41)
    heldKey = bytes.integer(at: 49)
    heldByteCount = bytes.integer(at: 57)
  }

  /// Where the record as quarantine keeps it is in the bytes that the head was read from; the staged record follows it.
  package var heldRange: Range<Int> { Self.headByteCount..<Self.headByteCount + Int(heldByteCount) }
}

extension RecordIdentity {
  /// An order of identities that share a key.
  package func comes(before other: RecordIdentity) -> Bool {
    (number, cardHead, cardTail, validFrom) < (other.number, other.cardHead, other.cardTail, other.validFrom)
  }
}
