// The load: writes persons with their cards, and findings, to a new store file that replaces the old one.
// Invariant: the store at the path is always whole, the old one or the new one. A load that fails leaves the
// old one byte for byte and removes what it wrote. Persons ascend by personal ID number, each with one
// serving card.
// Load: 90 million persons, one writer, no journal: if anything fails, the file is thrown away.

internal import Files
internal import GRDB
import Synchronization
internal import Threads
package import Values

/// The persons of a load, in ranges that several threads read at once.
package struct PersonSource: Sendable {
  /// The number at which each range begins, ascending; the first one is 0.
  ///
  /// Persons ascend in each range, and all are below the beginning of the next one.
  package var starts: [PersonalID]
  /// How many threads may read.
  package var width: Int
  /// Passes on the batches of a range, one after the other.
  package var read: @Sendable (_ range: Int, _ take: (PersonBatch) throws(Stop) -> Void) throws(Stop) -> Void

  package init(
    starts: [PersonalID], width: Int,
    read:
      @escaping @Sendable (_ range: Int, _ take: (PersonBatch) throws(Stop) -> Void) throws(Stop) -> Void
  ) {
    self.starts = starts
    self.width = width
    self.read = read
  }

  /// All persons that may be in a range.
  func numbers(of range: Int) -> Range<PersonalID> {
    let end = range + 1 < starts.count ? starts[range + 1] : PersonalID(packed: 1_000_000_000_000)
    return starts[range]..<max(starts[range], end)
  }
}

/// Writes a new store and puts it in force.
///
/// - Parameters:
///   - persons: the persons, ascending by personal ID number.
///   - findings: the next record that did not link, or nil at the end.
///   - progress: called by any thread after each batch with the number of cards written.
///   - check: gets the counts before the new store replaces the old one; an error that it throws ends the load.
/// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend or a person hasn't exactly one
///   serving card;
///   ``Exit/inputOutput`` or ``Exit/storeUnavailable`` if the file can't be written. The old store then stays in force.
///   A file of the history that is left is removed by the next change, because its store never came in force.
/// - Complexity: O(*n*) time; some 40 MiB of memory, and two for each million persons.
package func loadStore(
  _ request: LoadRequest, persons: PersonSource, findings: () throws(Stop) -> FindingRow?,
  progress: @escaping @Sendable (_ cards: Int) -> Void = { _ in },
  check: (LoadReport) throws(Stop) -> Void = { _ throws(Stop) in }
) throws(Stop) -> LoadReport {
  let partial = request.path + ".partial"
  let partialFindings = request.path + ".findings.partial"
  var history: ChangedRows?
  do throws(Stop) {
    try Folder.create(Folder.parent(of: request.path))
    // Created here, not by SQLite, so that other users can't read it even briefly.
    try OutputFile(creating: partial).finish()
    try OutputFile(creating: partialFindings).finish()
    if let change = request.change { history = try ChangedRows(request, change) }
    var (report, ranges) = try write(
      request, to: partial, persons, Counted(progress), findings, by: partialFindings, history)
    try Folder.remove(partialFindings)
    try check(report)
    report.byteCount = try Folder.syncFile(partial)
    report.isRemembered = try history?.finish(ranges) ?? false
    try recoverStore(at: request.path)
    try Folder.rename(partial, to: request.path)
    return report
  } catch {
    history?.discard()
    // The remains of a failed load hold personal data. The error to report is the original one.
    try? Folder.remove(partial)
    try? Folder.remove(partialFindings)
    throw error
  }
}

/// A sum that several threads add to, and that reports each new value.
private final class Counted: Sendable {
  private let sum = Atomic<Int>(0)
  private let tell: @Sendable (Int) -> Void

  init(_ tell: @escaping @Sendable (Int) -> Void) { self.tell = tell }

  func add(_ more: Int) { tell(sum.add(more, ordering: .relaxed).newValue) }
}

/// Updates a run in one small transaction of the store in force.
///
/// - Parameter ledger: replaces the run's rows in the ledger; nil leaves them.
package func finishRun(_ run: StoreRun, ledger: [LedgerRow]?, inStore path: String) throws(Stop) {
  try Faults.pass(.database, path)
  try stopping(at: path) {
    let queue = try openStore(path, readonly: false)
    try queue.write { db in
      try insert(run, db)
      if let ledger {
        try db.execute(sql: "DELETE FROM ledger_row WHERE run_id = ?", arguments: [run.runID])
        for row in ledger { try insert(row, db) }
      }
      try Faults.pass(.database, path)
    }
    try queue.close()
  }
}

/// What a SQLite file of this program is.
enum StoreKind { case store, history }

/// Opens a file after checking that it is a store, or a file of its history.
func openStore(_ path: String, readonly: Bool, kind: StoreKind = .store) throws -> DatabaseQueue {
  let refused = kind == .store ? Stop.notAStore : Stop.notAHistory
  guard try Folder.exists(path) else { throw refused(path, "no file") }
  var configuration = Configuration()
  configuration.readonly = readonly
  configuration.busyMode = .timeout(5)
  let queue = try DatabaseQueue(path: path, configuration: configuration)
  let (id, version) = try queue.unsafeRead { db in
    (
      try Int32.fetchOne(db, sql: "PRAGMA application_id"), try Int32.fetchOne(db, sql: "PRAGMA user_version")
    )
  }
  guard id == (kind == .store ? Schema.applicationID : HistorySchema.applicationID) else {
    throw refused(path, "another kind of file")
  }
  guard version == (kind == .store ? Schema.version : HistorySchema.version) else {
    throw refused(path, "version \(version ?? 0)")
  }
  return queue
}

/// Plays back the journal that a writer left when it died.
///
/// The journal has the name that the new store's journal will have, so it must be played back into the old
/// store before the new one replaces it.
package func recoverStore(at path: String) throws(Stop) {
  let journal = path + "-journal"
  guard try Folder.exists(journal) else { return }
  if try Folder.exists(path) {
    // Reading plays the journal back. If the store is too damaged for that, the load replaces it anyway.
    do throws(Stop) {
      _ = try stopping(at: path) {
        try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }
      }
    } catch  where error.exit == .storeUnavailable {}
  }
  try Folder.remove(journal)
}

/// Fills the new file: SQLite writes the small tables, this program builds the large ones page by page.
///
/// Meanwhile SQLite writes and indexes the findings in a separate file, and then copies them over in order.
private func write(
  _ request: LoadRequest, to path: String, _ persons: PersonSource, _ cards: Counted,
  _ findings: () throws(Stop) -> FindingRow?, by findingsPath: String, _ history: ChangedRows?
) throws(Stop) -> (LoadReport, [HistoryRange?]) {
  var report = LoadReport()
  let roots = try filling(path, of: request.path) { db in
    try db.execute(sql: Schema.tables)
    for sql in Schema.indexes { try db.execute(sql: sql) }
    try insertOrigins(request, db)
    try db.execute(sql: Schema.views)
    try Faults.pass(.database, path)
    return try PersonTables.Roots(db)
  }
  let file = try PagedFile(sqlite: path, pageBytes: Schema.pageBytes)
  let notes = NoteLists()
  let numbers = try request.numbers.map { source throws(Stop) in
    try EarlierNumbers(source, populationFiles: request.populationFiles)
  }
  let building = Background { [store = request.path] () throws(Stop) in
    let ranges = try inOrder(Array(persons.starts.indices), width: persons.width) { range throws(Stop) in
      var builder = try PersonRangeBuilder(
        file, notes, store: store, history: history, persons.numbers(of: range))
      try persons.read(range) { batch throws(Stop) in
        let written = builder.cardCount
        try builder.append(batch)
        cards.add(builder.cardCount - written)
      }
      return try builder.finish()
    }
    let ofNumbers = try inOrder(numbers?.source.ranges ?? [], width: persons.width) { range throws(Stop) in
      try numbers?.build(range, in: file)
    }
    // The disk is idle while SQLite indexes the findings.
    try file.sync()
    return (persons: ranges, numbers: ofNumbers.compactMap(\.self))
  }
  do throws(Stop) {
    report.findings = try handingOver(FindingBatch()) { batch throws(Stop) in
      try batch.fill(from: findings)
    } to: { [store = request.path] batches throws(Stop) in
      try filling(findingsPath, of: store) { db in
        try db.execute(sql: Schema.tables)
        return try write(batches, db, store)
      }
    }
  } catch {
    // Wait until the findings' thread stops, because the files are removed next.
    _ = try? building.value()
    throw error
  }
  let ranges = try building.value()
  var tables = PersonTables(file, roots, store: request.path)
  for range in ranges.persons {
    try tables.append(range)
    report.persons += range.personCount
    report.cards += range.cardCount
    report.kept += range.keptCount
  }
  for range in ranges.numbers { try tables.append(numbers: range) }
  try tables.finish()
  try file.close()
  try filling(path, of: request.path, with: findingsPath) { db in
    try Faults.pass(.database, path)
    try db.execute(sql: Schema.takeHeldRecords)
    for (list, id) in notes.byList {
      try db.execute(sql: "INSERT INTO note_list VALUES (?, ?)", arguments: [id, list.text])
    }
    try db.execute(sql: Schema.notIDIndex)
    if let numbers { try insert(numbers, db) }
    try Faults.pass(.database, path)
    try db.execute(sql: "PRAGMA analysis_limit = 400; ANALYZE main")
  }
  return (report, ranges.persons.map(\.history))
}

/// Opens the new file for one transaction.
///
/// - Parameters:
///   - other: a file that is attached under the name `other` meanwhile.
///   - head: the file's identity and page layout.
func filling<T>(
  _ path: String, of store: String, with other: String? = nil, head: String = Schema.head,
  _ body: (Database) throws -> T
) throws(Stop) -> T {
  try stopping(at: store) {
    // Without a journal, SQLite can't roll back a failed transaction: the file is thrown away.
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    let result = try queue.writeWithoutTransaction { db in
      // No reader opens the file until it is renamed: no journal, no sync, one lock. SQLite's temporary files
      // for sorting have no name and are on the store's disk, not in /tmp.
      let folder = Folder.parent(of: path).replacing("'", with: "''")
      try db.execute(sql: head)
      try db.execute(
        sql: """
          PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
          PRAGMA cache_size = -32768; PRAGMA temp_store = FILE;
          PRAGMA temp_store_directory = '\(folder)';
          """)
      if let other { try db.execute(sql: "ATTACH ? AS other", arguments: [other]) }
      try db.execute(sql: "BEGIN EXCLUSIVE")
      let result = try body(db)
      try db.execute(sql: "COMMIT")
      return result
    }
    try queue.close()
    return result
  }
}

private func insertOrigins(_ request: LoadRequest, _ db: Database) throws {
  try db.execute(sql: "INSERT INTO origin VALUES (?)", arguments: [request.runID])
  for (export, files) in [
    (ExportKind.population, request.populationFiles), (.insurance, request.insuranceFiles),
  ] {
    for (i, name) in files.enumerated() {
      try db.execute(
        sql: "INSERT INTO source_file VALUES (?, ?, ?, ?, NULL, NULL)",
        arguments: [Schema.sourceID(export, i), export.name, i, name])
    }
  }
  for (i, source) in request.keptSources.enumerated() {
    try db.execute(
      sql: "INSERT INTO source_file VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [
        Schema.sourceID(ofKept: i), ExportKind.insurance.name, i, source.sourceFile, source.run,
        source.graceUntil,
      ])
  }
  for run in request.runs { try insert(run, db) }
  for row in request.ledger { try insert(row, db) }
}

private func insert(_ numbers: EarlierNumbers, _ db: Database) throws {
  try db.execute(sql: "INSERT INTO number_base VALUES (?)", arguments: [numbers.base])
  for (i, name) in numbers.sourceNames.enumerated() {
    try db.execute(sql: "INSERT INTO number_source VALUES (?, ?)", arguments: [i, name])
  }
}

private func insert(_ run: StoreRun, _ db: Database) throws {
  try db.execute(
    sql: "INSERT OR REPLACE INTO run_row VALUES (?, ?, ?, ?, ?, ?)",
    arguments: [run.runID, run.pipeline, run.asOf, run.startedAt, run.finishedAt, run.stateText])
}

private func insert(_ row: LedgerRow, _ db: Database) throws {
  try db.execute(
    sql: "INSERT INTO ledger_row VALUES (?, ?, ?, ?, ?)",
    arguments: [row.runID, row.export, row.sourceFile, row.outcome, row.records])
}
