// The outcomes of records: exactly one for each.
// Invariant: the order of the cases is the contract's order of precedence; staged files hold the raw values.

/// The two registers that are linked.
package enum ExportKind: UInt8, NamedCase, BitwiseCopyable, Codable {
  case population = 0
  case insurance = 1
  package static let names = snakeCaseNames(of: allCases)
}

/// The outcome of an insurance record; the first that applies, in this order.
package enum Outcome: UInt8, NamedCase, BitwiseCopyable, Comparable {
  case quarantined, idMissing, idInvalid, personUnknown, personDuplicated, personInactive, disputed,
    numberShared
  case linked
  /// Population records only.
  case registered, repeated
  /// A line of an export that is no record, such as a total; the pipeline file names such lines.
  case notARecord

  package static let names = snakeCaseNames(of: allCases)
  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  package static let ofInsurance: [Outcome] = [
    .quarantined, .idMissing, .idInvalid, .personUnknown, .personDuplicated, .personInactive, .disputed,
    .numberShared, .linked,
  ]
  package static let ofPopulation: [Outcome] = [.quarantined, .personDuplicated, .registered, .repeated]
}

extension ExportKind {
  /// The outcomes that its records can have.
  package var outcomes: [Outcome] { self == .insurance ? Outcome.ofInsurance : Outcome.ofPopulation }

  /// The outcomes of its lines in the order for people: linked ones first.
  package var outcomesForPeople: [Outcome] {
    let ofRecords =
      self == .insurance
      ? Outcome.ofInsurance.reversed() : [.registered, .repeated, .personDuplicated, .quarantined]
    return ofRecords + [.notARecord]
  }
}

/// How a linked record found its person.
package enum LinkRule: UInt8, NamedCase, BitwiseCopyable {
  case personalID = 0
  case legacyID = 1
  /// An officer decided.
  case decision = 2
  /// By a cancelled 12-digit number that the population names as the person's earlier one.
  case previousID = 3

  package static let names = snakeCaseNames(of: allCases)
}
