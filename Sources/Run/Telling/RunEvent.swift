// The events of a run, for the log that programs read.
// Invariant: an event holds names of stages, files and gates, counts and times; nothing from a record, and no
// text that a person typed. Programs search the logs for these names and keys: change none, add freely.

import Values
package import Workspace

/// One event of a run.
package struct RunEvent: Sendable {
  package enum Name: String, Sendable, CaseIterable {
    case runBegan = "run_began"
    case runResumed = "run_resumed"
    /// Nothing has changed since the run that made what is in force.
    case nothingToDo = "nothing_to_do"
    /// A stage's earlier result is still valid.
    case stageSkipped = "stage_skipped"
    /// A damaged file is read up to its fault.
    case fileDamaged = "file_damaged"
    /// A file has no records, but others of its export have.
    case fileEmpty = "file_empty"
    case gateFailed = "gate_failed"
    case gatesPassed = "gates_passed"
    case released
    case runHeld = "run_held"
    case runFailed = "run_failed"
    case runDone = "run_done"
    case rolledBack = "rolled_back"
    /// Packages without a key to encrypt them to were not written.
    case packagesLeftOut = "packages_left_out"
    /// The metrics file could not be written; the run itself is unaffected.
    case metricsNotWritten = "metrics_not_written"
  }

  package enum Level: Sendable { case info, warning, error }

  /// A value of the log: numbers stay numbers.
  package enum Value: Sendable, Hashable {
    case text(String)
    case count(Int)
    case seconds(Double)
  }

  package var name: Name
  package var level: Level
  package var run: Int?
  package var stage: StageName?
  package var values: [String: Value]
  /// The event in a sentence; on a terminal it is printed between progress lines if `isForTerminal`.
  package var text: String
  package var isForTerminal: Bool
  /// How long each stage took the last time it ran, for an estimate of what is left.
  package var lastSeconds: [StageName: Double] = [:]

  package init(
    _ name: Name, _ level: Level = .info, run: Int? = nil, stage: StageName? = nil,
    _ values: [String: Value] = [:], text: String, isForTerminal: Bool = false
  ) {
    self.name = name
    self.level = level
    self.run = run
    self.stage = stage
    self.values = values
    self.text = text
    self.isForTerminal = isForTerminal
  }
}
