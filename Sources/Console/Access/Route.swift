// Who may see and do what: the console's routes, and which role may use which route.
// Invariant: a route that is not in this table is answered with 404 to everyone, and one whose roles a session lacks with
// 403, before anything is read.

package import Seal

package typealias Role = Seal.Role

/// What the console answers.
package enum Route: String, Sendable, CaseIterable {
  case tonight = "GET tonight"
  case events = "GET tonight/events"
  case act = "POST act"
  case start = "POST act/start"
  case job = "GET job"
  case findings = "GET findings"
  case export = "POST findings/export"
  case work = "GET work"
  case decide = "POST work/decide"
  case skip = "POST work/skip"
  case decided = "GET work/decided"
  case undo = "POST work/undo"
  case rehearse = "POST work/rehearse"
  case person = "GET person"
  case findPerson = "POST person"
  case runs = "GET runs"
  case run = "GET runs/one"
  case report = "GET runs/report"
  case compare = "POST runs/compare"
  case facilities = "GET facilities"
  case facility = "GET facilities/one"
  case audit = "GET audit"
  case findAudit = "POST audit"
  case card = "GET card"
  case checkCard = "POST card"

  package var method: Request.Method { rawValue.hasPrefix("GET ") ? .get : .post }
  /// After the pipeline's name.
  package var path: String { String(rawValue.split(separator: " ")[1]) }

  init?(_ method: Request.Method, _ path: String) { self.init(rawValue: "\(method.rawValue) \(path)") }

  /// Who may use it.
  package var roles: Set<Role> {
    switch self {
    case .tonight, .events, .runs, .run, .report, .facilities, .facility:
      [.viewer, .officer, .supervisor]
    case .act, .start, .compare: [.supervisor]
    case .job: [.officer, .supervisor]
    case .findings, .export, .person, .findPerson: [.officer, .supervisor]
    case .work, .decide, .skip, .decided, .undo, .rehearse: [.officer]
    case .audit, .findAudit: [.auditor]
    case .card, .checkCard: [.clerk]
    }
  }

  /// Whether it answers about persons one at a time; such questions are limited.
  var isLookup: Bool {
    switch self {
    case .findPerson, .checkCard, .work, .export: true
    default: false
    }
  }
}
