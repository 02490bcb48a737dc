// The result of the extract stage, which the match stage reads: sorted runs, and the counts that the ledger
// starts from.
// Invariant: the runs come from one reading of both exports: a ``Place`` holds the index of a file of this
// snapshot. Of an export that is a series, the files are the base's and then the deltas', in their order.

package import Values

/// One sorted run on disk, or a piece of one.
package struct SortedRun: Hashable, Sendable, Codable {
  /// The file's name inside the folder of its stage.
  package var name: String
  package var recordCount: Int
  package var byteCount: Int
  package var firstKey: UInt64
  package var lastKey: UInt64
}

/// One file of an export, with what was read from it.
package struct StagedFile: Hashable, Sendable, Codable {
  package var export: ExportKind
  /// The name that lineage shows.
  package var name: String
  /// Records the extractor handed on, after lists of cards were split.
  package var recordCount: Int
  /// How many of these are in quarantine.
  package var quarantinedCount: Int
  package var byteCount: Int
  /// What goes around records that go back to the supplier; nil where none is in quarantine, and in results of versions that
  /// did not keep it.
  package var envelope: Envelope?
  /// How many of these are lines that are no records; nil in snapshots of earlier versions.
  package var notRecordCount: Int?

  /// Its number in a series; nil for a file of an export that is always delivered whole.
  package var sequence: Int?
  /// Whether it is a delta; nil for a full export.
  package var holdsChanges: Bool?
  /// Records of a delta by operation; nil for a full export.
  package var upsertCount: Int?
  package var deleteCount: Int?

  package init(export: ExportKind, name: String, recordCount: Int, quarantinedCount: Int, byteCount: Int) {
    self.export = export
    self.name = name
    self.recordCount = recordCount
    self.quarantinedCount = quarantinedCount
    self.byteCount = byteCount
  }
}

/// The header or root element of an export file: the text before and after the records, in UTF-8.
package struct Envelope: Hashable, Sendable, Codable {
  package var before: [UInt8]
  package var after: [UInt8]
  /// The bytes that end each record.
  package var recordEnd: [UInt8]
  /// Whether the file was in another encoding than UTF-8.
  package var isConverted: Bool

  package init(before: [UInt8], after: [UInt8], recordEnd: [UInt8], isConverted: Bool) {
    (self.before, self.after) = (before, after)
    (self.recordEnd, self.isConverted) = (recordEnd, isConverted)
  }
}

/// Both exports, staged: every record is in `population`, `insurance` or `quarantine`.
package struct StagedSnapshot: Hashable, Sendable, Codable {
  /// Grouped by export, in the order of ``Place/file``.
  package var files: [StagedFile]
  /// ``PopulationRecord`` by ``LinkKey/personal(_:)``.
  package var population: [SortedRun]
  /// Another number (key, as ``LinkKey/legacy(_:)`` or, for an earlier personal ID number, ``LinkKey/personal(_:)``) →
  /// ``NumberHolder`` (8 bytes), one for each that a population record names.
  package var legacy: [SortedRun]
  /// ``InsuranceRecord`` by ``LinkKey``.
  package var insurance: [SortedRun]
  /// ``QuarantinedRecord`` by the personal ID number in it, or ``LinkKey/missing``.
  package var quarantine: [SortedRun]
  /// Records without a value by export and field, `insurance.facility_code`; 0 for a field that always has
  /// one.
  package var blanks: [String: Int]?
  /// The fault of each damaged file that was kept, by export and name, `insurance/cards.xml`; nil if there
  /// are none.
  package var damaged: [String: String]?

  /// The ``ChangeRecord``s of the deltas, by identity; nil without deltas, and once they are applied.
  package var changes: [ExportKind: [SortedRun]]?
  /// How deltas changed the base, for each export that has them; nil if none has.
  package var series: [SeriesLedger]?

  package init() { (files, population, legacy, insurance, quarantine) = ([], [], [], [], []) }

  /// Whether a file of an export was read only up to a fault, so that records may be missing.
  package func isDamaged(_ export: ExportKind) -> Bool {
    damaged?.keys.contains { $0.hasPrefix(export.name + "/") } ?? false
  }

  /// The files of one export, in the order of ``Place/file``.
  package func files(of export: ExportKind) -> [StagedFile] { files.filter { $0.export == export } }
}
