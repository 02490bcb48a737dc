// The figures of a run by province, each by what it is counted by.
// Invariant: every figure comes from the run record. A province of today is the sum of its former provinces; residence is only
// known by province of today.

import Match
import Values
package import Workspace

/// The figures of one province.
package struct ProvinceFigures: Sendable, Encodable {
  /// Two digits; ``PersonsByProvince/none`` for what is in no province.
  package var code: String
  /// In Vietnamese; empty for what is in no province.
  package var name: String
  /// Persons with a card, by the province of the facility on it; nil for runs that did not count them.
  package var personsByFacility: Int?
  /// Insurance records, by place of birth registration: digits 1 to 3 of the personal ID number.
  package var recordsByBirthRegistration: Int
  package var linkedByBirthRegistration: Int
  /// Active persons of the population by province of residence, and those with a linked card; nil without that field.
  package var residents: Int?
  package var residentsWithCard: Int?
  /// The same for its former provinces, where they are asked for.
  package var former: [ProvinceFigures]?

  fileprivate init(code: String, name: String, records: Int = 0, linked: Int = 0, persons: Int? = nil) {
    (self.code, self.name) = (code, name)
    (recordsByBirthRegistration, linkedByBirthRegistration) = (records, linked)
    personsByFacility = persons
  }

  private init(code: String, name: String, sumOf parts: [ProvinceFigures]) {
    self.init(code: code, name: name)
    for part in parts {
      recordsByBirthRegistration += part.recordsByBirthRegistration
      linkedByBirthRegistration += part.linkedByBirthRegistration
      if let persons = part.personsByFacility { personsByFacility = (personsByFacility ?? 0) + persons }
    }
  }

  private mutating func count(_ counts: ResidentCounts?) {
    guard let counts else { return }
    residents = (residents ?? 0) + counts.persons
    residentsWithCard = (residentsWithCard ?? 0) + counts.withCard
  }

  /// The figures of the 34 provinces, and last of what is in none.
  ///
  /// - Parameter former: whether the 63 provinces before July 2025 are asked for.
  package static func all(of run: RunRecord, former: Bool) -> [ProvinceFigures] {
    let facilities = run.published?.facilityProvinces
    let residents = run.matched.residents
    func figures(_ place: BirthPlace) -> (records: Int, linked: Int) {
      let counts = run.matched.places[place.code] ?? [:]
      return (counts.values.reduce(0, +), counts[Outcome.linked.name] ?? 0)
    }
    let provinces = ProvinceOfToday.all.map { province in
      let parts = province.former.map { code in
        let text = padded(UInt64(code), to: 2)
        let counts = figures(.province(code))
        return ProvinceFigures(
          code: text, name: IDPrefix.province(code) ?? "", records: counts.records, linked: counts.linked,
          persons: facilities.map { $0[province.text]?[text] ?? 0 })
      }
      var sum = ProvinceFigures(code: province.text, name: province.name, sumOf: parts)
      sum.count(residents?[province.text])
      if former { sum.former = parts }
      return sum
    }
    let others = BirthPlace.all.filter { $0.today == nil }.map(figures)
    var none = ProvinceFigures(
      code: "none", name: "", records: others.reduce(0) { $0 + $1.records },
      linked: others.reduce(0) { $0 + $1.linked },
      persons: facilities.map { $0["none"]?.values.reduce(0, +) ?? 0 })
    none.count(residents?[Residence.none.text ?? ""])
    none.count(residents?[Residence.other.text ?? ""])
    return provinces + [none]
  }

  /// The places of birth registration that are in no province, each by itself.
  package static func elsewhere(of run: RunRecord) -> [ProvinceFigures] {
    BirthPlace.all.filter { $0.today == nil }.map { place in
      let counts = run.matched.places[place.code] ?? [:]
      return ProvinceFigures(
        code: place.code, name: "", records: counts.values.reduce(0, +),
        linked: counts[Outcome.linked.name] ?? 0)
    }
  }
}
