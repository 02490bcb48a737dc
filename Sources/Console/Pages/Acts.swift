// What supervisors do: run, rerun, release and roll back. Each shows its plan or its difference first and then asks.
// Invariant: nothing is started but by a second form, after its effect was shown. A release and a rollback take a reason.

import Desk
import Foundation
import Run
import Values
import Workspace

struct PlanPage {
  struct Step {
    var title: String
    var action: String
    var why: String
    var last: String
    var isRun: Bool
  }
  struct Field {
    var name: String
    var value: String
  }

  var title: String
  var steps: [Step]
  var action: String
  var fields: [Field] = []
  var act: String
  var start: String
  var isFirst = false
  var mayAct = true
  var isDone = false
  var takesReason = false
  var takesDate: String?
  var note: String?
  var gates: [TonightPage.Gate] = []
}

struct JobPage {
  var command: String
  var by: String
  var began: String
  var isRunning: Bool
  var isGood: Bool
  var exit: Int
  var output: String
  var next: PlanPage?
  var tonight: String
}

/// A row of `cardlink run --plan`.
private struct PlannedStep: Decodable {
  var stage: String
  var action: String
  var why: String
  var lastSeconds: Double?
}

extension Visit {
  private var today: CalendarDate { Clock.today() }

  /// Shows the effect of an act: the plan at once, or a job that compares.
  func act() throws(Stop) -> Response {
    switch request.form["act"] {
    case "run": return try runPlan()
    case "rerun": return try rerunPlan()
    case "release": return try releasePlan()
    case "rollback": return try rollbackPlan()
    default: return site.notFound(language, session)
    }
  }

  private func date(_ field: String) throws(Stop) -> CalendarDate {
    guard let text = request.form[field] else { return today }
    guard let date = CalendarDate(iso: text), date.precision == .day else {
      throw Stop(
        .usage, at: "as_of", expected: "a date such as 2026-11-24", found: "\(text.count) characters",
        remedy: "Nothing was started.")
    }
    return date
  }

  private func steps(_ plan: Plan) -> [PlanPage.Step] {
    plan.steps.map { step in
      PlanPage.Step(
        title: language.text(step.stage.title),
        action: step.uses == nil ? language.text("chạy", "run") : language.text("dùng lại", "reuse"),
        why: reason(step.why),
        last: step.last.map { language.text(FigureText.bilingualDuration($0.seconds)) } ?? "–",
        isRun: step.uses == nil)
    }
  }

  /// Why a stage is run or skipped, in the language of the page.
  private func reason(_ english: String) -> String {
    guard language == .vietnamese else { return english }
    return english.replacing(/run (\d+) made it from the same/) { "lượt \($0.1) đã làm từ đúng các tệp này" }
      .replacing(/run (\d+) left it/) { "lượt \($0.1) để lại" }
      .replacing(/stage (\w+) before it runs/) { match in
        "bước “\(StageName(rawValue: String(match.1))?.title.vietnamese ?? String(match.1))” trước đó chạy"
      }
      .replacing(/the business date is (\S+), was (\d{4}-\d\d-\d\d)/) {
        "ngày nghiệp vụ là \($0.1), trước là \($0.2)"
      }
      .replacing("asked for", with: "theo yêu cầu")
      .replacing("the list of decisions", with: "danh sách quyết định")
      .replacing("the pipeline file", with: "tệp cấu hình").replacing("has changed", with: "đã thay đổi")
  }

  private func runPlan() throws(Stop) -> Response {
    let asOf = try date("as_of")
    // The command makes the plan: a result counts only for the program that made it.
    let text = try site.jobs.answer(
      ["run", served.file, "--plan", "--as-of", asOf.text, "--output", "json"] + workspace)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let steps = try? decoder.decode([PlannedStep].self, from: Data(text.utf8)) else {
      throw .defect("a plan that can't be read")
    }
    var page = PlanPage(
      title: language.text("Chạy cả quy trình", "Run the pipeline"),
      steps: steps.map { step in
        PlanPage.Step(
          title: StageName(rawValue: step.stage).map { language.text($0.title) } ?? step.stage,
          action: step.action == "run" ? language.text("chạy", "run") : language.text("dùng lại", "reuse"),
          why: reason(step.why),
          last: step.lastSeconds.map { language.text(FigureText.bilingualDuration($0)) } ?? "–",
          isRun: step.action == "run")
      }, action: "run", act: path(.act), start: path(.start))
    page.takesDate = asOf.text
    page.fields = [.init(name: "as_of", value: asOf.text)]
    page.isDone = steps.allSatisfy { $0.action != "run" }
    return show("plan", page, title: Bilingual("Chạy", "Run"))
  }

  private func rerunPlan() throws(Stop) -> Response {
    guard let stage = request.form["stage"].flatMap(StageName.init(rawValue:)) else {
      return site.notFound(language, session)
    }
    if stage <= .match, request.form["rehearse"] != nil { return try rehearsal(stage) }
    let repeated = try Plan.repeated(served.pipeline, from: stage)
    let asOf = repeated.flatMap { CalendarDate(iso: $0.asOf) } ?? today
    var page = PlanPage(
      title: language.text(
        "Chạy lại từ bước “\(stage.title.vietnamese)”", "Rerun from stage \(stage.title.english.lowercased())"
      ),
      steps: try steps(Plan(served.pipeline, from: stage, asOf: asOf)), action: "rerun", act: path(.act),
      start: path(.start))
    page.fields = [.init(name: "stage", value: stage.rawValue)]
    page.note = language.text(
      "Ngày nghiệp vụ \(language.date(asOf.text)).", "Business date \(asOf.text).")
    return show("plan", page, title: Bilingual("Chạy lại", "Rerun"))
  }

  /// Starts a rehearsal, whose page then offers the rerun.
  func rehearsal(_ stage: StageName) throws(Stop) -> Response {
    var job = Job(
      kind: .rehearsal, command: "cardlink rerun \(stage.rawValue) \(served.file) --dry-run", by: session.name
    )
    if session.may(.start) { job.next = [("act", "rerun"), ("stage", stage.rawValue)] }
    try site.jobs.start(
      job, ["rerun", stage.rawValue, served.file, "--dry-run"] + workspace, of: pipelineName)
    return .see(path(.job))
  }

  func rehearse() throws(Stop) -> Response { try rehearsal(.match) }

  private func releasePlan() throws(Stop) -> Response {
    let status = try desk.status(named: served.file)
    guard status.state == .held else {
      throw Stop(
        .usage, at: "run \(status.run)", expected: "a held run", found: "one that is not held",
        remedy: "There is nothing to release. Không có lượt chạy nào bị giữ.")
    }
    var page = PlanPage(
      title: language.text("Cho qua lượt chạy \(status.run)", "Release run \(status.run)"), steps: [],
      action: "release", act: path(.act), start: path(.start))
    page.fields = [.init(name: "run", value: "\(status.run)")]
    page.takesReason = true
    page.gates = status.gatesFailed.map {
      .init(
        name: $0.gate.rawValue, about: language.text($0.about), limit: language.text($0.limit.text),
        found: language.text($0.figure.text))
    }
    return show("plan", page, title: Bilingual("Cho qua", "Release"))
  }

  /// Compares the two stores in a job, whose page then asks for the reason.
  private func rollbackPlan() throws(Stop) -> Response {
    guard let number = request.form.number("run") else { return site.notFound(language, session) }
    let plan = try RollbackPlan(served.pipeline, to: number)
    var job = Job(
      kind: .comparison, command: "cardlink diff \(plan.from) \(plan.to) \(served.file)", by: session.name)
    job.next = [("act", "rollback"), ("run", "\(number)"), ("from", "\(plan.from)")]
    try site.jobs.start(
      job, ["diff", "\(plan.from)", "\(plan.to)", served.file] + workspace, of: pipelineName)
    return .see(path(.job))
  }

  private var workspace: [String] {
    served.pipeline.givenWorkspace.map { ["--workspace", $0] } ?? []
  }

  private func reason() throws(Stop) -> String {
    guard let because = request.form["because"] else {
      throw Stop(
        .usage, at: "because", expected: "a reason, in words", found: "none",
        remedy: "Nothing was changed. Go back and say why. Chưa có gì thay đổi; hãy ghi lý do.")
    }
    return because
  }

  /// Starts what was shown.
  func start() throws(Stop) -> Response {
    var (kind, arguments): (Job.Kind, [String])
    switch request.form["act"] {
    case "run":
      (kind, arguments) = (.run, ["run", served.file, "--as-of", try date("as_of").text])
    case "rerun":
      guard let stage = request.form["stage"].flatMap(StageName.init(rawValue:)) else {
        return site.notFound(language, session)
      }
      (kind, arguments) = (.rerun, ["rerun", stage.rawValue, served.file])
    case "release":
      guard let number = request.form.number("run") else { return site.notFound(language, session) }
      (kind, arguments) = (.release, ["release", "\(number)", served.file, "--because", try reason()])
    case "rollback":
      guard let number = request.form.number("run") else { return site.notFound(language, session) }
      let because = try reason()
      guard request.form["sure"] != nil else {
        throw Stop(
          .usage, at: "rollback", expected: "the box ticked", found: "not ticked",
          remedy: "Nothing was changed. Tick the box to confirm. Chưa có gì thay đổi; hãy đánh dấu xác nhận.")
      }
      guard try RollbackPlan(served.pipeline, to: number).from == request.form.number("from") else {
        throw Stop(
          .runInProgress, at: "rollback", expected: "the store that was compared in force", found: "another",
          remedy: "Nothing was changed. A run has replaced it meanwhile; compare again.")
      }
      (kind, arguments) = (
        .rollback, ["rollback", "\(number)", served.file, "--because", because, "--yes"]
      )
    default: return site.notFound(language, session)
    }
    let command = (["cardlink"] + arguments).map { $0.contains(" ") ? "\"\($0)\"" : $0 }
    let job = Job(kind: kind, command: command.joined(separator: " "), by: session.name)
    try site.jobs.start(job, arguments + workspace, of: pipelineName)
    return .see(path(.job))
  }

  /// The command at work, or the last one.
  func job() -> Response {
    guard let job = site.jobs.last(of: pipelineName) else { return site.notFound(language, session) }
    var next: PlanPage?
    if job.exit == 0, !job.next.isEmpty, session.may(.start) {
      let act = job.next[0].value
      var plan = PlanPage(title: "", steps: [], action: act, act: path(.act), start: path(.start))
      plan.fields = job.next.dropFirst().map { .init(name: $0.name, value: $0.value) }
      plan.takesReason = act == "rollback"
      next = plan
    }
    let page = JobPage(
      command: job.command, by: job.by, began: language.time(job.began),
      isRunning: job.exit == nil, isGood: job.exit == 0, exit: Int(job.exit ?? 0), output: job.output,
      next: next, tonight: path(.tonight))
    return show("job", page, title: Bilingual("Lệnh", "Command"), refresh: job.exit == nil ? 2 : nil)
  }
}
