// cardlink rerun match --dry-run: what a rerun of the match would change, without changing anything.
// Invariant: the workspace is as before, to the byte: the match is done in a scratch folder that goes with the command,
// nothing is loaded, published or written into a run's record, and no lock is taken. What it says is what the rerun
// gives, as long as exports, pipeline file and decisions stay as they are.
// Load: a match, and a pass over the findings and persons of both sides; disk for a second match result.

import Disk
package import Match
package import Record

/// What a rerun of the match would change.
package struct Rehearsal: Sendable {
  package typealias Change = OutcomeChange
  package typealias Example = OutcomeExample

  /// The run whose match it is compared with.
  package var base: RunRecord
  package var asOf: String
  /// Insurance records by outcome before and now.
  package var changes: [Change]
  package var cards: CardDifferences
  package var insuranceFiles: [String]
  /// Keys of the pipeline file that have changed and that a rerun of the match doesn't read, for they concern extract.
  package var unread: [String]
  /// How many decisions were in force then, and are now.
  package var decisions: (before: Int, now: Int)

  /// `file:line` of a record.
  package func origin(_ example: Example) -> String {
    let file = example.place.file
    return "\(file < insuranceFiles.count ? insuranceFiles[file] : "?"):\(example.line)"
  }
}

/// Rehearses a rerun of the match.
///
/// It takes no lock: it may run beside readers and beside a run. A run that removes the staged records meanwhile ends
/// it with ``Exit/runInProgress``.
/// - Throws: ``Stop`` with ``Exit/usage`` if there is nothing to rerun or to compare with.
package func rehearse(_ pipeline: Pipeline, options: RunOptions, progress: any Progress) throws(Stop)
  -> Rehearsal
{
  let reader = WorkspaceReader(pipeline.workspace)
  let plan = try Plan(pipeline, from: .match, asOf: options.asOf)
  guard let extracted = plan.uses(.extract) else {
    throw .defect("a rerun of the match without an extract stage before it")
  }
  let onSame = try reader.runs().filter { run in
    run.finished(.extract)?.run == extracted.run
      && run.finished(.match).map { reader.hasResult(of: $0) } ?? false
  }
  guard let base = onSame.last(where: { $0.state == "done" }) ?? onSame.last,
    let judged = base.finished(.match)
  else {
    throw Stop(
      .usage, at: pipeline.path, expected: "a run that has matched what run \(extracted.run) extracted",
      found: "none whose result is there still",
      remedy: "Nothing was changed. There is nothing to compare with.",
      next: "cardlink run PIPELINE")
  }
  do throws(Stop) {
    return try rehearse(pipeline, extracted, judged, base, reader, options, progress)
  } catch {
    guard reader.hasResult(of: extracted), reader.hasResult(of: judged) else {
      throw Stop(
        .runInProgress, at: pipeline.workspace,
        expected: "the results of run \(base.id) until the rehearsal ends",
        found: "them removed by a run that has finished meanwhile",
        remedy: "Nothing was changed. Rehearse again, against the new run.",
        next: "cardlink rerun match PIPELINE --dry-run")
    }
    throw error
  }
}

private func rehearse(
  _ pipeline: Pipeline, _ extracted: RunRecord.FinishedStage, _ judged: RunRecord.FinishedStage,
  _ base: RunRecord, _ reader: WorkspaceReader, _ options: RunOptions, _ progress: any Progress
) throws(Stop) -> Rehearsal {
  let (stagedFolder, oldFolder) = (reader.folder(of: extracted), reader.folder(of: judged))
  guard let staged = try JSONFile.read(StagedSnapshot.self, from: stagedFolder + "/result.json"),
    let old = try JSONFile.read(MatchedSnapshot.self, from: oldFolder + "/result.json")
  else { throw .defect("a stage's folder without its result") }
  let scratch = try Scratch(in: pipeline.workspace)
  let book = try DecisionBook(pipeline.workspace)
  var request = MatchRequest(
    snapshot: staged, stagedFolder: stagedFolder, folder: scratch.path, asOf: options.asOf,
    threads: options.threads,
    memoryBytes: options.memoryBytes, decisions: Decisions(book.inForce))
  request.tell(progress)
  let new = try Match.match(
    request, after: pipeline.storeBefore(options.asOf, among: reader.runs(), telling: progress))
  _ = try Ledger.balanced(staged, new)
  let changes = try outcomeChanges(from: old, in: oldFolder, to: new, in: scratch.path)
  let before = try MatchedPersons(old, in: oldFolder, asOf: CalendarDate(iso: base.asOf) ?? options.asOf)
  let after = try MatchedPersons(new, in: scratch.path, asOf: options.asOf)
  let cards = try cardDifferences(
    before: { batch throws(Stop) in try before.nextBatch(into: &batch) },
    after: { batch throws(Stop) in try after.nextBatch(into: &batch) })
  let wanted = pipeline.extractMadeFrom([], asOf: options.asOf.text)
  let unread = ExportKind.allCases.map { "exports.\($0.name)" }.filter { key in
    extracted.madeFrom.map { $0[key] != wanted[key] } ?? false
  }
  return Rehearsal(
    base: base, asOf: options.asOf.text, changes: changes, cards: cards,
    insuranceFiles: staged.files(of: .insurance).map(\.name), unread: unread,
    decisions: (base.decisions?.inForce ?? 0, book.inForce.count))
}
