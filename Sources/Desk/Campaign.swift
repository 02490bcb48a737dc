// How far the integration of cards into the chip ID card is: the figures by which a ministry steers.
// Invariant: counts only, and no count of 1 to 9 by province, nor figures from which one follows (ShownProvinces.swift).

import Match
package import Values
import Workspace

/// The state of the campaign on one business date, and its way there.
package struct Campaign: Sendable, Encodable {
  /// One business date.
  package struct Point: Hashable, Sendable, Encodable {
    package var run: Int
    package var asOf: String
    /// Persons in the population register, each counted once.
    package var persons: Int
    /// Persons with a card in the store.
    package var withCard: Int
    /// Recipients of packages, and those that sent a receipt of that night's; nil as long as none ever did.
    package var recipients: Int?
    package var consuming: Int?

    /// Hundredths of a percent.
    package var share: Int { persons == 0 ? 0 : 10_000 * withCard / persons }
    package var consumingShare: Int? {
      guard let recipients, let consuming, recipients > 0 else { return nil }
      return 10_000 * consuming / recipients
    }
  }

  /// What a province is counted by.
  package enum Basis: String, Sendable, Encodable {
    /// Persons, by the population export's field `residence_province`.
    case residence
    /// Insurance records, by digits 1 to 3 of the personal ID number.
    case birthRegistration = "birth_registration"
  }

  /// One of the 34 provinces, or one of the 63 before July 2025.
  package struct Province: Sendable, Encodable {
    package var code: String
    package var name: String
    /// Nil where the figures would tell a small count.
    package var all: Int?
    package var withCard: Int?
    /// Hundredths of a percent.
    package var share: Int?
    package var former: [Province]?
  }

  /// What keeps records from being linked.
  package struct Step: Sendable, Encodable {
    package var cause: String
    package var records: Int
    package var meaning: String
    package var meaningVietnamese: String
    package var remedy: String
    package var remedyVietnamese: String
    package var command: String
  }

  package var pipeline: String
  /// The last finished run of each business date, ascending; never empty.
  package var points: [Point]
  package var basis: Basis
  package var provinces: [Province]
  /// Persons with a card by the province of the facility on it; nil for runs that did not count them.
  package var provincesByFacility: [Province]?
  /// Most records first.
  package var steps: [Step]
  /// The date of 100 % if it goes on as over ``projectedFromDays``; nil if it doesn't grow or there are too few dates.
  package var projected: String?
  package var projectedFromDays: Int?

  package var now: Point { points[points.count - 1] }
}

extension Desk {
  /// How far the campaign is after the last finished run.
  ///
  /// - Parameters:
  ///   - named: the pipeline as commands name it.
  ///   - former: whether the 63 provinces before July 2025 are asked for.
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if no run has finished.
  package func campaign(named: String, former: Bool) throws(Stop) -> Campaign {
    let all = try runs()
    let runs = all.filter { $0.state == .done && $0.rollback == nil && $0.published != nil }
    guard let last = runs.last else { throw try noRun() }
    let points = Campaign.points(runs, try standingWithReceipts()?.publications ?? [])
    let basis = last.matched.residents == nil ? Campaign.Basis.birthRegistration : .residence
    func provinces(_ figure: ShownProvinces.Figure) -> [Campaign.Province] {
      Campaign.provinces(
        ProvinceFigures.all(of: last, former: true).filter { $0.code != "none" }, figure,
        ShownProvinces(figure, in: all, upTo: last.id), former: former)
    }
    let projection = Campaign.projection(points)
    return Campaign(
      pipeline: last.pipeline, points: points, basis: basis,
      provinces: provinces(basis == .residence ? .residents : .birthRegistration),
      provincesByFacility: last.published?.facilityProvinces == nil ? nil : provinces(.facility),
      steps: last.causes.prefix(8).map { cause in
        Campaign.Step(
          cause: cause.name, records: cause.records, meaning: cause.meaning.english,
          meaningVietnamese: cause.meaning.vietnamese, remedy: cause.remedy.english,
          remedyVietnamese: cause.remedy.vietnamese, command: cause.command(named, run: last))
      }, projected: projection?.date, projectedFromDays: projection?.days)
  }
}

extension Campaign {
  fileprivate static func points(_ runs: [RunRecord], _ use: [PublicationUse]) -> [Point] {
    var lastOfDate: [String: Point] = [:]
    for run in runs {
      let use = use.first { $0.run == run.finished(.publish)?.run }
      lastOfDate[run.asOf] = Point(
        run: run.id, asOf: run.asOf, persons: run.count(.population, .registered),
        withCard: run.published?.all ?? 0, recipients: use?.packages, consuming: use?.received)
    }
    return lastOfDate.values.sorted { $0.asOf < $1.asOf }
  }

  /// - Parameter figures: with their former provinces.
  static func provinces(
    _ figures: [ProvinceFigures], _ figure: ShownProvinces.Figure, _ shown: ShownProvinces, former: Bool
  ) -> [Province] {
    func province(_ figures: ProvinceFigures, isShown: Bool) -> Province {
      var province = Province(code: figures.code, name: figures.name)
      guard isShown, let counts = ShownProvinces.counts(figures, figure) else { return province }
      let (all, withCard) = (counts[0], counts.count > 1 ? counts[1] : counts[0])
      (province.all, province.withCard) = (all, withCard)
      province.share = all == 0 ? nil : 10_000 * withCard / all
      return province
    }
    return figures.map { today in
      var found = province(today, isShown: shown.shows(today.code))
      guard former else { return found }
      let parts = (today.former ?? []).map {
        province($0, isShown: shown.shows($0.code, of: today.code))
      }
      if parts.contains(where: { $0.all != nil }) { found.former = parts }
      return found
    }
  }

  /// The date of 100 % by a straight line through the last ninety dates (least squares).
  ///
  /// - Returns: nil with fewer than three dates or less than a week, without growth, or if it is more than twenty years off.
  static func projection(_ points: [Point]) -> (date: String, days: Int)? {
    let dated = points.suffix(90).compactMap { point in
      CalendarDate(iso: point.asOf).map {
        (day: $0.dayNumber, date: $0, share: Double(point.share) / 10_000)
      }
    }
    guard dated.count >= 3, let first = dated.first, let last = dated.last, last.day - first.day >= 7 else {
      return nil
    }
    let count = Double(dated.count)
    let meanDay = dated.reduce(0) { $0 + Double($1.day - first.day) } / count
    let meanShare = dated.reduce(0) { $0 + $1.share } / count
    var (covariance, variance) = (0.0, 0.0)
    for point in dated {
      let day = Double(point.day - first.day) - meanDay
      covariance += day * (point.share - meanShare)
      variance += day * day
    }
    let slope = covariance / variance
    guard slope > 0, last.share < 1 else { return nil }
    // Less a millionth of a day, which is rounding error.
    let days = ((1 - last.share) / slope - 1e-6).rounded(.up)
    guard days < 20 * 365 else { return nil }
    return (last.date.adding(days: Int(days)).text, last.day - first.day)
  }
}
