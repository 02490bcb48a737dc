// What is written down about one run.
// Invariant: run.json in the run's folder is replaced whole at each change of state; it holds counts, names of
// files and times, and nothing about a person.

package import Files
import Foundation
package import Match
import Pipeline
package import Values

/// A stage that an officer can rerun.
package enum StageName: String, Sendable, CaseIterable, Codable, Comparable {
  case extract, match, load, publish

  package static func < (a: Self, b: Self) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}

/// One line of the ledger: how many records of one file ended in one outcome.
package struct LedgerLine: Hashable, Sendable, Codable {
  package var export: String
  package var sourceFile: String
  package var outcome: String
  package var records: Int

  package init(export: String, sourceFile: String, outcome: String, records: Int) {
    self.export = export
    self.sourceFile = sourceFile
    self.outcome = outcome
    self.records = records
  }
}

/// One run: a numbered, repeatable execution of a pipeline.
package struct RunRecord: Hashable, Sendable, Codable {
  /// A stage that has finished, and where its result lies.
  package struct FinishedStage: Hashable, Sendable, Codable {
    package var stage: StageName
    /// The run that made the result; a rerun uses what an earlier one left.
    package var run: Int
    package var seconds: Double
    package var records: Int
    /// What the result was made from; see ``MadeFrom``.
    package var madeFrom: [String: String]?
    /// What the result takes up on disk.
    package var byteCount: Int?

    package init(
      stage: StageName, run: Int, seconds: Double, records: Int, madeFrom: [String: String]? = nil,
      byteCount: Int? = nil
    ) {
      self.stage = stage
      self.run = run
      self.seconds = seconds
      self.records = records
      self.madeFrom = madeFrom
      self.byteCount = byteCount
    }
  }

  package var id: Int
  /// `run`, or the stage that a rerun began with.
  package var command: String
  package var pipeline: String
  /// The pipeline file's text, as the run read it.
  package var pipelineText: String
  package var asOf: String
  package var startedAt: String
  package var finishedAt: String?
  /// When it was held or failed.
  package var endedAt: String?
  package var state: RunState
  package var stages: [FinishedStage] = []
  package var exports: [FoundFile] = []
  package var ledger: [LedgerLine] = []
  /// Insurance records by `outcome/reason`; a record counts once for each of its reasons.
  package var reasons: [String: Int] = [:]
  /// Insurance records that did not link and bear no reason, by outcome.
  package var withoutReason: [String: Int]?
  /// Population records by `outcome/reason`.
  package var populationReasons: [String: Int]?
  /// Insurance records by place of birth registration (``BirthPlace/code``), then outcome.
  package var places: [String: [String: Int]]?
  /// Insurance records without a personal ID number by the card's group; empty: without a card number.
  package var missingByGroup: [String: Int]?
  /// Records without a value by export and field, `insurance.facility_code`; 0 for a field that always has one.
  package var blanks: [String: Int]?
  /// The officers' decisions that the match applied; nil for none.
  package var decisions: AppliedDecisions?
  /// What is wrong with files that were damaged and kept, by export and name; nil for none.
  package var damaged: [String: String]?
  /// Who was kept though today's data is doubtful, and who was not; nil if the pipeline asks for no grace.
  package var grace: GraceCounts?
  /// Where the publication put the persons of the store; nil until it is done.
  package var published: PublishCounts?
  /// What the gates found.
  package var gates: [GateVerdict]?
  /// Who let it pass a gate that held it.
  package var released: Release?
  /// For a rollback: whose store was in force, and whose came back.
  package var rollback: Rollback?
  /// Why it failed, without personal data.
  package var failure: String?
  package var exitCode: Int32?
  /// The most memory that its process held.
  package var peakMemoryBytes: Int?

  /// When it was done, held or failed.
  package var ended: String? { finishedAt ?? endedAt }
  /// What its own stages took, all together; what it took over from earlier runs is left out.
  package var ownSeconds: Double { stages.filter { $0.run == id }.reduce(0) { $0 + $1.seconds } }

  /// Whether a `run` may go on with it.
  package var isUnfinished: Bool { state != .done && rollback == nil }
  package func finished(_ stage: StageName) -> FinishedStage? { stages.last { $0.stage == stage } }

  /// Records of one export with one outcome.
  package func count(_ export: ExportKind, _ outcome: Outcome) -> Int {
    ledger.filter { $0.export == export.name && $0.outcome == outcome.name }.reduce(0) { $0 + $1.records }
  }
  package func count(_ export: ExportKind) -> Int {
    ledger.filter { $0.export == export.name }.reduce(0) { $0 + $1.records }
  }

  package init(
    id: Int, command: String, pipeline: String, pipelineText: String, asOf: String, startedAt: String,
    finishedAt: String? = nil, state: RunState
  ) {
    self.id = id
    self.command = command
    self.pipeline = pipeline
    self.pipelineText = pipelineText
    self.asOf = asOf
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.state = state
  }
}

extension [RunRecord] {
  /// How long each stage took the last time it ran to its end.
  package var lastSeconds: [StageName: Double] {
    var seconds: [StageName: Double] = [:]
    for run in self {
      for stage in run.stages where stage.run == run.id { seconds[stage.stage] = stage.seconds }
    }
    return seconds
  }
}

/// What a publication did with the persons of the store: each is in exactly one of the counts.
package struct PublishCounts: Hashable, Sendable, Codable {
  package var packages: Int
  /// Packages of changes and encrypted ones among them.
  package var deltas, encrypted: Int
  /// Persons in a package.
  package var persons: Int
  /// Persons in none, for each package that has them was left out for want of a key; and these packages.
  package var leftOut, packagesLeftOut: Int
  /// Persons in none, for their card names no facility that can have one.
  package var withoutFacility: Int
  /// Persons in none, for no rule selects their facility.
  package var notSelected: Int

  package var all: Int { persons + leftOut + withoutFacility + notSelected }

  /// What is not nothing, for a line of text.
  package var words: String {
    func count(_ number: Int, _ one: String) -> String {
      "\(FigureText.grouped(number)) \(one)\(number == 1 ? "" : "s")"
    }
    var words = ["\(count(persons, "person")) in \(count(packages, "package"))"]
    if packagesLeftOut > 0 {
      words.append(
        "\(count(leftOut, "person")) of \(count(packagesLeftOut, "package")) left out without a key")
    }
    if withoutFacility > 0 { words.append("\(FigureText.grouped(withoutFacility)) without a facility") }
    if notSelected > 0 { words.append("\(FigureText.grouped(notSelected)) selected by no rule") }
    return words.joined(separator: ", ")
  }

  package init(
    packages: Int, deltas: Int, encrypted: Int, persons: Int, leftOut: Int, packagesLeftOut: Int,
    withoutFacility: Int, notSelected: Int
  ) {
    self.packages = packages
    self.deltas = deltas
    self.encrypted = encrypted
    self.persons = persons
    self.leftOut = leftOut
    self.packagesLeftOut = packagesLeftOut
    self.withoutFacility = withoutFacility
    self.notSelected = notSelected
  }
}

/// Which decisions a match knew.
package struct AppliedDecisions: Hashable, Sendable, Codable {
  /// So many acts of the book, from its beginning.
  package var acts: Int
  /// So many of their decisions were in force.
  package var inForce: Int
  /// ``DecisionBook/digest``.
  package var digest: String
  /// Records that are linked because of them; runs of before this was counted have none.
  package var linked: Int?

  package init(acts: Int, inForce: Int, digest: String, linked: Int? = nil) {
    self.acts = acts
    self.inForce = inForce
    self.digest = digest
    self.linked = linked
  }
}

/// What one gate found.
package struct GateVerdict: Hashable, Sendable, Codable {
  /// The gate's name, as in the pipeline file.
  package var gate: String
  /// What it looked at: an export, a field, a place.
  package var subject: String
  package var expected: String
  package var found: String
  package var passed: Bool

  package init(gate: String, subject: String, expected: String, found: String, passed: Bool) {
    self.gate = gate
    self.subject = subject
    self.expected = expected
    self.found = found
    self.passed = passed
  }
}

/// Who let a held run pass, and why.
package struct Release: Hashable, Sendable, Codable {
  package var because: String
  package var at: String
  package var by: String
  /// The gates that held it.
  package var gates: [String]

  package init(because: String, at: String, by: String, gates: [String]) {
    self.because = because
    self.at = at
    self.by = by
    self.gates = gates
  }
}

/// A store that took the place of a later one.
package struct Rollback: Hashable, Sendable, Codable {
  package var from: Int
  package var to: Int

  package init(from: Int, to: Int) {
    self.from = from
    self.to = to
  }
}

/// Small files of our own as JSON.
package enum JSONFile {
  package static func write(_ value: some Encodable, to path: String) throws(Stop) {
    try Folder.writeWhole(text(value) + "\n", to: path)
  }

  package static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    guard let data = try? encoder.encode(value) else { return "null" }
    return String(decoding: data, as: UTF8.self)
  }

  package static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws(Stop) -> Value? {
    guard let text = try Folder.read(path) else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(text.utf8))
    } catch {
      throw Stop(
        .inputOutput, at: path, expected: "JSON as cardlink wrote it", found: "something else",
        remedy: "Move the folder it is in out of the workspace and run the pipeline again.")
    }
  }
}

/// Times as written in run.json and the store: ISO 8601 at +07:00, where the registers live.
package enum Clock {
  /// Asia/Ho_Chi_Minh is +07:00 all year.
  private static let offsetSeconds = 7 * 3600

  package static func now() -> String {
    let formatter = ISO8601DateFormatter()
    formatter.timeZone = TimeZone(secondsFromGMT: offsetSeconds)
    return formatter.string(from: Date())
  }

  /// A file's time, given in nanoseconds since 1970.
  package static func text(nanoseconds: Int) -> String {
    let formatter = ISO8601DateFormatter()
    formatter.timeZone = TimeZone(secondsFromGMT: offsetSeconds)
    return formatter.string(from: Date(timeIntervalSince1970: Double(nanoseconds) / 1e9))
  }

  /// A time that was written down, in seconds since 1970; nil if it can't be read.
  package static func seconds(_ text: String) -> Int? {
    ISO8601DateFormatter().date(from: text).map { Int($0.timeIntervalSince1970) }
  }

  /// Today's date in Asia/Ho_Chi_Minh.
  package static func today() -> CalendarDate {
    CalendarDate(iso: String(now().prefix(10))) ?? .none
  }
}
