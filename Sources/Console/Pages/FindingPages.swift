// The findings in force, with filters, counts and pages, and as CSV.
// Load: some million findings; a page reads fifty of them, the export a thousand at a time.

import Desk
import Files
import Store
import Values
import Views

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

  /// The filter of a query or a form.
  private func filter(_ form: Form) -> FindingList.Filter {
    var filter = FindingList.Filter()
    filter.outcome = form["outcome"].flatMap(Outcome.init(name:))
    filter.reason = form["reason"].flatMap(Reason.init(word:))
    filter.export = form["export"].flatMap(ExportKind.init(name:))
    filter.birthPlace = form["place"].flatMap { $0.count == 3 && UInt16($0) != nil ? $0 : nil }
    return filter
  }

  private func fields(_ filter: FindingList.Filter) -> [(String, String)] {
    [
      ("outcome", filter.outcome?.name ?? ""), ("reason", filter.reason?.word ?? ""),
      ("export", filter.export?.name ?? ""), ("place", filter.birthPlace ?? ""),
    ]
  }

  func findings() throws(Stop) -> Response {
    let desk = desk
    let list = try site.list(served, desk)
    let filter = filter(request.query)
    let rows = list.rows(filter)
    let counts = list.counts(filter)
    let pages = max(1, (rows.count + Self.pageLength - 1) / Self.pageLength)
    let number = min(max(1, request.query.number("page") ?? 1), pages)
    let range = (number - 1) * Self.pageLength..<min(rows.count, number * Self.pageLength)
    let shown = try desk.page(rows[range], of: list)
    func link(_ page: Int) -> String? {
      (1...pages).contains(page) ? path(.findings, fields(filter) + [("page", "\(page)")]) : nil
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
      rows: shown.map(row), text: text(filter),
      range: rows.isEmpty
        ? "0" : "\(language.count(range.lowerBound + 1))–\(language.count(range.upperBound))",
      previous: number > 1 ? link(number - 1) : nil, following: link(number + 1),
      isFiltered: filter != FindingList.Filter(), action: path(.findings), exportAction: path(.export),
      personAction: path(.findPerson),
      fields: fields(filter).filter { !$0.1.isEmpty }.map { .init(name: $0.0, value: $0.1) })
    return show("findings", page, title: Bilingual("Bản ghi bị giữ", "Findings"))
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
    let list = try site.list(served, desk)
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
    response.headers.append(
      ("content-disposition", "attachment; filename=\"findings-\(pipelineName)-\(list.run.id).csv\""))
    return response
  }
}
