// Why a run was held, most likely: half a file, a changed pattern, yesterday's file; and what shows it.
// Invariant: a cause holds counts, shares, names of exports, fields and runs, and nothing of a record.

/// What most likely made a run's figures differ.
package enum LikelyCause: Hashable, Sendable, Codable {
  /// An export is byte for byte that of an earlier run.
  case sameExport(ExportKind, run: Int)
  /// An export or the business date is older than that of an earlier run.
  case olderExport(String, run: Int)
  /// An export's files have fewer bytes, and maybe are fewer, than those of an earlier run.
  case smallerExport(ExportKind, files: Int, filesBefore: Int, share: Double, run: Int)
  /// An export has more records than usual.
  case largerExport(ExportKind, share: Double, run: Int)
  /// An export has no records.
  case emptyExport(ExportKind)
  /// Many more records of an export have this reason: the supplier writes a field in another way.
  case reason(Reason, Outcome, ExportKind, records: Int, before: Int?)
  /// Many more records end so, without a finer reason.
  case outcome(Outcome, records: Int, before: Int?)
  /// A field has lost its values: a column was renamed, moved or left empty.
  case blankField(String)
  /// Some places have lost or gained records, and the whole has not, since an earlier run.
  case places(Int, since: Int)
  /// Nearly everything links: the rules were not applied, or both exports are copies of one.
  case allLinked
  /// The share of cards with the person's own ID number has changed: the insurer renumbers cards, or has gone back.
  case renumbered(share: Double, before: Double, since: Int)
  /// A file isn't the one that its manifest names.
  case otherFile(String)
  /// A file that a manifest names is missing.
  case missingFile(String)
  /// A file has no manifest.
  case noManifest(String)
  /// The data was taken out of force.
  case rolledBack(run: Int)

  /// The question whose answer shows the cause.
  package enum Look: Hashable, Sendable {
    case check, findings(Outcome), diff(since: Int), status, runs
  }

  package var look: Look {
    switch self {
    case .sameExport, .olderExport, .smallerExport, .largerExport, .emptyExport, .blankField, .otherFile,
      .missingFile, .noManifest:
      .check
    case .reason(_, let outcome, _, _, _), .outcome(let outcome, _, _): .findings(outcome)
    case .places(_, let run), .renumbered(_, _, let run): .diff(since: run)
    case .allLinked: .status
    case .rolledBack: .runs
    }
  }

  /// The command that shows the cause of a run's hold.
  package func command(_ pipeline: String, run: Int) -> String {
    switch look {
    case .check: "cardlink check \(pipeline)"
    case .findings(let outcome): "cardlink findings \(pipeline) --run \(run) --outcome \(outcome.name)"
    case .diff(let before): "cardlink diff \(pipeline) \(before) \(run)"
    case .status: "cardlink status \(pipeline) --run \(run)"
    case .runs: "cardlink runs \(pipeline)"
    }
  }

  package var text: Bilingual {
    switch self {
    case .sameExport(let export, let run):
      Bilingual(
        "tệp \(export.vietnamese) giống hệt tệp của lượt chạy \(run): có thể là tệp của ngày hôm trước",
        "the \(export.name) export is byte for byte that of run \(run): probably yesterday's file")
    case .olderExport(let what, let run):
      Bilingual(
        "\(Self.vietnamese(what)) cũ hơn của lượt chạy \(run): có thể là tệp của ngày hôm trước",
        "the \(what) is older than that of run \(run): probably yesterday's file")
    case .smallerExport(let export, let files, let filesBefore, let share, let run):
      files < filesBefore
        ? Bilingual(
          "dữ liệu \(export.vietnamese) chỉ có \(files) tệp, lượt chạy \(run) có \(filesBefore): có thể thiếu tệp",
          "the \(export.name) export has \(files) of the \(filesBefore) files that run \(run) had: files are missing"
        )
        : Bilingual(
          "dữ liệu \(export.vietnamese) chỉ bằng \(Self.percent(share)) của lượt chạy \(run): có thể tệp mới chép được một phần",
          "the \(export.name) export has \(Self.percent(share)) of the bytes of run \(run): probably a file that was only partly copied"
        )
    case .largerExport(let export, let share, let run):
      Bilingual(
        "dữ liệu \(export.vietnamese) bằng \(Self.percent(share)) của lượt chạy \(run): có thể một tệp bị đọc hai lần",
        "the \(export.name) export has \(Self.percent(share)) of the records of run \(run): a file may be there twice"
      )
    case .emptyExport(let export):
      Bilingual(
        "dữ liệu \(export.vietnamese) không có bản ghi nào", "the \(export.name) export has no records")
    case .reason(let reason, _, let export, let records, let before):
      Bilingual(
        "\(FigureText.count(records).vietnamese) bản ghi \(export.vietnamese)\(Self.before(before).vietnamese): \(reason.meaning.vietnamese) (\(reason.word)). Có thể bên gửi đã đổi cách ghi",
        "\(FigureText.count(records).english) \(export.name) records\(Self.before(before).english): \(reason.meaning.english) (\(reason.word)). The supplier may have changed how it writes this"
      )
    case .outcome(let outcome, let records, let before):
      Bilingual(
        "\(FigureText.count(records).vietnamese) bản ghi bảo hiểm\(Self.before(before).vietnamese): \(outcome.meaning.vietnamese) (\(outcome.name))",
        "\(FigureText.count(records).english) insurance records\(Self.before(before).english): \(outcome.meaning.english) (\(outcome.name))"
      )
    case .blankField(let field):
      Bilingual(
        "trường \(field) mất giá trị: có thể cột đã đổi tên, đổi chỗ hoặc bị để trống",
        "the field \(field) has lost its values: its column may be renamed, moved or left empty")
    case .places(let count, _):
      Bilingual(
        "số bản ghi của \(count) nơi đăng ký khai sinh thay đổi nhiều, còn tổng số thì không: có thể thiếu dữ liệu của một vài tỉnh",
        "\(count) place\(count == 1 ? "" : "s") of birth registration changed much and the whole did not: data of some provinces may be missing"
      )
    case .allLinked:
      Bilingual(
        "hầu như mọi bản ghi đều liên kết: có thể quy tắc đối chiếu không được áp dụng, hoặc hai tệp được làm từ cùng một nguồn",
        "nearly all records link: the rules may not be applied, or both exports were made from one source")
    case .renumbered(let share, let before, _):
      share > before
        ? Bilingual(
          "cơ quan BHXH đổi số thẻ sang số định danh cá nhân. Nếu việc này đã được thông báo, ghi gates: { renumbering: { from: …, until: … } } vào tệp pipeline",
          "the insurer renumbers cards to the personal ID number. If that was announced, write gates: { renumbering: { from: …, until: … } } into the pipeline file"
        )
        : Bilingual(
          "số định danh trong mã thẻ trở lại mã số 10 chữ số: có thể bên gửi xuất dữ liệu theo mẫu cũ",
          "cards go back from the personal ID number to 10 digits: the supplier may have exported in the earlier form"
        )
    case .otherFile(let file):
      Bilingual(
        "tệp \(file) không đúng mã SHA-256 đã kê khai: có thể bị hỏng hoặc bị thay trên đường gửi",
        "\(file) is not the file that its manifest names: it was damaged or replaced on its way")
    case .missingFile(let file):
      Bilingual(
        "chưa nhận đủ tệp: tệp kê khai có ghi \(file) nhưng tệp này không có trong thư mục",
        "the delivery is incomplete: a manifest names \(file), which is not in the folder")
    case .noManifest(let file):
      Bilingual(
        "không có tệp kê khai mã SHA-256 cho \(file)", "there is no manifest that names \(file)")
    case .rolledBack(let run):
      Bilingual(
        "dữ liệu này là của lượt chạy \(run), đã bị thu hồi",
        "this is the data of run \(run), which was rolled back")
    }
  }

  private static func percent(_ share: Double) -> String {
    "\(Int((share * 100).rounded())) %"
  }

  private static func before(_ count: Int?) -> Bilingual {
    guard let count else { return Bilingual("", "") }
    let text = FigureText.count(count)
    return Bilingual(" (lượt trước \(text.vietnamese))", " (\(text.english) in the run before)")
  }

  private static func vietnamese(_ what: String) -> String {
    ExportKind.allCases.first { $0.name == what }.map { "tệp \($0.vietnamese)" } ?? "ngày nghiệp vụ"
  }
}

// Run records hold outcomes and reasons by their names, which stay the same.
extension Outcome: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    let name = try values.decode(String.self)
    guard let outcome = Outcome(name: name) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "no outcome \(name)")
    }
    self = outcome
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.singleValueContainer()
    try values.encode(name)
  }
}

extension Reason: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer()
    let word = try values.decode(String.self)
    guard let reason = Reason(shown: word) else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "no reason \(word)")
    }
    self = reason
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.singleValueContainer()
    try values.encode(word)
  }
}
