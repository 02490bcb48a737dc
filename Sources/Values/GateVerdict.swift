// The figures, limits and verdicts of the gates, and their texts in both languages.
// Invariant: run records hold the English texts beside the values; records of earlier versions hold only the
// texts, which are then shown unchanged.

/// A check that a run must pass before it is loaded, named as in the pipeline file.
package enum Gate: String, Sendable, CaseIterable, Codable, Comparable {
  case records, quarantine, blank, province, renumbered, checksums, reconciliation
  case linkRate = "link_rate"
  case olderExports = "older_exports"
  case rolledBack = "rolled_back"

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  package var title: Bilingual {
    switch self {
    case .records: Bilingual("Số bản ghi", "Records")
    case .quarantine: Bilingual("Tỷ lệ cách ly", "Quarantine share")
    case .linkRate: Bilingual("Tỷ lệ liên kết", "Link rate")
    case .blank: Bilingual("Trường để trống", "Blank share")
    case .province: Bilingual("Theo nơi đăng ký khai sinh", "By place of birth registration")
    case .renumbered: Bilingual("Đổi số thẻ", "Renumbered")
    case .olderExports: Bilingual("Tuổi của tệp", "Age of exports")
    case .checksums: Bilingual("Mã kiểm tra", "Checksums")
    case .reconciliation: Bilingual("Đối soát với tệp đầy đủ", "Reconciliation")
    case .rolledBack: Bilingual("Đã bị thu hồi", "Rolled back")
    }
  }
}

/// What a line of a manifest of digests holds instead of a digest and the name of a file.
package enum ManifestLine: Hashable, Sendable, Codable {
  /// The whole file has no line.
  case nothing
  /// The whole file is not UTF-8, nor UTF-16 with a byte order mark.
  case notText
  case otherForm, noName
  case digits(Int)
  /// Another line has another digest for the same name.
  case otherDigest

  fileprivate var text: Bilingual {
    switch self {
    case .nothing: Bilingual("tệp trống", "an empty file")
    case .notText:
      Bilingual(
        "tệp không phải văn bản UTF-8 hoặc UTF-16 có dấu BOM",
        "a file that is not text in UTF-8, or in UTF-16 with a byte order mark")
    case .otherForm: Bilingual("dòng có dạng khác", "a line of another form")
    case .noName: Bilingual("mã không kèm tên tệp", "a digest without a name")
    case .digits(let count):
      Bilingual("\(count) chữ số thập lục phân", "\(count) hexadecimal digits")
    case .otherDigest:
      Bilingual("mã thứ hai cho cùng một tên tệp", "a second digest for the same name")
    }
  }
}

/// What a gate found.
package enum GateFigure: Hashable, Sendable, Codable {
  case count(Int)
  case share(Double)
  /// A business date or the time of a file.
  case time(String)
  case noManifest, noFile, sameDigest, otherDigest
  case manifestLine(ManifestLine)
  case resultOf(run: Int)
  case readBefore(run: Int)
  /// The English text of an earlier version's record.
  case written(String)

  package var text: Bilingual {
    switch self {
    case .count(let count): FigureText.count(count)
    case .share(let share): FigureText.percent(FigureText.hundredths(share)).breakable
    case .time(let time): Bilingual(FigureText.vietnameseTime(time), time)
    case .written(let text): Bilingual(text, text)
    case .noManifest, .noFile: Bilingual("không có", "none")
    case .sameDigest: Bilingual("đúng mã này", "the same")
    case .otherDigest: Bilingual("mã khác", "another")
    case .manifestLine(let line): line.text
    case .readBefore(let run):
      Bilingual(
        "tệp mà lượt chạy \(run) đã đọc, giống từng byte", "the file that run \(run) has read, byte for byte")
    case .resultOf(let run):
      Bilingual("kết quả của lượt chạy \(run), đã bị thu hồi", "the one of run \(run), which was rolled back")
    }
  }
}

/// What a gate requires.
package enum GateLimit: Hashable, Sendable, Codable {
  /// What is counted.
  package enum Measure: String, Sendable, Codable {
    case records, linkedRecords, quarantined, linked, blank, ownNumber, differing

    fileprivate var text: Bilingual {
      switch self {
      case .records: Bilingual(" bản ghi", " records")
      case .linkedRecords: Bilingual(" bản ghi được liên kết", " linked records")
      case .quarantined: Bilingual(" cách ly", " in quarantine")
      case .linked: Bilingual(" được liên kết", " linked")
      case .blank: Bilingual(" không có giá trị", " without a value")
      case .differing:
        Bilingual(
          " bản ghi sai khác giữa chuỗi và tệp đầy đủ",
          " of the records different in the series and the full export")
      case .ownNumber:
        Bilingual(
          " thẻ liên kết mang số định danh của chính người đó",
          " of the linked cards with the person's own ID number")
      }
    }
  }

  /// The median of earlier runs that a figure is compared with, and how far the figure may be from it.
  package struct Usual: Hashable, Sendable, Codable {
    package var median: GateFigure
    package var change: Double
    package var runs: Int

    package init(_ median: GateFigure, change: Double, runs: Int) {
      (self.median, self.change, self.runs) = (median, change, runs)
    }

    fileprivate func text(_ relation: Bilingual) -> Bilingual {
      let share = FigureText.hundredths(change)
      let change: Bilingual =
        if case .count = median {
          FigureText.percent(share).breakable
        } else {
          Bilingual(
            FigureText.decimal(share, point: ",") + " điểm %",
            FigureText.decimal(share, point: ".") + " points")
        }
      return Bilingual(
        " (\(change.vietnamese) \(relation.vietnamese) \(median.text.vietnamese), \(runsText.vietnamese))",
        " (\(change.english) \(relation.english) \(median.text.english), \(runsText.english))")
    }

    fileprivate var runsText: Bilingual {
      runs == 1
        ? Bilingual("số liệu của lượt chạy trước", "the figure of the run before")
        : Bilingual("trung vị của \(runs) lượt chạy gần nhất", "the median of the last \(runs) runs")
    }
  }

  case atLeast(GateFigure, Measure)
  case atMost(GateFigure, Measure, Usual?)
  case between(GateFigure, GateFigure, Measure, Usual)
  /// A higher link rate suggests that the matching rules were not applied.
  case linkedAtMost(GateFigure)
  case dateNotBefore(String, run: Int)
  case filesNotOlder(than: String, run: Int)
  case manifest, manifestLine, listedFile, digest, notRolledBack, notReadBefore
  /// The English text of an earlier version's record.
  case written(String)

  /// How far a figure may be from the usual one, whatever that is: for several places together.
  package var changeText: Bilingual {
    guard case .between(_, _, let measure, let usual) = self else { return text }
    let share = FigureText.percent(FigureText.hundredths(usual.change)).breakable
    let runs = usual.runsText
    return Bilingual("không quá ", "at most ") + share
      + Bilingual(" quanh ", " around ") + runs + Bilingual(",", ",") + measure.text
  }

  package var text: Bilingual {
    switch self {
    case .atLeast(let least, let measure): Bilingual("ít nhất ", "at least ") + least.text + measure.text
    case .atMost(let most, let measure, let usual):
      Bilingual("không quá ", "at most ") + most.text + measure.text
        + (usual?.text(Bilingual("trên", "above")) ?? Bilingual("", ""))
    case .between(let low, let high, let measure, let usual):
      low.text + Bilingual(" đến ", " to ") + high.text + measure.text
        + usual.text(Bilingual("quanh", "around"))
    case .linkedAtMost(let most):
      Bilingual("không quá ", "at most ") + most.text
        + Bilingual(
          " được liên kết; cao hơn nữa có thể do quy tắc đối chiếu không được áp dụng",
          " linked; more suggests that the matching rules were not applied")
    case .dateNotBefore(let date, let run):
      Bilingual(
        "ngày nghiệp vụ không trước \(FigureText.vietnameseTime(date)), ngày của lượt chạy \(run)",
        "a business date not before \(date), that of run \(run)")
    case .filesNotOlder(let time, let run):
      Bilingual(
        "tệp không cũ hơn \(FigureText.vietnameseTime(time)), thời điểm của tệp ở lượt chạy \(run)",
        "files not older than \(time), the time of those of run \(run)")
    case .manifest: Bilingual("tệp kê khai bên cạnh có ghi tên tệp này", "a manifest beside it that names it")
    case .listedFile: Bilingual("tệp mà tệp kê khai có ghi", "the file that a manifest names")
    case .manifestLine:
      Bilingual(
        "mã SHA-256 gồm 64 chữ số thập lục phân, hai dấu cách và tên tệp",
        "a SHA-256 of 64 hexadecimal digits, two spaces and the name of a file")
    case .notReadBefore:
      Bilingual(
        "chỉ các tệp chưa được đọc ở lượt chạy trước, vì đã có tệp mới",
        "only files that no earlier run has read, because there are new ones")
    case .digest: Bilingual("mã SHA-256 ghi trong tệp kê khai", "the SHA-256 that its manifest names")
    case .notRolledBack: Bilingual("kết quả chưa bị thu hồi", "a result that was not taken out of force")
    case .written(let text): Bilingual(text, text)
    }
  }
}

/// What one gate found in a run.
package struct GateVerdict: Hashable, Sendable, Codable {
  package var gate: Gate
  /// What it judged: an export, a field, a place, a file, a run.
  package var subject: String
  package var limit: GateLimit
  package var figure: GateFigure
  package var passed: Bool

  package init(_ gate: Gate, of subject: String, _ limit: GateLimit, found figure: GateFigure, passed: Bool) {
    (self.gate, self.subject, self.limit, self.figure, self.passed) = (gate, subject, limit, figure, passed)
  }

  /// As messages name it: `link_rate of insurance`.
  package var name: String { Self.name(gate, of: subject) }
  package static func name(_ gate: Gate, of subject: String) -> String { "\(gate.rawValue) of \(subject)" }
  package var expected: String { limit.text.english }
  package var found: String { figure.text.english }

  /// What it judged, for people.
  package var about: Bilingual {
    if let export = ExportKind.allCases.first(where: { $0.name == subject }) {
      return Bilingual(export.vietnamese, export.name)
    }
    switch gate {
    case .olderExports where subject == "business date": return Bilingual("ngày nghiệp vụ", subject)
    case .checksums: return Bilingual(subject.replacing(" line ", with: " dòng "), subject)
    case .rolledBack: return Bilingual("lượt chạy \(subject.drop { !$0.isNumber })", subject)
    default: return Bilingual(subject, subject)
    }
  }

  /// What was found, without a place's count below five.
  package var shownFigure: Bilingual {
    let count: Int? =
      switch figure {
      case .count(let count): count
      case .written(let text): Int(text)
      default: nil
      }
    guard gate == .province, let count, (0..<5).contains(count) else { return figure.text }
    return Bilingual("dưới 5", "below 5")
  }

  // MARK: Run records

  private enum CodingKeys: CodingKey { case gate, subject, expected, found, passed, limit, figure }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    gate = try values.decode(Gate.self, forKey: .gate)
    subject = try values.decode(String.self, forKey: .subject)
    limit =
      try values.decodeIfPresent(GateLimit.self, forKey: .limit)
      ?? .written(values.decode(String.self, forKey: .expected))
    figure =
      try values.decodeIfPresent(GateFigure.self, forKey: .figure)
      ?? .written(values.decode(String.self, forKey: .found))
    passed = try values.decode(Bool.self, forKey: .passed)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(gate, forKey: .gate)
    try values.encode(subject, forKey: .subject)
    try values.encode(expected, forKey: .expected)
    try values.encode(found, forKey: .found)
    try values.encode(passed, forKey: .passed)
    // A record of an earlier version holds only the texts, and is kept unchanged.
    if case .written = limit { return }
    try values.encode(limit, forKey: .limit)
    try values.encode(figure, forKey: .figure)
  }
}

extension Bilingual {
  fileprivate static func + (a: Self, b: Self) -> Self {
    Self(a.vietnamese + b.vietnamese, a.english + b.english)
  }

  /// Replaces no-break spaces, so that long text can be wrapped.
  fileprivate var breakable: Self {
    Self(vietnamese.replacing("\u{A0}", with: " "), english.replacing("\u{A0}", with: " "))
  }
}
