// The state of a pipeline: how the last run went, what is in force, what changed, what to do next.
// Invariant: every figure comes from a run record or the ledger, and none is about a person. Asking changes
// nothing and takes no lock.

import Files
import Foundation
package import Match
import Run
package import Values
package import Workspace

/// The state of a pipeline.
package struct Status: Sendable, Encodable {
  /// Records with one outcome, now and in the run before.
  package struct Count: Sendable, Encodable {
    package var export: String
    package var outcome: String
    package var records: Int
    /// In the run before; nil if there is none.
    package var before: Int?
  }

  /// Why records did not link.
  package struct TopCause: Sendable, Encodable {
    package var cause: String
    package var records: Int
    package var meaning: String
    package var meaningVietnamese: String
    package var command: String
  }

  /// A likely cause of a hold.
  package struct Likely: Sendable, Encodable {
    package var cause: String
    package var causeVietnamese: String
    package var command: String
  }

  package struct Stage: Sendable, Encodable {
    package enum State: String, Sendable, Encodable {
      /// `skipped`: the run uses the result of an earlier run.
      case done, skipped, running, waiting
    }

    package var stage: StageName
    package var state: State
    /// The run whose result is used; nil for a stage without a result.
    package var run: Int?
    package var seconds: Double?
    package var records: Int?
    /// How long it took the last time before this run.
    package var lastSeconds: Double?
  }

  package struct InForce: Sendable, Encodable {
    package var run: Int
    package var asOf: String
    /// From the business date to today.
    package var ageDays: Int
    package var madeAt: String?
  }

  package struct HistorySpan: Sendable, Encodable {
    /// The business date and the run from which on the history says what was known.
    package var since: String
    package var run: Int
    /// How often another store came in force since then.
    package var changes: Int
    package var byteCount: Int
  }

  package struct Next: Sendable, Encodable {
    package var command: String
    package var why: String
    package var whyVietnamese: String
  }

  package var pipeline: String
  package var workspace: String
  package var run: Int
  package var command: String
  package var state: RunState
  package var asOf: String
  package var startedAt: String
  package var endedAt: String?
  /// The total of its own stages.
  package var seconds: Double
  /// For a run in progress: the time left if its stages take as long as the last time; nil if one of them
  /// never ran.
  package var secondsLeft: Double?
  package var exitCode: Int?
  package var failure: String?
  /// For a rollback, the runs whose stores were exchanged.
  package var rollback: Rollback?
  package var release: Release?
  /// The faults of damaged files that were kept, by export and name.
  package var damaged: [String: String]?
  /// The process that holds the workspace now.
  package var holder: LockHolder?
  package var inForce: InForce?
  package var packagesOfRun: Int?
  /// The finished run that the counts are compared with.
  package var before: Int?
  package var counts: [Count]
  /// Hundredths of a percent; see ``Figures/linkRate``.
  package var linkRate: Int?
  package var linkRateBefore: Int?
  /// Cards of the armed forces without a personal ID number, which the link rate leaves out.
  package var armedForcesLeftOut: Int
  /// Persons kept because today's data is doubtful; nil without `grace`.
  package var grace: GraceCounts?
  /// The effect of officers' decisions; nil without any.
  package var decisions: DecidedCounts?
  /// The persons of the store by what publish did with them; nil until it is done.
  package var published: PublishCounts?
  package var causes: [TopCause]
  package var gatesPassed: Int
  package var gatesFailed: [GateVerdict]
  /// Why the run was held, most likely.
  package var likelyCauses: [Likely]
  package var stages: [Stage]
  /// By province; nil unless asked for.
  package var provinces: [ProvinceFigures]?
  package var next: [Next]
  /// The exports that are delivered as a base and deltas; nil if none is.
  package var series: [SeriesStatus]?
  /// Recipients of the packages in force by what they have; nil as long as none has sent a receipt.
  package var receipts: [String: Int]?
  /// How far back the history goes; nil if none is kept.
  package var history: HistorySpan?

  package func records(_ export: ExportKind) -> Int {
    counts.reduce(0) { $0 + ($1.export == export.name ? $1.records : 0) }
  }
  package func recordsBefore(_ export: ExportKind) -> Int? {
    before == nil ? nil : counts.reduce(0) { $0 + ($1.export == export.name ? $1.before ?? 0 : 0) }
  }
}

extension Status {
  /// As an object, its keys in snake_case.
  package var json: String { JSONFile.text(self) }
}

extension Desk {
  /// The process that holds the workspace now.
  package func lockHolder() throws(Stop) -> LockHolder? {
    try WorkspaceReader(pipeline.workspace).lockHolder()
  }

  /// The state of the pipeline now.
  ///
  /// - Parameters:
  ///   - named: the pipeline as commands name it.
  ///   - number: the run that is asked; nil for the last one.
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if it has never run, with ``Exit/usage`` if there is no such run.
  package func status(named: String, run number: Int? = nil) throws(Stop) -> Status {
    let runs = try runs()
    let run = if let number { try self.run(number) as RunRecord? } else { runs.last }
    guard let run else { throw try noRun() }
    let reader = WorkspaceReader(pipeline.workspace)
    let inForce = try pipeline.runInForce()
    var status = Status(
      run, among: runs, workspace: pipeline.workspace,
      holder: run.id == runs.last?.id ? try reader.lockHolder() : nil,
      inForce: inForce.flatMap { id in runs.first { $0.id == id } }, packagesOfRun: try reader.publishedRun(),
      named: named, today: Clock.today().text)
    status.series = try? seriesStatus(of: run, among: runs)
    status.receipts = try? standingWithReceipts().map { standing in
      Dictionary(grouping: standing.recipients, by: \.state.rawValue).mapValues(\.count)
    }
    status.history = try? historySpan()
    if status.series?.contains(where: { $0.refused != nil }) == true {
      status.next.insert(
        .init(
          command: "cardlink series \(named)", why: "a delta is missing or wrong",
          whyVietnamese: "thiếu hoặc sai tệp thay đổi"), at: 0)
    }
    return status
  }
}

extension Desk {
  private func historySpan() throws(Stop) -> Status.HistorySpan? {
    guard pipeline.keep.history > 0,
      let history = try KeptStores(pipeline, in: pipeline.workspace).history()
    else { return nil }
    let first = history.points[0]
    return Status.HistorySpan(
      since: first.knownOn, run: first.run, changes: history.changes.count,
      byteCount: history.files.reduce(0) { $0 + $1.byteCount })
  }
}

extension Status {
  init(
    _ run: RunRecord, among runs: [RunRecord], workspace: String, holder: LockHolder?,
    inForce: RunRecord?, packagesOfRun: Int?, named: String, today: String,
    now: Int = Int(Date().timeIntervalSince1970)
  ) {
    let earlier = runs.filter { $0.id < run.id }
    let before = earlier.last { $0.state == .done && !$0.matched.ledger.isEmpty && $0.rollback == nil }
    pipeline = run.pipeline
    self.workspace = workspace
    self.run = run.id
    command = run.command
    state = run.state(holder: holder)
    (asOf, startedAt, endedAt, seconds) = (run.asOf, run.startedAt, run.ended, run.ownSeconds)
    (exitCode, failure) = (run.exitCode.map(Int.init), run.failure)
    (rollback, release, self.holder) = (run.rollback, run.gated.released, holder)
    self.inForce = inForce.map {
      InForce(run: $0.id, asOf: $0.asOf, ageDays: Clock.days(from: $0.asOf, to: today), madeAt: $0.ended)
    }
    self.packagesOfRun = packagesOfRun
    damaged = run.extracted.damaged
    self.before = run.matched.ledger.isEmpty ? nil : before?.id
    var counts: [Count] = []
    for export in [ExportKind.insurance, .population] where !run.matched.ledger.isEmpty {
      for outcome in export.outcomesForPeople {
        let (now, then) = (run.count(export, outcome), before?.count(export, outcome))
        guard now > 0 || (then ?? 0) > 0 else { continue }
        counts.append(Count(export: export.name, outcome: outcome.name, records: now, before: then))
      }
    }
    self.counts = counts
    linkRate = run.linkRate
    linkRateBefore = run.matched.ledger.isEmpty ? nil : before?.linkRate
    armedForcesLeftOut = Figures(run: run).armedForcesWithoutNumber
    grace = run.matched.grace
    decisions = run.decided
    published = run.published
    causes = run.causes.filter { $0.word != "armed_forces" }.prefix(3).map { cause in
      TopCause(
        cause: cause.name, records: cause.records, meaning: cause.meaning.english,
        meaningVietnamese: cause.meaning.vietnamese, command: cause.command(named, run: run))
    }
    let verdicts = run.gated.verdicts ?? []
    gatesPassed = verdicts.count { $0.passed }
    gatesFailed = verdicts.filter { !$0.passed }
    likelyCauses = (run.gated.causes ?? []).map { cause in
      Likely(
        cause: cause.text.english, causeVietnamese: cause.text.vietnamese,
        command: cause.command(named, run: run.id))
    }
    let last = earlier.lastSeconds
    let isRunning = state == .running
    stages = StageName.allCases.map { stage in
      guard let finished = run.finished(stage) else {
        let isAtWork = isRunning && run.nextStage == stage
        return Stage(stage: stage, state: isAtWork ? .running : .waiting, lastSeconds: last[stage])
      }
      let isOwn = finished.run == run.id
      return Stage(
        stage: stage, state: isOwn ? .done : .skipped, run: finished.run,
        seconds: isOwn ? finished.seconds : nil, records: isOwn ? finished.records : nil,
        lastSeconds: last[stage])
    }
    let waiting = stages.filter { $0.state == .running || $0.state == .waiting }
    if isRunning, waiting.allSatisfy({ $0.lastSeconds != nil }), let since = holder?.since,
      let began = Clock.seconds(since)
    {
      // The current stage's time is that of the process without its finished stages.
      let own = max(0, Double(now - began) - run.ownSeconds)
      let current = max(0, (waiting.first?.lastSeconds ?? 0) - own)
      secondsLeft = current + waiting.dropFirst().reduce(0) { $0 + ($1.lastSeconds ?? 0) }
    }
    next = []
    next = steps(after: run, named)
  }

  /// What to do now, the most urgent first.
  private func steps(after run: RunRecord, _ named: String) -> [Next] {
    func step(_ command: String, _ why: String, _ whyVietnamese: String, _ options: String = "") -> Next {
      Next(command: "cardlink \(command) \(named)\(options)", why: why, whyVietnamese: whyVietnamese)
    }
    let report = step(
      "report", "the whole report", "báo cáo đầy đủ", state == .done ? "" : " --run \(run.id)")
    let again = step("run", "continues after the last finished stage", "chạy tiếp từ bước đã xong")
    switch state {
    case .running: return [step("status", "look again later", "xem lại sau")]
    case .cutOff: return [again]
    case .held:
      let look = likelyCauses.first.map { likely in
        Next(
          command: likely.command, why: "shows the likely cause", whyVietnamese: "xem nguyên nhân có thể")
      }
      return [look, report].compactMap(\.self) + [
        step("run", "with a correct export", "khi có tệp đúng"),
        step("release \(run.id)", "if the data is right", "nếu dữ liệu đúng", " --because \"…\""),
      ]
    case .failed:
      switch Exit(rawValue: run.exitCode ?? 0) {
      case .cannotCreate, .inputOutput, .storeUnavailable, .internalError:
        return [step("doctor", "what is wrong with the machine", "kiểm tra máy"), again]
      default:
        return [step("check", "the exports and the pipeline file", "kiểm tra tệp và cấu hình"), again]
      }
    case .done:
      var steps: [Next] = []
      if let inForce, inForce.ageDays > 1, rollback == nil {
        steps.append(
          step(
            "run", "what is in force is \(inForce.ageDays) days old",
            "dữ liệu đã cũ \(inForce.ageDays) ngày"))
      }
      let worst = Outcome.ofInsurance.filter { $0 != .linked }.max {
        run.count(.insurance, $0) < run.count(.insurance, $1)
      }
      if let worst, run.count(.insurance, worst) > 0 {
        steps.append(step("findings", "the most records", "nhiều bản ghi nhất", " --outcome \(worst.name)"))
      }
      if let published, published.packagesLeftOut > 0 {
        steps.append(step("doctor", "facilities without a key", "cơ sở chưa có khóa"))
      }
      if let facilities = published?.facilities, facilities.unknownPersons > 0 {
        steps.append(step("facilities", "codes that the table lacks", "mã chưa có trong danh mục"))
      }
      return steps + [report]
    }
  }
}

extension RunRecord {
  /// The linked share, in hundredths of a percent, of the insurance records that could link; nil before the
  /// match.
  package var linkRate: Int? {
    matched.ledger.isEmpty
      ? nil : FigureText.share(count(.insurance, .linked), of: Figures(run: self).linkable)
  }
}
