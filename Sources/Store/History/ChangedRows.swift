// Writes the history of a change while the later store is built: compares each row that a load writes with the
// row of the store before, and writes the persons who changed, as they were.
// Invariant: the file says the same as the one of `writeHistory`. If the store before can't be read page by page,
// there is no file, and `writeHistory` compares the two stores.
// Load: the store before once, in order, by all threads that write the new one; only rows of other bytes are decoded.

import Files
import Values

/// The change of the store in force that a load prepares.
package struct PreparedChange: Sendable {
  package var change: HistoryChange
  /// The store that is in force before it.
  package var store: String
  /// The folder of the history.
  package var folder: String

  package init(_ change: HistoryChange, from store: String, in folder: String) {
    (self.change, self.store, self.folder) = (change, store, folder)
  }
}

/// The file of the history that a load writes.
final class ChangedRows: Sendable {
  fileprivate let run: Int
  fileprivate let pages: StoredPages
  fileprivate let before: StoredSources
  fileprivate let after: StoredSources
  /// The lists of notes of the store before, by their numbers.
  fileprivate let notes: [Int64: Reasons]
  fileprivate let graceDays: [CalendarDate]
  fileprivate let writer: HistoryWriter

  /// Nil if only SQLite can read the store before.
  init?(_ request: LoadRequest, _ prepared: PreparedChange) throws(Stop) {
    do throws(Stop) {
      guard let pages = try StoredPages(prepared.store) else { return nil }
      let store = try StoredPersons(path: prepared.store)
      (self.pages, notes, graceDays) = (pages, store.notes, store.graceDays)
      before = StoredSources(store, run: prepared.change.before.storeRun)
    } catch {
      if error.isNoStore { return nil }
      throw error
    }
    run = prepared.change.after.run
    after = StoredSources(
      request.insuranceFiles, request.keptSources, run: request.runID, startingAt: before.sources.count)
    try Folder.create(prepared.folder)
    writer = try HistoryWriter(
      HistoryFile.path(of: run...run, in: prepared.folder), [prepared.change], before.sources + after.sources)
  }

  /// Puts the file in its place.
  ///
  /// - Returns: false if the store before was not read to its end; there is no file then.
  func finish(_ ranges: [HistoryRange?]) throws(Stop) -> Bool {
    guard !ranges.contains(where: { $0 == nil }) else {
      discard()
      return false
    }
    _ = try writer.finish(ranges.compactMap(\.self))
    return true
  }

  func discard() { writer.discard() }
}

/// Compares the rows of one range of persons; other threads compare other ranges.
struct RowComparison: ~Copyable {
  private let changed: ChangedRows
  /// The first person after the range.
  private let rangeEnd: PersonalID
  private var persons: TreeRows<PersonalID>
  private var others: TreeRows<PersonalID>
  private var builder: HistoryRangeBuilder
  /// The rows of the person's other cards in the store before.
  private var otherRows = Cells()
  private var otherCount = 0
  private var isSame = false
  private var was = PersonBatch()
  private var now = PersonBatch()

  init(_ changed: ChangedRows, _ range: Range<PersonalID>) throws(Stop) {
    var persons = try TreeRows(changed.pages, rootPage: changed.pages.personRoot, from: range.lowerBound)
    var others = try TreeRows(changed.pages, rootPage: changed.pages.otherCardRoot, from: range.lowerBound)
    try persons.advance()
    try others.advance()
    self.changed = changed
    rangeEnd = range.upperBound
    builder = changed.writer.range()
    self.persons = persons
    self.others = others
  }

  /// Begins a person of the new store.
  @inline(__always)
  mutating func begin(_ id: PersonalID) throws(Stop) {
    if let was = persons.key, was < id { try passVanished(below: id) }
    isSame = persons.key == id
    otherCount = 0
    let hasOther = if let other = others.key { other <= id } else { false }
    if hasOther || otherRows.count > 0 { try collectOthers(of: id) }
  }

  /// Compares a card that doesn't serve.
  mutating func checkOther(_ row: borrowing RowBytes, _ card: CardRow) {
    guard isSame else { return }
    isSame =
      otherCount < otherRows.count
      && otherRows.bytes.withUnsafeBytes {
        isUnchanged(row, card, UnsafeRawBufferPointer(rebasing: $0[otherRows[otherCount]]))
      }
    otherCount += 1
  }

  /// Compares a person, after all cards that don't serve.
  @inline(__always)
  mutating func end(
    _ row: borrowing RowBytes, _ serving: CardRow, _ batch: borrowing PersonBatch, _ person: PersonRow
  ) throws(Stop) {
    if isSame, otherCount == otherRows.count, isUnchanged(row, serving, persons.row) {
      try advance()
    } else {
      try write(batch, person, serving)
    }
  }

  /// Writes the persons of the store before that are left in the range.
  mutating func end() throws(Stop) { try passVanished(below: rangeEnd) }

  consuming func finish() throws(Stop) -> HistoryRange { try builder.finish() }

  @inline(__always)
  private func isUnchanged(_ row: borrowing RowBytes, _ card: CardRow, _ was: UnsafeRawBufferPointer) -> Bool
  {
    guard let tail = row.tail(of: was) else { return false }
    if let list = tail.notes {
      guard changed.notes[list] == card.notes else { return false }
    } else if !card.notes.isEmpty {
      return false
    }
    guard let kept = Schema.keptIndex(ofSource: tail.source) else { return card.graceUntil.isNone }
    return kept < changed.graceDays.count && changed.graceDays[kept] == card.graceUntil
  }

  private mutating func advance() throws(Stop) {
    let last = persons.key
    try persons.advance()
    if let last, let person = persons.key, person <= last {
      throw .notAStore(changed.pages.path, found: "a person twice")
    }
  }

  @inline(never)
  private mutating func collectOthers(of id: PersonalID) throws(Stop) {
    otherRows.removeAll()
    while let person = others.key, person <= id {
      if person == id { otherRows.append(others.row.bindMemory(to: UInt8.self)) }
      try others.advance()
    }
  }

  /// Writes the persons whom the new store doesn't have.
  @inline(never)
  private mutating func passVanished(below id: PersonalID) throws(Stop) {
    while let person = persons.key, person < id {
      try collectOthers(of: person)
      try decode(person)
      try builder.append(
        EndedState(person: person, closedBy: changed.run, next: nil), 0, of: was,
        source: { [before = changed.before, cards = was.cards] in before.id(of: cards[$0]) })
      try advance()
    }
    otherRows.removeAll()
  }

  /// Writes the person as before, unless both rows say the same in other bytes.
  @inline(never)
  private mutating func write(
    _ batch: borrowing PersonBatch, _ person: PersonRow, _ serving: CardRow
  ) throws(Stop) {
    let id = person.personalID
    let wasThere = persons.key == id
    if wasThere {
      try decode(id)
      now.removeAll()
      now.append(batch, person)
      try advance()
      if was.isSame(0, as: now, 0) { return }
    }
    try builder.append(
      EndedState(person: id, closedBy: changed.run, next: changed.after.place(of: serving)),
      wasThere ? 0 : nil, of: was,
      source: { [before = changed.before, cards = was.cards] in before.id(of: cards[$0]) })
  }

  /// Reads the current person of the store before.
  private mutating func decode(_ id: PersonalID) throws(Stop) {
    let path = changed.pages.path
    let row = try RawRow(persons.row, path)
    guard let sex = Sex(rawValue: UInt8(truncatingIfNeeded: row.integer(3))) else {
      throw .notAStore(path, found: "a code that it doesn't know")
    }
    was.removeAll()
    row.withText(1) { was.bytes.append(contentsOf: $0) }
    var serving = try row.storedCard(of: id, changed.notes, changed.graceDays)
    serving.isServing = true
    was.cards.append(serving)
    for i in 0..<otherRows.count {
      let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: otherRows[i].count, alignment: 1)
      defer { bytes.deallocate() }
      bytes.copyBytes(from: otherRows.bytes[otherRows[i]])
      let row = try RawRow(UnsafeRawBufferPointer(bytes), path, ofOthers: true)
      was.cards.append(try row.storedCard(of: id, changed.notes, changed.graceDays))
    }
    was.persons.append(
      PersonRow(
        personalID: id, birthDate: try row.value(2) { CalendarDate(iso: $0) } ?? .none, sex: sex,
        nameRange: 0..<was.bytes.count, cards: 0..<was.cards.count))
  }
}
