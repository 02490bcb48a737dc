// The fields of both exports, and the positions of one record's values.

import Values

/// A field, by its name in the pipeline file.
package enum Field: String, CaseIterable, Sendable, Hashable {
  case personalID = "personal_id"
  case legacyID = "legacy_id"
  case fullName = "full_name"
  case birthDate = "birth_date"
  case sex
  case status
  case insuranceNumber = "insurance_number"
  case cardNumber = "card_number"
  case facilityCode = "facility_code"
  case validFrom = "valid_from"
  case validTo = "valid_to"
  case fiveYearsFrom = "five_years_from"
  case areaCode = "area_code"
  case residenceProvince = "residence_province"
  case previousID = "previous_id"

  /// The field's position in ``allCases``.
  package var index: Int {
    switch self {
    case .personalID: 0
    case .legacyID: 1
    case .fullName: 2
    case .birthDate: 3
    case .sex: 4
    case .status: 5
    case .insuranceNumber: 6
    case .cardNumber: 7
    case .facilityCode: 8
    case .validFrom: 9
    case .validTo: 10
    case .fiveYearsFrom: 11
    case .areaCode: 12
    case .residenceProvince: 13
    case .previousID: 14
    }
  }
}

/// The ranges of one record's values in its text; an empty range is no value.
package struct FieldRanges: Sendable {
  // Visible to the package, because only then is the access inlined in the loops of other modules.
  /// Start in the low half, end in the high half, as in a ``RawBatch``.
  package private(set) var packed = InlineArray<15, UInt64>(repeating: 0)
  /// The fields that have a value, one bit each by their index.
  package private(set) var filled: UInt64 = 0

  package init() {}

  package subscript(_ field: Field) -> Range<Int> { self[at: field.index] }
  package subscript(at i: Int) -> Range<Int> {
    get {
      // Start and end are set together, so the start is never above the end.
      let word = packed[i]
      return unsafe Range(uncheckedBounds: (Int(word & 0xFFFF_FFFF), Int(word >> 32)))
    }
    set {
      packed[i] = RawBatch.packed(newValue.lowerBound, newValue.upperBound)
      filled = filled & ~(1 << UInt64(i)) | (newValue.isEmpty ? 0 : 1 << UInt64(i))
    }
  }

  /// Sets the nonempty value of a batch without a change.
  @inline(__always)
  package mutating func set(at i: Int, _ word: UInt64) {
    packed[i] = word
    filled |= 1 &<< UInt64(truncatingIfNeeded: i)
  }
}
