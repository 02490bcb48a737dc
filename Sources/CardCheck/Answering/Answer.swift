// The answer to one question.
// Invariant: it shows a card only if number, name and birth date were all right.

package import Rules
package import Values

/// The answer to one question.
package struct Answer: Sendable {
  package var question: CardQuestion
  var verdict: CardVerdict
  /// The person whom the number leads to; their cards are in the checker's batch.
  var person: PersonRow?

  init(_ question: CardQuestion, _ verdict: CardVerdict, _ person: PersonRow?) {
    self.question = question
    self.verdict = verdict
    self.person = person
  }

  /// The person whom the question names; nil if it names none.
  package var personalID: PersonalID? { person?.personalID ?? question.number.personalID }
  /// Which number was asked, if it leads to `person`.
  func kind(of person: PersonRow) -> NumberKind {
    if let earlier = question.earlier { return earlier.kind }
    if question.number.isCard { return .card }
    return question.number.personalID == person.personalID ? .personalID : .insurance
  }
  package var code: ResultCode { verdict.code }
  package var remarks: Remarks { verdict.remarks }
}

extension EarlierNumber {
  /// `mã số BHXH cũ (đến 24/11/2026)`.
  var words: Bilingual {
    let isOfCard = kind == .insurance || kind == .card
    let to = knownTo.isNone ? nil : FigureText.date(knownTo.text)
    return Bilingual(
      kind.text.vietnamese + (isOfCard ? " cũ" : "") + (to.map { " (đến \($0.vietnamese))" } ?? ""),
      (isOfCard ? "former " : "") + kind.text.english + (to.map { " (until \($0.english))" } ?? ""))
  }
}
