// The match stage: insurance records → persons → linked cards, and findings for all the rest.
// Invariant: every staged record ends in exactly one outcome; the answer depends on the records and the business date
// only, not on threads, memory or the order of files.
// Load: 100 million × 90 million records, streamed by ranges of keys; memory for sorting as asked for, and a block
// of 64 KiB for each run that a thread reads.

import Files
package import SortedRuns
import Threads
package import Values

/// What to match, where, and with how much of the machine.
package struct MatchRequest: Sendable {
  package var snapshot: StagedSnapshot
  /// Where the snapshot's runs are.
  package var stagedFolder: String
  /// An empty folder to write into.
  package var folder: String
  /// The business date.
  package var asOf: CalendarDate
  package var threads: Int
  /// For sorting and for blocks; a floor of some KiB per thread holds.
  package var memoryBytes: Int
  /// Officers' decisions in force.
  package var decisions: Decisions
  /// Told by any thread, now and then, how many more population records have been met.
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

  /// Memory of one sorter: a thread fills two, which may hold as much again while they grow; all others together
  /// hold a few per cent of the records.
  var sorterBytes: Int {
    let runs = snapshot.population.count + snapshot.insurance.count
    let blocks = threads * runs * 72 << 10
    return max(memoryBytes - blocks, memoryBytes / 4) / threads / 4
  }

  /// A tally of nothing.
  var tally: Tally {
    Tally(fileCounts: (snapshot.files(of: .population).count, snapshot.files(of: .insurance).count))
  }

  /// Cuts for about four parts per thread, so that a heavy part doesn't keep the other threads waiting.
  func ranges(
    of runs: [SortedRun], in folder: String, from start: UInt64, to end: UInt64
  ) throws(Stop) -> [(part: Int, start: UInt64, end: UInt64)] {
    let parts = threads == 1 ? 1 : 4 * threads
    let cuts = [start] + (try splitKeys(of: runs, in: folder, parts: parts, from: start, to: end)) + [end]
    return cuts.indices.dropLast().map { (part: $0, start: cuts[$0], end: cuts[$0 + 1]) }
  }
}

/// What the match stage leaves on disk for the load stage.
package struct MatchedSnapshot: Hashable, Sendable, Codable {
  /// Persons with their cards, in key order; see `JudgedRecords.swift`.
  package var judged: [SortedRun] = []
  /// How these are written; results of before this was noted have none.
  package var judgedFormat: Int? = currentJudgedFormat
  package static let currentJudgedFormat = 2
  /// The cards among them that are held back: person's key, place.
  package var shared: [SortedRun] = []
  /// By export, then place.
  package var findings: [SortedRun] = []
  /// Who may be meant by records without a person: by export, then place; see `CandidateSearch.swift`.
  package var candidates: [SortedRun] = []
  /// Records by file index, then ``Outcome/rawValue``.
  package var populationCounts: [[Int]] = []
  package var insuranceCounts: [[Int]] = []
  /// `outcome/reason` → insurance records; of linked ones, `linked/note`.
  package var reasonCounts: [String: Int] = [:]
  /// `outcome/reason` → population records.
  package var populationReasonCounts: [String: Int] = [:]
  /// Insurance records that did not link and bear no reason, by outcome.
  package var plainCounts: [String: Int] = [:]
  /// Insurance records by ``BirthPlace/code``, then outcome.
  package var placeCounts: [String: [String: Int]] = [:]
  /// Insurance records that end as `id_missing` by the card's group, two letters; empty: without a card number.
  package var missingByGroup: [String: Int] = [:]
  /// Persons of the store before who are kept in grace, in key order; see `Written/KeptRecord.swift`.
  package var kept: [SortedRun]?
  /// Where their cards come from, by ``CardRow/fileIndex``.
  package var keptSources: [KeptSource]?
  /// Nil if grace isn't asked for or there is no store before.
  package var grace: GraceCounts?

  package init() {}

  /// Records of one export that ended so, over all files.
  package func count(_ export: ExportKind, _ outcome: Outcome) -> Int {
    (export == .population ? populationCounts : insuranceCounts).reduce(0) { $0 + $1[Int(outcome.rawValue)] }
  }
}

/// Links insurance records to persons.
///
/// - Parameter before: the store whose people are kept for a time if today's data about them is only doubtful.
/// - Returns: what ``MatchedPersons`` and ``MatchedFindings`` read, and the counts for the ledger.
/// - Throws: ``Stop`` if a staged file is damaged or the disk fails.
/// - Complexity: one pass over both exports and one more over the population, and 24 bytes per linked record that are
///   written and read once, with a store before twice.
package func match(_ request: MatchRequest, after before: StoreBefore? = nil) throws(Stop) -> MatchedSnapshot
{
  let snapshot = request.snapshot
  var matched = MatchedSnapshot()
  var tally = request.tally
  let syncing = RunSync(folder: request.folder)
  defer { syncing.abandon() }

  // Records that have no number to join on; 9-digit numbers become personal ID numbers.
  let legacyRanges = try request.ranges(
    of: snapshot.legacy + snapshot.insurance, in: request.stagedFolder, from: LinkKey.firstLegacy.packed,
    to: LinkKey.firstPersonal.packed)
  let numberlessRanges: [(part: Int, start: UInt64, end: UInt64)?] = [nil] + legacyRanges.map { $0 }
  let numberless = try inOrder(numberlessRanges, width: request.threads) { (range) throws(Stop) in
    guard let range else { return try UnusableNumbers(request: request).run() }
    return try LegacyJoin(request: request, part: range.part, start: range.start, end: range.end).run()
  }
  var personless = PersonlessRuns()
  var resolved: [SortedRun] = []
  for part in numberless {
    resolved += part.resolved
    matched.findings += part.findings
    personless.add(part.personless)
    tally.add(part.tally)
  }
  // Officers' decisions send records to persons whom they don't name.
  resolved += personless.routed
  resolved += try GivenRecords(request: request).run()
  resolved = try compacted(resolved, in: request.folder, name: "resolved", synced: false)

  // Both exports meet.
  let personRanges = try request.ranges(
    of: snapshot.population + snapshot.insurance, in: request.stagedFolder,
    from: LinkKey.firstPersonal.packed,
    to: LinkKey.end.packed)
  let claimed = ClaimedNumbers(request)
  let joined = try inOrder(personRanges, width: request.threads) {
    [resolved, repaired = personless.repaired] (range) throws(Stop) in
    let part = try PersonJoin(
      request: request, resolved: resolved, repaired: repaired, claimed: claimed, part: range.part,
      start: range.start, end: range.end
    ).run()
    if let judged = part.judged { syncing.add([judged]) }
    return part
  }
  var repairedHits: [SortedRun] = []
  for part in joined {
    if let judged = part.judged { matched.judged.append(judged) }
    matched.findings += part.findings
    personless.add(part.personless)
    repairedHits += part.repairedHits
    tally.add(part.tally)
  }

  // Numbers that two persons claim.
  let logs = joined.indices.map { (part: $0, log: joined[$0].claims) }
  let suspects = try inOrder(logs, width: request.threads) {
    [isDone = before == nil] (item) throws(Stop) in
    let runs = try item.log.sorted(claimed.again, request, name: "suspects-\(item.part)")
    if isDone { try item.log.remove(from: request.folder) }
    return runs
  }
  let claims = try compacted(
    suspects.flatMap(\.self), in: request.folder, name: "suspects", synced: false)
  let claimRanges = try request.ranges(of: claims, in: request.folder, from: 0, to: .max)
  let shared = try inOrder(claimRanges, width: request.threads) { [claims] (range) throws(Stop) in
    try NumberClaims(
      request: request, claims: claims, part: range.part, start: range.start, end: range.end
    ).shared()
  }
  matched.shared = try compacted(
    shared.flatMap(\.self), in: request.folder, name: "shared", synced: false)
  let parts = matched.judged.indices.map { (part: $0, judged: matched.judged[$0]) }
  let held = try inOrder(parts, width: request.threads) { [shared = matched.shared] (item) throws(Stop) in
    try SharedNumbers(request: request, judged: item.judged, shared: shared, part: item.part).run()
  }
  for part in held {
    matched.findings += part.findings
    tally.add(part.tally)
  }
  matched.findings = try compacted(matched.findings, in: request.folder, name: "findings", synced: false)
  syncing.add(matched.shared + matched.findings)

  // Who was in force last night and must not lapse suddenly.
  if let before {
    let kept = try Grace(
      request: request, before: before, matched: matched, claims: joined.map(\.claims)
    ).run()
    (matched.kept, matched.keptSources, matched.grace) = (kept.runs, kept.sources, kept.counts)
    for (_, log) in logs { try log.remove(from: request.folder) }
  }

  // Who may be meant by the records that lead to nobody.
  let sought = try compacted(personless.sought, in: request.folder, name: "sought", synced: false)
  matched.candidates = try CandidateSearch(
    request: request, sought: sought, repairedHits: repairedHits, ranges: personRanges
  ).run()
  syncing.add(matched.candidates)

  for run in resolved + claims + sought + personless.repaired {
    try Folder.remove(request.folder + "/" + run.name)
  }
  matched.populationCounts = tally.outcomeCounts(.population)
  matched.insuranceCounts = tally.outcomeCounts(.insurance)
  matched.reasonCounts = tally.reasonCounts(.insurance)
  matched.populationReasonCounts = tally.reasonCounts(.population)
  matched.plainCounts = tally.plainCounts()
  matched.placeCounts = tally.placeCounts()
  matched.missingByGroup = tally.groupCounts()
  try syncing.wait()
  return matched
}
