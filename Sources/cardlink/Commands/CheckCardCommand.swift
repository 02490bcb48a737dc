// cardlink check-card: what the insurer's gateway answers, offline.
// Invariant: personal data comes in by standard input or a file and goes out by standard output; none of it is in
// an argument, a message or a log.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Run
import Values
import Workspace

struct CheckCardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-card",
    abstract: "Check a card as the insurer's gateway does, offline. Tra cứu thẻ BHYT không cần mạng.",
    usage: """
      cardlink check-card <pipeline> [options]
      cardlink check-card --package <dir> [options]
      """,
    discussion: """
      Reads one card from standard input: what a scanner sends of a chip ID card
      (căn cước) or of a health-insurance card (thẻ BHYT), a typed line of number,
      name and birth date, or the gateway's own request. Answers with the gateway's
      field names and result codes, and a note to the clerk in Vietnamese (ghiChu).
      The number is a card number of 15 or 17 characters, an insurance number of 10
      digits or a personal ID number of 12. Personal data are never taken from the
      command line, where other users could read them.

      AT THE INSURER, from the store of a pipeline; typed, scanned, or as programs
      ask:
        echo '079090000123, Nguyễn Văn A, 01/02/1990' |
          cardlink check-card pipelines/nightly.yaml
        echo '079090000123||Nguyễn Văn A|01021990|Nam|Phố Mẫu|15052021' |
          cardlink check-card pipelines/nightly.yaml
        echo '{"maThe":"7912345678","hoTen":"Nguyễn Văn A","ngaySinh":"1990"}' |
          cardlink check-card pipelines/nightly.yaml --because 'quầy 3'

      AT A FACILITY, from its package and nothing else (in any format that has names
      and birth dates):
        cardlink check-card --package /srv/cardlink/01028/current
        cardlink check-card --package /media/usb/01028 --key publisher.pub
        cardlink check-card --package 01028.age --identity facility.key
        cardlink check-card --package people.csv --on 2026-12-31
      A package is verified before it answers anything, as `cardlink verify` does:
      one that was altered, is expired, older than the newest seen (--state) or
      signed with another key is refused. Of a file by itself, or with --unverified,
      it says that it was not verified.

      MANY AT ONCE, one per line, in any of these forms; a header such as
      maThe,hoTen,ngaySinh may name the columns. Each line gets one answer, in
      order, with its number (dong):
        cardlink check-card pipelines/nightly.yaml --batch in.csv > out.ndjson

      CODES
        000 right                  003 expired, new card issued
        004 valid, new card issued 010 not valid on the day
        050 no data                051 card code wrong
        052 province wrong         053 level wrong
        060 name wrong             061 name wrong but for its first letter
        070 birth date wrong       205 can't be read
      --known-on and --known-at answer with what was known then, by the history, and
      say so: what could the clinic see on 24 November of a card that is used on the
      20th?
        cardlink check-card nightly.yaml --known-on 2026-11-24 --on 2026-11-20

      Any code is an answer, and the exit code is then 0. docs/check-card.md tells
      how each is found. A check against a store is written into its audit log, a
      batch as a whole.
      """)
  @Argument(
    help: ArgumentHelp("The pipeline file, for its store.", valueName: "pipeline"),
    completion: .file(extensions: ["yaml"]))
  var pipeline: String?
  @Option(
    help: ArgumentHelp(
      "A facility's package: its folder or encrypted file, or its CSV, SQLite, XML or NDJSON file alone.",
      valueName: "dir"
    ))
  var package: String?
  @Option(help: ArgumentHelp("The publisher's public key (PEM), received another way.", valueName: "file"))
  var key: String?
  @Option(
    help: ArgumentHelp("What verify --state or apply (seen.txt) remembers; only read.", valueName: "file"))
  var state: String?
  @Option(help: ArgumentHelp("The facility's private key, for an encrypted package.", valueName: "file"))
  var identity: String?
  @Flag(help: "Answer from a package without looking whether it is as it was sent.")
  var unverified = false
  @Option(help: ArgumentHelp("Another workspace than the pipeline file's.", valueName: "dir"))
  var workspace: String?
  @Option(
    help: ArgumentHelp("The day for which is asked; default today in Asia/Ho_Chi_Minh.", valueName: "date"))
  var on: BusinessDate?
  @OptionGroup var known: KnownArguments
  @Option(help: ArgumentHelp("Read one card from a file instead of standard input.", valueName: "file"))
  var input: String = "-"
  @Option(help: ArgumentHelp("Check every line of a file; - is standard input.", valueName: "file"))
  var batch: String?
  @OptionGroup var reason: ReasonArguments
  @Option(
    help: ArgumentHelp(
      "The form of the answers: json, csv, or text for a clerk (the verdict first, then what to do).",
      valueName: "form"))
  var output: CardOutput = .json
  @Option(help: ArgumentHelp("A bound on the memory of the process, such as 512M or 2G.", valueName: "size"))
  var memory: MemorySize = MemorySize(bytes: 2 << 30)

  enum CardOutput: String, ExpressibleByArgument, CaseIterable { case json, csv, text }

  func validate() throws {
    if (pipeline == nil) == (package == nil) {
      throw ValidationError("Give a pipeline file, or a package with --package DIR.")
    }
    if package != nil, known.time != nil {
      throw ValidationError("--known-on and --known-at need the history: give a pipeline file.")
    }
    if package == nil, key != nil || state != nil || identity != nil || unverified {
      throw ValidationError(
        "--key, --state, --identity and --unverified concern a package: give --package DIR.")
    }
    if unverified, key != nil || state != nil || identity != nil {
      throw ValidationError("Give --unverified or what it is to be verified with.")
    }
    if batch != nil, input != "-" { throw ValidationError("Give --input for one card or --batch for many.") }
  }

  func run() throws {
    let desk = try desk()
    guard let batch else {
      if input == "-", isatty(STDIN_FILENO) == 1 {
        StandardError.write(
          "Quét mã QR của thẻ, hoặc gõ: số, họ tên, ngày sinh. Scan a card, or type its data.")
      }
      print(
        try desk.answerOne(input, form: output == .csv ? .csv : output == .text ? .text : .json),
        terminator: "")
      return say(desk.doubt)
    }
    let report = try desk.answerAll(
      batch, form: output == .csv ? .csv : output == .text ? .text : .jsonLines, memoryBytes: memory.bytes
    ) { bytes throws(Stop) in try StandardOutput.write(bytes) }
    let codes = report.codes.sorted { $0.key.rawValue < $1.key.rawValue }.map {
      "\($0.key.text): \(FigureText.grouped($0.value))"
    }
    StandardError.write("\(FigureText.grouped(report.questions)) checked. " + codes.joined(separator: " · "))
    say(desk.doubt)
  }

  private func say(_ doubt: (vietnamese: String, english: String)?) {
    if let doubt { StandardError.write("\(doubt.vietnamese)\n\(doubt.english)") }
  }

  private func desk() throws(Stop) -> CardDesk {
    let day = on?.date ?? known.on?.date ?? Clock.today()
    if let package {
      return CardDesk(
        package: package, on: day,
        check: unverified ? nil : CardDesk.PackageCheck(key: key, state: state, identity: identity))
    }
    var loaded = try Pipeline(file: pipeline ?? "")
    if let workspace { loaded.workspace = Paths.absolute(workspace) }
    return CardDesk(store: Desk(loaded, for: reason.actor), on: day, known: known.time)
  }
}
