// The result of one stager: sorted runs of one file's records, and counts for the ledger.
// Invariant: recordCount = records in the runs of population, insurance or changes + quarantinedCount + notRecordCount.

package import Rules
package import SortedRuns
package import Values

/// The staged records of one file, or of the part of it that one stager read.
package struct StagedPart: Hashable, Sendable {
  package var population: [SortedRun] = []
  package var legacy: [SortedRun] = []
  package var insurance: [SortedRun] = []
  package var quarantine: [SortedRun] = []
  /// The ``ChangeRecord``s of a delta, by identity: its records in place of those in the runs above, except records in
  /// quarantine without an identity.
  package var changes: [SortedRun] = []
  /// Records, after lists were split.
  package var recordCount = 0
  package var quarantinedCount = 0
  /// Lines that are not records, such as totals; counted among the records read.
  package var notRecordCount = 0
  /// Deletes, which have no fields besides their identity.
  package var deleteCount = 0
  /// Records of a delta by operation, those in quarantine too.
  package var upsertCount = 0
  package var allDeleteCount = 0
  /// How many records have each reason or note.
  package var reasonCounts: [Reason: Int] = [:]
  /// How many records have no value in each field that the pipeline file names.
  package var blankCounts: [Field: Int] = [:]
  /// Whether the file has elements outside its records.
  package var hasOtherElements = false

  /// Records whose text is not in the expected encoding.
  package var misreadCount: Int {
    reasonCounts[.encoding, default: 0] + reasonCounts[.nameMojibake, default: 0]
  }

  package init() {}

  /// Adds the result of another stager for the same file.
  package mutating func add(_ other: StagedPart) {
    population += other.population
    legacy += other.legacy
    insurance += other.insurance
    quarantine += other.quarantine
    changes += other.changes
    deleteCount += other.deleteCount
    upsertCount += other.upsertCount
    allDeleteCount += other.allDeleteCount
    recordCount += other.recordCount
    quarantinedCount += other.quarantinedCount
    notRecordCount += other.notRecordCount
    reasonCounts.merge(other.reasonCounts, uniquingKeysWith: +)
    blankCounts.merge(other.blankCounts, uniquingKeysWith: +)
    hasOtherElements = hasOtherElements || other.hasOtherElements
  }

  /// All its runs.
  package var runs: [SortedRun] { population + legacy + insurance + quarantine + changes }
}
