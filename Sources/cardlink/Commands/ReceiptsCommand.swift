// receipts: takes in what facilities send back, and shows which of them use their packages.

import ArgumentParser
import Desk
import Values
import Views
import Workspace

struct ReceiptsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receipts",
    abstract: "Take in facilities' receipts, and show who uses its package and who is behind.",
    usage: "cardlink receipts <pipeline> [<file or folder> ...] [options]",
    discussion: """
      A facility's `apply`, or `verify --receipt`, writes a small file CODE.receipt:
      which package it has, since when, and nothing of a person. It sends the file
      back by any way. Each counts once, whatever the number of copies; receipts
      that were made without the package, or belong to another pipeline, are
      refused and listed.
        cardlink receipts pipelines/nightly.yaml /srv/incoming
        cardlink receipts pipelines/nightly.yaml
        cardlink receipts pipelines/nightly.yaml --output csv > use.csv
      JSON has the share of facilities for each publication too. If the pipeline
      file names metrics, those of the receipts are written beside them.

      EXIT CODES
        0 done
        65 some receipts were refused; the others are counted
        66 no such file or folder
        69 nothing is published
      """)
  @OptionGroup var arguments: PipelineArguments
  @Argument(help: ArgumentHelp("Receipts, or folders of them.", valueName: "file or folder"))
  var paths: [String] = []
  @OptionGroup var form: OutputArguments

  func run() throws {
    let pipeline = try arguments.load()
    let desk = Desk(pipeline, for: .user())
    let taken = paths.isEmpty ? [] : try desk.takeReceipts(paths)
    guard let standing = try desk.receiptStanding() else { throw try desk.noRun() }
    switch form.output {
    case .text:
      if !taken.isEmpty { print(ReceiptsText.taken(taken) + "\n") }
      print(ReceiptsText.standing(standing))
    case .csv: ReceiptsText.table(standing.recipients).write(.csv)
    case .json: print(JSONFile.text(standing))
    }
    if let metrics = pipeline.metrics {
      try standing.writeMetrics(of: pipeline.name, beside: metrics)
    }
    let refused = taken.filter(\.result.isRefused)
    guard !refused.isEmpty else { return }
    StandardError.write(ReceiptsText.refused(refused).text)
    throw Stop(
      .dataRefused, at: refused[0].file, expected: "receipts of packages of this pipeline",
      found: "\(refused.count) refused, listed above",
      remedy: "Ask these facilities to apply their newest package and send its receipt.",
      next: "cardlink receipts --help")
  }
}
