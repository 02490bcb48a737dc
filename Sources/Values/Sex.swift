// The closed code lists of a person: sex and status.
// Invariant: raw values are what staged files hold and never change; names are the contract's canonical values.

package enum Sex: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  /// The export says so, or says nothing.
  case unknown = 0
  case male = 1
  case female = 2

  package var name: String {
    switch self {
    case .unknown: "unknown"
    case .male: "male"
    case .female: "female"
    }
  }
  package init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}

package enum PersonStatus: UInt8, Sendable, CaseIterable, BitwiseCopyable {
  case active = 0
  case dead, missing, numberCancelled, leftNationality, unknown

  package var name: String {
    switch self {
    case .active: "active"
    case .dead: "dead"
    case .missing: "missing"
    case .numberCancelled: "number_cancelled"
    case .leftNationality: "left_nationality"
    case .unknown: "unknown"
    }
  }
  package init?(name: String) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }
}
