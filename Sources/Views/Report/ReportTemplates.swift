// Renders the report with the templates of this folder, which are compiled into the program.
// Invariant: the template engine escapes every value, so that text from an export or a pipeline file can't
// become markup.

internal import Mustache
package import Values

extension ReportPage {
  /// The whole page, which is well-formed XML as well as HTML.
  package var html: String { Self.render(self, "page") }

  static func render(_ values: Any, _ template: String) -> String {
    let page = templates.render(values, withTemplate: template) ?? ""
    // XML allows no other control characters.
    let scalars = page.unicodeScalars.map { (scalar: Unicode.Scalar) -> Unicode.Scalar in
      switch scalar.value {
      case 0x09, 0x0A: scalar
      case ..<0x20, 0x7F..<0xA0: "\u{FFFD}"
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private static let templates = library([
    "page": PackageResources.page_mustache, "style": PackageResources.style_css,
    "both": PackageResources.both_mustache, "figure": PackageResources.figure_mustache,
    "gates": PackageResources.gates_mustache, "gate_rows": PackageResources.gate_rows_mustache,
    "tiles": PackageResources.tiles_mustache, "flow": PackageResources.flow_mustache,
    "armed_forces": PackageResources.armed_forces_mustache, "causes": PackageResources.causes_mustache,
    "grace": PackageResources.grace_mustache, "decisions": PackageResources.decisions_mustache,
    "packages": PackageResources.packages_mustache, "trend": PackageResources.trend_mustache,
    "places": PackageResources.places_mustache, "place_items": PackageResources.place_items_mustache,
    "facility_provinces": PackageResources.facility_provinces_mustache,
    "residents": PackageResources.residents_mustache,
    "person_items": PackageResources.person_items_mustache,
    "facility_codes": PackageResources.facility_codes_mustache,
    "code_rows": PackageResources.code_rows_mustache, "stages": PackageResources.stages_mustache,
    "files": PackageResources.files_mustache, "series": PackageResources.series_mustache,
    "lines": PackageResources.lines_mustache, "campaign": PackageResources.campaign_mustache,
    "campaign_rows": PackageResources.campaign_rows_mustache,
    "campaign_style": PackageResources.campaign_style_css,
  ])

  private static func library(_ files: [String: [UInt8]]) -> MustacheLibrary {
    MustacheLibrary(
      templates: files.mapValues { bytes in
        var text = String(decoding: bytes, as: UTF8.self)
        if text.last == "\n" { text.removeLast() }
        do {
          return try MustacheTemplate(string: text)
        } catch {
          fatalError("a template of the report is malformed: \(error)")
        }
      })
  }
}

extension Bilingual: MustacheParent {
  /// `vietnamese`, `english`, or `one` if both are the same.
  package func child(named name: String) -> Any? {
    switch name {
    case "vietnamese": vietnamese
    case "english": english
    case "one": vietnamese == english ? vietnamese : nil
    default: nil
    }
  }
}
