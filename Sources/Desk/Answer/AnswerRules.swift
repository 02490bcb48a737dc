// The answer to one request about one person, by a consumer's policy: a pure function of both.
// Invariant: the answer depends on what the policy compares and releases, and on nothing else of the person. Values are told
// only if all that is compared agrees; how far a name agrees is never told.
// Load: ten million requests; a request that agrees with its person allocates nothing but the values it is told.

import Names
import Package
import Pipeline
import Publish
import Rules
import Seal
import Values

/// The rules of one consumer's answers on one day.
struct AnswerRules: Sendable {
  private let policy: ConsumerPolicy
  private let day: CalendarDate
  private let facilities: Facilities
  private let pairwise: PairwiseKey?
  private let comparesName: Bool
  private let comparesBirthDate: Bool
  private let comparesSex: Bool
  /// Whether a facility's people may be confirmed, by its code.
  private var known: [UInt64: Bool] = [:]

  init(_ policy: ConsumerPolicy, on day: CalendarDate, _ facilities: Facilities) throws(Stop) {
    (self.policy, self.day, self.facilities) = (policy, day, facilities)
    pairwise =
      if policy.identifier == .pairwise, let file = policy.keyFile {
        try PairwiseKey(file: file, consumer: policy.name)
      } else { nil }
    comparesName = policy.compares(.fullName)
    comparesBirthDate = policy.compares(.birthDate)
    comparesSex = policy.compares(.sex)
  }

  /// Answers a request.
  ///
  /// - Parameters:
  ///   - name: the request's name in clean form.
  ///   - person: the population's records of the number; none if it is unknown.
  ///   - cards: the person's cards, the serving one first; empty without one, or if the policy needs none.
  ///   - values: takes the values of the policy's columns, or nothing.
  mutating func answer(
    _ request: PopulationRecord, name: Span<UInt8>, about person: inout PersonRules, cards: [CardRow],
    into values: inout AnswerValues
  ) -> AnswerCode {
    values.removeAll()
    guard person.recordCount > 0, person.disagreements.isEmpty, mayConfirm(cards) else {
      return absent(.numberUnknown)
    }
    guard person.first.status == .active else { return absent(.notActive) }
    var record = InsuranceRecord()
    (record.birthDate, record.sex) = (request.birthDate, request.sex)
    let verdict = person.verdict(on: record, name: name, held: .personal(person.personalID))
    let reasons = verdict.outcome == .linked ? Reasons() : verdict.words
    let differs = (
      name: comparesName && reasons.contains(.name),
      birthDate: comparesBirthDate && reasons.contains(.birthDate),
      sex: comparesSex && reasons.contains(.sex)
    )
    let code: AnswerCode =
      differs.name
      ? .nameDiffers : differs.birthDate ? .birthDateDiffers : differs.sex ? .sexDiffers : .agreed
    let agrees = code == .agreed
    switch policy.identifier {
    case .none: break
    case .number: values.append(agrees ? person.personalID.text : "")
    case .pairwise: values.append(agrees ? pairwise?.pseudonym(of: person.personalID) ?? "" : "")
    }
    for release in policy.release {
      switch (release.attribute, release.form) {
      case (.fullName, .agrees): values.append(differs.name ? "no" : "yes")
      case (.birthDate, .agrees): values.append(differs.birthDate ? "no" : "yes")
      case (.sex, .agrees): values.append(differs.sex ? "no" : "yes")
      case _ where !agrees: values.append("" as StaticString)
      case (.fullName, _):
        values.append(person.names.clean.span.extracting(..<person.names.cleanByteCount))
      case (.birthDate, .over18): values.append(isAdult(person.first.birthDate))
      case (.birthDate, let form): values.append(text(person.first.birthDate, form))
      case (.sex, _): values.append(person.first.sex.name)
      case (.cardStatus, _): values.append(isCovered(cards) ? "yes" : "no")
      case (let attribute, let form): values.append(cards.first.map { text(attribute, form, of: $0) } ?? "")
      }
    }
    return code
  }

  /// The code for a number that has no person.
  func absent(_ code: AnswerCode) -> AnswerCode { policy.hidesAbsence ? .notConfirmed : code }

  private mutating func mayConfirm(_ cards: [CardRow]) -> Bool {
    guard !policy.persons.isEmpty else { return true }
    guard let facility = cards.first?.facility else { return false }
    if let known = known[facility.packed] { return known }
    let may = policy.persons.contains { $0.selects(facility, facilities) }
    if known.count < 100_000 { known[facility.packed] = may }
    return may
  }

  /// Whether the person is 18 or older; empty if the birth date doesn't say.
  private func isAdult(_ birthDate: CalendarDate) -> StaticString {
    guard !birthDate.isNone else { return "" }
    if birthDate.lastDay + 180_000 <= day.packed { return "yes" }
    return birthDate.firstDay + 180_000 > day.packed ? "no" : ""
  }

  private func isCovered(_ cards: [CardRow]) -> Bool {
    cards.contains { card in
      card.isValid(on: day) && (card.graceUntil.isNone || day.firstDay <= card.graceUntil.lastDay)
    }
  }

  private func text(_ date: CalendarDate, _ form: ReleaseForm) -> String {
    date.isNone ? "" : form == .year ? padded(UInt64(date.year), to: 4) : date.text
  }

  private func text(_ attribute: ReleasedAttribute, _ form: ReleaseForm, of card: CardRow) -> String {
    switch attribute {
    case .insuranceNumber: card.insuranceNumber.isNone ? "" : card.insuranceNumber.text
    case .cardNumber: card.cardNumber.isNone ? "" : card.cardNumber.text
    case .facilityCode: card.facility.isNone ? "" : card.facility.text
    case .areaCode: card.area.isNone ? "" : card.area.text
    case .validFrom: text(card.validFrom, form)
    case .validTo: text(card.validTo, form)
    case .fiveYearsFrom: text(card.fiveYearsFrom, form)
    case .fullName, .birthDate, .sex, .cardStatus: ""
    }
  }
}
