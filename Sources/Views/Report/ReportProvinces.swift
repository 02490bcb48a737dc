// The report's figures by province: link rates by place of birth registration, and persons with a card by the province
// of their facility.
// Invariant: no count of 1 to 9 by province is shown or can be computed; the campaign's page leaves the same provinces out
// (ShownProvinces.swift).

import Desk
import Values
import Workspace

extension ReportFacts {
  var places: ReportPage.Places? {
    let mean = FigureText.share(
      run.count(.insurance, .linked), of: run.matched.places.values.reduce(0) { $0 + $1.values.reduce(0, +) })
    let then = before?.matched.places ?? [:]
    let areShown = shown(.birthRegistration)
    let items = Self.items(
      PlaceRate.compared(
        areShown.filter(PlaceRate.all(run.matched.places)), with: PlaceRate.all(then), orMean: mean))
    let former = Self.items(
      PlaceRate.compared(
        areShown.filter(former: PlaceRate.former(run.matched.places)), with: PlaceRate.former(then),
        orMean: mean))
    let reference =
      before.flatMap { before in
        then.isEmpty
          ? nil : Bilingual("tỷ lệ của lượt chạy \(before.id)", "the rate of run \(before.id)")
      }
      ?? Bilingual(
        "tỷ lệ chung \(FigureText.percent(mean ?? 0).vietnamese)",
        "the rate of all, \(FigureText.percent(mean ?? 0).english)")
    return items.isEmpty
      ? nil : .init(reference: reference, items: items, former: former.isEmpty ? nil : .init(items: former))
  }

  /// Persons with a card among all who live in a province; nil if the population export has no residence.
  var residents: ReportPage.Residents? {
    guard let counts = run.matched.residents else { return nil }
    let then = before?.matched.residents.map(PlaceRate.residents) ?? []
    let items = Self.items(
      PlaceRate.compared(
        shown(.residents).filter(PlaceRate.residents(counts)), with: then, orMean: nil))
    return items.isEmpty ? nil : .init(items: items)
  }

  private func shown(_ figure: ShownProvinces.Figure) -> ShownProvinces {
    ShownProvinces(figure, in: all, upTo: run.id)
  }

  private static func items(_ rates: [PlaceRate]) -> [ReportPage.Places.Item] {
    // Less than a point fills no bar.
    let widest = Double(max(rates.compactMap(\.difference).map(abs).max() ?? 0, 100))
    return rates.map { rate in
      let value: Bilingual =
        switch rate.rate {
        case .exactly(let hundredths): FigureText.percent(hundredths)
        case .atLeast(let percent): Bilingual("≥ \(percent)\u{A0}%", "≥ \(percent)\u{A0}%")
        case .atMost(let percent): Bilingual("≤ \(percent)\u{A0}%", "≤ \(percent)\u{A0}%")
        }
      return ReportPage.Places.Item(
        name: rate.place?.name ?? Bilingual("Các nơi có dưới 5 bản ghi", "Places with fewer than 5 records"),
        code: rate.isProvince ? rate.place?.code : nil, value: value, records: FigureText.count(rate.records),
        difference: rate.difference.map { difference in
          .init(
            text: FigureText.points(difference), isBelow: difference < 0,
            width: (Double(abs(difference)) / widest * 500).rounded() / 10)
        })
    }
  }

  /// Persons with a card by the province of their facility; nil for runs that did not count them.
  var facilityProvinces: ReportPage.FacilityProvinces? {
    guard let counts = run.published?.facilityProvinces, !counts.isEmpty else { return nil }
    let all = counts.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    let areShown = shown(.facility)
    func item(_ code: String?, _ name: Bilingual, _ persons: Int) -> ReportPage.FacilityProvinces.Item {
      .init(
        name: name, code: code, persons: FigureText.count(persons),
        share: FigureText.percent(persons, of: all))
    }
    var (items, former) = (
      [] as [ReportPage.FacilityProvinces.Item], [] as [ReportPage.FacilityProvinces.Item]
    )
    for province in ProvinceOfToday.all {
      let parts = counts[province.text] ?? [:]
      let persons = parts.values.reduce(0, +)
      guard persons > 0, areShown.shows(province.text) else { continue }
      items.append(item(province.text, Bilingual(province.name, province.name), persons))
      for (code, persons) in parts.sorted(by: { $0.key < $1.key })
      where areShown.shows(code, of: province.text) {
        let name = Int(code).flatMap(IDPrefix.province) ?? code
        former.append(item(code, Bilingual(name, name), persons))
      }
    }
    let others = counts.filter { Int($0.key) == nil }.values.reduce(0) { $0 + $1.values.reduce(0, +) }
    if others > 0, areShown.shows("none") {
      items.append(
        item(
          nil,
          Bilingual(
            "Thẻ không ghi cơ sở, hoặc mã không thuộc tỉnh nào", "No facility, or a code of no province"),
          others))
    }
    return items.isEmpty ? nil : .init(items: items, former: former.isEmpty ? nil : .init(items: former))
  }
}

extension ShownProvinces {
  /// The bars of provinces of today, and of what is in no province, that may be shown.
  func filter(_ bars: [PlaceRate]) -> [PlaceRate] {
    bars.filter { bar in
      guard let code = bar.place?.code else { return false }
      return bar.isProvince ? shows(code) : shows(code, of: "none")
    }
  }

  /// The bars of former provinces that may be shown.
  func filter(former bars: [PlaceRate]) -> [PlaceRate] {
    bars.filter { bar in
      let code = String(bar.place?.code.suffix(2) ?? "")
      guard let today = Int(code).flatMap(ProvinceOfToday.of) else { return false }
      return shows(code, of: today.text)
    }
  }
}
