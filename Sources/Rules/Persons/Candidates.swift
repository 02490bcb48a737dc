// Candidates: persons whom a record without a person may mean, suggested to an officer.
// Invariant: a candidate has the record's bare name, full birth date and sex, or the record's number once its
// lost zeros are restored. A person whom an officer rejected for the record is not a candidate. A candidate
// never links a record.

package import Values

/// A person whom a record may mean.
package struct Candidate: BitwiseCopyable, Hashable, Sendable {
  package var person: PersonalID
  package var fields: PopulationFields

  package init(person: PersonalID, fields: PopulationFields) {
    self.person = person
    self.fields = fields
  }
}

/// The persons who share one ``FieldDigester/candidateKey(ofClean:_:_:)``, in groups of one bare name, birth date and sex.
package struct CandidateGroups: Sendable {
  private struct Group {
    var name: Range<Int>
    var birthDate: CalendarDate
    var sex: Sex
    var count = 0
    var last = PersonalID(packed: .max)
    /// The least place of the last person's records.
    var lastPlace: UInt64 = 0
    /// The first persons of the group, in ``known``.
    var known: Range<Int>
  }

  /// How many persons of a group are kept, so that rejected persons can be left out.
  package static let mostKnown = 16

  private var groups: [Group] = []
  private var known: [Candidate] = []
  /// The groups' bare names, one after the other.
  private var names: [UInt8] = []

  package init() {}

  package mutating func removeAll() {
    groups.removeAll(keepingCapacity: true)
    known.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }

  /// Adds one population record; the records of a person are added in sequence.
  ///
  /// - Parameter place: the record's place in the export; the first of a person's records is shown.
  package mutating func add(_ candidate: Candidate, place: UInt64, bareName name: RawSpan) {
    let i = group(name, candidate.fields.birthDate, candidate.fields.sex) ?? begin(candidate, name)
    let isNew = groups[i].last != candidate.person
    if isNew {
      groups[i].last = candidate.person
      groups[i].count += 1
      if groups[i].known.count < Self.mostKnown {
        groups[i].known = groups[i].known.lowerBound..<groups[i].known.upperBound + 1
      }
    }
    guard groups[i].count <= Self.mostKnown, isNew || place < groups[i].lastPlace else { return }
    groups[i].lastPlace = place
    known[groups[i].known.upperBound - 1] = candidate
  }

  /// Begins a group.
  ///
  /// Names with the same digest, though very unlikely, get a group each.
  private mutating func begin(_ candidate: Candidate, _ name: RawSpan) -> Int {
    let (room, start) = (known.count, names.count)
    known += repeatElement(candidate, count: Self.mostKnown)
    unsafe name.withUnsafeBytes { unsafe names.append(contentsOf: $0) }
    groups.append(
      Group(
        name: start..<names.count, birthDate: candidate.fields.birthDate, sex: candidate.fields.sex,
        known: room..<room))
    return groups.count - 1
  }

  private func group(_ name: RawSpan, _ birthDate: CalendarDate, _ sex: Sex) -> Int? {
    groups.firstIndex { $0.birthDate == birthDate && $0.sex == sex && isEqual(names, $0.name, name) }
  }

  private func isEqual(_ names: [UInt8], _ range: Range<Int>, _ name: RawSpan) -> Bool {
    guard range.count == name.byteCount else { return false }
    for i in 0..<name.byteCount where names[range.lowerBound + i] != name.integer(at: i) as UInt8 {
      return false
    }
    return true
  }

  /// How many candidates a record has, and the first of them; nil if it has none.
  ///
  /// - Parameter numbers: the record's numbers, by which decisions are found.
  package func candidates(
    of record: InsuranceFields, bareName name: RawSpan, _ numbers: RecordNumbers, _ decisions: Decisions
  ) -> (count: Int, first: Candidate)? {
    guard let i = group(name, record.birthDate, record.sex) else { return nil }
    let persons = known[groups[i].known]
    guard var first = persons.first else { return nil }
    guard groups[i].count <= Self.mostKnown, decisions.haveAny(on: numbers) else {
      return (groups[i].count, first)
    }
    var left = 0
    for candidate in persons
    where !decisions.isRejected(numbers, JudgedFields(record, candidate.fields), candidate.person) {
      if left == 0 { first = candidate }
      left += 1
    }
    return left == 0 ? nil : (left, first)
  }
}

extension PersonalID {
  /// Restores the leading zeros of a number of 10 or 11 digits; nil for any other field.
  package init?(withoutZeros field: RawSpan) {
    guard field.byteCount == 10 || field.byteCount == 11 else { return nil }
    let digits = Span<UInt8>(_bytes: field)
    guard let number = try? readDigits(digits, count: digits.count) else { return nil }
    self.init(packed: number)
  }
}

/// Decides for one record and one person whether the person is a candidate of the record.
package struct CandidateCheck: Sendable {
  private var digester = FieldDigester()

  package init() {}

  /// What an officer judges about the record and the person; nil if the person is not a candidate.
  ///
  /// - Parameter persons: the population's records of the person, in the order of the export.
  package mutating func judged(_ record: FoundInsurance, _ persons: [FoundPerson], _ id: PersonalID)
    -> JudgedFields?
  {
    guard let first = persons.first else { return nil }
    let wanted = key(record.name, record.record.birthDate, record.record.sex)
    let bare = digester.bare
    let namesake = persons.first { person in
      wanted != nil && key(person.name, person.record.birthDate, person.record.sex) == wanted
        && digester.bare == bare && person.record.birthDate == record.record.birthDate
        && person.record.sex == record.record.sex
    }
    let raw = Array(record.rawID.utf8)
    let isRepaired =
      unsafe record.record.words.contains(.leadingZeroLost) && PersonalID(withoutZeros: raw.span.bytes) == id
    guard let person = namesake ?? (isRepaired ? first : nil) else { return nil }
    return JudgedFields(
      digester.insuranceFields(of: record.record, Array(record.name.utf8).span, held: record.held),
      digester.populationFields(of: person.record, Array(person.name.utf8).span))
  }

  private mutating func key(_ name: String, _ birthDate: CalendarDate, _ sex: Sex) -> UInt64? {
    digester.candidateKey(ofClean: Array(name.utf8).span, birthDate, sex)
  }
}
