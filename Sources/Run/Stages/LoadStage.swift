// Stage load: the match result into a new store, which waits beside the one in force until its packages are written.
// Invariant: the store holds as many cards and findings as the ledger says. A PostgreSQL server gets what is in the new
// file. Both come in force with the packages, at the end of stage publish.

import Files
import Match
import SortedRuns
import Store
import Values
import Workspace

extension Night {
  func load(_ staged: StagedSnapshot, _ matched: MatchedSnapshot) throws(Stop) -> Int {
    guard let judged = run.finished(.match) else {
      throw .defect("the load stage without the stages before it")
    }
    let stores = KeptStores(pipeline, in: workspace.path)
    try Folder.create(Folder.parent(of: stores.path))
    // One that waits for its packages is overtaken; the others an earlier version left, if it was killed.
    for left in [stores.next, stores.path + ".partial", stores.path + ".findings.partial"] {
      try Folder.remove(left)
    }
    let folder = reader.folder(of: judged)
    let findings = try MatchedFindings(matched, in: folder)
    let earlier = try reader.runs().filter { $0.state == .done && $0.id != run.id }
    let current = run
    let change = try change(toStoreOf: current.id)
    let request = LoadRequest(
      path: stores.next, runID: current.id, runs: earlier.map(\.storeRun) + [current.storeRun],
      ledger: earlier.flatMap(\.storeLedger) + current.storeLedger,
      populationFiles: staged.files(of: .population).map(\.name),
      insuranceFiles: staged.files(of: .insurance).map(\.name), keptSources: matched.keptSources ?? [],
      change: change, numbers: try numbers(of: staged, stores))
    let total = current.count(.insurance, .linked)
    let server = try pipeline.server()
    try server?.hold()
    let report = try loadStore(
      request, persons: try persons(matched, in: folder),
      findings: { () throws(Stop) in try findings.next() },
      progress: { [progress] cards in progress.advance(.load, done: cards, of: total, unit: "cards") },
      check: { report throws(Stop) in
        try Self.check(report, against: current)
        _ = try server?.load(fromStore: stores.next + ".partial") { [progress] persons in
          progress.advance(.load, done: persons, of: report.persons, unit: "persons to PostgreSQL")
        }
      })
    if let change, !report.isRemembered { try remember(change, storeAt: stores.next) }
    try server?.take(stores.history(ofStoreAt: stores.next))
    return report.cards + report.findings
  }

  /// The persons in ranges of at most about two million, four or more for each thread, so that all threads
  /// are busy to the end.
  private func persons(_ matched: MatchedSnapshot, in folder: String) throws(Stop) -> PersonSource {
    let width = max(1, options.threads)
    let records = matched.judged.reduce(0) { $0 + $1.recordCount }
    let parts = 4 * width * (1 + records / (8_000_000 * width))
    let ranges = try MatchedPersons.ranges(of: matched, in: folder, parts: parts)
    let starts = ranges.map { LinkKey(packed: $0.lowerBound).personalID ?? PersonalID(packed: 0) }
    return PersonSource(starts: starts, width: width) {
      [asOf = options.asOf] i, take throws(Stop) in
      let persons = try MatchedPersons(matched, in: folder, asOf: asOf, keys: ranges[i])
      var batch = PersonBatch()
      while try persons.nextBatch(into: &batch) { try take(batch) }
    }
  }

  /// The numbers that population records name besides their person's own.
  private func numbers(of staged: StagedSnapshot, _ stores: KeptStores) throws(Stop) -> NumberSource {
    guard let extracted = run.finished(.extract) else {
      throw .defect("the load stage without an extract stage before it")
    }
    let folder = reader.folder(of: extracted)
    let cuts = try splitKeys(of: staged.legacy, in: folder, parts: 4 * max(1, options.threads))
    let bounds = [0] + cuts + [LinkKey.end.packed]
    let inForce = try stores.history()?.now.knownOn ?? ""
    let date = max(inForce, options.asOf.text)
    let known = CalendarDate(iso: date) ?? options.asOf
    return NumberSource(
      knownOn: known, before: stores.path, droppedThrough: known.adding(days: -pipeline.keep.history),
      ranges: zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    ) { range, take throws(Stop) in
      var numbers = try Merge(staged.legacy, in: folder, from: range.lowerBound, to: range.upperBound)
      try numbers.forEach { key, place, payload throws(Stop) in
        try take(
          LinkKey(packed: key), NumberHolder(packed: payload.integer(at: 0)).id, Place(packed: place).file)
      }
    }
  }

  /// Stops if the store's counts differ from the ledger's.
  private static func check(_ report: LoadReport, against run: RunRecord) throws(Stop) {
    let linked = run.count(.insurance, .linked)
    let others =
      run.count(.insurance) - linked - run.count(.insurance, .notARecord)
      + run.count(.population, .quarantined)
      + run.count(.population, .personDuplicated)
    let kept = run.matched.grace?.total ?? 0
    guard report.cards == linked, report.findings == others, report.kept == kept else {
      throw Stop(
        .dataRefused, at: "store",
        expected: "\(linked) cards and \(others) findings, as the ledger says, and \(kept) persons in grace",
        found: "\(report.cards) cards, \(report.findings) findings and \(report.kept) persons in grace",
        remedy: "The store in force is unchanged. This is a defect of cardlink: please report it.")
    }
  }
}

extension RunRecord {
  var storeRun: StoreRun {
    StoreRun(
      runID: id, pipeline: pipeline, asOf: asOf, startedAt: startedAt,
      finishedAt: finishedAt, state: state)
  }
  var storeLedger: [LedgerRow] {
    matched.ledger.map {
      LedgerRow(
        runID: id, export: $0.export, sourceFile: $0.sourceFile, outcome: $0.outcome,
        records: $0.records)
    } + (extracted.series ?? []).flatMap { series in series.deltas.flatMap { lines(of: $0, series.export) } }
  }

  /// What became of the records of a delta; its export is `insurance_delta`, so that the lines of `insurance` are the records
  /// in force.
  private func lines(of delta: DeltaLedger, _ export: ExportKind) -> [LedgerRow] {
    DeltaOutcome.allCases.filter { delta[$0] > 0 }.map {
      LedgerRow(
        runID: id, export: export.name + "_delta", sourceFile: delta.file, outcome: $0.name,
        records: delta[$0])
    }
  }
}
