// The rows of the store's views as Swift values: text, numbers, and nil for absent values.

/// A row of `card_attribute`: a person and the card that serves.
package struct CardAttribute: Sendable, Hashable, Codable {
  package var personalID: String
  package var fullName: String
  package var birthDate: String?
  package var sex: String
  /// The card; its personal ID number is the person's.
  package var card: LinkedCard
  /// The last day of grace; nil if the person is not in grace.
  package var graceUntil: String? = nil

  package init(
    personalID: String, fullName: String, birthDate: String? = nil, sex: String, card: LinkedCard,
    graceUntil: String? = nil
  ) {
    (self.personalID, self.fullName, self.birthDate, self.sex) = (personalID, fullName, birthDate, sex)
    (self.card, self.graceUntil) = (card, graceUntil)
  }
}

/// A row of `card`: one linked insurance record.
package struct LinkedCard: Sendable, Hashable, Codable {
  package var personalID: String
  package var insuranceNumber: String?
  package var cardNumber: String?
  package var facilityCode: String?
  package var validFrom: String?
  package var validTo: String?
  package var fiveYearsFrom: String?
  package var areaCode: String?
  package var rule: String
  /// Sorted words, joined by commas; nil if there are none.
  package var notes: String?
  package var sourceFile: String
  /// From 1.
  package var sourceLine: Int
  package var runID: Int

  package init(
    personalID: String, insuranceNumber: String? = nil, cardNumber: String? = nil,
    facilityCode: String? = nil,
    validFrom: String? = nil, validTo: String? = nil, fiveYearsFrom: String? = nil, areaCode: String? = nil,
    rule: String,
    notes: String? = nil, sourceFile: String, sourceLine: Int, runID: Int
  ) {
    self.personalID = personalID
    (self.insuranceNumber, self.cardNumber, self.facilityCode) = (insuranceNumber, cardNumber, facilityCode)
    (self.validFrom, self.validTo, self.fiveYearsFrom) = (validFrom, validTo, fiveYearsFrom)
    (self.areaCode, self.rule, self.notes) = (areaCode, rule, notes)
    (self.sourceFile, self.sourceLine, self.runID) = (sourceFile, sourceLine, runID)
  }
}

/// What names a record in the store.
package enum StoredRecordName: Hashable, Sendable {
  case insuranceNumber(String)
  case cardNumber(String)
  case place(file: String, line: Int)
}

/// A row of `finding`: a record that is held back.
package struct StoredFinding: Sendable, Hashable, Codable {
  package var export: String
  package var outcome: String
  package var reasons: String?
  package var personalID: String?
  package var insuranceNumber: String?
  package var cardNumber: String?
  package var sourceFile: String
  package var sourceLine: Int
  package var runID: Int
  /// How many persons have the bare name, full birth date and sex of a record without a person; nil for other
  /// records.
  package var candidates: Int? = nil
  /// The candidate, if there is only one.
  package var candidatePersonalID: String? = nil
  /// The digest of what was judged, as ``JudgedFields/text``, which `decide` refers to.
  package var digest: String? = nil

  package init(
    export: String, outcome: String, reasons: String? = nil, personalID: String? = nil,
    insuranceNumber: String? = nil,
    cardNumber: String? = nil, sourceFile: String, sourceLine: Int, runID: Int, candidates: Int? = nil,
    candidatePersonalID: String? = nil, digest: String? = nil
  ) {
    (self.export, self.outcome, self.reasons) = (export, outcome, reasons)
    (self.personalID, self.insuranceNumber, self.cardNumber) = (personalID, insuranceNumber, cardNumber)
    (self.sourceFile, self.sourceLine, self.runID) = (sourceFile, sourceLine, runID)
    (self.candidates, self.candidatePersonalID, self.digest) = (candidates, candidatePersonalID, digest)
  }
}
