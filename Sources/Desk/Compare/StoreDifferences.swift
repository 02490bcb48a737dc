// cardlink diff: how the stores of two runs or dates differ; of a run that is held, what its store would be.
// Invariant: reads the stores only, each through its own connection, and changes nothing; a store that is replaced or
// removed meanwhile is read to its end all the same.
// Load: both stores once, in key order, side by side.

import Store
package import Values
package import Workspace

/// A side of a comparison, as it was asked for.
package enum ComparedTime: Sendable {
  case run(Int)
  /// What was known on a business date.
  case date(CalendarDate)
}

/// Two runs whose persons can be read.
package struct ComparedRuns: Sendable {
  private enum Source: Sendable {
    case run(AskedRun)
    case past(HistoryPoint)
  }

  private let sources: (before: Source, after: Source)
  private let desk: Desk

  /// The runs as they were asked for; of a date, the run whose store was in force.
  package let before: RunRecord
  package let after: RunRecord

  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run, and neither its store nor its match result is kept,
  ///   nor does the history know what it showed.
  package init(_ desk: Desk, _ before: ComparedTime, _ after: ComparedTime) throws(Stop) {
    self.desk = desk
    let sides = (try Self.side(before, desk), try Self.side(after, desk))
    sources = (sides.0.source, sides.1.source)
    (self.before, self.after) = (sides.0.run, sides.1.run)
  }

  private static func side(_ time: ComparedTime, _ desk: Desk) throws(Stop) -> (
    run: RunRecord, source: Source
  ) {
    switch time {
    case .date(let date):
      let point = try desk.point(.on(date))
      return (try desk.run(point.storeRun), .past(point))
    case .run(let number):
      do throws(Stop) {
        let asked = try desk.asked(number)
        return (asked.run, .run(asked))
      } catch {
        guard error.exit == .usage, let point = try? desk.point(.at(run: number)) else { throw error }
        return (try desk.run(number), .past(point))
      }
    }
  }

  /// Counts the differences between the stores.
  package func differences() throws(Stop) -> CardDifferences {
    try compare { (_) throws(Stop) in }
  }

  /// Lists the persons whose cards differ, ascending by personal ID.
  package func persons(each: (CardDifference) throws(Stop) -> Void) throws(Stop) -> CardDifferences {
    try desk.audit(
      .differencesRead, run: after.id, detail: ["before": "\(before.id)", "after": "\(after.id)"])
    return try compare(each)
  }

  private func compare(
    _ each: (CardDifference) throws(Stop) -> Void
  ) throws(Stop) -> CardDifferences {
    func persons(_ source: Source) throws(Stop) -> PersonStream {
      switch source {
      case .run(let asked): try desk.persons(of: asked)
      case .past(let point): try desk.persons(at: point)
      }
    }
    let (old, new) = (try persons(sources.before), try persons(sources.after))
    for (stream, run) in [(old, before), (new, after)] {
      guard let found = stream.run, found != run.finished(.load)?.run else { continue }
      throw Stop(
        .runInProgress, at: "run \(run.id)", expected: "its store", found: "that of run \(found)",
        remedy: "A run has replaced it this very moment. Ask again.",
        next: "cardlink diff \(before.id) \(after.id) PIPELINE")
    }
    return try cardDifferences(
      before: { batch throws(Stop) in try old.next(&batch) },
      after: { batch throws(Stop) in try new.next(&batch) }, each: each)
  }
}
