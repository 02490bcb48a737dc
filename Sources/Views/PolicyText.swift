// Policies and answers as terminal text and tables.

package import Desk
import Pipeline
import Values

package enum PolicyText {
  package static func matrix(_ matrix: PolicyMatrix) -> String {
    var lines = ["Cơ sở khám chữa bệnh (publish.packages) · Health facilities"]
    for rule in matrix.facilities {
      lines.append("  \(rule.selects)\(rule.name.map { " → \($0)" } ?? "")")
      lines.append(fact("dữ liệu · attributes", rule.attributes.joined(separator: " ")))
      lines.append(fact("định dạng · formats", rule.formats.joined(separator: " ")))
    }
    if let persons = matrix.personsInPackages {
      lines.append(fact("người trong gói · persons in packages", FigureText.grouped(persons)))
    }
    if matrix.facilitiesChanged == true {
      lines.append("  đã đổi so với lần gửi trước · changed since the last publication")
    }
    guard !matrix.consumers.isEmpty else { return lines.joined(separator: "\n") }
    for consumer in matrix.consumers { lines += ["", standing(consumer)] }
    let names = matrix.consumers.map(\.terms.consumer)
    // As many columns as a terminal has room for.
    for start in stride(from: 0, to: names.count, by: 4) {
      lines += ["", table(matrix, Array(matrix.consumers[start..<min(start + 4, names.count)])).text]
    }
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }

  /// One consumer's policy.
  package static func standing(_ standing: PolicyStanding) -> String {
    let terms = standing.terms
    var lines = [
      "\(terms.consumer): \(standing.state.meaning.vietnamese) · \(standing.state.meaning.english)",
      fact("mục đích · purpose", terms.purposeVietnamese),
      fact("", terms.purpose),
      fact("căn cứ · basis", terms.basis),
      fact("thời hạn · from, until", "\(terms.from.isEmpty ? "…" : terms.from) – \(terms.until)"),
      fact(
        "người · persons",
        terms.persons.joined(separator: ", ") + (standing.persons.map { ", \(FigureText.grouped($0))" } ?? "")
      ),
      fact("định danh · identifier", terms.identifier),
      fact("được biết · release", terms.release.joined(separator: ", ")),
      fact("che giấu · hide", terms.hidesAbsence ? "person_unknown, person_inactive" : "–"),
      fact("chấp thuận · consent", terms.needsConsent ? "reference_required" : "none"),
      fact(
        "giới hạn · limits",
        "\(terms.perDay.map(FigureText.grouped) ?? "–") / \(terms.perPersonPerDay.map { "\($0)" } ?? "–")"),
      fact("lưu trữ · retention_days", "\(terms.retentionDays)"),
      fact("mã hóa · encrypt_to", terms.keys.isEmpty ? "–" : "\(terms.keys.count)"),
      fact(
        "phê duyệt · approved",
        standing.approvedBy.map { "\($0), \(standing.approvedAt ?? "")" } ?? "–"),
      fact("mã · digest", String(standing.digest.prefix(16))),
      fact(
        "yêu cầu · requests",
        "\(FigureText.grouped(standing.requests)), hôm nay · today \(FigureText.grouped(standing.requestsToday))"
      ),
    ]
    if !standing.widened.isEmpty {
      lines.append(fact("mở rộng · wider in", standing.widened.joined(separator: ", ")))
    }
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }

  /// Consumers × attributes.
  package static func table(_ matrix: PolicyMatrix, _ consumers: [PolicyStanding]) -> Table {
    Table(
      columns: ["attribute", "facilities"] + consumers.map(\.terms.consumer),
      rows: (["personal_id"] + ReleasedAttribute.allCases.map(\.rawValue)).map { attribute in
        let rules = matrix.facilities.count { $0.attributes.contains(attribute) }
        let facilities =
          rules == 0
          ? "" : rules == matrix.facilities.count ? "exact" : "exact (\(rules)/\(matrix.facilities.count))"
        return [attribute, facilities]
          + consumers.map { consumer in
            if attribute == "personal_id" {
              return consumer.terms.identifier == "none" ? "" : consumer.terms.identifier
            }
            return consumer.terms.release.compactMap { release in
              let words = release.split(separator: " ")
              return words.first.map(String.init) == attribute ? words.last.map(String.init) : nil
            }.joined(separator: "+")
          }
      })
  }

  package static func answered(_ report: AnswerReport) -> String {
    var lines = [
      "\(report.consumer): \(report.path)",
      fact("dữ liệu · data", "lượt \(report.run), \(report.asOf) · run \(report.run), \(report.asOf)"),
      fact("yêu cầu · requests", FigureText.grouped(report.requests)),
    ]
    for code in AnswerCode.allCases where report.counts[code] != nil {
      lines.append(
        "    " + "\(code.name)".leftAligned(20)
          + FigureText.grouped(report.counts[code] ?? 0).rightAligned(12)
          + "  \(code.meaning.vietnamese) · \(code.meaning.english)")
    }
    lines.append(
      fact(
        "trong ngày · today",
        FigureText.grouped(report.today) + (report.perDay.map { " / \(FigureText.grouped($0))" } ?? "")))
    return lines.joined(separator: "\n")
  }

  /// What the sender should look into; nil for nothing.
  package static func warnings(_ report: AnswerReport) -> String? {
    var lines: [String] = []
    if report.probed > 0 {
      let count = FigureText.grouped(report.probed)
      lines.append("\(count) numbers were asked about today with different data, or more often than allowed.")
      lines.append("\(count) số định danh bị hỏi hôm nay với dữ liệu khác nhau, hoặc quá số lần cho phép.")
    }
    if report.isAlarming {
      let share: String = FigureText.percent(Int((report.failures * 10_000).rounded()))
      lines.append("\(share) of the persons asked about were not confirmed: more than limits.failures_alarm.")
      lines.append("\(share) số người được hỏi không xác nhận được: vượt ngưỡng limits.failures_alarm.")
    }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }

  private static func fact(_ name: String, _ value: String) -> String {
    "  " + name.leftAligned(40) + value
  }
}
