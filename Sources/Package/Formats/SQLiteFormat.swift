// SQLite: a file that a facility's own program queries offline, and its reader.
// Invariant: the table `card_attribute` has the columns that the recipient may see, as text, none of them NULL, `other_card` those
// of the cards beside the serving ones, and the view `card` is both; the table
// `package` says what the rows are and how long they may be used. The reader loads the file into memory, so SQLite neither
// changes it nor leaves a file beside it.
// Load: a facility's some ten thousand people. The writer uses one transaction without journal and sync, because the
// package takes effect after all of it is on disk. SQLite writes pages in any order, so the file is hashed by reading it.

import Files
import Glibc
internal import GRDB
import GRDBSQLite
import Seal
import Values

/// Writes `data/people.sqlite`.
final class SQLiteFormat: FormatWriter {
  private let path: String
  private let attributes: [Attribute]
  private let queue: DatabaseQueue
  private let otherAttributes: [Attribute]
  /// Nil once the rows are written: a file with a statement can't be closed.
  private var insert: Statement?
  /// Made with the first card beside the serving ones.
  private var insertOther: Statement?
  private static let name = "data/people.sqlite"

  init(_ attributes: [Attribute], _ facts: PackageFacts, in bag: String) throws(Stop) {
    self.attributes = attributes
    let otherAttributes = Attribute.ofOtherCards(attributes)
    self.otherAttributes = otherAttributes
    let path = bag + "/" + Self.name
    self.path = path
    // Created here with access for its owner only; SQLite takes an empty file as an empty database.
    try OutputFile(creating: path).finishUnsynced()
    try Faults.pass(.database, path)
    var configuration = Configuration()
    // The transaction lasts from here to `finish`.
    configuration.allowsUnsafeTransactions = true
    do {
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      insert = try queue.writeWithoutTransaction { db in
        try db.execute(
          sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE")
        try db.execute(sql: "BEGIN")
        try db.execute(
          sql: "CREATE TABLE package (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        for (key, value) in facts.pairs {
          try db.execute(sql: "INSERT INTO package VALUES (?, ?)", arguments: [key, value])
        }
        let columns = attributes.map {
          "\($0.name) TEXT NOT NULL" + ($0 == .personalID ? " PRIMARY KEY" : "")
        }
        try db.execute(
          sql: "CREATE TABLE card_attribute (\(columns.joined(separator: ", "))) WITHOUT ROWID")
        if !otherAttributes.isEmpty {
          let names = otherAttributes.map(\.name)
          // The key's columns first: otherwise SQLite's own check finds faults that aren't there.
          let columns =
            ["personal_id TEXT NOT NULL", "ordinal INTEGER NOT NULL"]
            + names.dropFirst().map { "\($0) TEXT NOT NULL" }
          try db.execute(
            sql: """
              CREATE TABLE other_card (\(columns.joined(separator: ", ")), PRIMARY KEY (personal_id, ordinal))
                WITHOUT ROWID;
              CREATE VIEW card AS SELECT \(names.joined(separator: ", ")) FROM card_attribute
                UNION ALL SELECT \(names.joined(separator: ", ")) FROM other_card;
              """)
        }
        let places = attributes.map { _ in "?" }.joined(separator: ", ")
        return try db.makeStatement(sql: "INSERT INTO card_attribute VALUES (\(places))")
      }
      self.queue = queue
    } catch {
      throw .sqliteFailed(path, error)
    }
  }

  /// Ends the statements before the connection.
  ///
  /// SQLite keeps a connection open while it has statements. The last one would then roll the open transaction back
  /// and call a hook of a GRDB object that no longer exists.
  deinit { (insert, insertOther) = (nil, nil) }

  func append(_ person: borrowing PersonTexts) throws(Stop) {
    guard let handle = insert?.sqliteStatement else { throw .defect(inPackages: "a person after the end") }
    try step(handle, attributes, of: person)
    guard !otherAttributes.isEmpty else { return }
    for i in 0..<person.otherCount {
      let handle = try otherStatement().sqliteStatement
      sqlite3_bind_int(handle, CInt(otherAttributes.count + 1), CInt(truncatingIfNeeded: i + 1))
      try step(handle, otherAttributes, of: person.others[i])
    }
  }

  private func otherStatement() throws(Stop) -> Statement {
    if let insertOther { return insertOther }
    do {
      let names = (otherAttributes.map(\.name) + ["ordinal"]).joined(separator: ", ")
      let places = otherAttributes.map { _ in "?, " }.joined() + "?"
      let statement = try queue.writeWithoutTransaction { db in
        try db.makeStatement(sql: "INSERT INTO other_card (\(names)) VALUES (\(places))")
      }
      insertOther = statement
      return statement
    } catch {
      throw .sqliteFailed(path, error)
    }
  }

  /// Runs a statement with the texts of a person or a card as its first parameters.
  private func step(_ handle: OpaquePointer, _ attributes: [Attribute], of person: borrowing PersonTexts)
    throws(Stop)
  {
    var code = SQLITE_OK
    unsafe person.bytes.withUnsafeBufferPointer { bytes in
      for (i, attribute) in attributes.enumerated() {
        let range = person.range(attribute)
        // The bytes stay where they are until the step is done, so SQLite need not copy them.
        let bound = unsafe (bytes.baseAddress.map { unsafe $0 + range.lowerBound }).map {
          unsafe $0.withMemoryRebound(to: CChar.self, capacity: range.count) {
            unsafe sqlite3_bind_text(handle, CInt(i + 1), $0, CInt(truncatingIfNeeded: range.count), nil)
          }
        }
        if code == SQLITE_OK { code = bound ?? SQLITE_MISUSE }
      }
      guard code == SQLITE_OK else { return }
      let stepped = unsafe sqlite3_step(handle)
      let reset = unsafe sqlite3_reset(handle)
      code = stepped != SQLITE_DONE ? stepped : reset
    }
    guard code == SQLITE_OK else {
      throw .sqliteFailed(path, DatabaseError(resultCode: ResultCode(rawValue: code)))
    }
  }

  func finish() throws(Stop) -> [BagEntry] {
    try Faults.pass(.database, path)
    let indexes = [Attribute.insuranceNumber, .cardNumber].filter { attributes.contains($0) }
    (insert, insertOther) = (nil, nil)
    do {
      try queue.writeWithoutTransaction { db in
        for attribute in indexes {
          try db.execute(
            sql: "CREATE INDEX card_attribute_\(attribute.name) ON card_attribute (\(attribute.name))")
        }
        try db.execute(sql: "COMMIT")
      }
      try queue.close()
    } catch {
      throw .sqliteFailed(path, error)
    }
    return [
      BagEntry(
        path: Self.name, digest: try Digest.text(ofFile: path), byteCount: try Folder.byteCount(of: path))
    ]
  }
}

/// Reads `people.sqlite`.
enum SQLitePeople {
  /// How every SQLite file begins.
  private static let magic = Array("SQLite format 3\u{0}".utf8)

  static func isDatabase(_ path: String) throws(Stop) -> Bool {
    var start: [UInt8] = []
    let file = try InputFile(path)
    guard file.byteCount >= magic.count else { return false }
    try file.read(at: 0, count: magic.count, into: &start)
    return start == magic
  }

  /// Appends the persons of a file, and takes the dates of its table `package`.
  ///
  /// - Returns: false if it holds no table of persons.
  static func read(_ path: String, into people: inout PackagePeople) throws(Stop) -> Bool {
    let file = try InputFile(path)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, file.byteCount), alignment: 4096)
    defer { unsafe bytes.deallocate() }
    try unsafe file.read(at: 0, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<file.byteCount]))
    do {
      let queue = try DatabaseQueue()
      // Close the database before its bytes are freed.
      defer { try? queue.close() }
      return try queue.unsafeRead { db in
        let count = sqlite3_int64(file.byteCount)
        let code = unsafe sqlite3_deserialize(
          db.sqliteConnection, "main", bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count, count,
          UInt32(SQLITE_DESERIALIZE_READONLY))
        guard code == SQLITE_OK else { throw StoredFault(sqlite: code) }
        guard try db.tableExists("card_attribute") else { return false }
        if try db.tableExists("package") {
          for (key, value) in try Row.fetchAll(db, sql: "SELECT key, value FROM package").map({
            ($0[0] as String, $0[1] as String)
          }) {
            guard let date = CalendarDate(iso: value) else { continue }
            if key == "as_of" { people.asOf = date }
            if key == "valid_until" { people.validUntil = date }
          }
        }
        guard try readPeople(db, into: &people.batch) else { return false }
        if try db.tableExists("other_card") { try people.add(readOtherCards(db), path) }
        return true
      }
    } catch let error as StoredFault {
      throw damaged(path, error.sqlite.map { "SQLite's error \($0)" } ?? "another \(error.column)")
    } catch let error as DatabaseError {
      throw damaged(path, "SQLite's error \(error.extendedResultCode.rawValue)")
    } catch {
      throw damaged(path, "another file")
    }
  }

  private static func readPeople(_ db: Database, into people: inout PersonBatch) throws -> Bool {
    let statement = try db.makeStatement(sql: "SELECT * FROM card_attribute")
    let columns = Attribute.columns(statement.columnNames.map { $0.lowercased().filter { $0 != "_" } })
    guard Attribute.areOfPersons(columns.map(\.attribute)) else { return false }
    var person = PersonTexts()
    while try next(statement, columns, into: &person) { try person.append(to: &people) }
    return true
  }

  private static func readOtherCards(_ db: Database) throws -> [CardRow] {
    let statement = try db.makeStatement(sql: "SELECT * FROM other_card ORDER BY personal_id, ordinal")
    let columns = Attribute.columns(statement.columnNames.map { $0.lowercased().filter { $0 != "_" } })
    var person = PersonTexts()
    var cards: [CardRow] = []
    while try next(statement, columns, into: &person) { cards.append(try person.card()) }
    return cards
  }

  /// Reads the next row.
  ///
  /// - Returns: false if there is none left.
  private static func next(
    _ statement: Statement, _ columns: [(attribute: Attribute, column: Int)], into person: inout PersonTexts
  ) throws -> Bool {
    let handle = statement.sqliteStatement
    let code = unsafe sqlite3_step(handle)
    if code == SQLITE_DONE { return false }
    guard code == SQLITE_ROW else { throw StoredFault(sqlite: code) }
    person.removeAll()
    for (attribute, column) in columns {
      let text = unsafe sqlite3_column_text(handle, CInt(column))
      let count = Int(sqlite3_column_bytes(handle, CInt(column)))
      person.set(attribute, unsafe UnsafeBufferPointer(start: text, count: count).span)
    }
    return true
  }

  private static func damaged(_ path: String, _ found: String) -> Stop {
    Stop(
      .storeUnavailable, at: path, expected: "a package's SQLite file", found: found,
      remedy: "The package is damaged: ask the sender for it anew.", next: "cardlink check-card --help")
  }
}

extension Stop {
  /// SQLite's result code, which holds no value.
  fileprivate static func sqliteFailed(_ path: String, _ error: any Error) -> Stop {
    let code = (error as? DatabaseError)?.extendedResultCode.rawValue
    return Stop(
      .inputOutput, at: path, expected: "to write it",
      found: code.map { "SQLite's error \($0)" } ?? "an error of SQLite",
      remedy: "Free disk space or mend the disk; nothing that was in force has changed.")
  }
}
