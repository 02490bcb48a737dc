// One record of the work list at a time: both sides, what was decided on it before, and the decision on it.
// Invariant: an item is in the audit log, with the persons whom it shows, before it is read. A decision holds the values that
// the officer saw: if they have changed since, nothing is recorded.
// Load: a few look-ups; for a record without a usable number, a pass over such records.

import Match
package import Rules
package import Store
package import Values
package import Workspace

/// A record on which an officer may decide.
package struct WorkItem: Sendable {
  package var row: Int64
  package var run: Int
  package var finding: StoredFinding
  /// The person whom the record may be about; nil if there are several, or the staged records are gone.
  package var person: FoundPerson?
  package var personID: PersonalID?
  package var record: FoundInsurance?
  /// Earlier decisions on the same record, of all officers.
  package var earlier: [(entry: BookedDecision, act: DecisionAct)]
}

/// A decision, as an officer makes it on one item.
package struct WorkDecision: Sendable {
  package var row: Int64
  /// The digest of what was shown.
  package var digest: String
  package var isAccepted: Bool
  package var because: String
  /// The person, where the record has several candidates.
  package var candidate: String?

  package init(row: Int64, digest: String, isAccepted: Bool, because: String, candidate: String?) {
    (self.row, self.digest, self.isAccepted) = (row, digest, isAccepted)
    (self.because, self.candidate) = (because, candidate)
  }
}

/// What the next match will know and the last one did not.
package struct PendingDecision: Sendable {
  package var entry: BookedDecision
  package var act: DecisionAct
}

extension Desk {
  /// The first of these rows on which no decision is in force and which `isFree`; nil if there is none.
  package func nextUndecided(
    _ rows: [Int64], of list: FindingList, isFree: (Int64) -> Bool
  ) throws(Stop) -> Int64? {
    let decided = try decidedRecords()
    var start = 0
    while start < rows.count {
      let some = rows[start..<min(start + 200, rows.count)].filter(isFree)
      for (row, finding) in try list.store().findings(rows: some) where !finding.isDecided(decided) {
        return row
      }
      start += 200
    }
    return nil
  }

  /// The digests of the decisions in force, by the record's numbers.
  private func decidedRecords() throws(Stop) -> [RecordNumbers: [String]] {
    var decided: [RecordNumbers: [String]] = [:]
    for decision in try DecisionBook(pipeline.workspace).inForce {
      var judged = decision.judged
      decided[RecordNumbers(decision.insuranceNumber, decision.cardNumber), default: []].append(judged.text)
      // Of a record with several candidates, the finding shows its own side alone.
      judged.population = nil
      decided[RecordNumbers(decision.insuranceNumber, decision.cardNumber), default: []].append(judged.text)
    }
    return decided
  }

  /// One record with both sides.
  package func workItem(_ row: Int64, of list: FindingList) throws(Stop) -> WorkItem? {
    guard let finding = try list.store().findings(rows: [row]).first?.finding else { return nil }
    let isDisputed = finding.outcome == Outcome.disputed.name
    let number = isDisputed ? finding.personalID : finding.candidatePersonalID
    var id = number.flatMap { try? PersonalID($0.utf8.span) }
    let last = try? lastStaged(list.run.id)
    if id == nil, let last, let legacy = number.flatMap({ try? LegacyID($0.utf8.span) }) {
      let holders = try lookup(in: last).holders(of: legacy)
      if holders.count == 1 { id = holders[0] }
    }
    try audit(.workItemShown, person: id, run: list.run.id)
    var item = WorkItem(
      row: row, run: list.run.id, finding: finding, personID: id, earlier: try decisions(on: finding))
    guard let last else { return item }
    let lookup = lookup(in: last)
    if let id { item.person = try lookup.population(id).first }
    guard let judged = finding.digest.flatMap({ JudgedFields(text: $0) }) else { return item }
    let held = judged.insurance.held
    let files = last.staged.files(of: .insurance).map(\.name)
    let records =
      if held < .firstLegacy {
        try lookup.insuranceWithoutNumber(Set(finding.numbers.map { [$0] } ?? []))
      } else if let person = held.personalID {
        // A record that leads to the person may hold another number.
        try lookup.insurance(of: person, lookup.population(person))
      } else {
        try lookup.insurance(held)
      }
    let own = records.filter { found in
      Int(found.record.line) == finding.sourceLine && found.place.file < files.count
        && files[found.place.file] == finding.sourceFile
    }
    item.record = own.first { $0.numbers == finding.numbers } ?? own.first
    return item
  }

  private func decisions(on finding: StoredFinding) throws(Stop) -> [(
    entry: BookedDecision, act: DecisionAct
  )] {
    guard let numbers = finding.numbers else { return [] }
    let book = try DecisionBook(pipeline.workspace)
    return book.entries.filter {
      RecordNumbers($0.decision.insuranceNumber, $0.decision.cardNumber) == numbers
    }.map { ($0, book.acts[$0.act]) }
  }

  /// Records a decision on one item.
  ///
  /// - Returns: its number; nil if the same decision was in force already.
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if what was judged has changed since, or another decision contradicts it.
  package func decide(_ decision: WorkDecision, of list: FindingList) throws(Stop) -> Int? {
    guard let finding = try list.store().findings(rows: [decision.row]).first?.finding,
      let judged = JudgedFields(text: decision.digest)
    else {
      throw Stop(
        .dataRefused, at: "work list", expected: "a record of the list", found: "none",
        remedy: "Take the next record.", next: "cardlink findings PIPELINE")
    }
    let line = WorkListLine(
      line: 1, isAccepted: decision.isAccepted, insuranceNumber: finding.insuranceNumber ?? "",
      cardNumber: finding.cardNumber ?? "", personalID: finding.personalID ?? "",
      candidate: decision.candidate ?? finding.candidatePersonalID ?? "", digest: decision.digest,
      judged: judged, reason: decision.because)
    let decided = try decide(WorkList([line]), named: "work list", by: nil)
    return decided.decisions.first.map { Int($0.decision.number) }
  }

  /// The decisions in force that no match knows yet: they may be undone without a trace in a store.
  ///
  /// The caller shows persons by them.
  package func pendingDecisions() throws(Stop) -> [PendingDecision] {
    try audit(.decisionsRead, detail: ["state": "pending"])
    let book = try DecisionBook(pipeline.workspace)
    let known = try runs().last { $0.state == .done }?.matched.decisions?.acts ?? 0
    return book.entries.filter { $0.act >= known && $0.revokedBy == nil }.reversed().map {
      PendingDecision(entry: $0, act: book.acts[$0.act])
    }
  }

  /// Takes back decisions that no match knows yet.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if a match knows it by now.
  package func undo(_ number: Int, because: String) throws(Stop) {
    guard try pendingDecisions().contains(where: { Int($0.entry.decision.number) == number }) else {
      throw Stop(
        .usage, at: "decision \(number)", expected: "a decision that no run has used", found: "another",
        remedy: "Nothing was changed. Revoke it with a reason instead.",
        next: "cardlink decide PIPELINE --revoke \(number) --because \"…\"")
    }
    _ = try revoke([number], because: because, by: nil)
  }
}

extension StoredFinding {
  fileprivate func isDecided(_ decided: [RecordNumbers: [String]]) -> Bool {
    guard let digest, let numbers, let digests = decided[numbers] else { return false }
    return digests.contains(digest)
  }
}
