// The progress reports of a run.
// Invariant: only names of stages and files, counts and times; nothing from a record.

import Values
package import Workspace

/// The stages call it, the command shows it.
package protocol Progress: Sendable {
  /// A stage begins.
  func begin(_ stage: StageName, note: String)
  /// Work done so far, in units of the stage; called now and then from any thread.
  func advance(_ stage: StageName, done: Int, of total: Int, unit: String)
  func end(_ stage: StageName, records: Int, seconds: Double, note: String)
  func note(_ text: String)
  /// Something to write to the log.
  func event(_ event: RunEvent)
}

extension Progress {
  package func event(_ event: RunEvent) {}
}
