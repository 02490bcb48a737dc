// The publish stage of a run: makes one package for each recipient from the store in force, and marks the run
// as done.
// Invariant: packages are made from the store alone, and replace the previous ones all at once.

import Files
import Package
import Publish
import Store
import Synchronization
import Values
import Workspace

extension Night {
  func publish() throws(Stop) -> Int {
    let request = PublishRequest(
      folder: workspace.path + "/packages", pipeline: pipeline.name, runID: run.id, asOf: options.asOf,
      policy: pipeline.publish, memoryBytes: min(options.memoryBytes / 4, 256 << 20), threads: options.threads
    )
    let store = try Store(path: storePath)
    let read = Atomic<Int>(0)
    let parts = StoredPersons.parts(ofStoreBytes: Folder.byteCount(of: storePath))
    let persons = PeopleParts(count: parts.count) { [progress, storePath] part, take throws(Stop) in
      let persons = try StoredPersons(
        path: storePath, numbers: parts[part], otherCardsThrough: request.validUntil)
      var batch = PersonBatch()
      while try persons.nextBatch(into: &batch) {
        try take(batch)
        let done = read.add(batch.persons.count, ordering: .relaxed).newValue
        progress.advance(.publish, done: done, of: 0, unit: "people read")
      }
    }
    let report = try Publish.publish(
      request, persons: persons,
      reason: { id throws(Stop) in try store.removalReason(id) })
    if !report.leftOut.isEmpty {
      let shown = report.leftOut.prefix(10).joined(separator: ", ") + (report.leftOut.count > 10 ? ", …" : "")
      progress.note(
        "\(report.leftOut.count) packages were left out, for there is no key to encrypt them to: \(shown); "
          + "\(FigureText.grouped(report.personsLeftOut)) persons are in no package because of it")
    }
    let counts = PublishCounts(report)
    guard counts.all == read.load(ordering: .relaxed) else {
      throw .defect("a publication of \(counts.all) persons where the store has another number")
    }
    try update { $0.published = counts }
    return counts.all
  }

  /// Marks the run as done, in its record and in the store, and removes what no run needs any more.
  func finish() throws(Stop) -> RunRecord {
    let finishedAt = Clock.now()
    var done = run
    done.finishedAt = finishedAt
    done.state = .done
    try finishRun(done.storeRun, ledger: done.storeLedger, inStore: storePath)
    try pipeline.server()?.finish(run: done.storeRun, ledger: done.storeLedger)
    try Audit(workspace.path).append(.runDone, run: run.id)
    try update {
      $0.finishedAt = finishedAt
      $0.state = .done
      $0.peakMemoryBytes = OwnProcess.peakMemoryBytes
    }
    var event = RunEvent(
      .runDone, run: run.id,
      [
        "seconds": .seconds(run.ownSeconds), "insurance_records": .count(run.count(.insurance)),
        "linked": .count(run.count(.insurance, .linked)),
        "population_records": .count(run.count(.population)),
        "peak_memory_bytes": .count(run.peakMemoryBytes ?? 0),
      ], text: "run done")
    if let grace = run.matched.grace { event.values["kept_in_grace"] = .count(grace.total) }
    progress.event(event)
    try workspace.prune(workspace.prunable(pipeline, keeping: pipeline.keep))
    removePackages()
    pruneServer()
    return run
  }

  /// A failed removal is a note, because the run itself is done; the next run tries again.
  private func removePackages() {
    do throws(Stop) {
      try removeEarlierPublications(in: workspace.path + "/packages", threads: options.threads)
    } catch {
      progress.note("Packages of earlier runs could not be removed. \(error.finding.description)")
    }
  }

  /// Generations that readers still hold are a note, because the run itself is done.
  private func pruneServer() {
    do throws(Stop) {
      let left = try pipeline.pruneServer()
      if left > 0 { progress.note("PostgreSQL: \(left) earlier stores are still being read; they go later.") }
    } catch {
      progress.note("PostgreSQL: earlier stores could not be removed. \(error.finding.description)")
    }
  }
}

extension Store {
  /// Why a person is no longer among a recipient's people: asked for each removal, through the store's indexes.
  fileprivate func removalReason(_ id: PersonalID) throws(Stop) -> RemovalReason {
    if try card(personalID: id.text) != nil { return .registeredElsewhere }
    let outcomes = try findings(personalID: id.text).filter { $0.export == ExportKind.insurance.name }
      .compactMap { Outcome(name: $0.outcome) }
    return outcomes.max().map { .outcome($0) } ?? .notInExport
  }
}
