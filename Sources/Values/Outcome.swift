// How a record ends: exactly one outcome each, and the words that say why.
// Invariant: the order of the cases is the contract's order of precedence; raw values are what staged files hold.

/// The two registers that are linked.
package enum ExportKind: UInt8, Sendable, CaseIterable, BitwiseCopyable, Codable {
  case population = 0
  case insurance = 1
  package var name: String { self == .population ? "population" : "insurance" }
}

/// The end of an insurance record; the first that applies, in this order.
package enum Outcome: UInt8, Sendable, CaseIterable, BitwiseCopyable, Comparable {
  case quarantined, idMissing, idInvalid, personUnknown, personDuplicated, personInactive, disputed,
    numberShared
  case linked
  /// Population records only.
  case registered, repeated

  package var name: String {
    switch self {
    case .quarantined: "quarantined"
    case .idMissing: "id_missing"
    case .idInvalid: "id_invalid"
    case .personUnknown: "person_unknown"
    case .personDuplicated: "person_duplicated"
    case .personInactive: "person_inactive"
    case .disputed: "disputed"
    case .numberShared: "number_shared"
    case .linked: "linked"
    case .registered: "registered"
    case .repeated: "repeated"
    }
  }
  package init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  package static let ofInsurance: [Outcome] = [
    .quarantined, .idMissing, .idInvalid, .personUnknown, .personDuplicated, .personInactive, .disputed,
    .numberShared, .linked,
  ]
  package static let ofPopulation: [Outcome] = [.quarantined, .personDuplicated, .registered, .repeated]
}

/// How a linked record found its person.
package enum LinkRule: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  case personalID = 0
  case legacyID = 1
  /// An officer decided.
  case decision = 2

  package var name: String {
    switch self {
    case .personalID: "personal_id"
    case .legacyID: "legacy_id"
    case .decision: "decision"
    }
  }
}
