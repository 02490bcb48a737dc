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
  package var code: ResultCode { verdict.code }
  package var remarks: Remarks { verdict.remarks }
}
