// The report of one run: one page of HTML that stands for itself, in Vietnamese and English, without a script and
// without anything of a person.
// Invariant: every figure is the run record's; every text is there in both languages; nothing is fetched from
// anywhere; a place's counts below five are not shown (PlaceRates.swift).
// Load: read by people every morning, on a desk, a phone or paper; some 60 KiB.

import Foundation
package import Values
import Run
package import Workspace

/// One run's report.
package struct ReportPage {
  private let run: RunRecord
  /// Finished runs up to this one, ascending, at most fourteen.
  private let history: [RunRecord]
  /// The runs before this one, of any state, ascending.
  private let recent: [RunRecord]
  /// The pipeline as commands name it.
  private let pipeline: String

  /// - Parameter runs: all runs of the workspace.
  package init(_ run: RunRecord, among runs: [RunRecord], pipeline: String) {
    self.run = run
    self.pipeline = pipeline
    let upTo = runs.filter { $0.id < run.id } + [run]
    history = upTo.filter { $0.state == .done && !$0.matched.ledger.isEmpty }.suffix(14)
    recent = upTo.suffix(14)
  }

  /// The finished run before this one.
  private var before: RunRecord? { history.last { $0.id < run.id } }
  private var insured: Int { run.count(.insurance) }
  private var linked: Int { run.count(.insurance, .linked) }

  /// The whole page.
  package var html: String {
    // What stopped a run comes before its figures.
    var body: [String] = run.state == .done ? [tiles, gates] : [stop, gates, tiles]
    body.append(flows)
    body.append(causes)
    body.append(grace)
    body.append(decisions)
    body.append(published)
    body.append(trends)
    body.append(places)
    body.append(stages)
    body.append(files)
    body.append(nextSteps)
    return """
      <!DOCTYPE html>
      <html lang="vi" xmlns="http://www.w3.org/1999/xhtml">
      <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width,initial-scale=1" />
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
      <meta name="robots" content="noindex" />
      <title>\(Markup.escaped(run.pipeline)) · \(run.asOf) · \(run.id)</title>
      <style>\(ReportStyle.css)</style>
      </head>
      <body>
      <input class="pick" type="radio" name="lang" id="l-vi" checked="checked" />
      <input class="pick" type="radio" name="lang" id="l-en" />
      <input class="pick" type="radio" name="lang" id="l-both" />
      \(header)
      <main>
      \(body.filter { !$0.isEmpty }.joined(separator: "\n"))
      </main>
      \(footer)
      </body>
      </html>

      """
  }

  // MARK: The verdict

  private var header: String {
    let state: (name: String, text: Bilingual) =
      switch run.state {
      case .done where run.rollback != nil: ("held", Bilingual("Đã quay lại bản trước", "Rolled back"))
      case .done: ("done", Bilingual("Hoàn tất", "Done"))
      case .held: ("held", Bilingual("Tạm giữ", "Held"))
      case .failed: ("failed", Bilingual("Không hoàn tất", "Failed"))
      default: ("held", Bilingual("Chưa kết thúc", "Not finished"))
      }
    var facts = [
      Markup.both("Ngày nghiệp vụ \(run.asOf)", "Business date \(run.asOf)"),
      Markup.both("Bắt đầu \(Self.time(run.startedAt))", "Started \(Self.time(run.startedAt))"),
    ]
    if let finished = run.finishedAt {
      facts.append(Markup.both("Kết thúc \(Self.time(finished))", "Finished \(Self.time(finished))"))
    } else if let ended = run.endedAt {
      facts.append(Markup.both("Dừng lúc \(Self.time(ended))", "Stopped \(Self.time(ended))"))
    }
    return """
      <header>
      <div class="bar"><div><span class="state \(state.name)">\(Markup.both(state.text))</span>
      <b>\(Markup.escaped(run.pipeline))</b> · \(Markup.both("lần chạy \(run.id)", "run \(run.id)"))</div>
      <div class="langs"><label for="l-vi" lang="vi">Tiếng Việt</label><label for="l-en" lang="en">English</label>\
      <label for="l-both">Việt + En</label></div></div>
      <h1>\(Markup.both(verdict))</h1>
      <ul class="facts">\(facts.map { Markup.element("li", "", $0) }.joined())</ul>
      </header>
      """
  }

  /// The night in one sentence.
  package var verdict: Bilingual {
    if let rollback = run.rollback {
      return Bilingual(
        "Kho dữ liệu của lần chạy \(rollback.to) được đưa trở lại thay cho lần chạy \(rollback.from).",
        "The store of run \(rollback.to) was brought back in the place of run \(rollback.from).")
    }
    let (count, all) = (FigureText.count(linked), FigureText.count(insured))
    let waiting = FigureText.count(insured - linked)
    switch run.state {
    case .done:
      guard insured > 0 else {
        return Bilingual("Hoàn tất. Kho dữ liệu mới đang có hiệu lực.", "Done. The new store is in force.")
      }
      return Bilingual(
        "\(count.vietnamese) trong \(all.vietnamese) bản ghi bảo hiểm đã liên kết; \(waiting.vietnamese) bản ghi chờ xử lý. Kho dữ liệu mới đang có hiệu lực.",
        "\(count.english) of \(all.english) insurance records are linked; \(waiting.english) wait for someone. The new store is in force."
      )
    case .held:
      return Bilingual(
        "Dữ liệu đêm nay bị tạm giữ trước khi phát hành. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "Tonight's data is held before it is published. The store that was in force is in force still.")
    case .failed:
      let stage = run.nextStage.title
      return Bilingual(
        "Dừng ở bước “\(stage.vietnamese)”. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "Stopped in stage \(stage.english.lowercased()). What was in force before is in force still.")
    default:
      return Bilingual(
        "Lần chạy này chưa kết thúc. Kho dữ liệu trước đó vẫn có hiệu lực.",
        "This run has not finished. What was in force before is in force still.")
    }
  }

  private var stop: String {
    guard run.state != .held, let failure = run.failure else { return "" }
    return card(
      Bilingual("Vì sao dừng lại", "Why it stopped"), style: "why", nil,
      "<pre lang=\"en\">\(Markup.escaped(failure))</pre>" + Markup.command("cardlink check \(pipeline)"))
  }

  // MARK: Gates

  private var gates: String {
    guard let verdicts = run.gated.verdicts, !verdicts.isEmpty else { return "" }
    let failed = verdicts.filter { !$0.passed }
    func row(_ verdict: GateVerdict) -> String {
      "<tr><td>\(verdict.passed ? "✓" : "✗")</td><td>\(Markup.both(verdict.title))<br /><span class=\"word\">\(Markup.both(verdict.about))</span></td>"
        + "<td>\(Markup.both(verdict.limit))</td><td class=\"r\"><b>\(Markup.both(verdict.figure))</b></td></tr>"
    }
    let head =
      "<tr><th></th><th>\(Markup.both("Cổng kiểm soát", "Gate"))</th><th>\(Markup.both("Giới hạn", "Limit"))</th>"
      + "<th class=\"r\">\(Markup.both("Thực tế", "Found"))</th></tr>"
    var content = ""
    if !failed.isEmpty {
      content += "<div class=\"scroll\"><table>\(head)\(failed.map(row).joined())</table></div>"
    }
    if let release = run.gated.released {
      content +=
        "<p>\(Markup.both("Cho phép bởi \(release.by) lúc \(Self.time(release.at)), lý do:", "Released by \(release.by) at \(Self.time(release.at)), because:")) <q>\(Markup.escaped(release.because))</q></p>"
    } else if run.state == .held {
      content +=
        "<p>\(Markup.both("Nếu dữ liệu đúng, cho phép phát hành bằng lệnh sau (có ghi nhật ký):", "If the data is right, release it; this is audited:"))<br />"
        + Markup.command("cardlink release \(pipeline) \(run.id) --because \"…\"") + "</p>"
    }
    let passed = verdicts.filter(\.passed)
    if !passed.isEmpty {
      content +=
        "<details><summary>\(Markup.both("Các cổng đã qua", "Gates passed")) (\(passed.count))</summary><div class=\"scroll\"><table>\(head)\(passed.map(row).joined())</table></div></details>"
    }
    return card(
      Bilingual("Cổng kiểm soát", "Gates"), style: run.state == .held ? "why" : "",
      failed.isEmpty
        ? Bilingual("Cả \(verdicts.count) cổng đều đạt.", "All \(verdicts.count) gates passed.")
        : Bilingual(
          "\(failed.count) trong \(verdicts.count) cổng không đạt.",
          "\(failed.count) of \(verdicts.count) gates did not pass."), content)
  }

  // MARK: Key figures

  private var tiles: String {
    guard insured > 0 else { return "" }
    func tile(_ title: Bilingual, _ value: String, _ below: String) -> String {
      "<div class=\"tile\"><small>\(Markup.both(title))</small><b>\(value)</b><small>\(below)</small></div>"
    }
    func change(_ now: Int, _ earlier: Int?) -> String {
      guard let earlier, let id = before?.id else { return Markup.both("lần chạy đầu tiên", "first run") }
      let difference = FigureText.points(now - earlier)
      return Markup.both(
        "\(difference.vietnamese) so với lần \(id)", "\(difference.english) against run \(id)")
    }
    func growth(_ export: ExportKind) -> String {
      guard let before, before.count(export) > 0 else { return Markup.both("lần chạy đầu tiên", "first run") }
      let more = run.count(export) - before.count(export)
      let text = FigureText.count(abs(more))
      let sign = more > 0 ? "+" : more < 0 ? "−" : "±"
      return Markup.both(
        "\(sign)\(text.vietnamese) so với lần \(before.id)", "\(sign)\(text.english) against run \(before.id)"
      )
    }
    let rate = run.linkRate ?? 0
    let quarantined = FigureText.share(run.count(.insurance, .quarantined), of: insured) ?? 0
    let seconds = run.stages.filter { $0.run == run.id }.reduce(0) { $0 + $1.seconds }
    return "<div class=\"tiles\">"
      + tile(
        Bilingual("Tỷ lệ liên kết", "Link rate"), Markup.figure(FigureText.percent(rate)),
        change(rate, before?.linkRate) + leftOut)
      + tile(
        Bilingual("Cách ly", "Quarantined"), Markup.figure(FigureText.percent(quarantined)),
        change(
          quarantined,
          before.flatMap { FigureText.share($0.count(.insurance, .quarantined), of: $0.count(.insurance)) }))
      + tile(
        Bilingual("Bản ghi bảo hiểm", "Insurance records"), Markup.count(insured), growth(.insurance))
      + tile(
        Bilingual("Bản ghi dân cư", "Population records"), Markup.count(run.count(.population)),
        growth(.population))
      + (seconds > 0
        ? tile(
          Bilingual("Thời gian chạy", "Time taken"), Markup.figure(FigureText.bilingualDuration(seconds)),
          Markup.both("các bước của lần chạy này", "the stages of this run")) : "")
      + "</div>"
  }

  /// What the link rate leaves out, as the gates do.
  private var leftOut: String {
    let cards = Figures(run: run).armedForcesWithoutNumber
    guard cards > 0 else { return "" }
    let text = FigureText.count(cards)
    return "<br />"
      + Markup.both(
        "không tính \(text.vietnamese) thẻ lực lượng vũ trang chưa có số",
        "less \(text.english) armed-forces cards without a number")
  }

  // MARK: The ledger

  private var flows: String {
    guard !run.matched.ledger.isEmpty else { return "" }
    return "<div class=\"two\"><div>" + flow(.insurance) + "</div><div>" + flow(.population) + armedForces
      + "</div></div>"
  }

  private func flow(_ export: ExportKind) -> String {
    let flow = Flow(run, export)
    let total = run.count(export)
    guard total > 0 else { return "" }
    func height(_ units: Double) -> String { "height:calc(var(--u)*\((units * 100).rounded() / 100))" }
    let from = flow.sources.map { source in
      let name =
        source.file.map(Markup.escaped)
        ?? Markup.both("\(source.fileCount) tệp khác", "\(source.fileCount) more files")
      return
        "<li style=\"\(height(source.slotHeight))\"><span>\(name)</span><b>\(Markup.count(source.records))</b></li>"
    }
    let to = flow.outcomes.map { node -> String in
      guard let outcome = node.outcome else { return "" }
      return
        "<li style=\"\(height(node.slotHeight))\"><span><i class=\"dot \(Self.kind(outcome))\"></i>\(Markup.both(outcome.title))</span>"
        + "<span><b>\(Markup.count(node.records))</b> · \(Markup.percent(node.records, of: total))</span></li>"
    }
    func rect(_ node: Flow.Node, x: Double, _ style: String) -> String {
      "<rect class=\"\(style)\" x=\"\(x)\" y=\"\((node.top * 100).rounded() / 100)\" width=\"1.5\" height=\"\((max(node.height, 0.7) * 100).rounded() / 100)\"/>"
    }
    let bands = flow.bands.map { "<path class=\"\(Self.kind($0.outcome))\" d=\"\($0.path)\"/>" }
    let ends =
      flow.sources.map { rect($0, x: 0, "left") }
      + flow.outcomes.map { rect($0, x: 98.5, $0.outcome.map(Self.kind) ?? "left") }
    let title = export.title
    return card(
      Bilingual("\(title.vietnamese): từ tệp đến kết quả", "\(title.english): from files to outcomes"),
      Bilingual(
        "Sổ cái cân bằng: mỗi bản ghi đọc được kết thúc ở đúng một kết quả.",
        "The ledger balances: every record read ended in exactly one outcome."),
      """
      <div class="flow"><ol class="from">\(from.joined())</ol>
      <svg viewBox="0 0 100 \(flow.height)" preserveAspectRatio="none" style="\(height(flow.height))" aria-hidden="true">\
      \(bands.joined())\(ends.joined())</svg>
      <ol class="to">\(to.joined())</ol></div>
      """)
  }

  /// The colour of an outcome.
  private static func kind(_ outcome: Outcome) -> String {
    switch outcome {
    case .linked, .registered, .repeated, .quarantined: outcome.name
    default: "waits"
    }
  }

  // MARK: Causes

  private var causes: String {
    let causes = run.causes.filter { $0.word != "armed_forces" }.prefix(6)
    guard let most = causes.first?.records else { return "" }
    let items = causes.map { cause in
      """
      <li><span class="what">\(Markup.both(Self.sentence(cause.meaning)))<br /><span class="word">\(Markup.escaped(cause.name))</span></span>\
      <span class="count"><b>\(Markup.count(cause.records))</b><br /><span class="soft">\(Markup.percent(cause.records, of: insured))</span></span>\
      <span class="meter"><i style="width:\(cause.records * 100 / max(most, 1))%"></i></span>\
      <span class="do">\(Markup.both(cause.remedy))<br />\(Markup.command(cause.command(pipeline)))</span></li>
      """
    }
    return card(
      Bilingual("Nguyên nhân lớn nhất", "Largest causes"),
      Bilingual(
        "Vì sao bản ghi bảo hiểm chưa liên kết và cần làm gì. Một bản ghi có thể có nhiều lý do.",
        "Why insurance records did not link, and what to do. A record may have several reasons."),
      "<ol class=\"causes pair\">" + items.joined(separator: "\n") + "</ol>")
  }

  private static func sentence(_ text: Bilingual) -> Bilingual {
    func raised(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
    return Bilingual(raised(text.vietnamese), raised(text.english))
  }

  // MARK: Grace

  private var grace: String {
    guard let grace = run.matched.grace else { return "" }
    var causes = Outcome.ofInsurance.map { outcome in
      (outcome.name, outcome.title, "cardlink findings \(pipeline) --outcome \(outcome.name)")
    }
    causes.append(
      (
        Reason.fileDamaged.word,
        Bilingual(
          "tệp hỏng: bản ghi có thể nằm sau chỗ hỏng", "a damaged file: the record may stand behind its fault"
        ),
        "cardlink status \(pipeline)"
      ))
    let rows = causes.filter { grace.kept[$0.0] ?? 0 > 0 }.map { word, title, command in
      "<li><span class=\"what\">\(Markup.both(title))</span>"
        + "<span class=\"count\"><b>\(Markup.count(grace.kept[word] ?? 0))</b></span>"
        + "<span class=\"do\">\(Markup.command(command))</span></li>"
    }
    let ends = [
      (Bilingual("Trong đó đã giữ từ trước", "Of these, kept since an earlier night"), grace.keptBefore),
      (
        Bilingual(
          "Thôi giữ: hết hạn giữ hoặc thẻ hết giá trị", "No longer kept: the date or the card has ended"),
        grace.ended
      ),
      (
        Bilingual(
          "Thôi giữ: đã rõ (mất, rút thẻ, số thuộc người khác)",
          "Not kept: it is clear (dead, withdrawn, the number is another's)"), grace.cleared
      ),
    ].filter { $0.1 > 0 }.map {
      "<li><span>\(Markup.both($0.0))</span><span class=\"count\">\(Markup.count($0.1))</span></li>"
    }
    let total = FigureText.count(grace.total)
    let isKept = run.finished(.load) != nil
    return card(
      Bilingual("Giữ tạm khi dữ liệu còn nghi vấn", "Kept while the data is doubtful"),
      Bilingual(
        "\(total.vietnamese) người có thẻ ở lần trước, hôm nay chưa liên kết được vì dữ liệu nghi vấn, \(isKept ? "được giữ thẻ" : "sẽ được giữ thẻ nếu lần chạy này được phát hành"), có đánh dấu, đến ngày gia hạn. Kết quả của bản ghi hôm nay trong sổ cái không đổi.",
        "\(total.english) persons had a card last time and don't link today because the data is doubtful: they \(isKept ? "keep it" : "would keep it if this run were released"), flagged, until their grace date. In the ledger today's records end as they do."
      ),
      rows.isEmpty && ends.isEmpty
        ? "" : "<ol class=\"causes\">\(rows.joined())\(ends.joined())</ol>")
  }

  // MARK: Decisions

  private var decisions: String {
    guard let decided = run.decided else { return "" }
    let rows = [
      (Bilingual("Đang có hiệu lực", "In force"), decided.inForce),
      (
        Bilingual("Bản ghi được liên kết nhờ quyết định", "Records linked because of one"),
        decided.linked ?? 0
      ),
      (Bilingual("Bản ghi giữ riêng khỏi người", "Records kept apart from the person"), decided.keptApart),
      (
        Bilingual(
          "Không áp dụng được: người đã mất, bị trùng hoặc không còn",
          "Not applied: the person is dead, duplicated or gone"), decided.notApplied
      ),
    ].map { "<tr><td>\(Markup.both($0.0))</td><td class=\"r\">\(Markup.count($0.1))</td></tr>" }
    return card(
      Bilingual("Quyết định của cán bộ", "Officers' decisions"),
      Bilingual(
        "Bản ghi được liên kết theo quyết định có rule = decision trong kho; cán bộ chịu trách nhiệm và lý do ghi trong sổ quyết định.",
        "A record linked by a decision has rule = decision in the store; who decided and why stands in the book of decisions."
      ),
      "<table>\(rows.joined())</table><p>\(Markup.command("cardlink decisions \(pipeline)"))</p>")
  }

  // MARK: Packages

  private var published: String {
    guard let counts = run.published else { return "" }
    let rows = [
      (Bilingual("Trong gói", "In a package"), counts.persons),
      (
        Bilingual(
          "Bỏ lại: \(counts.packagesLeftOut) gói chưa có khóa để mã hóa",
          "Left out: \(counts.packagesLeftOut) packages without a key to encrypt them to"), counts.leftOut
      ),
      (Bilingual("Thẻ không ghi cơ sở", "No facility on the card"), counts.withoutFacility),
      (Bilingual("Không quy tắc nào chọn cơ sở", "No rule selects the facility"), counts.notSelected),
    ].filter { $0.1 > 0 }.map {
      "<tr><td>\(Markup.both($0.0))</td><td class=\"r\">\(Markup.count($0.1))</td></tr>"
    }
    let todo =
      counts.packagesLeftOut > 0
      ? "<p>\(Markup.both("Cơ sở nào chưa có khóa:", "Which facilities have no key:"))<br />"
        + Markup.command("cardlink doctor \(pipeline)") + "</p>" : ""
    let (all, packages) = (FigureText.count(counts.all), FigureText.count(counts.packages))
    return card(
      Bilingual("Gói dữ liệu", "Packages"),
      Bilingual(
        "\(packages.vietnamese) gói; mỗi người trong \(all.vietnamese) người của kho nằm ở đúng một dòng.",
        "\(packages.english) packages; each of the store's \(all.english) persons is in exactly one line."),
      "<table>\(rows.joined())</table>\(todo)")
  }

  // MARK: Trend

  private var trends: String {
    guard history.count > 1 else { return "" }
    let rates = history.compactMap(\.linkRate)
    let held = history.compactMap {
      FigureText.share($0.count(.insurance, .quarantined), of: $0.count(.insurance))
    }
    let figures = [
      Trend(Bilingual("Tỷ lệ liên kết", "Link rate"), rates, isShare: true),
      Trend(Bilingual("Tỷ lệ cách ly", "Quarantine share"), held, isShare: true),
      Trend(Bilingual("Bản ghi bảo hiểm", "Insurance records"), history.map { $0.count(.insurance) }),
      Trend(Bilingual("Bản ghi dân cư", "Population records"), history.map { $0.count(.population) }),
    ].map(\.html).joined(separator: "\n")
    let rows = recent.reversed().map { run in
      let all = run.count(.insurance)
      let seconds = run.stages.filter { $0.run == run.id }.reduce(0) { $0 + $1.seconds }
      return "<tr><td class=\"r\">\(run.id)</td><td>\(run.asOf)</td><td>\(run.state.rawValue)</td>"
        + "<td class=\"r\">\(run.linkRate.map { Markup.figure(FigureText.percent($0)) } ?? "–")</td>"
        + "<td class=\"r\">\(Markup.percent(run.count(.insurance, .quarantined), of: all))</td>"
        + "<td class=\"r\">\(Markup.count(all))</td><td class=\"r\">\(Markup.count(run.count(.population)))</td>"
        + "<td class=\"r\">\(Markup.figure(FigureText.bilingualDuration(seconds)))</td></tr>"
    }
    let head = [
      ("r", Bilingual("Lần", "Run")), ("", Bilingual("Ngày", "Date")), ("", Bilingual("Trạng thái", "State")),
      ("r", Bilingual("Liên kết", "Linked")), ("r", Bilingual("Cách ly", "Quarantined")),
      ("r", Bilingual("Bảo hiểm", "Insurance")), ("r", Bilingual("Dân cư", "Population")),
      ("r", Bilingual("Thời gian", "Time")),
    ].map { "<th class=\"\($0.0)\">\(Markup.both($0.1))</th>" }.joined()
    return card(
      Bilingual("Xu hướng", "Trend"),
      Bilingual(
        "\(history.count) lần chạy hoàn tất gần nhất; trục đứng không bắt đầu từ 0.",
        "The last \(history.count) finished runs; the scale does not begin at zero."),
      "<div class=\"trends\">\(figures)</div><details><summary>\(Markup.both("Bằng số", "As figures"))</summary>"
        + "<div class=\"scroll\"><table><tr>\(head)</tr>\(rows.joined())</table></div></details>")
  }

  // MARK: Places

  private var places: String {
    let rates = PlaceRate.all(run.matched.places)
    guard !rates.isEmpty else { return "" }
    let items = rates.map { rate in
      let name = rate.place.map { place in
        let name = place.name
        return rate.isProvince
          ? "\(Markup.escaped(name.vietnamese)) <span class=\"soft\">\(place.code)</span>"
          : Markup.both(name.vietnamese, name.english)
      }
      let value =
        switch rate.rate {
        case .exactly(let hundredths): Markup.figure(FigureText.percent(hundredths))
        case .atLeast(let percent): "≥ \(percent)\u{A0}%"
        case .atMost(let percent): "≤ \(percent)\u{A0}%"
        }
      let small = Markup.both("Các nơi có dưới 5 bản ghi", "Places with fewer than 5 records")
      return
        "<li><span>\(name ?? small)</span><span class=\"v\"><b>\(value)</b> <span class=\"soft\">/ \(Markup.count(rate.records))</span></span>"
        + "<span class=\"meter\"><i class=\"ok\" style=\"width:\(Double(rate.hundredths) / 100)%\"></i></span></li>"
    }
    return card(
      Bilingual("Tỷ lệ liên kết theo nơi đăng ký khai sinh", "Link rate by place of birth registration"),
      Bilingual(
        "Theo ba chữ số đầu của số định danh trên bản ghi bảo hiểm (63 tỉnh, thành trước tháng 7/2025), thấp nhất trước; sau gạch chéo là số bản ghi. Số nhỏ hơn 5 không hiển thị: khi đó tỷ lệ được ghi dưới dạng giới hạn.",
        "By the first three digits of the personal ID number on the insurance record (the 63 provinces of before July 2025), lowest first; behind the slash the records. Counts below 5 are not shown: the rate is then given as a bound."
      ), "<ol class=\"places\">" + items.joined(separator: "\n") + "</ol>")
  }

  // MARK: Armed forces

  private var armedForces: String {
    let missing = run.count(.insurance, .idMissing)
    let groups = run.matched.missingByGroup
    guard missing > 0, !groups.isEmpty else { return "" }
    let names = [
      "QN": Bilingual("Quân nhân", "Military"), "CA": Bilingual("Công an", "Police"),
      "CY": Bilingual("Cơ yếu", "Cipher service"),
    ]
    var rows = Figures.armedForces.map { group in
      "<tr><td><b>\(group)</b> \(Markup.both(names[group] ?? Bilingual(group, group)))</td><td class=\"r\">\(Markup.count(groups[group] ?? 0))</td></tr>"
    }
    let apart = Figures.armedForces.reduce(0) { $0 + (groups[$1] ?? 0) }
    rows.append(
      "<tr><td>\(Markup.both("Các nhóm khác, cần bổ sung số", "Other groups, where the number is wanting"))</td><td class=\"r\"><b>\(Markup.count(missing - apart))</b></td></tr>"
    )
    return card(
      Bilingual("Thiếu số định danh theo nhóm thẻ", "No personal ID number, by card group"),
      Bilingual(
        "Thẻ lực lượng vũ trang được gửi không kèm số định danh; đây không phải là lỗi và không tính vào tỷ lệ liên kết.",
        "Cards of the armed forces are sent without numbers; that is no fault, and the link rate leaves them out."
      ),
      "<table>\(rows.joined())</table>")
  }

  // MARK: Stages and files

  private var stages: String {
    guard !run.stages.isEmpty else { return "" }
    let longest = run.stages.filter { $0.run == run.id }.map(\.seconds).max() ?? 0
    let rows = run.stages.map { stage in
      let own = stage.run == run.id
      let rate = stage.seconds > 0 ? Int(Double(stage.records) / stage.seconds) : 0
      let time =
        own
        ? Markup.figure(FigureText.bilingualDuration(stage.seconds))
        : Markup.both("của lần chạy \(stage.run)", "of run \(stage.run)")
      let width = own && longest > 0 ? stage.seconds / longest * 100 : 0
      return
        "<tr><td>\(Markup.both(stage.stage.title))<span class=\"meter\"><i class=\"ok\" style=\"width:\((width * 10).rounded() / 10)%\"></i></span></td>"
        + "<td class=\"r\">\(time)</td><td class=\"r\">\(Markup.count(stage.records))</td>"
        + "<td class=\"r\">\(own ? Markup.count(rate) : "–")</td></tr>"
    }
    return card(
      Bilingual("Các bước", "Stages"), nil,
      "<table><tr><th>\(Markup.both("Bước", "Stage"))</th><th class=\"r\">\(Markup.both("Thời gian", "Time"))</th>"
        + "<th class=\"r\">\(Markup.both("Bản ghi", "Records"))</th><th class=\"r\">\(Markup.both("Bản ghi/giây", "Records/s"))</th></tr>"
        + rows.joined() + "</table>")
  }

  private var files: String {
    guard !run.exports.isEmpty else { return "" }
    let rows = run.exports.prefix(200).map { file in
      let lines = run.matched.ledger.filter { $0.export == file.export.name && $0.sourceFile == file.name }
      let records = lines.reduce(0) { $0 + $1.records }
      let held = lines.filter { $0.outcome == Outcome.quarantined.name }.reduce(0) { $0 + $1.records }
      let damage = run.extracted.damaged?["\(file.export.name)/\(file.name)"].map {
        Markup.element(
          "p", "class=\"note\"",
          Markup.both(
            "Tệp bị hỏng, chỉ đọc đến chỗ lỗi: " + $0, "Damaged, read up to its fault: " + $0))
      }
      return
        "<tr><td>\(Markup.escaped(file.name))\(damage ?? "")</td><td>\(Markup.both(file.export.title))</td>"
        + "<td class=\"r\">\(Markup.figure(FigureText.bytes(file.byteCount)))</td><td class=\"r\">\(lines.isEmpty ? "–" : Markup.count(records))</td>"
        + "<td class=\"r\">\(Markup.percent(held, of: records))</td></tr>"
    }
    let more = run.exports.count - rows.count
    let rest =
      more > 0
      ? Markup.element("p", "class=\"note\"", Markup.both("và \(more) tệp khác", "and \(more) more files"))
      : ""
    return card(
      Bilingual("Tệp đã đọc", "Files read"), nil,
      "<div class=\"scroll\"><table><tr><th>\(Markup.both("Tệp", "File"))</th><th>\(Markup.both("Nguồn", "Export"))</th>"
        + "<th class=\"r\">\(Markup.both("Dung lượng", "Size"))</th><th class=\"r\">\(Markup.both("Bản ghi", "Records"))</th>"
        + "<th class=\"r\">\(Markup.both("Cách ly", "Quarantined"))</th></tr>\(rows.joined())</table></div>\(rest)"
    )
  }

  private var nextSteps: String {
    let commands: [(String, Bilingual)] =
      run.state == .done
      ? [
        (
          "cardlink findings \(pipeline)",
          Bilingual("bản ghi nào, vì sao, cần làm gì", "which records, why, and what to do")
        ),
        (
          "cardlink explain - \(pipeline)",
          Bilingual(
            "một người, từng quy tắc (nhập số từ bàn phím)", "one person, rule by rule (type the number)")
        ),
        ("cardlink status \(pipeline)", Bilingual("tình hình trên một màn hình", "the state in a screenful")),
      ]
      : [
        (
          "cardlink check \(pipeline)",
          Bilingual("kiểm tra tệp và cấu hình", "check the files and the pipeline")
        ),
        (
          "cardlink run \(pipeline)",
          Bilingual("chạy tiếp từ bước đã xong", "go on behind the last finished stage")
        ),
      ]
    let items = commands.map {
      "<li>\(Markup.command($0.0)) <span class=\"soft\">\(Markup.both($0.1))</span></li>"
    }
    return card(
      Bilingual("Tiếp theo", "Try next"), nil, "<ul class=\"causes\">\(items.joined())</ul>")
  }

  private var footer: String {
    """
    <footer><p>\(Markup.both(
      "Trang này không chứa dữ liệu cá nhân: chỉ có số đếm, tên tệp và thời gian. Được tạo từ runs/\(padded(UInt64(run.id), to: 4))/run.json.",
      "This page holds no personal data: counts, names of files and times only. Made from runs/\(padded(UInt64(run.id), to: 4))/run.json."))</p></footer>
    """
  }

  // MARK: Pieces

  private func card(_ title: Bilingual, style: String = "", _ note: Bilingual?, _ content: String) -> String {
    "<section class=\"card\(style.isEmpty ? "" : " " + style)\"><h2>\(Markup.both(title))</h2>"
      + (note.map { "<p class=\"note\">\(Markup.both($0))</p>" } ?? "") + content + "</section>"
  }

  /// `2026-11-24 02:00:01`, where the registers live.
  private static func time(_ iso: String) -> String {
    String(iso.prefix(19)).replacing("T", with: " ")
  }
}
