// lookup and history: one person's card, now and as it was known earlier.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Values
import Views

struct LookupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup", abstract: "The card that serves for one person.",
    usage: "cardlink lookup <number> <pipeline> [options]",
    discussion: """
      The number is a personal ID number, or an insurance or card number that the
      person has or ever had; by these, the store and its history are read through.
      Give the number as -, and it is read from standard input. Every lookup is
      written into the audit log, with the reason that --because gives.

      --on asks about the card that serves on another day, as it is known now;
      --known-on and --known-at about what was known earlier. Together: what could
      a clinic see on 24 November of the card that serves on 1 January?
        cardlink lookup - nightly.yaml --known-on 2026-11-24 --on 2027-01-01
      """)
  @Argument(
    help: ArgumentHelp(
      "A personal ID number, 12 digits, an insurance number or a card number.", valueName: "number"))
  var number: String
  @OptionGroup var arguments: PipelineArguments
  @Option(help: ArgumentHelp("The card that serves on another day.", valueName: "date")) var on: BusinessDate?
  @OptionGroup var known: KnownArguments
  @OptionGroup var asked: AskedRunArguments
  @OptionGroup var reason: ReasonArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let pipeline = try arguments.load()
    let desk = Desk(pipeline, for: reason.actor)
    let ids = try persons(typed(number), desk)
    let found = try ids.compactMap { id in
      guard let time = known.time else {
        let (card, from) = try desk.card(of: id, on: on?.date, run: asked.number)
        if form.output == .text { say(from) }
        return card
      }
      let (card, from) = try desk.card(of: id, on: on?.date, known: time)
      if form.output == .text { sayKnown(from.words) }
      return card
    }
    var columns = [
      "personal_id", "full_name", "birth_date", "sex", "insurance_number", "card_number", "facility_code",
      "valid_from", "valid_to", "five_years_from", "area_code", "rule", "notes", "source_file", "source_line",
      "run_id",
    ]
    var rows: [[String?]] = found.map { person in
      let card = person.card
      return [
        person.personalID, person.fullName, person.birthDate, person.sex, card.insuranceNumber,
        card.cardNumber,
        card.facilityCode, card.validFrom, card.validTo, card.fiveYearsFrom, card.areaCode, card.rule,
        card.notes,
        card.sourceFile, String(card.sourceLine), String(card.runID),
      ]
    }
    if pipeline.graceDays != nil || found.contains(where: { $0.graceUntil != nil }) {
      columns.append("grace_until")
      for i in rows.indices { rows[i].append(found[i].graceUntil) }
    }
    if form.output != .text {
      Table(columns: columns, rows: rows, numeric: ["source_line", "run_id"]).write(form.output)
    }
    guard !rows.isEmpty else {
      throw Stop(
        .none, at: arguments.pipeline, expected: "a linked card of this number", found: "none",
        remedy: "Không có thẻ được liên kết với số này. explain says why.",
        next: "cardlink explain - \(arguments.named)")
    }
    guard form.output == .text else { return }
    for (i, row) in rows.enumerated() {
      if i > 0 { print() }
      for (column, value) in zip(columns, row) { print(column.leftAligned(18) + (value ?? "–")) }
    }
  }

  private func sayKnown(_ words: Bilingual) {
    StandardError.write(
      "As it was known then: \(words.english)\nTheo dữ liệu đã biết khi đó: \(words.vietnamese)")
  }

  /// The person with a personal ID number, or all who have or had another number.
  private func persons(_ typed: String, _ desk: Desk) throws -> [PersonalID] {
    guard let text = CardNumberText(typed.filter { !$0.isWhitespace }),
      (try? PersonalID(text.text.utf8.span)) == nil
    else { return [try personalID(typed)] }
    return try desk.persons(holding: text)
  }

  mutating func validate() throws {
    if known.time != nil, asked.number != nil {
      throw ValidationError(
        "--run is answered from what is kept of that run; give it or --known-at, not both.")
    }
    (number, arguments.pipeline) = inOrder(number, arguments.pipeline)
  }
}

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Each change of one person's card: what was known, and since when.",
    usage: "cardlink history <personal-id> <pipeline> [options]",
    discussion: """
      Shows each state of the person that a store in force has shown, with the run
      that opened it, its business date, and the file and line of the card. A night
      that was rolled back is shown too: facilities could see it. How far back it
      goes says keep.history in the pipeline file. Give the number as -, and it is
      read from standard input. It is written into the audit log.
        cardlink history - nightly.yaml --because 'complaint of facility 79024'
        cardlink history - nightly.yaml --output csv
      """)
  @Argument(help: ArgumentHelp("The personal ID number, 12 digits.", valueName: "personal-id")) var number:
    String
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var reason: ReasonArguments
  @OptionGroup var form: OutputArguments

  mutating func validate() {
    (number, arguments.pipeline) = inOrder(number, arguments.pipeline)
  }

  func run() throws {
    let id = try personalID(number)
    let (states, from) = try Desk(arguments.load(), for: reason.actor).states(of: id)
    let text = HistoryText(states, from: from)
    if form.output != .text { text.table.write(form.output) }
    guard !states.isEmpty else {
      throw Stop(
        .none, at: arguments.pipeline, expected: "a linked card of this number since \(from.knownOn)",
        found: "none",
        remedy: "Không có thẻ nào được liên kết với số này trong lịch sử. explain says why.",
        next: "cardlink explain - \(arguments.named)")
    }
    if form.output == .text { print(text.text) }
  }
}
