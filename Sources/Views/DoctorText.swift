// The text of doctor for a terminal.

import Desk
import Values

extension [Diagnosis] {
  /// A line for each check, and below it what to do.
  package func text(_ paint: Paint) -> String {
    let width = reduce(0) { Swift.max($0, $1.check.count) }
    var lines: [String] = []
    for one in self {
      let (mark, colour): (String, Paint.Colour) =
        switch one.verdict {
        case .ok: ("ok  ", .good)
        case .warn: ("warn", .wait)
        case .fail: ("fail", .bad)
        }
      let indent = String(repeating: " ", count: width + 8)
      let rows = StatusText.wrapped(one.found, indent: 0, columns: StatusText.columns - indent.count)
      lines.append("\(paint(mark, colour))  \(one.check.leftAligned(width))  \(rows[0])")
      lines += rows.dropFirst().map { indent + $0.drop { $0 == " " } }
      if !one.remedy.isEmpty {
        lines += StatusText.wrapped(
          "→ " + one.remedy, indent: 0, columns: StatusText.columns - indent.count
        ).map { indent + $0 }
      }
      if let command = one.command { lines.append(indent + "  " + command) }
    }
    let (warns, fails) = (count { $0.verdict == .warn }, count { $0.verdict == .fail })
    lines += ["", "\(count) checks: \(count - warns - fails) ok, \(warns) to look at, \(fails) failed."]
    return lines.joined(separator: "\n")
  }
}
