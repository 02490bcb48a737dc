// cardlink diff: who gained, lost or changed the card between two runs or dates.

import ArgumentParser
import Desk
import Files
import Foundation
import Run
import Values
import Views
import Workspace

/// A side of a comparison: a run's number, or a date.
struct RunOrDate: ExpressibleByArgument {
  let text: String
  let time: ComparedTime

  init?(argument: String) {
    text = argument
    if let number = Int(argument) {
      time = .run(number)
    } else if let date = BusinessDate(argument: argument) {
      time = .date(date.date)
    } else {
      return nil
    }
  }
}

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two runs or dates: who gained, lost or changed the card.",
    usage: "cardlink diff <run-or-date> <run-or-date> <pipeline> [options]",
    discussion: """
      Counts persons by province: by place of birth registration, which digits 1 to 3
      of the number name, and by the facility of initial registration; then by that
      facility. Provinces are the 34 since July 2025; --former-provinces shows the
      63 before, and CSV and JSON have both. A card is changed when its number,
      facility or validity, or another attribute that facilities read, is not the
      same; came and went are the persons who changed to or from a facility. A
      card is renumbered, not changed, when only its numbers are not the same,
      because the person's own ID number replaced the 10-digit insurance number.
        cardlink diff 7 8 pipelines/nightly.yaml
        cardlink diff 7 8 pipelines/nightly.yaml --output csv > diff-7-8.csv

      A date means the last run in force on that business date. Stores are there of
      the run in force and of as many before as keep.stores in the pipeline file
      says; cardlink rollback lists them. What earlier ones showed comes from the
      history, as far back as keep.history says. A held run is compared by its match
      result: what would change if it were released. --people lists the persons
      themselves instead, by personal ID number; it is written into the audit log.
        cardlink diff 2026-11-01 2026-11-30 pipelines/nightly.yaml
        cardlink diff 7 8 pipelines/nightly.yaml --people --output csv \\
          --because 'complaint of facility 79024'
      """)
  @Argument(help: ArgumentHelp("The run or the date before.", valueName: "run-or-date")) var before: RunOrDate
  @Argument(help: ArgumentHelp("The run or the date after.", valueName: "run-or-date")) var after: RunOrDate
  @OptionGroup var arguments: PipelineArguments
  @Flag(help: "List the persons, by personal ID number.") var people = false
  @Flag(help: "The 63 provinces before July 2025 instead of the 34 since.") var formerProvinces = false
  @Option(help: "At most so many facilities in text; default 20, and all as CSV or JSON.") var limit = 20
  @OptionGroup var reason: ReasonArguments
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit takes a number of facilities.") }
  }

  func run() throws {
    let pipeline = try arguments.load()
    let runs = try ComparedRuns(Desk(pipeline, for: reason.actor), before.time, after.time)
    if people { return try writePeople(runs) }
    let found = try runs.differences()
    // The names only help to read; a table that can't be read is refused elsewhere.
    let facilities = (try? pipeline.facilities(on: Clock.today())) ?? Facilities()
    switch form.output {
    case .text: print(text(runs, found, facilities))
    case .csv: table(found).write(.csv)
    case .json: print(json(runs, found))
    }
  }

  // MARK: Counts

  private func table(_ found: CardDifferences) -> Table {
    func row(_ group: String, _ code: String, _ counts: CardCounts) -> [String?] {
      [
        group, code, String(counts.gained), String(counts.lost), String(counts.changed), String(counts.came),
        String(counts.went), String(counts.renumbered),
      ]
    }
    return Table(
      columns: ["group", "code", "gained", "lost", "changed", "came", "went", "renumbered"],
      rows: [row("all", "", found.total)]
        + found.byProvince.map { row("province", $0.place.code, $0.counts) }
        + found.byProvinceOfToday.map { row("province_2025", $0.province.text, $0.counts) }
        + found.byFacilityPlace.map { row("facility_province", $0.place.code, $0.counts) }
        + found.byFacilityProvince.map { row("facility_province_2025", $0.province.text, $0.counts) }
        + found.byFacility.map { row("facility", $0.facility, $0.counts) }
        + CardField.allCases.compactMap { field in
          found.fields[field].map { ["field", field.rawValue, "0", "0", String($0), "0", "0", "0"] }
        }, numeric: ["gained", "lost", "changed", "came", "went", "renumbered"])
  }

  private func json(_ runs: ComparedRuns, _ found: CardDifferences) -> String {
    func members(_ counts: CardCounts) -> String {
      "\"gained\": \(counts.gained), \"lost\": \(counts.lost), \"changed\": \(counts.changed), "
        + "\"came\": \(counts.came), \"went\": \(counts.went), \"renumbered\": \(counts.renumbered)"
    }
    func list(_ groups: [(String, CardCounts)]) -> String {
      groups.map { "    {\"code\": \(Table.quoted($0.0)), \(members($0.1))}" }.joined(separator: ",\n")
    }
    let fields = CardField.allCases.map { "\"\($0.rawValue)\": \(found.fields[$0] ?? 0)" }
    return """
      {
        "before": {"run": \(runs.before.id), "as_of": "\(runs.before.asOf)", "persons": \(found.before)},
        "after": {"run": \(runs.after.id), "as_of": "\(runs.after.asOf)", "persons": \(found.after)},
        "all": {\(members(found.total))},
        "changed_fields": {\(fields.joined(separator: ", "))},
        "provinces": [
      \(list(found.byProvince.map { ($0.place.code, $0.counts) }))
        ],
        "provinces_2025": [
      \(list(found.byProvinceOfToday.map { ($0.province.text, $0.counts) }))
        ],
        "facility_provinces": [
      \(list(found.byFacilityPlace.map { ($0.place.code, $0.counts) }))
        ],
        "facility_provinces_2025": [
      \(list(found.byFacilityProvince.map { ($0.province.text, $0.counts) }))
        ],
        "facilities": [
      \(list(found.byFacility.map { ($0.facility, $0.counts) }))
        ]
      }
      """
  }

  private func text(_ runs: ComparedRuns, _ found: CardDifferences, _ table: Facilities) -> String {
    func side(_ run: RunRecord, _ count: Int) -> String {
      "run \(run.id) for \(run.asOf)".leftAligned(30) + FigureText.grouped(count).rightAligned(14)
    }
    var lines = [
      "Persons with a card · người có thẻ", "  " + side(runs.before, found.before),
      "  " + side(runs.after, found.after), "",
    ]
    lines.append(CardDifferencesText.changes(found))
    guard found.total.all > 0 else { return lines.joined(separator: "\n") }
    let fields = CardField.allCases.filter { found.fields[$0] != nil }
    if !fields.isEmpty { lines += ["", "What has changed · nội dung thay đổi"] }
    for field in fields {
      let count = found.fields[field] ?? 0
      lines.append(
        "  \(field.rawValue)".leftAligned(32) + FigureText.grouped(count).rightAligned(14) + "  "
          + CardDifferencesText.bar(count, of: found.total.changed))
    }
    /// A column that is shown only if there are renumbered cards.
    func renumbered(_ text: String) -> String { found.total.renumbered > 0 ? text.rightAligned(12) : "" }
    func heading(_ words: String) -> String {
      words.leftAligned(32) + "gained".rightAligned(9) + "lost".rightAligned(9) + "changed".rightAligned(9)
        + renumbered("renumbered")
    }
    func line(_ name: String, _ counts: CardCounts, most: Int) -> String {
      "  \(name)".leftAligned(32) + FigureText.grouped(counts.gained).rightAligned(9)
        + FigureText.grouped(counts.lost).rightAligned(9)
        + FigureText.grouped(counts.changed).rightAligned(9)
        + renumbered(FigureText.grouped(counts.renumbered)) + "  "
        + CardDifferencesText.bar(counts.all, of: most)
    }
    func withMoves(_ name: String, _ counts: CardCounts) -> String {
      "  \(name)".leftAligned(32)
        + [counts.gained, counts.lost, counts.changed].map { FigureText.grouped($0).rightAligned(9) }.joined()
        + renumbered(FigureText.grouped(counts.renumbered))
        + [counts.came, counts.went].map { FigureText.grouped($0).rightAligned(9) }.joined()
    }
    let others = found.byProvince.filter { $0.place.today == nil }
      .map { ("\($0.place.code) \($0.place.name.vietnamese)", $0.counts) }
    let byBirth =
      formerProvinces
      ? found.byProvince.map { ("\($0.place.code) \($0.place.name.vietnamese)", $0.counts) }
      : found.byProvinceOfToday.map { ($0.province.label, $0.counts) } + others
    lines += ["", heading("Birth registered in · nơi ĐKKS")]
    lines += byBirth.map { line($0.0, $0.1, most: byBirth[0].1.all) }
    let byFacility =
      formerProvinces
      ? found.byFacilityPlace.map { ("\($0.place.code.suffix(2)) \($0.place.name.vietnamese)", $0.counts) }
      : found.byFacilityProvince.map { ($0.province.label, $0.counts) }
    if !byFacility.isEmpty {
      lines += [
        "",
        heading("Facility's province · tỉnh CSKCB") + "came".rightAligned(9) + "went".rightAligned(9),
      ]
      lines += byFacility.map { withMoves($0.0, $0.1) }
    }
    let facilities = found.byFacility
    lines += ["", heading("Facility · cơ sở KCB") + "came".rightAligned(9) + "went".rightAligned(9)]
    for (code, counts) in facilities.prefix(limit) {
      let name = table.name(of: code).map { " " + $0 } ?? ""
      lines.append(withMoves(StatusText.cut((code.isEmpty ? "none" : code) + name, to: 29), counts))
    }
    if facilities.count > limit {
      lines.append("  and \(FigureText.grouped(facilities.count - limit)) more: --output csv has all of them")
    }
    lines += [
      "", "Try next:",
      "  cardlink diff \(before.text) \(after.text) \(arguments.named) --people --output csv --because \"…\"",
    ]
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }

  // MARK: Persons

  private func writePeople(_ runs: ComparedRuns) throws {
    let columns = [
      "personal_id", "change", "province", "facility_before", "facility_after", "card_before", "card_after",
      "fields",
    ]
    var count = 0
    // Row by row, since there may be millions.
    switch form.output {
    case .csv: print(csvLine(columns))
    case .json: print("[", terminator: "")
    case .text: print(columns.joined(separator: "\t"))
    }
    _ = try runs.persons { (difference) throws(Stop) in
      try StandardOutput.check()
      let row = [
        difference.person.text, difference.change.rawValue, BirthPlace(difference.person).code,
        difference.before?.facility.text ?? "", difference.after?.facility.text ?? "",
        difference.before?.cardNumber.text ?? "", difference.after?.cardNumber.text ?? "",
        difference.fields.map(\.rawValue).joined(separator: ","),
      ]
      switch form.output {
      case .csv: print(csvLine(forPeople: row))
      case .text: print(row.joined(separator: "\t"))
      case .json:
        let members = zip(columns, row).map { "\"\($0)\": \(Table.quoted($1))" }
        print(
          (count == 0 ? "\n  {" : ",\n  {") + members.joined(separator: ", ") + "}", terminator: ""
        )
      }
      count += 1
    }
    if form.output == .json { print(count == 0 ? "]" : "\n]") }
    if form.output == .text { print("\(FigureText.grouped(count)) persons · người") }
  }
}
