// Writes a file of the history, in ranges of persons, as the store is written.
// Invariant: the file has its name when it is whole and synced; a failure leaves nothing. States ascend by
// person and closing run.
// Load: a million states a night, a hundred million in a merge; several threads write ranges.

import Files
internal import GRDB
import Threads
import Values

/// The file that a card was read from, and the run whose store shows it.
struct HistorySource: Hashable, Sendable {
  var name: String
  var run: Int
  /// The last day of grace; nil for a card of that run's own exports.
  var graceUntil: String?
}

/// A state of a person that ended.
struct EndedState {
  var person: PersonalID
  var closedBy: Int
  /// Where the serving card of the next state was read; nil if there is none.
  var next: (source: Int64, line: UInt32)?
}

/// Writes a file of the history.
///
/// - Parameter fill: writes the states of one range of persons; called by several threads.
/// - Returns: the file's size.
func buildHistoryFile(
  at path: String, _ changes: [HistoryChange], _ sources: [HistorySource], rangeCount: Int, width: Int,
  _ fill: @escaping @Sendable (Int, inout HistoryRangeBuilder) throws(Stop) -> Void
) throws(Stop) -> Int {
  let writer = try HistoryWriter(path, changes, sources)
  do throws(Stop) {
    return try writer.finish(
      try inOrder(Array(0..<rangeCount), width: width) { range throws(Stop) in
        var builder = writer.range()
        try fill(range, &builder)
        return try builder.finish()
      })
  } catch {
    writer.discard()
    throw error
  }
}

/// A file of the history under construction.
final class HistoryWriter: Sendable {
  private let path: String
  private let file: PagedFile
  private let roots: (states: UInt32, otherCards: UInt32)
  private let notes = NoteLists()
  private var partial: String { path + ".partial" }

  init(_ path: String, _ changes: [HistoryChange], _ sources: [HistorySource]) throws(Stop) {
    self.path = path
    let partial = path + ".partial"
    do throws(Stop) {
      // Created here, not by SQLite, so that other users can't read it even briefly.
      try OutputFile(creating: partial).finish()
      roots = try filling(partial, of: path, head: HistorySchema.head) { db in
        try db.execute(sql: HistorySchema.tables)
        try db.execute(sql: HistorySchema.views)
        for change in changes {
          try db.execute(
            sql: "INSERT INTO change_row VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [
              change.after.run, change.after.knownOn, change.after.storeRun, change.before.run,
              change.before.knownOn, change.before.storeRun,
            ])
        }
        for (i, source) in sources.enumerated() {
          try db.execute(
            sql: "INSERT INTO source_file VALUES (?, ?, ?, ?)",
            arguments: [i, source.name, source.run, source.graceUntil])
        }
        try Faults.pass(.database, path)
        return (try db.rootPage(of: "person_was"), try db.rootPage(of: "other_card_was"))
      }
      file = try PagedFile(sqlite: partial, pageBytes: Schema.pageBytes)
    } catch {
      try? Folder.remove(partial)
      throw error
    }
  }

  /// Begins a range of persons; other threads may write others meanwhile.
  func range() -> HistoryRangeBuilder { HistoryRangeBuilder(file, notes) }

  /// Joins the ranges, syncs the file and gives it its name.
  ///
  /// - Returns: the file's size.
  func finish(_ ranges: [HistoryRange]) throws(Stop) -> Int {
    var states = TreeBuilder(file, rootPage: roots.states)
    var otherCards = TreeBuilder(file, rootPage: roots.otherCards)
    for range in ranges {
      try states.append(range.states)
      try otherCards.append(range.otherCards)
    }
    try states.finish()
    try otherCards.finish()
    try putPageCount(file)
    try file.close()
    try filling(partial, of: path, head: HistorySchema.head) { db in
      for (list, id) in notes.byList {
        try db.execute(sql: "INSERT INTO note_list VALUES (?, ?)", arguments: [id, list.text])
      }
      try Faults.pass(.database, path)
    }
    let byteCount = try Folder.syncFile(partial)
    try Folder.rename(partial, to: path)
    return byteCount
  }

  /// Removes what was written, which holds personal data; the error to report is another one.
  func discard() { try? Folder.remove(partial) }
}

/// The states of a range of persons, whose leaves are written.
struct HistoryRange: Sendable {
  fileprivate var states: Leaves
  fileprivate var otherCards: Leaves
}

/// Writes the states of one range of persons; other threads write other ranges.
struct HistoryRangeBuilder: ~Copyable {
  private var states: LeafBuilder
  private var otherCards: LeafBuilder
  private var row = RowBytes()
  private var notes: KnownNotes

  fileprivate init(_ file: PagedFile, _ notes: NoteLists) {
    states = LeafBuilder(file)
    otherCards = LeafBuilder(file)
    self.notes = KnownNotes(notes)
  }

  /// Appends a state.
  ///
  /// - Parameters:
  ///   - person: its index in the batch; nil for a person who had no card.
  ///   - source: the source of a card, by its index in the batch.
  mutating func append(
    _ state: EndedState, _ person: Int?, of batch: borrowing PersonBatch, source: (Int) -> Int64
  ) throws(Stop) {
    beginRow(state)
    guard let person else {
      for _ in 0..<14 { row.appendNull() }
      try endState(state)
      return
    }
    let was = batch.persons[person]
    batch.bytes.withUnsafeBufferPointer {
      row.append(text: UnsafeBufferPointer(rebasing: $0[was.nameRange]))
    }
    row.append(was.birthDate)
    row.append(Int64(was.sex.rawValue))
    let serving = was.cards.first { batch.cards[$0].isServing } ?? was.cards.lowerBound
    row.append(batch.cards[serving], source: source(serving), &notes)
    try endState(state)
    var ordinal: Int64 = 0
    for i in was.cards where i != serving {
      ordinal += 1
      beginRow(state)
      row.append(ordinal)
      row.append(batch.cards[i], source: source(i), &notes)
      try otherCards.append(row)
    }
  }

  private mutating func beginRow(_ state: EndedState) {
    row.removeAll()
    row.append(state.person)
    row.append(Int64(state.closedBy))
  }

  private mutating func endState(_ state: EndedState) throws(Stop) {
    if let next = state.next {
      row.append(next.source)
      row.append(Int64(next.line))
    } else {
      row.appendNull()
      row.appendNull()
    }
    try states.append(row)
  }

  consuming func finish() throws(Stop) -> HistoryRange {
    HistoryRange(states: try states.finish(), otherCards: try otherCards.finish())
  }
}
