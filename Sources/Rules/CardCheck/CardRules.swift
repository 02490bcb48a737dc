// Answers one question about the person whom its number leads to.
// Invariant: the rules check the number, then the name, the birth date and the card's validity; the first one
// that fails gives the answer. A value that the data lack never fails.
// Load: more than a hundred thousand questions a second.

package import Values

/// The answer to a question: a code, remarks, and the person's card that they refer to.
package struct CardVerdict: Sendable, Hashable {
  package var code: ResultCode
  package var remarks = Remarks()
  /// The index of the card shown among the person's cards; nil if none is shown.
  package var card: Int?
  /// The card before it.
  package var former: Int?
  /// The card after it.
  package var next: Int?
  /// What can't be read, where that shows only beside the person's data.
  package var fault: QuestionFault?

  package init(_ code: ResultCode, _ remarks: Remarks = []) {
    self.code = code
    self.remarks = remarks
  }
}

/// Judges questions on one day.
package struct CardRules: Sendable {
  let day: CalendarDate
  private let armedForces: ArmedForces
  private var names = NameLadder()

  package init(on day: CalendarDate, _ armedForces: ArmedForces = ArmedForces()) {
    self.day = day
    self.armedForces = armedForces
  }

  /// Judges a question whose number leads to no person.
  package func verdictWithoutPerson(_ question: CardQuestion) -> CardVerdict {
    if let fault = question.fault { return CardVerdict(fault.code) }
    var verdict = CardVerdict(.noData, question.found)
    if question.number.isCard, armedForces.contains(question.number.card.group) {
      verdict.remarks.insert(.armedForces)
    }
    return verdict
  }

  /// Judges a question about a person.
  ///
  /// - Parameters:
  ///   - asked: the clean name in the question.
  ///   - name: the person's clean name.
  ///   - cards: the person's cards, at least one, in the order of the export.
  package mutating func verdict(
    on question: CardQuestion, name asked: Span<UInt8>, _ person: PersonRow, name: Span<UInt8>,
    cards: Span<CardRow>
  ) -> CardVerdict {
    var remarks = question.found
    let presented: Presented
    switch present(question, person, cards) {
    case .cards(let found): presented = found
    case .wrong(let code):
      var verdict = CardVerdict(code)
      if isLevelMoved(question.number.card.group), code == .levelWrong {
        verdict.remarks.insert(.levelChanged)
      }
      return verdict
    }
    if presented.isWithoutNumber { remarks.insert(.noCardNumber) }

    let reading = question.nameReading
    if reading == .repaired { remarks.insert(.nameRepaired) }
    switch names.rung(of: asked, reading, to: name) {
    case .exact: break
    case .bare: remarks.insert(.nameSpelling)
    case .damaged: remarks.insert(.nameDamaged)
    case .firstLetter where reading == .undecoded, .differs where reading == .undecoded:
      var verdict = CardVerdict(.wrongFormat)
      verdict.fault = .nameUndecoded
      return verdict
    case .firstLetter: return CardVerdict(.nameWrongButFirstLetter)
    case .differs: return CardVerdict(.nameWrong)
    }
    if question.birthDate != person.birthDate {
      guard question.birthDate.agrees(with: person.birthDate) || person.birthDate.isNone else {
        return CardVerdict(.birthDateWrong)
      }
      remarks.insert(.birthDatePrecision)
    }
    if question.sex != .unknown, person.sex != .unknown, question.sex != person.sex {
      remarks.insert(.sexDiffers)
    }

    var verdict = validity(of: presented.serving(cards, on: day), cards)
    verdict.remarks.formUnion(remarks)
    if let card = verdict.card {
      let shown = cards[card]
      if !question.facility.isNone, !shown.facility.isNone, question.facility != shown.facility {
        verdict.remarks.insert(.facilityDiffers)
      }
      if shown.rule == .decision { verdict.remarks.insert(.decided) }
      if armedForces.contains(shown.cardNumber.group) { verdict.remarks.insert(.armedForces) }
      if !shown.graceUntil.isNone {
        verdict.remarks.insert(day.firstDay <= shown.graceUntil.lastDay ? .keptInGrace : .graceOver)
      }
    }
    return verdict
  }

  // MARK: Number

  /// The cards that a number may refer to.
  private struct Presented {
    /// A bit for each of the first 64 cards.
    var cards: UInt64 = 0
    /// The number is a card number, and these cards have none.
    var isWithoutNumber = false

    func serving(_ all: Span<CardRow>, on day: CalendarDate) -> Int {
      var best = -1
      for i in 0..<min(64, all.count) where cards >> UInt64(i) & 1 == 1 {
        if best < 0 || all[i].serves(before: all[best], on: day) { best = i }
      }
      return max(0, best)
    }
  }

  private enum Presentation {
    case cards(Presented)
    case wrong(ResultCode)
  }

  /// Finds the person's cards that the number in the question may refer to.
  private func present(_ question: CardQuestion, _ person: PersonRow, _ cards: Span<CardRow>) -> Presentation
  {
    let number = question.number
    let namesPerson = number.personalID == person.personalID || question.earlier?.namesPerson == true
    var presented = Presented()
    let count = min(64, cards.count)
    guard number.isCard else {
      // A number of the person refers to all cards, an insurance number to those that have it.
      for i in 0..<count where namesPerson || carries(cards[i], number.tail) {
        presented.cards |= 1 << UInt64(i)
      }
      return presented.cards == 0 ? .wrong(.noData) : .cards(presented)
    }
    var unnumbered = Presented(isWithoutNumber: true)
    for i in 0..<count {
      let card = cards[i]
      let isTheirs = number.personalID == person.personalID || carries(card, number.tail)
      if card.cardNumber == number.card || (isTheirs && card.cardNumber.head == number.card.head) {
        presented.cards |= 1 << UInt64(i)
      } else if isTheirs, card.cardNumber.isNone {
        unnumbered.cards |= 1 << UInt64(i)
      }
    }
    if presented.cards != 0 { return .cards(presented) }
    if unnumbered.cards != 0 { return .cards(unnumbered) }
    // Prefer the serving card, then one of the others.
    let serving = servingCard(among: cards, on: day)
    if let code = difference(number.card, cards[serving].cardNumber) { return .wrong(code) }
    var code = ResultCode.cardCodeWrong
    for i in 0..<count {
      switch difference(number.card, cards[i].cardNumber) {
      case .levelWrong: return .wrong(.levelWrong)
      case .provinceWrong: code = .provinceWrong
      default: break
      }
    }
    return .wrong(code)
  }

  /// Whether a card has these digits, in its insurance number or in its card number.
  private func carries(_ card: CardRow, _ digits: InsuranceNumber) -> Bool {
    !digits.isNone && (card.insuranceNumber == digits || card.cardNumber.tail == digits)
  }

  /// The code for card numbers that differ only in the level or only in the province; nil if they differ in
  /// more.
  private func difference(_ asked: CardNumber, _ card: CardNumber) -> ResultCode? {
    guard !card.isNone, asked.group == card.group else { return nil }
    switch (asked.level == card.level, asked.head & 0xffff == card.head & 0xffff) {
    case (false, true): return .levelWrong
    case (true, false): return .provinceWrong
    default: return nil
    }
  }

  // MARK: Validity

  /// Judges the validity of a card on the day, compared with the person's other cards.
  private func validity(of card: Int, _ cards: Span<CardRow>) -> CardVerdict {
    let shown = cards[card]
    if shown.isValid(on: day) {
      let next = newer(than: card, cards)
      var verdict = CardVerdict(next == nil ? .right : .renewed)
      verdict.card = card
      verdict.next = next
      verdict.former = former(to: card, cards)
      return verdict
    }
    let serving = servingCard(among: cards, on: day)
    let another = cards[serving].isValid(on: day) ? serving : nil
    let hasBegun = shown.validFrom.firstDay <= day.firstDay
    var verdict = CardVerdict(.expired)
    verdict.card = card
    if let another {
      // The card has ended and another serves, or it has not begun and an earlier one serves.
      verdict.code = hasBegun ? .replaced : .renewed
      (verdict.card, verdict.next) = hasBegun ? (card, another) : (another, card)
    } else if !hasBegun {
      verdict.remarks.insert(.notBegun)
    } else if let next = newer(than: card, cards) {
      verdict.remarks.insert(.nextLater)
      verdict.next = next
    }
    verdict.former = former(to: verdict.card ?? card, cards)
    return verdict
  }

  /// The card issued after this one and not ended on the day; of several, the one that would serve.
  private func newer(than card: Int, _ cards: Span<CardRow>) -> Int? {
    let old = cards[card]
    let oldEnd = old.validTo.isNone ? UInt32.max : old.validTo.lastDay
    var best: Int?
    for i in cards.indices where i != card && cards[i].validFrom.firstDay > old.validFrom.firstDay {
      let end = cards[i].validTo.isNone ? UInt32.max : cards[i].validTo.lastDay
      guard end >= oldEnd, end >= day.lastDay else { continue }
      if let other = best, !cards[i].serves(before: cards[other], on: day) { continue }
      best = i
    }
    return best
  }

  /// The last card that began before this one, if its number differs.
  private func former(to card: Int, _ cards: Span<CardRow>) -> Int? {
    let new = cards[card]
    var best: Int?
    for i in cards.indices where i != card && cards[i].validFrom.firstDay < new.validFrom.firstDay {
      guard !cards[i].cardNumber.isNone, cards[i].cardNumber != new.cardNumber else { continue }
      if let other = best {
        let (begin, otherBegin) = (cards[i].validFrom.firstDay, cards[other].validFrom.firstDay)
        guard begin > otherBegin || (begin == otherBegin && cards[i].serves(before: cards[other], on: day))
        else {
          continue
        }
      }
      best = i
    }
    return best
  }
}

/// Two letters as ``CardNumber/group`` holds them.
private func group(_ letters: StaticString) -> UInt16 {
  unsafe UInt16(letters.utf8Start[0]) << 8 | UInt16(letters.utf8Start[1])
}

/// Near-poor households and recipients of social pensions: their level changed on 1 January 2026.
private func isLevelMoved(_ letters: UInt16) -> Bool { letters == group("CN") || letters == group("LH") }
