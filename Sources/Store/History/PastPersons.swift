// Reads the persons of a store that was in force earlier: today's, overlaid by the states that ended since.
// Invariant: persons ascend by personal ID number, each with all cards, as the store showed them; file and
// line of a card are not those of that store.
// Load: today's store and all files of the history since then, once.

package import Values

/// The persons of an earlier store, in batches.
package final class PastPersons {
  private var now: PersonCursor
  private let ended: [HistoryRows]

  /// - Parameters:
  ///   - point: the store that is asked about.
  ///   - path: the store in force.
  package init(_ point: HistoryPoint, _ history: History, path: String) throws(Stop) {
    now = try PersonCursor(path, nil)
    try history.check(now.runID, path)
    var ended: [HistoryRows] = []
    for file in history.files where file.runs.upperBound > point.run {
      ended.append(try HistoryRows(file.path, nil, closedBy: (point.run + 1)...history.now.run))
    }
    self.ended = ended
    try now.advance()
  }

  /// Replaces the content of the batch with the next persons.
  ///
  /// - Returns: false when there are none left.
  package func nextBatch(into batch: inout PersonBatch) throws(Stop) -> Bool {
    batch.removeAll()
    while batch.persons.count < 4096,
      let person = ended.reduce(now.person, { lesser($0, $1.state?.person) })
    {
      // The state that ended first since then is the one of that time.
      if let rows = ended.first(where: { $0.state?.person == person }) {
        if let i = rows.person { batch.append(rows.batch.people, rows.batch.people.persons[i]) }
      } else {
        batch.append(now.batch, now.batch.persons[now.index])
      }
      for rows in ended {
        while rows.state?.person == person { try rows.advance() }
      }
      if now.person == person { try now.advance() }
    }
    return !batch.persons.isEmpty
  }
}
