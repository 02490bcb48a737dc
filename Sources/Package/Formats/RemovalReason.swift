// Why a person is no longer among a recipient's people, in one word.
// Invariant: the word doesn't tell where the person is now.

package import Values

package enum RemovalReason: Hashable, Sendable {
  /// Linked as before, but the serving card names another facility, or none.
  case registeredElsewhere
  /// No insurance record names the person any more.
  case notInExport
  /// The records that name the person ended otherwise than linked; of several, the one that came furthest.
  case outcome(Outcome)

  package var word: String {
    switch self {
    case .registeredElsewhere: "registered_elsewhere"
    case .notInExport: "not_in_export"
    case .outcome(let outcome): outcome.name
    }
  }
}
