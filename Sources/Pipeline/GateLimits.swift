// The limits of the gates, from the pipeline file or by default.
// Invariant: a complete, ordinary export passes every default; only `off` removes a gate.

package import Values

/// The limits that a run must keep before it is loaded.
package struct GateLimits: Hashable, Sendable {
  package enum Checksums: String, Sendable, CaseIterable {
    /// A file that a manifest beside it names must agree with it.
    case ifPresent = "if_present"
    /// Every file must be named by a manifest and agree with it.
    case required
    case ignored
  }

  /// Shares of fewer records are not judged.
  package var judgedFrom = 1000
  package var minPopulationRecords = 1
  package var minInsuranceRecords = 1
  /// Of the records of one export.
  package var maxQuarantine: Double? = 0.10
  /// Of the insurance records, without those of the armed forces that lack a personal ID number.
  package var minLinkRate: Double? = 0.50
  /// A link rate near 100 % suggests that the matching rules were not applied.
  package var maxLinkRate: Double? = 0.9995
  /// By export and field, `insurance.facility_code`.
  package var maxBlank: [String: Double] = [:]

  // Against the median of the last seven runs.

  /// More or fewer records of an export, as a share of the median.
  package var recordsChange: Double? = 0.20
  /// Percentage points, as a share of 1.
  package var quarantineChange: Double? = 0.02
  package var linkRateChange: Double? = 0.03
  package var blankChange: Double? = 0.05
  /// More or fewer linked records of one place of birth registration, as a share of the median.
  package var provinceChange: Double? = 0.20

  /// More or fewer linked cards with the person's own ID number than in the last run; percentage points, as a share of 1.
  package var renumberedChange: Double? = 0.01
  /// Records in which a full export and the series that it closes disagree, as a share of the series.
  package var reconciliation: Double? = 0.05
  /// When the insurer has announced that it renumbers cards.
  package var renumbering: Renumbering?

  package var holdsOlderExports = true
  package var checksums = Checksums.ifPresent

  package init() {}

  /// The business dates of an announced renumbering.
  package struct Renumbering: Hashable, Sendable {
    package var from = CalendarDate.none
    package var until = CalendarDate.none

    package init(from: CalendarDate = .none, until: CalendarDate = .none) {
      (self.from, self.until) = (from, until)
    }

    /// - Parameter day: a business date, ISO 8601.
    package func includes(_ day: String) -> Bool { from.text <= day && day <= until.text }
  }
}

extension PipelineKeys {
  static var gates: KeyGroup<GateLimits> {
    KeyGroup([
      Key(
        "judged_from", .count(0...(.max)), \.judgedFrom, "Shares of fewer records than this are not judged",
        "Không xét tỷ lệ khi số bản ghi ít hơn số này"),
      Key(
        "min_population_records", .count(0...(.max)), \.minPopulationRecords,
        "Fewest records of the population export", "Số bản ghi dân cư tối thiểu"),
      Key(
        "min_insurance_records", .count(0...(.max)), \.minInsuranceRecords,
        "Fewest records of the insurance export", "Số bản ghi BHXH tối thiểu"),
      Key(
        "max_quarantine", .share, \.maxQuarantine, "Largest share of each export in quarantine",
        "Tỷ lệ cách ly tối đa của mỗi tệp"),
      Key(
        "min_link_rate", .share, \.minLinkRate, "Smallest share of the insurance records that link",
        "Tỷ lệ liên kết tối thiểu của bản ghi BHXH"),
      Key(
        "max_link_rate", .share, \.maxLinkRate,
        "Largest share that links; a higher one suggests that the matching rules were not applied",
        "Tỷ lệ liên kết tối đa; cao hơn nữa thì có thể chưa đối chiếu"),
      Key(
        "max_blank", blanks, \.maxBlank, "Largest share of records without a value",
        "Tỷ lệ để trống tối đa của từng trường",
        value: "shares by export and field: { insurance: { facility_code: 40% } }"),
      Key(
        "max_change", changes, \.self, "Largest change from the median of the last seven done runs",
        "Mức thay đổi tối đa so với trung vị của bảy lượt chạy xong gần nhất"),
      Key(
        "renumbering", .group(renumbering, from: GateLimits.Renumbering()), \.renumbering,
        "Business dates on which cards may get the person's own ID number in place of the 10-digit insurance number",
        "Các ngày nghiệp vụ mà số thẻ được phép đổi sang số định danh cá nhân",
        example: "{ from: 2026-12-01, until: 2026-12-07 }"),
      Key(
        "older_exports", .choice([("hold", true), ("allow", false)]), \.holdsOlderExports,
        "An earlier business date, files older than those of the last run, or a file that was read before beside new ones",
        "Ngày nghiệp vụ sớm hơn, tệp cũ hơn tệp của lượt chạy trước, hoặc tệp đã đọc nằm lẫn với tệp mới"),
      Key(
        "checksums", .choice(GateLimits.Checksums.allCases.map { ($0.rawValue, $0) }), \.checksums,
        "`SHA256SUMS` and `*.sha256` beside the exports", "Tệp `SHA256SUMS` và `*.sha256` đi kèm dữ liệu"),
    ])
  }

  private static var renumbering: KeyGroup<GateLimits.Renumbering> {
    KeyGroup([
      Key(
        "from", .day, \.from, isRequired: true, "The first of them", "Ngày đầu tiên", example: "2026-12-01"),
      Key(
        "until", .day, \.until, isRequired: true, "The last of them", "Ngày cuối cùng",
        example: "2026-12-07"),
    ]) { period, read, reader in
      guard let node = read["until"], period.until.packed < period.from.packed else { return }
      reader.report(
        node, key: "until", expected: "a day from \(period.from.text) on", found: period.until.text,
        remedy: "Write the last day of the renumbering.")
    }
  }

  private static var changes: KeyGroup<GateLimits> {
    KeyGroup([
      Key(
        "records", .share, \.recordsChange, "Records of each export, up or down, as a share of the median",
        "Số bản ghi của mỗi tệp, tăng hoặc giảm, so với trung vị"),
      Key(
        "quarantine", .share, \.quarantineChange, "Share in quarantine, percentage points up",
        "Tỷ lệ cách ly, số điểm phần trăm tăng"),
      Key(
        "link_rate", .share, \.linkRateChange, "Link rate, percentage points up or down",
        "Tỷ lệ liên kết, số điểm phần trăm tăng hoặc giảm"),
      Key(
        "blank", .share, \.blankChange, "Share of each field without a value, percentage points up",
        "Tỷ lệ để trống của từng trường, số điểm phần trăm tăng"),
      Key(
        "province", .share, \.provinceChange,
        "Linked records of one place of birth registration (digits 1-3), up or down, as a share of the median",
        "Số bản ghi liên kết theo nơi đăng ký khai sinh (3 số đầu), tăng hoặc giảm, so với trung vị"),
      Key(
        "renumbered", .share, \.renumberedChange,
        "Share of linked cards with the person's own ID number, percentage points up or down from the last done run",
        "Tỷ lệ thẻ liên kết mang số định danh của chính người đó, số điểm phần trăm tăng hoặc giảm so với lượt chạy xong gần nhất"
      ),
      Key(
        "reconciliation", .share, \.reconciliation,
        "Records in which a full export and the series that it closes disagree, as a share of the series' records",
        "Số bản ghi sai khác giữa tệp đầy đủ và chuỗi tệp mà nó kết thúc, so với số bản ghi của chuỗi"),
    ])
  }
}
