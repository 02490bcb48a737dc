// The findings in force, or of a held or earlier run, with filters, counts and pages, and as CSV.
// Load: some million findings; a page reads fifty of them, the export a thousand at a time.

import Desk
import Files
import Store
import Values
import Views
import Workspace

struct FindingsPage {
  struct Choice {
    var value: String
    var title: String
    var count: String
    var isChosen: Bool
  }
  struct Row {
    var outcome: String
    var style: String
    var reasons: [String]
    var export: String
    var personID: String?
    var insuranceNumber: String?
    var cardNumber: String?
    var origin: String
    var candidates: String?
    /// The number to explain; nil where the record holds none.
    var explain: String?
  }
  struct Text {
    var title: String
    var meaning: String
    var remedy: String
    /// The meaning in the other language.
    var other: String
    var otherLang: String
  }

  var from: String
  var total: String
  var outcomes: [Choice]
  var reasons: [Choice]
  var exports: [Choice]
  var places: [Choice]
  var ages: [Choice]
  var sinces: [Choice]
  /// The runs whose findings can be read; empty if it is the one in force alone.
  var runs: [Choice]
  /// What was typed.
  var facility: String?
  /// The facilities with the most records.
  var facilities: [Choice]
  /// Whether facility and age of the records are known.
  var knowsRecords: Bool
  /// Why the findings are not in force; nil if they are.
  var notInForce: String?
  /// The run to ask for a person; nil for the one in force.
  var lookRun: String?
  var rows: [Row]
  var text: Text?
  var range: String
  var previous: String?
  var following: String?
  var isFiltered: Bool
  var action: String
  var exportAction: String
  var personAction: String
  var fields: [PlanPage.Field]
}

extension Visit {
  private static let pageLength = 50
  /// So many facilities are offered below the field.
  private static let mostFacilities = 100

  /// The filter of a query or a form.
  private func filter(_ form: Form) -> FindingList.Filter {
    var filter = FindingList.Filter()
    filter.outcome = form["outcome"].flatMap(Outcome.init(name:))
    filter.reason = form["reason"].flatMap(Reason.init(word:))
    filter.export = form["export"].flatMap(ExportKind.init(name:))
    filter.birthPlace = form["place"].flatMap { $0.count == 3 && UInt16($0) != nil ? $0 : nil }
    filter.facility = form["facility"].map { String($0.uppercased().prefix(7)) }
    filter.ageGroup = form["age"].flatMap(AgeGroup.init(word:))
    filter.since = form.number("since")
    return filter
  }

  private func fields(_ filter: FindingList.Filter, _ list: FindingList) -> [(String, String)] {
    [
      ("run", list.isInForce ? "" : "\(list.run.id)"),
      ("outcome", filter.outcome?.name ?? ""), ("reason", filter.reason?.word ?? ""),
      ("export", filter.export?.name ?? ""), ("place", filter.birthPlace ?? ""),
      ("facility", filter.facility ?? ""), ("age", filter.ageGroup?.word ?? ""),
      ("since", filter.since.map(String.init) ?? ""),
    ]
  }

  func findings() throws(Stop) -> Response {
    let desk = desk
    let list = try site.list(served, desk, run: request.query.number("run"))
    let filter = filter(request.query)
    let rows = list.rows(filter)
    let counts = list.counts(filter)
    let pages = max(1, (rows.count + Self.pageLength - 1) / Self.pageLength)
    let number = min(max(1, request.query.number("page") ?? 1), pages)
    let range = (number - 1) * Self.pageLength..<min(rows.count, number * Self.pageLength)
    let shown = try desk.page(rows[range], of: list)
    let fields = fields(filter, list)
    func link(_ page: Int) -> String? {
      (1...pages).contains(page) ? path(.findings, fields + [("page", "\(page)")]) : nil
    }
    let page = FindingsPage(
      from: language.text(
        "Lượt chạy \(list.run.id), ngày \(language.date(list.run.asOf))",
        "Run \(list.run.id) of \(language.date(list.run.asOf))"),
      total: language.count(counts.total),
      outcomes: choices(
        Outcome.allCases.filter { counts.outcomes[$0] != nil }.map {
          ($0.name, language.text($0.title), counts.outcomes[$0] ?? 0)
        }, filter.outcome?.name),
      reasons: choices(
        counts.reasons.sorted { ($1.value, $0.key.word) < ($0.value, $1.key.word) }.map {
          ($0.key.word, language.text($0.key.meaning), $0.value)
        }, filter.reason?.word),
      exports: choices(
        ExportKind.allCases.map {
          ($0.name, language.text($0.vietnamese, $0.name), counts.exports[$0] ?? 0)
        }, filter.export?.name),
      places: choices(
        counts.birthPlaces.sorted { $0.key < $1.key }.map { code, count in
          (code, "\(code) \(IDPrefix.province(Int(code) ?? 0) ?? "")", count)
        }, filter.birthPlace),
      ages: choices(
        AgeGroup.allCases.map { ($0.word, title($0), counts.ageGroups[$0] ?? 0) }, filter.ageGroup?.word),
      sinces: sinces(list, counts, filter), runs: try runsWithFindings(list, desk),
      facility: filter.facility,
      facilities: choices(
        counts.facilities.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostFacilities).map {
          ($0.key.text, $0.key.text, $0.value)
        }, nil), knowsRecords: list.knowsRecords, notInForce: notInForce(list.run, list.isInForce),
      lookRun: list.isInForce ? nil : "\(list.run.id)", rows: shown.map(row), text: text(filter),
      range: rows.isEmpty
        ? "0" : "\(language.count(range.lowerBound + 1))–\(language.count(range.upperBound))",
      previous: number > 1 ? link(number - 1) : nil, following: link(number + 1),
      isFiltered: filter != FindingList.Filter(),
      action: path(.findings, list.isInForce ? [] : [("run", "\(list.run.id)")]),
      exportAction: path(.export), personAction: path(.findPerson),
      fields: fields.filter { !$0.1.isEmpty }.map { .init(name: $0.0, value: $0.1) })
    return show("findings", page, title: Bilingual("Bản ghi bị giữ", "Findings"))
  }

  /// What a list says whose run is not in force; nil for the one that is.
  func notInForce(_ run: RunRecord, _ isInForce: Bool) -> String? {
    guard !isInForce else { return nil }
    let state = language.text(run.state.title)
    return language.text(
      "Chưa có hiệu lực: kết quả của lượt chạy \(run.id) (\(state)), không phải của kho dữ liệu đang dùng.",
      "Not in force: these are results of run \(run.id) (\(state)), not of the store that is in use.")
  }

  private func title(_ group: AgeGroup) -> String {
    switch group {
    case .under6: language.text("dưới 6 tuổi", "under 6")
    case .from6To17: language.text("6–17 tuổi", "6 to 17")
    case .from18To59: language.text("18–59 tuổi", "18 to 59")
    case .from60To79: language.text("60–79 tuổi", "60 to 79")
    case .from80: language.text("từ 80 tuổi", "80 and over")
    case .unknown: language.text("chưa rõ", "not known")
    }
  }

  /// Since which run the records wait; none if no earlier store is kept.
  private func sinces(
    _ list: FindingList, _ counts: FindingList.Counts, _ filter: FindingList.Filter
  ) -> [FindingsPage.Choice] {
    guard list.sinces.count > 1 else { return [] }
    var all = list.sinces.map { since in
      let date = language.date(since.asOf)
      let words =
        since.run == list.run.id
        ? language.text("mới, từ \(date)", "new, from \(date)")
        : since.orEarlier
          ? language.text("từ \(date) hoặc trước đó", "from \(date) or earlier")
          : language.text("từ \(date)", "from \(date)")
      return (
        value: "\(since.run)",
        title: words + language.text(" · lượt \(since.run)", " · run \(since.run)"),
        count: counts.sinces[since.run] ?? 0
      )
    }
    if let count = counts.sinces[FindingList.withoutNumber], count > 0 {
      all.append(
        ("\(FindingList.withoutNumber)", language.text("không mang số nào", "holds no number"), count))
    }
    return choices(all, filter.since.map(String.init))
  }

  /// The runs whose findings can be read: the one in force, the last one if it is not, those whose stores are kept, and the one
  /// shown.
  private func runsWithFindings(_ list: FindingList, _ desk: Desk) throws(Stop) -> [FindingsPage.Choice] {
    let runs = try desk.runsWithFindings()
    let all = runs.contains { $0.run.id == list.run.id } ? runs : runs + [(list.run, list.isInForce)]
    guard all.count > 1 else { return [] }
    return all.sorted { $0.run.id > $1.run.id }.map { run, isInForce in
      let state = isInForce ? language.text("đang có hiệu lực", "in force") : language.text(run.state.title)
      return .init(
        value: isInForce ? "" : "\(run.id)", title: "\(run.id) · \(language.date(run.asOf)) · \(state)",
        count: "", isChosen: run.id == list.run.id)
    }
  }

  private func choices(
    _ all: [(value: String, title: String, count: Int)], _ chosen: String?
  ) -> [FindingsPage.Choice] {
    all.map {
      .init(value: $0.value, title: $0.title, count: language.count($0.count), isChosen: $0.value == chosen)
    }
  }

  private func row(_ finding: StoredFinding) -> FindingsPage.Row {
    let outcome = Outcome(name: finding.outcome)
    let words = (finding.reasons ?? "").split(separator: ",").map(String.init)
    let id = finding.personalID ?? finding.candidatePersonalID
    return FindingsPage.Row(
      outcome: outcome.map { language.text($0.title) } ?? finding.outcome,
      style: outcome == .quarantined ? "quarantined" : "waits",
      reasons: words.map { word in Reason(shown: word).map { language.text($0.meaning) } ?? word },
      export: language.text(ExportKind(name: finding.export)?.vietnamese ?? finding.export, finding.export),
      personID: finding.personalID, insuranceNumber: finding.insuranceNumber,
      cardNumber: finding.cardNumber, origin: "\(finding.sourceFile):\(finding.sourceLine)",
      candidates: finding.candidates.map { count in
        language.text("\(count) người có thể trùng", count == 1 ? "1 candidate" : "\(count) candidates")
      },
      explain: id ?? finding.insuranceNumber ?? finding.cardNumber)
  }

  /// What the chosen reason or outcome means, in both languages.
  private func text(_ filter: FindingList.Filter) -> FindingsPage.Text? {
    let (meaning, remedy): (Bilingual, Bilingual)
    if let reason = filter.reason {
      (meaning, remedy) = (reason.meaning, reason.remedy)
    } else if let outcome = filter.outcome {
      (meaning, remedy) = (outcome.meaning, outcome.remedy)
    } else {
      return nil
    }
    let other: Language = language == .vietnamese ? .english : .vietnamese
    return .init(
      title: filter.reason?.word ?? filter.outcome?.name ?? "", meaning: language.text(meaning),
      remedy: language.text(remedy), other: "\(other.text(meaning)). \(other.text(remedy))",
      otherLang: other.rawValue)
  }

  /// The filtered findings as CSV, with the columns of the command `findings`.
  func export() throws(Stop) -> Response {
    let desk = desk
    let list = try site.list(served, desk, run: request.form.number("run"))
    let rows = list.rows(filter(request.form))
    let pieces = try desk.pieces(rows, of: list)
    var response = Response(
      200, "text/csv; charset=utf-8",
      .pieces { (piece) throws(Stop) in
        guard piece > 0 else { return Array((csvLine(FindingsTable.columns(ofWorkList: false)) + "\n").utf8) }
        guard let findings = try pieces(piece - 1) else { return nil }
        var text = ""
        for finding in findings {
          text += csvLine(forPeople: FindingsTable.row(finding).map { $0 ?? "" }) + "\n"
        }
        return Array(text.utf8)
      })
    let name = "findings-\(pipelineName)-\(list.run.id)" + (list.isInForce ? "" : "-not-in-force")
    response.headers.append(("content-disposition", "attachment; filename=\"\(name).csv\""))
    return response
  }
}
