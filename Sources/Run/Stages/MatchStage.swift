// The match stage of a run: gives every staged record one outcome.
// Invariant: the result is kept only if the ledger balances.

import Match
import Rules
import SortedRuns
import Synchronization
package import Values
import Workspace

extension Night {
  func match(_ staged: StagedSnapshot, into folder: String) throws(Stop) -> (MatchedSnapshot, Int) {
    guard let extracted = run.finished(.extract) else {
      throw .defect("the match stage without an extract stage before it")
    }
    let book = try DecisionBook(workspace.path)
    var applied = AppliedDecisions(book)
    let decisions = Decisions(book.inForce)
    var request = MatchRequest(
      snapshot: staged, stagedFolder: reader.folder(of: extracted), folder: folder, asOf: options.asOf,
      threads: options.threads, memoryBytes: options.memoryBytes, decisions: decisions)
    request.tell(progress)
    let matched = try Match.match(request, after: storeBefore())
    let ledger = try Ledger.balanced(staged, matched)
    applied?.linked = try matched.linkedByDecision(decisions, in: folder)
    let armedForces = pipeline.insurance.armedForces
    try update {
      $0.matched.armedForces = armedForces.isEmpty ? nil : armedForces
      $0.extracted.blanks = staged.blanks ?? [:]
      $0.extracted.damaged = staged.damaged
      $0.extracted.series = staged.series
      $0.matched.ledger = ledger
      $0.matched.reasons = matched.reasonCounts
      $0.matched.withoutReason = matched.plainCounts
      $0.matched.populationReasons = matched.populationReasonCounts
      $0.matched.places = matched.placeCounts
      $0.matched.residents = matched.residentCounts
      $0.matched.missingByGroup = matched.missingByGroup
      $0.matched.ownNumbers = matched.ownNumbers
      $0.matched.decisions = applied
      $0.matched.grace = matched.grace
    }
    return (matched, staged.files.reduce(0) { $0 + $1.recordCount })
  }
}

extension MatchRequest {
  /// Reports how many people are done.
  package mutating func tell(_ listener: any Progress) {
    let people = snapshot.files(of: .population).reduce(0) {
      $0 + $1.recordCount - $1.quarantinedCount - ($1.notRecordCount ?? 0)
    }
    let met = Sum()
    progress = { records in
      listener.advance(.match, done: min(met.add(records), people), of: people, unit: "people")
    }
  }
}

/// A sum that several threads add to.
private final class Sum: Sendable {
  private let value = Atomic<Int>(0)

  func add(_ more: Int) -> Int { value.add(more, ordering: .relaxed).newValue }
}

extension Stop {
  /// A state that cardlink's own code should make impossible.
  package static func defect(_ found: String) -> Stop {
    Stop(
      .internalError, at: "cardlink", expected: "a sound state", found: found,
      remedy: "Nothing that was in force has changed. This is a defect of cardlink: please report it.")
  }
}
