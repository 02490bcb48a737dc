// Stage publish: the loaded store, or the one in force, into one package for each facility; then the run is done.
// Invariant: packages are made from the store alone. They and the store that they are made from come in force together,
// within a moment, or neither does; a run that is killed in that moment is ended by the next one.

import Files
import Package
import Publish
import Store
import Synchronization
import Values
import Workspace

extension Night {
  /// Publishes the store that this run has loaded, and puts both in force; or publishes the one in force.
  func publish() throws(Stop) -> Int {
    let stores = KeptStores(pipeline, in: workspace.path)
    guard let loaded = try stores.loaded(), loaded == run.finished(.load)?.run else {
      return try publish(storeAt: stores.path)
    }
    let server = try pipeline.server()
    try server?.hold()
    let before = try stores.inForce()
    return try publish(storeAt: stores.next) { [reader] packages throws(Stop) in
      let published = try reader.publication()
      // If the link can't be read, they may be in force.
      func arePackagesInForce() -> Bool {
        do throws(Stop) { return try reader.publication() != published } catch { return true }
      }
      try stores.putLoadedInForce(
        with: { () throws(Stop) in
          try server?.putInForce(
            run: loaded, orFrom: stores.path, stores.history(ofStoreAt: stores.path))
          do throws(Stop) {
            try packages()
          } catch {
            if let before, !arePackagesInForce() {
              let path = stores.path(of: before)
              try? server?.putInForce(run: before, orFrom: path, stores.history(ofStoreAt: path))
            }
            throw error
          }
        }, arePackagesInForce: arePackagesInForce)
    }
  }

  /// Publishes a store.
  ///
  /// - Parameter switching: puts the store in force together with the packages.
  func publish(
    storeAt path: String, switching: RunFolders.Switching = { packages throws(Stop) in try packages() }
  ) throws(Stop) -> Int {
    var request = PublishRequest(
      folder: workspace.path + "/packages", pipeline: pipeline.name, runID: run.id, asOf: options.asOf,
      policy: pipeline.publish, memoryBytes: min(options.memoryBytes / 4, 256 << 20), threads: options.threads
    )
    request.statusLists = try statusLists(storeAt: path)
    let facilities = try pipeline.facilities(on: options.asOf)
    request.facilities = facilities
    request.recipientsHavePackagesInForce = try recipientsHavePackagesInForce()
    let store = try Store(path: path)
    let read = Atomic<Int>(0)
    let parts = StoredPersons.parts(ofStoreBytes: try Folder.byteCount(of: path))
    var persons = PeopleParts(count: parts.count) {
      [progress, through = request.validUntil] part, take throws(Stop) in
      let persons = try StoredPersons(path: path, numbers: parts[part], otherCardsThrough: through)
      var batch = PersonBatch()
      while try persons.nextBatch(into: &batch) {
        try take(batch)
        let done = read.add(batch.persons.count, ordering: .relaxed).newValue
        progress.advance(.publish, done: done, of: 0, unit: "people read")
      }
    }
    let earlier = try earlierStores(than: path)
    persons.formerNumbers = { part throws(Stop) in
      let stores = earlier.compactMap { try? TenDigitNumbersBefore($0, parts[part]) }
      return { id throws(Stop) in
        for store in stores {
          let number = store.number(of: id)
          if !number.isNone { return number }
        }
        return .none
      }
    }
    let report = try Publish.publish(
      request, persons: persons,
      reason: { id, facility throws(Stop) in try store.removalReason(id, from: facility, facilities) },
      switching: switching)
    if !report.leftOut.isEmpty {
      let shown = report.leftOut.prefix(10).joined(separator: ", ") + (report.leftOut.count > 10 ? ", …" : "")
      progress.event(
        RunEvent(
          .packagesLeftOut, .warning, run: run.id, stage: .publish,
          [
            "packages": .count(report.leftOut.count), "persons": .count(report.personsLeftOut),
            "shown": .text(shown),
          ],
          text: "Packages were left out because no key to encrypt them is there.", isForTerminal: false))
    }
    let counts = PublishCounts(report, facilities)
    guard counts.all == read.load(ordering: .relaxed) else {
      throw .defect("a publication of \(counts.all) persons where the store has another number")
    }
    try update { $0.published = counts }
    return counts.all
  }

  /// The store in force and those kept besides, the latest first, without the one that is published.
  private func earlierStores(than path: String) throws(Stop) -> [String] {
    let stores = KeptStores(pipeline, in: workspace.path)
    var paths = try stores.runs().reversed().map { stores.path(of: $0) }
    if path != stores.path, try Folder.exists(stores.path) { paths.insert(stores.path, at: 0) }
    return paths
  }

  /// Whether a recipient that takes its package once for each business date has the one in force: that of an earlier date,
  /// for which nothing else was published.
  private func recipientsHavePackagesInForce() throws(Stop) -> Bool {
    guard let point = try reader.publication().flatMap(RunFolders.place(of:)), point.edition == 1 else {
      return false
    }
    let runs = try reader.runs()
    guard let asOf = runs.first(where: { $0.id == point.runID })?.asOf, asOf != options.asOf.text else {
      return false
    }
    return !runs.contains { $0.id != point.runID && $0.asOf == asOf && $0.finished(.load) != nil }
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
    tendHistory()
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

/// One thread's position in an earlier store, for insurance numbers of 10 digits; persons ascend.
///
/// Numbers of a store that can't be read are not known.
private final class TenDigitNumbersBefore {
  private let persons: StoredPersons
  private var batch = PersonBatch()
  private var next = 0
  private var isDone = false

  init(_ path: String, _ part: Range<String>) throws(Stop) {
    persons = try StoredPersons(path: path, numbers: part)
  }

  func number(of id: PersonalID) -> InsuranceNumber {
    while !isDone {
      while next < batch.persons.count, batch.persons[next].personalID < id { next += 1 }
      if next < batch.persons.count { break }
      isDone = (try? persons.nextBatch(into: &batch)) != true
      next = 0
    }
    guard !isDone, batch.persons[next].personalID == id else { return .none }
    for i in batch.persons[next].cards {
      let number = batch.cards[i].tenDigits
      if !number.isNone { return number }
    }
    return .none
  }
}

extension Store {
  /// Why a person is no longer among a recipient's people: asked for each removal, through the store's indexes.
  fileprivate func removalReason(
    _ id: PersonalID, from facility: ShortCode, _ facilities: Facilities
  ) throws(Stop) -> RemovalReason {
    if let person = try card(personalID: id.text) {
      guard facilities.isRecoded(facility),
        let code = ShortCode(Array((person.card.facilityCode ?? "").utf8).span),
        facilities.current(code) == facilities.current(facility)
      else { return .registeredElsewhere }
      return .facilityRecoded
    }
    let outcomes = try findings(personalID: id.text).filter { $0.export == ExportKind.insurance.name }
      .compactMap { Outcome(name: $0.outcome) }
    return outcomes.max().map { .outcome($0) } ?? .notInExport
  }
}
