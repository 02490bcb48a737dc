// What a run says while it works.
// Invariant: nothing of a record is ever said, only names of stages and files, counts and times.

import Values
package import Workspace

/// Told by the stages, shown by the command.
package protocol Progress: Sendable {
  /// A stage begins; `total` records or bytes, if known.
  func begin(_ stage: StageName, note: String)
  /// Work done so far, in units of the stage; called now and then from any thread.
  func advance(_ stage: StageName, done: Int, of total: Int, unit: String)
  func end(_ stage: StageName, records: Int, seconds: Double, note: String)
  func note(_ text: String)
  /// Something that the log of the night should hold.
  func event(_ event: RunEvent)
}

extension Progress {
  package func event(_ event: RunEvent) {}
}
