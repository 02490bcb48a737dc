// The results of the match stage: persons with their linked cards, and the findings of all other records.
// Invariant: persons ascend by personal ID number, and the cards of one person are in the order of the
// export; every insurance record is either one card or one finding.
// Load: 90 million cards in batches whose buffers are reused. Findings are text, because people read them.

/// One linked insurance record.
package struct CardRow: Hashable, Sendable, BitwiseCopyable {
  package var personalID = PersonalID(packed: 0)
  package var insuranceNumber = InsuranceNumber.none
  package var cardNumber = CardNumber.none
  package var facility = ShortCode.none
  package var area = ShortCode.none
  package var validFrom = CalendarDate.none
  /// `none` is an open end.
  package var validTo = CalendarDate.none
  package var fiveYearsFrom = CalendarDate.none
  package var rule = LinkRule.personalID
  package var notes = Reasons()
  /// The file's index among the files of the insurance export.
  package var fileIndex: UInt16 = 0
  /// From 1.
  package var line: UInt32 = 0
  /// Whether this is the person's card on the business date; exactly one of a person's cards is.
  package var isServing = false
  /// The last day of grace of a card that comes from an earlier run; its ``fileIndex`` is then that of a
  /// ``KeptSource``.
  package var graceUntil = CalendarDate.none

  package init() {}
}

/// The source of cards kept in grace: the export file, the run that linked them, and the last day of grace.
package struct KeptSource: Hashable, Sendable, Codable {
  package var sourceFile: String
  package var run: Int
  /// ISO 8601.
  package var graceUntil: String

  package init(sourceFile: String, run: Int, graceUntil: String) {
    self.sourceFile = sourceFile
    self.run = run
    self.graceUntil = graceUntil
  }
}

/// A person with at least one linked record, or a person in grace; name, birth date and sex are the
/// population's.
package struct PersonRow: Hashable, Sendable {
  package var personalID: PersonalID
  package var birthDate: CalendarDate
  package var sex: Sex
  /// The range of the clean name in the batch's bytes.
  package var nameRange: Range<Int>
  /// The range of the person's cards in the batch's cards; never empty.
  package var cards: Range<Int>

  package init(
    personalID: PersonalID, birthDate: CalendarDate, sex: Sex, nameRange: Range<Int>, cards: Range<Int>
  ) {
    self.personalID = personalID
    self.birthDate = birthDate
    self.sex = sex
    self.nameRange = nameRange
    self.cards = cards
  }
}

/// Some thousand persons with their cards; the buffers are reused.
package struct PersonBatch: Sendable {
  package var persons: [PersonRow] = []
  package var cards: [CardRow] = []
  /// The clean names in UTF-8, one after the other.
  package var bytes: [UInt8] = []

  package init() {}

  package mutating func removeAll() {
    persons.removeAll(keepingCapacity: true)
    cards.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }
}

/// One record held back for a data officer.
package struct FindingRow: Hashable, Sendable {
  package var export: ExportKind
  package var outcome: Outcome
  /// Sorted words, joined by commas.
  package var reasons: String
  /// The number in the record, or the person's number if a 9-digit one led to exactly one person; empty for
  /// none.
  package var personalID: String
  package var insuranceNumber: String
  package var cardNumber: String
  /// The file's index among the files of its export.
  package var fileIndex: Int
  /// From 1.
  package var line: UInt32
  /// What an officer judges, for records that can be decided on.
  package var judged: JudgedFields?
  /// How many persons have the bare name, full birth date and sex of a record without a person; nil for other
  /// records.
  package var candidates: Int?
  /// The candidate, if there is only one; empty for none.
  package var candidatePersonalID: String

  package init(
    export: ExportKind, outcome: Outcome, reasons: String, personalID: String, insuranceNumber: String,
    cardNumber: String, fileIndex: Int, line: UInt32, judged: JudgedFields? = nil, candidates: Int? = nil,
    candidatePersonalID: String = ""
  ) {
    self.export = export
    self.outcome = outcome
    self.reasons = reasons
    self.personalID = personalID
    self.insuranceNumber = insuranceNumber
    self.cardNumber = cardNumber
    self.fileIndex = fileIndex
    self.line = line
    self.judged = judged
    self.candidates = candidates
    self.candidatePersonalID = candidatePersonalID
  }
}
