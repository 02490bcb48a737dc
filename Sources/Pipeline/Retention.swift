// What a workspace keeps after a run, by the pipeline file.

/// What is kept after a run.
package struct Retention: Hashable, Sendable {
  /// How many runs keep their staged records and quarantine, for `explain` and `rerun`.
  package var staged = 1
  /// How many stores are kept besides the one in force, for `rollback`.
  package var stores = 2
  /// For how many days, counted in business dates, the history says what was known; 0 for no history.
  package var history = 400
  /// Anything older than this many days is removed.
  package var days: Int?

  package init() {}
}
