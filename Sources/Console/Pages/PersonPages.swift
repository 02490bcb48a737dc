// One person: the card, how each record ended, rule by rule, decisions, and the timeline.
// Invariant: numbers come by POST and are in no address; each answer is in the audit log before it is read.

import Desk
import Rules
import Store
import Values

struct PersonPage {
  struct Fact {
    var title: String
    var value: String
  }
  struct Verdict {
    var rule: String
    var mark: String
    var style: String
    var detail: String
    var population: [Piece]
    var insurance: [Piece]
  }
  struct Record {
    var origin: String
    var name: String
    var birthDate: String
    var sex: String
    var facts: [Fact]
    var outcome: String
    var style: String
    var isHeld: Bool
    var reasons: [FindingsPage.Text]
    var verdicts: [Verdict]
  }
  struct State {
    var since: String
    var by: String
    var facts: [Fact]
  }
  struct Decided {
    var text: String
    var reason: String?
  }
  struct Person {
    var id: String
    var name: String?
    var facts: [Fact]
    var card: [Fact]
    var population: [Fact]
    var records: [Record]
    var others: [Fact]
    var quarantined: [Fact]
    var decisions: [Decided]
    var states: [State]
    /// The packages that hold the person; empty if the answer is of another run than the one in force.
    var packages: [Package]
    var showsPackages: Bool
    var hasMore: Bool
  }

  struct Package {
    var recipient: String
    var name: String
    var path: String
    var text: String
  }

  /// Someone whom a search by name found.
  struct Match {
    var id: String
    var name: String
    var birthDate: String
  }

  var action: String
  var typed: String?
  var typedName: String?
  var typedDate: String?
  var fault: String?
  var matches: [Match] = []
  var matchCount: String?
  var persons: [Person] = []
  var leftOut: Int?
  /// The run that was asked, and why its results are not in force; nil for the one in force.
  var run: Int?
  var notInForce: String?
}

extension Visit {
  private var title: Bilingual { Bilingual("Một người", "Person") }

  func personForm() -> Response { show("person", PersonPage(action: path(.findPerson)), title: title) }

  func findPerson() throws(Stop) -> Response {
    var page = PersonPage(action: path(.findPerson))
    if let number = request.form.number("run") {
      let asked = try desk.asked(number)
      page.run = asked.isInForce ? nil : number
      page.notInForce = notInForce(asked.run, asked.isInForce)
    }
    if request.form["number"] == nil, let name = request.form["name"] { return try find(name, page) }
    let typed = (request.form["number"] ?? "").filter { !$0.isWhitespace && $0 != "." }
    page.typed = typed
    if let id = try? PersonalID(typed.utf8.span) {
      page.persons = [try person(id, page.run)]
    } else if let number = try? InsuranceNumber(typed.utf8.span) {
      try find(.insuranceNumber(number), into: &page)
    } else if let card = try? CardNumber(typed.uppercased().utf8.span) {
      try find(.cardNumber(card), into: &page)
    } else {
      page.fault = language.text(
        "Nhập số định danh 12 chữ số, mã số BHXH 10 chữ số hoặc số thẻ.",
        "Type a personal ID number of 12 digits, an insurance number of 10, or a card number.")
      return show("person", page, title: title)
    }
    if page.persons.isEmpty, page.fault == nil {
      page.fault = language.text("Không có ai mang số này.", "No one has this number.")
    }
    return show("person", page, title: title)
  }

  /// The persons with a name and a birth date; one alone is shown at once.
  private func find(_ name: String, _ empty: PersonPage) throws(Stop) -> Response {
    var page = empty
    (page.typedName, page.typedDate) = (name, request.form["birth_date"])
    guard let date = page.typedDate.flatMap({ CalendarDate(iso: $0) }), date.precision == .day else {
      page.fault = language.text("Chọn đủ ngày, tháng, năm sinh.", "Give the whole birth date.")
      return show("person", page, title: title)
    }
    let found = try desk.persons(named: name, bornOn: date)
    if found.count == 1 {
      page.persons = [try person(found.persons[0].id)]
    } else if found.count == 0 {
      page.fault = language.text(
        "Không có ai trong dân cư mang họ tên và ngày sinh này.",
        "No one in the population has this name and birth date.")
    } else {
      page.matchCount = language.count(found.count)
      page.matches = found.persons.map {
        .init(id: $0.id.text, name: $0.name, birthDate: language.date($0.birthDate))
      }
    }
    return show("person", page, title: title)
  }

  private func find(_ name: RecordName, into page: inout PersonPage) throws(Stop) {
    let found = try desk.explain(name, run: page.run)
    for explanation in found.persons { page.persons.append(try person(explanation.id, page.run)) }
    page.leftOut = found.personsLeftOut > 0 ? found.personsLeftOut : nil
    if page.persons.isEmpty, let other = found.others.first {
      page.fault = language.text(
        "Bản ghi \(other.origin) không dẫn tới người nào.", "The record \(other.origin) leads to no person.")
    }
  }

  /// - Parameter run: the run that is asked; nil for the one in force.
  private func person(_ id: PersonalID, _ run: Int? = nil) throws(Stop) -> PersonPage.Person {
    let desk = desk
    let found = try desk.explain(id, run: run)
    let card = try desk.card(of: id, run: run).card
    let states = (try? desk.states(of: id).states) ?? []
    return PersonPage.Person(
      id: id.text, name: card?.fullName ?? found.population.first?.name,
      facts: [
        fact("Số định danh", "Personal ID number", id.text),
        fact("Nơi đăng ký khai sinh", "Place of birth registration", birthPlace(id)),
      ], card: card.map { facts($0) } ?? [],
      population: found.population.map { person in
        PersonPage.Fact(
          title: found.origin(.population, person.place, line: person.record.line),
          value: [
            person.name, language.date(person.record.birthDate.text), word(person.record.sex),
            word(person.record.status),
          ].joined(separator: " · "))
      }, records: found.judgements.map { record($0, found) },
      others: (found.personless + found.suggested + found.otherClaims).map { other in
        .init(
          title: other.origin,
          value: [
            Outcome(name: other.outcome).map { language.text($0.title) } ?? other.outcome,
            other.insuranceNumber ?? "", other.cardNumber ?? "",
          ].filter { !$0.isEmpty }.joined(separator: " · "))
      },
      quarantined: found.quarantined.map { held in
        .init(
          title: found.origin(held.record.export, held.place, line: held.record.line),
          value: held.record.reasons.words.map { word in
            Reason(shown: word).map { language.text($0.meaning) } ?? word
          }.joined(separator: "; "))
      },
      decisions: found.decisions.map { state in
        let decision = state.entry.decision
        let verdict =
          decision.isAccepted
          ? language.text("chấp nhận", "accepted") : language.text("từ chối", "rejected")
        let now = [state.state.rawValue, state.effect?.rawValue].compactMap(\.self).joined(separator: ", ")
        return .init(
          text:
            "№ \(decision.number) · \(language.time(state.taken.at)) · \(state.taken.by): \(verdict) (\(now))",
          reason: state.entry.because.isEmpty ? nil : state.entry.because)
      }, states: states.reversed().map(self.state),
      packages: run == nil ? try packages(holding: id, desk) : [], showsPackages: run == nil,
      hasMore: !(found.personless + found.suggested + found.otherClaims).isEmpty || !found.quarantined.isEmpty
        || !found.decisions.isEmpty)
  }

  /// The packages that hold a person, each with the run that it is of.
  private func packages(holding id: PersonalID, _ desk: Desk) throws(Stop) -> [PersonPage.Package] {
    let list = try site.packages(served, desk)
    return try desk.packages(holding: id, in: list).map { row in
      let run = list?.publication.run ?? 0
      let text =
        row.package == nil
        ? language.text(
          "không có gói trong lần phát hành đang có hiệu lực", "no package of the publication in force")
        : language.text("gói của lượt chạy \(run)", "package of run \(run)")
      return .init(
        recipient: row.recipient, name: row.name, path: path(.facility, [("code", row.recipient)]), text: text
      )
    }
  }

  private func birthPlace(_ id: PersonalID) -> String {
    let prefix = String(id.text.prefix(3))
    return IDPrefix.province(Int(prefix) ?? 0) ?? prefix
  }

  private func fact(_ vietnamese: String, _ english: String, _ value: String?) -> PersonPage.Fact {
    .init(title: language.text(vietnamese, english), value: value.flatMap { $0.isEmpty ? nil : $0 } ?? "–")
  }

  private func word(_ sex: Sex) -> String {
    switch sex {
    case .male: language.text("nam", "male")
    case .female: language.text("nữ", "female")
    case .unknown: language.text("chưa rõ giới tính", "sex unknown")
    }
  }

  /// A person's status in the population register.
  func word(_ status: PersonStatus) -> String {
    switch status {
    case .active: language.text("đang hoạt động", "active")
    case .dead: language.text("đã chết", "dead")
    case .missing: language.text("mất tích", "missing")
    case .numberCancelled: language.text("số đã bị hủy", "number cancelled")
    case .leftNationality: language.text("thôi quốc tịch", "left nationality")
    case .unknown: language.text("chưa rõ", "unknown")
    }
  }

  private func validity(_ from: String?, _ to: String?) -> String {
    "\(from.map(language.date) ?? "–") – \(to.map(language.date) ?? language.text("không thời hạn", "open end"))"
  }

  private func facts(_ person: CardAttribute) -> [PersonPage.Fact] {
    let card = person.card
    var facts = [
      fact("Số thẻ", "Card number", card.cardNumber),
      fact("Mã số BHXH", "Insurance number", card.insuranceNumber),
      fact("Cơ sở đăng ký", "Facility", card.facilityCode),
      fact("Hạn thẻ", "Valid", validity(card.validFrom, card.validTo)),
      fact("Đủ 5 năm từ", "Five years from", card.fiveYearsFrom.map(language.date)),
      fact("Liên kết theo", "Linked by", card.rule),
      fact("Nguồn", "Source", "\(card.sourceFile):\(card.sourceLine)"),
    ]
    if let until = person.graceUntil {
      facts.append(fact("Giữ tạm đến", "Kept in grace until", language.date(until)))
    }
    return facts
  }

  private func record(_ judgement: Judgement, _ found: Explanation) -> PersonPage.Record {
    let record = judgement.record.record
    func text(_ date: CalendarDate) -> String? { date.isNone ? nil : date.text }
    return PersonPage.Record(
      origin: found.origin(.insurance, judgement.record.place, line: record.line),
      name: judgement.record.name, birthDate: language.date(record.birthDate.text), sex: word(record.sex),
      facts: [
        fact("Số thẻ", "Card number", record.cardNumber.isNone ? nil : record.cardNumber.text),
        fact(
          "Mã số BHXH", "Insurance number", record.insuranceNumber.isNone ? nil : record.insuranceNumber.text),
        fact("Cơ sở đăng ký", "Facility", record.facility.isNone ? nil : record.facility.text),
        fact("Hạn thẻ", "Valid", validity(text(record.validFrom), text(record.validTo))),
      ], outcome: language.text(judgement.outcome.title),
      style: judgement.outcome == .linked ? "linked" : "waits", isHeld: judgement.outcome != .linked,
      reasons: judgement.words.words.compactMap { word in
        Reason(shown: word).map {
          .init(
            title: word, meaning: language.text($0.meaning), remedy: language.text($0.remedy), other: "",
            otherLang: "")
        }
      }, verdicts: judgement.verdicts.map(verdict))
  }

  private func verdict(_ verdict: RuleVerdict) -> PersonPage.Verdict {
    let differs = verdict.passed == false && !verdict.population.isEmpty && !verdict.insurance.isEmpty
    let sides =
      !differs
      ? ([], [])
      : verdict.rule == "name"
        ? Marks.names(verdict.population, verdict.insurance)
        : verdict.rule == "birth_date"
          ? Marks.dates(verdict.population, verdict.insurance)
          : Marks.values(verdict.population, verdict.insurance)
    return PersonPage.Verdict(
      rule: ruleTitle(verdict.rule), mark: verdict.passed.map { $0 ? "✓" : "✗" } ?? "·",
      style: verdict.passed.map { $0 ? "good" : "bad" } ?? "soft", detail: verdict.detail,
      population: sides.0,
      insurance: sides.1)
  }

  private func ruleTitle(_ rule: String) -> String {
    switch rule {
    case "readable": language.text("đọc được", "readable")
    case "personal_id": language.text("số định danh", "personal ID number")
    case "person_known": language.text("có trong dân cư", "person known")
    case "person_unique": language.text("dữ liệu dân cư nhất quán", "person unique")
    case "person_active": language.text("còn hiệu lực", "person active")
    case "name": language.text("họ và tên", "name")
    case "birth_date": language.text("ngày sinh", "birth date")
    case "sex": language.text("giới tính", "sex")
    case "one_person": language.text("chỉ một người", "one person")
    case "decision": language.text("quyết định của cán bộ", "officer's decision")
    case "number_unshared": language.text("mã số không dùng chung", "number unshared")
    default: rule
    }
  }

  private func state(_ state: PersonState) -> PersonPage.State {
    let point = state.opened
    return PersonPage.State(
      since: language.date(point.knownOn)
        + (state.isFirst ? language.text(" hoặc trước đó", " or earlier") : ""),
      by: language.text("lượt chạy \(point.run)", "run \(point.run)"),
      facts: state.attribute.map { facts($0) } ?? [
        fact("Thẻ", "Card", language.text("không có thẻ", "no card"))
      ])
  }
}
