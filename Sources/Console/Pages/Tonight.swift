// Tonight: the last run, what is in force and how old it is, the ledger as a flow, gates, causes, and the stages.
// Invariant: figures only; no person.

import Desk
import Foundation
import Run
import Values
import Views
import Workspace

/// The part of the page that changes while a run works; sent again as an event whenever it differs.
struct LivePart {
  struct Stage {
    var title: String
    var state: String
    var style: String
    var detail: String
    /// From 0 to 100; nil for a stage that waits, or whose length is not known.
    var progress: Int?
    var isRunning: Bool
  }

  var state: String
  var style: String
  var verdict: String
  var stages: [Stage]
  var left: String?
  var failure: String?
}

/// The whole page, of the last run or of another one.
struct TonightPage {
  struct Tile {
    var title: String
    var value: String
    var below: String?
    var isOld = false
  }
  struct Cause {
    var name: String
    var meaning: String
    var remedy: String
    var count: String
    var records: Int
    var most: Int
    var path: String?
  }
  struct Gate {
    var name: String
    var about: String
    var limit: String
    var found: String
  }
  struct Label {
    var y: Double
    var second: Double
    var title: String
    var count: String
  }
  struct Band {
    var path: String
    var style: String
  }
  struct Bar {
    var title: String
    var style: String
    var count: String
    var share: String
  }
  struct Flow {
    var title: String
    var height: Double
    var bands: [Band]
    var sources: [Label]
    var outcomes: [Label]
    var bars: [Bar]
  }
  struct Step {
    var why: String
    var command: String
  }
  struct Series {
    var title: String
    var text: String
  }

  var live: LivePart
  var run: Int
  var asOf: String
  var started: String
  var ended: String?
  var isLast: Bool
  var tiles: [Tile]
  var flows: [Flow]
  var gatesPassed: Int
  var gates: [Gate]
  var likely: [Step]
  var causes: [Cause]
  var series: [Series]
  var next: [Step]
  var mayAct: Bool
  var isHeld: Bool
  var act: String
  var eventsPath: String
  var reportPath: String
  var jobPath: String?
  var stores: [Int]
}

extension Visit {
  func tonight() throws(Stop) -> Response {
    let desk = desk
    guard !(try desk.runs()).isEmpty else { return noRunYet() }
    return show("tonight", try tonightPage(desk, nil), title: Bilingual("Đêm nay", "Tonight"))
  }

  /// What is shown before the first run: the way to it.
  private func noRunYet() -> Response {
    show(
      "plan",
      PlanPage(
        title: language.text("Chưa có lượt chạy nào", "No run yet"), steps: [], action: "run",
        act: path(.act), start: path(.start), isFirst: true, mayAct: session.may(.act)),
      title: Bilingual("Đêm nay", "Tonight"))
  }

  func events() -> Response {
    let visit = self
    return Response(200, "text/event-stream", .events { visit.liveHTML() })
  }

  /// The changing part as HTML; nil once the session has ended, or the state can't be read.
  private func liveHTML() -> String? {
    guard site.sessions.session(sessionID, isActive: false) != nil,
      let status = try? desk.status(named: served.file)
    else { return nil }
    return PageTemplates.render("live", livePart(status), language)
  }

  func livePart(_ status: Status) -> LivePart {
    let isGood = status.state == .done && status.rollback == nil
    let elapsed = status.holder.flatMap { Clock.seconds($0.since) }.map {
      max(0, Date().timeIntervalSince1970 - Double($0) - status.seconds)
    }
    let stages = status.stages.map { stage in
      var part = LivePart.Stage(
        title: language.text(stage.stage.title), state: "", style: stage.state.rawValue, detail: "",
        progress: nil, isRunning: stage.state == .running)
      switch stage.state {
      case .done:
        part.state = language.text("xong", "done")
        part.progress = 100
        part.detail = [
          stage.records.map { language.count($0) + " " + language.text("bản ghi", "records") },
          stage.seconds.map { language.text(FigureText.bilingualDuration($0)) },
        ].compactMap(\.self).joined(separator: " · ")
      case .skipped:
        part.state = language.text("dùng lại", "reused")
        part.progress = 100
        part.detail = language.text("của lượt chạy \(stage.run ?? 0)", "of run \(stage.run ?? 0)")
      case .running:
        part.state = language.text("đang chạy", "running")
        if let last = stage.lastSeconds, last > 0, let elapsed {
          part.progress = min(99, Int(elapsed / last * 100))
        }
        part.detail =
          stage.lastSeconds.map {
            let time = FigureText.bilingualDuration($0)
            return language.text("lần trước \(time.vietnamese)", "\(time.english) the last time")
          } ?? ""
      case .waiting: part.state = language.text("chờ", "waiting")
      }
      return part
    }
    return LivePart(
      state: language.text(
        status.rollback == nil ? status.state.title : Bilingual("đã quay lại bản trước", "rolled back")),
      style: isGood ? "done" : status.state == .failed ? "failed" : "held",
      verdict: (try? desk.report(of: status.run, named: served.file)).map {
        language.text(status.state == .running ? runningVerdict : $0.page.verdict)
      } ?? "",
      stages: stages,
      left: status.secondsLeft.map {
        let time = FigureText.bilingualDuration($0)
        return language.text("còn khoảng \(time.vietnamese)", "about \(time.english) left")
      }, failure: status.state == .running ? nil : status.failure)
  }

  private var runningVerdict: Bilingual {
    Bilingual(
      "Đang chạy. Kho dữ liệu trước đó vẫn có hiệu lực cho đến khi tất cả các bước hoàn tất.",
      "Running. The previous store stays in force until all stages are done.")
  }

  func tonightPage(_ desk: Desk, _ number: Int?) throws(Stop) -> TonightPage {
    let status = try desk.status(named: served.file, run: number)
    let run = try desk.run(status.run)
    let isLast = try desk.runs().last?.id == run.id
    let mayAct = isLast && session.may(.act)
    let stores = try mayAct ? keptStores(served.pipeline).filter { !$0.isInForce }.map(\.run) : []
    return TonightPage(
      live: livePart(status), run: run.id, asOf: language.date(run.asOf),
      started: language.time(run.startedAt), ended: status.endedAt.map(language.time), isLast: isLast,
      tiles: tiles(status, run),
      flows: [ExportKind.insurance, .population].compactMap { flow(run, $0) },
      gatesPassed: status.gatesPassed,
      gates: status.gatesFailed.map {
        TonightPage.Gate(
          name: $0.gate.rawValue, about: language.text($0.about), limit: language.text($0.limit.text),
          found: language.text($0.figure.text))
      },
      likely: status.likelyCauses.map {
        .init(why: language.text($0.causeVietnamese, $0.cause), command: $0.command)
      },
      causes: try causes(run, desk), series: series(status),
      next: status.next.map { .init(why: language.text($0.whyVietnamese, $0.why), command: $0.command) },
      mayAct: mayAct, isHeld: status.state == .held, act: path(.act), eventsPath: path(.events),
      reportPath: path(.report, [("run", "\(run.id)")]),
      jobPath: session.may(.job) && site.jobs.last(of: pipelineName) != nil ? path(.job) : nil,
      stores: stores.reversed())
  }

  private func tiles(_ status: Status, _ run: RunRecord) -> [TonightPage.Tile] {
    var tiles: [TonightPage.Tile] = []
    if let inForce = status.inForce {
      let days = inForce.ageDays
      tiles.append(
        .init(
          title: language.text("Đang có hiệu lực", "In force"),
          value: language.text("lượt chạy \(inForce.run)", "run \(inForce.run)"),
          below: language.date(inForce.asOf) + " · "
            + (days <= 0
              ? language.text("hôm nay", "today")
              : language.text("\(days) ngày trước", days == 1 ? "1 day old" : "\(days) days old")),
          isOld: days > 1))
    }
    if let rate = status.linkRate {
      let change = status.linkRateBefore.map { language.text(FigureText.points(rate - $0)) }
      tiles.append(
        .init(
          title: language.text("Tỷ lệ liên kết", "Link rate"), value: language.text(FigureText.percent(rate)),
          below: change.map { language.text("\($0) so với lượt trước", "\($0) since the run before") }))
    }
    for export in [ExportKind.insurance, .population] where status.records(export) > 0 {
      let change = status.recordsBefore(export).map { status.records(export) - $0 }
      tiles.append(
        .init(
          title: language.text(
            export == .insurance
              ? Bilingual("Bản ghi bảo hiểm", "Insurance records")
              : Bilingual("Bản ghi dân cư", "Population records")),
          value: language.count(status.records(export)),
          below: change.map { ($0 > 0 ? "+" : "") + language.count($0) }))
    }
    if let published = status.published {
      tiles.append(
        .init(
          title: language.text("Gói dữ liệu", "Packages"), value: language.count(published.packages),
          below: status.packagesOfRun.map { language.text("của lượt chạy \($0)", "of run \($0)") }))
    }
    return tiles
  }

  private func flow(_ run: RunRecord, _ export: ExportKind) -> TonightPage.Flow? {
    guard let flow = ReportPage.Flow(run, export) else { return nil }
    func label(_ node: ReportPage.Flow.Node, _ count: String) -> TonightPage.Label {
      let middle = node.top + node.height / 2
      return .init(y: middle - 3, second: middle + 13, title: language.text(node.title), count: count)
    }
    return .init(
      title: language.text(flow.title), height: flow.height,
      bands: flow.bands.map { .init(path: $0.path, style: $0.style) },
      sources: flow.sources.map { label($0, language.text($0.count)) },
      outcomes: flow.outcomes.map {
        label($0, "\(language.text($0.count)) · \(language.text($0.share))")
      },
      bars: flow.outcomes.map {
        .init(
          title: language.text($0.title), style: $0.style, count: language.text($0.count),
          share: language.text($0.share))
      })
  }

  private func causes(_ run: RunRecord, _ desk: Desk) throws(Stop) -> [TonightPage.Cause] {
    let causes = run.causes.prefix(8)
    let most = causes.first?.records ?? 1
    let list =
      session.may(.findings) && !causes.isEmpty
      ? try desk.runsWithFindings().first { $0.run.id == run.id } : nil
    return causes.map { cause in
      .init(
        name: cause.name, meaning: language.text(cause.meaning), remedy: language.text(cause.remedy),
        count: language.count(cause.records), records: cause.records, most: most,
        path: list.map { list in
          path(
            .findings,
            [
              ("run", list.isInForce ? "" : "\(run.id)"), ("outcome", cause.outcome.name),
              ("reason", cause.word ?? ""),
            ])
        })
    }
  }

  private func series(_ status: Status) -> [TonightPage.Series] {
    (status.series ?? []).map { series in
      let waiting = language.text("\(series.waiting) tệp đang chờ", "\(series.waiting) waiting")
      let missing = series.missing.map(String.init).joined(separator: ", ")
      let text = [
        language.text("bản gốc số \(series.base)", "base \(series.base)"),
        language.text("đã áp dụng \(series.applied) tệp thay đổi", "\(series.applied) deltas applied"),
        waiting, missing.isEmpty ? nil : language.text("thiếu số \(missing)", "missing: \(missing)"),
        series.refused,
      ]
      let export = ExportKind(name: series.export)
      return .init(
        title: language.text(export?.vietnamese ?? series.export, series.export),
        text: text.compactMap(\.self).joined(separator: " · "))
    }
  }
}
