// The runs of a workspace: the list, one run, its report, and the comparison of two.
// Invariant: figures only; no person.

import Desk
import Files
import Run
import Values
import Views
import Workspace

struct RunsPage {
  struct Row {
    var run: Int
    var command: String
    var state: String
    var style: String
    var asOf: String
    var started: String
    var seconds: String
    var linkRate: String
    var isInForce: Bool
    var path: String
    var report: String
  }
  struct Point {
    var x: Double
    var y: Double
    var title: String
  }

  var rows: [Row]
  var mayCompare: Bool
  var compare: String
  var curve: String?
  var points: [Point]
  var highest: String
  var lowest: String
  var firstDate: String
  var lastDate: String
}

extension Visit {
  func runs() throws(Stop) -> Response {
    let desk = desk
    let all = try desk.runs()
    let inForce = try served.pipeline.runInForce()
    let holder = try desk.lockHolder()
    let rows = all.reversed().prefix(200).map { run in
      let state = run.state(holder: run.id == all.last?.id ? holder : nil)
      return RunsPage.Row(
        run: run.id, command: run.command,
        state: language.text(run.rollback == nil ? state.title : Bilingual("quay lại", "rolled back")),
        style: state == .done ? "done" : state == .failed ? "failed" : "held", asOf: language.date(run.asOf),
        started: language.time(run.startedAt),
        seconds: language.text(FigureText.bilingualDuration(run.ownSeconds)),
        linkRate: run.linkRate.map { language.text(FigureText.percent($0)) } ?? "–",
        isInForce: run.id == inForce, path: path(.run, [("run", "\(run.id)")]),
        report: path(.report, [("run", "\(run.id)")]))
    }
    var page = RunsPage(
      rows: rows, mayCompare: session.may(.compare) && all.count > 1, compare: path(.compare), points: [],
      highest: "", lowest: "", firstDate: "", lastDate: "")
    trend(all, &page)
    return show("runs", page, title: Bilingual("Lượt chạy", "Runs"))
  }

  /// The link rate of the last thirty finished runs as a curve.
  private func trend(_ all: [RunRecord], _ page: inout RunsPage) {
    let runs = all.filter { $0.state == .done && $0.rollback == nil && $0.linkRate != nil }.suffix(30)
    let rates = runs.compactMap(\.linkRate)
    guard rates.count > 1, let low = rates.min(), let high = rates.max() else { return }
    let span = Double(max(high - low, 1))
    page.points = zip(runs, rates).enumerated().map { i, point in
      RunsPage.Point(
        x: (Double(i) / Double(rates.count - 1) * 9600).rounded() / 10 + 20,
        y: (Double(high - point.1) / span * 800).rounded() / 10 + 20,
        title: "\(language.date(point.0.asOf)): \(language.text(FigureText.percent(point.1)))")
    }
    page.curve = "M" + page.points.map { "\($0.x) \($0.y)" }.joined(separator: "L")
    page.highest = language.text(FigureText.percent(high))
    page.lowest = language.text(FigureText.percent(low))
    page.firstDate = language.date(runs.first?.asOf ?? "")
    page.lastDate = language.date(runs.last?.asOf ?? "")
  }

  func oneRun() throws(Stop) -> Response {
    guard let number = request.query.number("run") else { return site.notFound(language, session) }
    return show(
      "tonight", try tonightPage(desk, number),
      title: Bilingual("Lượt chạy \(number)", "Run \(number)"))
  }

  /// The report as the night wrote it; its style is in the page, which its own policy allows.
  func report() throws(Stop) -> Response {
    let (_, page) = try desk.report(of: request.query.number("run"), named: served.file)
    var response = Response.html(page.html)
    response.headers.append(
      (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
      ))
    return response
  }

  func compare() throws(Stop) -> Response {
    guard let before = request.form.number("before"), let after = request.form.number("after") else {
      return site.notFound(language, session)
    }
    let workspace = served.pipeline.givenWorkspace.map { ["--workspace", $0] } ?? []
    try site.jobs.start(
      Job(
        kind: .comparison, command: "cardlink diff \(before) \(after) \(served.file)", by: session.name),
      ["diff", "\(before)", "\(after)", served.file] + workspace, of: pipelineName)
    return .see(path(.job))
  }
}
