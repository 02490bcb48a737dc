// Answers questions from one source of cards.
// Invariant: every question gets exactly one answer, the same alone or among a million.
// Load: some hundred thousand questions at a time. Look-ups go in ascending order of numbers; answers keep
// the order of the questions.

import Rules
package import Values

/// Answers questions from one source of cards.
package struct CardChecker<Source: CardSource & ~Copyable>: ~Copyable {
  private var source: Source
  private var rules: CardRules
  private let day: CalendarDate
  private var people = PersonBatch()
  private var wanted = WantedNumbers()
  /// The next look-ups: 40 bits of a personal ID number, then 24 bits of the question's index.
  private var order: [UInt64] = []

  /// - Parameter day: the day asked about.
  package init(_ source: consuming Source, on day: CalendarDate) {
    self.source = source
    self.day = day
    rules = CardRules(on: day, ArmedForces(adding: self.source.standing.armedForces))
  }

  package var standing: DataStanding { source.standing }

  /// The most questions that one batch may hold.
  package static var mostQuestions: Int { 1 << 24 }

  /// Answers all questions of a batch, at most ``mostQuestions``.
  ///
  /// - Parameter answer: receives each answer, in the order of the questions, and the persons that the
  ///   answers refer to.
  package mutating func check(
    _ batch: inout QuestionBatch, _ answer: (Answer, borrowing PersonBatch) throws(Stop) -> Void
  ) throws(Stop) {
    precondition(batch.questions.count <= Self.mostQuestions)
    people.removeAll()
    if !source.standing.knowsEarlierNumbers {
      for i in batch.questions.indices where batch.questions[i].number.legacyID != nil {
        batch.questions[i].fault = .legacyNumber
      }
    }
    try findByPersonalID(&batch)
    try findByOtherNumbers(&batch)
    for question in batch.questions {
      guard question.person >= 0 else {
        try answer(Answer(question, rules.verdictWithoutPerson(question), nil), people)
        continue
      }
      let verdict = Self.verdict(on: question, batch.names, people, &rules)
      try answer(Answer(question, verdict, people.persons[Int(question.person)]), people)
    }
  }

  // A static function, because a method of `self` can't take a property of `self` as `inout`.
  private static func verdict(
    on question: CardQuestion, _ names: [UInt8], _ people: borrowing PersonBatch, _ rules: inout CardRules
  ) -> CardVerdict {
    let person = people.persons[Int(question.person)]
    let nameStart = Int(question.nameStart)
    return rules.verdict(
      on: question, name: names.span.extracting(nameStart..<nameStart + Int(question.nameCount)), person,
      name: people.bytes.span.extracting(person.nameRange), cards: people.cards.span.extracting(person.cards))
  }

  // MARK: Finding

  /// Looks up the questions that hold a personal ID number, by itself or in a card number.
  private mutating func findByPersonalID(_ batch: inout QuestionBatch) throws(Stop) {
    order.removeAll(keepingCapacity: true)
    for i in batch.questions.indices where batch.questions[i].fault == nil {
      if let id = batch.questions[i].number.personalID { order.append(id.packed << 24 | UInt64(i)) }
    }
    try lookUp(&batch)
  }

  /// Looks up the questions whose number is not a personal ID number, or is not that of the card's holder.
  private mutating func findByOtherNumbers(_ batch: inout QuestionBatch) throws(Stop) {
    wanted.removeAll()
    for question in batch.questions where isOpen(question) {
      wanted.want(question.number)
      if question.number.isCard, question.number.personalID == nil {
        wanted.want(AskedNumber(question.number.tail))
      }
    }
    guard !wanted.isEmpty else { return }
    try source.resolve(&wanted)
    order.removeAll(keepingCapacity: true)
    for i in batch.questions.indices where isOpen(batch.questions[i]) {
      let number = batch.questions[i].number
      // A card's whole number takes precedence over the digits in it.
      var holder = wanted.holder(of: number)
      batch.questions[i].earlier = wanted.earlier(number)
      if holder == .noPerson, number.isCard {
        holder = wanted.holder(of: AskedNumber(number.tail))
        batch.questions[i].earlier = wanted.earlier(AskedNumber(number.tail))
      }
      switch holder {
      case .noPerson: break
      case .several: batch.questions[i].found.insert(.shared)
      case .person(let id): order.append(id.packed << 24 | UInt64(i))
      }
    }
    try lookUp(&batch)
  }

  /// Whether a question's number must still be looked for among the cards' other numbers.
  private func isOpen(_ question: CardQuestion) -> Bool {
    guard question.fault == nil else { return false }
    // 12 digits that lead to no card may be another person's insurance number, or one that the person had before.
    guard question.number.personalID != nil, question.person >= 0 else { return true }
    guard question.number.isCard else { return false }
    // If the digits of a 17-character card number lead to a person without that card, it may be another
    // person's card.
    let person = people.persons[Int(question.person)]
    return !people.cards[person.cards].contains { $0.cardNumber.head == question.number.card.head }
  }

  /// Appends the persons of ``order`` and links the questions to them.
  private mutating func lookUp(_ batch: inout QuestionBatch) throws(Stop) {
    guard !order.isEmpty else { return }
    order.sort()
    var done = 0
    while done < order.count {
      // A long read transaction would delay a load.
      let end = min(order.count, done + 4096)
      try source.beginReading()
      do throws(Stop) {
        try lookUp(done..<end, &batch)
      } catch {
        // The source can be asked again.
        try? source.endReading()
        throw error
      }
      try source.endReading()
      done = end
    }
  }

  /// The same within one reading.
  private mutating func lookUp(_ range: Range<Int>, _ batch: inout QuestionBatch) throws(Stop) {
    var last: (id: PersonalID, person: Int32, found: Remarks)?
    for i in range {
      let (id, question) = (PersonalID(packed: order[i] >> 24), Int(order[i] & 0xFF_FFFF))
      if last?.id != id {
        if try source.append(id, to: &people) {
          last = (id, Int32(truncatingIfNeeded: people.persons.count - 1), [])
        } else {
          last = (id, -1, try source.isHeld(id) ? .held : [])
        }
      }
      guard let last else { continue }
      if last.person >= 0 {
        batch.questions[question].person = last.person
        batch.questions[question].found = []
      } else {
        batch.questions[question].found.formUnion(last.found)
      }
    }
  }
}
