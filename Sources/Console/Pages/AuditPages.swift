// The audit log for the auditor: who did what, when and why, by event, person at the console and person asked about; and
// whether the log was altered.
// Load: the log is read as a whole and checked line by line; the last five hundred lines that match are shown.

import Desk
import Foundation
import Values
import Workspace

struct AuditPage {
  struct Row {
    var number: Int
    var at: String
    var event: String
    var user: String
    var door: String
    var run: String
    var person: String
    var because: String
    var detail: String
  }

  var action: String
  var events: [FindingsPage.Choice]
  var event: String?
  var user: String?
  var isOnePerson = false
  var fault: String?
  var rows: [Row]
  var matching: String
  var lines: String
  var head: String
  var isIntact: Bool
  var broken: String?
  var mended: Int?
}

struct CardPage {
  struct Fact {
    var title: String
    var value: String
  }
  var action: String
  var code: String?
  var verdict: String?
  var note: String?
  var style: String = ""
  var facts: [Fact] = []
}

extension Visit {
  private static let mostLines = 500

  func auditLog() throws(Stop) -> Response {
    let form = route.method == .get ? request.query : request.form
    let log = try desk.auditLog()
    let event = form["event"].flatMap(AuditEvent.init(rawValue:))
    let user = form["user"]
    var page = AuditPage(
      action: path(.audit), events: [], event: event?.rawValue, user: user, rows: [], matching: "",
      lines: language.count(log.lines.count), head: log.head, isIntact: log.broken == nil,
      broken: log.broken.map {
        language.text("dòng \($0.fileLine): \($0.why)", "line \($0.fileLine): \($0.why)")
      }, mended: log.mended > 0 ? log.mended : nil)
    var wanted: String?
    if let number = request.form["number"] {
      page.isOnePerson = true
      if let id = try? PersonalID(number.filter { !$0.isWhitespace }.utf8.span) {
        wanted = try desk.pseudonym(of: id)
      } else {
        page.fault = language.text("Nhập đủ 12 chữ số.", "Type all 12 digits.")
        wanted = ""
      }
    }
    let counts = Dictionary(grouping: log.lines, by: \.event).mapValues(\.count)
    page.events = AuditEvent.allCases.filter { counts[$0.rawValue] != nil }.map {
      .init(
        value: $0.rawValue, title: language.text($0.title), count: language.count(counts[$0.rawValue] ?? 0),
        isChosen: $0 == event)
    }
    let lines = log.lines.filter { line in
      (event == nil || line.event == event?.rawValue) && (wanted == nil || line.person == wanted)
        && (user.map { line.user.localizedStandardContains($0) } ?? true)
    }
    page.matching = language.count(lines.count)
    page.rows = lines.suffix(Self.mostLines).reversed().map { line in
      .init(
        number: line.number, at: language.time(line.at),
        event: AuditEvent(rawValue: line.event).map { language.text($0.title) } ?? line.event,
        user: line.user,
        door: line.door ?? "", run: line.run.map(String.init) ?? "", person: line.person ?? "",
        because: line.because ?? "",
        detail: (line.detail ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(
          separator: " "))
    }
    return show("audit", page, title: Bilingual("Nhật ký", "Audit"))
  }

  // MARK: Card check

  func cardForm() -> Response {
    show("card", CardPage(action: path(.checkCard)), title: Bilingual("Tra thẻ", "Card check"))
  }

  func checkCard() throws(Stop) -> Response {
    var page = CardPage(action: path(.checkCard))
    guard let typed = request.form["question"] else { return cardForm() }
    let line = typed.replacing("\n", with: " ")
    let cards = CardDesk(store: desk, on: Clock.today())
    let text = try cards.answer(typed: line, form: .json)
    let answer = (try? JSONDecoder().decode([String: String?].self, from: Data(text.utf8))) ?? [:]
    func value(_ name: String) -> String? { answer[name].flatMap { $0 } }
    let code = value("maKetQua") ?? "205"
    page.code = code
    page.note = value("ghiChu")
    page.verdict = CardDesk.verdict(of: code).map { language.text($0) }
    page.style = ["000", "004"].contains(code) ? "good" : ["003", "010"].contains(code) ? "wait" : "bad"
    let titles: [(String, Bilingual)] = [
      ("hoTen", Bilingual("Họ và tên", "Name")), ("ngaySinh", Bilingual("Ngày sinh", "Birth date")),
      ("gioiTinh", Bilingual("Giới tính", "Sex")), ("maThe", Bilingual("Số thẻ", "Card number")),
      ("maTheMoi", Bilingual("Số thẻ mới", "New card number")),
      ("maSoBHXH", Bilingual("Mã số BHXH", "Insurance number")),
      ("maDKBD", Bilingual("Cơ sở đăng ký", "Facility")), ("gtTheTu", Bilingual("Từ ngày", "From")),
      ("gtTheDen", Bilingual("Đến ngày", "To")), ("maKV", Bilingual("Khu vực", "Area")),
      ("ngayDu5Nam", Bilingual("Đủ 5 năm từ", "Five years from")),
    ]
    page.facts = titles.compactMap { name, title in
      value(name).map { .init(title: language.text(title), value: $0) }
    }
    return show("card", page, title: Bilingual("Tra thẻ", "Card check"))
  }
}

extension AuditEvent {
  /// The event for people.
  fileprivate var title: Bilingual {
    switch self {
    case .runBegan: Bilingual("bắt đầu chạy", "run began")
    case .runResumed: Bilingual("chạy tiếp", "run resumed")
    case .runDone: Bilingual("chạy xong", "run done")
    case .runFailed: Bilingual("chạy không hoàn tất", "run failed")
    case .runHeld: Bilingual("bị giữ ở cổng", "run held")
    case .released: Bilingual("cho qua", "released")
    case .rolledBack: Bilingual("quay lại kho cũ", "rolled back")
    case .pruned: Bilingual("dọn dữ liệu cũ", "pruned")
    case .erased: Bilingual("xóa một người", "erased a person")
    case .returnAllowed: Bilingual("cho nhận lại người đã xóa", "return allowed")
    case .decided: Bilingual("quyết định", "decided")
    case .revoked: Bilingual("thu hồi quyết định", "decision revoked")
    case .lookedUp: Bilingual("tra thẻ một người", "looked up")
    case .historyRead: Bilingual("xem dòng thời gian", "timeline read")
    case .explained: Bilingual("xem giải thích", "explained")
    case .findingsRead: Bilingual("xem bản ghi bị giữ", "findings read")
    case .workItemShown: Bilingual("xem bản ghi cần quyết định", "work item shown")
    case .decisionsRead: Bilingual("xem quyết định", "decisions read")
    case .differencesRead: Bilingual("so sánh hai kho", "differences read")
    case .cardChecked: Bilingual("tra thẻ tại quầy", "card checked")
    case .cardBatchBegan: Bilingual("bắt đầu tra hàng loạt", "batch of card checks began")
    case .cardBatchDone: Bilingual("xong tra hàng loạt", "batch of card checks done")
    case .policyApproved: Bilingual("phê duyệt chính sách", "policy approved")
    case .answered: Bilingual("trả lời yêu cầu", "requests answered")
    case .answerWithdrawn: Bilingual("rút lại gói trả lời chưa gửi", "unsent answers withdrawn")
    case .attested: Bilingual("cấp xác nhận thẻ", "cards attested")
    case .attestationsRevoked: Bilingual("thu hồi xác nhận thẻ", "attestations revoked")
    case .probed: Bilingual("số bị hỏi nhiều lần", "number probed")
    case .signedIn: Bilingual("đăng nhập", "signed in")
    case .signInRefused: Bilingual("đăng nhập sai nhiều lần", "sign-in refused")
    case .mended: Bilingual("nối dòng đứt do sự cố", "mended after a crash")
    }
  }
}
