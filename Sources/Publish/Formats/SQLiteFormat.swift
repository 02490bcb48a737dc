// SQLite: a file that a facility's own program queries offline.
// Invariant: the table `card_attribute` has the columns that the recipient may see, as text, none of them NULL;
// `package` says what the rows are and how long they may be used; every return code is read.
// Load: a facility's some ten thousand people; one transaction, no journal and no sync, for the package is put in
// force after all of it is on disk. SQLite writes its pages in any order, so this one file is hashed by reading it.

import Files
internal import GRDB
import GRDBSQLite
import Glibc
import Seal
import Values

final class SQLiteFormat: FormatWriter {
  private let path: String
  private let attributes: [Attribute]
  private let queue: DatabaseQueue
  /// Nil once the rows are written: a file with a statement can't be closed.
  private var insert: Statement?
  private static let name = "data/people.sqlite"

  init(_ attributes: [Attribute], _ facts: PackageFacts, in bag: String) throws(Stop) {
    self.attributes = attributes
    let path = bag + "/" + Self.name
    self.path = path
    // Made by us, for its owner alone; to SQLite an empty file is an empty database.
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
        let places = attributes.map { _ in "?" }.joined(separator: ", ")
        return try db.makeStatement(sql: "INSERT INTO card_attribute VALUES (\(places))")
      }
      self.queue = queue
    } catch {
      throw .sqliteFailed(path, error)
    }
  }

  func append(_ person: borrowing FieldTexts) throws(Stop) {
    guard let handle = insert?.sqliteStatement else { throw .defect("a person behind the end") }
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
    insert = nil
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
        path: Self.name, digest: try Digest.text(ofFile: path), byteCount: Folder.byteCount(of: path))
    ]
  }
}

extension Stop {
  /// SQLite's own code, which holds no value.
  fileprivate static func sqliteFailed(_ path: String, _ error: any Error) -> Stop {
    let code = (error as? DatabaseError)?.extendedResultCode.rawValue
    return Stop(
      .inputOutput, at: path, expected: "to write it",
      found: code.map { "SQLite's error \($0)" } ?? "an error of SQLite",
      remedy: "Free disk space or mend the disk; nothing that was in force has changed.")
  }
}
