// The persons of the store as the publish stage takes them: in batches, each person with the card that serves.
// Invariant: persons ascend by personal ID number; a value that can't be read back is a stop, never left out.
// Load: 90 million persons, some thousand at a time; each batch is a search in the rows' own order.

internal import GRDB
package import Record

/// Reads the persons of a store with their serving cards.
package final class StoredPersons {
  private let path: String
  private let queue: DatabaseQueue
  private var last: Int64 = -1
  private let batchPersons = 4096
  /// The files of the insurance export that cards come from, by ``CardRow/fileIndex``.
  package let insuranceFiles: [String]
  /// The run that the rows come from.
  package let runID: Int

  package init(path: String) throws(Stop) {
    self.path = path
    let queue = try stopping(at: path) { try openStore(path, readonly: true) }
    (insuranceFiles, runID) = try stopping(at: path) {
      try queue.read { db in
        (
          try String.fetchAll(
            db, sql: "SELECT name FROM source_file WHERE export = 'insurance' ORDER BY file_index"),
          try Int.fetchOne(db, sql: "SELECT run_id FROM origin") ?? 0
        )
      }
    }
    self.queue = queue
  }

  /// Fills the batch with the next persons, in place of those before.
  ///
  /// - Returns: false when there are none left.
  package func nextBatch(into batch: inout PersonBatch) throws(Stop) -> Bool {
    batch.removeAll()
    try stopping(at: path) {
      try queue.unsafeRead { db in
        let statement = try db.cachedStatement(sql: Schema.personsInOrder)
        let cursor = try Row.fetchCursor(statement, arguments: [last, batchPersons])
        while let row = try cursor.next() { try append(row, to: &batch) }
      }
    }
    return !batch.persons.isEmpty
  }

  private func append(_ row: Row, to batch: inout PersonBatch) throws(Stop) {
    last = row[0]
    let id = PersonalID(packed: UInt64(last))
    var card = CardRow()
    card.personalID = id
    card.isServing = true
    card.insuranceNumber = try value(row[4], else: .none) { try? InsuranceNumber($0) }
    card.cardNumber = try value(row[5], else: .none) { try? CardNumber($0) }
    card.facility = try value(row[6], else: .none) { ShortCode($0) }
    card.validFrom = try value(row[7], else: .none, storedDate)
    card.validTo = try value(row[8], else: .none, storedDate)
    card.fiveYearsFrom = try value(row[9], else: .none, storedDate)
    card.area = try value(row[10], else: .none) { ShortCode($0) }
    guard let sex = Sex(rawValue: row[3]), let rule = LinkRule(rawValue: row[11]) else {
      throw .notAStore(path, found: "a code that it doesn't know")
    }
    card.rule = rule
    if let words: String = row[12] {
      for word in words.split(separator: ",") {
        guard let note = Reason(word: String(word)) else {
          throw .notAStore(path, found: "a note that it doesn't know")
        }
        card.notes.insert(note)
      }
    }
    card.fileIndex = UInt16(Schema.fileIndex(ofSource: row[13]))
    card.line = row[14]
    let name: String = row[1]
    let (start, firstCard) = (batch.bytes.count, batch.cards.count)
    batch.bytes.append(contentsOf: name.utf8)
    batch.cards.append(card)
    batch.persons.append(
      PersonRow(
        personalID: id, birthDate: try value(row[2], else: .none, storedDate), sex: sex,
        nameRange: start..<batch.bytes.count, cards: firstCard..<firstCard + 1))
  }

  private func value<T>(_ text: String?, else absent: T, _ read: (Span<UInt8>) -> T?) throws(Stop) -> T {
    guard let text else { return absent }
    guard let value = read(text.utf8.span) else { throw .notAStore(path, found: "a value of another form") }
    return value
  }
}

/// Reads `yyyy`, `yyyy-MM` or `yyyy-MM-dd` without making text of the parts.
private func storedDate(_ text: Span<UInt8>) -> CalendarDate? {
  guard text.count == 4 || text.count == 7 || text.count == 10 else { return nil }
  func number(_ range: Range<Int>) -> Int? {
    (try? readDigits(text.extracting(range), count: range.count)).map { Int($0) }
  }
  guard let year = number(0..<4) else { return nil }
  guard text.count > 4 else { return CalendarDate(year: year) }
  guard text[4] == UInt8(ascii: "-"), let month = number(5..<7), month > 0 else { return nil }
  guard text.count > 7 else { return CalendarDate(year: year, month: month) }
  guard text[7] == UInt8(ascii: "-"), let day = number(8..<10), day > 0 else { return nil }
  return CalendarDate(year: year, month: month, day: day)
}
