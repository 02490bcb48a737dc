// Why a person is no longer among a recipient's people, in one word.
// Invariant: the word doesn't tell where the person is now.

package import Values

package enum RemovalReason: Hashable, Sendable {
  /// Linked as before, but the serving card names another facility, or none.
  case registeredElsewhere
  /// The facility has another code now, and the person is in the package of that code.
  case facilityRecoded
  /// No insurance record names the person any more.
  case notInExport
  /// The records that name the person did not link; of several outcomes, the one furthest in the order of the
  /// match.
  case outcome(Outcome)

  package var word: String {
    switch self {
    case .registeredElsewhere: "registered_elsewhere"
    case .facilityRecoded: "facility_recoded"
    case .notInExport: "not_in_export"
    case .outcome(let outcome): outcome.name
    }
  }
}
