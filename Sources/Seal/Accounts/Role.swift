// What a person at the console may do.

package enum Role: String, Sendable, CaseIterable {
  /// Figures, no persons.
  case viewer
  /// Persons, and decisions on records.
  case officer
  /// Runs, releases and rollbacks; confirms decisions.
  case supervisor
  /// The audit log alone.
  case auditor
  /// Card checks alone.
  case clerk
}
