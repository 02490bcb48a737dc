// Renders the console's pages in one language with the templates of this folder, which are compiled into the program.
// Invariant: the template engine escapes every value; in a template, `[[Tiếng Việt|English]]` is the text of the language.

internal import Mustache
import Values

/// The language of a page.
package enum Language: String, Sendable, CaseIterable {
  case vietnamese = "vi"
  case english = "en"

  func text(_ words: Bilingual) -> String { self == .vietnamese ? words.vietnamese : words.english }
  func text(_ vietnamese: String, _ english: String) -> String {
    self == .vietnamese ? vietnamese : english
  }
  func count(_ number: Int) -> String { text(FigureText.count(number)) }
  func date(_ iso: String) -> String { text(FigureText.date(iso)) }
  func time(_ iso: String) -> String { text(FigureText.time(iso)) }
}

enum PageTemplates {
  private static let files: [String: [UInt8]] = [
    "page": PackageResources.page_mustache, "sign_in": PackageResources.sign_in_mustache,
    "message": PackageResources.message_mustache, "tonight": PackageResources.tonight_mustache,
    "live": PackageResources.live_mustache, "plan": PackageResources.plan_mustache,
    "job": PackageResources.job_mustache, "findings": PackageResources.findings_mustache,
    "work": PackageResources.work_mustache, "decided": PackageResources.decided_mustache,
    "person": PackageResources.person_mustache, "runs": PackageResources.runs_mustache,
    "facilities": PackageResources.facilities_mustache, "audit": PackageResources.audit_mustache,
    "facility": PackageResources.facility_mustache,
    "card": PackageResources.card_mustache, "piece": PackageResources.piece_mustache,
  ]

  private static let vietnamese = library(.vietnamese)
  private static let english = library(.english)

  static func render(_ name: String, _ model: Any, _ language: Language) -> String {
    (language == .vietnamese ? vietnamese : english).render(model, withTemplate: name) ?? ""
  }

  private static func library(_ language: Language) -> MustacheLibrary {
    MustacheLibrary(
      templates: files.mapValues { bytes in
        var text = translated(String(decoding: bytes, as: UTF8.self), language)
        if text.last == "\n" { text.removeLast() }
        do {
          return try MustacheTemplate(string: text)
        } catch {
          fatalError("a template of the console is malformed: \(error)")
        }
      })
  }

  /// The template with the words of one language.
  static func translated(_ text: String, _ language: Language) -> String {
    text.replacing(/\[\[([^|\]]*)\|([^\]]*)\]\]/) { match in
      language == .vietnamese ? match.1 : match.2
    }
  }
}
