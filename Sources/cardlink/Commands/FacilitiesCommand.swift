// cardlink facilities: codes of facilities on cards that the table lacks, and codes that another has replaced.

import ArgumentParser
import Desk
import Values
import Views
import Workspace

struct FacilitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facilities",
    abstract: "Facility codes on cards that the table lacks, and codes that others replaced.",
    usage: "cardlink facilities <pipeline> [options]",
    discussion: """
      One line per facility, with the number of persons whose serving card names it,
      as the last publication counted them: codes that the table of facilities lacks
      (unknown_facility), and codes that another has replaced and that are still on
      cards (replaced_facility). The packages of the latter have the new code. At
      most 500 codes of each kind are listed, those with the most persons first.
        cardlink facilities pipelines/nightly.yaml
        cardlink facilities pipelines/nightly.yaml --output csv > codes.csv
      """)
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var asked: AskedRunArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let (run, figures) = try Desk(try arguments.load(), for: .user()).facilities(
      named: arguments.named, run: asked.number)
    switch form.output {
    case .text: print(text(run, figures))
    case .csv: table(figures).write(.csv)
    case .json: print(table(figures).json)
    }
  }

  private func table(_ figures: FacilityFigures) -> Table {
    Table(
      columns: ["finding", "code", "current_code", "name", "persons"],
      rows: figures.unknown.map { ["unknown_facility", $0.code, nil, nil, String($0.persons)] }
        + figures.replaced.map { ["replaced_facility", $0.code, $0.current, $0.name, String($0.persons)] },
      numeric: ["persons"])
  }

  private func text(_ run: RunRecord, _ figures: FacilityFigures) -> String {
    func line(_ name: String, _ persons: Int) -> String {
      StatusText.cut("  " + name, to: 62).leftAligned(64) + FigureText.grouped(persons).rightAligned(14)
    }
    func total(_ codes: Int, _ persons: Int, _ listed: Int) -> String {
      (codes > listed
        ? "  \(FigureText.grouped(codes)) codes, of which \(listed) are listed" : "  all · tất cả")
        .leftAligned(64) + FigureText.grouped(persons).rightAligned(14)
    }
    var lines = [
      "Run \(run.id) for \(run.asOf) · \(FigureText.grouped(figures.known)) facilities in the table · cơ sở trong danh mục"
    ]
    let heading = "persons · người".rightAligned(18)
    lines += ["", "Codes that the table lacks · mã chưa có trong danh mục".leftAligned(60) + heading]
    lines += figures.unknown.map { line($0.code, $0.persons) }
    lines.append(total(figures.unknownCodes, figures.unknownPersons, figures.unknown.count))
    lines += ["", "Replaced codes still on cards · mã cũ còn trên thẻ".leftAligned(60) + heading]
    lines += figures.replaced.map { line("\($0.code) → \($0.current) \($0.name)", $0.persons) }
    lines.append(total(figures.replacedCodes, figures.replacedPersons, figures.replaced.count))
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }
}
