// The two large tables of the store, built side by side in one file: persons with the card that serves, and the cards
// that don't.
// Invariant: persons ascend by personal ID number, each with exactly one card that serves; a row's values stand in the
// order of the columns in Schema.
// Load: 90 million persons and some million other cards, one after the other, on a thread of its own.

internal import Disk
internal import GRDB
import Record

/// Writes persons and their cards behind what SQLite has written.
struct PersonTables: ~Copyable {
  /// The pages that SQLite made for the empty tables.
  struct Roots: Sendable {
    var person: UInt32
    var otherCard: UInt32

    init(_ db: Database) throws {
      func page(of table: String) throws -> UInt32 {
        let sql = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?"
        guard let page = try UInt32.fetchOne(db, sql: sql, arguments: [table]), page > 1 else {
          throw DatabaseError(resultCode: .SQLITE_CORRUPT)
        }
        return page
      }
      (person, otherCard) = (try page(of: "person"), try page(of: "other_card"))
    }
  }

  /// The store's path, for messages; the file has another name as yet.
  private let store: String
  private var file: PagedFile
  private var persons: TreeBuilder
  private var otherCards: TreeBuilder
  private var row: RowBytes
  private var last: PersonalID?
  private var notes = NoteLists()

  init(_ path: String, _ roots: Roots, store: String) throws(Stop) {
    // What can fail first: a value of this type is whole or was never begun.
    let opened = try PagedFile(sqlite: path, pageBytes: Schema.pageBytes)
    self.store = store
    file = opened
    persons = TreeBuilder(rootPage: roots.person, pageBytes: Schema.pageBytes)
    otherCards = TreeBuilder(rootPage: roots.otherCard, pageBytes: Schema.pageBytes)
    row = RowBytes()
  }

  /// Appends the persons of a batch.
  ///
  /// - Throws: ``Stop`` with ``Exit/internalError`` if persons don't ascend or one hasn't exactly one serving card.
  mutating func append(_ batch: PersonBatch) throws(Stop) {
    try Faults.passWrite(file.path)
    for person in batch.persons {
      if let last, last >= person.personalID { throw .wrongOrder(store) }
      last = person.personalID
      var serving = -1
      var others = 0
      for i in person.cards {
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
        row.append(batch.cards[i], &notes)
        try otherCards.append(row, to: &file)
      }
      guard serving >= 0 else { throw .servingCards(store, 0) }
      row.removeAll()
      row.append(person.personalID)
      batch.bytes.withUnsafeBufferPointer {
        row.append(text: UnsafeBufferPointer(rebasing: $0[person.nameRange]))
      }
      row.append(person.birthDate)
      row.append(Int64(person.sex.rawValue))
      row.append(batch.cards[serving], &notes)
      try persons.append(row, to: &file)
    }
  }

  /// Writes what is left and closes the file.
  /// - Returns: the lists of notes, each with its number.
  consuming func finish() throws(Stop) -> [Reasons: Int64] {
    try persons.finish(&file)
    try otherCards.finish(&file)
    try putPageCount(&file)
    let lists = notes.byList
    try file.close()
    return lists
  }
}

/// Lists of notes, each stored once; a night has some dozens.
private struct NoteLists {
  private(set) var byList: [Reasons: Int64] = [:]
  private var last = (list: Reasons(), id: Int64(0))

  mutating func id(of list: Reasons) -> Int64 {
    if list == last.list { return last.id }
    let id = byList[list] ?? Int64(byList.count + 1)
    byList[list] = id
    last = (list, id)
    return id
  }
}

extension RowBytes {
  /// Appends a card's columns, of which there are eleven.
  @inline(__always)
  fileprivate mutating func append(_ card: CardRow, _ notes: inout NoteLists) {
    append(card.insuranceNumber)
    append(card.cardNumber)
    append(card.facility)
    append(card.validFrom)
    append(card.validTo)
    append(card.fiveYearsFrom)
    append(card.area)
    append(Int64(card.rule.rawValue))
    if card.notes.isEmpty { appendNull() } else { append(notes.id(of: card.notes)) }
    append(Schema.sourceID(.insurance, Int(card.fileIndex)))
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
