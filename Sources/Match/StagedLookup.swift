// Finds the staged records of one number, when an officer asks about one person.
// Invariant: reads at most two blocks of each run; records come in the order of the export.

package import Rules
package import SortedRuns
package import Values

/// A record in quarantine that holds a number.
package struct FoundQuarantined: Hashable, Sendable {
  package var place: Place
  package var record: QuarantinedRecord
}

extension FoundInsurance {
  fileprivate init(_ payload: RawSpan, key: LinkKey, place: Place) {
    let record = InsuranceRecord(payload)
    self.init(
      key: key, place: place, record: record, name: payload.text(record.nameRange(in: payload)),
      rawID: payload.text(record.rawIDRange(in: payload)))
  }
}

/// Finds staged records by number.
package struct StagedLookup: Sendable {
  private let snapshot: StagedSnapshot
  private let folder: String

  /// - Parameter folder: where the snapshot's runs are.
  package init(_ snapshot: StagedSnapshot, in folder: String) {
    (self.snapshot, self.folder) = (snapshot, folder)
  }

  /// The population's records of a personal ID number.
  package func population(_ id: PersonalID) throws(Stop) -> [FoundPerson] {
    try records(snapshot.population, withKey: .personal(id)) { payload, place in
      FoundPerson(
        place: place, record: PopulationRecord(payload),
        name: payload.text(PopulationRecord.nameRange(in: payload)))
    }
  }

  /// The insurance records with this key as the content of their personal ID field.
  package func insurance(_ key: LinkKey) throws(Stop) -> [FoundInsurance] {
    try records(snapshot.insurance, withKey: key) { payload, place in
      FoundInsurance(payload, key: key, place: place)
    }
  }

  /// The insurance records with one of these numbers whose personal ID field is empty or can't be used.
  ///
  /// - Complexity: one pass over the records without a usable number, a few per cent of the export.
  package func insuranceWithoutNumber(_ wanted: Set<RecordNumbers>) throws(Stop) -> [FoundInsurance] {
    guard !wanted.isEmpty else { return [] }
    var found: [FoundInsurance] = []
    var merge = try Merge(snapshot.insurance, in: folder, to: LinkKey.firstLegacy.packed)
    try merge.forEach { key, place, payload throws(Stop) in
      guard wanted.contains(RecordNumbers(InsuranceRecord(payload))) else { return }
      found.append(FoundInsurance(payload, key: LinkKey(packed: key), place: Place(packed: place)))
    }
    return found
  }

  /// The insurance records that satisfy a condition, in the order of their keys.
  ///
  /// - Complexity: one pass over all records.
  package func insurance(
    where isWanted: (InsuranceRecord, Place) -> Bool
  ) throws(Stop) -> [FoundInsurance] {
    var found: [FoundInsurance] = []
    var merge = try Merge(snapshot.insurance, in: folder)
    while merge.hasRecord {
      let (key, place) = (LinkKey(packed: merge.key), Place(packed: merge.place))
      try merge.withPayload { (payload) throws(Stop) in
        guard isWanted(InsuranceRecord(payload), place) else { return }
        found.append(FoundInsurance(payload, key: key, place: place))
      }
      try merge.advance()
    }
    return found
  }

  /// The personal ID numbers of the population records that satisfy a condition.
  ///
  /// - Complexity: one pass over all records.
  package func persons(where isWanted: (PopulationRecord, Place) -> Bool) throws(Stop) -> [PersonalID] {
    var found: [PersonalID] = []
    var merge = try Merge(snapshot.population, in: folder)
    while merge.hasRecord {
      let (key, place) = (LinkKey(packed: merge.key), Place(packed: merge.place))
      let isMeant = try merge.withPayload { (payload) throws(Stop) in
        isWanted(PopulationRecord(payload), place)
      }
      if isMeant, let id = key.personalID { found.append(id) }
      try merge.advance()
    }
    return found
  }

  /// The population's records of many personal ID numbers.
  ///
  /// - Complexity: one pass over all records.
  package func population(of ids: Set<PersonalID>) throws(Stop) -> [PersonalID: [FoundPerson]] {
    var found: [PersonalID: [FoundPerson]] = [:]
    guard let first = ids.min(), let last = ids.max() else { return found }
    var merge = try Merge(
      snapshot.population, in: folder, from: LinkKey.personal(first).packed,
      to: LinkKey.personal(last).packed + 1)
    while merge.hasRecord {
      let place = Place(packed: merge.place)
      if let id = LinkKey(packed: merge.key).personalID, ids.contains(id) {
        let person = try merge.withPayload { (payload) throws(Stop) in
          FoundPerson(
            place: place, record: PopulationRecord(payload),
            name: payload.text(PopulationRecord.nameRange(in: payload)))
        }
        found[id, default: []].append(person)
      }
      try merge.advance()
    }
    return found
  }

  /// The persons who held a 9-digit number: distinct, ascending.
  package func holders(of legacy: LegacyID) throws(Stop) -> [PersonalID] {
    let ids = try records(snapshot.legacy, withKey: .legacy(legacy)) { payload, _ in
      PersonalID(packed: payload.integer(at: 0))
    }
    return Set(ids).sorted()
  }

  /// The holders of the 9-digit numbers in insurance records.
  package func holders(among records: [FoundInsurance]) throws(Stop) -> [LegacyID: [PersonalID]] {
    var all: [LegacyID: [PersonalID]] = [:]
    for legacy in Set(records.compactMap(\.key.legacyID)) { all[legacy] = try holders(of: legacy) }
    return all
  }

  /// The quarantined records of both exports that hold a personal ID number.
  package func quarantine(_ id: PersonalID) throws(Stop) -> [FoundQuarantined] {
    try records(snapshot.quarantine, withKey: .personal(id)) { payload, place in
      FoundQuarantined(place: place, record: QuarantinedRecord(payload))
    }
  }

  /// The insurance records that lead to a person, in the order of the export: by the personal ID number, or
  /// by a 9-digit number that the population lists for this person.
  package func insurance(of id: PersonalID, _ persons: [FoundPerson]) throws(Stop) -> [FoundInsurance] {
    var found = try insurance(.personal(id))
    for legacy in Set(persons.map(\.record.legacy)) where legacy.packed != 0 {
      found += try insurance(.legacy(legacy))
    }
    return found.sorted { $0.place < $1.place }
  }

  private func records<Found>(
    _ runs: [SortedRun], withKey key: LinkKey, _ found: (RawSpan, Place) -> Found
  ) throws(Stop) -> [Found] {
    var all: [Found] = []
    var merge = try Merge(runs, in: folder, from: key.packed, to: key.packed + 1)
    try merge.forEach { _, place, payload throws(Stop) in all.append(found(payload, Place(packed: place))) }
    return all
  }
}

extension MatchedSnapshot {
  /// The places of a person's records that are held back because another person claims their insurance number.
  package func heldBack(_ id: PersonalID, in folder: String) throws(Stop) -> Set<Place> {
    let key = LinkKey.personal(id).packed
    var places: Set<Place> = []
    var merge = try Merge(shared, in: folder, from: key, to: key + 1)
    try merge.forEach { _, place, payload throws(Stop) in
      // One byte of payload: the record is disputed.
      if payload.byteCount == 0 { places.insert(Place(packed: place)) }
    }
    return places
  }
}
