// One card check, independent of the form of the question.
// Invariant: if a question has a fault, no other field is read. A question holds no text: the batch holds the
// clean names of all its questions.
// Load: some hundred thousand in memory at once, 64 bytes each.

package import Values

/// What is wrong with a question.
package enum QuestionFault: UInt8, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  case emptyLine, lineTooLong, fieldCount, quote, qrCode, json
  case numberMissing, numberForm, legacyNumber, benefitLevel, cardCode
  case nameMissing, nameForm, nameUndecoded
  case birthDateMissing, birthDateForm, birthDateImpossible

  /// The gateway distinguishes a card number with a wrong part from a text that is no number.
  package var code: ResultCode {
    switch self {
    case .benefitLevel: .levelWrong
    case .cardCode: .cardCodeWrong
    default: .wrongFormat
    }
  }

  /// What the clerk must correct; appended to the code's own sentence.
  package var sentence: StaticString {
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
    case .nameUndecoded:
      "họ tên được gửi sai bảng mã nên không đọc được: đặt máy quét về UTF-8 rồi quét lại, hoặc gõ số, họ tên, ngày sinh."
    case .birthDateMissing: "thiếu ngày sinh."
    case .birthDateForm: "ngày sinh phải là ngày/tháng/năm, tháng/năm hoặc năm."
    case .birthDateImpossible: "ngày sinh không có thật."
    }
  }
}

/// The number in a question.
package struct AskedNumber: Hashable, Sendable, BitwiseCopyable {
  /// A card number; without its first five characters if only digits were given.
  package let card: CardNumber

  package init(_ card: CardNumber) { self.card = card }
  package init(_ number: InsuranceNumber) { card = CardNumber(head: 0, tail: number) }
  package init(_ number: LegacyID) {
    card = CardNumber(head: Self.legacyHead, tail: InsuranceNumber(packed: UInt64(number.packed) | 1 << 42))
  }
  package static let none = AskedNumber(CardNumber.none)
  /// No card number has it; keeps 9 digits apart from the same number as an insurance number.
  private static let legacyHead: UInt64 = 9

  package var isCard: Bool { card.head > Self.legacyHead }
  /// The 9-digit number; nil for other numbers.
  package var legacyID: LegacyID? {
    card.head == Self.legacyHead ? LegacyID(packed: UInt32(truncatingIfNeeded: tail.digits)) : nil
  }
  /// The digits, without a card number's first five characters.
  package var digits: String { legacyID?.text ?? tail.text }
  /// The digits that identify the person: 12 digits are the personal ID number.
  package var tail: InsuranceNumber { card.tail }
  package var personalID: PersonalID? {
    tail.digitCount == 12 && !tail.isNone ? PersonalID(packed: tail.digits) : nil
  }
}

/// A number that leads to a person who has another one now.
package struct EarlierNumber: Hashable, Sendable, BitwiseCopyable {
  package var kind: NumberKind
  /// The first day on which it was no longer known; `none` if it still is.
  package var knownTo: CalendarDate

  package init(_ kind: NumberKind, knownTo: CalendarDate) { (self.kind, self.knownTo) = (kind, knownTo) }

  /// Whether it names the person, and so all of the person's cards.
  var namesPerson: Bool { kind == .legacyID || kind == .personalID }
}

/// How much of a name came through.
package enum NameReading: UInt8, Sendable, Hashable, BitwiseCopyable {
  case whole
  /// It comes from a scanner that may have destroyed letters.
  case damaged
  /// Its UTF-8 was read in another encoding, and was got back.
  case repaired
  /// Its UTF-8 was read in another encoding: letters beyond ASCII are lost.
  case undecoded
}

/// One card check.
package struct CardQuestion: Sendable, Hashable, BitwiseCopyable {
  /// Its line in the input, from 1.
  package var line = 1
  package var fault: QuestionFault?
  package var number = AskedNumber.none
  package var birthDate = CalendarDate.none
  package var sex = Sex.unknown
  package var nameReading = NameReading.whole
  /// The facility printed on the card; `none` if unknown.
  package var facility = ShortCode.none
  /// The start of the clean name in the batch.
  package var nameStart: UInt32 = 0
  package var nameCount: UInt32 = 0
  /// The index, in the batch of persons, of the person whom the number leads to; negative for none.
  package var person: Int32 = -1
  /// Which number it is, if it leads to the person only because the person had it before.
  package var earlier: EarlierNumber?
  /// Remarks from the look-up.
  package var found = Remarks()

  package init() {}
}
