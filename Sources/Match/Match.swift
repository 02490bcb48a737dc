// The match stage: links insurance records to persons, and writes a finding for every record that does not link.
// Invariant: every staged record ends in exactly one outcome. The result depends on the records and the business date
// alone, not on threads, memory or the order of files.
// Load: 100 million persons and 90 million insurance records, streamed by ranges of keys; the memory that the request
// allows for sorting, and a block of 64 KiB for each run that a thread reads.

import Files
package import Rules
package import SortedRuns
package import Values

/// The input, the output folder, and the memory and threads to use.
package struct MatchRequest: Sendable {
  package var snapshot: StagedSnapshot
  /// Where the snapshot's runs are.
  package var stagedFolder: String
  /// An empty folder to write into.
  package var folder: String
  /// The business date.
  package var asOf: CalendarDate
  package var threads: Int
  /// For sorting and for blocks; each thread takes some KiB at least.
  package var memoryBytes: Int
  /// Officers' decisions in force.
  package var decisions: Decisions
  /// Called by any thread, now and then, with the number of population records read since its last call.
  package var progress: @Sendable (_ records: Int) -> Void = { _ in }

  package init(
    snapshot: StagedSnapshot, stagedFolder: String, folder: String, asOf: CalendarDate, threads: Int,
    memoryBytes: Int, decisions: Decisions = Decisions()
  ) {
    self.snapshot = snapshot
    self.stagedFolder = stagedFolder
    self.folder = folder
    self.asOf = asOf
    self.threads = max(1, threads)
    self.memoryBytes = max(memoryBytes - decisions.byteCount, memoryBytes / 4)
    self.decisions = decisions
  }

  /// Memory of one sorter.
  ///
  /// A thread fills two, which may take twice their memory while they grow; all others together hold a few
  /// per cent of the records.
  var sorterBytes: Int {
    let runs = snapshot.population.count + snapshot.insurance.count
    let blocks = threads * runs * 72 << 10
    return max(memoryBytes - blocks, memoryBytes / 4) / threads / 4
  }

  /// An empty tally.
  var tally: Tally {
    Tally(fileCounts: (snapshot.files(of: .population).count, snapshot.files(of: .insurance).count))
  }

  /// Cuts keys into about four ranges per thread, so that the other threads need not wait for one large range.
  func ranges(
    of runs: [SortedRun], in folder: String, from start: UInt64, to end: UInt64
  ) throws(Stop) -> [(part: Int, start: UInt64, end: UInt64)] {
    let parts = threads == 1 ? 1 : 4 * threads
    let cuts = [start] + (try splitKeys(of: runs, in: folder, parts: parts, from: start, to: end)) + [end]
    return cuts.indices.dropLast().map { (part: $0, start: cuts[$0], end: cuts[$0 + 1]) }
  }
}

/// Active persons of the population who live in one province.
package struct ResidentCounts: Hashable, Sendable, Codable {
  package var persons: Int
  /// Those of them with a linked card.
  package var withCard: Int

  package init(persons: Int, withCard: Int) { (self.persons, self.withCard) = (persons, withCard) }
}

/// What the match stage leaves on disk for the load stage.
package struct MatchedSnapshot: Hashable, Sendable, Codable {
  /// Persons with their cards, in key order; see `JudgedRecords.swift`.
  package var judged: [SortedRun] = []
  /// The format version of these; results from before versions were recorded have none.
  package var judgedFormat: Int? = currentJudgedFormat
  package static let currentJudgedFormat = 2
  /// The cards among them that are held back: person's key, place.
  ///
  /// One byte of payload if the record is disputed because it names another person's number; none if another person
  /// claims its insurance number.
  package var shared: [SortedRun] = []
  /// By export, then place.
  package var findings: [SortedRun] = []
  /// Candidates of records without a person: by export, then place; see `CandidateSearch.swift`.
  package var candidates: [SortedRun] = []
  /// Records by file index, then ``Outcome/rawValue``.
  package var populationCounts: [[Int]] = []
  package var insuranceCounts: [[Int]] = []
  /// `outcome/reason` → insurance records; of linked ones, `linked/note`.
  package var reasonCounts: [String: Int] = [:]
  /// `outcome/reason` → population records.
  package var populationReasonCounts: [String: Int] = [:]
  /// Insurance records that did not link and have no reason, by outcome.
  package var plainCounts: [String: Int] = [:]
  /// Insurance records by ``BirthPlace/code``, then outcome.
  package var placeCounts: [String: [String: Int]] = [:]
  /// Active persons by ``Residence/text``; nil if the export has no residence.
  package var residentCounts: [String: ResidentCounts]?
  /// Insurance records that end as `id_missing` by the card's group, two letters; empty: without a card number.
  package var missingByGroup: [String: Int] = [:]
  /// Nil in results of versions that did not count them.
  package var ownNumbers: OwnNumbers?
  /// Persons of the previous store who are kept in grace, in key order; see `Written/KeptRecord.swift`.
  package var kept: [SortedRun]?
  /// The sources of their cards, by ``CardRow/fileIndex``.
  package var keptSources: [KeptSource]?
  /// Nil without grace or without a previous store.
  package var grace: GraceCounts?

  package init() {}

  /// How many records of one export have this outcome, over all files.
  package func count(_ export: ExportKind, _ outcome: Outcome) -> Int {
    (export == .population ? populationCounts : insuranceCounts).reduce(0) { $0 + $1[Int(outcome.rawValue)] }
  }
}

/// Links insurance records to persons.
///
/// - Parameter before: the store whose persons are kept for a time if today's data about them is doubtful.
/// - Returns: what ``MatchedPersons`` and ``MatchedFindings`` read, and the counts for the ledger.
/// - Throws: ``Stop`` if a staged file is damaged or the disk fails.
/// - Complexity: one pass over both exports and one more over the population; 24 bytes for each linked record
///   are written and read once, or twice with a previous store; four bytes are written for each person.
package func match(_ request: MatchRequest, after before: StoreBefore? = nil) throws(Stop) -> MatchedSnapshot
{
  var matching = Matching(request, before)
  defer { matching.syncing.abandon() }
  try matching.resolveNumbers()
  try matching.join()
  try matching.disputeOtherNumbers()
  try matching.holdSharedNumbers()
  try matching.keepInGrace()
  try matching.findCandidates()
  return try matching.finish()
}
