// Judges one raw record: turns its fields into a typed record, or lists the faults that quarantine it.
// Invariant: a record without a fault has every field in its typed form; for a record with faults, all of
// them are listed.
// Load: every record of both exports; a record without faults and notes allocates nothing.

import Names
package import Values

/// The faults of a record, and its coded fields without a value.
package struct RecordFaults: Hashable, Sendable {
  /// Why the record goes to quarantine; empty if it passes.
  package var reasons = Reasons()
  /// The range of a code that is not in its list.
  package var unlistedCode = 0..<0
  /// The coded fields without a value, one bit each by ``Field/index``.
  package var blankCodes: UInt64 = 0

  package init() {}
  package init(_ reason: Reason) { reasons.insert(reason) }
}

/// A population record, judged.
package struct PopulationVerdict: Hashable, Sendable {
  package var record = PopulationRecord()
  /// Nil only with a fault.
  package var id: PersonalID?
  package var faults = RecordFaults()
}

/// An insurance record, judged.
package struct InsuranceVerdict: Hashable, Sendable {
  package var record = InsuranceRecord()
  /// The content of the personal ID field.
  package var key = LinkKey.missing
  package var faults = RecordFaults()
}

/// The rules for the records of one export.
///
/// Noncopyable, so that no record copies the rules.
package struct RecordRules: ~Copyable, Sendable {
  private let empty: EmptyValues
  let patterns: [DatePattern]
  private let sexes: CodeList
  private let statuses: CodeList
  private let hasStatus: Bool
  private let residences: CodeList
  private let hasResidence: Bool
  private let uppercasesNames: Bool
  private let convertsNames: Bool
  private let asOf: UInt32
  private let erased: ErasedPersons
  let groups = ObjectGroups()
  private let armedForces: ArmedForces
  private let folder = NameFolder()
  /// The clean name of the last record judged, unless ``nameIsClean`` is true.
  package private(set) var name: [UInt8] = []
  /// Whether the export already had the name of the last record in clean form.
  package private(set) var nameIsClean = false
  private var capitals: [UInt8] = []

  /// - Parameters:
  ///   - statuses: nil if the export has no status, so that every person is active.
  ///   - residences: the export's list of provinces of residence; nil if it has no such field.
  ///   - uppercasesNames: whether to write names in capitals, because the encoding has no capitals with tone marks.
  ///   - convertsNames: whether names come from an old encoding, which their records get a note about.
  ///   - asOf: the business date; no birth date may lie after it.
  ///   - armedForces: the groups whose records are sent without personal ID numbers, among others.
  ///   - erased: persons whose records are held back.
  package init(
    empty: EmptyValues, patterns: [DatePattern], sexes: CodeList, statuses: CodeList?,
    residences: CodeList? = nil, uppercasesNames: Bool, convertsNames: Bool, asOf: CalendarDate,
    armedForces: ArmedForces = ArmedForces(), erased: ErasedPersons = ErasedPersons()
  ) {
    self.armedForces = armedForces
    self.empty = empty
    self.patterns = patterns
    self.sexes = sexes
    self.statuses = statuses ?? CodeList([])
    hasStatus = statuses != nil
    self.residences = residences ?? CodeList([])
    hasResidence = residences != nil
    self.uppercasesNames = uppercasesNames
    self.convertsNames = convertsNames
    self.asOf = asOf.lastDay
    self.erased = erased
    name.reserveCapacity(1024)
    capitals.reserveCapacity(1024)
  }

  // One call per record: its rules are inlined here, but the function itself is not inlined.
  /// Judges a population record.
  ///
  /// - Parameters:
  ///   - text: the values, at `ranges`.
  ///   - nameIsClean: whether the name is known to be in clean form.
  @inline(never)
  package mutating func judge(
    person text: Span<UInt8>, _ ranges: FieldRanges, line: UInt32, nameIsClean: Bool
  ) -> PopulationVerdict {
    var verdict = PopulationVerdict()
    verdict.record.line = line
    verdict.id = PersonalIDRule.person(text.extracting(ranges[.personalID]), &verdict.faults.reasons)
    if let id = verdict.id, erased.contains(id) { verdict.faults.reasons.insert(.personErased) }
    verdict.record.legacy = LegacyIDRule.read(text.extracting(ranges[.legacyID]))
    verdict.record.previous = PreviousIDRule.read(text.extracting(ranges[.previousID]), verdict.id)
    cleanName(text.extracting(ranges[.fullName]), nameIsClean, &verdict.faults.reasons)
    verdict.record.birthDate = CalendarRule.birthDate(
      text.extracting(ranges[.birthDate]), patterns, asOf: asOf, &verdict.faults.reasons)
    verdict.record.sex =
      Self.code(.sex, sexes.read(text.extracting(ranges[.sex]), empty), .sexCode, ranges, &verdict.faults)
      ?? .unknown
    if hasStatus {
      let status = statuses.read(text.extracting(ranges[.status]), empty)
      verdict.record.status = Self.code(.status, status, .statusCode, ranges, &verdict.faults) ?? .unknown
    }
    if hasResidence {
      verdict.record.residence = ResidenceRule.read(
        text.extracting(ranges[.residenceProvince]), residences, empty)
    }
    return verdict
  }

  /// Judges an insurance record.
  ///
  /// - Parameters:
  ///   - text: the values, at `ranges`.
  ///   - nameIsClean: whether the name is known to be in clean form.
  @inline(never)
  package mutating func judge(
    insured text: Span<UInt8>, _ ranges: FieldRanges, line: UInt32, nameIsClean: Bool
  ) -> InsuranceVerdict {
    var verdict = InsuranceVerdict()
    var notes = Reasons()
    verdict.record.line = line
    cleanName(text.extracting(ranges[.fullName]), nameIsClean, &verdict.faults.reasons)
    MojibakeRule.note(name.span, isConverted: convertsNames, &notes)
    verdict.record.birthDate = CalendarRule.birthDate(
      text.extracting(ranges[.birthDate]), patterns, asOf: asOf, &verdict.faults.reasons)
    verdict.record.sex =
      Self.code(.sex, sexes.read(text.extracting(ranges[.sex]), empty), .sexCode, ranges, &verdict.faults)
      ?? .unknown

    let own = InsuranceNumberRule.read(text.extracting(ranges[.insuranceNumber]), &verdict.faults.reasons)
    let card = CardNumberRule.read(
      text.extracting(ranges[.cardNumber]), groups, &verdict.faults.reasons, &notes)
    verdict.record.cardNumber = card.number
    verdict.record.insuranceNumber = InsuranceNumberRule.choose(own, card, &verdict.faults.reasons)

    let id = PersonalIDRule.insured(
      text.extracting(ranges[.personalID]), verdict.record, tail: card.tail, armedForces)
    verdict.key = id.key
    if card.number.isNone, card.tail.digitCount == 12, card.tail != verdict.record.insuranceNumber,
      card.tail.digits != id.key.personalID?.packed
    {
      verdict.record.cardDigits = card.tail
    }
    verdict.record.rule = id.key.legacyID == nil ? .personalID : .legacyID
    if let number = id.key.personalID, erased.contains(number) {
      verdict.faults.reasons.insert(.personErased)
    }
    if let number = id.key.personalID, !own.isNone { InsuranceNumberRule.compare(own, with: number, &notes) }
    CardNumberRule.compare(card.tail, own, id.key.personalID, &notes)

    ValidityRule.read(
      text.extracting(ranges[.validFrom]), text.extracting(ranges[.validTo]), patterns, &verdict.record,
      &verdict.faults.reasons)
    verdict.record.fiveYearsFrom = FiveYearsRule.read(
      text.extracting(ranges[.fiveYearsFrom]), patterns, &notes)
    verdict.record.facility = FacilityRule.read(text.extracting(ranges[.facilityCode]), &notes)
    verdict.record.area = AreaRule.read(text.extracting(ranges[.areaCode]), &notes)
    if id.key >= LinkKey.firstLegacy { verdict.record.words = notes }
    verdict.record.words.formUnion(id.words)
    return verdict
  }

  /// Puts the clean name in ``name``, unless the value is already clean.
  private mutating func cleanName(_ value: Span<UInt8>, _ isKnownClean: Bool, _ faults: inout Reasons) {
    nameIsClean = !uppercasesNames && !convertsNames && (isKnownClean || folder.isCleanAlready(value))
    if nameIsClean { return }
    name.removeAll(keepingCapacity: true)
    if let reason = NameRule.clean(value, folder, into: &name) { faults.insert(reason) }
    if uppercasesNames {
      capitals.removeAll(keepingCapacity: true)
      Self.capitalize(name, folder, into: &capitals)
      swap(&name, &capitals)
    }
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func capitalize(
    _ name: borrowing [UInt8], _ folder: NameFolder, into capitals: inout [UInt8]
  ) {
    folder.exact(ofClean: name.span, into: &capitals)
  }

  /// A coded value of the record; nil, with a fault for a code outside the list, if there is none.
  @inline(__always)
  private static func code<Value: RawRepresentable<UInt8>>(
    _ field: Field, _ reading: CodeList.Reading, _ unlisted: Reason, _ ranges: FieldRanges,
    _ faults: inout RecordFaults
  ) -> Value? {
    switch reading {
    case .code(let code): return Value(rawValue: code)
    case .blank: faults.blankCodes |= 1 << UInt64(field.index)
    case .unlisted:
      faults.reasons.insert(unlisted)
      faults.unlistedCode = ranges[field]
    }
    return nil
  }
}
