// The closed code lists of a person: sex and status.
// Invariant: staged files hold the raw values, which never change; names are the contract's canonical values.

package enum Sex: UInt8, NamedCase, BitwiseCopyable {
  /// The export says so, or has no value.
  case unknown = 0
  case male = 1
  case female = 2

  package static let names = snakeCaseNames(of: allCases)
}

package enum PersonStatus: UInt8, NamedCase, BitwiseCopyable {
  case active = 0
  case dead, missing, numberCancelled, leftNationality, unknown

  package static let names = snakeCaseNames(of: allCases)
}
