// cardlink decide: records the decisions of a work list, or revokes earlier ones.
// Invariant: a work list is recorded as a whole or not at all. Each decision holds the values that were judged, as the
// store in force has them, and is in the audit log before it is in the book. No log or error holds personal data; the
// audit log names a person by pseudonym.
// Load: some thousand lines; one pass over the findings of the store in force.

import Files
import Rules
import Store
package import Values
package import Workspace

/// The result of recording a work list.
package struct DecidedList: Sendable {
  package var decisions: [(decision: Decision, because: String)]
  /// Lines whose decision was already in force.
  package var decidedBefore: Int
  /// Lines without a decision.
  package var undecided: Int
  package var by: String
}

extension Desk {
  /// Records the decisions of a work list.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - name: the file as messages show it.
  ///   - by: who decided; nil for the actor.
  /// - Throws: ``Stop`` with ``Exit/dataRefused`` if a line can't be recorded, with the line and its column. Nothing of the
  ///   file is recorded then.
  package func decide(workList path: String, named name: String, by: String?) throws(Stop) -> DecidedList {
    try decide(WorkList(path, name: name), named: name, by: by)
  }

  /// Records the decisions of a list, all or none.
  func decide(_ list: WorkList, named name: String, by: String?) throws(Stop) -> DecidedList {
    var deciding = try Deciding(self, list)
    let decided = try deciding.decisions()
    if let stop = deciding.faults.stop(at: name) { throw stop }
    let user = actor.name
    let by = by ?? user
    var before = 0
    let new = try DecisionBook.append(to: pipeline.workspace) { book throws(Stop) in
      var faults = WorkListFaults()
      let new = newDecisions(decided, after: book, faults: &faults, before: &before)
      if let stop = faults.stop(at: name) { throw stop }
      guard !new.isEmpty else { return nil }
      return NewAct(act: DecisionAct(at: Clock.now(), by: by, user: user), decisions: new)
    } announce: { new throws(Stop) in
      try audit(
        .decided,
        new.decisions.map { decision, _ in
          (
            decision.person,
            [
              "decision": "\(decision.number)", "verdict": decision.isAccepted ? "accept" : "reject",
              "by": withoutNumbers(by),
            ]
          )
        }, run: deciding.run)
    }
    return DecidedList(
      decisions: new?.decisions ?? [], decidedBefore: before, undecided: list.undecided, by: by)
  }

  /// Records the decisions of a work list from standard input, through a private file.
  package func decide(standardInput: [UInt8], by: String?) throws(Stop) -> DecidedList {
    _ = try storeInForce()
    let scratch = try Scratch(in: pipeline.workspace)
    let path = scratch.path + "/work-list.csv"
    var file = try OutputFile(creating: path)
    try file.append(standardInput.span)
    try file.finish()
    return try decide(workList: path, named: "standard input", by: by)
  }

  /// Revokes decisions that are in force.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if a decision does not exist or is revoked already; none is revoked then.
  package func revoke(_ numbers: [Int], because: String, by: String?) throws(Stop) -> [BookedDecision] {
    let user = actor.name
    var revoked: [BookedDecision] = []
    let numbers = Set(numbers).sorted()
    _ = try DecisionBook.append(to: pipeline.workspace) { book throws(Stop) in
      revoked = []
      for number in numbers {
        let entry = book.entries.indices.contains(number - 1) ? book.entries[number - 1] : nil
        guard let entry, entry.revokedBy == nil else {
          throw Stop(
            .usage, at: "decision \(number)", expected: "a decision in force",
            found: entry.flatMap { $0.revokedBy.map { "one revoked at \(book.acts[$0].at)" } } ?? "none",
            remedy: "Nothing was revoked. Name one of the list.", next: "cardlink decisions PIPELINE")
        }
        revoked.append(entry)
      }
      return NewAct(
        act: DecisionAct(at: Clock.now(), by: by ?? user, user: user, revoked: numbers, because: because))
    } announce: { _ throws(Stop) in
      try audit(
        .revoked,
        revoked.map { entry in
          (
            entry.decision.person,
            ["decision": "\(entry.decision.number)", "by": withoutNumbers(by ?? user)]
          )
        }, because: withoutNumbers(because))
    }
    return revoked
  }
}

/// Numbers the decisions after those of the book, without those already in force.
///
/// - Parameters:
///   - faults: takes the decisions that contradict an earlier one.
///   - before: set to the number of decisions already in force.
private func newDecisions(
  _ decided: [(line: WorkListLine, decision: Decision)], after book: DecisionBook,
  faults: inout WorkListFaults, before: inout Int
) -> [NewDecision] {
  var known: [RecordNumbers: [Decision]] = [:]
  for decision in book.inForce {
    known[RecordNumbers(decision.insuranceNumber, decision.cardNumber), default: []].append(decision)
  }
  before = 0
  var new: [NewDecision] = []
  for (line, decision) in decided {
    let numbers = RecordNumbers(decision.insuranceNumber, decision.cardNumber)
    let others = known[numbers] ?? []
    if let same = others.last(where: { $0.isOnPair(of: decision) }) {
      guard same.isAccepted != decision.isAccepted else {
        before += 1
        continue
      }
      faults.conflict(
        line.line, "decision", same.isAccepted ? "accept" : "reject", with: same, book, "the other verdict")
      continue
    }
    if decision.isAccepted,
      let other = others.last(where: {
        $0.isAccepted && $0.person != decision.person && $0.insurance == decision.insurance
      })
    {
      faults.conflict(
        line.line, line.personalID.isEmpty ? "candidate_personal_id" : "personal_id", "the person",
        with: other, book,
        "another person for the same record")
      continue
    }
    var numbered = decision
    numbered.number = UInt32(book.entries.count + new.count + 1)
    known[numbers, default: []].append(numbered)
    new.append((numbered, line.reason))
  }
  return new
}

extension WorkListFaults {
  /// Adds a decision that contradicts an earlier one, of the book or of the same file.
  fileprivate mutating func conflict(
    _ line: Int, _ field: String, _ what: String, with other: Decision, _ book: DecisionBook, _ found: String
  ) {
    guard Int(other.number) <= book.entries.count else {
      return add(
        line, field, "\(what), as an earlier line of this file says", found, "Leave one of the two lines.")
    }
    add(
      line, field, "\(what), as decision \(other.number) says", found,
      "Revoke decision \(other.number) first, or leave this line out.",
      next: "cardlink decide PIPELINE --revoke \(other.number) --because \"…\"")
  }
}

/// A text that a user typed, with digits that may be a personal number replaced by `…`.
func withoutNumbers(_ text: String) -> String { text.replacing(/[0-9][0-9 .]{4,}[0-9]/, with: "…") }

// MARK: Against the store in force

/// Finds the records that a work list names.
private struct Deciding {
  let desk: Desk
  let list: WorkList
  let store: Store
  /// The run whose store is in force.
  let run: Int
  private(set) var faults: WorkListFaults

  init(_ desk: Desk, _ list: WorkList) throws(Stop) {
    (self.desk, self.list, faults) = (desk, list, list.faults)
    store = try desk.storeInForce()
    run = try store.runID()
  }

  /// The decisions of all lines that can be recorded; the others become faults.
  mutating func decisions() throws(Stop) -> [(line: WorkListLine, decision: Decision)] {
    let found = Dictionary(
      grouping: try store.findings(digests: Array(Set(list.lines.map(\.digest)))), by: { $0.digest ?? "" })
    var decisions: [(line: WorkListLine, decision: Decision)] = []
    var unknown: [WorkListLine] = []
    var named: [(line: WorkListLine, finding: StoredFinding, person: PersonalID)] = []
    for line in list.lines {
      guard let finding = found[line.digest]?.first(where: line.isOn) else {
        unknown.append(line)
        continue
      }
      guard let person = person(of: line, finding) else { continue }
      guard line.judged.population != nil else {
        named.append((line, finding, person))
        continue
      }
      if let decision = Decision(line, finding, person, line.judged) { decisions.append((line, decision)) }
    }
    decisions += try amongSeveral(named)
    try explain(unknown)
    return decisions.sorted { $0.line.line < $1.line.line }
  }

  /// The person of a line; nil, with a fault, if the person is not a candidate.
  private mutating func person(of line: WorkListLine, _ finding: StoredFinding) -> PersonalID? {
    if finding.outcome == Outcome.disputed.name {
      guard let id = finding.personalID.flatMap({ try? PersonalID($0.utf8.span) }) else { return nil }
      guard line.personalID.isNumber(id.text) else {
        faults.add(
          line.line, "personal_id", "the number that the record holds",
          "another of \(line.personalID.count) characters",
          "Leave this column as findings wrote it.")
        return nil
      }
      return id
    }
    let count = finding.candidates ?? 0
    if let only = finding.candidatePersonalID.flatMap({ try? PersonalID($0.utf8.span) }) {
      guard line.candidate.isNumber(only.text) else {
        faults.add(
          line.line, "candidate_personal_id", "the candidate as findings wrote it",
          line.candidate.isEmpty ? "nothing" : "another number of \(line.candidate.count) characters",
          "Only this person may be meant by the record; leave the column as it was.")
        return nil
      }
      return only
    }
    guard count > 0 else {
      faults.add(
        line.line, "decision", "nothing, for a record without a candidate",
        line.isAccepted ? "accept" : "reject",
        "Have the personal ID number entered in the insurance register.")
      return nil
    }
    let digits = String(repeating: "0", count: max(0, 12 - line.candidate.count)) + line.candidate
    guard line.candidate.count >= 9, let named = try? PersonalID(digits.utf8.span) else {
      faults.add(
        line.line, "candidate_personal_id", "the 12 digits of one of the \(count) persons who may be meant",
        line.candidate.isEmpty ? "nothing" : "\(line.candidate.count) characters",
        "Write the number of the person whom you decided on.")
      return nil
    }
    return named
  }

  /// The decisions on lines whose person the officer chose among several candidates.
  ///
  /// The work list does not hold that person's values, so they are looked up in the staged records.
  private mutating func amongSeveral(
    _ lines: [(line: WorkListLine, finding: StoredFinding, person: PersonalID)]
  ) throws(Stop) -> [(line: WorkListLine, decision: Decision)] {
    guard !lines.isEmpty else { return [] }
    let last = try desk.lastStaged()
    let lookup = desk.lookup(in: last)
    let unnumbered = lines.filter { $0.line.judged.insurance.held.packed < LinkKey.firstLegacy.packed }
    let records = try lookup.insuranceWithoutNumber(
      Set(unnumbered.compactMap { $0.finding.numbers }))
    var check = CandidateCheck()
    var decisions: [(line: WorkListLine, decision: Decision)] = []
    for (line, finding, person) in lines {
      let held = line.judged.insurance.held
      let those = held.packed < LinkKey.firstLegacy.packed ? records : try lookup.insurance(held)
      let persons = try lookup.population(person)
      var judged: JudgedFields?
      for record in those where judged == nil && record.numbers == finding.numbers {
        guard let now = check.judged(record, persons, person), now.insurance == line.judged.insurance else {
          continue
        }
        judged = now
      }
      if let judged, let decision = Decision(line, finding, person, judged) {
        decisions.append((line, decision))
      } else {
        faults.add(
          line.line, "candidate_personal_id", "a person with the record's name, birth date and sex",
          persons.isEmpty ? "a number that the population does not have" : "another person",
          "Look at the person first: cardlink explain.", next: "cardlink explain - PIPELINE")
      }
    }
    return decisions
  }

  /// Adds a fault for each line whose digest no record has: the record has changed, or does not exist.
  private mutating func explain(_ lines: [WorkListLine]) throws(Stop) {
    guard !lines.isEmpty else { return }
    var numbers: Set<String> = []
    for line in lines {
      let digits = line.insuranceNumber
      guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.count <= 12 else { continue }
      for width in [10, 12] where digits.count <= width {
        numbers.insert(String(repeating: "0", count: width - digits.count) + digits)
      }
    }
    let found = try store.findings(insuranceNumbers: numbers.sorted())
    for line in lines {
      let those = found.filter(line.isOn)
      let now = those.compactMap { $0.digest.flatMap { JudgedFields(text: $0) } }
      let nearest = now.first { $0.insurance.describesSameInsured(as: line.judged.insurance) } ?? now.first
      if let nearest {
        let words = line.judged.changes(to: nearest, comparingHeld: true)
        faults.add(
          line.line, "digest", "the values as they are in run \(run)",
          words.isEmpty
            ? "other candidates than now" : "values that have changed since (\(words.text))",
          "Take a new work list and judge the record anew.")
      } else {
        faults.add(
          line.line, "insurance_number", "a record that waits for a decision in run \(run)",
          those.first.map { "one that ended as \($0.outcome)" } ?? "none with these numbers and this digest",
          "It may be linked now, or gone from the export. Take a new work list.")
      }
    }
  }
}

extension WorkListLine {
  /// Whether it concerns the record of a finding, by its numbers.
  fileprivate func isOn(_ finding: StoredFinding) -> Bool {
    guard finding.export == ExportKind.insurance.name else { return false }
    let number = finding.insuranceNumber ?? ""
    return (insuranceNumber == number || insuranceNumber.isNumber(number))
      && cardNumber == (finding.cardNumber ?? "")
  }
}

extension StoredFinding {
  /// The numbers by which decisions identify the record; nil if they can't be read.
  var numbers: RecordNumbers? {
    guard let number = insuranceNumber.flatMap({ try? InsuranceNumber($0.utf8.span) }) else { return nil }
    guard let card = cardNumber else { return RecordNumbers(number, .none) }
    return (try? CardNumber(card.utf8.span)).map { RecordNumbers(number, $0) }
  }
}

extension Decision {
  /// - Returns: nil without the population's side or readable numbers.
  fileprivate init?(
    _ line: WorkListLine, _ finding: StoredFinding, _ person: PersonalID, _ judged: JudgedFields
  ) {
    guard let population = judged.population, let numbers = finding.numbers else { return nil }
    self.init(
      number: 0, person: person, insuranceNumber: numbers.insuranceNumber, cardNumber: numbers.cardNumber,
      insurance: judged.insurance, population: population, isAccepted: line.isAccepted)
  }
}
