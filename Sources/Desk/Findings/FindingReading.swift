// Where a list of findings comes from: a store, or the match result of a run that has none; and its pages.
// Invariant: each page is in the audit log before it is read.
// Load: a page of a store is fifty look-ups; one of a match result passes over the findings before it.

import Match
package import Store
package import Values
package import Workspace

/// Where the findings of a list are.
enum FindingSource: Sendable {
  case store(Store)
  case matched(Desk.LastStaged, Desk)

  /// Passes on what filters need of each finding, in their order.
  func forEachKey(_ body: (FindingKey) throws(Stop) -> Void) throws(Stop) {
    switch self {
    case .store(let store): try store.findingKeys(body)
    case .matched(let last, let desk):
      let findings = try desk.findings(of: last)
      var row: Int64 = 0
      while let finding = try findings.next() {
        row += 1
        try body(FindingKey(row: row, last.stored(finding)))
      }
    }
  }

  /// The findings in these rows, ascending.
  func findings(rows: some Sequence<Int64>) throws(Stop) -> [StoredFinding] {
    switch self {
    case .store(let store): return try store.findings(rows: rows).map(\.finding)
    case .matched(let last, let desk):
      let findings = try desk.findings(of: last)
      var (found, at): ([StoredFinding], Int64) = ([], 0)
      for row in rows {
        while at < row - 1, try findings.skip() { at += 1 }
        guard let finding = try findings.next() else { break }
        at += 1
        found.append(last.stored(finding))
      }
      return found
    }
  }

  /// How many findings a file is written with at a time.
  fileprivate var pieceLength: Int {
    if case .matched = self { return 50_000 }
    return 1000
  }
}

extension Desk {
  /// The list of the findings in force, or of another run whose results are kept.
  ///
  /// - Parameters:
  ///   - old: a list from before, which is given back while it is of the same run in the same state.
  ///   - number: the run; nil for the one whose store is in force.
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such run, or its results are not kept.
  package func findingList(
    _ old: FindingList? = nil, run number: Int? = nil
  ) throws(Stop) -> FindingList {
    let asked = if let number { try asked(number) } else { try askedInForce() }
    if let old, old.run.id == asked.run.id, old.isInForce == asked.isInForce { return old }
    let source: FindingSource =
      switch asked.source {
      case .store(let path): .store(try store(at: path))
      case .matched(let last): .matched(last, self)
      }
    let staged = try staged(asked.run).map { last throws(Stop) in
      StagedFacts(
        lookup(in: last), files: last.staged.files(of: .insurance).map(\.name),
        asOf: CalendarDate(iso: asked.run.asOf) ?? .none)
    }
    let before = try heldBefore(asked, known: old?.held ?? [])
    return try FindingList(
      source, of: asked.run, isInForce: asked.isInForce, staged: staged, earlier: before.records,
      isWhole: before.isWhole)
  }

  /// The runs whose findings can be read and are likely asked for: the one in force, the last one if it has a match result and no
  /// store in force, and those whose stores are kept.
  package func runsWithFindings() throws(Stop) -> [(run: RunRecord, isInForce: Bool)] {
    let (stores, runs) = (KeptStores(pipeline, in: pipeline.workspace), try runs())
    let (inForce, kept) = (try stores.inForce(), try stores.runs())
    var found = runs.filter { $0.id == inForce || kept.contains($0.id) }.map { ($0, $0.id == inForce) }
    if let last = runs.last, last.rollback == nil, !found.contains(where: { $0.0.id == last.id }),
      last.finished(.load)?.run != inForce || last.state != .done, try staged(last) != nil
    {
      found.append((last, false))
    }
    return found
  }

  /// The records that were held in the stores before that of a run, the last one first, as far as these are kept.
  ///
  /// - Returns: also whether there was no store before the first of these.
  private func heldBefore(
    _ asked: AskedRun, known: [HeldRecords]
  ) throws(Stop) -> (records: [HeldRecords], isWhole: Bool) {
    let (stores, runs) = (KeptStores(pipeline, in: pipeline.workspace), try runs())
    guard let inForce = try stores.inForce() else { return ([], true) }
    let own = asked.run.finished(.load)?.run ?? asked.run.id
    let line = runs.storeLine(to: inForce).filter { $0 < own }
    let kept = Set(try stores.runs())
    var records: [HeldRecords] = []
    for run in line.reversed() {
      guard run == inForce || kept.contains(run) else { return (records, false) }
      if let held = known.first(where: { $0.run == run }) {
        records.append(held)
        continue
      }
      // A store of an earlier version, or one that is removed this moment, is as good as none.
      guard let store = try? store(at: run == inForce ? stores.path : stores.path(of: run)),
        let held = try? HeldRecords(store, run: run, asOf: runs.first { $0.id == run }?.asOf ?? "")
      else { return (records, false) }
      records.append(held)
    }
    return (records, true)
  }

  /// One page of a list.
  package func page(_ rows: ArraySlice<Int64>, of list: FindingList) throws(Stop) -> [StoredFinding] {
    try audit(.findingsRead, run: list.run.id, detail: ["records": "\(rows.count)"])
    return try list.source.findings(rows: rows)
  }

  /// Many records of a list, for a file: pieces of it by number, nil after the last.
  package func pieces(
    _ rows: [Int64], of list: FindingList
  ) throws(Stop) -> @Sendable (Int) throws(Stop) -> [StoredFinding]? {
    try audit(.findingsRead, run: list.run.id, detail: ["records": "\(rows.count)", "as": "csv"])
    let length = list.source.pieceLength
    return { (piece) throws(Stop) in
      let start = piece * length
      guard start < rows.count else { return nil }
      return try list.source.findings(rows: rows[start..<min(start + length, rows.count)])
    }
  }
}

extension FindingList {
  /// The store of the list.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if the run has none.
  func store() throws(Stop) -> Store {
    if case .store(let store) = source { return store }
    throw Stop(
      .usage, at: "run \(run.id)", expected: "a run whose store is in force", found: "a run without a store",
      remedy: "Decide on the records in force.", next: "cardlink findings PIPELINE")
  }
}
