// check, findings, explain: the officers' questions.

import ArgumentParser
import Desk
import Files
import Foundation
import Pipeline
import Run
import Values
import Views
import Workspace

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check the pipeline file and the exports' headers; runs nothing.",
    usage: "cardlink check <pipeline> [options]")
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let pipeline = try arguments.load()
    let files = try check(pipeline)
    let table = Table(
      columns: ["export", "file", "bytes", "missing", "not_read"],
      rows: files.map { file in
        [
          file.export, file.name, String(file.byteCount),
          file.missing.map { missing in
            missing.column + (missing.nearest.map { " (is it \($0)?)" } ?? "")
          }.joined(separator: ", "),
          file.unread.joined(separator: ", "),
        ]
      }, numeric: ["bytes"])
    table.write(form.output)
    for file in files {
      for (column, found) in file.respelled {
        StandardError.write(
          "\(file.name): the column \(found) is read as \(column), which the pipeline file names.")
      }
    }
    for partial in pipeline.publish.partialProvinces {
      StandardError.write(
        "Warning: \(partial.text.english). \(partial.remedy.english)\n"
          + "Lưu ý: \(partial.text.vietnamese). \(partial.remedy.vietnamese)")
    }
    if let note = ArmedForces.note(adding: pipeline.insurance.armedForces) {
      StandardError.write("Note: \(note.english).\nLưu ý: \(note.vietnamese).")
    }
    if let fault = files.lazy.compactMap(\.fault).first ?? metricsFault(of: pipeline) { throw fault }
    try checkPublishing(pipeline, asOf: Clock.today())
  }
}

/// An outcome that findings have.
struct FindingOutcome: ExpressibleByArgument, CaseIterable {
  let outcome: Outcome

  static let allCases = Outcome.ofInsurance.filter { $0 != .linked }.map { FindingOutcome(outcome: $0) }
  static var allValueStrings: [String] { allCases.map(\.outcome.name) }

  init?(argument: String) {
    guard let outcome = Outcome(name: argument), Self.allValueStrings.contains(argument) else { return nil }
    self.outcome = outcome
  }

  private init(outcome: Outcome) { self.outcome = outcome }
}

struct FindingsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "findings", abstract: "The records that did not link, why, and what to do.",
    usage: "cardlink findings <pipeline> [options]",
    discussion: """
      Text shows the first twenty records and explains their reasons. On a terminal
      it shows as many columns as fit; --wide shows all of them. --output csv or
      json gives all records with all columns.

      --as-export DIRECTORY writes what waits in quarantine into a new folder, for
      the supplier: each file of an export with its own header or root element and
      only the records to correct, byte for byte as they came, and beside it
      FILE.reasons.csv with what is wrong, line by line, in English and Vietnamese.

        cardlink findings pipelines/nightly.yaml --as-export corrections-2026-11-24
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(
    help: ArgumentHelp(
      "Write the quarantined records there in the supplier's own layout.", valueName: "directory"))
  var asExport: String?
  @Option(help: "Only the records that ended so.") var outcome: FindingOutcome?
  @Option(help: "At most so many records; default 20 as text, all as CSV or JSON.") var limit: Int?
  @Flag(help: "All columns, though they don't fit the terminal.") var wide = false
  @OptionGroup var asked: AskedRunArguments
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit takes a number of records, 1 or more.") }
  }

  func run() throws {
    let pipeline = try arguments.load()
    if let asExport { return try writeCorrections(pipeline, to: asExport) }
    let isWorkList = form.output != .text && outcome.map { Self.decidable.contains($0.outcome) } ?? false
    let findings = try Desk(pipeline, for: .user()).findings(
      outcome: outcome?.outcome, run: asked.number, withSides: isWorkList)
    if form.output == .text { say(findings.from) }
    let columns = FindingsTable.columns(ofWorkList: isWorkList)
    if form.output == .csv { print(csvLine(columns)) }
    var table = Table(columns: columns, rows: [], numeric: FindingsTable.numeric)
    func add(_ row: [String?]) throws(Stop) {
      try StandardOutput.check()
      if form.output == .csv {
        print(csvLine(forPeople: row.map { $0 ?? "" }))
      } else {
        table.rows.append(row)
      }
    }
    let limit = limit ?? (form.output == .text ? 20 : nil)
    if isWorkList {
      try findings.forEach(limit: limit) { (finding, population, insurance) throws(Stop) in
        try add(FindingsTable.row(finding, population, insurance))
      }
    } else {
      try findings.forEach(limit: limit) { (finding) throws(Stop) in try add(FindingsTable.row(finding)) }
    }
    switch form.output {
    case .csv: break
    case .json: print(table.json)
    case .text: try show(table, of: findings.count())
    }
  }

  /// The outcomes that officers decide on; their list is a work list.
  private static let decidable: [Outcome] = [.disputed, .idMissing, .idInvalid, .personUnknown]

  /// Left out first where the terminal is too narrow for all columns.
  private static let dispensable = [
    "run_id", "export", "card_number", "insurance_number", "candidate_personal_id", "candidates",
  ]

  private func show(_ table: Table, of total: Int) throws {
    guard !table.rows.isEmpty else { return print("No such record. Không có bản ghi nào.") }
    StandardOutput.usesPager = true
    // What was judged is for decide, not for people.
    let all = table.without("digest")
    var shown = all
    if !wide, let width = Terminal.columns(of: 1) {
      // As explain takes it.
      shown = all.joining("source_file", "source_line", as: "record")
        .fitting(width, without: Self.dispensable, shortening: "reasons")
    }
    print(shown.text)
    let left = all.columns.filter { !shown.columns.contains($0) && !$0.hasPrefix("source_") }
    if !left.isEmpty { print("\nNot shown: \(left.joined(separator: ", ")); --wide shows them.") }
    if table.rows.count < total {
      let (some, all) = (FigureText.grouped(table.rows.count), FigureText.grouped(total))
      print("\n\(some) of \(all) records · \(some) trên \(all) bản ghi. --limit or --output csv gives more.")
    }
    let words = Set(table.rows.flatMap { ($0[2] ?? "").split(separator: ",").map(String.init) }).sorted()
    print("\nWhat the reasons mean · Ý nghĩa:")
    for word in words {
      guard let reason = Reason(shown: word) else { continue }
      print(
        "  \(word): \(reason.meaning.english)\n    \(reason.meaning.vietnamese)\n    → \(reason.remedy.english)"
      )
    }
    let outcome = outcome.map { " --outcome \($0.outcome.name)" } ?? ""
    print(
      "\nTry next:\n  cardlink explain - \(arguments.named)\n"
        + "  cardlink findings \(arguments.named)\(outcome) --output csv")
  }
}

extension FindingsCommand {
  private func writeCorrections(_ pipeline: Pipeline, to directory: String) throws {
    let files = try Desk(pipeline, for: .user()).writeCorrections(to: directory, run: asked.number)
    Table(
      columns: ["export", "file", "records", "without_text", "written_to"],
      rows: files.map {
        [$0.export.name, $0.name, String($0.records), String($0.withoutText), $0.path]
      }, numeric: ["records", "without_text"]
    ).write(form.output)
    guard form.output == .text else { return }
    if files.isEmpty { print("Nothing waits in quarantine. Không có bản ghi nào bị cách ly.") }
    if files.contains(where: \.isConverted) {
      StandardError.write("Files that came in another encoding are written in UTF-8: tell the supplier.")
    }
  }
}

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Why one person's records are linked, or why not.",
    usage: "cardlink explain <number> <pipeline> [options]",
    discussion: """
      Shows the records of both exports as they are staged, every rule's verdict,
      and what would have to change. The number is
        a personal ID number, 12 digits
        an insurance number, 10 digits, or a card number, 15 or 17 characters
        a 9-digit number, or any of these that a person had before
        FILE:LINE of a record, as findings shows them
      The answer says which number it is. By an insurance or card number or by
      FILE:LINE, a record without a personal ID number is found as well; that takes
      one pass over all records. Of an insurance number that several persons claim,
      the other persons are listed. Give the number as -, and it is read from
      standard input.
        cardlink explain - pipelines/nightly.yaml
        cardlink explain insurance-2026-11-23.csv:14 pipelines/nightly.yaml
      --known-on and --known-at explain by the staged records of the run that was in
      force then, as long as they are kept (keep.staged).
      """)
  @Argument(
    help: ArgumentHelp("The number of a person, an insurance or a card, or FILE:LINE.", valueName: "number"))
  var number: String
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var asked: AskedRunArguments
  @OptionGroup var known: KnownArguments
  @OptionGroup var reason: ReasonArguments
  @OptionGroup var form: OutputArguments

  mutating func validate() throws {
    (number, arguments.pipeline) = inOrder(number, arguments.pipeline)
    if asked.number != nil, known.time != nil {
      throw ValidationError("Give --run or a time of knowledge, not both.")
    }
  }

  func run() throws {
    let number = try Asked(typed(number))
    let desk = Desk(try arguments.load(), for: reason.actor)
    let run = try known.time.map { time throws(Stop) in try desk.point(time).storeRun } ?? asked.number
    switch number {
    case .person(let id):
      let found = try desk.explain(id, run: run)
      if found.isEmpty, let earlier = try desk.explain(earlier: id, run: run) {
        let text = RecordExplanationText(earlier, paint: .ofStandardOutput)
        return try answer(text.text, text.table, isEmpty: false, run: earlier.run.id)
      }
      let text = ExplanationText(found, paint: .ofStandardOutput)
      try answer(text.text, text.table, isEmpty: found.isEmpty, run: found.run.id)
    case .record(let name):
      let found = try desk.explain(name, run: run)
      let text = RecordExplanationText(found, paint: .ofStandardOutput)
      try answer(
        text.text, text.table, isEmpty: found.persons.isEmpty && found.others.isEmpty, run: found.run.id,
        isOfDelta: found.isOfDelta)
    }
  }

  private func answer(
    _ text: String, _ table: Table, isEmpty: Bool, run: Int, isOfDelta: Bool = false
  ) throws(Stop) {
    if form.output != .text { table.write(form.output) }
    if isEmpty, isOfDelta {
      throw Stop(
        .none, at: arguments.pipeline, expected: "a record in force in run \(run) from that line of a delta",
        found: "none",
        remedy:
          "The line deletes a record, changes nothing, or a later change replaced it. Ask by the card number.\n"
          + "  Dòng này xóa bản ghi, không đổi gì hoặc đã bị thay thế; hãy tra theo số thẻ.",
        next: "cardlink series \(arguments.named)")
    }
    guard !isEmpty else {
      throw Stop(
        .none, at: arguments.pipeline, expected: "such a record in run \(run)",
        found: "none in either export",
        remedy: "Check the digits. A record whose number can't be read waits in quarantine.\n"
          + "  Không có bản ghi nào mang số này; hãy kiểm tra lại số.",
        next: "cardlink findings \(arguments.named) --outcome quarantined")
    }
    guard form.output == .text else { return }
    StandardOutput.usesPager = true
    print(text)
  }
}

/// What explain is asked about.
private enum Asked {
  case person(PersonalID)
  case record(RecordName)

  init(_ typed: String) throws(Stop) {
    let text = typed.trimmingCharacters(in: .whitespaces)
    if let colon = text.lastIndex(of: ":"), let line = Int(text[text.index(after: colon)...]), line > 0 {
      // Findings show the name of the file; a path is another way to write it.
      let file = text[..<colon].split(separator: "/").last ?? ""
      self = .record(.place(file: String(file), line: line))
    } else if let id = try? PersonalID(text.utf8.span) {
      self = .person(id)
    } else if let number = try? InsuranceNumber(text.utf8.span) {
      self = .record(.insuranceNumber(number))
    } else if let number = try? CardNumber(text.uppercased().utf8.span) {
      self = .record(.cardNumber(number))
    } else if let number = try? LegacyID(text.utf8.span) {
      self = .record(.legacyID(number))
    } else {
      throw Stop(
        .usage, at: "number",
        expected: "a personal ID number of 12 digits, an insurance number of 10, a card number of 15 or 17 "
          + "characters, a 9-digit number, or FILE:LINE", found: "\(text.count) characters",
        remedy: "Type the number with its leading zeros, or - to read it from standard input.",
        next: "cardlink explain --help")
    }
  }
}

/// A number and a pipeline file, typed in either order.
func inOrder(_ number: String, _ pipeline: String) -> (String, String) {
  isPipelineFile(number) && !isPipelineFile(pipeline) ? (pipeline, number) : (number, pipeline)
}
