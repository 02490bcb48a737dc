// Reads the persons of the store for the publish stage, in batches, each person with the serving card, and with
// the other cards if they are asked for.
// Invariant: persons ascend by personal ID number; an unreadable value stops the run; every return code of
// SQLite is read.
// Load: 90 million persons, some thousand per batch, read through the statement's handle without a `String`
// per value.

internal import GRDB
internal import GRDBSQLite
package import Values

/// Reads the persons of a store with their cards.
package final class StoredPersons {
  private let path: String
  private let queue: DatabaseQueue
  /// Reads all persons in order; stepped until it is done.
  private let statement: Statement
  private var isDone = false
  /// Reads their other cards in the same order; nil if none are asked for, and after the last.
  private var others: Statement?
  /// The person of the current row of ``others``.
  private var otherPerson: PersonalID?
  /// The lists of notes, by their numbers.
  let notes: [Int64: Reasons]
  private let batchPersons = 4096
  /// The files of the insurance export that cards come from, by ``CardRow/fileIndex``.
  package let insuranceFiles: [String]
  /// The same for cards that are kept in grace.
  package let keptSources: [KeptSource]
  /// The last days of grace, by the same.
  let graceDays: [CalendarDate]
  /// The run that the rows come from.
  package let runID: Int

  /// - Parameters:
  ///   - numbers: a range of personal ID numbers, as 12 digits or their first digits; nil for all.
  ///   - day: cards that don't serve are read too, if they begin by this day; nil for none of them.
  package init(path: String, numbers: Range<String>? = nil, otherCardsThrough day: CalendarDate? = nil)
    throws(Stop)
  {
    self.path = path
    let queue = try stopping(at: path) { try openStore(path, readonly: true) }
    (insuranceFiles, keptSources, runID, statement, others, notes) = try stopping(at: path) {
      try queue.unsafeRead { db in
        let notes = try db.noteLists(path)
        return (
          try String.fetchAll(
            db,
            sql:
              "SELECT name FROM source_file WHERE export = 'insurance' AND source_id >= 0 ORDER BY file_index"
          ),
          try Row.fetchAll(
            db,
            sql: "SELECT name, run_id, grace_until FROM source_file WHERE source_id < 0 ORDER BY file_index"
          ).map { KeptSource(sourceFile: $0[0], run: $0[1], graceUntil: $0[2]) },
          try Int.fetchOne(db, sql: "SELECT run_id FROM origin") ?? 0,
          try Self.statement(db, numbers), try day.map { try Self.otherCards(db, numbers, through: $0) },
          notes
        )
      }
    }
    self.queue = queue
    graceDays = keptSources.map { CalendarDate(iso: $0.graceUntil) ?? .none }
  }

  private static func statement(_ db: Database, _ numbers: Range<String>?) throws -> Statement {
    guard let numbers else { return try db.makeStatement(sql: Schema.personsInOrder()) }
    let statement = try db.makeStatement(
      sql: Schema.personsInOrder(where: "personal_id >= ? AND personal_id < ?"))
    try statement.setArguments([numbers.lowerBound, numbers.upperBound])
    return statement
  }

  private static func otherCards(_ db: Database, _ numbers: Range<String>?, through day: CalendarDate) throws
    -> Statement
  {
    guard let numbers else {
      let statement = try db.makeStatement(sql: Schema.otherCardsInOrder())
      try statement.setArguments([day.text])
      return statement
    }
    let statement = try db.makeStatement(
      sql: Schema.otherCardsInOrder(where: "personal_id >= ? AND personal_id < ?"))
    try statement.setArguments([numbers.lowerBound, numbers.upperBound, day.text])
    return statement
  }

  /// Ranges of numbers that together hold all persons of a store, ascending, by the province of birth
  /// registration; one range for a store that takes less time to read than to open a hundred times.
  ///
  /// One thread may read several.
  package static func parts(ofStoreBytes byteCount: Int) -> [Range<String>] {
    let starts = [""] + (byteCount < smallStoreBytes ? [] : (1..<100).map { padded(UInt64($0), to: 3) })
    return zip(starts, starts.dropFirst() + [":"]).map { $0..<$1 }
  }
  private static let smallStoreBytes = 16 << 20

  /// Replaces the content of the batch with the next persons.
  ///
  /// - Returns: false when there are none left.
  package func nextBatch(into batch: inout PersonBatch) throws(Stop) -> Bool {
    batch.removeAll()
    guard !isDone else { return false }
    try stopping(at: path) {
      // Runs on the connection's queue; the statement keeps its position between batches.
      try queue.unsafeRead { _ in
        let handle = statement.sqliteStatement
        while batch.persons.count < batchPersons {
          let code = sqlite3_step(handle)
          if code == SQLITE_DONE {
            isDone = true
            break
          }
          guard code == SQLITE_ROW else { throw Stop.storeFailed(path, code: code) }
          try append(StoredRow(handle, path), to: &batch)
        }
        // Resetting the statements ends their read lock on the store's file.
        if isDone {
          _ = sqlite3_reset(handle)
          others = nil
        }
      }
    }
    return !batch.persons.isEmpty
  }

  private func append(_ row: StoredRow, to batch: inout PersonBatch) throws(Stop) {
    let id = try row.personalID()
    guard let sex = Sex(rawValue: UInt8(truncatingIfNeeded: row.integer(3))) else {
      throw .notAStore(path, found: "a code that it doesn't know")
    }
    let (start, firstCard) = (batch.bytes.count, batch.cards.count)
    row.withText(1) { batch.bytes.append(contentsOf: $0) }
    var serving = try card(of: id, row)
    serving.isServing = true
    batch.cards.append(serving)
    if others != nil { try appendOthers(of: id, to: &batch) }
    batch.persons.append(
      PersonRow(
        personalID: id, birthDate: try row.value(2) { CalendarDate(iso: $0) } ?? .none, sex: sex,
        nameRange: start..<batch.bytes.count, cards: firstCard..<batch.cards.count))
  }

  /// Appends the cards that don't serve, in the order of the export.
  private func appendOthers(of id: PersonalID, to batch: inout PersonBatch) throws(Stop) {
    while let statement = others {
      let row = StoredRow(statement.sqliteStatement, path)
      if let otherPerson {
        guard otherPerson <= id else { return }
        if otherPerson == id { batch.cards.append(try card(of: id, row)) }
      }
      let code = sqlite3_step(statement.sqliteStatement)
      guard code == SQLITE_ROW else {
        guard code == SQLITE_DONE else { throw Stop.storeFailed(path, code: code) }
        (others, otherPerson) = (nil, nil)
        return
      }
      otherPerson = try row.personalID()
    }
  }

  @inline(__always)
  private func card(of id: PersonalID, _ row: StoredRow) throws(Stop) -> CardRow {
    try row.storedCard(of: id, notes, graceDays)
  }
}

extension StoredValues {
  /// The card in a row of a store, with its file.
  @inline(__always)
  func storedCard(
    of id: PersonalID, _ notes: [Int64: Reasons], _ graceDays: [CalendarDate]
  ) throws(Stop) -> CardRow {
    var card = try card(of: id, notes)
    let source = integer(13)
    card.fileIndex = UInt16(
      truncatingIfNeeded: Schema.keptIndex(ofSource: source) ?? Schema.fileIndex(ofSource: source))
    if source < 0 {
      guard Int(card.fileIndex) < graceDays.count, !graceDays[Int(card.fileIndex)].isNone else {
        throw .notAStore(path, found: "a person kept in grace without a date")
      }
      card.graceUntil = graceDays[Int(card.fileIndex)]
    }
    return card
  }
}
