// The door to personal data: the only file of the desk that opens a store or staged records for an answer.
// Invariant: the audit log names the actor before the data is read; a question that can't be answered leaves
// no line.

import CardCheck
import Files
import Match
import SortedRuns
import Store
import Values
import Workspace

/// Persons in key order, from a store or a match result.
struct PersonStream {
  /// The run that a store says it is of; nil for a match result.
  var run: Int?
  var next: (inout PersonBatch) throws(Stop) -> Bool
}

/// The numbers on the cards of a store, and those that only its history has.
struct StoreNumbers: Sendable {
  var today: NumberIndex
  var former: NumberIndex
}

extension Desk {
  /// Writes into the audit log what the actor is about to see or do.
  ///
  /// - Throws: ``Stop``; the answer must not be given then.
  func audit(
    _ event: AuditEvent, person: PersonalID? = nil, run: Int? = nil, detail: [String: String] = [:]
  ) throws(Stop) {
    try audit(event, [(person, detail)], run: run)
  }

  /// The same for several persons, with one wait for the disk.
  func audit(
    _ event: AuditEvent, _ persons: [(person: PersonalID?, detail: [String: String])], run: Int? = nil,
    because: String? = nil
  ) throws(Stop) {
    try Audit(pipeline.workspace).append(
      event, persons, run: run, because: because ?? actor.purpose, by: actor.name, door: actor.door.rawValue)
  }

  /// Writes card checks of several clients into the audit log of a workspace, or of the folder that a facility keeps, with one
  /// wait for the disk.
  ///
  /// - Throws: ``Stop``; none of the answers must be given then.
  static func audit(
    _ checks: [(by: String, person: PersonalID?, detail: [String: String])], through door: Actor.Door,
    in folder: String
  ) throws(Stop) {
    try Audit(folder).append(.cardChecked, checks, door: door.rawValue)
  }

  /// The store in force, for an answer that is in the audit log already, or is written there person by person.
  func storeInForce() throws(Stop) -> Store {
    try Store(path: storePath())
  }

  /// The store in force, under the same condition; nil if no run has finished yet.
  func storeIfAny() throws(Stop) -> Store? {
    guard let path = try pathInForce() else { return nil }
    return try Store(path: path)
  }

  private func storePath() throws(Stop) -> String {
    guard let path = try pathInForce() else { throw try noRun() }
    return path
  }

  /// The path of the store in force; nil if no run has finished yet.
  private func pathInForce() throws(Stop) -> String? {
    let path = pipeline.storePath(in: pipeline.workspace)
    if try !Folder.exists(path), try !runs().contains(where: { $0.state == .done }) { return nil }
    return path
  }

  /// The staged records of a run, under the same condition.
  func lookup(in last: LastStaged) -> StagedLookup { StagedLookup(last.staged, in: last.folder) }

  /// The store that a question is answered from, which is in the audit log already.
  func store(at path: String) throws(Stop) -> Store { try Store(path: path) }

  /// The store in force with its history, under the same condition.
  func past() throws(Stop) -> PastStore {
    do throws(Stop) {
      return try PastStore(path: storePath(), history())
    } catch  where error.exit == .runInProgress || error.exit == .storeUnavailable {
      // A run that ends this very moment replaces the store and merges files.
      return try PastStore(path: storePath(), history())
    }
  }

  /// The persons of a run in key order, for counts, or for a list that is in the audit log already.
  func persons(of asked: AskedRun) throws(Stop) -> PersonStream {
    switch asked.source {
    case .store(let path):
      let persons = try StoredPersons(path: path)
      return PersonStream(run: persons.runID) { batch throws(Stop) in try persons.nextBatch(into: &batch) }
    case .matched(let last):
      let persons = try MatchedPersons(
        last.matched, in: last.matchedFolder, asOf: CalendarDate(iso: last.run.asOf) ?? .none)
      return PersonStream(run: nil) { batch throws(Stop) in try persons.nextBatch(into: &batch) }
    }
  }

  /// The persons of an earlier store, under the same condition.
  func persons(at point: HistoryPoint) throws(Stop) -> PersonStream {
    let persons = try PastPersons(point, history(), path: storePath())
    return PersonStream(run: nil) { batch throws(Stop) in try persons.nextBatch(into: &batch) }
  }

  /// One person of a match result, under the same condition; an empty batch for none.
  func person(_ id: PersonalID, in last: LastStaged) throws(Stop) -> PersonBatch {
    let key = LinkKey.personal(id).packed
    var batch = PersonBatch()
    _ = try MatchedPersons(
      last.matched, in: last.matchedFolder, asOf: CalendarDate(iso: last.run.asOf) ?? .none,
      keys: key..<(key + 1)
    ).nextBatch(into: &batch)
    return batch
  }

  /// The findings of a match result, for an answer that is in the audit log already.
  func findings(of last: LastStaged) throws(Stop) -> MatchedFindings {
    try MatchedFindings(last.matched, in: last.matchedFolder)
  }

  /// The quarantined records of a run in key order, for an answer that is already in the audit log.
  func quarantine(of last: LastStaged) throws(Stop) -> Merge {
    try Merge(last.staged.quarantine, in: last.folder)
  }

  /// The store's cards, for card checks that write each question, or the batch, into the audit log.
  func cards(daysOfUse: Int, memoryBytes: Int = 2 << 30) throws(Stop) -> RememberedCards {
    let cards = try StoredCards(
      path: storePath(), daysOfUse: daysOfUse, armedForces: pipeline.insurance.armedForces,
      memoryBytes: memoryBytes)
    return RememberedCards(cards) { () throws(Stop) in
      guard try KeptStores(pipeline, in: pipeline.workspace).history() != nil else { return nil }
      return try past()
    }
  }

  /// The store's cards for a server, which answers from memory what needs a pass over the cards, and writes each question into the
  /// audit log.
  ///
  /// - Parameter numbers: of the same store.
  func cards(daysOfUse: Int, _ numbers: StoreNumbers) throws(Stop) -> RememberedCards {
    var cards = try StoredCards(
      path: storePath(), daysOfUse: daysOfUse, armedForces: pipeline.insurance.armedForces)
    cards.index = numbers.today
    let past = try KeptStores(pipeline, in: pipeline.workspace).history() == nil ? nil : try past()
    return RememberedCards(cards, formerNumbers: numbers.former) { () throws(Stop) in past }
  }

  /// The numbers of the store in force and of its history; they show no person.
  func storeNumbers() throws(Stop) -> StoreNumbers {
    let today = try StoredCards(path: storePath(), daysOfUse: 0).numberIndex()
    var former = NumberIndex()
    if try KeptStores(pipeline, in: pipeline.workspace).history() != nil {
      try past().eachFormerCard { former.add($0, $1, $2, unlessIn: today) }
    }
    former.finish()
    return StoreNumbers(today: today, former: former)
  }

  /// The cards of an earlier store, under the same condition.
  func cards(at point: HistoryPoint) throws(Stop) -> PastCards {
    PastCards(past: try past(), point: point, armedForces: pipeline.insurance.armedForces)
  }

  /// Opens the cards of a range of numbers of the store in force, for answers that are counted in the audit log before they
  /// leave.
  ///
  /// - Parameters:
  ///   - run: the run that the store must be of.
  ///   - reads: whether most persons are asked about, so that all are read in order; else each is looked up.
  func cardLookup(
    ofRun run: Int, on day: CalendarDate, reads: Bool
  ) throws(Stop) -> @Sendable (Range<UInt64>) throws(Stop) -> any CardLookup {
    let path = try storePath()
    return { keys throws(Stop) in
      guard try Store(path: path).runID() == run else {
        throw Stop(
          .runInProgress, at: path, expected: "the store of run \(run)", found: "that of another run",
          remedy: "A run has finished meanwhile. Nothing was answered; answer again.")
      }
      guard reads else { return FoundCards(try StoredCards(path: path, daysOfUse: 0)) }
      func text(_ key: UInt64) -> String {
        LinkKey(packed: key).personalID?.text ?? (key < LinkKey.firstPersonal.packed ? "" : ":")
      }
      return ReadCards(
        try StoredPersons(
          path: path, numbers: text(keys.lowerBound)..<text(keys.upperBound), otherCardsThrough: day))
    }
  }
}

extension Desk {
  /// The persons of the store in force, each looked up, for attestations that are counted in the audit log before they leave.
  func personLookup() throws(Stop) -> PersonLookup {
    let path = try storePath()
    return PersonLookup(run: try Store(path: path).runID(), try StoredCards(path: path, daysOfUse: 0))
  }
}

/// Persons of a store, one at a time.
final class PersonLookup {
  /// The store's run and business date.
  let run: Int
  let asOf: CalendarDate
  private var source: StoredCards
  private var batch = PersonBatch()

  fileprivate init(run: Int, _ source: consuming StoredCards) {
    (self.run, asOf) = (run, source.standing.asOf)
    self.source = source
  }

  func person(_ id: PersonalID) throws(Stop) -> Found? {
    batch.removeAll()
    guard try source.append(id, to: &batch), let row = batch.persons.first else { return nil }
    return Found(
      id: id, name: String(decoding: batch.bytes[row.nameRange], as: UTF8.self), birthDate: row.birthDate,
      sex: row.sex, card: batch.cards[row.cards.lowerBound])
  }
}

/// Sorted records in a range of keys: requests, and what is joined with them, for answers that are counted in the audit log
/// before they leave.
func merged(_ runs: [SortedRun], in folder: String, _ keys: Range<UInt64>) throws(Stop) -> Merge {
  try Merge(runs, in: folder, from: keys.lowerBound, to: keys.upperBound)
}

/// Cards from a store that is read from one end of a range to the other.
private final class ReadCards: CardLookup {
  private let persons: StoredPersons
  private var batch = PersonBatch()
  private var next = 0
  private var isDone = false

  init(_ persons: StoredPersons) { self.persons = persons }

  func cards(of id: PersonalID) throws(Stop) -> [CardRow] {
    while !isDone {
      while next < batch.persons.count, batch.persons[next].personalID < id { next += 1 }
      if next < batch.persons.count {
        let person = batch.persons[next]
        return person.personalID == id ? Array(batch.cards[person.cards]) : []
      }
      next = 0
      isDone = try !persons.nextBatch(into: &batch)
    }
    return []
  }
}

/// Cards from a store in which each person is looked up.
private final class FoundCards: CardLookup {
  private var source: StoredCards
  private var batch = PersonBatch()

  init(_ source: consuming StoredCards) { self.source = source }

  func cards(of id: PersonalID) throws(Stop) -> [CardRow] {
    batch.removeAll()
    return try source.append(id, to: &batch) ? batch.cards : []
  }
}
