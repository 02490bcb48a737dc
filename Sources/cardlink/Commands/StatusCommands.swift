// status, runs, doctor: the last run, all runs, and whether the next one can succeed.

import ArgumentParser
import Desk
import Foundation
import Run
import Values
import Views
import Workspace

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "How the night went, what is in force, what to do next: in a screenful.",
    usage: "cardlink status <pipeline> [options]",
    discussion: """
      The last run and its state (done, held, failed, running, cut off), what
      everybody reads now and how old it is, the ledger with the change against the
      finished run before, the largest causes with the command that lists their
      records, gates that did not pass, how long each stage took, and what to do
      next. Takes no lock: ask at any time.
        cardlink status pipelines/nightly.yaml
        cardlink status pipelines/nightly.yaml --output json | jq .state
        cardlink status pipelines/nightly.yaml --run 7
      --output csv gives the ledger of the run, a line for each file and outcome.

      --provinces shows the 34 provinces since July 2025 instead, and
      --former-provinces the 63 before as well: persons with a card by the province
      of the facility on it, and insurance records by place of birth registration,
      which is digits 1 to 3 of the personal ID number and not the residence.
        cardlink status pipelines/nightly.yaml --provinces
      NO_COLOR is respected.
      """)
  @OptionGroup var arguments: PipelineArguments
  @Flag(help: "Figures of the 34 provinces since July 2025.") var provinces = false
  @Flag(help: "Also those of the 63 provinces before.") var formerProvinces = false
  @OptionGroup var asked: AskedRunArguments
  @OptionGroup var form: OutputArguments

  func run() throws {
    let desk = Desk(try arguments.load(), for: .user())
    var status = try desk.status(named: arguments.named, run: asked.number)
    if provinces || formerProvinces {
      status.provinces = ProvinceFigures.all(of: try desk.run(status.run), former: formerProvinces)
    }
    switch form.output {
    case .text where status.provinces != nil:
      StandardOutput.usesPager = true
      print(ProvincesText.text(status, paint: .ofStandardOutput))
    case .csv where status.provinces != nil: ProvincesText.table(status).write(.csv)
    case .text: print(StatusText(status, paint: .ofStandardOutput).text)
    case .json: print(status.json)
    case .csv:
      let run = try desk.run(status.run)
      Table(
        columns: ["run_id", "export", "source_file", "outcome", "records"],
        rows: run.matched.ledger.map {
          [String(status.run), $0.export, $0.sourceFile, $0.outcome, String($0.records)]
        },
        numeric: ["run_id", "records"]
      ).write(.csv)
    }
  }
}

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List the runs, the last one last.",
    usage: "cardlink runs <pipeline> [options]",
    discussion: """
      Text shows the last twenty, narrow enough for a terminal; --output csv or json
      gives all of them with all their times and the seconds of each stage. The
      number after a state is the exit code. A run that says it is at work and has no
      process is shown as cut_off.
        cardlink runs pipelines/nightly.yaml
        cardlink runs pipelines/nightly.yaml --output csv --last 365 > a-year.csv
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(
    help: ArgumentHelp("Only the last so many; default 20 as text, all as CSV or JSON.", valueName: "n"))
  var last: Int?
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last takes a number of runs, 1 or more.") }
  }

  func run() throws {
    let desk = Desk(try arguments.load(), for: .user())
    let all = try desk.runs()
    let shown = all.suffix(last ?? (form.output == .text ? 20 : Int.max))
    let holder = try desk.lockHolder()
    guard form.output == .text else { return table(shown, holder).write(form.output) }
    Table(
      columns: ["run", "command", "state", "as_of", "began", "took", "insurance", "linked"],
      rows: shown.map { run in
        [
          String(run.id), run.command,
          run.state(holder: run.id == all.last?.id ? holder : nil).rawValue
            + (run.exitCode.map { " \($0)" } ?? ""), run.asOf,
          String(run.startedAt.prefix(16).suffix(11)).replacing("T", with: " "),
          run.rollback != nil && run.ownSeconds == 0 ? nil : FigureText.duration(run.ownSeconds),
          FigureText.grouped(run.count(.insurance)), run.linkRate.map { FigureText.percent($0) },
        ]
      }, numeric: ["run", "took", "insurance", "linked"]
    ).write(.text)
    if shown.count < all.count {
      print("\n\(all.count - shown.count) earlier runs: cardlink runs \(arguments.named) --last \(all.count)")
    }
  }

  private func table(_ runs: ArraySlice<RunRecord>, _ holder: LockHolder?) -> Table {
    let stages = StageName.allCases.map { "\($0.rawValue)_seconds" }
    return Table(
      columns: [
        "run_id", "command", "as_of", "started_at", "finished_at", "state", "insurance", "linked",
        "exit_code", "ended_at", "seconds", "link_rate_percent",
      ] + stages,
      rows: runs.map { run in
        [
          String(run.id), run.command, run.asOf, run.startedAt, run.finishedAt,
          run.state(holder: run.id == runs.last?.id ? holder : nil).rawValue,
          String(run.count(.insurance)), String(run.count(.insurance, .linked)),
          run.exitCode.map(String.init), run.ended, String(format: "%.3f", run.ownSeconds),
          run.linkRate.map { String(format: "%.2f", Double($0) / 100) },
        ]
          + StageName.allCases.map { stage in
            run.finished(stage).flatMap { $0.run == run.id ? String($0.seconds) : nil }
          }
      },
      numeric: Set(["run_id", "insurance", "linked", "exit_code", "seconds", "link_rate_percent"] + stages))
  }
}

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Whether the next night can go well: machine, workspace, exports, last nights.",
    usage: "cardlink doctor <pipeline> [options]",
    discussion: """
      Looks at everything that a run needs and changes nothing: the exports, the
      workspace with its owner and modes, the lock, room on the disk against what
      the last run took, memory against --memory, open files, the libraries'
      versions, the clock, the store and packages in force, the metrics, the last
      runs, the audit log, and what a cut-off run left. Each line is ok, warn or
      fail, with what to do.
        cardlink doctor pipelines/nightly.yaml
        cardlink doctor pipelines/nightly.yaml --memory 16G --output json

      EXIT CODES
        0 nothing fails, though something may be to look at; else that of the first
        line that fails:
        65 an export lacks a column
        66 an export or the signing key is missing
        69 the store or a library
        73 can't write there
        74 disk, memory, modes, clock or audit log
        78 pipeline file wrong
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(help: ArgumentHelp("The bound on memory that runs are given.", valueName: "size"))
  var memory: MemorySize = MemorySize(bytes: 2 << 30)
  @OptionGroup var form: OutputArguments

  func run() throws {
    let doctor = Doctor(try arguments.load(), named: arguments.named, memoryBytes: memory.bytes)
    let found = doctor.examine()
    switch form.output {
    case .text: print(found.text(.ofStandardOutput))
    case .json: print(found.json)
    case .csv:
      Table(
        columns: ["check", "verdict", "found", "remedy", "command", "exit_code"],
        rows: found.map { one in
          [
            one.check, one.verdict.rawValue, one.found, one.remedy, one.command,
            one.exit.map { String($0.rawValue) },
          ]
        }, numeric: ["exit_code"]
      ).write(.csv)
    }
    guard let first = found.first(where: { $0.verdict == .fail }) else { return }
    throw Stop(
      found.exit, at: "doctor", field: first.check, expected: "no check to fail", found: first.found,
      remedy: first.remedy, next: first.command ?? "cardlink doctor \(arguments.named)")
  }
}
