// erase: removes one person from everything the workspace keeps, for good.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Run
import Values
import Views
import Workspace

struct EraseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase", abstract: "Remove one person for good. Xóa hẳn dữ liệu của một người.",
    usage: "cardlink erase <personal-id> <pipeline> --because <reason> [options]",
    discussion: """
      Removes the person from the store in force and from those that are kept, from
      the history, and from the PostgreSQL server, and overwrites the place. Staged
      records and quarantine are removed as a whole, those of all persons: the next
      run makes them anew. The audit log says who did it and why, without the number.

      An export that brings the person again brings no card: its records are held
      back with the reason person_erased, until --undo allows them. Packages in force
      hold the person until the next run replaces them; the list of decisions, the
      exports themselves and backups are not changed.

      On a terminal it asks first; --yes doesn't ask. Give the number as -, and it is
      read from standard input.
        cardlink erase - nightly.yaml --because 'court order 12/2026'
      """)
  @Argument(help: ArgumentHelp("The personal ID number, 12 digits.", valueName: "personal-id")) var number:
    String
  @OptionGroup var arguments: PipelineArguments
  @Option(help: ArgumentHelp("Why; written into the audit log.", valueName: "reason")) var because: String
  @Flag(help: "Let exports bring an erased person again.") var undo = false
  @Flag(help: "Don't ask.") var yes = false

  mutating func validate() throws {
    if because.allSatisfy(\.isWhitespace) {
      throw ValidationError("Say why: --because takes a reason, in words.")
    }
    (number, arguments.pipeline) = inOrder(number, arguments.pipeline)
  }

  func run() throws {
    let id = try personalID(number)
    let pipeline = try arguments.load()
    if undo {
      try allowReturn(of: id, to: pipeline, because: because, in: Workspace(pipeline.workspace))
      return StandardOutput.summarize(
        """
        The next run takes this person from the exports again.
        Lượt chạy tới sẽ nhận lại người này từ các tệp dữ liệu.

        Try next:
          cardlink run \(arguments.named)
        """)
    }
    try confirm()
    let erased = try erase(id, from: pipeline, because: because, in: Workspace(pipeline.workspace))
    let runs = erased.runs.map(String.init).joined(separator: ", ")
    StandardOutput.summarize(
      """
      Erased: \(FigureText.grouped(erased.rows)) rows of the stores and the history. Staged records removed: \
      \(runs.isEmpty ? "none" : "runs \(runs)").
      Đã xóa hẳn \(FigureText.grouped(erased.rows)) dòng trong kho dữ liệu và lịch sử.
      Packages in force hold the person until the next run.
      Các gói đang có hiệu lực còn người này cho đến lượt chạy tới.

      Try next:
        cardlink run \(arguments.named)
      """)
  }

  private func confirm() throws {
    guard !yes, isatty(0) == 1, isatty(2) == 1 else { return }
    StandardError.raw("Erase for good? Xóa hẳn? [y/N] ")
    guard
      ["y", "yes", "c", "có"].contains((readLine() ?? "").lowercased().trimmingCharacters(in: .whitespaces))
    else {
      throw Stop(
        .usage, at: "erase", expected: "y", found: "another answer", remedy: "Nothing was changed.",
        next: "cardlink history - PIPELINE")
    }
  }
}
