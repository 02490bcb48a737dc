// The steps of the match, in order.
// Invariant: a step's ranges run on several threads; their results are added in the order of the ranges.

import Files
import SortedRuns
import Threads
import Values

/// A match in progress.
struct Matching {
  private let request: MatchRequest
  private let before: StoreBefore?
  let syncing: RunSync
  private var matched = MatchedSnapshot()
  private var tally: Tally
  private var personless = PersonlessRuns()
  /// Insurance records under the personal ID number that a 9-digit number or an officer's decision leads to.
  private var resolved: [SortedRun] = []
  /// Where earlier personal ID numbers lead; see ``PreviousNumbers``.
  private var moves: [SortedRun] = []
  private var personRanges: [(part: Int, start: UInt64, end: UInt64)] = []
  private let claimed: ClaimedNumbers
  private var claimLogs: [ClaimLog.Written] = []
  private var repairedHits: [SortedRun] = []
  private var otherNumbers: [OtherNumberRuns] = []
  /// Linked records that are disputed after all; see ``WaitingRecords``.
  private var heldBack: [SortedRun] = []
  /// Runs that only the match reads, removed at its end.
  private var passing: [SortedRun] = []

  init(_ request: MatchRequest, _ before: StoreBefore?) {
    self.request = request
    self.before = before
    syncing = RunSync(folder: request.folder)
    tally = request.tally
    claimed = ClaimedNumbers(request)
  }

  /// Ends the records without a number, and finds the persons of 9-digit numbers and of officers' decisions.
  mutating func resolveNumbers() throws(Stop) {
    let legacyRanges = try request.ranges(
      of: request.snapshot.legacy + request.snapshot.insurance, in: request.stagedFolder,
      from: LinkKey.firstLegacy.packed, to: LinkKey.firstPersonal.packed)
    // The first part is the records without a number.
    let ranges: [(part: Int, start: UInt64, end: UInt64)?] = [nil] + legacyRanges.map { $0 }
    let parts = try inOrder(ranges, width: request.threads) { [request] (range) throws(Stop) in
      guard let range else { return try UnusableNumbers(request: request).run() }
      return try LegacyJoin(request: request, part: range.part, start: range.start, end: range.end).run()
    }
    for part in parts { add(part) }
    try followPreviousNumbers()
    resolved += personless.routed
    resolved += try GivenRecords(request: request, moves: moves).run()
    resolved = try compact(resolved, "resolved")
    passing += resolved
  }

  /// Sends the records that hold an earlier number to the person who has another one today.
  private mutating func followPreviousNumbers() throws(Stop) {
    moves = try PreviousNumbers(request: request).moves()
    passing += moves
    guard !moves.isEmpty else { return }
    resolved = try compact(resolved, "resolved-by-9-digits")
    let ranges = try request.ranges(
      of: moves, in: request.folder, from: LinkKey.firstPersonal.packed, to: LinkKey.end.packed)
    let parts = try inOrder(ranges, width: request.threads) {
      [request, moves, resolved] (range) throws(Stop) in
      try MovedRecords(
        request: request, moves: moves, resolved: resolved, part: range.part, start: range.start,
        end: range.end
      ).run()
    }
    for part in parts { add(part) }
  }

  private mutating func add(_ part: NumberlessPart) {
    resolved += part.resolved
    matched.findings += part.findings
    personless.add(part.personless)
    tally.add(part.tally)
  }

  /// Joins both exports on the personal ID number.
  mutating func join() throws(Stop) {
    personRanges = try request.ranges(
      of: request.snapshot.population + request.snapshot.insurance, in: request.stagedFolder,
      from: LinkKey.firstPersonal.packed, to: LinkKey.end.packed)
    let joined = try inOrder(personRanges, width: request.threads) {
      [request, claimed, syncing, resolved, moves, repaired = personless.repaired] (range) throws(Stop) in
      let part = try PersonJoin(
        request: request, resolved: resolved, moves: moves, repaired: repaired, claimed: claimed,
        part: range.part,
        start: range.start, end: range.end
      ).run()
      if let judged = part.judged { syncing.add([judged]) }
      return part
    }
    for part in joined {
      if let judged = part.judged { matched.judged.append(judged) }
      matched.findings += part.findings
      personless.add(part.personless)
      claimLogs.append(part.claims)
      repairedHits += part.repairedHits
      otherNumbers.append(part.others)
      tally.add(part.tally)
    }
    passing += personless.repaired
  }

  /// Disputes the records that name another person's number; all other records that name one claim their insurance number.
  mutating func disputeOtherNumbers() throws(Stop) {
    let asked = try compact(otherNumbers.flatMap(\.asked), "asked")
    let registered = otherNumbers.map(\.registered)
    let waiting = otherNumbers.compactMap(\.waiting)
    passing += asked + waiting
    guard !waiting.isEmpty else { return try remove(registered) }
    let ranges = registered.indices.map { (part: $0, numbers: registered[$0]) }
    let found = try inOrder(ranges, width: request.threads) { [request, moves] (range) throws(Stop) in
      try RegisteredNumbers(
        request: request, asked: asked, registered: range.numbers, moves: moves, part: range.part
      ).found()
    }
    try remove(registered)
    let named = try compact(found.flatMap(\.self), "named-two")
    let logs = personRanges.count
    let parts = waiting.indices.map { (part: $0, records: waiting[$0]) }
    let ended = try inOrder(parts, width: request.threads) { [request, claimed] (item) throws(Stop) in
      try WaitingRecords(
        request: request, waiting: item.records, found: named, claimed: claimed, part: item.part,
        logPart: logs + item.part
      ).run()
    }
    for part in ended {
      heldBack += part.heldBack
      matched.findings += part.findings
      claimLogs.append(part.claims)
      tally.add(part.tally)
    }
    passing += named
  }

  private func remove(_ logs: [NumberLog.Written]) throws(Stop) {
    for log in logs { try log.remove(from: request.folder) }
  }

  /// Holds back the records whose insurance number is claimed by records of two or more persons.
  mutating func holdSharedNumbers() throws(Stop) {
    let claims = try suspectClaims()
    let ranges = try request.ranges(of: claims, in: request.folder, from: 0, to: .max)
    let shared = try inOrder(ranges, width: request.threads) { [request] (range) throws(Stop) in
      try NumberClaims(
        request: request, claims: claims, part: range.part, start: range.start, end: range.end
      ).shared()
    }
    matched.shared = try compact(shared.flatMap(\.self) + heldBack, "shared")
    let parts = matched.judged.indices.map { (part: $0, judged: matched.judged[$0]) }
    let held = try inOrder(parts, width: request.threads) {
      [request, shared = matched.shared] (item) throws(Stop) in
      try SharedNumbers(request: request, judged: item.judged, shared: shared, part: item.part).run()
    }
    for part in held {
      matched.findings += part.findings
      tally.add(part.tally)
    }
    matched.findings = try compact(matched.findings, "findings")
    syncing.add(matched.shared + matched.findings)
  }

  /// Sorts the claims on numbers that may have been claimed more than once.
  private mutating func suspectClaims() throws(Stop) -> [SortedRun] {
    let logs = claimLogs.indices.map { (part: $0, log: claimLogs[$0]) }
    let suspects = try inOrder(logs, width: request.threads) {
      [request, claimed, isDone = before == nil] (item) throws(Stop) in
      let runs = try item.log.sorted(claimed.again, request, name: "suspects-\(item.part)")
      if isDone { try item.log.remove(from: request.folder) }
      return runs
    }
    let claims = try compact(suspects.flatMap(\.self), "suspects")
    passing += claims
    return claims
  }

  /// Keeps persons of the previous store who link to nothing today.
  mutating func keepInGrace() throws(Stop) {
    guard let before else { return }
    let kept = try Grace(request: request, before: before, matched: matched, claims: claimLogs).run()
    (matched.kept, matched.keptSources, matched.grace) = (kept.runs, kept.sources, kept.counts)
    for log in claimLogs { try log.remove(from: request.folder) }
  }

  /// Finds candidates for the records that lead to no person.
  mutating func findCandidates() throws(Stop) {
    let sought = try compact(personless.sought, "sought")
    passing += sought
    matched.candidates = try CandidateSearch(
      request: request, sought: sought, repairedHits: repairedHits, ranges: personRanges
    ).run()
    syncing.add(matched.candidates)
  }

  /// Removes the runs that only the match reads, and adds the counts.
  mutating func finish() throws(Stop) -> MatchedSnapshot {
    for run in passing { try Folder.remove(request.folder + "/" + run.name) }
    matched.populationCounts = tally.outcomeCounts(.population)
    matched.insuranceCounts = tally.outcomeCounts(.insurance)
    matched.reasonCounts = tally.reasonCounts(.insurance)
    matched.populationReasonCounts = tally.reasonCounts(.population)
    matched.plainCounts = tally.plainCounts()
    matched.placeCounts = tally.placeCounts()
    let residents = tally.residentCounts()
    matched.residentCounts = residents.isEmpty ? nil : residents
    matched.missingByGroup = tally.groupCounts()
    matched.ownNumbers = tally.ownNumbers
    try syncing.wait()
    return matched
  }

  private func compact(_ runs: [SortedRun], _ name: String) throws(Stop) -> [SortedRun] {
    try compacted(runs, in: request.folder, name: name, synced: false)
  }
}
