// The files of a store's history, and what they say about which store was in force when.
// Invariant: a file gets its name when it is whole, and no row of it changes. It is named after the runs that
// it covers; one that another file covers is a leftover of a merge. The history that counts is the chain of
// changes that leads to the store in force: a change that was prepared and never came in force is after the
// chain's end, and one that the chain can't reach is before its beginning.
//
//   history/0001-0030.sqlite    the states that the runs 1 to 30 ended
//   history/0031-0031.sqlite    those that run 31 ended

import Files
internal import GRDB
package import Values

/// A store that is or was in force.
package struct HistoryPoint: Hashable, Sendable {
  /// The run that put it in force: the one that loaded it, or a rollback.
  package var run: Int
  /// The business date from which it was in force, ISO 8601.
  package var knownOn: String
  /// The run that loaded it.
  package var storeRun: Int

  package init(run: Int, knownOn: String, storeRun: Int) {
    (self.run, self.knownOn, self.storeRun) = (run, knownOn, storeRun)
  }
}

/// A change of the store in force.
package struct HistoryChange: Hashable, Sendable {
  package var before: HistoryPoint
  package var after: HistoryPoint

  package init(from before: HistoryPoint, to after: HistoryPoint) {
    (self.before, self.after) = (before, after)
  }
}

/// One file of the history.
package struct HistoryFile: Sendable {
  package let path: String
  /// The first and the last run that it covers.
  package let runs: ClosedRange<Int>
  /// Ascending; none if the file can't be read.
  package let changes: [HistoryChange]
  package let byteCount: Int

  /// - Throws: ``Stop`` if another program holds the file or the disk fails.
  init(_ path: String, runs: ClosedRange<Int>) throws(Stop) {
    self.path = path
    self.runs = runs
    byteCount = try Folder.byteCount(of: path)
    do throws(Stop) {
      changes = try stopping(at: path) {
        try openStore(path, readonly: true, kind: .history).read { db in
          try Row.fetchAll(
            db,
            sql: """
              SELECT before_change, before_on, before_run, change_id, known_on, store_run FROM change_row
              ORDER BY change_id
              """
          ).map { row in
            HistoryChange(
              from: HistoryPoint(run: row[0], knownOn: row[1], storeRun: row[2]),
              to: HistoryPoint(run: row[3], knownOn: row[4], storeRun: row[5]))
          }
        }
      }
    } catch  where error.isNoStore {
      changes = []
    }
  }

  /// Names the file's content, for a server that has a copy: a file that is written anew gets another.
  package static func stamp(of path: String) throws(Stop) -> String {
    let attributes = try FileAttributes(of: path)
    return "\(Folder.name(of: path)) \(attributes?.byteCount ?? 0) \(attributes?.modified ?? 0)"
  }

  static func path(of runs: ClosedRange<Int>, in folder: String) -> String {
    folder + "/" + padded(UInt64(runs.lowerBound), to: 4) + "-" + padded(UInt64(runs.upperBound), to: 4)
      + ".sqlite"
  }
}

/// The history of a store: the changes that lead to the one in force.
package struct History: Sendable {
  package let folder: String
  /// The changes of the chain, ascending.
  package private(set) var changes: [HistoryChange] = []
  /// The files that hold them, ascending.
  package private(set) var files: [HistoryFile] = []
  /// Files that hold no change of the chain: prepared for a store that never came in force, not connected to
  /// the one that is, or covered by another file.
  package private(set) var pending: [HistoryFile] = []
  package private(set) var unreachable: [HistoryFile] = []
  package private(set) var covered: [String] = []
  /// The store in force.
  package let now: HistoryPoint

  /// - Parameter now: the store in force and its business date; the chain tells when it came in force.
  package init(in folder: String, now: HistoryPoint) throws(Stop) {
    self.folder = folder
    var all: [HistoryFile] = []
    for (runs, path) in try Self.named(in: folder) {
      if let last = all.last, runs.upperBound <= last.runs.upperBound {
        covered.append(path)
      } else {
        all.append(try HistoryFile(path, runs: runs))
      }
    }
    let known = all.flatMap(\.changes)
    guard let end = known.lastIndex(where: { $0.after.storeRun == now.storeRun }) else {
      self.now = now
      unreachable = all
      return
    }
    var begin = end
    while begin > 0, known[begin - 1].after == known[begin].before { begin -= 1 }
    changes = Array(known[begin...end])
    self.now = known[end].after
    for file in all {
      if file.runs.lowerBound > known[end].after.run {
        pending.append(file)
      } else if file.changes.contains(where: { $0.after.run >= known[begin].after.run }) {
        files.append(file)
      } else {
        unreachable.append(file)
      }
    }
  }

  /// The files' names, each with the runs that it covers, the larger one of two that begin with the same first.
  private static func named(in folder: String) throws(Stop) -> [(runs: ClosedRange<Int>, path: String)] {
    try Folder.names(in: folder).compactMap { name -> (ClosedRange<Int>, String)? in
      guard name.hasSuffix(".sqlite") else { return nil }
      let runs = name.dropLast(7).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard runs.count == 2, let first = runs[0], let last = runs[1], first <= last else { return nil }
      return (first...last, folder + "/" + name)
    }.sorted { ($0.0.lowerBound, -$0.0.upperBound) < ($1.0.lowerBound, -$1.0.upperBound) }
  }

  /// All files in a folder that may hold persons, whatever the chain.
  package static func paths(in folder: String) throws(Stop) -> [String] { try named(in: folder).map(\.path) }

  /// The stores that were in force, ascending; the last one is.
  package var points: [HistoryPoint] {
    changes.isEmpty ? [now] : [changes[0].before] + changes.map(\.after)
  }

  /// The last store that was in force on a business date; nil if the history begins later.
  package func point(on date: String) -> HistoryPoint? { points.last { $0.knownOn <= date } }

  /// The store that was in force after a run; nil if the history begins later.
  package func point(after run: Int) -> HistoryPoint? { points.last { $0.run <= run } }

  /// Refuses a store that is no longer the one in force.
  func check(_ runID: Int, _ path: String) throws(Stop) {
    guard runID == now.storeRun else {
      throw Stop(
        .runInProgress, at: path, expected: "the store of run \(now.storeRun)", found: "that of run \(runID)",
        remedy: "A run has replaced it this very moment. Ask again.", next: "cardlink runs PIPELINE")
    }
  }

  /// The runs of the chain's changes; nil if there are none.
  var runs: ClosedRange<Int>? {
    guard let first = changes.first, let last = changes.last else { return nil }
    return first.after.run...last.after.run
  }

  /// The change to another store, as the chain goes on with it.
  ///
  /// Dates don't go back: a store of an earlier business date counts from the date of the one before.
  package func change(to storeRun: Int, by run: Int, on date: String) -> HistoryChange {
    HistoryChange(
      from: now, to: HistoryPoint(run: run, knownOn: max(date, now.knownOn), storeRun: storeRun))
  }
}
