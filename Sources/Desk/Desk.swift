// Answers officers' questions about a pipeline from its run records, staged records and store.
// Invariant: a question changes nothing and takes no lock; personal data goes to the caller, never to a log.

import Files
package import Match
package import Rules
package import Pipeline
import SortedRuns
package import Store
package import Values
package import Workspace

/// Answers questions about a pipeline's last runs.
package struct Desk: Sendable {
  package let pipeline: Pipeline
  /// Who asks.
  package let actor: Actor
  let reader: WorkspaceReader

  package init(_ pipeline: Pipeline, for actor: Actor) {
    self.pipeline = pipeline
    self.actor = actor
    reader = WorkspaceReader(pipeline.workspace)
  }

  /// All runs, ascending.
  package func runs() throws(Stop) -> [RunRecord] { try reader.runs() }

  /// The records that did not link.
  ///
  /// - Parameters:
  ///   - outcome: only records with this outcome; nil for all.
  ///   - number: the run that is asked; nil for the one whose store is in force.
  ///   - withSides: whether the names, birth dates and sexes of both sides are wanted.
  package func findings(
    outcome: Outcome? = nil, run number: Int? = nil, withSides: Bool = false
  ) throws(Stop) -> Findings {
    let from = if let number { try asked(number) } else { try askedInForce() }
    try audit(.findingsRead, run: number, detail: outcome.map { ["outcome": $0.name] } ?? [:])
    var last: LastStaged?
    switch from.source {
    case .matched(let matched): last = matched
    case .store(let path):
      if withSides, let found = try? lastStaged(number),
        found.run.finished(.load)?.run == (try store(at: path).runID())
      {
        last = found
      }
    }
    return Findings(
      from: from, desk: self, outcome: outcome,
      staged: withSides ? last.map { (lookup(in: $0), $0.staged.files(of: .insurance).map(\.name)) } : nil)
  }

  /// The card that serves for a person, on the business date or on another day; nil if there is none.
  ///
  /// - Parameter number: the run that is asked; nil for the one whose store is in force.
  package func card(
    of id: PersonalID, on day: CalendarDate? = nil, run number: Int? = nil
  ) throws(Stop) -> (card: CardAttribute?, from: AskedRun) {
    let from = if let number { try asked(number) } else { try askedInForce() }
    try audit(.lookedUp, person: id, run: number)
    switch from.source {
    case .store(let path):
      let store = try store(at: path)
      guard let day else { return (try store.card(personalID: id.text), from) }
      return (try store.lookup(personalID: id.text, on: day), from)
    case .matched(let last): return (last.stored(try person(id, in: last), on: day), from)
    }
  }

  /// Officers' decisions and their states.
  ///
  /// - Parameter state: only those in this state; nil for all.
  package func decisions(_ state: DecisionState.State? = nil) throws(Stop) -> [DecisionState] {
    try audit(.decisionsRead, detail: state.map { ["state": $0.rawValue] } ?? [:])
    return try decisionStates().filter { state == nil || $0.state == state }
  }

  /// Explains how each record of one person ended, from the staged records.
  ///
  /// - Parameter number: the run that is asked; nil for the last one that was done.
  package func explain(_ id: PersonalID, run number: Int? = nil) throws(Stop) -> Explanation {
    let last = try lastStaged(number)
    try audit(.explained, person: id, run: number)
    let (run, staged, matched) = (last.run, last.staged, last.matched)
    let lookup = lookup(in: last)
    let population = try lookup.population(id)
    let book = try DecisionBook(pipeline.workspace, upTo: run.matched.decisions?.acts ?? 0)
    let decisions = Decisions(book.inForce)
    let store = try store(ofRun: number)
    var own = try lookup.insurance(of: id, population)
    let others = try Self.heldElsewhere(id, book.inForce, lookup).filter { other in
      !own.contains { $0.place == other.place }
    }
    // A registered number leads to its person even if a decision was made while the number was unknown.
    let fates = try lookup.fates(among: own + others)
    let fate = try lookup.fate(of: id)
    let isNobodys = population.isEmpty || fate == .ambiguous
    let nobodys = isNobodys ? own : own.filter { $0.key.personalID == nil }
    let holders = try lookup.holders(among: own + others)
    let given = givenRecords(among: nobodys + others, holders: holders, fates: fates, decisions)
    for (record, person) in given {
      if person == id {
        own.removeAll { $0.place == record.place }
        own.append(record)
      } else if let cards = try store?.cards(of: person.text),
        cards.contains(where: {
          $0.sourceLine == Int(record.record.line) && $0.rule == LinkRule.decision.name
            && $0.insuranceNumber == record.record.insuranceNumber.text
        })
      {
        // It leads to another person now.
        own.removeAll { $0.place == record.place }
      }
    }
    let registered = try lookup.others(than: id, in: own)
    let judgements = explainJudgement(
      of: id, population: population, insurance: own.sorted { $0.place < $1.place }, holders: holders,
      fate: fate, registered: registered, heldBack: try matched.heldBack(id, in: last.matchedFolder),
      decisions: decisions)
    return Explanation(
      run: run, id: id, today: fate.person, population: population, judgements: judgements,
      quarantined: try lookup.quarantine(id), kept: try keptInGrace(id, in: store),
      populationFiles: staged.files(of: .population).map(\.name),
      insuranceFiles: staged.files(of: .insurance).map(\.name),
      personless: try store?.findings(personalID: id.text).filter { $0.candidates != nil }.map(
        Suggestion.init) ?? [],
      suggested: try store?.findings(candidate: id.text).map(Suggestion.init) ?? [],
      otherClaims: try otherClaims(on: judgements, of: id, in: store),
      decisions: try decisionStates(of: id))
  }

  /// Records that officers' decisions name and that don't lead to the person by themselves.
  private static func heldElsewhere(
    _ id: PersonalID, _ decisions: [Decision], _ lookup: StagedLookup
  ) throws(Stop) -> [FoundInsurance] {
    var wanted: Set<RecordNumbers> = []
    var keys: Set<LinkKey> = []
    for decision in decisions
    where decision.person == id && decision.isAccepted && decision.insurance.held.personalID != id {
      let held = decision.insurance.held
      if held < .firstLegacy {
        wanted.insert(RecordNumbers(decision.insuranceNumber, decision.cardNumber))
      } else {
        keys.insert(held)
      }
    }
    var found = try lookup.insuranceWithoutNumber(wanted)
    for key in keys.sorted() { found += try lookup.insurance(key) }
    return found
  }

  /// The store in force, or that of a run; nil if there is none.
  func store(ofRun number: Int?) throws(Stop) -> Store? {
    guard let number else { return try storeIfAny() }
    guard case .store(let path) = try asked(number).source else { return nil }
    return try store(at: path)
  }

  /// The person's row in a store, if it is kept from an earlier run.
  private func keptInGrace(_ id: PersonalID, in store: Store?) throws(Stop) -> CardAttribute? {
    guard pipeline.graceDays != nil else { return nil }
    return try store?.card(personalID: id.text).flatMap { $0.graceUntil == nil ? nil : $0 }
  }

  /// The results of the last finished run's first two stages.
  struct LastStaged {
    var run: RunRecord
    var staged: StagedSnapshot
    var folder: String
    var matched: MatchedSnapshot
    var matchedFolder: String
  }

  /// The last finished run whose staged records still exist.
  func lastStaged() throws(Stop) -> LastStaged {
    let done = try runs().filter { $0.state == .done }
    for run in done.reversed() {
      guard try reader.hasResults(of: [.extract, .match], in: run) else { continue }
      guard let last = try staged(run) else { break }
      return last
    }
    if done.isEmpty { throw try noRun() }
    throw Stop(
      .storeUnavailable, at: pipeline.path, expected: "the staged records of a finished run",
      found: "none in \(pipeline.workspace): they were removed, as keep.staged says",
      remedy: "Stage the exports anew.", next: "cardlink rerun extract PIPELINE")
  }
}

/// A record that leads to no person, with its candidates.
package struct Suggestion: Hashable, Sendable {
  /// `file:line` of the record.
  package var origin: String
  package var outcome: String
  /// The content of its personal ID field.
  package var personalID: String?
  package var insuranceNumber: String?
  package var cardNumber: String?
  /// The number of candidates.
  package var candidates: Int
  /// The candidate, if there is only one.
  package var only: String?

  package init(_ finding: StoredFinding) {
    origin = "\(finding.sourceFile):\(finding.sourceLine)"
    (outcome, personalID) = (finding.outcome, finding.personalID)
    (insuranceNumber, cardNumber) = (finding.insuranceNumber, finding.cardNumber)
    (candidates, only) = (finding.candidates ?? 0, finding.candidatePersonalID)
  }
}

/// How one insurance record ended, rule by rule.
package typealias Judgement = JudgementExplanation

/// Everything that the system holds on one personal ID number, with the rules' verdicts.
package struct Explanation: Sendable {
  package var run: RunRecord
  package var id: PersonalID
  /// The person's number today, if the population names this one as an earlier number.
  package var today: PersonalID?
  package var population: [FoundPerson]
  package var judgements: [Judgement]
  package var quarantined: [FoundQuarantined]
  /// The card of an earlier run that is kept in grace.
  package var kept: CardAttribute?
  package var populationFiles: [String]
  package var insuranceFiles: [String]
  /// Records with this number, which no person has, and their candidates, from the store in force.
  package var personless: [Suggestion]
  /// Records in the store in force for which this person is the only candidate.
  package var suggested: [Suggestion]
  /// Records of other persons that claim an insurance number of this person's records.
  package var otherClaims: [Suggestion] = []
  /// Officers' decisions on this person.
  package var decisions: [DecisionState]

  /// Whether the system holds nothing on the number.
  package var isEmpty: Bool {
    population.isEmpty && judgements.isEmpty && quarantined.isEmpty && kept == nil && personless.isEmpty
      && suggested.isEmpty && decisions.isEmpty
  }

  /// `file:line` of a record.
  package func origin(_ export: ExportKind, _ place: Place, line: UInt32) -> String {
    let files = export == .population ? populationFiles : insuranceFiles
    return "\(place.file < files.count ? files[place.file] : "?"):\(line)"
  }
}
