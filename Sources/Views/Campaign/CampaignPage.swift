// The campaign as one page of HTML, which prints on one sheet: the figures, a map, the trend, what is left.

package import Desk
import Values

package struct CampaignPage {
  var pipeline: String
  var run: Int
  var asOf: Bilingual
  var tiles: [ReportPage.Tile]
  var mapTitle: Bilingual
  var mapNote: Bilingual
  var provinces: [Tile]
  var legend: [Mark]
  var curves: Curves?
  var steps: Steps?
  var today: Provinces
  var former: Provinces?

  struct Tile {
    var name: String
    var column: Int
    var row: Int
    var style: String
    var share: Bilingual
  }
  struct Mark {
    var style: String
    var text: Bilingual
  }
  struct Curves {
    var from: Bilingual
    var until: Bilingual
    var items: [ReportPage.Curve]
  }
  struct Steps {
    var items: [Item]

    struct Item {
      var meaning: Bilingual
      var records: Bilingual
      var width: Int
      var remedy: Bilingual
    }
  }
  struct Provinces {
    var allTitle: Bilingual
    var withCardTitle: Bilingual
    var rows: [Row]

    struct Row {
      var name: String
      var code: String
      var all: Bilingual
      var withCard: Bilingual
      var share: Bilingual
      var byFacility: Bilingual
    }
  }

  /// The page, which is well-formed XML as well.
  package var html: String { ReportPage.render(self, "campaign") }

  package init(_ campaign: Campaign) {
    let now = campaign.now
    pipeline = campaign.pipeline
    run = now.run
    asOf = FigureText.date(now.asOf)
    tiles = Self.tiles(campaign)
    mapTitle = CampaignText.title(campaign.basis)
    mapNote = Self.note(campaign.basis)
    provinces = campaign.provinces.compactMap { province in
      guard let code = Int(province.code), let place = ProvinceMap.places[code] else { return nil }
      return Tile(
        name: code == 79 ? "TP.HCM" : province.name, column: place.column + 1, row: place.row + 1,
        style: Self.style(province.share), share: Self.percent(province.share))
    }
    legend = Self.marks
    curves = Self.curves(campaign.points)
    let most = max(campaign.steps.first?.records ?? 0, 1)
    steps =
      campaign.steps.isEmpty
      ? nil
      : Steps(
        items: campaign.steps.map { step in
          Steps.Item(
            meaning: Bilingual(step.meaningVietnamese, step.meaning), records: FigureText.count(step.records),
            width: 100 * step.records / most, remedy: Bilingual(step.remedyVietnamese, step.remedy))
        })
    (today, former) = Self.tables(campaign)
  }

  private static func tiles(_ campaign: Campaign) -> [ReportPage.Tile] {
    let now = campaign.now
    var tiles = [
      ReportPage.Tile(
        title: Bilingual("Người có thẻ đã liên kết", "Persons with a linked card"),
        value: percent(now.share),
        below: [
          Bilingual(
            "\(FigureText.count(now.withCard).vietnamese) trong \(FigureText.count(now.persons).vietnamese) người",
            "\(FigureText.count(now.withCard).english) of \(FigureText.count(now.persons).english) persons")
        ])
    ]
    if let recipients = now.recipients, let consuming = now.consuming, let share = now.consumingShare {
      tiles.append(
        ReportPage.Tile(
          title: Bilingual("Cơ sở đã dùng gói dữ liệu", "Facilities that use their package"),
          value: percent(share),
          below: [
            Bilingual(
              "\(FigureText.count(consuming).vietnamese) trong \(FigureText.count(recipients).vietnamese) cơ sở",
              "\(FigureText.count(consuming).english) of \(FigureText.count(recipients).english) facilities")
          ]))
    } else {
      tiles.append(
        ReportPage.Tile(
          title: Bilingual("Cơ sở đã dùng gói dữ liệu", "Facilities that use their package"),
          value: FigureText.none,
          below: [Bilingual("chưa nhận được biên nhận nào", "no receipts yet")]))
    }
    let pace = campaign.projectedFromDays.map {
      Bilingual("theo tốc độ \($0) ngày qua", "at the pace of the last \($0) days")
    }
    tiles.append(
      ReportPage.Tile(
        title: Bilingual("Dự kiến đạt 100 %", "100 % expected"),
        value: campaign.projected.map(FigureText.date) ?? FigureText.none,
        below: [pace ?? Bilingual("chưa đủ số liệu để dự kiến", "too few dates, or no growth")]))
    return tiles
  }

  private static func note(_ basis: Campaign.Basis) -> Bilingual {
    switch basis {
    case .residence:
      Bilingual(
        "34 tỉnh, thành; theo nơi cư trú trong dữ liệu dân cư.",
        "34 provinces; by residence in the population export.")
    case .birthRegistration:
      Bilingual(
        "34 tỉnh, thành; theo nơi đăng ký khai sinh (3 số đầu của số định danh), không phải nơi cư trú.",
        "34 provinces; by place of birth registration (first 3 digits of the ID number), not by residence.")
    }
  }

  private static func titles(_ basis: Campaign.Basis) -> (all: Bilingual, withCard: Bilingual) {
    switch basis {
    case .residence: (Bilingual("Người", "Persons"), Bilingual("Có thẻ", "With a card"))
    case .birthRegistration:
      (Bilingual("Bản ghi thẻ", "Insurance records"), Bilingual("Liên kết", "Linked"))
    }
  }

  /// The least share of each colour, in hundredths of a percent.
  private static let steps: [(least: Int, style: String)] = [
    (9_800, "s4"), (9_500, "s3"), (9_000, "s2"), (8_000, "s1"), (0, "s0"),
  ]

  private static func style(_ share: Int?) -> String {
    guard let share else { return "none" }
    return steps.first { $0.least <= share }?.style ?? "s0"
  }

  private static var marks: [Mark] {
    let shares = steps.map { step in
      let least = step.least / 100
      return Mark(
        style: step.style,
        text: step.least == 0
          ? Bilingual("dưới 80 %", "below 80 %") : Bilingual("từ \(least) %", "\(least) % and above"))
    }
    return shares + [Mark(style: "none", text: Bilingual("không hiển thị", "not shown"))]
  }

  private static func curves(_ points: [Campaign.Point]) -> Curves? {
    guard points.count > 1, let first = points.first, let last = points.last else { return nil }
    func curve(_ title: Bilingual, _ value: (Campaign.Point) -> Int?) -> ReportPage.Curve? {
      ReportPage.Curve(
        title,
        points.compactMap { point in
          value(point).map { (day: CalendarDate(iso: point.asOf)?.dayNumber ?? 0, value: $0) }
        }
      ) { FigureText.percent($0) }
    }
    return Curves(
      from: FigureText.date(first.asOf), until: FigureText.date(last.asOf),
      items: [
        curve(Bilingual("Người có thẻ đã liên kết", "Persons with a linked card")) { $0.share },
        curve(Bilingual("Cơ sở đã dùng gói", "Facilities that use their package")) { $0.consumingShare },
      ].compactMap(\.self))
  }

  private static func tables(_ campaign: Campaign) -> (today: Provinces, former: Provinces?) {
    let (all, withCard) = titles(campaign.basis)
    func table(_ provinces: [Campaign.Province], _ byFacility: [Campaign.Province]) -> Provinces {
      let persons = Dictionary(byFacility.map { ($0.code, $0.withCard) }) { first, _ in first }
      return Provinces(
        allTitle: all, withCardTitle: withCard,
        rows: provinces.map { province in
          Provinces.Row(
            name: province.name, code: province.code, all: count(province.all),
            withCard: count(province.withCard), share: percent(province.share),
            byFacility: count(persons[province.code] ?? nil))
        })
    }
    func former(_ provinces: [Campaign.Province]) -> [Campaign.Province] {
      provinces.flatMap { $0.former ?? [] }.sorted { $0.code < $1.code }
    }
    let byFacility = campaign.provincesByFacility ?? []
    let parts = former(campaign.provinces)
    return (
      table(campaign.provinces, byFacility), parts.isEmpty ? nil : table(parts, former(byFacility))
    )
  }

  private static func count(_ count: Int?) -> Bilingual {
    count.map { FigureText.count($0) } ?? FigureText.none
  }
  private static func percent(_ share: Int?) -> Bilingual {
    share.map { FigureText.percent($0) } ?? FigureText.none
  }
}
