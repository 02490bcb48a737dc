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

  /// The store in force, for an answer that shows persons.
  func store(
    for event: AuditEvent, person: PersonalID? = nil, detail: [String: String] = [:]
  ) throws(Stop) -> Store {
    let store = try storeInForce()
    try audit(event, person: person, detail: detail)
    return store
  }

  /// The store in force, for an answer that is already in the audit log, or will be person by person.
  func storeInForce() throws(Stop) -> Store {
    try Store(path: storePath())
  }

  /// The path of the store in force.
  ///
  /// - Throws: ``Stop`` if no run has finished yet.
  private func storePath() throws(Stop) -> String {
    let path = pipeline.storePath(in: pipeline.workspace)
    if !Folder.exists(path), try !runs().contains(where: { $0.state == .done }) { throw try noRun() }
    return path
  }

  /// The staged records of a run, under the same condition.
  func lookup(in last: LastStaged) -> StagedLookup { StagedLookup(last.staged, in: last.folder) }

  /// The persons of one store in key order, for counts, or for a list that is already in the audit log.
  func persons(of path: String) throws(Stop) -> StoredPersons { try StoredPersons(path: path) }

  /// The quarantined records of a run in key order, for an answer that is already in the audit log.
  func quarantine(of last: LastStaged) throws(Stop) -> Merge {
    try Merge(last.staged.quarantine, in: last.folder)
  }

  /// The store's cards, for card checks that write each question, or the batch, into the audit log.
  func cards(daysOfUse: Int, memoryBytes: Int = 2 << 30) throws(Stop) -> StoredCards {
    try StoredCards(
      path: storePath(), daysOfUse: daysOfUse, memoryBytes: memoryBytes)
  }
}
