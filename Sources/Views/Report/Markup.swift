// Markup for the report: text that is escaped once, elements that are closed, both languages side by side.
// Invariant: what comes out is well-formed XML as well as HTML; no text reaches the page unescaped.

import Values

/// Builds a page from pieces.
enum Markup {
  static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      // XML knows no other control characters than these.
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value): escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  static func element(_ name: String, _ attributes: String = "", _ content: String) -> String {
    "<\(name)\(attributes.isEmpty ? "" : " " + attributes)>\(content)</\(name)>"
  }

  /// A text in both languages, of which the reader chooses one or both.
  static func both(_ text: Bilingual) -> String {
    guard text.vietnamese != text.english else { return escaped(text.vietnamese) }
    return
      "<span lang=\"vi\">\(escaped(text.vietnamese))</span> <span lang=\"en\">\(escaped(text.english))</span>"
  }
  package static func both(_ vietnamese: String, _ english: String) -> String {
    both(Bilingual(vietnamese, english))
  }

  /// A figure, which is shown in one form only, whatever the languages.
  static func figure(_ text: Bilingual) -> String {
    guard text.vietnamese != text.english else { return escaped(text.vietnamese) }
    return
      "<span class=\"n\" lang=\"vi\">\(escaped(text.vietnamese))</span><span class=\"n\" lang=\"en\">\(escaped(text.english))</span>"
  }
  package static func count(_ number: Int) -> String { figure(FigureText.count(number)) }
  static func percent(_ part: Int, of whole: Int) -> String {
    FigureText.share(part, of: whole).map { figure(FigureText.percent($0)) } ?? "–"
  }

  /// A command that can be selected with one click.
  static func command(_ text: String) -> String { element("code", "class=\"cmd\"", escaped(text)) }
}
