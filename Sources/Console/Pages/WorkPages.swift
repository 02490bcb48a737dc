// The work list: one disputed record or candidate at a time, with both sides, and the officer's decision.
// Invariant: an officer decides on what was shown; if it has changed, the page says so and nothing is recorded. Two officers
// never get the same record.

import Desk
import Rules
import Store
import Values

struct WorkPage {
  struct Line {
    var title: String
    var population: [Piece]
    var insurance: [Piece]
    var differs: Bool
  }
  struct Earlier {
    var text: String
    var reason: String?
  }

  var isEmpty = false
  var notice: String?
  var noticeIsBad = false
  var undone: Int?
  var count = ""
  var outcome = ""
  var reasons: [FindingsPage.Text] = []
  var lines: [Line] = []
  var origin = ""
  var populationOrigin: String?
  var isMissing = false
  var candidates: Int?
  var asksPerson = false
  var earlier: [Earlier] = []
  /// Common reasons.
  var usual: [String] = []
  var row: Int64 = 0
  var run = 0
  var digest = ""
  var decide = ""
  var skip = ""
  var undo = ""
  var decidedPath = ""
  var rehearse = ""
  var choices: [FindingsPage.Choice] = []
  var action = ""
}

struct DecidedPage {
  struct Row {
    var number: Int
    var isAccepted: Bool
    var personID: String
    var insuranceNumber: String
    var cardNumber: String
    var by: String
    var at: String
    var because: String
  }
  var rows: [Row]
  var undo: String
  var work: String
  var rehearse: String
}

extension Visit {
  /// Common reasons, offered beside the officer's own words.
  private static let reasons = [
    Bilingual("Đã đối chiếu giấy tờ gốc", "Checked against the original papers"),
    Bilingual("Đã hỏi người dân", "Asked the person"),
    Bilingual("Lỗi gõ tên, dấu hoặc ngày sinh", "A slip in the name, tone or birth date"),
    Bilingual("Hai người khác nhau", "Two different persons"),
  ]

  /// The next record, or the one that this officer has.
  func work() throws(Stop) -> Response {
    let notice = site.sessions.takeNotice(sessionID)
    let desk = desk
    let list = try site.list(served, desk)
    var filter = FindingList.Filter()
    filter.isDecidable = true
    filter.outcome = request.query["outcome"].flatMap(Outcome.init(name:))
    let rows = list.rows(filter)
    var page = WorkPage()
    (page.notice, page.noticeIsBad) = (notice.map { language.text($0.text) }, notice?.isBad ?? false)
    page.undone = notice?.undone
    page.count = language.count(rows.count)
    page.decide = path(.decide)
    page.skip = path(.skip)
    page.undo = path(.undo)
    page.decidedPath = path(.decided)
    page.rehearse = path(.rehearse)
    page.action = path(.work)
    let counts = list.counts(
      {
        var all = filter
        all.outcome = nil
        return all
      }())
    page.choices = Outcome.allCases.filter { counts.outcomes[$0] != nil }.map {
      .init(
        value: $0.name, title: language.text($0.title), count: language.count(counts.outcomes[$0] ?? 0),
        isChosen: $0 == filter.outcome)
    }
    let skipped = site.sessions.session(sessionID, isActive: true)?.skipped ?? []
    func free() throws(Stop) -> Int64? {
      let taken = try leases.taken(run: list.run.id, besides: leaseName)
      return try desk.nextUndecided(rows, of: list) { !skipped.contains($0) && !taken.contains($0) }
    }
    var next = try free()
    // Another officer may take it between the search and the lease.
    while let row = next, try !leases.take(row, run: list.run.id, by: leaseName) { next = try free() }
    guard let row = next, let item = try desk.workItem(row, of: list) else {
      page.isEmpty = true
      return show("work", page, title: Bilingual("Cần quyết định", "Work list"))
    }
    fill(&page, item)
    return show("work", page, title: Bilingual("Cần quyết định", "Work list"))
  }

  private func fill(_ page: inout WorkPage, _ item: WorkItem) {
    let finding = item.finding
    page.row = item.row
    page.run = item.run
    page.digest = finding.digest ?? ""
    page.outcome = Outcome(name: finding.outcome).map { language.text($0.title) } ?? finding.outcome
    page.reasons = (finding.reasons ?? "").split(separator: ",").compactMap { word in
      Reason(shown: String(word)).map {
        .init(
          title: String(word), meaning: language.text($0.meaning), remedy: language.text($0.remedy),
          other: "", otherLang: "")
      }
    }
    page.origin = "\(finding.sourceFile):\(finding.sourceLine)"
    page.populationOrigin = item.person.map { "\(language.text("dòng", "line")) \($0.record.line)" }
    page.isMissing = item.record == nil
    page.candidates = finding.candidates
    page.asksPerson = (finding.candidates ?? 0) > 1
    page.usual = Self.reasons.map { language.text($0) }
    page.lines = lines(item)
    page.earlier = item.earlier.map { entry, act in
      let number = entry.decision.number
      let verdict =
        entry.decision.isAccepted
        ? language.text("chấp nhận", "accepted") : language.text("từ chối", "rejected")
      let end = entry.revokedBy == nil ? "" : language.text(", đã thu hồi", ", revoked")
      return .init(
        text: "№ \(number) · \(language.time(act.at)) · \(act.by): \(verdict)\(end)",
        reason: entry.because.isEmpty ? nil : entry.because)
    }
  }

  /// Both sides, value by value.
  private func lines(_ item: WorkItem) -> [WorkPage.Line] {
    func line(
      _ vietnamese: String, _ english: String, _ sides: (a: [Piece], b: [Piece])
    ) -> WorkPage.Line {
      .init(
        title: language.text(vietnamese, english), population: sides.a, insurance: sides.b,
        differs: sides.a.contains { $0.kind != .same } || sides.b.contains { $0.kind != .same })
    }
    func text(_ date: CalendarDate?) -> String { date.map { $0.isNone ? "" : $0.text } ?? "" }
    func wordOf(_ sex: Sex?) -> String {
      switch sex {
      case .male: language.text("nam", "male")
      case .female: language.text("nữ", "female")
      default: ""
      }
    }
    let (person, record) = (item.person, item.record?.record)
    let plain: (String) -> [Piece] = { [Piece(text: $0, kind: .same)] }
    let dates =
      person == nil || record == nil
      ? (plain(language.date(text(person?.record.birthDate))), plain(language.date(text(record?.birthDate))))
      : Marks.dates(text(person?.record.birthDate), text(record?.birthDate))
    let names =
      person == nil || item.record == nil
      ? (plain(person?.name ?? ""), plain(item.record?.name ?? ""))
      : Marks.names(person?.name ?? "", item.record?.name ?? "")
    let held = item.finding.personalID ?? item.record?.rawID ?? ""
    return [
      line("Họ và tên", "Name", names),
      line("Ngày sinh", "Birth date", dates),
      line("Giới tính", "Sex", Marks.values(wordOf(person?.record.sex), wordOf(record?.sex))),
      line("Số định danh", "Personal ID number", (plain(item.personID?.text ?? ""), plain(held))),
      line("Tình trạng", "Status", (plain(person.map { word($0.record.status) } ?? ""), plain(""))),
      line("Mã số BHXH", "Insurance number", (plain(""), plain(item.finding.insuranceNumber ?? ""))),
      line("Số thẻ", "Card number", (plain(""), plain(item.finding.cardNumber ?? ""))),
      line(
        "Cơ sở đăng ký", "Facility",
        (plain(""), plain(record.map { $0.facility.isNone ? "" : $0.facility.text } ?? ""))),
      line(
        "Hạn thẻ", "Valid",
        (
          plain(""),
          plain(
            record.map { "\(language.date(text($0.validFrom))) – \(language.date(text($0.validTo)))" } ?? "")
        )),
    ]
  }

  /// Back to the list, which says so; a page that is loaded again then repeats nothing.
  private func told(_ notice: Notice) -> Response {
    site.sessions.tell(notice, sessionID)
    return .see(path(.work, request.form["outcome"].map { [("outcome", $0)] } ?? []))
  }

  func decide() throws(Stop) -> Response {
    let desk = desk
    let list = try site.list(served, desk)
    guard let row = request.form["row"].flatMap({ Int64($0) }), let run = request.form.number("run"),
      let verdict = request.form["verdict"], ["accept", "reject"].contains(verdict)
    else { return site.notFound(language, session) }
    guard run == list.run.id else {
      return told(
        Notice(
          text: Bilingual(
            "Một lượt chạy mới đã hoàn tất trong lúc bạn xem. Chưa ghi gì; hãy xem lại bản ghi.",
            "A new run has finished since this was shown. Nothing was recorded; look at the record again."),
          isBad: true))
    }
    guard try leases.take(row, run: run, by: leaseName) else {
      return told(
        Notice(
          text: Bilingual(
            "Cán bộ khác đang xem bản ghi đó. Chưa ghi gì.",
            "Another officer has that record now. Nothing was recorded."), isBad: true))
    }
    let because = request.form["because"] ?? request.form["other"] ?? ""
    do throws(Stop) {
      let number = try desk.decide(
        WorkDecision(
          row: row, digest: request.form["digest"] ?? "", isAccepted: verdict == "accept", because: because,
          candidate: request.form["candidate"]), of: list)
      try leases.end(row, run: run)
      site.sessions.countDecision()
      return told(
        Notice(
          text: verdict == "accept"
            ? Bilingual("Đã ghi: chấp nhận.", "Recorded: accepted.")
            : Bilingual("Đã ghi: từ chối.", "Recorded: rejected."), undone: number))
    } catch {
      guard error.exit == .dataRefused else { throw error }
      return told(
        Notice(
          text: Bilingual(
            "Chưa ghi gì: dữ liệu đã thay đổi từ lúc hiển thị, hoặc trái với quyết định trước. Hãy xem lại bản ghi.",
            "Nothing was recorded: the evidence has changed since it was shown, or an earlier decision contradicts it. Look at the record again."
          ), isBad: true))
    }
  }

  func skip() throws(Stop) -> Response {
    if request.form["again"] != nil {
      site.sessions.unskip(sessionID)
    } else if let row = request.form["row"].flatMap({ Int64($0) }), let run = request.form.number("run") {
      site.sessions.skip(row, sessionID)
      try leases.end(row, run: run)
    }
    return .see(path(.work, request.form["outcome"].map { [("outcome", $0)] } ?? []))
  }

  func decided() throws(Stop) -> Response {
    let rows = try desk.pendingDecisions().map { pending in
      let decision = pending.entry.decision
      return DecidedPage.Row(
        number: Int(decision.number), isAccepted: decision.isAccepted, personID: decision.person.text,
        insuranceNumber: decision.insuranceNumber.text,
        cardNumber: decision.cardNumber.isNone ? "" : decision.cardNumber.text, by: pending.act.by,
        at: language.time(pending.act.at), because: pending.entry.because)
    }
    return show(
      "decided",
      DecidedPage(rows: rows, undo: path(.undo), work: path(.work), rehearse: path(.rehearse)),
      title: Bilingual("Đã quyết định", "Decided"))
  }

  func undo() throws(Stop) -> Response {
    guard let number = request.form.number("number") else { return site.notFound(language, session) }
    try desk.undo(number, because: language.text("Hoàn tác tại bảng điều khiển", "Undone at the console"))
    guard request.form["from"] != "decided" else { return .see(path(.decided)) }
    return told(
      Notice(text: Bilingual("Đã hoàn tác quyết định \(number).", "Decision \(number) was undone.")))
  }
}
