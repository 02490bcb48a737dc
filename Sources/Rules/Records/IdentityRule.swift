// The identity rule: the fields that lead from a record of a delta to the record that it changes.
// Invariant: a delete, which has these fields alone, gets the identity that the whole record got. A number that breaks its
// rule leads to no record; nothing is guessed.
// Load: the records of deltas, and the base's records in quarantine.
//
// For data officers:
//   identity_missing     none of the numbers that identify the record has a value

package import Values

package enum IdentityRule {
  /// The identity of a record, or the faults of its numbers.
  package struct Reading {
    package var identity: RecordIdentity?
    package var faults = Reasons()
  }

  /// Reads the identity of an insurance record.
  package static func insured(
    card: Span<UInt8>, number: Span<UInt8>, validFrom: CalendarDate, _ fields: IdentityFields,
    _ groups: ObjectGroups
  ) -> Reading {
    var reading = Reading()
    var notes = Reasons()
    let own = InsuranceNumberRule.read(number, &reading.faults)
    let card = CardNumberRule.read(card, groups, &reading.faults, &notes)
    var missing = Reasons()
    let chosen = InsuranceNumberRule.choose(own, card, &missing)
    guard reading.faults.isEmpty, !fields.contains(.validFrom) || !validFrom.isNone else { return reading }
    reading.identity = RecordIdentity(card.number, chosen, validFrom: validFrom, fields)
    return reading
  }

  /// Reads the identity of a population record.
  package static func person(_ number: Span<UInt8>) -> Reading {
    var reading = Reading()
    reading.identity = PersonalIDRule.person(number, &reading.faults).map { RecordIdentity($0) }
    return reading
  }
}

extension RecordRules {
  /// The identity of a raw record; without one, the reasons why.
  package func identity(
    of text: Span<UInt8>, _ ranges: FieldRanges, _ export: ExportKind, _ fields: IdentityFields
  ) -> IdentityRule.Reading {
    var reading: IdentityRule.Reading
    switch export {
    case .population: reading = IdentityRule.person(text.extracting(ranges[.personalID]))
    case .insurance:
      var (dates, faults) = (InsuranceRecord(), Reasons())
      if fields.contains(.validFrom) {
        ValidityRule.read(text.extracting(ranges[.validFrom]), Span(), patterns, &dates, &faults)
      }
      reading = IdentityRule.insured(
        card: text.extracting(ranges[.cardNumber]), number: text.extracting(ranges[.insuranceNumber]),
        validFrom: dates.validFrom, fields, groups)
      if reading.identity == nil { reading.faults.formUnion(faults) }
    }
    if reading.identity == nil, reading.faults.isEmpty { reading.faults.insert(.identityMissing) }
    return reading
  }
}
