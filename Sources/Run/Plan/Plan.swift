// The plan of a run, with reasons: which stages' results are still valid, and which stages must run.
// Invariant: making a plan changes nothing. A stage is skipped only if its result has the same inputs (see
// MadeFrom) and still exists, and no earlier stage runs; a store or a package counts only while it is in
// force.
// Load: some run records, and the size and times of each export file; a file with the same size and another
// time is read.

package import Files
package import Pipeline
import Seal
package import Values
package import Workspace

/// What to do with each stage.
package struct Plan: Sendable {
  package struct Step: Sendable {
    package var stage: StageName
    /// The earlier result that is still valid; nil if the stage must run.
    package var uses: RunRecord.FinishedStage?
    /// Why it is skipped or run, in a few words.
    package var why: String
    /// The last time it ran.
    package var last: RunRecord.FinishedStage?
  }

  package var steps: [Step] = []
  /// The unfinished run to continue.
  package var unfinished: RunRecord?
  /// The files that the run reads, with their digests if known.
  package var exports: [FoundFile] = []
  /// The run with the ledger of the match result that is used.
  var ledger: RunRecord?
  /// The name of the command.
  var command = "run"

  /// The run that has already done all of this.
  package var done: RunRecord?
  /// The run that a rerun repeats.
  var repeats: RunRecord?

  package func uses(_ stage: StageName) -> RunRecord.FinishedStage? {
    steps.first { $0.stage == stage }?.uses
  }
}

// MARK: Making a plan

extension Plan {
  /// The run that `cardlink rerun` repeats, whose business date it takes unless another is given; nil if there is none.
  package static func repeated(_ pipeline: Pipeline, from first: StageName) throws(Stop) -> RunRecord? {
    try Plan(pipeline, from: first, asOf: Clock.today()).repeats
  }

  /// A plan for `cardlink run`, or for `cardlink rerun` from a given stage.
  ///
  /// - Throws: ``Stop`` with ``Exit/exportMissing`` if an export is missing, ``Exit/usage`` if there is
  ///   nothing to rerun
  ///   from.
  package init(
    _ pipeline: Pipeline, from first: StageName?, asOf: CalendarDate, note: (String) -> Void = { _ in }
  ) throws(Stop) {
    let reader = WorkspaceReader(pipeline.workspace)
    let earlier = try reader.runs()
    if let first {
      try self.init(rerun: first, pipeline, reader, earlier, asOf: asOf)
    } else {
      try self.init(pipeline, reader, earlier, asOf: asOf, note)
    }
  }

  /// `rerun`: earlier stages come from the last run that still has their results.
  private init(
    rerun first: StageName, _ pipeline: Pipeline, _ reader: WorkspaceReader, _ earlier: [RunRecord],
    asOf: CalendarDate
  ) throws(Stop) {
    command = "rerun \(first.rawValue)"
    var source: RunRecord?
    if first == .extract {
      exports = try pipeline.foundFiles(asOf: asOf, earlier: earlier)
      repeats = earlier.last { $0.rollback == nil }
    } else {
      let before = StageName.allCases.filter { $0 < first && $0 < .load }
      let stores = KeptStores(pipeline, in: reader.path)
      let loaded = try stores.loaded()
      let store = try loaded == nil ? stores.inForce() : loaded
      for run in earlier.reversed()
      where first != .publish || store != nil && run.finished(.load)?.run == store {
        guard try reader.hasResults(of: before, in: run) else { continue }
        source = run
        break
      }
      guard let source else {
        throw Stop(
          .usage, at: pipeline.path,
          expected: "a run that has finished stage \((before.last ?? .extract).rawValue)",
          found: "none in \(pipeline.workspace)", remedy: "Run the whole pipeline first.",
          next: "cardlink run PIPELINE")
      }
      (exports, repeats) = (source.exports, source)
      if first >= .load { ledger = source }
    }
    for stage in StageName.allCases {
      let uses = stage < first ? source?.finished(stage) : nil
      steps.append(
        Step(
          stage: stage, uses: uses,
          why: uses.map { "run \($0.run) left it" }
            ?? (stage == first ? "asked for" : "stage \(first.rawValue) before it runs"),
          last: earlier.lastTime(of: stage)))
    }
  }

  /// `run`: each stage is skipped while its inputs are the same.
  private init(
    _ pipeline: Pipeline, _ reader: WorkspaceReader, _ earlier: [RunRecord], asOf: CalendarDate,
    _ note: (String) -> Void
  ) throws(Stop) {
    exports = try pipeline.foundFiles(asOf: asOf, earlier: earlier)
    if let last = earlier.last, last.isUnfinished, last.asOf == asOf.text,
      last.exports.map(\.asFound) == exports.map(\.asFound)
    {
      unfinished = last
    }
    let cutOff = unfinished.flatMap { $0.state == .held ? nil : $0.nextStage }
    try readWhatMayBeTheSame(pipeline, earlier, reader, asOf: asOf, note)

    let decisions = try DecisionBook(reader.path).digest
    var before: Step?
    for stage in StageName.allCases {
      let wanted: MadeFrom
      switch stage {
      case .extract: wanted = pipeline.extractMadeFrom(exports, asOf: asOf.text)
      case .match:
        wanted = pipeline.matchMadeFrom(
          before?.uses?.madeFrom, asOf: asOf.text, decisions: decisions,
          before: try pipeline.storeBeforeMadeFrom(asOf, among: earlier))
      case .load: wanted = pipeline.loadMadeFrom(before?.uses?.madeFrom)
      case .publish: wanted = pipeline.publishMadeFrom(before?.uses?.madeFrom)
      }
      var step = Step(stage: stage, uses: nil, why: "", last: earlier.lastTime(of: stage))
      if let before, before.uses == nil {
        step.why = "stage \(before.stage.rawValue) before it runs"
      } else {
        let results = candidates(for: stage, among: earlier)
        var same: RunRecord.FinishedStage?
        for result in results where result.madeFrom == wanted {
          if try reader.hasResult(of: result) { same = result }
        }
        if let same, let gone = try notInForce(same, pipeline, reader) {
          step.why = gone
        } else if let same {
          step.uses = same
          step.why = "run \(same.run) made it from the same"
        } else if stage == cutOff {
          step.why = "run \(unfinished?.id ?? 0) was cut off in it"
        } else if let forced = unfinished?.forcedStage, stage >= forced {
          step.why = "asked for by run \(unfinished?.id ?? 0), which was cut off"
        } else if results.contains(where: { $0.madeFrom == wanted }) {
          step.why = "the earlier result was removed"
        } else {
          step.why = Self.difference(from: step.last, to: wanted)
        }
      }
      before = step
      steps.append(step)
    }
    if let matched = uses(.match) {
      ledger = earlier.last { $0.id == matched.run } ?? earlier.last { $0.finished(.match) == matched }
    }
    if unfinished == nil, steps.allSatisfy({ $0.uses != nil }) {
      done = earlier.last { run in run.state == .done && run.finished(.publish) == uses(.publish) }
    }
  }

  /// Results that may still be valid: those of the run to continue, else of any run.
  private func candidates(for stage: StageName, among earlier: [RunRecord]) -> [RunRecord.FinishedStage] {
    if let own = unfinished?.finished(stage) { return [own] }
    if let forced = unfinished?.forcedStage, stage >= forced { return [] }
    return earlier.compactMap { $0.finished(stage) }
  }

  /// Reads files with the same size and another time, if the result would otherwise be valid.
  private mutating func readWhatMayBeTheSame(
    _ pipeline: Pipeline, _ earlier: [RunRecord], _ reader: WorkspaceReader, asOf: CalendarDate,
    _ note: (String) -> Void
  ) throws(Stop) {
    let unknown = exports.indices.filter { exports[$0].digest == nil }
    guard !unknown.isEmpty else { return }
    let wanted = pipeline.extractMadeFrom(exports, asOf: asOf.text)
    func mayBeTrue(_ result: RunRecord.FinishedStage) throws(Stop) -> Bool {
      guard let made = result.madeFrom, Set(made.keys) == Set(wanted.keys),
        try reader.hasResult(of: result)
      else { return false }
      return made.allSatisfy { name, value in
        guard let i = unknown.first(where: { exports[$0].ingredient == name }) else {
          return wanted[name] == value
        }
        return earlier.contains { run in
          run.exports.contains { $0.digest == value && $0.byteCount == exports[i].byteCount }
        }
      }
    }
    var isWorthIt = false
    for result in candidates(for: .extract, among: earlier) where !isWorthIt {
      isWorthIt = try mayBeTrue(result)
    }
    guard isWorthIt else { return }
    for i in unknown {
      note("Reading \(exports[i].name) to see whether it has changed.")
      exports[i].digest = try Digest.text(ofFile: exports[i].path)
    }
  }

  /// Why a run's store or package doesn't count; nil if it does.
  private func notInForce(
    _ result: RunRecord.FinishedStage, _ pipeline: Pipeline, _ reader: WorkspaceReader
  ) throws(Stop) -> String? {
    switch result.stage {
    case .extract, .match: return nil
    case .load:
      // It waits for the packages of the run that is gone on with.
      if unfinished?.finished(.load) == result,
        try KeptStores(pipeline, in: reader.path).loaded() == result.run
      {
        return nil
      }
      guard let run = try pipeline.runInForce() else { return "there is no store" }
      guard run == result.run else { return "the store in force is that of run \(run)" }
      guard let server = try pipeline.server() else { return nil }
      guard let run = try server.inForce()?.run else { return "there is no store in PostgreSQL" }
      return run == result.run ? nil : "the store in PostgreSQL is that of run \(run)"
    case .publish:
      guard let run = try reader.publishedRun() else { return "there are no packages" }
      return run == result.run ? nil : "the packages in force are those of run \(run)"
    }
  }

  /// What has changed, in a few words.
  private static func difference(from last: RunRecord.FinishedStage?, to wanted: MadeFrom) -> String {
    guard let last else { return "it has not run yet" }
    guard let made = last.madeFrom else { return "an earlier cardlink made the last result" }
    var words: [String] = []
    for name in Set(made.keys).union(wanted.keys).sorted() where made[name] != wanted[name] {
      switch (made[name], wanted[name]) {
      case (let was?, let now?) where name == "business date":
        words.append("the \(name) is \(now), was \(was)")
      case (_?, _?): words.append("\(name) has changed")
      case (nil, _): words.append("\(name) is new")
      case (_, nil): words.append("\(name) is gone")
      }
    }
    guard words.count > 3 else { return words.joined(separator: ", ") }
    return words.prefix(2).joined(separator: ", ") + " and \(words.count - 2) more"
  }
}

// MARK: Files and records

extension FoundFile {
  /// Without the digest, and without what a new owner or link would change.
  fileprivate var asFound: FoundFile {
    var file = self
    (file.digest, file.inode, file.changed) = (nil, nil, nil)
    return file
  }

  /// With the digest that a run recorded for it, if size, times and inode are the same.
  func withDigest(knownIn runs: [RunRecord]) -> FoundFile {
    var file = self
    for run in runs.reversed() {
      let known = run.exports.first { known in
        known.digest != nil && known.path == path && known.byteCount == byteCount
          && known.modified == modified
          && known.changed == changed && known.inode == inode && inode != nil
      }
      if let known {
        file.digest = known.digest
        break
      }
    }
    return file
  }
}

extension RunRecord {
  /// The stage that a rerun began with.
  var forcedStage: StageName? {
    command.hasPrefix("rerun ") ? StageName(rawValue: String(command.dropFirst(6))) : nil
  }
}

extension [RunRecord] {
  /// The last time that a stage ran.
  fileprivate func lastTime(of stage: StageName) -> RunRecord.FinishedStage? {
    last { run in run.finished(stage)?.run == run.id }?.finished(stage)
  }
}
