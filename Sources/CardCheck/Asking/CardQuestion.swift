// One card check as it is asked, whatever it was read from.
// Invariant: a question that can't be read carries its fault and nothing else is asked of it; a name is in its clean
// form. Questions hold no text of their own: names stand back to back in the batch.
// Load: some hundred thousand in memory at once, 64 bytes each.

package import Values

/// What is wrong with a question.
package enum QuestionFault: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  case emptyLine, lineTooLong, fieldCount, quote, qrCode, json
  case numberMissing, numberForm, legacyNumber, benefitLevel, cardCode
  case nameMissing, nameForm
  case birthDateMissing, birthDateForm, birthDateImpossible

  /// The gateway tells a card number that is wrong in itself from one that is no number at all.
  package var code: ResultCode {
    switch self {
    case .benefitLevel: .levelWrong
    case .cardCode: .cardCodeWrong
    default: .wrongFormat
    }
  }

  /// What is to be corrected, for the clerk; follows the code's own sentence.
  var sentence: StaticString {
    switch self {
    case .emptyLine: "dòng trống."
    case .lineTooLong: "dòng quá dài."
    case .fieldCount: "cần số, họ tên và ngày sinh."
    case .quote: "dấu ngoặc kép không đóng."
    case .qrCode: "không phải mã QR của thẻ căn cước hay thẻ BHYT."
    case .json: "JSON không đúng, hoặc không phải một đối tượng phẳng."
    case .numberMissing: "thiếu số."
    case .numberForm: "số phải là mã thẻ 15 hoặc 17 ký tự, mã số BHXH 10 số hoặc số định danh 12 số."
    case .legacyNumber: "không tra được bằng số CMND 9 số; hãy dùng số định danh 12 số."
    case .benefitLevel: "Mức hưởng chỉ từ 1 đến 5."
    case .cardCode: "Mã thẻ gồm hai chữ cái, mức hưởng, mã tỉnh và 10 hoặc 12 số."
    case .nameMissing: "thiếu họ tên."
    case .nameForm: "họ tên có ký tự không phải chữ."
    case .birthDateMissing: "thiếu ngày sinh."
    case .birthDateForm: "ngày sinh phải là ngày/tháng/năm, tháng/năm hoặc năm."
    case .birthDateImpossible: "ngày sinh không có thật."
    }
  }
}

/// The number that is asked for.
package struct AskedNumber: Hashable, Sendable, BitwiseCopyable {
  /// A card number; where only digits were given, one without its first five characters.
  package let card: CardNumber

  package init(_ card: CardNumber) { self.card = card }
  package init(_ number: InsuranceNumber) { card = CardNumber(head: 0, tail: number) }
  package static let none = AskedNumber(CardNumber.none)

  package var isCard: Bool { card.head != 0 }
  /// The number of the person in it: 12 digits are the personal ID number.
  package var tail: InsuranceNumber { card.tail }
  package var personalID: PersonalID? {
    tail.digitCount == 12 && !tail.isNone ? PersonalID(packed: tail.digits) : nil
  }
}

/// One card check.
package struct CardQuestion: Sendable, Hashable, BitwiseCopyable {
  /// Where it stands in the input, from 1.
  package var line = 1
  package var fault: QuestionFault?
  package var number = AskedNumber.none
  package var birthDate = CalendarDate.none
  package var sex = Sex.unknown
  /// The name was read by a scanner that may have destroyed letters.
  package var isNameDamaged = false
  /// As printed on the card; none where it isn't known.
  package var facility = ShortCode.none
  /// Where the clean name stands in the batch.
  package var nameStart: UInt32 = 0
  package var nameCount: UInt32 = 0
  /// The person that the number leads to, by the place in the batch of persons; below zero for none.
  var person: Int32 = -1
  /// What the look-up has to say.
  var found = Remarks()

  package init() {}
}

/// Questions in the order of the input; the buffers are reused.
package struct QuestionBatch: Sendable {
  package var questions: [CardQuestion] = []
  /// The clean names, back to back, as UTF-8.
  package var names: [UInt8] = []

  package init() {}

  package mutating func removeAll() {
    questions.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }

  /// The clean name of a question as text, for people and tests.
  package func name(of question: CardQuestion) -> String {
    let start = Int(question.nameStart)
    return names.span.bytes.text(start..<start + Int(question.nameCount))
  }
}
