// What was attested, as terminal text.

package import Desk
import Values

package enum AttestationText {
  package static func attested(_ report: AttestReport) -> String {
    func fact(_ name: String, _ value: String) -> String { "  " + name.leftAligned(24) + value }
    var lines = [
      "\(report.consumer): \(report.path)",
      fact("dữ liệu · data", "lượt \(report.run), \(report.asOf) · run \(report.run), \(report.asOf)"),
      fact("yêu cầu · requests", FigureText.grouped(report.requests)),
    ]
    for code in AttestCode.allCases where report.counts[code] != nil {
      lines.append(
        "    " + code.name.leftAligned(20) + FigureText.grouped(report.counts[code] ?? 0).rightAligned(12)
          + "  \(code.meaning.vietnamese) · \(code.meaning.english)")
    }
    lines.append(
      fact(
        "trong ngày · today",
        FigureText.grouped(report.today) + (report.perDay.map { " / \(FigureText.grouped($0))" } ?? "")))
    return lines.joined(separator: "\n")
  }
}
