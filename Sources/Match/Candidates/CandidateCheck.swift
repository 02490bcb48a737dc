// Whether a person is a candidate of a record, asked for one pair.
// Invariant: says of a pair what CandidateSearch and RepairedNumbers say of all.
// Load: one pair at a time, for an officer.

package import Values

/// Judges single pairs of a record that leads to nobody and a person.
package struct CandidateCheck: Sendable {
  private var digester = FieldDigester()

  package init() {}

  /// What an officer judges of a record and a person; nil if the person is no candidate of it.
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
      record.record.words.contains(.leadingZeroLost) && PersonlessRecords.withZeros(raw.span.bytes) == id
    guard let person = namesake ?? (isRepaired ? first : nil) else { return nil }
    return JudgedFields(
      digester.insuranceFields(of: record.record, Array(record.name.utf8).span, held: record.held),
      PopulationFields(
        name: digester.nameDigest(ofClean: Array(person.name.utf8).span), birthDate: person.record.birthDate,
        sex: person.record.sex, status: person.record.status))
  }

  private mutating func key(_ name: String, _ birthDate: CalendarDate, _ sex: Sex) -> UInt64? {
    digester.candidateKey(ofClean: Array(name.utf8).span, birthDate, sex)
  }
}
