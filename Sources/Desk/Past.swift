// What was known at an earlier time: of one person, by a date or a run, and each change of it.
// Invariant: answers come from the store in force and its history; a time before the history's beginning is refused.
// Load: one search in each file of the history; by another number than the personal ID number, a pass over all of them.

import CardCheck
import Rules
package import Store
package import Values
import Workspace

/// A time in the past, by what was in force then.
package enum KnownTime: Sendable {
  /// The last run in force on a business date.
  case on(CalendarDate)
  /// The store that was in force after a run.
  case at(run: Int)
}

extension HistoryPoint {
  /// Which store it is.
  package var words: Bilingual {
    let date = FigureText.date(knownOn)
    guard run != storeRun else {
      return Bilingual("lượt chạy \(run), từ ngày \(date.vietnamese)", "run \(run), from \(date.english)")
    }
    return Bilingual(
      "lượt chạy \(run) đưa kho của lượt \(storeRun) trở lại, từ ngày \(date.vietnamese)",
      "run \(run), which brought back the store of run \(storeRun), from \(date.english)")
  }
}

extension Desk {
  /// The store that was in force at a time.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if the history begins later, or that run's store never came in force.
  package func point(_ time: KnownTime) throws(Stop) -> HistoryPoint {
    let history = try history()
    let first = history.points[0]
    func refused(_ place: String, _ expected: String, _ found: String) -> Stop {
      Stop(
        .usage, at: place, expected: expected, found: found,
        remedy: "The history says what was known since \(first.knownOn), run \(first.run).",
        next: "cardlink runs PIPELINE")
    }
    switch time {
    case .on(let date):
      guard let point = history.point(on: date.text) else {
        throw refused("--known-on", "a date from \(first.knownOn) on", date.text)
      }
      return point
    case .at(let number):
      let run = try run(number)
      guard let point = history.point(after: number) else {
        throw refused("--known-at", "run \(first.run) or a later one", "run \(number)")
      }
      // A run that used the store of an earlier one changed nothing.
      guard point.run == number || point.storeRun == run.finished(.load)?.run, run.state == .done else {
        throw refused("--known-at", "a run whose store came in force", "one whose store never did")
      }
      return point
    }
  }

  /// The history of the store in force.
  ///
  /// - Throws: ``Stop`` with ``Exit/storeUnavailable`` if there is no store.
  func history() throws(Stop) -> History {
    guard let history = try KeptStores(pipeline, in: pipeline.workspace).history() else {
      // Says why.
      _ = try askedInForce()
      throw try noRun()
    }
    return history
  }

  /// The card that served a person as it was known at a time, on the business date of that time or on another day.
  package func card(
    of id: PersonalID, on day: CalendarDate? = nil, known time: KnownTime
  ) throws(Stop) -> (card: CardAttribute?, from: HistoryPoint) {
    let point = try point(time)
    try audit(.lookedUp, person: id, run: point.run, detail: ["known_on": point.knownOn])
    guard let state = try past().states(of: id).state(at: point), var found = state.attribute else {
      return (nil, point)
    }
    // A person in grace has one card, whatever the day.
    if let day, found.graceUntil == nil, let serving = state.cards.serving(on: day) { found.card = serving }
    return (found, point)
  }

  /// Each state of a person, ascending; empty if there never was a card.
  package func states(of id: PersonalID) throws(Stop) -> (states: [PersonState], from: HistoryPoint) {
    _ = try history()
    try audit(.historyRead, person: id)
    let past = try past()
    return (try past.states(of: id), past.history.points[0])
  }

  /// The persons who have or had a number, in the store in force or any earlier one, each with the number that it is.
  package func holders(of number: TypedNumber) throws(Stop) -> [KnownNumber] {
    _ = try history()
    try audit(.lookedUp, detail: ["by": number.kind])
    return try past().holders(of: [number.text])
  }

  /// The numbers that a person has or had.
  package func numbers(of id: PersonalID) throws(Stop) -> [KnownNumber] {
    _ = try history()
    try audit(.historyRead, person: id)
    return try past().numbers(of: id)
  }
}

/// A number that may name a person.
package struct TypedNumber: Sendable {
  package let text: String
  /// `legacy_id`, `personal_id`, `insurance_number` or `card_number`, by its length.
  package let kind: String

  /// Nil for anything else.
  package init?(_ typed: String) {
    if let number = try? InsuranceNumber(typed.utf8.span) {
      (text, kind) = (number.text, number.digitCount == 12 ? "personal_id" : "insurance_number")
    } else if let number = try? CardNumber(typed.uppercased().utf8.span) {
      (text, kind) = (number.text, "card_number")
    } else if let number = try? LegacyID(typed.utf8.span) {
      (text, kind) = (number.text, "legacy_id")
    } else {
      return nil
    }
  }
}

// MARK: Card checks

/// The cards of a store that was in force earlier.
struct PastCards: CardSource {
  let past: PastStore
  let point: HistoryPoint
  /// Groups besides ``ArmedForces/known``.
  let armedForces: [String]

  var standing: DataStanding {
    var standing = DataStanding()
    standing.asOf = CalendarDate(iso: point.knownOn) ?? .none
    standing.armedForces = armedForces
    standing.knowsEarlierNumbers = true
    return standing
  }

  mutating func append(_ id: PersonalID, to batch: inout PersonBatch) throws(Stop) -> Bool {
    guard let state = try past.states(of: id).state(at: point), let person = state.attribute else {
      return false
    }
    let (start, first) = (batch.bytes.count, batch.cards.count)
    batch.bytes.append(contentsOf: person.fullName.utf8)
    if let until = person.graceUntil {
      var card = person.card.row
      card.graceUntil = CalendarDate(iso: until) ?? .none
      batch.cards.append(card)
    } else {
      for card in state.cards { batch.cards.append(card.row) }
    }
    batch.persons.append(
      PersonRow(
        personalID: id, birthDate: person.birthDate.flatMap { CalendarDate(iso: $0) } ?? .none,
        sex: Sex.allCases.first { $0.name == person.sex } ?? .unknown, nameRange: start..<batch.bytes.count,
        cards: first..<batch.cards.count))
    return true
  }

  mutating func resolve(_ wanted: inout WantedNumbers) throws(Stop) {
    var earlier = wanted
    for known in try past.holders(ofWanted: wanted.all) {
      guard let id = try? PersonalID(known.personalID.utf8.span) else { continue }
      for card in try past.states(of: id).state(at: point)?.cards ?? [] {
        wanted.note(id, card.row.insuranceNumber, card.row.cardNumber)
      }
      if known.knownFrom <= point.knownOn { earlier.note(id, known) }
    }
    wanted.takeUnknown(from: earlier)
  }

  /// Records that were held back then are not in the history.
  mutating func isHeld(_ id: PersonalID) throws(Stop) -> Bool { false }
  mutating func beginReading() throws(Stop) {}
  mutating func endReading() throws(Stop) {}
}

/// The cards of the store in force, whose persons are found by earlier numbers too.
struct RememberedCards: CardSource, ~Copyable {
  var cards: StoredCards
  /// Opens the history; nil if there is none.
  let past: () throws(Stop) -> PastStore?
  /// The numbers on cards of the history alone; nil to pass over the history for them.
  let formerNumbers: NumberIndex?
  /// The former cards of the persons who were found by them, ended when they were last known.
  private var former: [PersonalID: [CardRow]] = [:]

  init(
    _ cards: consuming StoredCards, formerNumbers: NumberIndex? = nil,
    past: @escaping () throws(Stop) -> PastStore?
  ) {
    self.cards = cards
    self.past = past
    self.formerNumbers = formerNumbers
  }

  var standing: DataStanding {
    var standing = cards.standing
    standing.knowsEarlierNumbers = true
    return standing
  }

  mutating func append(_ id: PersonalID, to batch: inout PersonBatch) throws(Stop) -> Bool {
    guard try cards.append(id, to: &batch), let person = batch.persons.indices.last else { return false }
    for card in former[id] ?? []
    where !batch.cards[batch.persons[person].cards].contains(where: { $0.cardNumber == card.cardNumber }) {
      batch.cards.append(card)
      batch.persons[person].cards = batch.persons[person].cards.lowerBound..<batch.cards.count
    }
    return true
  }

  mutating func resolve(_ wanted: inout WantedNumbers) throws(Stop) {
    try cards.resolve(&wanted)
    let unknown = wanted.all.filter { wanted.holder(of: $0) == .noPerson }
    guard !unknown.isEmpty, let past = try past() else { return }
    var earlier = wanted
    for known in try past.holders(ofWanted: unknown, by: formerNumbers) {
      guard let id = try? PersonalID(known.personalID.utf8.span) else { continue }
      earlier.note(id, known)
      guard former[id] == nil else { continue }
      former[id] = []
      for state in try past.states(of: id) {
        guard let end = state.closed.flatMap({ CalendarDate(iso: $0.knownOn) })?.adding(days: -1) else {
          continue
        }
        for var card in state.cards.map(\.row) {
          if card.validTo.isNone || card.validTo.lastDay > end.lastDay { card.validTo = end }
          former[id]?.removeAll { $0.cardNumber == card.cardNumber }
          if !card.cardNumber.isNone { former[id]?.append(card) }
        }
      }
    }
    // A number of today's cards names who has it today.
    wanted.takeUnknown(from: earlier)
  }

  mutating func isHeld(_ id: PersonalID) throws(Stop) -> Bool { try cards.isHeld(id) }
  mutating func beginReading() throws(Stop) { try cards.beginReading() }
  mutating func endReading() throws(Stop) { try cards.endReading() }
}

extension PastStore {
  /// The persons of numbers in questions.
  ///
  /// A 12-digit number alone is taken for an earlier personal ID number: for one on a former card, the whole history would
  /// have to be read whenever a clerk asks for a person without a card.
  ///
  /// - Parameter index: the numbers on cards of the history; nil to pass over it.
  fileprivate func holders(
    ofWanted wanted: [AskedNumber], by index: NumberIndex? = nil
  ) throws(Stop) -> [KnownNumber] {
    let alone = wanted.filter { !$0.isCard && $0.personalID != nil }
    let others = wanted.filter { $0.isCard || $0.personalID == nil }
    let persons = index.map { index in
      { (numbers: [String]) in
        Set(
          numbers.compactMap { try? InsuranceNumber($0.utf8.span) }.flatMap {
            index.persons(of: AskedNumber($0))
          }
        )
        .sorted()
      }
    }
    return try holders(ofEarlier: alone.map(\.digits)) + holders(of: others.map(\.digits), among: persons)
  }
}

extension WantedNumbers {
  /// Records the person of a number that the person had before.
  fileprivate mutating func note(_ id: PersonalID, _ known: KnownNumber) {
    let which = EarlierNumber(known.kind, knownTo: CalendarDate(iso: known.knownTo) ?? .none)
    switch known.kind {
    case .legacyID:
      if let number = try? LegacyID(known.number.utf8.span) { note(id, AskedNumber(number), as: which) }
    case .personalID, .insurance:
      if let number = try? InsuranceNumber(known.number.utf8.span) {
        note(id, AskedNumber(number), as: which)
      }
    case .card:
      guard let number = try? CardNumber(known.number.utf8.span) else { return }
      note(id, AskedNumber(number), as: which)
      note(id, AskedNumber(number.tail), as: which)
    }
  }
}
