// An answer as a clerk reads it across the counter: the verdict between two lines, what to do, then the card.
// Load: one answer at a time, or as fast as a scanner types.

import Rules
import Values

extension AnswerWriter {
  /// - Parameters:
  ///   - person: the person whose card is shown; nil if none is.
  ///   - next: the card after it.
  mutating func appendForClerk(
    _ answer: Answer, _ people: borrowing PersonBatch, _ person: PersonRow?, _ card: CardRow, _ next: CardRow
  ) {
    let (verdict, advice) = (answer.code.verdict, answer.code.advice)
    append(Self.bar)
    append("  ")
    append(code: answer.code)
    append("  ")
    append(verdict.vietnamese)
    append("\n       ")
    append(verdict.english)
    append("\n")
    append(Self.bar)
    append("Cần làm: ")
    append(advice.vietnamese)
    append("\nTo do: ")
    append(advice.english)
    append("\n")
    if let person {
      label("Họ tên · Name: ")
      for i in person.nameRange where people.bytes[i] >= 0x20 { append(byte: people.bytes[i]) }
      label("Ngày sinh · Birth date: ")
      append(date: person.birthDate)
      switch person.sex {
      case .male: append(" · Nam")
      case .female: append(" · Nữ")
      case .unknown: break
      }
      append("\n")
      show(card, "Thẻ · Card: ")
      show(next, "Thẻ mới · New card: ")
    }
    if person != nil, let words = answer.question.earlier?.words {
      append("Số đã tra: ")
      append(words.vietnamese)
      append("\nNumber asked: ")
      append(words.english)
      append("\n")
    }
    append("\nGhi chú: ")
    appendNote(answer, card, next)
    append("\n\n")
  }

  private static let bar: StaticString = "============================================================\n"

  private mutating func label(_ text: StaticString) {
    append("\n")
    append(text)
  }

  /// The number, the days and the facility of a card; nothing of one that isn't there.
  private mutating func show(_ card: CardRow, _ title: StaticString) {
    guard !card.validFrom.isNone || !card.cardNumber.isNone else { return }
    append(title)
    append(card.cardNumber.isNone ? card.insuranceNumber.text : card.cardNumber.text)
    append(" · ")
    if !card.validFrom.isNone { append(date: card.validFrom) }
    append(" – ")
    if card.validTo.isNone { append("…") } else { append(date: card.validTo) }
    if !card.facility.isNone {
      append(" · ")
      for byte in card.facility.text.utf8 { append(byte: byte) }
      append(nameOf: card.facility)
    }
    append("\n")
  }
}
