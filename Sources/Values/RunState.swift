// How far a run has come, in the words of run.json, the store, `status` and the metrics.

/// How far a run has come.
package enum RunState: String, Hashable, Sendable, Codable {
  case running, failed, held, done
  /// Recorded as running, but no process holds the workspace. Derived when a record is read; never written.
  case cutOff = "cut_off"
}
