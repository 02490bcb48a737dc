// Reads the states of a file of the history in order, in batches, each with all cards.
// Invariant: states ascend by person and closing run; an unreadable value stops the run; every return code of
// SQLite is read.
// Load: a hundred million states in a merge, some thousand per batch.

internal import GRDB
internal import GRDBSQLite
import Values

/// Some thousand ended states; the buffers are reused.
struct HistoryBatch {
  /// The persons as they were; one who had no card has none here.
  var people = PersonBatch()
  var states: [EndedState] = []
  /// The source of each card.
  var sources: [Int64] = []

  mutating func removeAll() {
    people.removeAll()
    states.removeAll(keepingCapacity: true)
    sources.removeAll(keepingCapacity: true)
  }
}

/// The states of a file one by one.
final class HistoryRows {
  private let path: String
  private let queue: DatabaseQueue
  private let statement: Statement
  private var isDone = false
  private var others: Statement?
  /// The state of the current row of ``others``.
  private var other: (person: PersonalID, closedBy: Int)?
  private let notes: [Int64: Reasons]
  /// By their numbers.
  let sources: [HistorySource]
  private let graceDays: [CalendarDate]
  private(set) var batch = HistoryBatch()
  private(set) var index = -1
  /// The current state; nil after the last.
  private(set) var state: EndedState?

  /// - Parameters:
  ///   - numbers: a range of personal ID numbers, as 12 digits or their first digits; nil for all.
  ///   - runs: only states that one of these runs ended.
  init(_ path: String, _ numbers: Range<String>?, closedBy runs: ClosedRange<Int>) throws(Stop) {
    self.path = path
    let queue = try stopping(at: path) { try openStore(path, readonly: true, kind: .history) }
    (statement, others, notes, sources) = try readingHistory(at: path) {
      try queue.unsafeRead { db in
        let condition = "personal_id >= ? AND personal_id < ? AND closed_by BETWEEN ? AND ?"
        let arguments: StatementArguments = [
          numbers?.lowerBound ?? "", numbers?.upperBound ?? ":", runs.lowerBound, runs.upperBound,
        ]
        let states = try db.makeStatement(sql: HistorySchema.statesInOrder(where: condition))
        let others = try db.makeStatement(sql: HistorySchema.otherCardsInOrder(where: condition))
        for statement in [states, others] { try statement.setArguments(arguments) }
        let sources = try Row.fetchAll(
          db, sql: "SELECT name, run_id, grace_until FROM source_file ORDER BY source_id")
        return (
          states, others, try db.noteLists(path),
          sources.map { HistorySource(name: $0[0], run: $0[1], graceUntil: $0[2]) }
        )
      }
    }
    self.queue = queue
    graceDays = sources.map { $0.graceUntil.flatMap { CalendarDate(iso: $0) } ?? .none }
    try advance()
  }

  func advance() throws(Stop) {
    index += 1
    if index >= batch.states.count {
      index = 0
      try nextBatch()
    }
    state = index < batch.states.count ? batch.states[index] : nil
  }

  /// The index in the batch of the current state's person; nil if the person had no card.
  var person: Int? { batch.people.persons[index].cards.isEmpty ? nil : index }

  private func nextBatch() throws(Stop) {
    batch.removeAll()
    guard !isDone else { return }
    try readingHistory(at: path) {
      try queue.unsafeRead { _ in
        let handle = statement.sqliteStatement
        while batch.states.count < 4096 {
          let code = sqlite3_step(handle)
          if code == SQLITE_DONE {
            isDone = true
            break
          }
          guard code == SQLITE_ROW else { throw Stop.storeFailed(path, code: code) }
          try append(StoredRow(handle, path))
        }
        if isDone {
          _ = sqlite3_reset(handle)
          others = nil
        }
      }
    }
  }

  private func append(_ row: StoredRow) throws(Stop) {
    var state = EndedState(person: try row.personalID(), closedBy: Int(row.integer(15)))
    if !row.isNull(16) { state.next = (row.integer(16), UInt32(truncatingIfNeeded: row.integer(17))) }
    let (start, firstCard) = (batch.people.bytes.count, batch.people.cards.count)
    row.withText(1) { batch.people.bytes.append(contentsOf: $0) }
    if !row.isNull(11) {
      var serving = try card(of: state.person, row)
      serving.isServing = true
      batch.people.cards.append(serving)
      try appendOthers(of: state)
    }
    batch.people.persons.append(
      PersonRow(
        personalID: state.person, birthDate: try row.value(2) { CalendarDate(iso: $0) } ?? .none,
        sex: Sex(rawValue: UInt8(truncatingIfNeeded: row.integer(3))) ?? .unknown,
        nameRange: start..<batch.people.bytes.count, cards: firstCard..<batch.people.cards.count))
    batch.states.append(state)
  }

  private func appendOthers(of state: EndedState) throws(Stop) {
    while let statement = others {
      let row = StoredRow(statement.sqliteStatement, path)
      if let other {
        guard (other.person, other.closedBy) <= (state.person, state.closedBy) else { return }
        if other == (state.person, state.closedBy) {
          batch.people.cards.append(try card(of: state.person, row))
        }
      }
      let code = sqlite3_step(statement.sqliteStatement)
      guard code == SQLITE_ROW else {
        guard code == SQLITE_DONE else { throw Stop.storeFailed(path, code: code) }
        (others, other) = (nil, nil)
        return
      }
      other = (try row.personalID(), Int(row.integer(15)))
    }
  }

  private func card(of id: PersonalID, _ row: StoredRow) throws(Stop) -> CardRow {
    var card = try row.card(of: id, notes)
    let source = row.integer(13)
    guard source >= 0, source < Int64(graceDays.count) else {
      throw .notAStore(path, found: "a card of a file that it doesn't know")
    }
    card.graceUntil = graceDays[Int(source)]
    batch.sources.append(source)
    return card
  }
}

/// Runs `body` and turns errors about a damaged store into those about a file of the history.
func readingHistory<T>(at path: String, _ body: () throws -> T) throws(Stop) -> T {
  do throws(Stop) {
    return try stopping(at: path, body)
  } catch {
    throw error.isNoStore ? .notAHistory(path, found: error.finding.found) : error
  }
}
