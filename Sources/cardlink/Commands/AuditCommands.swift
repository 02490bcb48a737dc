// cardlink audit: who did what, when and why, and whether the log was altered; of a workspace, or of the folder in which
// `cardlink serve PACKAGE` keeps its log.

import ArgumentParser
import Desk
import Files
import Pipeline
import Run
import Values
import Views
import Workspace

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "The audit log: read it, or check that it is unchanged.",
    discussion: """
      The workspace keeps a log that only grows: runs, holds, releases, decisions,
      rollbacks, prunes, and every lookup, explanation and list of findings, each
      with who, when and, if given, why. It contains no
      person's number, but a pseudonym that only this workspace's key can make.
        cardlink audit verify pipelines/nightly.yaml
        cardlink audit show pipelines/nightly.yaml --event looked_up
        cardlink audit show pipelines/nightly.yaml --person -
      The last one lists who asked for a person; it reads the number from standard
      input.

      `cardlink serve PACKAGE` keeps such a log at a facility, in the folder of its
      option --audit. Name that folder in place of the pipeline:
        cardlink audit verify /srv/cardlink/audit
      """,
    subcommands: [AuditVerifyCommand.self, AuditShowCommand.self])
}

/// Whose log is meant.
struct AuditArguments: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The pipeline file, or the folder of the log that `cardlink serve` keeps.",
      valueName: "pipeline or folder"))
  var source: String

  @Option(help: ArgumentHelp("Another workspace than the pipeline file's.", valueName: "dir"))
  var workspace: String?

  @OptionGroup var log: LogArguments

  private var isFolder: Bool { get throws(Stop) { try Folder.isFolder(source + "/.") } }

  /// The log, which is there if a folder is named.
  func audit() throws(Stop) -> Audit {
    guard try isFolder else {
      return Audit(try PipelineArguments.load(source, workspace: workspace, log).workspace)
    }
    Log.use(log)
    let audit = Audit(Paths.absolute(source))
    guard try Folder.exists(audit.path) else {
      throw Stop(
        .exportMissing, at: source, expected: "the folder of an audit log", found: "one without audit.log",
        remedy: "Name the folder that `cardlink serve` has after --audit, or a pipeline file.",
        next: "cardlink audit --help")
    }
    return audit
  }

  /// The log as the next command names it; a failure puts the pipeline in the place of the word.
  func named() throws(Stop) -> String { try isFolder ? shellQuoted(source) : "PIPELINE" }
}

struct AuditVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that the audit log is what was written, line by line.",
    usage: "cardlink audit verify <pipeline or folder> [options]",
    discussion: """
      Each line ends with a hash over itself and the line before. Exit code 0:
      intact; 65: broken, with the first line that is not as it was written. Keep
      the head that is printed in another place (a mail, a paper, another machine):
      a log whose end was cut off, or that was written anew from some line on, no
      longer has it.
        cardlink audit verify pipelines/nightly.yaml --head 5f1c…
      """)
  @OptionGroup var arguments: AuditArguments
  @Option(help: ArgumentHelp("A head noted earlier; the log must still have that line.", valueName: "hash"))
  var head: String?

  func run() throws {
    let audit = try arguments.audit()
    let reading = try audit.reading()
    let next = "cardlink audit show \(try arguments.named())"
    if let broken = reading.broken {
      throw Stop(
        .dataRefused, at: audit.path, line: broken.fileLine, expected: "the line as it was written",
        found: broken.why,
        remedy: "\(reading.lines.count) lines before it are intact. Keep a copy of the file as evidence.",
        next: next)
    }
    if let head, !reading.has(head: head) {
      throw Stop(
        .dataRefused, at: audit.path, expected: "a line with the hash that was noted", found: "none",
        remedy: "The log was cut off or written anew. Keep a copy of the file as evidence.",
        next: next)
    }
    print("\(audit.path): \(FigureText.grouped(reading.lines.count)) lines, intact. Nhật ký nguyên vẹn.")
    if reading.mended > 0 { print("\(reading.mended) torn off by a crash and mended; nothing is missing.") }
    if reading.hasTornEnd { print("The end was torn off by a crash; the next event mends it.") }
    print("head \(reading.head)")
  }
}

struct AuditShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "List the events of the audit log, the last one last.",
    usage: "cardlink audit show <pipeline or folder> [options]")
  @OptionGroup var arguments: AuditArguments
  @Option(help: ArgumentHelp("Only events of this kind, such as looked_up or released.", valueName: "event"))
  var event: AuditEvent?
  @Option(
    help: ArgumentHelp(
      "Only events about this person: 12 digits, or - to read them from standard input.",
      valueName: "personal-id"))
  var person: String?
  @Option(help: "At most so many events, the last ones; default all.") var limit: Int?
  @OptionGroup var form: OutputArguments

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit takes a number of events, 1 or more.") }
  }

  func run() throws {
    let audit = try arguments.audit()
    let wanted = try person.map { try audit.pseudonym(of: personalID($0)) }
    let lines = try audit.reading().lines.filter { line in
      (event == nil || line.event == event?.rawValue) && (wanted == nil || line.person == wanted)
    }
    StandardOutput.usesPager = form.output == .text
    Table(
      columns: ["number", "at", "event", "user", "run", "person", "because", "detail"],
      rows: lines.suffix(limit ?? lines.count).map { line in
        [
          String(line.number), line.at, line.event, line.user, line.run.map(String.init), line.person,
          line.because,
          line.detail.map { detail in
            detail.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
          },
        ]
      }, numeric: ["number", "run"]
    ).write(form.output)
  }
}

extension AuditEvent: ExpressibleByArgument {}

/// Why someone asks for a person; written into the audit log.
struct ReasonArguments: ParsableArguments {
  @Option(help: ArgumentHelp("Why; written into the audit log.", valueName: "reason")) var because: String?

  var actor: Actor { .user(because: because) }
}
