// The persons who were erased, as a record's number shows it.
// Invariant: holds no number; which ones they are says the owner of the list.
// Load: every record of both exports; one bit tells nearly all of them apart.

/// The persons whose records are held back because they were erased.
package struct ErasedPersons: Sendable {
  /// One bit for each mark; empty if no person was erased.
  private var bits: [UInt64] = []
  private let confirms: @Sendable (PersonalID) -> Bool

  /// - Parameters:
  ///   - marks: ``mark(of:)`` of each person.
  ///   - confirms: whether a number with such a mark is that of an erased person.
  package init(marks: [UInt16] = [], confirms: @escaping @Sendable (PersonalID) -> Bool = { _ in false }) {
    self.confirms = confirms
    guard !marks.isEmpty else { return }
    bits = Array(repeating: 0, count: 1024)
    for mark in marks { bits[Int(mark >> 6)] |= 1 << UInt64(mark & 63) }
  }

  /// Sixteen bits that many numbers share.
  package static func mark(of id: PersonalID) -> UInt16 {
    UInt16(truncatingIfNeeded: (id.packed &* 0x9E37_79B9_7F4A_7C15) >> 48)
  }

  @inline(__always)
  package func contains(_ id: PersonalID) -> Bool {
    guard !bits.isEmpty else { return false }
    let mark = Self.mark(of: id)
    return bits[Int(mark >> 6)] >> UInt64(mark & 63) & 1 == 1 && confirms(id)
  }
}
