// The figures of a run by province as text, for a terminal, and as a table for programs.
// Invariant: no line is wider than 80 columns; each column says what its figures are by.

package import Desk
import Values

package enum ProvincesText {
  package static func text(_ status: Status, paint: Paint) -> String {
    let provinces = status.provinces ?? []
    let hasResidents = provinces.contains { $0.residents != nil }
    func row(_ name: String, _ facility: String, _ linked: String, _ rate: String, _ residents: String)
      -> String
    {
      let cells = [(facility, 12), (linked, 19), (rate, 9)] + (hasResidents ? [(residents, 13)] : [])
      return
        (StatusText.cut(name, to: 26).leftAligned(26)
        + cells.map { $0.0.rightAligned($0.1) }.joined()).withoutTrailingSpaces
    }
    func share(_ part: Int?, of all: Int?) -> String {
      guard let part, let all, let share = FigureText.share(part, of: all) else { return "–" }
      return FigureText.percent(share)
    }
    func line(_ figures: ProvinceFigures, indent: Int) -> String {
      let name = figures.code == "none" ? "none · không thuộc tỉnh" : "\(figures.code) \(figures.name)"
      return row(
        String(repeating: " ", count: indent) + name,
        figures.personsByFacility.map(FigureText.grouped) ?? "–",
        FigureText.grouped(figures.linkedByBirthRegistration),
        share(figures.linkedByBirthRegistration, of: figures.recordsByBirthRegistration),
        indent > 2 ? "" : share(figures.residentsWithCard, of: figures.residents))
    }
    var lines = [
      "\(status.pipeline)  " + paint("run \(status.run) for \(status.asOf)", .strong), "",
      row("", "cards by", "linked records by", "link", "residents"),
      row("Province · tỉnh, thành", "facility", "birth registration", "rate", "with a card"),
      row("", "theo cơ sở", "theo nơi ĐKKS", "", "theo cư trú"),
    ]
    for figures in provinces {
      lines.append(line(figures, indent: 2))
      guard let former = figures.former, former.count > 1 else { continue }
      lines += former.map { paint(line($0, indent: 6), .soft) }
    }
    return lines.joined(separator: "\n")
  }

  /// One row for each province and each way to count: by facility, by place of birth registration.
  package static func table(_ status: Status) -> Table {
    var rows: [[String?]] = []
    func add(_ by: String, _ count: (ProvinceFigures) -> Int?, _ linked: (ProvinceFigures) -> Int?) {
      for figures in status.provinces ?? [] {
        for (row, former) in [(figures, nil)] + (figures.former ?? []).map({ ($0, $0.code as String?) }) {
          guard let count = count(row) else { continue }
          rows.append([
            by, figures.code, former, row.name, String(count), linked(row).map(String.init),
          ])
        }
      }
    }
    add("facility", \.personsByFacility) { _ in nil }
    add("residence", \.residents, \.residentsWithCard)
    add("birth_registration", \.recordsByBirthRegistration, \.linkedByBirthRegistration)
    return Table(
      columns: ["by", "province_2025", "former_province", "name", "count", "linked"], rows: rows,
      numeric: ["count", "linked"])
  }
}
