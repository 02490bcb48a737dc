// The text of `status` for a terminal, on one screen.
// Invariant: no line is wider than 80 columns except a command, which is never broken; colour is never the
// only sign.

package import Desk
import Values

/// Colours of a terminal, or none.
package struct Paint: Sendable {
  package var isOn: Bool

  package init(isOn: Bool) { self.isOn = isOn }

  package enum Colour: String, Sendable {
    case good = "32", wait = "33", bad = "31", soft = "2", strong = "1"
  }

  package func callAsFunction(_ text: String, _ colour: Colour?) -> String {
    guard isOn, let colour, !text.isEmpty else { return text }
    return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
  }
}

/// The status for people.
package struct StatusText {
  private let status: Status
  private let paint: Paint
  static let columns = 80

  package init(_ status: Status, paint: Paint) {
    self.status = status
    self.paint = paint
  }

  package var text: String {
    var lines = head
    for export in [ExportKind.insurance, .population] where status.records(export) > 0 {
      lines += [""] + ledger(export)
    }
    if let series = status.series, !series.isEmpty { lines += [""] + self.series(series) }
    let gates = status.gatesPassed + status.gatesFailed.count > 0 ? [""] + gates : []
    if status.state == .held { lines += gates }
    if !status.causes.isEmpty { lines += [""] + causes }
    if status.state != .held { lines += gates }
    lines += [""] + stages
    lines += ["", heading("Try next", "Tiếp theo")]
    for step in status.next {
      let why = "  # \(step.why) · \(step.whyVietnamese)"
      let fits = 2 + step.command.count + why.count <= Self.columns
      lines.append("  " + step.command + (fits ? paint(why, .soft) : ""))
    }
    return lines.joined(separator: "\n")
  }

  private func heading(_ english: String, _ vietnamese: String) -> String {
    paint("\(english) · \(vietnamese)", .strong)
  }

  // MARK: The last run

  private var head: [String] {
    var lines = [
      "\(status.pipeline)  \(paint("run \(status.run): \(stateText.english) · \(stateText.vietnamese)", stateColour))"
    ]
    var facts = [
      "business date \(status.asOf)", "began \(Self.time(status.startedAt))",
    ]
    if let ended = status.endedAt, status.state != .done {
      facts.append("ended \(Self.time(ended, since: status.startedAt))")
    }
    if let left = status.secondsLeft {
      facts.append("about \(FigureText.duration(left)) left, as in the last run")
    }
    if status.seconds > 0, status.state != .running {
      facts.append("took \(FigureText.duration(status.seconds))")
    }
    if status.command != "run" { facts.append(status.command) }
    // Facts are not broken across lines.
    var line = ""
    for fact in facts {
      if !line.isEmpty, line.count + 3 + fact.count > Self.columns {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "  " : " · ") + fact
    }
    lines.append(line)
    if let holder = status.holder {
      lines.append("  process \(holder.process) holds the workspace since \(Self.time(holder.since))")
    }
    if let rollback = status.rollback {
      lines.append("  the store of run \(rollback.to) replaces that of run \(rollback.from) again")
    }
    if let release = status.release {
      lines += Self.wrapped(
        "released by \(release.by) at \(Self.time(release.at)): \(release.because)", indent: 2)
    }
    for (_, fault) in (status.damaged ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines += Self.wrapped("damaged · tệp hỏng: \(fault)", indent: 2)
    }
    lines.append(inForce)
    if let history = status.history {
      lines.append(
        "  history · lịch sử: since \(history.since), run \(history.run)"
          + (history.changes > 0 ? " · \(FigureText.bytes(history.byteCount).english)" : ""))
    }
    if let packages = status.packagesOfRun, packages != status.inForce?.run {
      lines.append("  packages · gói dữ liệu: of run \(packages)")
    }
    if let published = status.published {
      lines += Self.wrapped("published · phát hành: " + published.words, indent: 2)
      if let receipts = status.receipts {
        let (all, current) = (receipts.values.reduce(0, +), receipts["current"] ?? 0)
        lines += Self.wrapped(
          "receipts · biên nhận: \(FigureText.grouped(current)) of \(FigureText.grouped(all)) recipients have the packages "
            + "in force; cardlink receipts lists the others", indent: 2)
      }
      if let warning = published.warning {
        lines += [warning.english, warning.vietnamese].flatMap { Self.wrapped("! " + $0, indent: 2) }.map {
          paint($0, .wait)
        }
      }
      if let unknown = published.unknownFacilities {
        lines += [unknown.english, unknown.vietnamese].flatMap { Self.wrapped("! " + $0, indent: 2) }.map {
          paint($0, .wait)
        }
      }
    }
    // The gates below show why a run is held.
    if status.state != .held, let failure = status.failure {
      lines.append("")
      for line in failure.split(separator: "\n") { lines += Self.wrapped(String(line), indent: 2) }
    }
    return lines
  }

  private var stateText: Bilingual {
    var text = status.state.title
    if status.state == .failed { text.english += ", exit code \(status.exitCode ?? 0)" }
    return text
  }

  private var stateColour: Paint.Colour {
    switch status.state {
    case .done: .good
    case .held, .running, .cutOff: .wait
    case .failed: .bad
    }
  }

  private var inForce: String {
    guard let now = status.inForce else {
      return "  in force · đang có hiệu lực: " + paint("nothing yet · chưa có", .wait)
    }
    let age: String
    switch now.ageDays {
    case 0: age = "today's · hôm nay"
    case 1: age = "1 day old · 1 ngày"
    default: age = paint("\(now.ageDays) days old · \(now.ageDays) ngày", now.ageDays > 1 ? .wait : nil)
    }
    return "  in force · đang có hiệu lực: run \(now.run) of \(now.asOf), \(age)"
  }

  // MARK: The ledger

  private func ledger(_ export: ExportKind) -> [String] {
    let total = status.records(export)
    let name = export == .insurance ? "Insurance" : "Population"
    let change = Self.change(total, status.recordsBefore(export))
    let against = status.before.map { "vs run \($0)" } ?? ""
    var lines = [
      paint("\(name) · \(export.vietnamese)".leftAligned(20), .strong)
        + FigureText.grouped(total).rightAligned(12)
        + "".leftAligned(20) + change.rightAligned(12) + "  " + paint(against, .soft)
    ]
    for count in status.counts where count.export == export.name {
      guard let outcome = Outcome(name: count.outcome) else { continue }
      let share = FigureText.share(count.records, of: total) ?? 0
      let isGood = [Outcome.linked, .registered, .repeated].contains(outcome)
      lines.append(
        "  \(count.outcome)".leftAligned(20) + FigureText.grouped(count.records).rightAligned(12) + "  "
          + paint(Self.bar(Double(count.records) / Double(total), width: 8), isGood ? .good : .wait)
          + FigureText.percent(share).rightAligned(9)
          + Self.change(count.records, count.before).rightAligned(13) + "  " + outcome.shortVietnamese)
    }
    if export == .insurance, let rate = status.linkRate {
      var text = "link rate · tỷ lệ liên kết \(FigureText.percent(rate))"
      if let before = status.linkRateBefore {
        text += " (\(FigureText.points(rate - before).english.prefix { $0 != "\u{A0}" }))"
      }
      if status.armedForcesLeftOut > 0 {
        text += ", less \(FigureText.grouped(status.armedForcesLeftOut)) armed-forces cards"
      }
      lines += Self.wrapped(text.replacing("\u{A0}", with: " "), indent: 2)
    }
    if export == .insurance, let grace = status.grace {
      let parts = [
        "\(FigureText.grouped(grace.total)) persons",
        grace.keptBefore > 0 ? "\(FigureText.grouped(grace.keptBefore)) of them since earlier" : "",
        grace.ended > 0 ? "\(FigureText.grouped(grace.ended)) over" : "",
      ].filter { !$0.isEmpty }
      lines += Self.wrapped(
        "kept in grace · giữ tạm khi còn nghi vấn " + parts.joined(separator: ", "), indent: 2)
    }
    if export == .insurance, let decided = status.decisions {
      lines += Self.wrapped("officers' decisions · quyết định của cán bộ \(decided.words)", indent: 2)
    }
    return lines
  }

  private static func change(_ now: Int, _ before: Int?) -> String {
    guard let before else { return "" }
    let more = now - before
    return (more > 0 ? "+" : more < 0 ? "−" : "±") + FigureText.grouped(abs(more))
  }

  /// A bar to an eighth of a column; more than zero is at least a hairline.
  static func bar(_ share: Double, width: Int) -> String {
    guard share > 0 else { return String(repeating: "·", count: width) }
    let eighths = min(width * 8, max(1, Int((share * Double(width * 8)).rounded())))
    let part = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
    let bar = String(repeating: "█", count: eighths / 8) + part
    return bar + String(repeating: "·", count: width - bar.count)
  }

  private func series(_ all: [SeriesStatus]) -> [String] {
    [heading("Series", "Chuỗi tệp thay đổi")]
      + all.flatMap { series in
        Self.wrapped(series.text, indent: 2)
          + series.warnings.flatMap { Self.wrapped("! " + $0, indent: 2) }.map { paint($0, .wait) }
      }
  }

  // MARK: Causes, gates, stages

  private var causes: [String] {
    [heading("Largest causes", "Nguyên nhân lớn nhất")]
      + status.causes.flatMap { cause in
        let count = FigureText.grouped(cause.records).rightAligned(12)
        let meaning = Self.cut("\(cause.cause): \(cause.meaning)", to: Self.columns - 14)
        return ["\(count)  \(meaning)", "              \(paint(cause.command, .soft))"]
      }
  }

  private var gates: [String] {
    let all = status.gatesPassed + status.gatesFailed.count
    guard !status.gatesFailed.isEmpty else {
      return [heading("Gates", "Cổng kiểm soát") + ": all \(all) passed · đều đạt"]
    }
    let what = "\(status.gatesFailed.count) of \(all) not passed · không đạt"
    var lines = [heading("Gates", "Cổng kiểm soát") + ": " + paint(what, .wait)]
    for cause in status.likelyCauses {
      lines += Self.wrapped("likely cause: \(cause.cause)", indent: 2)
      lines += Self.wrapped("nguyên nhân có thể: \(cause.causeVietnamese)", indent: 2)
    }
    let failed = status.gatesFailed.linesOfFailed
    for line in failed.prefix(4) {
      lines += Self.wrapped(
        "✗ \(line.name): found \(line.figure.english), expected \(line.limit.english)", indent: 2)
    }
    if failed.count > 4 { lines.append("  and \(failed.count - 4) more") }
    return lines
  }

  private var stages: [String] {
    let longest = status.stages.compactMap(\.seconds).max() ?? 0
    return [heading("Stages", "Các bước")]
      + status.stages.map { stage in
        let name = "  " + stage.stage.rawValue.leftAligned(9)
        let last = stage.lastSeconds.map { "last time \(FigureText.duration($0))" } ?? ""
        switch stage.state {
        case .done:
          let seconds = stage.seconds ?? 0
          let bar = Self.bar(longest > 0 ? seconds / longest : 0, width: 20)
          return (name + bar + FigureText.duration(seconds).rightAligned(13) + "   " + paint(last, .soft))
            .withoutTrailingSpaces
        case .skipped: return name + "of run \(stage.run ?? 0)"
        case .running:
          return (name + paint("running · đang chạy", .wait) + "   " + paint(last, .soft))
            .withoutTrailingSpaces
        case .waiting: return name + "–"
        }
      }
  }

  // MARK: Parts

  /// `2026-11-24 01:17`, or only `01:17` on the same day as `since`.
  private static func time(_ iso: String, since: String? = nil) -> String {
    let text = iso.prefix(16).replacing("T", with: " ")
    guard let since, since.prefix(10) == iso.prefix(10) else { return String(text) }
    return String(text.suffix(5))
  }

  package static func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }

  /// Lines of at most 80 columns, indented after the first.
  static func wrapped(_ text: String, indent: Int, columns: Int = columns) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: indent)
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > columns {
        lines.append(line)
        (line, isEmpty) = (String(repeating: " ", count: indent + 2), true)
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}

extension Outcome {
  /// In at most fourteen letters.
  var shortVietnamese: String {
    switch self {
    case .quarantined: "cách ly"
    case .idMissing: "thiếu số ĐD"
    case .idInvalid: "số ĐD sai dạng"
    case .personUnknown: "không rõ người"
    case .personDuplicated: "trùng số ĐD"
    case .personInactive: "hết hiệu lực"
    case .disputed: "sai lệch"
    case .numberShared: "chung mã số"
    case .linked: "đã liên kết"
    case .registered: "đã ghi nhận"
    case .repeated: "lặp lại"
    case .notARecord: "không phải BG"
    }
  }
}
