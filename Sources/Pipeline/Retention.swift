// What a workspace keeps when a run is done, as the pipeline file says.

/// What is kept when a run is done.
package struct Retention: Hashable, Sendable {
  /// Runs whose staged records and quarantine stay, for `explain` and `rerun`.
  package var staged = 1
  /// Stores beside the one in force, for `rollback`.
  package var stores = 2
  /// Nothing that is older than so many days.
  package var days: Int?

  package init() {}
}
