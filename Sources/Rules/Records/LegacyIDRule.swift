// The legacy number rule: a 9-digit number (CMND) that a person held before is kept, anything else is
// dropped.
// Invariant: this field never quarantines a record; one repeated digit counts as no number.
// Load: one field per population record, empty in most.
//
// For data officers: the number serves only to find persons for insurance records that still have it. It is
// not unique: a number that several persons held links no record.

package import Values

package enum LegacyIDRule {
  /// Returns the number, or one whose ``LegacyID/packed`` is zero.
  package static func read(_ value: Span<UInt8>) -> LegacyID {
    guard value.count == 9, let id = try? LegacyID(value), !id.isFiller else { return LegacyID(packed: 0) }
    return id
  }
}
