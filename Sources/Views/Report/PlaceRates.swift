// The outcomes of insurance records by the place of birth registration in their personal ID number, for the 34 provinces
// of today and for the 63 before July 2025.
// Invariant: a bar alone tells no count of 1 to 4 records (ShownProvinces.swift decides which bars are shown): such a share is a
// bound, places with fewer than five records are shown as one, and of a province of today either all former provinces
// are shown, with exact shares, or none.

import Match
import Values

/// A place of birth registration as the report names it.
struct ReportedPlace: Hashable, Sendable {
  var code: String
  var name: Bilingual
  var isProvince: Bool
  /// For sorting.
  var index: Int

  init(_ place: BirthPlace) {
    (code, name, index) = (place.code, place.name, place.index)
    isProvince = place.today != nil
  }
  init(_ province: ProvinceOfToday) {
    (code, name, index) = (province.text, Bilingual(province.name, province.name), province.code)
    isProvince = true
  }
}

/// One bar of the chart.
struct PlaceRate: Hashable, Sendable {
  enum LinkRate: Hashable, Sendable {
    /// Hundredths of a percent.
    case exactly(Int)
    /// Whole percents.
    case atLeast(Int)
    case atMost(Int)
  }
  /// Nil for the small places taken together.
  var place: ReportedPlace?
  var records: Int
  var rate: LinkRate
  /// From the place's rate in an earlier run, or from the mean, in hundredths of a percent; nil where either is shown as a
  /// bound.
  var difference: Int?

  /// Fewer records of a place are not shown.
  static let fewest = 5

  /// Hundredths of a percent, for the length of the bar and for sorting.
  var hundredths: Int {
    switch rate {
    case .exactly(let hundredths): hundredths
    case .atLeast(let percent), .atMost(let percent): percent * 100
    }
  }

  /// The bars of a run by province of today, the lowest rate first; entries that are no provinces come last.
  ///
  /// - Parameter places: records by ``BirthPlace/code`` and outcome.
  static func all(_ places: [String: [String: Int]]) -> [PlaceRate] {
    let provinces = ProvinceOfToday.all.map { province in
      let counts = province.former.map { Counts(places[BirthPlace.province($0).code]) }
      return (ReportedPlace(province), counts.reduce(Counts(), +))
    }
    let others = BirthPlace.all.filter { $0.today == nil }.map {
      (ReportedPlace($0), Counts(places[$0.code]))
    }
    return all(provinces + others)
  }

  /// The bars of the former provinces whose figures reveal no count below five.
  static func former(_ places: [String: [String: Int]]) -> [PlaceRate] {
    all(
      ProvinceOfToday.all.flatMap { province in
        let former = province.former.map { code in
          let place = BirthPlace.province(code)
          return (ReportedPlace(place), Counts(places[place.code]))
        }
        let areShown =
          former.count > 1
          ? former.allSatisfy { $0.1.areExact } : former.allSatisfy { $0.1.records >= fewest }
        return areShown ? former : []
      })
  }

  /// The bars of persons with a card among the active persons of each province of residence.
  static func residents(_ provinces: [String: ResidentCounts]) -> [PlaceRate] {
    all(
      ProvinceOfToday.all.map { province in
        var counts = Counts()
        if let found = provinces[province.text] {
          (counts.records, counts.linked) = (found.persons, found.withCard)
        }
        return (ReportedPlace(province), counts)
      })
  }

  private struct Counts {
    var records = 0
    var linked = 0

    init() {}
    init(_ outcomes: [String: Int]?) {
      records = outcomes?.values.reduce(0, +) ?? 0
      linked = outcomes?[Outcome.linked.name] ?? 0
    }
    /// Whether none of the counts is from 1 to 4.
    var areExact: Bool {
      ![records, linked, records - linked].contains { (1..<PlaceRate.fewest).contains($0) }
    }

    static func + (a: Counts, b: Counts) -> Counts {
      var sum = a
      (sum.records, sum.linked) = (a.records + b.records, a.linked + b.linked)
      return sum
    }
  }

  private static func all(_ places: [(place: ReportedPlace, counts: Counts)]) -> [PlaceRate] {
    var rates: [PlaceRate] = []
    var small = Counts()
    for (place, counts) in places where counts.records > 0 {
      if counts.records < fewest {
        small = small + counts
      } else {
        rates.append(
          PlaceRate(place: place, records: counts.records, rate: rate(counts.linked, of: counts.records)))
      }
    }
    rates.sort {
      ($0.isProvince ? 0 : 1, $0.hundredths, $0.place?.index ?? 0) < (
        $1.isProvince ? 0 : 1, $1.hundredths, $1.place?.index ?? 0
      )
    }
    if small.records >= fewest {
      rates.append(
        PlaceRate(place: nil, records: small.records, rate: rate(small.linked, of: small.records)))
    }
    return rates
  }

  /// The bars with their differences, those that fell most first; places that are no provinces come last.
  ///
  /// - Parameters:
  ///   - earlier: the bars of the run to compare with; empty if there is none.
  ///   - mean: what is compared with instead.
  static func compared(_ bars: [PlaceRate], with earlier: [PlaceRate], orMean mean: Int?) -> [PlaceRate] {
    func exact(_ rate: LinkRate?) -> Int? {
      if case .exactly(let hundredths) = rate { hundredths } else { nil }
    }
    let compared = bars.map { bar in
      var bar = bar
      let reference =
        earlier.isEmpty
        ? mean : bar.place.flatMap { place in exact(earlier.first { $0.place == place }?.rate) }
      if let now = exact(bar.rate), let reference { bar.difference = now - reference }
      return bar
    }
    return compared.enumerated().sorted { a, b in
      (a.element.isProvince ? 0 : 1, a.element.difference ?? 0, a.offset)
        < (b.element.isProvince ? 0 : 1, b.element.difference ?? 0, b.offset)
    }.map(\.element)
  }

  var isProvince: Bool { place?.isProvince ?? false }

  private static func rate(_ linked: Int, of records: Int) -> LinkRate {
    let others = records - linked
    if (1..<fewest).contains(others) { return .atLeast((records - fewest + 1) * 100 / records) }
    if (1..<fewest).contains(linked) { return .atMost(((fewest - 1) * 100 + records - 1) / records) }
    return .exactly(FigureText.share(linked, of: records) ?? 0)
  }
}
