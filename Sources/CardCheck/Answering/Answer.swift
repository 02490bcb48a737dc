// One answer, as values.
// Invariant: it shows a card only where number, name and birth date were rightly given.

import Record

/// The answer to one question.
package struct Answer: Sendable {
  package var question: CardQuestion
  var verdict: Verdict
  /// The person that the number leads to; the cards are those of the batch that the checker found.
  var person: PersonRow?

  init(_ question: CardQuestion, _ verdict: Verdict, _ person: PersonRow?) {
    self.question = question
    self.verdict = verdict
    self.person = person
  }

  package var code: ResultCode { verdict.code }
  package var remarks: Remarks { verdict.remarks }
}
