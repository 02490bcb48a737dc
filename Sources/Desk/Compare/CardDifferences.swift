// Finds who gained, lost or changed the serving card, or whose card was renumbered, between two streams of persons.
// Invariant: both streams ascend by personal ID number. Each person is counted once under the place of birth
// registration of the number, and once under the facilities of the old and new card.
// Load: 90 million persons on either side, read in parallel a batch at a time; memory is two batches and a
// row for each facility.

import Rules
package import Values

/// How one person's card changed.
package enum CardChange: String, Sendable, CaseIterable { case gained, lost, changed, renumbered }

/// The fields of a card that can change.
package enum CardField: String, Sendable, CaseIterable {
  case insuranceNumber = "insurance_number"
  case cardNumber = "card_number"
  case facility = "facility_code"
  case validFrom = "valid_from"
  case validTo = "valid_to"
  case fiveYearsFrom = "five_years_from"
  case area = "area_code"

  /// Whether two cards differ in it.
  func differs(_ a: CardRow, _ b: CardRow) -> Bool {
    switch self {
    case .insuranceNumber: a.insuranceNumber != b.insuranceNumber
    case .cardNumber: a.cardNumber != b.cardNumber
    case .facility: a.facility != b.facility
    case .validFrom: a.validFrom != b.validFrom
    case .validTo: a.validTo != b.validTo
    case .fiveYearsFrom: a.fiveYearsFrom != b.fiveYearsFrom
    case .area: a.area != b.area
    }
  }
}

/// One person whose card changed.
package struct CardDifference: Sendable {
  package var person: PersonalID
  package var change: CardChange
  package var before: CardRow?
  package var after: CardRow?

  /// The fields in which the cards differ; empty unless both exist.
  package var fields: [CardField] {
    guard let before, let after else { return [] }
    return CardField.allCases.filter { $0.differs(before, after) }
  }
}

/// Counts of persons by how their cards changed.
package struct CardCounts: Hashable, Sendable {
  package var gained = 0
  package var lost = 0
  package var changed = 0
  /// Of the changed ones, the persons who came to this facility from another, and who left it.
  package var came = 0
  package var went = 0
  /// The persons whose own ID number replaced the 10-digit insurance number; they are not among the changed ones.
  package var renumbered = 0

  package var all: Int { gained + lost + changed + renumbered }

  mutating func add(_ change: CardChange) {
    switch change {
    case .gained: gained += 1
    case .lost: lost += 1
    case .changed: changed += 1
    case .renumbered: renumbered += 1
    }
  }

  static func + (a: Self, b: Self) -> Self {
    CardCounts(
      gained: a.gained + b.gained, lost: a.lost + b.lost, changed: a.changed + b.changed,
      came: a.came + b.came, went: a.went + b.went, renumbered: a.renumbered + b.renumbered)
  }
}

/// The differences between two streams of persons.
package struct CardDifferences: Sendable {
  /// Persons with a card.
  package var before = 0
  package var after = 0
  package var total = CardCounts()
  /// Changed cards by changed field; a person counts once for each field.
  package var fields: [CardField: Int] = [:]
  /// By ``BirthPlace/index``.
  private var places = [CardCounts](repeating: CardCounts(), count: BirthPlace.count)
  private var facilities: [ShortCode: CardCounts] = [:]
  /// By the province that the facility's code begins with, which came and went mean as well; the last for none.
  private var facilityPlaces = [CardCounts](repeating: CardCounts(), count: 101)
  /// The same by province of today.
  private var facilityProvinces = [CardCounts](repeating: CardCounts(), count: 101)

  /// By place of birth registration, most differences first; places without any are left out.
  package var byProvince: [(place: BirthPlace, counts: CardCounts)] {
    BirthPlace.all.map { ($0, places[$0.index]) }.filter { $0.1.all > 0 }
      .sorted { ($0.1.all, $1.0.index) > ($1.1.all, $0.0.index) }
  }
  /// By province of today of birth registration, most differences first; without what is in no province.
  package var byProvinceOfToday: [(province: ProvinceOfToday, counts: CardCounts)] {
    Self.sorted(
      ProvinceOfToday.all.map { province in
        (province, province.former.reduce(CardCounts()) { $0 + places[BirthPlace.province($1).index] })
      }, \.code)
  }
  /// By former province of the facility's code, most differences first; without what is in no province.
  package var byFacilityPlace: [(place: BirthPlace, counts: CardCounts)] {
    Self.sorted(IDPrefix.provinces.map { (BirthPlace.province($0.code), facilityPlaces[$0.code]) }, \.index)
  }
  /// By province of today of the facility, most differences first; without what is in no province.
  package var byFacilityProvince: [(province: ProvinceOfToday, counts: CardCounts)] {
    Self.sorted(ProvinceOfToday.all.map { ($0, facilityProvinces[$0.code]) }, \.code)
  }

  private static func sorted<Group>(
    _ groups: [(Group, CardCounts)], _ code: (Group) -> Int
  ) -> [(Group, CardCounts)] {
    groups.filter { $0.1.all + $0.1.went > 0 }
      .sorted { ($0.1.all + $0.1.went, code($1.0)) > ($1.1.all + $1.1.went, code($0.0)) }
  }

  /// By facility code, empty for none, most differences first.
  package var byFacility: [(facility: String, counts: CardCounts)] {
    facilities.map { ($0.key.text, $0.value) }
      .sorted { ($0.1.all + $0.1.went, $1.0) > ($1.1.all + $1.1.went, $0.0) }
  }

  fileprivate mutating func add(_ difference: CardDifference) {
    let place = BirthPlace(difference.person).index
    let (old, new) = (difference.before?.facility ?? .none, difference.after?.facility ?? .none)
    total.add(difference.change)
    places[place].add(difference.change)
    let (from, to) = (old.provinceCode ?? 100, new.provinceCode ?? 100)
    let (fromToday, toToday) = (ProvinceOfToday.of(from)?.code ?? 100, ProvinceOfToday.of(to)?.code ?? 100)
    let isLost = difference.change == .lost
    facilities[isLost ? old : new, default: CardCounts()].add(difference.change)
    facilityPlaces[isLost ? from : to].add(difference.change)
    facilityProvinces[isLost ? fromToday : toToday].add(difference.change)
    guard difference.change == .changed else { return }
    if old != new {
      facilities[new, default: CardCounts()].came += 1
      facilities[old, default: CardCounts()].went += 1
    }
    if from != to {
      facilityPlaces[to].came += 1
      facilityPlaces[from].went += 1
    }
    if fromToday != toToday {
      facilityProvinces[toToday].came += 1
      facilityProvinces[fromToday].went += 1
    }
    for field in difference.fields { fields[field, default: 0] += 1 }
  }
}

/// Compares two streams of persons.
///
/// - Parameters:
///   - before, after: fill a batch with the next persons, ascending; false when there are none left.
///   - each: called for every person whose card changed, ascending.
package func cardDifferences(
  before: (inout PersonBatch) throws(Stop) -> Bool, after: (inout PersonBatch) throws(Stop) -> Bool,
  each: (CardDifference) throws(Stop) -> Void = { (_) throws(Stop) in }
) throws(Stop) -> CardDifferences {
  var found = CardDifferences()
  var (old, new) = (PersonBatch(), PersonBatch())
  var (i, j) = (0, 0)
  var (hasOld, hasNew) = (try before(&old), try after(&new))
  while hasOld || hasNew {
    let (a, b) = (hasOld ? old.persons[i].personalID : nil, hasNew ? new.persons[j].personalID : nil)
    let takesOld = b.map { b in a.map { $0 <= b } ?? false } ?? true
    let takesNew = a.map { a in b.map { $0 <= a } ?? false } ?? true
    var difference: CardDifference?
    switch (takesOld, takesNew) {
    case (true, true):
      let (was, now) = (old.servingCard(of: i), new.servingCard(of: j))
      if CardField.allCases.contains(where: { $0.differs(was, now) }), let a {
        difference = CardDifference(
          person: a, change: now.renumbers(was) ? .renumbered : .changed, before: was, after: now)
      }
    case (true, false):
      if let a { difference = CardDifference(person: a, change: .lost, before: old.servingCard(of: i)) }
    default:
      if let b { difference = CardDifference(person: b, change: .gained, after: new.servingCard(of: j)) }
    }
    if let difference {
      found.add(difference)
      try each(difference)
    }
    if takesOld {
      found.before += 1
      i += 1
      if i == old.persons.count { (hasOld, i) = (try before(&old), 0) }
    }
    if takesNew {
      found.after += 1
      j += 1
      if j == new.persons.count { (hasNew, j) = (try after(&new), 0) }
    }
  }
  return found
}

extension PersonBatch {
  /// The person's serving card.
  fileprivate func servingCard(of person: Int) -> CardRow {
    let range = persons[person].cards
    return cards[range].first { $0.isServing } ?? cards[range.lowerBound]
  }
}
