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
      The number is a personal ID number, or any number that the person has or ever
      had: a 9-digit number, an earlier personal ID number, an insurance or a card
      number. The answer says which number it is, and since when or until when. By
      an insurance or card number the store and its history are read through. Give
      the number as -, and it is read from standard input. Every lookup is written
      into the audit log, with the reason that --because gives.

      --on asks about the card that serves on another day, as it is known now;
      --known-on and --known-at about what was known earlier. Together: what could
      a clinic see on 24 November of the card that serves on 1 January?
        cardlink lookup - nightly.yaml --known-on 2026-11-24 --on 2027-01-01
      """)
  @Argument(
    help: ArgumentHelp(
      "A personal ID number or 9-digit number, an insurance number or a card number.", valueName: "number"))
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
    let number = typed(number).filter { !$0.isWhitespace }
    var isSaid = form.output != .text
    let cards = { (ids: [PersonalID]) in
      try ids.compactMap { id in
        guard let time = known.time else {
          let (card, from) = try desk.card(of: id, on: on?.date, run: asked.number)
          if !isSaid { say(from) }
          isSaid = true
          return card
        }
        let (card, from) = try desk.card(of: id, on: on?.date, known: time)
        if !isSaid { sayKnown(from.words) }
        isSaid = true
        return card
      }
    }
    let own = try? PersonalID(number.utf8.span)
    var found = try cards(own.map { [$0] } ?? [])
    var numbers: [KnownNumber] = []
    if found.isEmpty {
      guard let text = TypedNumber(number) else { return try _ = personalID(number) }
      numbers = try desk.holders(of: text)
      found = try cards(Set(numbers.compactMap { try? PersonalID($0.personalID.utf8.span) }).sorted())
    }
    let text = LookupText(found, numbers, isGraceKnown: pipeline.graceDays != nil)
    if form.output != .text { text.table.write(form.output) }
    guard !found.isEmpty else {
      throw Stop(
        .none, at: arguments.pipeline, expected: "a linked card of this number", found: text.nothing,
        remedy: "Không có thẻ được liên kết với số này. explain says why.",
        next: "cardlink explain - \(arguments.named)")
    }
    if form.output == .text { print(text.text) }
  }

  private func sayKnown(_ words: Bilingual) {
    StandardError.write(
      "As it was known then: \(words.english)\nTheo dữ liệu đã biết khi đó: \(words.vietnamese)")
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
      read from standard input. It is written into the audit log. A card that only
      got the person's own ID number in place of a 10-digit one is called renumbered.
      --numbers lists the person's numbers instead: those of cards, 9-digit numbers,
      earlier personal ID numbers, each with the dates between which it was known.
        cardlink history - nightly.yaml --because 'complaint of facility 79024'
        cardlink history - nightly.yaml --numbers --output csv
      """)
  @Argument(help: ArgumentHelp("The personal ID number, 12 digits.", valueName: "personal-id")) var number:
    String
  @OptionGroup var arguments: PipelineArguments
  @Flag(help: "The person's numbers, now and before.") var numbers = false
  @OptionGroup var reason: ReasonArguments
  @OptionGroup var form: OutputArguments

  mutating func validate() {
    (number, arguments.pipeline) = inOrder(number, arguments.pipeline)
  }

  func run() throws {
    let id = try personalID(number)
    let desk = Desk(try arguments.load(), for: reason.actor)
    if numbers {
      let found = try desk.numbers(of: id)
      let table = NumbersTable.table(found)
      if form.output == .text, found.isEmpty {
        print("No such number. Không có số nào.")
      } else {
        table.write(form.output)
      }
      return
    }
    let (states, from) = try desk.states(of: id)
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
