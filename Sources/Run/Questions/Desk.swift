// The officer's desk: what can be asked of a pipeline between two nights, from its run records, staged records and store.
// Invariant: nothing here changes anything or takes the lock; personal data goes to the caller, never to a log.
// Load: one person, or one pass over the findings.

import Disk
package import Load
package import Match
package import Record

/// Answers questions about a pipeline's last runs.
package struct Desk: Sendable {
  package let pipeline: Pipeline
  private let reader: WorkspaceReader

  package init(_ pipeline: Pipeline) {
    self.pipeline = pipeline
    reader = WorkspaceReader(pipeline.workspace)
  }

  /// All runs, ascending.
  package func runs() throws(Stop) -> [RunRecord] { try reader.runs() }

  /// The store in force.
  package func store() throws(Stop) -> Store { try Store(path: pipeline.storePath(in: pipeline.workspace)) }

  /// Explains how each record of one person ended, from the staged records.
  package func explain(_ id: PersonalID) throws(Stop) -> Explanation {
    let last = try lastStaged()
    let (run, staged, matched) = (last.run, last.staged, last.matched)
    let lookup = StagedLookup(staged, in: last.folder)
    let population = try lookup.population(id)
    let insurance = try lookup.insurance(of: id, population)
    let judgements = try explainJudgement(
      of: id, population: population, insurance: insurance,
      holders: { (legacy) throws(Stop) in try lookup.holders(of: legacy) },
      heldBack: try matched.heldBack(id, in: last.matchedFolder))
    return Explanation(
      run: run, id: id, population: population, judgements: judgements,
      quarantined: try lookup.quarantine(id),
      populationFiles: staged.files(of: .population).map(\.name),
      insuranceFiles: staged.files(of: .insurance).map(\.name))
  }

  /// What the last finished run left of its first two stages.
  struct LastStaged {
    var run: RunRecord
    var staged: StagedSnapshot
    var folder: String
    var matched: MatchedSnapshot
    var matchedFolder: String
  }

  /// The last finished run whose staged records are there still.
  func lastStaged() throws(Stop) -> LastStaged {
    let run = try runs().last { run in
      run.state == "done"
        && run.finished(.extract).map { Folder.exists(reader.folder(of: $0)) } ?? false
        && run.finished(.match).map { Folder.exists(reader.folder(of: $0)) } ?? false
    }
    guard let run, let extracted = run.finished(.extract), let judged = run.finished(.match),
      let staged = try JSONFile.read(
        StagedSnapshot.self, from: reader.folder(of: extracted) + "/result.json"),
      let matched = try JSONFile.read(MatchedSnapshot.self, from: reader.folder(of: judged) + "/result.json")
    else {
      throw Stop(
        .usage, at: pipeline.path, expected: "a run that has finished",
        found: "none in \(pipeline.workspace)",
        remedy: "Run the pipeline first.", next: "cardlink run PIPELINE")
    }
    return LastStaged(
      run: run, staged: staged, folder: reader.folder(of: extracted), matched: matched,
      matchedFolder: reader.folder(of: judged))
  }
}

/// How one insurance record ended, rule by rule.
package typealias Judgement = JudgementExplanation

/// All that the system holds on one personal ID number, with the rules' verdicts.
package struct Explanation: Sendable {
  package var run: RunRecord
  package var id: PersonalID
  package var population: [FoundPerson]
  package var judgements: [Judgement]
  package var quarantined: [FoundQuarantined]
  package var populationFiles: [String]
  package var insuranceFiles: [String]

  /// `file:line` of a record.
  package func origin(_ export: ExportKind, _ place: Place, line: UInt32) -> String {
    let files = export == .population ? populationFiles : insuranceFiles
    return "\(place.file < files.count ? files[place.file] : "?"):\(line)"
  }
}
