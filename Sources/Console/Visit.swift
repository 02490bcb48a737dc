// One request of a signed-in person to a pipeline, answered by the page of its route.

import Desk
import Foundation
import Values

struct Visit: Sendable {
  let site: Site
  let served: ServedPipeline
  let session: Session
  let sessionID: String
  let route: Route
  let request: Request
  let language: Language

  /// Who asks; the audit log names the person, and the console as the door.
  var actor: Actor { Actor(name: session.name, door: .console, purpose: request.form["purpose"]) }
  var desk: Desk { Desk(served.pipeline, for: actor) }
  var pipelineName: String { served.pipeline.name }
  var leases: Leases { Leases(served.pipeline.workspace) }
  var leaseName: String { Site.leaseName(sessionID) }

  /// The page that the person is on, which a POST returns to.
  var page: Route {
    switch route {
    case .act, .start, .events: .tonight
    case .export: .findings
    case .decide, .skip, .undo, .rehearse: .work
    case .findPerson: .person
    case .compare: .runs
    case .findAudit: .audit
    case .checkCard: .card
    default: route
    }
  }

  /// The query of a page, to return to it.
  var queryText: String {
    guard route.method == .get else { return "" }
    let names = [
      "outcome", "reason", "export", "place", "facility", "age", "since", "code", "state",
      "page", "run", "event", "user",
    ]
    let text = Form.text(names.compactMap { name in request.query[name].map { (name, $0) } })
    return text.isEmpty ? "" : "?" + text
  }

  func path(_ route: Route, _ fields: [(String, String)] = []) -> String {
    let query = Form.text(fields)
    return "/\(pipelineName)/\(route.path)" + (query.isEmpty ? "" : "?" + query)
  }

  func show(_ template: String, _ model: Any, title: Bilingual, refresh: Int? = nil) -> Response {
    site.page(template, model, title: language.text(title), refresh: refresh, self, language)
  }

  func answer() throws(Stop) -> Response {
    switch route {
    case .tonight: try tonight()
    case .events: events()
    case .act: try act()
    case .start: try start()
    case .job: job()
    case .findings: try findings()
    case .export: try export()
    case .work: try work()
    case .decide: try decide()
    case .skip: try skip()
    case .decided: try decided()
    case .undo: try undo()
    case .rehearse: try rehearse()
    case .person: personForm()
    case .findPerson: try findPerson()
    case .runs: try runs()
    case .run: try oneRun()
    case .report: try report()
    case .compare: try compare()
    case .facilities: try facilities()
    case .facility: try facility()
    case .audit, .findAudit: try auditLog()
    case .card: cardForm()
    case .checkCard: try checkCard()
    }
  }

  /// What a stop says, as a page.
  func failure(_ stop: Stop) -> Response {
    let status =
      switch stop.exit {
      case .usage, .none: 404
      case .dataRefused: 409
      case .runInProgress, .storeUnavailable, .exportMissing: 503
      default: 500
      }
    let next = stop.next.map { $0.replacing("PIPELINE", with: served.file) }
    return site.page(
      "message",
      MessagePage(
        title: language.text("Không thực hiện được", "This can't be done"), text: stop.text, command: next),
      title: language.text("Không thực hiện được", "This can't be done"), status: status, self, language)
  }
}
