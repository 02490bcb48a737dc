// The previous number rule: a personal ID number that the person had before the present one is kept, anything else is dropped.
// Invariant: this field never quarantines a record; a filler, an unknown prefix and the present number count as no number.
// Load: one field per population record, empty in nearly all.
//
// For data officers: the authority cancels a number and gives a new one where sex, birth year or birthplace were wrong. The
// number finds the person who is asked for by it, and leads insurance records that still hold it to the person.

package import Values

package enum PreviousIDRule {
  /// Returns the number, or one whose ``PersonalID/packed`` is zero.
  package static func read(_ value: Span<UInt8>, _ present: PersonalID?) -> PersonalID {
    guard value.count == 12, let id = try? PersonalID(value), !id.isFiller, id.hasKnownPrefix, id != present
    else {
      return PersonalID(packed: 0)
    }
    return id
  }
}
