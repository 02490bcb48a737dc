// Makes the report of a run from run records.
// Invariant: every figure comes from a run record; no count of 1 to 9 by province is shown (ReportProvinces.swift).

import Desk
import Run
import Values
package import Workspace

extension ReportPage {
  /// - Parameters:
  ///   - runs: all runs of the workspace.
  ///   - pipeline: the pipeline as commands name it.
  package init(_ run: RunRecord, among runs: [RunRecord], pipeline: String) {
    let facts = ReportFacts(run, among: runs, pipeline: pipeline)
    self.init(
      pipeline: run.pipeline, run: run.id, asOf: FigureText.date(run.asOf), state: facts.state,
      verdict: facts.verdict, started: FigureText.time(run.startedAt),
      finished: run.finishedAt.map(FigureText.time),
      stopped: run.finishedAt == nil ? run.endedAt.map(FigureText.time) : nil, isDone: run.state == .done,
      failure: facts.failure, gates: facts.gates, tiles: facts.tiles, insurance: Flow(run, .insurance),
      population: Flow(run, .population), armedForces: facts.armedForces, causes: facts.causes,
      grace: facts.grace, decisions: facts.decisions, packages: facts.packages, trend: facts.trend,
      places: facts.places, facilityProvinces: facts.facilityProvinces, residents: facts.residents,
      facilities: facts.facilities,
      series: (run.extracted.series ?? []).map { .init($0) }, stages: facts.stages,
      files: facts.files, nextSteps: facts.nextSteps,
      recordFile: "runs/\(padded(UInt64(run.id), to: 4))/run.json")
  }
}

/// A run and the runs that its report compares it with.
struct ReportFacts {
  let run: RunRecord
  /// All runs up to this one, ascending.
  let all: [RunRecord]
  /// Finished runs up to this one, ascending, the last one of each business date, at most fourteen.
  let history: [RunRecord]
  /// All runs up to this one, whatever their state, ascending, at most fourteen.
  let recent: [RunRecord]
  let pipeline: String
  /// The finished run before this one.
  let before: RunRecord?

  init(_ run: RunRecord, among runs: [RunRecord], pipeline: String) {
    self.run = run
    self.pipeline = pipeline
    let upTo = runs.filter { $0.id < run.id } + [run]
    let done = upTo.filter { $0.state == .done && !$0.matched.ledger.isEmpty }
    var lastOfDate: [String: Int] = [:]
    for run in done { lastOfDate[run.asOf] = run.id }
    history = done.filter { lastOfDate[$0.asOf] == $0.id }.sorted { ($0.asOf, $0.id) < ($1.asOf, $1.id) }
      .suffix(14)
    before = done.last { $0.id < run.id && $0.rollback == nil }
    all = upTo
    recent = upTo.suffix(14)
  }

  var insured: Int { run.count(.insurance) }
}

// MARK: How the run ended

extension ReportFacts {
  var state: ReportPage.State {
    switch run.state {
    case .done where run.rollback != nil:
      .init(style: "held", title: Bilingual("Đã quay lại bản trước", "Rolled back"))
    case .failed: .init(style: "failed", title: run.state.title.asSentence)
    case .done: .init(style: "done", title: run.state.title.asSentence)
    default: .init(style: "held", title: run.state.title.asSentence)
    }
  }

  /// The run in one sentence.
  var verdict: Bilingual {
    if let rollback = run.rollback {
      return Bilingual(
        "Kho dữ liệu của lượt chạy \(rollback.to) được đưa trở lại thay cho lượt chạy \(rollback.from).",
        "The store of run \(rollback.to) replaces that of run \(rollback.from) again.")
    }
    switch run.state {
    case .done:
      let linked = run.count(.insurance, .linked)
      let (count, all) = (FigureText.count(linked), FigureText.count(insured))
      let waiting = FigureText.count(insured - linked)
      let inForce = Bilingual("Kho dữ liệu mới đang có hiệu lực.", "The new store is in force.")
      return insured == 0
        ? Bilingual("Hoàn tất. \(inForce.vietnamese)", "Done. \(inForce.english)")
        : Bilingual(
          "\(count.vietnamese) trong \(all.vietnamese) bản ghi bảo hiểm đã liên kết; \(waiting.vietnamese) bản ghi chờ xử lý. \(inForce.vietnamese)",
          "\(count.english) of \(all.english) insurance records are linked; \(waiting.english) are waiting. \(inForce.english)"
        )
    case .held:
      return Bilingual(
        "Dữ liệu đêm nay bị tạm giữ trước khi phát hành. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "Tonight's data is held before it is published. The previous store stays in force.")
    case .failed:
      let stage = run.nextStage.title
      return Bilingual(
        "Dừng ở bước “\(stage.vietnamese)”. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "Stopped in stage \(stage.english.lowercased()). The previous store stays in force.")
    default:
      return Bilingual(
        "Lượt chạy này chưa kết thúc. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "This run has not finished. The previous store stays in force.")
    }
  }

  var failure: ReportPage.Failure? {
    guard run.state != .held, run.state != .done else { return nil }
    let exit = Exit(rawValue: run.exitCode ?? 0) ?? .internalError
    return run.failure.map {
      .init(meaning: exit.meaning, remedy: exit.remedy, text: $0, command: "\(exit.command) \(pipeline)")
    }
  }

  var gates: ReportPage.Gates? {
    guard let verdicts = run.gated.verdicts, !verdicts.isEmpty else { return nil }
    let passed = verdicts.filter(\.passed).map { verdict in
      ReportPage.Gates.Row(
        passed: true, title: verdict.gate.title, about: verdict.about, limit: verdict.limit.text,
        figure: verdict.shownFigure)
    }
    let failed = verdicts.linesOfFailed.map { line in
      ReportPage.Gates.Row(
        passed: false, title: line.gate.title, about: line.about, limit: line.limit, figure: line.figure)
    }
    let failedCount = verdicts.count - passed.count
    let isHeld = run.state == .held
    return .init(
      failed: failed.isEmpty ? nil : .init(count: failedCount, rows: failed),
      passed: passed.isEmpty ? nil : .init(count: passed.count, rows: passed), all: verdicts.count,
      isHeld: isHeld,
      likely: isHeld
        ? (run.gated.causes ?? []).map {
          .init(
            text: Bilingual($0.text.asSentence.vietnamese + ".", $0.text.asSentence.english + "."),
            command: $0.command(pipeline, run: run.id))
        } : [],
      releaseCommand: isHeld && run.gated.released == nil
        ? "cardlink release \(run.id) \(pipeline) --because \"…\"" : nil,
      release: run.gated.released.map { .init(by: $0.by, at: FigureText.time($0.at), because: $0.because) })
  }

  var nextSteps: [ReportPage.NextStep] {
    run.state == .done
      ? [
        .init(
          command: "cardlink findings \(pipeline)",
          purpose: Bilingual("bản ghi nào, vì sao, cần làm gì", "which records, why, and what to do")),
        .init(
          command: "cardlink explain - \(pipeline)",
          purpose: Bilingual(
            "một người, từng quy tắc (nhập số từ bàn phím)", "one person, rule by rule (type the number)")),
        .init(
          command: "cardlink status \(pipeline)",
          purpose: Bilingual("tình hình trên một màn hình", "the state on one screen")),
        .init(
          command: "cardlink progress \(pipeline) --output html > progress.html",
          purpose: Bilingual(
            "tiến độ tích hợp: một trang in cho lãnh đạo",
            "how far the campaign is: a page for the ministry")),
      ]
      : [
        .init(
          command: "cardlink check \(pipeline)",
          purpose: Bilingual("kiểm tra tệp và cấu hình", "check the files and the pipeline")),
        .init(
          command: "cardlink run \(pipeline)",
          purpose: Bilingual("chạy tiếp từ bước đã xong", "continue after the last finished stage")),
      ]
  }
}

// MARK: Figures

extension ReportFacts {
  var tiles: [ReportPage.Tile] {
    guard insured > 0 else { return [] }
    let seconds = run.ownSeconds
    var tiles: [ReportPage.Tile] = [
      .init(
        title: Bilingual("Tỷ lệ liên kết", "Link rate"), value: FigureText.percent(run.linkRate ?? 0),
        below: [change(\.linkRate)] + leftOut),
      .init(
        title: Bilingual("Cách ly", "Quarantined"), value: FigureText.percent(run.quarantineRate ?? 0),
        below: [change(\.quarantineRate)]),
      .init(
        title: Bilingual("Bản ghi bảo hiểm", "Insurance records"), value: FigureText.count(insured),
        below: [growth(.insurance)]),
      .init(
        title: Bilingual("Bản ghi dân cư", "Population records"),
        value: FigureText.count(run.count(.population)), below: [growth(.population)]),
    ]
    if seconds > 0 {
      tiles.append(
        .init(
          title: Bilingual("Thời gian chạy", "Time taken"), value: FigureText.bilingualDuration(seconds),
          below: [Bilingual("các bước của lượt chạy này", "the stages of this run")]))
    }
    return tiles
  }

  /// How a share has changed since the finished run before.
  private func change(_ share: (RunRecord) -> Int?) -> Bilingual {
    guard let before, let now = share(run), let earlier = share(before) else { return Self.firstRun }
    return since(before, FigureText.points(now - earlier))
  }

  private func growth(_ export: ExportKind) -> Bilingual {
    guard let before, before.count(export) > 0 else { return Self.firstRun }
    let more = run.count(export) - before.count(export)
    let count = FigureText.count(abs(more))
    let sign = more > 0 ? "+" : more < 0 ? "−" : "±"
    return since(before, Bilingual(sign + count.vietnamese, sign + count.english))
  }

  private static let firstRun = Bilingual("lượt chạy đầu tiên", "first run")

  private func since(_ before: RunRecord, _ difference: Bilingual) -> Bilingual {
    Bilingual(
      "\(difference.vietnamese) so với lượt chạy \(before.id)", "\(difference.english) since run \(before.id)"
    )
  }

  /// What the link rate leaves out, as in the gates.
  private var leftOut: [Bilingual] {
    let cards = Figures(run: run).armedForcesWithoutNumber
    guard cards > 0 else { return [] }
    let count = FigureText.count(cards)
    return [
      Bilingual(
        "không tính \(count.vietnamese) thẻ lực lượng vũ trang chưa có số",
        "without \(count.english) armed-forces cards that have no number")
    ]
  }

  var trend: ReportPage.Trend? {
    guard recent.count > 1, !history.isEmpty else { return nil }
    func curve(
      _ title: Bilingual, _ value: (RunRecord) -> Int?, as text: (Int) -> Bilingual
    ) -> ReportPage.Curve? {
      let points = history.compactMap { run in
        value(run).map { (day: CalendarDate(iso: run.asOf)?.dayNumber ?? 0, value: $0) }
      }
      return ReportPage.Curve(title, points, as: text)
    }
    let curves = [
      curve(Bilingual("Tỷ lệ liên kết", "Link rate"), \.linkRate) { FigureText.percent($0) },
      curve(Bilingual("Tỷ lệ cách ly", "Quarantine share"), \.quarantineRate) { FigureText.percent($0) },
      curve(
        Bilingual("Bản ghi bảo hiểm", "Insurance records"), { $0.count(.insurance) }, as: FigureText.count),
      curve(
        Bilingual("Bản ghi dân cư", "Population records"), { $0.count(.population) }, as: FigureText.count),
    ]
    let rows = recent.reversed().map { run in
      ReportPage.Trend.Row(
        run: run.id, asOf: FigureText.date(run.asOf), state: run.state.title,
        linkRate: run.linkRate.map { FigureText.percent($0) } ?? FigureText.none,
        quarantined: run.quarantineRate.map { FigureText.percent($0) } ?? FigureText.none,
        insurance: FigureText.count(run.count(.insurance)),
        population: FigureText.count(run.count(.population)),
        seconds: FigureText.bilingualDuration(run.ownSeconds))
    }
    return .init(
      count: history.count, from: FigureText.date(history[0].asOf),
      until: FigureText.date(history[history.count - 1].asOf), curves: curves.compactMap(\.self), runs: rows)
  }

  var armedForces: ReportPage.ArmedForces? {
    let missing = run.count(.insurance, .idMissing)
    let counts = run.matched.missingByGroup
    guard missing > 0, !counts.isEmpty else { return nil }
    let groups = Figures(run: run).armedForces.map { group in
      ReportPage.ArmedForces.Group(
        code: group.code, title: group.title, records: FigureText.count(counts[group.code] ?? 0))
    }
    return .init(
      groups: groups, others: FigureText.count(missing - Figures(run: run).armedForcesWithoutNumber))
  }

  var stages: ReportPage.Stages? {
    let longest = run.stages.filter { $0.run == run.id }.map(\.seconds).max() ?? 0
    let rows = run.stages.map { stage in
      let isOwn = stage.run == run.id
      let rate = stage.seconds > 0 ? Int(Double(stage.records) / stage.seconds) : 0
      return ReportPage.Stages.Row(
        title: stage.stage.title,
        width: isOwn && longest > 0 ? (stage.seconds / longest * 1000).rounded() / 10 : 0,
        seconds: isOwn
          ? FigureText.bilingualDuration(stage.seconds)
          : Bilingual("của lượt chạy \(stage.run)", "of run \(stage.run)"),
        records: FigureText.count(stage.records), rate: isOwn ? FigureText.count(rate) : FigureText.none)
    }
    return rows.isEmpty ? nil : .init(rows: rows)
  }

  var files: ReportPage.Files? {
    let rows = run.exports.prefix(200).map { file in
      let lines = run.matched.ledger.filter { $0.export == file.export.name && $0.sourceFile == file.name }
      let records = lines.reduce(0) { $0 + $1.records }
      let held = lines.filter { $0.outcome == Outcome.quarantined.name }.reduce(0) { $0 + $1.records }
      return ReportPage.Files.Row(
        name: file.name, damage: run.extracted.damaged?["\(file.export.name)/\(file.name)"],
        export: file.export.title,
        size: FigureText.bytes(file.byteCount),
        records: lines.isEmpty ? FigureText.none : FigureText.count(records),
        quarantined: FigureText.percent(held, of: records))
    }
    let more = run.exports.count - rows.count
    return rows.isEmpty ? nil : .init(rows: rows, more: more > 0 ? more : nil)
  }
}

// MARK: Causes, grace, decisions, packages

extension ReportFacts {
  var causes: ReportPage.Causes? {
    let causes = run.causes.filter { $0.word != Reason.armedForces.word }.prefix(6)
    guard let most = causes.first?.records else { return nil }
    return .init(
      items: causes.map { cause in
        .init(
          meaning: cause.meaning.asSentence, name: cause.name, records: FigureText.count(cause.records),
          share: FigureText.percent(cause.records, of: insured), width: cause.records * 100 / max(most, 1),
          remedy: cause.remedy, command: cause.command(pipeline, run: run))
      })
  }

  var grace: ReportPage.Grace? {
    guard let grace = run.matched.grace else { return nil }
    var causes = Outcome.ofInsurance.map { outcome in
      (outcome.name, outcome.title, "cardlink findings \(pipeline) --outcome \(outcome.name)")
    }
    let damaged = Bilingual(
      "tệp hỏng: bản ghi có thể nằm sau chỗ hỏng", "a damaged file: the record may come after the damage")
    causes.append((Reason.fileDamaged.word, damaged, "cardlink status \(pipeline)"))
    return .init(
      persons: FigureText.count(grace.total), isKept: run.state == .done,
      causes: causes.compactMap { word, title, command in
        guard let count = grace.kept[word], count > 0 else { return nil }
        return .init(title: title, records: FigureText.count(count), command: command)
      },
      ends: Self.lines([
        (Bilingual("Trong đó đã giữ từ trước", "Of these, kept since an earlier run"), grace.keptBefore),
        (
          Bilingual(
            "Thôi giữ: hết hạn giữ hoặc thẻ hết giá trị",
            "No longer kept: the grace date or the card has ended"),
          grace.ended
        ),
        (
          Bilingual(
            "Thôi giữ: đã rõ (đã chết, rút thẻ, số thuộc người khác)",
            "Not kept: the cause is certain (dead, card withdrawn, number of another person)"), grace.cleared
        ),
      ]))
  }

  var decisions: ReportPage.Decisions? {
    guard let decided = run.decided else { return nil }
    return .init(
      lines: Self.lines(
        [
          (Bilingual("Đang có hiệu lực", "In force"), decided.inForce),
          (
            Bilingual("Bản ghi được liên kết nhờ quyết định", "Records linked by a decision"),
            decided.linked ?? 0
          ),
          (
            Bilingual("Bản ghi giữ riêng khỏi người", "Records kept apart from the person"), decided.keptApart
          ),
          (
            Bilingual(
              "Không áp dụng được: người đã chết, bị trùng hoặc không còn",
              "Not applied: the person is dead, duplicated or no longer in the register"), decided.notApplied
          ),
        ], withZeros: true), command: "cardlink decisions \(pipeline)")
  }

  var packages: ReportPage.Packages? {
    guard let counts = run.published else { return nil }
    return .init(
      packages: FigureText.count(counts.packages), persons: FigureText.count(counts.all),
      lines: Self.lines([
        (Bilingual("Trong gói", "In a package"), counts.persons),
        (
          Bilingual(
            "Bỏ lại: \(counts.packagesLeftOut) gói chưa có khóa để mã hóa",
            "Left out: \(counts.packagesLeftOut) packages without an encryption key"), counts.leftOut
        ),
        (Bilingual("Thẻ không ghi cơ sở", "No facility on the card"), counts.withoutFacility),
        (
          Bilingual(
            "Mã cơ sở không đặt được tên thư mục (ký tự lạ, hoặc tên Windows không cho phép như CON, COM1)",
            "The facility code can't name a folder (other characters, or a name that Windows reserves, such as CON, COM1)"
          ),
          counts.unusableFacility ?? 0
        ),
        (Bilingual("Không quy tắc nào chọn cơ sở", "No rule selects the facility"), counts.notSelected),
      ]), warning: counts.warning, doctor: counts.packagesLeftOut > 0 ? "cardlink doctor \(pipeline)" : nil,
      cardNumbers: counts.cardNumbersLeftOut.flatMap { count in
        let persons = FigureText.count(count)
        return count == 0
          ? nil
          : Bilingual(
            "\(persons.vietnamese) người trong gói để trống mã thẻ 15 ký tự, vì không biết mã số BHXH 10 số.",
            "\(persons.english) persons are in a package without a card number of 15 characters, because no insurance number of 10 digits is known."
          )
      })
  }

  private static func lines(_ counts: [(Bilingual, Int)], withZeros: Bool = false) -> [ReportPage.Line] {
    counts.filter { withZeros || $0.1 > 0 }.map { .init(title: $0.0, count: FigureText.count($0.1)) }
  }
}

extension RunRecord {
  /// Quarantined insurance records, in hundredths of a percent; nil without insurance records.
  fileprivate var quarantineRate: Int? {
    FigureText.share(count(.insurance, .quarantined), of: count(.insurance))
  }
}

extension Bilingual {
  /// The text with a capital at the beginning.
  fileprivate var asSentence: Self {
    func raised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
    return Self(raised(vietnamese), raised(english))
  }
}
