// How far the campaign is, as terminal text, CSV and JSON.

package import Desk
import Values
import Workspace

package enum CampaignText {
  package static func text(_ campaign: Campaign) -> String {
    let now = campaign.now
    func line(_ name: String, _ value: String) -> String {
      "  " + name.leftAligned(60) + value.rightAligned(16)
    }
    var lines = [
      "\(campaign.pipeline) · \(now.asOf) · run \(now.run)", "",
      line("người trong CSDL dân cư · persons in the population register", grouped(now.persons)),
      line("người có thẻ BHYT liên kết · persons with a linked card", grouped(now.withCard)),
      line("  tỷ lệ · share", FigureText.percent(now.share)),
    ]
    if let recipients = now.recipients, let consuming = now.consuming, let share = now.consumingShare {
      lines += [
        line("cơ sở nhận gói · facilities with a package", grouped(recipients)),
        line("cơ sở đã dùng gói · facilities that use it", grouped(consuming)),
        line("  tỷ lệ · share", FigureText.percent(share)),
      ]
    } else {
      lines.append(line("cơ sở đã dùng gói · facilities that use their package", "no receipts yet"))
    }
    if let before = campaign.points.dropLast().last {
      lines.append(
        line(
          "so với · since \(before.asOf)",
          FigureText.points(now.share - before.share).english.replacing("\u{A0}", with: " ")))
    }
    lines.append(
      line(
        "dự kiến đạt 100 % · 100 % at this pace",
        campaign.projected ?? "not foreseeable"))
    if !campaign.steps.isEmpty {
      lines += ["", "Nguyên nhân và số bản ghi · What keeps records apart, and how many"]
      lines += campaign.steps.map {
        line(StatusText.cut("\($0.meaningVietnamese) · \($0.cause)", to: 58), grouped($0.records))
      }
    }
    lines += ["", Self.title(campaign.basis).vietnamese + " · " + Self.title(campaign.basis).english]
    lines += campaign.provinces.flatMap {
      [provinceLine($0)] + ($0.former ?? []).map { "  " + provinceLine($0) }
    }
    return lines.map(\.withoutTrailingSpaces).joined(separator: "\n")
  }

  static func title(_ basis: Campaign.Basis) -> Bilingual {
    switch basis {
    case .residence:
      Bilingual(
        "Tỷ lệ người có thẻ theo tỉnh cư trú", "Share of persons with a card, by province of residence")
    case .birthRegistration:
      Bilingual(
        "Tỷ lệ bản ghi thẻ liên kết theo nơi đăng ký khai sinh",
        "Share of insurance records linked, by place of birth registration")
    }
  }

  private static func provinceLine(_ province: Campaign.Province) -> String {
    guard let all = province.all else {
      return "  \(province.code) \(province.name)".leftAligned(60) + "a count below 10".rightAligned(18)
    }
    return "  \(province.code) \(province.name)".leftAligned(42) + grouped(all).rightAligned(18)
      + (province.share.map { FigureText.percent($0) } ?? "–").rightAligned(18)
  }

  /// A row for each business date.
  package static func table(_ campaign: Campaign) -> Table {
    Table(
      columns: [
        "as_of", "run", "persons", "persons_with_card", "share", "recipients", "recipients_consuming",
      ],
      rows: campaign.points.map { point in
        [
          point.asOf, String(point.run), String(point.persons), String(point.withCard),
          FigureText.decimal(point.share, point: "."), point.recipients.map(String.init),
          point.consuming.map(String.init),
        ]
      },
      numeric: ["run", "persons", "persons_with_card", "share", "recipients", "recipients_consuming"])
  }

  package static func json(_ campaign: Campaign) -> String { JSONFile.text(campaign) }

  private static func grouped(_ count: Int) -> String { FigureText.grouped(count) }
}
