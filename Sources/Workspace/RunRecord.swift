// The record of one run: its request, how far it came, and what each stage found.
// Invariant: run.json in the run's folder is replaced atomically at each change. It holds counts, file names
// and times, and no personal data. All its keys are on one level; a key that an older version did not write
// reads as empty.

package import Files
package import Match
package import Publish
package import Values

/// A stage that an officer can rerun.
package enum StageName: String, Sendable, CaseIterable, Codable, Comparable {
  case extract, match, load, publish

  package static func < (a: Self, b: Self) -> Bool {
    (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
  }
}

/// One run: a numbered, repeatable execution of a pipeline.
package struct RunRecord: Hashable, Sendable {
  package var id: Int
  /// `run`, or the stage that a rerun began with.
  package var command: String
  package var pipeline: String
  /// The text of the pipeline file as the run read it.
  package var pipelineText: String
  package var asOf: String
  package var startedAt: String
  /// When it was done.
  package var finishedAt: String?
  /// When it was held or failed.
  package var endedAt: String?
  package var state: RunState
  /// The export files, in reading order.
  package var exports: [FoundFile] = []
  package var stages: [FinishedStage] = []
  /// The persons of the store by what publish did with them; nil before it is done.
  package var published: PublishCounts?
  /// For a rollback: the runs whose stores were exchanged.
  package var rollback: Rollback?
  /// Why it failed, without personal data.
  package var failure: String?
  package var exitCode: Int32?
  /// The most memory that its process held.
  package var peakMemoryBytes: Int?

  package var extracted = Extracted()
  package var matched = Matched()
  package var gated = Gated()

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

extension RunRecord {
  /// A stage that has finished.
  package struct FinishedStage: Hashable, Sendable, Codable {
    package var stage: StageName
    /// The run that made the result; a rerun uses the results of an earlier run.
    package var run: Int
    package var seconds: Double
    package var records: Int
    /// The inputs of the result; see ``MadeFrom``.
    package var madeFrom: [String: String]?
    /// The size of the result on disk.
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

  /// What extract found.
  package struct Extracted: Hashable, Sendable, Codable {
    /// Records without a value by export and field, `insurance.facility_code`; 0 for a field that always has one.
    package var blanks: [String: Int] = [:]
    /// The fault of each damaged file that was kept, by export and name; nil for none.
    package var damaged: [String: String]?
    /// What the deltas of each export that has them did; nil if none has.
    package var series: [SeriesLedger]?

    package init() {}
  }

  /// What match found.
  package struct Matched: Hashable, Sendable, Codable {
    package var ledger: [LedgerLine] = []
    /// Insurance records by `outcome/reason`; a record counts once for each of its reasons.
    package var reasons: [String: Int] = [:]
    /// Insurance records that are not linked and have no reason, by outcome.
    package var withoutReason: [String: Int] = [:]
    /// Population records by `outcome/reason`.
    package var populationReasons: [String: Int] = [:]
    /// Insurance records by place of birth registration (``BirthPlace/code``), then outcome.
    package var places: [String: [String: Int]] = [:]
    /// Active persons by province of residence (``Residence/text``); nil if the population export has no residence.
    package var residents: [String: ResidentCounts]?
    /// Insurance records without a personal ID number by the card's group; empty text: without a card number.
    package var missingByGroup: [String: Int] = [:]
    /// Groups of the armed forces besides ``ArmedForces/known``, from the pipeline file; nil for none.
    package var armedForces: [String]?
    /// How many linked cards have the person's own ID number; nil in runs of versions that did not count them.
    package var ownNumbers: OwnNumbers?
    /// The officers' decisions that the match applied; nil for none.
    package var decisions: AppliedDecisions?
    /// Persons kept although today's data is doubtful, and persons not kept; nil without `grace`.
    package var grace: GraceCounts?

    package init() {}
  }

  /// What the gates found.
  package struct Gated: Hashable, Sendable, Codable {
    /// Nil before the gates are judged.
    package var verdicts: [GateVerdict]?
    /// What most likely made the figures differ; nil for a run that was not held.
    package var causes: [LikelyCause]?
    /// Who released the run after gates held it.
    package var released: Release?

    package init() {}

    package init(from decoder: any Decoder) throws {
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      verdicts = try keys.decodeIfPresent([GateVerdict].self, forKey: .verdicts)
      released = try keys.decodeIfPresent(Release.self, forKey: .released)
      // A cause that only another version knows is no reason to refuse the record.
      causes = try? keys.decodeIfPresent([LikelyCause].self, forKey: .causes)
    }

    private enum CodingKeys: String, CodingKey {
      case released
      case causes = "likelyCauses"
      case verdicts = "gates"
    }
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

/// The officers' decisions that a match applied.
package struct AppliedDecisions: Hashable, Sendable, Codable {
  /// How many acts of the book, from its beginning, the match read.
  package var acts: Int
  /// How many of their decisions were in force.
  package var inForce: Int
  /// ``DecisionBook/digest``.
  package var digest: String
  /// Records linked by them; nil in runs of versions that did not count them.
  package var linked: Int?
}

extension AppliedDecisions {
  /// Nil for a book without decisions.
  package init?(_ book: DecisionBook) {
    guard !book.acts.isEmpty else { return nil }
    self.init(acts: book.acts.count, inForce: book.inForce.count, digest: book.digest)
  }
}

/// Who released a held run, and why.
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

/// The persons of the store by what publish did with them: each person is in exactly one of the counts.
package struct PublishCounts: Hashable, Sendable, Codable {
  package var packages: Int
  /// How many of the packages hold changes only, and how many are encrypted.
  package var deltas, encrypted: Int
  /// Persons in a package.
  package var persons: Int
  /// Persons in no package because each package that would hold them lacks a key; and these packages.
  package var leftOut, packagesLeftOut: Int
  /// Persons in no package because their card has no facility.
  package var withoutFacility: Int
  /// Persons in no package because the facility code on their card can't name a folder; nil in records of earlier versions,
  /// which count them as ``withoutFacility``.
  package var unusableFacility: Int?
  /// Persons in no package because no rule selects their facility.
  package var notSelected: Int
  /// All persons of the store by province of the facility on the serving card.
  ///
  /// By the code of the province of today, then by that of the former province; ``FacilityCounts/none`` for no
  /// province. Nil in records of earlier versions.
  package var facilityProvinces: [String: [String: Int]]?

  package var all: Int { persons + leftOut + withoutFacility + (unusableFacility ?? 0) + notSelected }

  /// Persons in packages whose card number is left out, because no insurance number of 10 digits is known; nil in records
  /// of earlier versions.
  package var cardNumbersLeftOut: Int?
  /// What the table of facilities says about the codes on serving cards; nil without a table.
  package var facilities: FacilityFigures?

  package init(_ report: PublishReport, _ table: Facilities) {
    (packages, deltas, encrypted) = (report.packages, report.deltas, report.encrypted)
    (persons, leftOut, packagesLeftOut) = (report.persons, report.personsLeftOut, report.leftOut.count)
    withoutFacility = report.personsWithoutFacility - report.personsWithMalformedFacility
    unusableFacility = report.personsWithMalformedFacility
    notSelected = report.personsNotSelected
    cardNumbersLeftOut = report.cardNumbersLeftOut
    facilityProvinces = report.facilities.provinces
    if !table.isEmpty { facilities = FacilityFigures(report.facilities, table) }
  }
}

/// A store that replaced a later one.
package struct Rollback: Hashable, Sendable, Codable {
  package var from: Int
  package var to: Int
  /// Why, and who did it; nil in records of versions that did not write it down.
  package var because: String?
  package var by: String?

  package init(from: Int, to: Int, because: String? = nil, by: String? = nil) {
    (self.from, self.to, self.because, self.by) = (from, to, because, by)
  }
}

// MARK: Questions

extension RunRecord {
  /// When it was done, held or failed.
  package var ended: String? { finishedAt ?? endedAt }
  /// The time of the stages that this run executed itself.
  package var ownSeconds: Double {
    stages.filter { $0.run == id }.reduce(0) { $0 + $1.seconds }
  }

  /// Whether a `run` may continue it.
  package var isUnfinished: Bool { state != .done && rollback == nil }

  package func finished(_ stage: StageName) -> FinishedStage? { stages.last { $0.stage == stage } }

  /// The first stage that has not finished.
  package var nextStage: StageName { StageName.allCases.first { finished($0) == nil } ?? .publish }

  /// Records of one export with one outcome.
  package func count(_ export: ExportKind, _ outcome: Outcome) -> Int {
    matched.ledger.filter { $0.export == export.name && $0.outcome == outcome.name }.reduce(0) {
      $0 + $1.records
    }
  }
  package func count(_ export: ExportKind) -> Int {
    matched.ledger.filter { $0.export == export.name }.reduce(0) { $0 + $1.records }
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

// MARK: run.json

extension RunRecord: Codable {
  private enum CodingKeys: String, CodingKey {
    case id, command, pipeline, pipelineText, asOf, startedAt, finishedAt, endedAt, state, exports, stages
    case published, rollback, failure, exitCode, peakMemoryBytes
  }

  package init(from decoder: any Decoder) throws {
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys) throws -> Value {
      try keys.decode(Value.self, forKey: key)
    }
    func find<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      try keys.decodeIfPresent(Value.self, forKey: key)
    }
    (id, command, state) = (try read(.id), try read(.command), try read(.state))
    (pipeline, pipelineText, asOf) = (try read(.pipeline), try read(.pipelineText), try read(.asOf))
    (startedAt, finishedAt, endedAt) = (try read(.startedAt), try find(.finishedAt), try find(.endedAt))
    (exports, stages) = (try find(.exports) ?? [], try find(.stages) ?? [])
    (published, rollback) = (try find(.published), try find(.rollback))
    (failure, exitCode, peakMemoryBytes) = (
      try find(.failure), try find(.exitCode), try find(.peakMemoryBytes)
    )
    extracted = try Extracted(from: decoder)
    matched = try Matched(from: decoder)
    gated = try Gated(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    let facts: [(CodingKeys, (any Encodable)?)] = [
      (.id, id), (.command, command), (.state, state), (.pipeline, pipeline), (.pipelineText, pipelineText),
      (.asOf, asOf), (.startedAt, startedAt), (.finishedAt, finishedAt), (.endedAt, endedAt),
      (.exports, exports), (.stages, stages), (.published, published), (.rollback, rollback),
      (.failure, failure), (.exitCode, exitCode), (.peakMemoryBytes, peakMemoryBytes),
    ]
    for (key, value) in facts {
      if let value { try keys.encode(value, forKey: key) }
    }
    try extracted.encode(to: encoder)
    try matched.encode(to: encoder)
    try gated.encode(to: encoder)
  }
}

// The decoders that the compiler writes for the structs above call this for dictionaries.
extension KeyedDecodingContainer {
  fileprivate func decode<Value: Decodable>(_ type: [String: Value].Type, forKey key: Key) throws
    -> [String: Value]
  { try decodeIfPresent(type, forKey: key) ?? [:] }
}
