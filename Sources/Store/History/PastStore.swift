// Answers about one person from the store and its history: what was known at an earlier time, and each change.
// Invariant: opened read-only; the files are those that the history names, and all answers come from its views.
// Load: one search of each file.

internal import GRDB
internal import Rules
package import Values

/// One state of a person, and how long it was the one in force.
package struct PersonState: Hashable, Sendable {
  /// Nil while the person had no card.
  package var attribute: CardAttribute?
  /// All linked cards.
  package var cards: [LinkedCard]
  package var opened: HistoryPoint
  /// Whether the history begins with it, so that it may be older.
  package var isFirst: Bool
  /// The file and line in which the run that opened it read the serving card; nil if it is unknown or there is none.
  package var openedIn: (file: String, line: Int)? { openedFile.map { ($0, openedLine) } }
  var openedFile: String?
  var openedLine = 0
  /// Nil for the state of today.
  package var closed: HistoryPoint?

  /// Whether the serving card is that of the state before with the person's own ID number in it.
  package func isRenumbered(since before: PersonState?) -> Bool {
    guard let card = attribute?.card, let was = before?.attribute?.card else { return false }
    return card.row.renumbers(was.row)
  }
}

/// The store in force and its history.
package struct PastStore: Sendable {
  package let history: History
  private let path: String
  private let queue: DatabaseQueue

  /// - Parameter path: the store in force.
  package init(path: String, _ history: History) throws(Stop) {
    (self.path, self.history) = (path, history)
    queue = try stopping(at: path) {
      let queue = try openStore(path, readonly: true)
      try queue.unsafeRead { db in
        try history.check(Int.fetchOne(db, sql: "SELECT run_id FROM origin") ?? 0, path)
        try db.execute(sql: HistoryViews.sql(history))
      }
      return queue
    }
  }

  /// The states of a person, ascending; empty if there never was a card.
  package func states(of id: PersonalID) throws(Stop) -> [PersonState] {
    let points = Dictionary(history.points.map { ($0.run, $0) }, uniquingKeysWith: { $1 })
    return try readingHistory(at: path) {
      try queue.unsafeRead { db in
        let rows = try Row.fetchAll(
          db,
          sql: """
            SELECT personal_id, full_name, birth_date, sex, \(HistoryViews.card), run_id, grace_until, closed_by, next_file,
              next_line FROM history_state WHERE personal_id = ? ORDER BY closed_by IS NULL, closed_by
            """, arguments: [id.text])
        let cards = try Row.fetchAll(
          db,
          sql: """
            SELECT personal_id, \(HistoryViews.card), run_id, closed_by FROM history_card WHERE personal_id = ?
            ORDER BY source_id, source_line
            """, arguments: [id.text]
        ).map { (card: LinkedCard($0), closedBy: $0[13] as Int?) }
        var states: [PersonState] = []
        func append(_ row: Row?, closedBy run: Int?, openedIn file: String?, _ line: Int?) {
          let opened = states.last.map(\.closed) ?? history.points[0]
          states.append(
            PersonState(
              attribute: row.flatMap { $0["rule"] == nil ? nil : CardAttribute($0) },
              cards: cards.filter { $0.closedBy == run }.map(\.card), opened: opened ?? history.now,
              isFirst: states.isEmpty, openedFile: file, openedLine: line ?? 0,
              closed: run.flatMap { points[$0] }))
        }
        var (file, line): (String?, Int?) = (nil, nil)
        for row in rows {
          append(row, closedBy: row["closed_by"], openedIn: file, line)
          (file, line) = (row["next_file"], row["next_line"])
        }
        // Today's state has no row if there is no card any more.
        if let last = rows.last, last["closed_by"] as Int? != nil {
          append(nil, closedBy: nil, openedIn: nil, nil)
        }
        return states
      }
    }
  }

  /// The persons who have or had one of these numbers on a card, as insurance number, card number or its digits.
  ///
  /// - Complexity: one pass over the cards of the store and of the history.
  func persons(holding numbers: [String]) throws(Stop) -> [PersonalID] {
    let list = "[" + numbers.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    return try reading { db in
      try String.fetchAll(
        db,
        sql: """
          WITH wanted AS (SELECT value FROM json_each(?))
          SELECT DISTINCT personal_id FROM history_card
          WHERE insurance_number IN wanted OR card_number IN wanted OR substr(card_number, 6) IN wanted
          ORDER BY 1
          """, arguments: [list]
      ).compactMap { try? PersonalID($0.utf8.span) }
    }
  }

  /// Passes on the numbers of each card that the history has, those of today's cards left out; a card may come several times.
  package func eachFormerCard(
    _ take: (PersonalID, InsuranceNumber, CardNumber) -> Void
  ) throws(Stop) {
    try reading { db in
      for i in history.files.indices {
        let rows = try Row.fetchCursor(
          db, sql: "SELECT personal_id, insurance_number, card_number FROM history_\(i + 1).card_was")
        while let row = try rows.next() {
          guard let id = try? PersonalID((row[0] as String).utf8.span) else { continue }
          take(
            id, (row[1] as String?).flatMap { try? InsuranceNumber($0.utf8.span) } ?? .none,
            (row[2] as String?).flatMap { try? CardNumber($0.utf8.span) } ?? .none)
        }
      }
    }
  }

  func reading<T>(_ body: (Database) throws -> T) throws(Stop) -> T {
    try readingHistory(at: path) { try queue.unsafeRead(body) }
  }
}

extension [PersonState] {
  /// The state at an earlier time.
  package func state(at point: HistoryPoint) -> PersonState? {
    first { ($0.closed?.run ?? .max) > point.run }
  }
}
