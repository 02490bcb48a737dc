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
  private let notes: [Int64: Reasons]
  private let batchPersons = 4096
  /// The files of the insurance export that cards come from, by ``CardRow/fileIndex``.
  package let insuranceFiles: [String]
  /// The same for cards that are kept in grace.
  package let keptSources: [KeptSource]
  private let graceDays: [CalendarDate]
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
        var notes: [Int64: Reasons] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT note_id, words FROM note_list") {
          notes[row[0]] = try Self.notes(row[1], path)
        }
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

  private static func notes(_ words: String, _ path: String) throws(Stop) -> Reasons {
    var notes = Reasons()
    for word in words.split(separator: ",") {
      guard let note = Reason(word: String(word)) else {
        throw .notAStore(path, found: "a note that it doesn't know")
      }
      notes.insert(note)
    }
    return notes
  }

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
    let id = try personalID(row)
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
      otherPerson = try personalID(row)
    }
  }

  private func personalID(_ row: StoredRow) throws(Stop) -> PersonalID {
    guard let id = try row.value(0, { try? PersonalID($0) }) else {
      throw .notAStore(path, found: "a person without a number")
    }
    return id
  }

  @inline(__always)
  private func card(of id: PersonalID, _ row: StoredRow) throws(Stop) -> CardRow {
    var card = CardRow()
    card.personalID = id
    card.insuranceNumber = try row.value(4) { try? InsuranceNumber($0) } ?? .none
    card.cardNumber = try row.value(5) { try? CardNumber($0) } ?? .none
    card.facility = try row.value(6) { ShortCode($0) } ?? .none
    card.validFrom = try row.value(7) { CalendarDate(iso: $0) } ?? .none
    card.validTo = try row.value(8) { CalendarDate(iso: $0) } ?? .none
    card.fiveYearsFrom = try row.value(9) { CalendarDate(iso: $0) } ?? .none
    card.area = try row.value(10) { ShortCode($0) } ?? .none
    guard let rule = LinkRule(rawValue: UInt8(truncatingIfNeeded: row.integer(11))) else {
      throw .notAStore(path, found: "a code that it doesn't know")
    }
    card.rule = rule
    if !row.isNull(12) {
      guard let list = notes[row.integer(12)] else {
        throw .notAStore(path, found: "a list of notes that it doesn't know")
      }
      card.notes = list
    }
    let source = row.integer(13)
    card.fileIndex = UInt16(
      truncatingIfNeeded: Schema.keptIndex(ofSource: source) ?? Schema.fileIndex(ofSource: source))
    if source < 0 {
      guard Int(card.fileIndex) < graceDays.count, !graceDays[Int(card.fileIndex)].isNone else {
        throw .notAStore(path, found: "a person kept in grace without a date")
      }
      card.graceUntil = graceDays[Int(card.fileIndex)]
    }
    card.line = UInt32(truncatingIfNeeded: row.integer(14))
    return card
  }
}

/// The current row of a statement; its text is valid until the next step.
private struct StoredRow {
  private let handle: OpaquePointer
  private let path: String

  init(_ handle: OpaquePointer, _ path: String) { (self.handle, self.path) = (handle, path) }

  @inline(__always)
  func isNull(_ column: CInt) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

  @inline(__always)
  func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }

  /// Passes a text to `body`; NULL is an empty text.
  @inline(__always)
  func withText<R>(_ column: CInt, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    // Text first: it makes SQLite convert to UTF-8, which the byte count then refers to.
    let base = sqlite3_column_text(handle, column)
    return body(UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(handle, column))))
  }

  /// Reads a text; nil if it is NULL.
  @inline(__always)
  func value<T>(_ column: CInt, _ read: (Span<UInt8>) -> T?) throws(Stop) -> T? {
    let (value, isAbsent) = withText(column) { text -> (T?, Bool) in
      text.baseAddress == nil ? (nil, true) : (read(text.span), false)
    }
    guard value != nil || isAbsent else { throw .notAStore(path, found: "a value of another form") }
    return value
  }
}
