// Which rows of a table of counts are left out, so that no count of 1 to 9 persons is shown or follows from what is shown.
// Invariant: the rows that are left out form groups. Each count, added over a group, is zero or at least twice the smallest count
// that may be shown, unless no further row is left to add. A row that was left out once is never shown again, because its figure
// of today would tell the others of its group on an earlier night.
// Load: some hundred rows for each run.

/// The rows of one table that are left out, over the runs whose tables are published with exact sums.
package struct SmallCounts: Sendable {
  /// Smaller counts are not shown.
  package static let fewest = 10

  private let fewest: Int
  private var groups: [[Int]] = []
  private var hidden: Set<Int> = []
  /// The rows of the run before.
  private var before: [[Int]] = []

  package init(fewest: Int = SmallCounts.fewest) { self.fewest = fewest }

  /// Whether a row is left out.
  package func hides(_ row: Int) -> Bool { hidden.contains(row) }

  /// Takes in the table of the next run.
  ///
  /// - Parameter rows: of each row all, and then parts of it, each of which tells what is left of all too; every run has the same rows.
  package mutating func add(_ rows: [[Int]]) {
    let rows = rows.map(Self.counts)
    let fresh = rows.indices.filter { !hidden.contains($0) && rows[$0].contains(where: isSmall) }
    if !fresh.isEmpty {
      groups.append(fresh)
      hidden.formUnion(fresh)
    }
    for i in groups.indices {
      while !isSafe(groups[i], rows), let companion = companion(rows) {
        groups[i].append(companion)
        hidden.insert(companion)
      }
    }
    before = rows
  }

  /// All, the parts, and what each part leaves of all.
  private static func counts(_ row: [Int]) -> [Int] { row + row.dropFirst().map { row[0] - $0 } }

  private func isSmall(_ count: Int) -> Bool { count > 0 && count < fewest }

  private func isSafe(_ group: [Int], _ rows: [[Int]]) -> Bool {
    guard group.count(where: { rows[$0][0] > 0 }) > 1 else { return false }
    return rows[0].indices.allSatisfy { count in
      let sum = group.reduce(0) { $0 + rows[$1][count] }
      return sum == 0 || sum >= 2 * fewest
    }
  }

  /// The row to leave out with others: one that has changed since the run before, because its earlier figure then doesn't tell
  /// today's; of these the smallest, and an empty row last.
  private func companion(_ rows: [[Int]]) -> Int? {
    func order(_ row: Int) -> (Int, Int, Int, Int) {
      let isUnchanged = before.indices ~= row && before[row] == rows[row]
      return (rows[row][0] == 0 ? 1 : 0, isUnchanged ? 1 : 0, rows[row][0], row)
    }
    return rows.indices.filter { !hidden.contains($0) }.min { order($0) < order($1) }
  }
}
