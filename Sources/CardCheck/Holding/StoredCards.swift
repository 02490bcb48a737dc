// The store as a source of cards: one person at a time, or all numbers in one pass. For 12 digits alone a table of the few such
// numbers that are not their persons' own takes the place of the pass.
// Invariant: opened read-only. It reads only the contract's views, so any store with these views will do. The
// connection keeps the file that it opened, so a load that replaces the store changes no answer.
// Load: a hundred thousand persons a second through two prepared statements, stepped through their SQLite
// handles: no `String` and no allocation per row.

import Files
internal import GRDB
import GRDBSQLite
import Package
package import Values

/// A store, opened for card checks.
package struct StoredCards: CardSource, ~Copyable {
  private let path: String
  private let person: Query
  private let cards: Query
  private let finding: Query
  private let numbers: Query
  /// The same of all cards.
  private let allNumbers: Query
  /// The persons of a 12-digit number that is not their own; nil for a store of an earlier program.
  private let notIDs: Query?
  /// SQLite calls it while ``numbers`` is stepped.
  private let filter: NumberFilter
  /// Closed last.
  private let queue: DatabaseQueue
  package let standing: DataStanding
  /// Of this store; without it, numbers that are not personal ID numbers need a pass over all cards.
  package var index: NumberIndex?

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - daysOfUse: how many days after its business date the store may be used.
  ///   - armedForces: groups besides ``ArmedForces/known``.
  ///   - memoryBytes: half of it may hold pages of the store.
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if there is no store, or it lacks the contract's
  ///   views.
  package init(
    path: String, daysOfUse: Int, armedForces: [String] = [], memoryBytes: Int = 2 << 30
  ) throws(Stop) {
    self.path = path
    guard try Folder.exists(path) else {
      throw Stop(
        .storeUnavailable, at: path, expected: "the store that a run leaves", found: "no file",
        remedy: "Run the pipeline first.", next: "cardlink run PIPELINE")
    }
    let opened: (DatabaseQueue, Query, Query, Query, Query, Query, Query?, String?)
    let filter = NumberFilter()
    do {
      var configuration = Configuration()
      configuration.readonly = true
      configuration.busyMode = .timeout(5)
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      opened = try queue.unsafeRead { db in
        try db.execute(
          sql: "PRAGMA mmap_size = \(memoryBytes / 2); PRAGMA cache_size = -\(memoryBytes / 64 / 1024)")
        try filter.register(in: db)
        // Most stores keep no person in grace, and older ones have no such view: skip the search for each
        // check.
        let keeps = try ["sqlite_schema WHERE name = 'kept_in_grace'", "kept_in_grace"]
          .allSatisfy { try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \($0))") ?? false }
        func union(_ columns: String, grace: Bool, where condition: String) -> String {
          let ofCards = "SELECT \(columns)\(grace ? ", NULL" : "") FROM card WHERE \(condition)"
          guard keeps else { return ofCards }
          return ofCards
            + " UNION ALL SELECT \(columns)\(grace ? ", grace_until" : "") FROM kept_in_grace WHERE \(condition)"
        }
        return (
          queue,
          Query(
            try db.makeStatement(
              sql: "SELECT full_name, birth_date, sex FROM card_attribute WHERE personal_id = ?")),
          Query(
            try db.makeStatement(
              sql: union(
                "insurance_number, card_number, facility_code, valid_from, valid_to, five_years_from, area_code, rule = 'decision'",
                grace: true, where: "personal_id = ?1"))),
          Query(try db.makeStatement(sql: "SELECT 1 FROM finding WHERE personal_id = ? LIMIT 1")),
          Query(
            try db.makeStatement(
              sql: union(
                "personal_id, insurance_number, card_number", grace: false,
                where: "cardlink_wanted(insurance_number, card_number)"))),
          Query(
            try db.makeStatement(
              sql: union("personal_id, insurance_number, card_number", grace: false, where: "TRUE"))),
          try db.viewExists("insurance_number_not_id")
            ? Query(
              try db.makeStatement(sql: "SELECT personal_id FROM insurance_number_not_id WHERE number = ?"))
            : nil,
          // The run that the rows come from; for a store without rows the last run.
          try String.fetchOne(
            db,
            sql: """
              SELECT as_of FROM run
              ORDER BY run_id = (SELECT run_id FROM card LIMIT 1) DESC, run_id DESC LIMIT 1
              """)
        )
      }
    } catch let error as DatabaseError {
      throw .unreadable(path, code: error.extendedResultCode.rawValue)
    } catch {
      throw .unreadable(path, code: SQLITE_ERROR)
    }
    (queue, person, cards, finding, numbers) = (opened.0, opened.1, opened.2, opened.3, opened.4)
    (allNumbers, notIDs) = (opened.5, opened.6)
    var standing = DataStanding()
    if let asOf = opened.7.flatMap({ CalendarDate(iso: $0) }) {
      standing.asOf = asOf
      standing.validUntil = asOf.adding(days: daysOfUse)
    }
    standing.armedForces = armedForces
    self.standing = standing
    self.filter = filter
  }

  package mutating func beginReading() throws(Stop) { try execute("BEGIN") }
  package mutating func endReading() throws(Stop) { try execute("COMMIT") }

  private func execute(_ sql: String) throws(Stop) {
    let code = unsafe sqlite3_exec(sqlite3_db_handle(person.handle), sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw .unreadable(path, code: code) }
  }

  package mutating func append(_ id: PersonalID, to batch: inout PersonBatch) throws(Stop) -> Bool {
    do throws(StoredFault) {
      var row = PersonRow(personalID: id, birthDate: .none, sex: .unknown, nameRange: 0..<0, cards: 0..<0)
      try person.begin(id)
      guard try person.step() else { return false }
      let start = batch.bytes.count
      unsafe batch.bytes.append(contentsOf: person.bytes(0))
      row.nameRange = start..<batch.bytes.count
      row.birthDate = try StoredValues.date(unsafe person.bytes(1).span, "birth_date")
      row.sex = try StoredValues.sex(unsafe person.bytes(2).span)
      try cards.begin(id)
      let first = batch.cards.count
      // The serving card comes first, then the others in the order of the export, so that the earliest wins a
      // tie.
      while try cards.step() {
        var card = CardRow()
        card.personalID = id
        card.insuranceNumber = try StoredValues.insuranceNumber(unsafe cards.bytes(0).span)
        card.cardNumber = try StoredValues.cardNumber(unsafe cards.bytes(1).span)
        card.facility = try StoredValues.code(unsafe cards.bytes(2).span, "facility_code")
        card.validFrom = try StoredValues.date(unsafe cards.bytes(3).span, "valid_from")
        card.validTo = try StoredValues.date(unsafe cards.bytes(4).span, "valid_to")
        card.fiveYearsFrom = try StoredValues.date(unsafe cards.bytes(5).span, "five_years_from")
        card.area = try StoredValues.code(unsafe cards.bytes(6).span, "area_code")
        if unsafe cards.bytes(7).elementsEqual("1".utf8) { card.rule = .decision }
        card.graceUntil = try StoredValues.date(unsafe cards.bytes(8).span, "grace_until")
        batch.cards.append(card)
      }
      guard batch.cards.count > first else { return false }
      row.cards = first..<batch.cards.count
      batch.persons.append(row)
      return true
    } catch {
      throw .unreadable(path, error)
    }
  }

  package mutating func isHeld(_ id: PersonalID) throws(Stop) -> Bool {
    do throws(StoredFault) {
      try finding.begin(id)
      return try finding.step()
    } catch {
      throw .unreadable(path, error)
    }
  }

  /// The persons of all cards' numbers, for a server that can't pass over the cards for a question.
  package func numberIndex() throws(Stop) -> NumberIndex {
    var index = NumberIndex()
    do throws(StoredFault) {
      try allNumbers.begin(nil)
      while try allNumbers.step() {
        index.add(
          try StoredValues.personalID(unsafe allNumbers.bytes(0).span),
          try StoredValues.insuranceNumber(unsafe allNumbers.bytes(1).span),
          try StoredValues.cardNumber(unsafe allNumbers.bytes(2).span))
      }
    } catch {
      throw .unreadable(path, error)
    }
    index.finish()
    return index
  }

  package mutating func resolve(_ wanted: inout WantedNumbers) throws(Stop) {
    if let index { return try resolve(&wanted, by: index) }
    try resolveNotIDs(&wanted)
    // No card has a 9-digit number.
    let onCards = wanted.all.filter {
      $0.isCard || $0.legacyID == nil && ($0.personalID == nil || notIDs == nil)
    }
    guard !onCards.isEmpty else { return }
    filter.take(onCards)
    do throws(StoredFault) {
      try numbers.begin(nil)
      while try numbers.step() {
        wanted.note(
          try StoredValues.personalID(unsafe numbers.bytes(0).span),
          try StoredValues.insuranceNumber(unsafe numbers.bytes(1).span),
          try StoredValues.cardNumber(unsafe numbers.bytes(2).span))
      }
    } catch {
      throw .unreadable(path, error)
    }
  }
}

extension StoredCards {
  /// Finds the persons of 12 digits alone that are not their own number.
  private mutating func resolveNotIDs(_ wanted: inout WantedNumbers) throws(Stop) {
    guard let notIDs else { return }
    var people = PersonBatch()
    for number in wanted.all where !number.isCard {
      guard let asked = number.personalID else { continue }
      var found: [PersonalID] = []
      do throws(StoredFault) {
        try notIDs.begin(asked)
        while try notIDs.step() { found.append(try StoredValues.personalID(unsafe notIDs.bytes(0).span)) }
      } catch {
        throw .unreadable(path, error)
      }
      for id in found { try noteCards(of: id, in: &wanted, by: &people) }
    }
  }
}

extension NumberFilter {
  /// Registers `cardlink_wanted(insurance_number, card_number)` with a connection, which this object
  /// outlives.
  fileprivate func register(in db: Database) throws {
    let code = unsafe sqlite3_create_function_v2(
      db.sqliteConnection, "cardlink_wanted", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
      Unmanaged.passUnretained(self).toOpaque(),
      { context, _, values in
        guard let values, let address = unsafe sqlite3_user_data(context) else { return }
        let filter = unsafe Unmanaged<NumberFilter>.fromOpaque(address).takeUnretainedValue()
        unsafe sqlite3_result_int(context, filter.isWanted(values[0], values[1]) ? 1 : 0)
      }, nil, nil, nil)
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: GRDB.ResultCode(rawValue: code)) }
  }

  private func isWanted(_ insurance: OpaquePointer?, _ card: OpaquePointer?) -> Bool {
    let number = unsafe bytes(insurance)
    // An unreadable number passes the filter, so that the full check stops the run.
    guard unsafe mayHold(number) else {
      let whole = unsafe bytes(card)
      guard whole.count > 5 else { return false }
      let tail = unsafe UnsafeBufferPointer(rebasing: whole[5...])
      if tail.count == number.count, unsafe tail.elementsEqual(number) { return false }
      return unsafe mayHold(tail)
    }
    return true
  }

  private func mayHold(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if text.isEmpty { return false }
    guard let number = try? InsuranceNumber(unsafe text.span) else { return true }
    return mayHold(number)
  }

  private func bytes(_ value: OpaquePointer?) -> UnsafeBufferPointer<UInt8> {
    let text = unsafe sqlite3_value_text(value)
    return unsafe UnsafeBufferPointer(start: text, count: Int(sqlite3_value_bytes(value)))
  }
}

/// One SELECT, stepped row by row, with at most one parameter: a personal ID number.
final class Query {
  /// Keeps the handle alive.
  private let owner: Statement
  let handle: OpaquePointer
  /// The parameter's text, which SQLite reads in place.
  private let digits = UnsafeMutablePointer<CChar>.allocate(capacity: 12)

  init(_ statement: Statement) {
    owner = statement
    handle = statement.sqliteStatement
  }

  deinit {
    // Unbind before the memory is freed.
    _ = unsafe sqlite3_reset(handle)
    _ = unsafe sqlite3_clear_bindings(handle)
    unsafe digits.deallocate()
  }

  func begin(_ id: PersonalID?) throws(StoredFault) {
    try check(unsafe sqlite3_reset(handle))
    guard let id else { return }
    var rest = id.packed
    for i in (0..<12).reversed() {
      unsafe digits[i] = CChar(48 + rest % 10)
      rest /= 10
    }
    try check(unsafe sqlite3_bind_text(handle, 1, digits, 12, nil))
  }

  /// - Returns: whether there is a row.
  ///
  /// Without one, the statement is reset.
  func step() throws(StoredFault) -> Bool {
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    try check(unsafe sqlite3_reset(handle))
    return false
  }

  /// A column's text, valid until the next step; empty for NULL.
  func bytes(_ column: CInt) -> UnsafeBufferPointer<UInt8> {
    let text = unsafe sqlite3_column_text(handle, column)
    return unsafe UnsafeBufferPointer(start: text, count: Int(sqlite3_column_bytes(handle, column)))
  }

  private func check(_ code: CInt) throws(StoredFault) {
    guard code == SQLITE_OK else { throw StoredFault(sqlite: code) }
  }
}

extension Stop {
  static func unreadable(_ path: String, code: Int32) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a store that this program wrote",
      found: "\(GRDB.ResultCode(rawValue: code))",
      remedy:
        "If another program holds it, wait and try again; else write it anew: cardlink rerun load PIPELINE")
  }

  static func unreadable(_ path: String, _ fault: StoredFault) -> Stop {
    if let code = fault.sqlite { return .unreadable(path, code: code) }
    return Stop(
      .storeUnavailable, at: path, field: fault.column, expected: "a value of the column's form",
      found: "another one", remedy: "Write the store anew: cardlink rerun load PIPELINE")
  }
}
