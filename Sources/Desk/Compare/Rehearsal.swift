// cardlink rerun match --dry-run, cardlink rerun extract --dry-run: shows what a rerun would change, without
// changing anything.
// Invariant: the workspace stays unchanged to the byte. All work is done in a scratch folder, which the
// command removes even if it fails; nothing is loaded, published or written into a run's record, and no lock
// is taken. The result is the one that the rerun gives, as long as exports, pipeline file and decisions stay
// the same. A rehearsal of match reads no export; if the pipeline file's settings for reading them have
// changed, it says so.
// Load: a match, and a pass over the findings and persons of both sides; for extract, also a whole extract.
// Disk for a second match result, and for second staged records.

import Files
package import Match
import Rules
package import Pipeline
package import Run
import SortedRuns
package import Values
package import Workspace

/// The changes that a rerun would make.
package struct Rehearsal: Sendable {
  package typealias Change = OutcomeChange
  package typealias Example = OutcomeExample

  /// Records of one export with one outcome.
  package struct Total: Hashable, Sendable {
    package var export: ExportKind
    package var outcome: Outcome
    package var before: Int
    package var now: Int
  }

  /// The stage to rehearse first: ``StageName/extract`` or ``StageName/match``.
  package var stage: StageName
  /// The run whose match it is compared with.
  package var base: RunRecord
  package var asOf: String
  /// Insurance records by outcome before and now; nil if the exports are cut into different records, so that
  /// none can be followed.
  package var changes: [Change]?
  /// Both exports by outcome.
  package var totals: [Total]
  package var cards: CardDifferences
  package var insuranceFiles: [String]
  /// Changed keys of the pipeline file that concern extract, which a rerun of match doesn't use.
  package var extractKeys: [String]
  /// How many decisions were in force then and now.
  package var decisions: (before: Int, now: Int)

  /// `file:line` of a record.
  package func origin(_ example: Example) -> String {
    let file = example.place.file
    return "\(file < insuranceFiles.count ? insuranceFiles[file] : "?"):\(example.line)"
  }
}

/// Rehearses a rerun of extract or match.
///
/// It takes no lock and may run beside readers and beside a run. If a run removes the staged records
/// meanwhile, it ends with ``Exit/runInProgress``.
/// - Throws: ``Stop`` with ``Exit/usage`` if there is nothing to rerun or to compare with,
///   ``Exit/exportMissing`` if
///   extract is to be rehearsed and the exports have changed since they were read.
package func rehearse(
  _ pipeline: Pipeline, from stage: StageName = .match, options: RunOptions, progress: any Progress
) throws(Stop) -> Rehearsal {
  let reader = WorkspaceReader(pipeline.workspace)
  let plan = try Plan(pipeline, from: stage, asOf: options.asOf)
  let extracted = plan.uses(.extract)
  var comparable: [RunRecord] = []
  for run in try reader.runs() where extracted == nil || run.finished(.extract)?.run == extracted?.run {
    if try reader.hasResults(of: [.match], in: run) { comparable.append(run) }
  }
  guard let base = comparable.last(where: { $0.state == .done }) ?? comparable.last,
    let judged = base.finished(.match)
  else {
    throw Stop(
      .usage, at: pipeline.path,
      expected: extracted.map { "a run that has matched what run \($0.run) extracted" }
        ?? "a run that has finished stage match",
      found: "none whose result is there still",
      remedy: "Nothing was changed. There is nothing to compare with.",
      next: "cardlink run PIPELINE")
  }
  if extracted == nil { try plan.exports.checkFound(by: base) }
  do throws(Stop) {
    let rehearsing = Rehearsing(
      pipeline: pipeline, base: base, judged: judged, reader: reader, options: options, progress: progress)
    return try rehearsing.rehearsal(on: extracted, or: plan.exports)
  } catch {
    guard try reader.hasResult(of: extracted ?? judged), try reader.hasResult(of: judged) else {
      throw Stop(
        .runInProgress, at: pipeline.workspace,
        expected: "the results of run \(base.id) until the rehearsal ends",
        found: "them removed by a run that has finished meanwhile",
        remedy: "Nothing was changed. Rehearse again, against the new run.",
        next: "cardlink rerun \(stage.rawValue) PIPELINE --dry-run")
    }
    throw error
  }
}

/// A rehearsal in progress.
private struct Rehearsing {
  let pipeline: Pipeline
  let base: RunRecord
  let judged: RunRecord.FinishedStage
  let reader: WorkspaceReader
  let options: RunOptions
  let progress: any Progress

  /// - Parameters:
  ///   - extracted: the extract result of an earlier run; nil to extract again.
  ///   - exports: the files that are read then.
  func rehearsal(on extracted: RunRecord.FinishedStage?, or exports: [FoundFile]) throws(Stop) -> Rehearsal {
    let oldFolder = reader.folder(of: judged)
    guard let old = try JSONFile.read(MatchedSnapshot.self, from: oldFolder + "/result.json") else {
      throw .defect("a stage's folder without its result")
    }
    let scratch = try Scratch(in: pipeline.workspace)
    let (staged, stagedFolder) = try staged(extracted, exports, scratch.path + "/extract")
    let newFolder = scratch.path + "/match"
    try Folder.create(newFolder)
    let book = try DecisionBook(pipeline.workspace)
    let recordCount = { (_: MatchedSnapshot) in staged.files.reduce(0) { $0 + $1.recordCount } }
    let new = try timed(.match, recordCount) { () throws(Stop) in
      try match(staged, stagedFolder, newFolder, Decisions(book.inForce))
    }
    _ = try Ledger.balanced(staged, new)
    // Both matches read identical bytes and found the same record count per file, so record *n* is the same
    // record in both.
    let isFollowed =
      old.insuranceCounts.map { $0.reduce(0, +) } == new.insuranceCounts.map { $0.reduce(0, +) }
    let changes = try isFollowed ? outcomeChanges(from: old, in: oldFolder, to: new, in: newFolder) : nil
    let before = try MatchedPersons(old, in: oldFolder, asOf: CalendarDate(iso: base.asOf) ?? options.asOf)
    let after = try MatchedPersons(new, in: newFolder, asOf: options.asOf)
    let cards = try cardDifferences(
      before: { batch throws(Stop) in try before.nextBatch(into: &batch) },
      after: { batch throws(Stop) in try after.nextBatch(into: &batch) })
    return Rehearsal(
      stage: extracted == nil ? .extract : .match, base: base, asOf: options.asOf.text, changes: changes,
      totals: totals(old, new), cards: cards, insuranceFiles: staged.files(of: .insurance).map(\.name),
      extractKeys: changedKeys(since: base.finished(.extract)),
      decisions: (base.matched.decisions?.inForce ?? 0, book.inForce.count))
  }

  /// The records to match: those of an earlier run, or read again.
  private func staged(
    _ extracted: RunRecord.FinishedStage?, _ exports: [FoundFile], _ folder: String
  ) throws(Stop) -> (StagedSnapshot, String) {
    if let extracted {
      let left = reader.folder(of: extracted)
      guard let staged = try JSONFile.read(StagedSnapshot.self, from: left + "/result.json") else {
        throw .defect("a stage's folder without its result")
      }
      return (staged, left)
    }
    try Folder.create(folder)
    let extraction = try pipeline.extraction(options, telling: progress, run: nil)
    let recordCount = { (made: (StagedSnapshot, digests: [String])) in
      made.0.files.reduce(0) { $0 + $1.recordCount }
    }
    let (staged, digests) = try timed(.extract, recordCount) { () throws(Stop) in
      let (read, digests) = try extraction.staged(exports, into: folder)
      return (try pipeline.inForce(read, in: folder, options), digests: digests)
    }
    for (i, file) in base.exports.enumerated() where file.digest != nil && file.digest != digests[i] {
      throw file.isAnother(since: base)
    }
    return (staged, folder)
  }

  private func match(
    _ staged: StagedSnapshot, _ stagedFolder: String, _ folder: String, _ decisions: Decisions
  ) throws(Stop) -> MatchedSnapshot {
    var request = MatchRequest(
      snapshot: staged, stagedFolder: stagedFolder, folder: folder, asOf: options.asOf,
      threads: options.threads, memoryBytes: options.memoryBytes, decisions: decisions)
    request.tell(progress)
    return try Match.match(
      request, after: pipeline.storeBefore(options.asOf, among: reader.runs(), telling: progress))
  }

  /// Shows the progress of a stage.
  private func timed<Result>(
    _ stage: StageName, _ records: (Result) -> Int, _ work: () throws(Stop) -> Result
  ) throws(Stop) -> Result {
    progress.begin(stage, note: "rehearsal")
    let start = ContinuousClock.now
    let result = try work()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    progress.end(stage, records: records(result), seconds: seconds, note: "rehearsal")
    return result
  }

  private func totals(_ old: MatchedSnapshot, _ new: MatchedSnapshot) -> [Rehearsal.Total] {
    ExportKind.allCases.flatMap { export in
      export.outcomes.map { outcome in
        Rehearsal.Total(
          export: export, outcome: outcome, before: old.count(export, outcome),
          now: new.count(export, outcome))
      }
    }
  }

  private func changedKeys(since extracted: RunRecord.FinishedStage?) -> [String] {
    let wanted = pipeline.extractMadeFrom([], asOf: options.asOf.text)
    return ExportKind.allCases.map { "exports.\($0.name)" }.filter { key in
      (extracted?.madeFrom).map { $0[key] != wanted[key] } ?? false
    }
  }
}

extension [FoundFile] {
  /// Refuses files that differ in name or size from those that a run has read.
  fileprivate func checkFound(by run: RunRecord) throws(Stop) {
    for (found, read) in zip(self, run.exports) {
      guard found.export == read.export, found.name == read.name, found.byteCount == read.byteCount else {
        throw (found.export == read.export && found.name == read.name ? read : found).isAnother(since: run)
      }
    }
    if count > run.exports.count { throw self[run.exports.count].isAnother(since: run) }
    if count < run.exports.count { throw run.exports[count].isAnother(since: run) }
  }
}

extension FoundFile {
  /// The refusal to compare records of different exports.
  fileprivate func isAnother(since run: RunRecord) -> Stop {
    let isKnown = run.exports.contains { $0.export == export && $0.name == name }
    return Stop(
      .exportMissing, at: name, expected: "the \(export.name) export as run \(run.id) has read it",
      found: isKnown ? "another file, or none, of that name" : "a file that run \(run.id) has not read",
      remedy:
        "Nothing was changed. A rehearsal follows each record of the same exports; a run reads other ones, "
        + "and its gates look at them before anything is replaced.",
      next: "cardlink run PIPELINE --plan")
  }
}
