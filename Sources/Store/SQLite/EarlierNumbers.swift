// Builds the table of the numbers that the population export names besides a person's own: 9-digit numbers and earlier
// personal ID numbers, with the dates between which they were known.
// Invariant: rows ascend by kind, number and person, each once. A number that an export no longer names keeps its row, with
// the date on which it was first missing, until that date is older than the history is kept.
// Load: the numbers of 70 million persons, merged in order with those of the store before by several threads; some
// 30 bytes each. Nothing where the export has no such field.

import Files
internal import GRDB
internal import GRDBSQLite
import Synchronization
package import Values

/// The numbers of a load, in ranges that several threads read at once.
package struct NumberSource: Sendable {
  /// The business date, which does not go back.
  package var knownOn: CalendarDate
  /// The store in force, whose numbers stay known; nil if there is none.
  package var before: String?
  /// Numbers that have been missing since this day or longer are left out.
  package var droppedThrough: CalendarDate
  /// Ranges of ``LinkKey/packed``, ascending and without a gap.
  package var ranges: [Range<UInt64>]
  /// Passes on a range's numbers, ascending by ``LinkKey``, each with its person and the population file's index.
  package var read:
    @Sendable (Range<UInt64>, (LinkKey, PersonalID, Int) throws(Stop) -> Void) throws(Stop) -> Void

  package init(
    knownOn: CalendarDate, before: String?, droppedThrough: CalendarDate = .none, ranges: [Range<UInt64>],
    read:
      @escaping @Sendable (Range<UInt64>, (LinkKey, PersonalID, Int) throws(Stop) -> Void) throws(Stop) ->
      Void
  ) {
    (self.knownOn, self.before, self.droppedThrough) = (knownOn, before, droppedThrough)
    (self.ranges, self.read) = (ranges, read)
  }
}

/// The table being built.
struct EarlierNumbers: Sendable {
  let source: NumberSource
  /// The date from which the numbers are known that have no date of their own.
  let base: String
  private let names: FileNames
  /// The files' names in the store before, by their numbers.
  private let namesBefore: [Int64: String]
  /// Nil if that has no such table.
  private let before: String?

  init(_ source: NumberSource, populationFiles: [String]) throws(Stop) {
    self.source = source
    names = FileNames(populationFiles)
    var found: (base: String?, names: [Int64: String]) = (nil, [:])
    if let path = source.before { found = try Self.before(path) }
    before = found.base == nil ? nil : source.before
    base = found.base ?? source.knownOn.text
    namesBefore = found.names
  }

  /// The date and the files' names of the store before; no date if it has no such table, or can't be read.
  private static func before(_ path: String) throws(Stop) -> (base: String?, names: [Int64: String]) {
    guard try Store.runID(at: path) != nil else { return (nil, [:]) }
    do throws(Stop) {
      return try stopping(at: path) {
        try openStore(path, readonly: true).read { db in
          guard try db.tableExists("number_row") else { return (nil, [:]) }
          let names = try Row.fetchAll(db, sql: "SELECT source_id, name FROM number_source").map {
            ($0[0] as Int64, $0[1] as String)
          }
          return (
            try String.fetchOne(db, sql: "SELECT known_on FROM number_base"),
            Dictionary(names, uniquingKeysWith: { $1 })
          )
        }
      }
    } catch  where error.isNoStore {
      return (nil, [:])
    }
  }

  /// The files' names, complete when all ranges are built.
  var sourceNames: [String] { names.all }

  /// Builds the rows of one range.
  func build(_ range: Range<UInt64>, in file: PagedFile) throws(Stop) -> Leaves {
    let old = try before.map { path throws(Stop) in try NumbersBefore(path, range) }
    var rows = try NumberRows(self, file, old)
    try source.read(range) { key, person, file throws(Stop) in try rows.take(key, person, file: file) }
    return try rows.finish()
  }

  /// The number of a file in this store, by its number in the store before.
  fileprivate func source(ofBefore id: Int64) -> Int64 { names.id(of: namesBefore[id] ?? "") }
}

/// The names of files, each with a number: first the population's, then those that only rows of before show.
private final class FileNames: Sendable {
  private let names: Mutex<[String]>

  init(_ names: [String]) { self.names = Mutex(names) }

  var all: [String] { names.withLock { $0 } }

  func id(of name: String) -> Int64 {
    names.withLock { names in
      if let known = names.firstIndex(of: name) { return Int64(known) }
      names.append(name)
      return Int64(names.count - 1)
    }
  }
}

/// The rows of one range: today's numbers merged with those of before.
private struct NumberRows: ~Copyable {
  private let table: EarlierNumbers
  private let today: Int64
  private let dropped: Int64
  private let isFirst: Bool
  private var leaves: LeafBuilder
  private var row = RowBytes()
  private let before: NumbersBefore?
  /// The persons of the current number, with the file that names them.
  private var key = LinkKey.missing
  private var persons: [(id: PersonalID, file: Int)] = []
  private var source: (before: Int64, now: Int64)?

  init(_ table: EarlierNumbers, _ file: PagedFile, _ before: NumbersBefore?) throws(Stop) {
    self.table = table
    (today, dropped) = (Int64(table.source.knownOn.packed), Int64(table.source.droppedThrough.packed))
    isFirst = table.source.knownOn.text == table.base
    leaves = LeafBuilder(file)
    self.before = before
    try before?.advance()
  }

  mutating func take(_ key: LinkKey, _ person: PersonalID, file: Int) throws(Stop) {
    if key != self.key {
      try endNumber()
      self.key = key
    }
    // A population record that repeats another one names the same number again.
    if persons.last?.id != person { persons.append((person, file)) }
  }

  consuming func finish() throws(Stop) -> Leaves {
    try endNumber()
    try keep(before: .end)
    return try leaves.finish()
  }

  /// Writes the rows of the current number, and those of before up to it.
  private mutating func endNumber() throws(Stop) {
    guard !persons.isEmpty else { return }
    try keep(before: key)
    if persons.count > 1 { persons.sort { ($0.id, $0.file) < ($1.id, $1.file) } }
    var last: PersonalID?
    for (id, file) in persons where id != last {
      last = id
      while let was = before?.current, was.key == key, was.id < id { try keepCurrent(was) }
      var from = isFirst ? nil : today
      if let was = before?.current, was.key == key, was.id == id {
        from = was.from
        try before?.advance()
      }
      try write(key, id, from: from, to: nil, source: Int64(file))
    }
    while let was = before?.current, was.key == key { try keepCurrent(was) }
    persons.removeAll(keepingCapacity: true)
  }

  /// Keeps the rows of before whose number is below a key.
  private mutating func keep(before end: LinkKey) throws(Stop) {
    while let was = before?.current, was.key < end { try keepCurrent(was) }
  }

  private mutating func keepCurrent(_ was: NumbersBefore.Row) throws(Stop) {
    let to = was.to ?? today
    if to > dropped {
      if source?.before != was.source { source = (was.source, table.source(ofBefore: was.source)) }
      try write(was.key, was.id, from: was.from, to: to, source: source?.now ?? 0)
    }
    try before?.advance()
  }

  private mutating func write(
    _ key: LinkKey, _ id: PersonalID, from: Int64?, to: Int64?, source: Int64
  ) throws(Stop) {
    row.removeAll()
    if let number = key.legacyID {
      row.append(Int64(0))
      row.append(textOf: 9) {
        $0[0] = UInt8(truncatingIfNeeded: 48 + number.packed / 100_000_000)
        putDigits(UInt64(number.packed % 100_000_000), 8, $0 + 1)
      }
    } else if let number = key.personalID {
      row.append(Int64(1))
      row.append(number)
    }
    row.append(id)
    for date in [from, to] {
      if let date { row.append(date) } else { row.appendNull() }
    }
    row.append(source)
    try leaves.append(row)
  }
}

/// The rows of the store before, in order; the first is there after the first step.
private final class NumbersBefore {
  struct Row {
    var key: LinkKey
    var id: PersonalID
    var from: Int64?
    var to: Int64?
    var source: Int64
  }

  private let path: String
  private let queue: DatabaseQueue
  private let statement: Statement
  private var batch: [Row] = []
  private var index = -1
  private var isDone = false
  private(set) var current: Row?

  init(_ path: String, _ range: Range<UInt64>) throws(Stop) {
    self.path = path
    (queue, statement) = try stopping(at: path) {
      let queue = try openStore(path, readonly: true)
      let statement = try queue.unsafeRead { db in
        let statement = try db.makeStatement(
          sql: """
            SELECT kind, number, personal_id, known_from, known_to, source_id FROM number_row
            WHERE (kind, number) >= (?, ?) AND (kind, number) < (?, ?) ORDER BY kind, number, personal_id
            """)
        let (start, end) = (Self.bound(range.lowerBound), Self.bound(range.upperBound))
        try statement.setArguments([start.kind, start.number, end.kind, end.number])
        return statement
      }
      return (queue, statement)
    }
  }

  /// A key as the table has it; keys without a number are below or above all.
  private static func bound(_ packed: UInt64) -> (kind: Int, number: String) {
    let key = LinkKey(packed: packed)
    if let number = key.legacyID { return (0, number.text) }
    if let number = key.personalID { return (1, number.text) }
    return key < .firstLegacy ? (0, "") : (2, "")
  }

  func advance() throws(Stop) {
    index += 1
    if index >= batch.count {
      index = 0
      try nextBatch()
    }
    current = index < batch.count ? batch[index] : nil
  }

  /// Where the store before is damaged, it ends: its numbers count as new, and the night goes on.
  private func nextBatch() throws(Stop) {
    batch.removeAll(keepingCapacity: true)
    do throws(Stop) { try read() } catch  where error.isNoStore { isDone = true }
  }

  private func read() throws(Stop) {
    guard !isDone else { return }
    try stopping(at: path) {
      try queue.unsafeRead { _ in
        let handle = statement.sqliteStatement
        while batch.count < 4096 {
          let code = sqlite3_step(handle)
          if code == SQLITE_DONE {
            isDone = true
            _ = sqlite3_reset(handle)
            return
          }
          guard code == SQLITE_ROW else { throw Stop.storeFailed(path, code: code) }
          batch.append(try read(StoredRow(handle, path)))
        }
      }
    }
  }

  private func read(_ row: StoredRow) throws(Stop) -> Row {
    let isLegacy = row.integer(0) == 0
    let key = try row.value(1) { text in
      isLegacy
        ? (try? LegacyID(text)).map { LinkKey.legacy($0) } : (try? PersonalID(text)).map { .personal($0) }
    }
    guard let key, let id = try row.value(2, { try? PersonalID($0) }) else {
      throw .notAStore(path, found: "a number of another form")
    }
    return Row(
      key: key, id: id, from: row.isNull(3) ? nil : row.integer(3), to: row.isNull(4) ? nil : row.integer(4),
      source: row.integer(5))
  }
}
