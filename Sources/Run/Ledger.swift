// The ledger: every record read ends in exactly one outcome.
// Invariant: for each file of each export, records read = the sum of the outcomes; otherwise the run stops
// before it loads anything.

package import Match
package import SortedRuns
package import Values
package import Workspace

extension StagedFile {
  /// Whether the file has no record, which one line of its ledger shows.
  fileprivate func isEmpty(in outcome: Outcome) -> Bool {
    recordCount == 0 && outcome == (export == .population ? .registered : .linked)
  }
}

package enum Ledger {
  /// The lines of the ledger, in the order of exports, files and outcomes; outcomes without a record are left out, but a
  /// file without records has one line.
  ///
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if a file's records and outcomes don't balance.
  package static func balanced(_ staged: StagedSnapshot, _ matched: MatchedSnapshot) throws(Stop)
    -> [LedgerLine]
  {
    var lines: [LedgerLine] = []
    for export in ExportKind.allCases {
      let outcomes = export == .population ? Outcome.ofPopulation : Outcome.ofInsurance
      for (i, file) in staged.files(of: export).enumerated() {
        let counts = (export == .population ? matched.populationCounts : matched.insuranceCounts)[i]
        let notRecords = file.notRecordCount ?? 0
        let ended = outcomes.reduce(notRecords) { $0 + counts[Int($1.rawValue)] }
        guard ended == file.recordCount, counts.reduce(notRecords, +) == ended,
          counts[Int(Outcome.quarantined.rawValue)] == file.quarantinedCount
        else {
          throw Stop(
            .dataRefused, at: file.name,
            expected: "\(file.recordCount) records read to end in as many outcomes",
            found: "\(ended) outcomes",
            remedy:
              "Nothing was loaded. This is a defect of cardlink: please report it with the ledger above.")
        }
        if notRecords > 0 {
          lines.append(
            LedgerLine(
              export: export.name, sourceFile: file.name, outcome: Outcome.notARecord.name,
              records: notRecords))
        }
        for outcome in outcomes where counts[Int(outcome.rawValue)] > 0 || file.isEmpty(in: outcome) {
          lines.append(
            LedgerLine(
              export: export.name, sourceFile: file.name, outcome: outcome.name,
              records: counts[Int(outcome.rawValue)]))
        }
      }
    }
    return lines
  }
}
