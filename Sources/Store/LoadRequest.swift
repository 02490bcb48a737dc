// The request for a load and its report: the store's place, its run, its ledger, and counts.

package import Values

/// One run as the view `run` shows it.
package struct StoreRun: Sendable, Hashable, Codable {
  package var runID: Int
  /// The pipeline's name.
  package var pipeline: String
  /// The business date, ISO 8601.
  package var asOf: String
  package var startedAt: String
  /// Nil until the run has finished.
  package var finishedAt: String?
  package var state: RunState

  package init(
    runID: Int, pipeline: String, asOf: String, startedAt: String, finishedAt: String? = nil, state: RunState
  ) {
    self.runID = runID
    self.pipeline = pipeline
    self.asOf = asOf
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.state = state
  }

  /// The state in the view `run`; a run that continues after its load is `loaded`.
  var stateText: String { state == .running ? "loaded" : state.rawValue }
}

/// How many records of one file of an export have one outcome, as the view `ledger` shows it.
package struct LedgerRow: Sendable, Hashable, Codable {
  package var runID: Int
  package var export: String
  package var sourceFile: String
  package var outcome: String
  package var records: Int

  package init(runID: Int, export: String, sourceFile: String, outcome: String, records: Int) {
    self.runID = runID
    self.export = export
    self.sourceFile = sourceFile
    self.outcome = outcome
    self.records = records
  }
}

/// A store to write.
package struct LoadRequest: Sendable {
  /// The store's file.
  ///
  /// It is written under this path and `.partial`, and renamed when whole.
  package var path: String
  /// The run that the rows come from.
  package var runID: Int
  /// All earlier runs and this one.
  package var runs: [StoreRun]
  package var ledger: [LedgerRow]
  /// The files of each export, in the order of ``Place/file``.
  package var populationFiles: [String]
  package var insuranceFiles: [String]
  /// The sources of the cards of persons kept in grace, by ``CardRow/fileIndex``.
  package var keptSources: [KeptSource]
  /// What the history keeps of the store before; nil for nothing.
  package var change: PreparedChange?
  /// The numbers that the population export names besides a person's own; nil if they are not known.
  package var numbers: NumberSource?

  package init(
    path: String, runID: Int, runs: [StoreRun], ledger: [LedgerRow], populationFiles: [String],
    insuranceFiles: [String], keptSources: [KeptSource] = [], change: PreparedChange? = nil,
    numbers: NumberSource? = nil
  ) {
    self.numbers = numbers
    self.path = path
    self.runID = runID
    self.runs = runs
    self.ledger = ledger
    self.populationFiles = populationFiles
    self.insuranceFiles = insuranceFiles
    self.keptSources = keptSources
    self.change = change
  }
}

/// What a load wrote.
package struct LoadReport: Sendable, Hashable, Codable {
  package var persons = 0
  /// Linked insurance records, serving or not.
  package var cards = 0
  /// Persons kept in grace: `persons` includes them, `cards` doesn't include their cards.
  package var kept = 0
  package var findings = 0
  package var byteCount = 0
  /// Whether the history has the change; if not, it is left to `writeHistory`, which reads both stores.
  package var isRemembered = false
}
