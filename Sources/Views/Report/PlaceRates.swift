// The outcomes of insurance records by the place of birth registration in their personal ID number.
// Invariant: no count of 1 to 4 records is shown for a place or can be computed: such a share is shown as a
// bound, and places with fewer than five records are shown as one.

import Values

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
  var place: BirthPlace?
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

  /// The bars of a run, the lowest rate first; entries that are not places come last.
  static func all(_ places: [String: [String: Int]]) -> [PlaceRate] {
    var rates: [PlaceRate] = []
    var small = (records: 0, linked: 0)
    for place in BirthPlace.all {
      let counts = places[place.code] ?? [:]
      let records = counts.values.reduce(0, +)
      let linked = counts[Outcome.linked.name] ?? 0
      guard records > 0 else { continue }
      if records < fewest {
        small = (small.records + records, small.linked + linked)
      } else {
        rates.append(PlaceRate(place: place, records: records, rate: rate(linked, of: records)))
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

  /// The bars of a run with their differences, those that fell most first; places that are none come last.
  ///
  /// - Parameters:
  ///   - earlier: the bars of the run to compare with; empty if there is none.
  ///   - mean: what is compared with instead.
  static func all(
    _ places: [String: [String: Int]], comparedWith earlier: [PlaceRate], orMean mean: Int?
  ) -> [PlaceRate] {
    func exact(_ rate: LinkRate?) -> Int? {
      if case .exactly(let hundredths) = rate { hundredths } else { nil }
    }
    let compared = all(places).map { bar in
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

  var isProvince: Bool { (place?.index ?? BirthPlace.count) <= 96 }

  private static func rate(_ linked: Int, of records: Int) -> LinkRate {
    let others = records - linked
    if (1..<fewest).contains(others) { return .atLeast((records - fewest + 1) * 100 / records) }
    if (1..<fewest).contains(linked) { return .atMost(((fewest - 1) * 100 + records - 1) / records) }
    return .exactly(FigureText.share(linked, of: records) ?? 0)
  }
}
