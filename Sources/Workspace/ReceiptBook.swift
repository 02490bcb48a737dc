// The receipts that facilities sent back, in the workspace.
// Invariant: each receipt counts once, however often it is taken in. The file is replaced atomically, by one process at a
// time. It holds codes of facilities, runs and dates, and nothing of a person.
// Load: one entry per facility, some 13,000; a year of nights is one range of runs for most of them.

import Files
package import Package
package import Values

/// What is known of one recipient.
package struct ReceivedRuns: Hashable, Sendable, Codable {
  /// The runs whose packages it had, as ranges, ascending: first and last run.
  package private(set) var runs: [[Int]] = []
  /// The newest of them, and its receipt.
  package private(set) var newest = 0
  package private(set) var receivedOn = ""
  package private(set) var door = Receipt.Door.apply
  package private(set) var version = ""

  /// Adds a receipt.
  ///
  /// - Returns: false if one of its run is known.
  fileprivate mutating func add(_ receipt: Receipt) -> Bool {
    let run = receipt.package.runID
    guard !has(run) else { return false }
    if run > newest {
      (newest, door, version) = (run, receipt.door, receipt.version)
      receivedOn = receipt.receivedOn.text
    }
    let i = runs.firstIndex { $0[0] > run } ?? runs.count
    runs.insert([run, run], at: i)
    if i + 1 < runs.count, runs[i + 1][0] == run + 1 { runs[i][1] = runs.remove(at: i + 1)[1] }
    if i > 0, runs[i - 1][1] == run - 1 { runs[i - 1][1] = runs.remove(at: i)[1] }
    return true
  }

  package func has(_ run: Int) -> Bool { runs.contains { $0[0] <= run && run <= $0[1] } }
}

package struct ReceiptBook: Sendable, Codable {
  /// By recipient.
  package private(set) var recipients: [String: ReceivedRuns] = [:]

  /// Reads the book of a workspace; without a file it is empty.
  package init(_ workspace: String) throws(Stop) {
    self = try JSONFile.read(Self.self, from: Self.path(in: workspace)) ?? Self()
  }

  private init() {}

  private static func path(in workspace: String) -> String { workspace + "/receipts.json" }

  /// Adds receipts whose seals were checked, and writes the book.
  ///
  /// - Returns: for each, whether it is new.
  /// - Throws: ``Stop`` with ``Exit/runInProgress`` if another process adds some now.
  package static func take(_ receipts: [Receipt], into workspace: String) throws(Stop) -> [Bool] {
    let path = path(in: workspace)
    guard let lock = try LockFile(holding: path + ".lock") else {
      throw Stop(
        .runInProgress, at: path, expected: "a book of receipts that is not being written",
        found: "another cardlink receipts", remedy: "Wait until it has finished, then try again.")
    }
    defer { withExtendedLifetime(lock) {} }
    var book = try Self(workspace)
    let isNew = receipts.map { book.recipients[$0.recipient, default: ReceivedRuns()].add($0) }
    if isNew.contains(true) { try JSONFile.write(book, to: path) }
    return isNew
  }
}
