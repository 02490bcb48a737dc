// Builds the large tables of the store side by side in one file: `person` with the serving card, `other_card`, the list of
// persons kept in grace, the 12-digit numbers of cards that are not their persons' own, and the population's other numbers.
// Invariant: persons ascend by personal ID number, each with exactly one serving card; a row's values have
// the order of the columns in Schema.
// Load: 90 million persons and some million other cards: several threads write ranges of persons, which are
// then joined into trees.

internal import Files
internal import GRDB
import Synchronization
import Values

/// Joins the ranges of persons, after the pages that SQLite wrote.
struct PersonTables: ~Copyable {
  /// The root pages that SQLite created for the empty tables.
  struct Roots: Sendable {
    var person: UInt32
    var otherCard: UInt32
    var keptPerson: UInt32
    var notID: UInt32
    var number: UInt32

    init(_ db: Database) throws {
      (person, otherCard) = (try db.rootPage(of: "person"), try db.rootPage(of: "other_card"))
      keptPerson = try db.rootPage(of: "kept_person")
      notID = try db.rootPage(of: "not_id_row")
      number = try db.rootPage(of: "number_row")
    }
  }

  /// The store's path, for messages; the file still has another name.
  private let store: String
  private let file: PagedFile
  private var persons: TreeBuilder
  private var otherCards: TreeBuilder
  private var keptPersons: TreeBuilder
  private var notIDs: TreeBuilder
  private var numbers: TreeBuilder
  private var last: PersonalID?

  init(_ file: PagedFile, _ roots: Roots, store: String) {
    self.store = store
    self.file = file
    persons = TreeBuilder(file, rootPage: roots.person)
    otherCards = TreeBuilder(file, rootPage: roots.otherCard)
    keptPersons = TreeBuilder(file, rootPage: roots.keptPerson)
    notIDs = TreeBuilder(file, rootPage: roots.notID)
    numbers = TreeBuilder(file, rootPage: roots.number)
  }

  /// Appends a range of persons, all above those before.
  mutating func append(_ range: PersonRange) throws(Stop) {
    guard let keys = range.keys else { return }
    if let last, last >= keys.first { throw .wrongOrder(store) }
    last = keys.last
    try persons.append(range.persons)
    try otherCards.append(range.otherCards)
    try keptPersons.append(range.keptPersons)
    try notIDs.append(range.notIDs)
  }

  /// Appends a range of ``EarlierNumbers``.
  mutating func append(numbers range: Leaves) throws(Stop) { try numbers.append(range) }

  /// Writes the remaining pages; the file stays open.
  consuming func finish() throws(Stop) {
    try persons.finish()
    try otherCards.finish()
    try keptPersons.finish()
    try notIDs.finish()
    try numbers.finish()
    try putPageCount(file)
  }
}

/// A range of persons whose leaves are written.
struct PersonRange: Sendable {
  fileprivate var persons: Leaves
  fileprivate var otherCards: Leaves
  fileprivate var keptPersons: Leaves
  fileprivate var notIDs: Leaves
  /// The first and the last person; nil if there are none.
  fileprivate var keys: (first: PersonalID, last: PersonalID)?
  private(set) var personCount: Int
  /// Without the cards of persons kept in grace.
  private(set) var cardCount: Int
  /// Persons kept in grace.
  private(set) var keptCount: Int
  /// What the history keeps of the range; nil if no store before was read to the range's end.
  private(set) var history: HistoryRange?
}

/// Writes the persons of one range; other threads write other ranges.
struct PersonRangeBuilder: ~Copyable {
  private let store: String
  private var persons: LeafBuilder
  private var otherCards: LeafBuilder
  private var keptPersons: LeafBuilder
  private var notIDs: LeafBuilder
  private var row = RowBytes()
  private var keys: (first: PersonalID, last: PersonalID)?
  private var notes: KnownNotes
  private var personCount = 0
  private var keptCount = 0
  /// Cards written so far, without those of persons kept in grace.
  private(set) var cardCount = 0
  private var comparison: RowComparison?

  /// - Parameters:
  ///   - history: where the changed persons of the range are written as they were; nil for nowhere.
  ///   - range: all persons that may be in the range.
  init(
    _ file: PagedFile, _ notes: NoteLists, store: String, history: ChangedRows?, _ range: Range<PersonalID>
  ) throws(Stop) {
    self.store = store
    persons = LeafBuilder(file)
    otherCards = LeafBuilder(file)
    keptPersons = LeafBuilder(file)
    notIDs = LeafBuilder(file)
    self.notes = KnownNotes(notes)
    do throws(Stop) {
      if let history { comparison = try RowComparison(history, range) }
    } catch {
      try endComparison(error)
    }
  }

  /// Gives up the comparison if the store before can't be read page by page.
  private mutating func endComparison(_ error: Stop) throws(Stop) {
    guard error.isNoStore else { throw error }
    comparison = nil
  }

  /// Appends the persons of a batch.
  ///
  /// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend or one hasn't exactly one serving card.
  mutating func append(_ batch: PersonBatch) throws(Stop) {
    personCount += batch.persons.count
    cardCount += batch.cards.count
    for person in batch.persons {
      if let keys, keys.last >= person.personalID { throw .wrongOrder(store) }
      keys = (keys?.first ?? person.personalID, person.personalID)
      do throws(Stop) { try comparison?.begin(person.personalID) } catch { try endComparison(error) }
      var serving = -1
      var others = 0
      var hasNotID = false
      for i in person.cards {
        if batch.cards[i].hasNumber(otherThan: person.personalID) { hasNotID = true }
        guard !batch.cards[i].isServing else {
          guard serving < 0 else {
            throw .servingCards(store, batch.cards[person.cards].count(where: \.isServing))
          }
          serving = i
          continue
        }
        others += 1
        row.removeAll()
        row.append(person.personalID)
        row.append(Int64(others))
        row.append(batch.cards[i], source: batch.cards[i].storedSource, &notes)
        try otherCards.append(row)
        comparison?.checkOther(row, batch.cards[i])
      }
      guard serving >= 0 else { throw .servingCards(store, 0) }
      row.removeAll()
      row.append(person.personalID)
      batch.bytes.withUnsafeBufferPointer {
        row.append(text: UnsafeBufferPointer(rebasing: $0[person.nameRange]))
      }
      row.append(person.birthDate)
      row.append(Int64(person.sex.rawValue))
      row.append(batch.cards[serving], source: batch.cards[serving].storedSource, &notes)
      try persons.append(row)
      do throws(Stop) {
        try comparison?.end(row, batch.cards[serving], batch, person)
      } catch {
        try endComparison(error)
      }
      if hasNotID { try appendNotIDs(of: person, batch) }
      guard !batch.cards[serving].graceUntil.isNone else { continue }
      row.removeAll()
      row.append(person.personalID)
      try keptPersons.append(row)
      keptCount += 1
      cardCount -= 1
    }
  }

  /// Appends the 12-digit numbers on a person's cards that are not the person's own, each once and ascending.
  private mutating func appendNotIDs(of person: PersonRow, _ batch: PersonBatch) throws(Stop) {
    let numbers = batch.cards[person.cards].flatMap { [$0.insuranceNumber, $0.cardNumber.tail] }
    for id in Set(numbers.compactMap { $0.personalID(otherThan: person.personalID) }).sorted() {
      row.removeAll()
      row.append(person.personalID)
      row.append(id)
      try notIDs.append(row)
    }
  }

  consuming func finish() throws(Stop) -> PersonRange {
    do throws(Stop) { try comparison?.end() } catch { try endComparison(error) }
    let history = try comparison?.finish()
    return PersonRange(
      persons: try persons.finish(), otherCards: try otherCards.finish(),
      keptPersons: try keptPersons.finish(), notIDs: try notIDs.finish(), keys: keys,
      personCount: personCount, cardCount: cardCount,
      keptCount: keptCount, history: history)
  }
}

/// The distinct lists of notes, some dozens a night, each stored once.
///
/// The numbers depend on which thread asks first.
final class NoteLists: Sendable {
  private let lists = Mutex<[Reasons: Int64]>([:])

  var byList: [Reasons: Int64] { lists.withLock { $0 } }

  func id(of list: Reasons) -> Int64 {
    lists.withLock { lists in
      let id = lists[list] ?? Int64(lists.count + 1)
      lists[list] = id
      return id
    }
  }
}

/// The lists that one thread has asked for, with their numbers.
struct KnownNotes {
  private let lists: NoteLists
  private var known: [Reasons: Int64] = [:]
  private var last = (list: Reasons(), id: Int64(0))

  init(_ lists: NoteLists) { self.lists = lists }

  mutating func id(of list: Reasons) -> Int64 {
    if list == last.list { return last.id }
    let id = known[list] ?? lists.id(of: list)
    known[list] = id
    last = (list, id)
    return id
  }
}

extension Database {
  /// The root page that SQLite created for an empty table.
  func rootPage(of table: String) throws -> UInt32 {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?"
    guard let page = try UInt32.fetchOne(self, sql: sql, arguments: [table]), page > 1 else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT)
    }
    return page
  }
}

extension CardRow {
  /// Whether one of its numbers has 12 digits and is not a person's own.
  @inline(__always)
  fileprivate func hasNumber(otherThan own: PersonalID) -> Bool {
    insuranceNumber.personalID(otherThan: own) != nil || cardNumber.tail.personalID(otherThan: own) != nil
  }

  /// The number of its file in the store's `source_file`.
  @inline(__always)
  fileprivate var storedSource: Int64 {
    graceUntil.isNone
      ? Schema.sourceID(.insurance, Int(fileIndex)) : Schema.sourceID(ofKept: Int(fileIndex))
  }
}

extension RowBytes {
  /// Appends a card's columns, of which there are eleven.
  @inline(__always)
  mutating func append(_ card: CardRow, source: Int64, _ notes: inout KnownNotes) {
    append(card.insuranceNumber)
    append(card.cardNumber)
    append(card.facility)
    append(card.validFrom)
    append(card.validTo)
    append(card.fiveYearsFrom)
    append(card.area)
    append(Int64(card.rule.rawValue))
    mark()
    if card.notes.isEmpty { appendNull() } else { append(notes.id(of: card.notes)) }
    append(source)
    append(Int64(card.line))
  }
}

extension Stop {
  static func wrongOrder(_ path: String) -> Stop {
    Stop(
      .internalError, at: path, expected: "persons in ascending order of their numbers",
      found: "one that doesn't ascend", remedy: "Run the match again: cardlink rerun match PIPELINE")
  }
  static func servingCards(_ path: String, _ count: Int) -> Stop {
    Stop(
      .internalError, at: path, expected: "one serving card for each person", found: "\(count)",
      remedy: "Run the match again: cardlink rerun match PIPELINE")
  }
}
