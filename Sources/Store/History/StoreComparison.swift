// Writes the history of one change of the store in force: the states of the persons in whom the two stores
// differ, as they were in the earlier one.
// Invariant: a person's state is everything that the store shows except where a card was read (file, line and
// run), which differs every night. The file is whole before the later store comes in force.
// Load: both stores once, in key order, side by side, several ranges of numbers at once; a batch of each in
// memory.

import Files
package import Values

/// Writes the file of one change into the folder of the history.
///
/// - Parameters:
///   - change: what is in force before and after it.
///   - old: the store that is in force before it.
///   - new: the store that will be.
/// - Returns: the file's size.
/// - Throws: ``Stop`` with ``Exit/inputOutput`` or ``Exit/storeUnavailable``; then there is no file.
@discardableResult
package func writeHistory(
  of change: HistoryChange, from old: String, to new: String, in folder: String, width: Int
) throws(Stop) -> Int {
  try Folder.create(folder)
  let before = StoredSources(try StoredPersons(path: old), run: change.before.storeRun)
  let after = StoredSources(
    try StoredPersons(path: new), run: change.after.storeRun, startingAt: before.sources.count)
  let byteCount = max(try Folder.byteCount(of: old), try Folder.byteCount(of: new))
  let parts = StoredPersons.parts(ofStoreBytes: byteCount)
  let run = change.after.run
  return try buildHistoryFile(
    at: HistoryFile.path(of: run...run, in: folder), [change], before.sources + after.sources,
    rangeCount: parts.count, width: width
  ) { part, builder throws(Stop) in
    var was = try PersonCursor(old, parts[part])
    var now = try PersonCursor(new, parts[part])
    try was.advance()
    try now.advance()
    while let person = lesser(was.person, now.person) {
      let (hasWas, hasNow) = (was.person == person, now.person == person)
      if !(hasWas && hasNow && was.isSame(as: now)) {
        try builder.append(
          EndedState(person: person, closedBy: run, next: hasNow ? after.place(of: now.servingCard) : nil),
          hasWas ? was.index : nil, of: was.batch, source: { before.id(of: was.batch.cards[$0]) })
      }
      if hasWas { try was.advance() }
      if hasNow { try now.advance() }
    }
  }
}

/// The smaller one; nil counts as larger than all.
func lesser(_ a: PersonalID?, _ b: PersonalID?) -> PersonalID? {
  guard let a, let b else { return a ?? b }
  return a < b ? a : b
}

/// The files that a store's cards were read from, as sources of a file of the history.
struct StoredSources {
  let sources: [HistorySource]
  private let ofFiles: Int
  private let ofKept: Int

  /// - Parameter start: the number of the first.
  init(_ store: StoredPersons, run: Int, startingAt start: Int = 0) {
    self.init(store.insuranceFiles, store.keptSources, run: run, startingAt: start)
  }

  init(_ files: [String], _ kept: [KeptSource], run: Int, startingAt start: Int) {
    sources =
      files.map { HistorySource(name: $0, run: run) }
      + kept.map { HistorySource(name: $0.sourceFile, run: $0.run, graceUntil: $0.graceUntil) }
    ofFiles = start
    ofKept = start + files.count
  }

  func id(of card: CardRow) -> Int64 {
    Int64((card.graceUntil.isNone ? ofFiles : ofKept) + Int(card.fileIndex))
  }

  func place(of card: CardRow) -> (source: Int64, line: UInt32) { (id(of: card), card.line) }
}

/// The persons of a store one by one, each with all cards; the first is there after the first step.
struct PersonCursor: ~Copyable {
  private let persons: StoredPersons
  private(set) var batch = PersonBatch()
  private(set) var index = -1
  /// The current person; nil after the last.
  private(set) var person: PersonalID?
  /// The run that the store is of.
  var runID: Int { persons.runID }

  init(_ path: String, _ numbers: Range<String>?) throws(Stop) {
    persons = try StoredPersons(
      path: path, numbers: numbers, otherCardsThrough: CalendarDate(packed: 9999_12_31))
  }

  mutating func advance() throws(Stop) {
    index += 1
    if index >= batch.persons.count {
      index = 0
      guard try persons.nextBatch(into: &batch) else { return person = nil }
    }
    person = batch.persons[index].personalID
  }

  /// The serving card, which comes first.
  var servingCard: CardRow { batch.cards[batch.persons[index].cards.lowerBound] }

  /// Whether both show the same of their persons.
  borrowing func isSame(as other: borrowing PersonCursor) -> Bool {
    batch.isSame(index, as: other.batch, other.index)
  }
}

extension PersonBatch {
  /// Whether a person, whose serving card comes first, is the same as one of another batch, wherever they were read.
  func isSame(_ i: Int, as other: borrowing PersonBatch, _ j: Int) -> Bool {
    let (a, b) = (persons[i], other.persons[j])
    guard a.birthDate == b.birthDate, a.sex == b.sex, a.cards.count == b.cards.count,
      a.nameRange.count == b.nameRange.count
    else { return false }
    for i in 0..<a.cards.count {
      let cards = (self.cards[a.cards.lowerBound + i], other.cards[b.cards.lowerBound + i])
      guard cards.0.isSame(as: cards.1) else { return false }
    }
    for i in 0..<a.nameRange.count
    where bytes[a.nameRange.lowerBound + i] != other.bytes[b.nameRange.lowerBound + i] {
      return false
    }
    return true
  }

  /// Appends a person of another batch, the serving card first.
  mutating func append(_ other: borrowing PersonBatch, _ person: PersonRow) {
    var person = person
    let (start, firstCard) = (bytes.count, cards.count)
    bytes.append(contentsOf: other.bytes[person.nameRange])
    for i in person.cards where other.cards[i].isServing { cards.append(other.cards[i]) }
    for i in person.cards where !other.cards[i].isServing { cards.append(other.cards[i]) }
    (person.nameRange, person.cards) = (start..<bytes.count, firstCard..<cards.count)
    persons.append(person)
  }
}

extension CardRow {
  /// Whether two cards of one person have the same values, wherever they were read.
  @inline(__always)
  fileprivate func isSame(as other: CardRow) -> Bool {
    insuranceNumber == other.insuranceNumber && cardNumber == other.cardNumber && facility == other.facility
      && area == other.area && validFrom == other.validFrom && validTo == other.validTo
      && fiveYearsFrom == other.fiveYearsFrom && rule == other.rule && notes == other.notes
      && isServing == other.isServing && graceUntil == other.graceUntil
  }
}
