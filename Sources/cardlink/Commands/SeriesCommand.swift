// series: the deliveries of exports that send a full export now and then, and changes in between.

import ArgumentParser
import Desk
import Values
import Views

struct SeriesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "series", abstract: "List the full export and deltas of each series, and what is missing.",
    usage: "cardlink series <pipeline> [options]",
    discussion: """
      For exports with delivery: delta. One line for each delivery, with its number,
      its size and its state:
        base      the full export that the series begins with
        applied   its changes are in the store in force
        waiting   the next run applies it
        missing   no file has this number: the next run is refused until it comes
        copy      the bytes of another file of its number; not read
        closed    older than the full export, and applied before it came; not read
        refused   the next run stops at it; the last lines say why
      For applied deltas, what became of their records. Below, the sum of the store
      in force: full export + inserted - deleted.
        cardlink series pipelines/nightly.yaml
        cardlink series pipelines/nightly.yaml --output csv
      """)
  @OptionGroup var arguments: PipelineArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let desk = Desk(try arguments.load(), for: .user())
    let series = try desk.series()
    let table = SeriesTable.table(series)
    guard form.output == .text else { return table.write(form.output) }
    table.write(.text)
    let notes = series.flatMap(\.notes)
    if !notes.isEmpty { print("\n" + notes.joined(separator: "\n")) }
  }
}
