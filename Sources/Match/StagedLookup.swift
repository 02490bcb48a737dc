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

  /// The persons to whom a 9-digit number leads: distinct, ascending.
  ///
  /// One person alone is the one whom the match finds, by today's number.
  package func holders(of legacy: LegacyID) throws(Stop) -> [PersonalID] {
    let holders = try holders(withKey: .legacy(legacy))
    let present = holders.filter { !$0.isCancelled }
    let ids = Set((present.isEmpty ? holders : present).map(\.id)).sorted()
    guard ids.count == 1, case .moved(let today) = try fate(of: ids[0]) else { return ids }
    return [today]
  }

  private func holders(withKey key: LinkKey) throws(Stop) -> [NumberHolder] {
    try records(snapshot.legacy, withKey: key) { payload, _ in NumberHolder(packed: payload.integer(at: 0)) }
  }

  /// Where the match sends a record that holds a personal ID number.
  package func fate(of id: PersonalID) throws(Stop) -> NumberFate {
    guard snapshot.legacy.contains(where: { $0.lastKey >= LinkKey.firstPersonal.packed }) else { return .own }
    var at = id
    for step in 0...NumberFate.mostSteps {
      let isPresent = try population(at).contains { $0.record.status != .numberCancelled }
      var holders = NumberHolders()
      if !isPresent { for holder in try self.holders(withKey: .personal(at)) { holders.add(holder) } }
      if holders.isEmpty { return at == id ? .own : .moved(at) }
      guard let holder = holders.only, step < NumberFate.mostSteps else { return .ambiguous }
      at = holder.id
    }
    return .ambiguous
  }

  /// The numbers that lead to a person whose records are `persons`, with their records in the population.
  private func earlierNumbers(
    of id: PersonalID, _ persons: [FoundPerson]
  ) throws(Stop) -> [(id: PersonalID, persons: [FoundPerson])] {
    var found: [(id: PersonalID, persons: [FoundPerson])] = []
    var seen: Set<PersonalID> = [id]
    var next = persons
    while !next.isEmpty {
      let named = Set(next.map(\.record.previous)).filter { $0.packed != 0 && !seen.contains($0) }
      next = []
      for number in named.sorted() {
        seen.insert(number)
        guard try fate(of: number) == .moved(id) else { continue }
        let own = try population(number)
        found.append((number, own))
        next += own
      }
    }
    return found
  }

  /// The holders of the 9-digit numbers in insurance records.
  package func holders(among records: [FoundInsurance]) throws(Stop) -> [LegacyID: [PersonalID]] {
    var all: [LegacyID: [PersonalID]] = [:]
    for legacy in Set(records.compactMap(\.key.legacyID)) { all[legacy] = try holders(of: legacy) }
    return all
  }

  /// Where the 12-digit numbers in insurance records lead.
  package func fates(among records: [FoundInsurance]) throws(Stop) -> [PersonalID: NumberFate] {
    var all: [PersonalID: NumberFate] = [:]
    for id in Set(records.compactMap(\.key.personalID)) { all[id] = try fate(of: id) }
    return all
  }

  /// The personal ID numbers in other fields of a person's records that are another person's.
  package func others(than id: PersonalID, in records: [FoundInsurance]) throws(Stop) -> Set<PersonalID> {
    var others: Set<PersonalID> = []
    for other in Set(records.flatMap { $0.record.others(than: id) }) {
      let today = try fate(of: other).person
      let isAnothers = if let today { today != id } else { try !population(other).isEmpty }
      if isAnothers { others.insert(other) }
    }
    return others
  }

  /// The quarantined records of both exports that hold a personal ID number.
  package func quarantine(_ id: PersonalID) throws(Stop) -> [FoundQuarantined] {
    try records(snapshot.quarantine, withKey: .personal(id)) { payload, place in
      FoundQuarantined(place: place, record: QuarantinedRecord(payload))
    }
  }

  /// The insurance records that lead to a person, in the order of the export: by the personal ID number, by an
  /// earlier one, or by a 9-digit number that the population lists for this person.
  package func insurance(of id: PersonalID, _ persons: [FoundPerson]) throws(Stop) -> [FoundInsurance] {
    var found: [FoundInsurance] = []
    if case .moved = try fate(of: id) {} else { found = try insurance(.personal(id)) }
    var all = persons
    for number in try earlierNumbers(of: id, persons) {
      all += number.persons
      for record in try insurance(.personal(number.id)) {
        var record = record
        record.record = record.record.sentToToday
        found.append(record)
      }
    }
    for legacy in Set(all.map(\.record.legacy)) where legacy.packed != 0 {
      let holders = try holders(of: legacy)
      guard holders.count != 1 || holders[0] == id else { continue }
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
