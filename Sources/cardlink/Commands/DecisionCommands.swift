// decide and decisions: records officers' decisions and lists them.

import ArgumentParser
import Desk
import Foundation
import Pipeline
import Run
import Values
import Views

struct DecideCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decide",
    abstract: "Record officers' decisions on disputed records and candidates. Ghi quyết định của cán bộ.",
    usage: """
      cardlink decide <pipeline> --file <file> [options]
      cardlink decide <pipeline> --revoke <number> --because <reason> [options]
      """,
    discussion: """
      1  Take a work list. It holds personal data: keep it where only the officers
         read it.
           cardlink findings pipelines/nightly.yaml --outcome disputed \\
             --output csv > decisions.csv
         Records that may be decided on are disputed, or are id_missing,
         id_invalid or person_unknown with candidates of 1 or more. Where there
         are more than 1, write the person's number into candidate_personal_id.
      2  Add two columns, decision and reason. decision is accept (the record is
         this person's), reject (it is not), or empty (not decided yet). Any
         spreadsheet will do; save as CSV UTF-8. Leave the other columns.
      3  Give it back. All of it is recorded, or nothing; a line that can't be
         taken is named with its column.
           cardlink decide pipelines/nightly.yaml --file decisions.csv
           cardlink decide pipelines/nightly.yaml --file - \\
             --by 'Nguyễn Thị B, BHXH tỉnh' < decisions.csv
      4  See what would change; then the next run applies it.
           cardlink rerun match pipelines/nightly.yaml --dry-run
           cardlink run pipelines/nightly.yaml

      A decision holds while name, birth date, sex and status are as they were
      judged, on both sides. When one of them changes it is open again: the finding
      says which, and so does cardlink decisions. To take one back:
        cardlink decide pipelines/nightly.yaml --revoke 12 \\
          --because 'giấy khai sinh nộp sau'

      TIẾNG VIỆT
      Lấy danh sách bằng lệnh findings, thêm cột decision (accept: đúng là người này,
      reject: không phải, để trống: chưa quyết định) và cột reason (lý do), lưu dạng
      CSV UTF-8 rồi nộp lại bằng lệnh decide. Quyết định có hiệu lực từ lần đối
      chiếu sau, cho đến khi một trong các trường đã xem xét thay đổi hoặc quyết
      định bị thu hồi.
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(
    help: ArgumentHelp("The work list with decisions; - is standard input.", valueName: "file"),
    completion: .file(extensions: ["csv"]))
  var file: String?
  @Option(
    help: ArgumentHelp(
      "Revoke the decision with this number; may be given several times.", valueName: "number"))
  var revoke: [Int] = []
  @Option(help: ArgumentHelp("Why decisions are revoked.", valueName: "reason")) var because: String?
  @Option(help: ArgumentHelp("Who decided; default the user who gives the command.", valueName: "name"))
  var by: String?
  @OptionGroup var form: OutputArguments

  func validate() throws {
    guard (file == nil) != revoke.isEmpty else {
      throw ValidationError("decide takes either --file or --revoke.")
    }
    if !revoke.isEmpty, because?.allSatisfy(\.isWhitespace) ?? true {
      throw ValidationError("--revoke takes a reason as well: --because \"…\".")
    }
    if file != nil, because != nil {
      throw ValidationError(
        "--because goes with --revoke; the reasons of a work list stand in its column reason.")
    }
    if let by, by.allSatisfy(\.isWhitespace) { throw ValidationError("--by takes a name.") }
  }

  func run() throws {
    let pipeline = try arguments.load()
    if let because, !revoke.isEmpty { return try revoke(pipeline, because) }
    guard let file else { return }
    let desk = Desk(pipeline, for: .user())
    let list =
      file == "-"
      ? try desk.decide(standardInput: Array(FileHandle.standardInput.readToEnd() ?? Data()), by: by)
      : try desk.decide(workList: file, named: String(file.split(separator: "/").last ?? ""), by: by)
    let table = Table(
      columns: ["number", "decision", "personal_id", "insurance_number", "card_number", "reason"],
      rows: list.decisions.map { decision, because in
        [
          String(decision.number), decision.isAccepted ? "accept" : "reject", decision.person.text,
          decision.insuranceNumber.text, decision.cardNumber.text, because,
        ]
      }, numeric: ["number"])
    guard form.output == .text else { return table.write(form.output) }
    let count = list.decisions.count
    if let first = list.decisions.first, let last = list.decisions.last {
      let accepted = list.decisions.count { $0.decision.isAccepted }
      StandardOutput.summarize(
        """
        \(FigureText.grouped(count)) recorded by \(list.by), as \(Self.numbers(first.decision, last.decision)): \
        \(FigureText.grouped(accepted)) accepted, \(FigureText.grouped(count - accepted)) rejected.
        Đã ghi \(FigureText.grouped(count)) quyết định: \(FigureText.grouped(accepted)) chấp nhận, \(FigureText.grouped(count - accepted)) từ chối.
        """)
    } else {
      print("Nothing new to record. Không có quyết định mới.")
    }
    if list.decidedBefore > 0 {
      print("\(FigureText.grouped(list.decidedBefore)) were recorded before · đã ghi trước đó")
    }
    if list.undecided > 0 { print("\(FigureText.grouped(list.undecided)) not decided yet · chưa quyết định") }
    print(
      "\nTry next:\n  cardlink rerun match \(arguments.named) --dry-run\n  cardlink run \(arguments.named)")
  }

  private static func numbers(_ first: Decision, _ last: Decision) -> String {
    first.number == last.number ? "decision \(first.number)" : "decisions \(first.number) to \(last.number)"
  }

  private func revoke(_ pipeline: Pipeline, _ because: String) throws {
    let revoked = try Desk(pipeline, for: .user()).revoke(revoke, because: because, by: by)
    let table = Table(
      columns: ["number", "decision", "personal_id", "insurance_number", "card_number"],
      rows: revoked.map { entry in
        [
          String(entry.decision.number), entry.decision.isAccepted ? "accept" : "reject",
          entry.decision.person.text, entry.decision.insuranceNumber.text, entry.decision.cardNumber.text,
        ]
      }, numeric: ["number"])
    guard form.output == .text else { return table.write(form.output) }
    let numbers = revoked.map { String($0.decision.number) }.joined(separator: ", ")
    StandardOutput.summarize("Revoked: \(numbers). Đã thu hồi quyết định \(numbers).")
    print("\nTry next:\n  cardlink run \(arguments.named)")
  }
}

extension DecisionState.State: ExpressibleByArgument {}

struct DecisionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions",
    abstract: "List officers' decisions and where they stand. Danh sách quyết định.",
    usage: "cardlink decisions <pipeline> [options]",
    discussion: """
      in_force   holds. effect says what the store in force shows of it: linked,
                 kept_apart; not_needed (the record links by itself now),
                 not_applied (the person is not active, gone, or has records
                 that disagree), number_shared, none (the record is in no export
                 any more), next_match (the next run applies it).
      reopened   what was judged has changed since; changed says which field.
                 Judge it anew from a new work list.
      revoked    taken back, with who, when and why.

        cardlink decisions pipelines/nightly.yaml --state reopened
        cardlink decisions pipelines/nightly.yaml --output csv > decisions.csv

      The list holds personal data; that it was read is in the audit log.
      """)
  @OptionGroup var arguments: PipelineArguments
  @Option(help: "Only those that stand so: in_force, reopened or revoked.") var state: DecisionState.State?
  @OptionGroup var form: OutputArguments

  func run() throws {
    let pipeline = try arguments.load()
    let states = try Desk(pipeline, for: .user()).decisions(state)
    let table = Table(
      columns: [
        "number", "state", "effect", "changed", "decision", "personal_id", "insurance_number", "card_number",
        "decided_at", "decided_by", "reason", "revoked_at", "revoked_by", "revoked_because",
      ],
      rows: states.map { state in
        let decision = state.entry.decision
        let changed = state.changed.text
        return [
          String(decision.number), state.state.rawValue, state.effect?.rawValue,
          changed.isEmpty ? nil : changed,
          decision.isAccepted ? "accept" : "reject", decision.person.text, decision.insuranceNumber.text,
          decision.cardNumber.text, state.taken.at, state.taken.by, state.entry.because, state.revoked?.at,
          state.revoked?.by, state.revoked?.because,
        ]
      }, numeric: ["number"])
    guard form.output == .text else { return table.write(form.output) }
    guard !states.isEmpty else {
      print("No decisions. Chưa có quyết định.")
      return print("Try next:\n  cardlink findings \(arguments.named) --outcome disputed --output csv")
    }
    StandardOutput.usesPager = true
    print(table.without("revoked_because").without("revoked_by").without("revoked_at").text)
    let words = Set(states.flatMap(\.changed.words)).sorted()
    if !words.isEmpty { print("\nWhat has changed · Đã thay đổi:") }
    for word in words {
      guard let reason = Reason(shown: word) else { continue }
      print(
        "  \(word): \(reason.meaning.english)\n    \(reason.meaning.vietnamese)\n    → \(reason.remedy.english)"
      )
    }
  }
}
