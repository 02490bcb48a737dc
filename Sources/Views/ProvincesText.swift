// The figures of a run by province as text, for a terminal, and as a table for programs.
// Invariant: no line is wider than 80 columns; each column says what its figures are by.

package import Desk
import Values

package enum ProvincesText {
  package static func text(_ status: Status, paint: Paint) -> String {
    let provinces = status.provinces ?? []
    var lines = [
      "\(status.pipeline)  " + paint("run \(status.run) for \(status.asOf)", .strong), "",
      "".leftAligned(32) + "persons with".rightAligned(14) + "records linked".rightAligned(17)
        + "link rate".rightAligned(12),
      "By province · theo tỉnh, thành".leftAligned(32) + "a card, by".rightAligned(14)
        + "by place of".rightAligned(17),
      "".leftAligned(32) + "facility".rightAligned(14) + "birth registration".rightAligned(19),
      "".leftAligned(32) + "theo cơ sở".rightAligned(14) + "theo nơi ĐKKS".rightAligned(17),
    ]
    func line(_ figures: ProvinceFigures, indent: Int) -> String {
      let name = figures.code == "none" ? "none · không thuộc tỉnh" : "\(figures.code) \(figures.name)"
      let persons = figures.personsByFacility.map(FigureText.grouped) ?? "–"
      let rate = FigureText.share(
        figures.linkedByBirthRegistration, of: figures.recordsByBirthRegistration)
      return (String(repeating: " ", count: indent) + name).leftAligned(32) + persons.rightAligned(14)
        + FigureText.grouped(figures.linkedByBirthRegistration).rightAligned(17)
        + (rate.map { FigureText.percent($0) } ?? "–").rightAligned(12)
    }
    for figures in provinces {
      lines.append(line(figures, indent: 2))
      guard let former = figures.former, former.count > 1 else { continue }
      lines += former.map { paint(line($0, indent: 6), .soft) }
    }
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
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
    add("birth_registration", \.recordsByBirthRegistration, \.linkedByBirthRegistration)
    return Table(
      columns: ["by", "province_2025", "former_province", "name", "count", "linked"], rows: rows,
      numeric: ["count", "linked"])
  }
}
