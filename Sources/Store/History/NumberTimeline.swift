// The numbers that a person has or had, and the persons who have or had a number.
// Invariant: gives the rows of the view `number_history`, without reading the whole history for one person: numbers of cards
// follow from the person's states, the others are in the store.
// Load: by a 9-digit number or an earlier personal ID number one search; by another number one pass over the cards of the
// store and of the history; the numbers of one person take a pass over the store's numbers.

internal import GRDB
package import Values

extension PastStore {
  /// The numbers that a person has or had besides the present personal ID number, the oldest first.
  package func numbers(of id: PersonalID) throws(Stop) -> [KnownNumber] {
    (try earlierNumbers(where: "personal_id = ?", [id.text]) + states(of: id).numbers(of: id)).sorted {
      ($0.knownFrom, $0.kind.rawValue, $0.number) < ($1.knownFrom, $1.kind.rawValue, $1.number)
    }
  }

  /// The persons who have or had one of these numbers, each with the number that is theirs; a personal ID number that a
  /// person still has is not among them.
  ///
  /// - Parameters:
  ///   - numbers: 9-digit numbers, earlier personal ID numbers, insurance numbers, card numbers, or the digits at a
  ///     card number's end.
  ///   - persons: gives the persons one of whose cards has or had one of these; nil to pass over all cards.
  package func holders(
    of numbers: [String], among persons: (([String]) -> [PersonalID])? = nil
  ) throws(Stop) -> [KnownNumber] {
    var found = try holders(ofEarlier: numbers)
    let onCards = numbers.filter { number in number.count != 9 && !found.contains { $0.number == number } }
    guard !onCards.isEmpty else { return found }
    let wanted = Set(onCards)
    let holders = if let persons { persons(onCards) } else { try self.persons(holding: onCards) }
    for id in holders {
      let numbers = try states(of: id).numbers(of: id)
      found += numbers.filter { known in
        guard known.kind == .card, !wanted.contains(known.number) else {
          return wanted.contains(known.number)
        }
        let digits = known.number.dropFirst(5)
        return wanted.contains(String(digits)) && !numbers.contains { $0.number == digits }
      }
    }
    return found
  }

  /// The persons who had one of these 9-digit numbers or personal ID numbers before their present one.
  package func holders(ofEarlier numbers: [String]) throws(Stop) -> [KnownNumber] {
    var found: [KnownNumber] = []
    for number in numbers {
      let kind: NumberKind? = number.count == 9 ? .legacyID : number.count == 12 ? .personalID : nil
      guard let kind else { continue }
      found += try earlierNumbers(where: "kind = ? AND number = ?", [kind.rawValue, number])
    }
    return found
  }

  private func earlierNumbers(
    where condition: String, _ arguments: StatementArguments
  ) throws(Stop) -> [KnownNumber] {
    try reading { db in
      // A store of an earlier program has no such view.
      guard try db.viewExists("earlier_number") else { return [] }
      return try Row.fetchAll(
        db, sql: "SELECT * FROM main.earlier_number WHERE \(condition)", arguments: arguments
      ).compactMap { row in
        NumberKind(rawValue: row[0]).map {
          KnownNumber(
            kind: $0, number: row[1], personalID: row[2], knownFrom: row[3], knownTo: row[4],
            successor: row[5], learnedFrom: row[6])
        }
      }
    }
  }
}

extension [PersonState] {
  /// The numbers of a person's cards.
  fileprivate func numbers(of id: PersonalID) -> [KnownNumber] {
    var numbers: [KnownNumber] = []
    var closedBy: [Int?] = []
    for state in self {
      for card in state.cards {
        for (kind, number) in [(NumberKind.insurance, card.insuranceNumber), (.card, card.cardNumber)] {
          guard let number else { continue }
          let at = numbers.firstIndex { $0.kind == kind && $0.number == number } ?? numbers.count
          if at == numbers.count {
            numbers.append(
              KnownNumber(
                kind: kind, number: number, personalID: id.text, knownFrom: state.opened.knownOn, knownTo: "",
                successor: nil, learnedFrom: card.sourceFile))
            closedBy.append(nil)
          }
          if closedBy[at] != state.closed?.run || numbers[at].learnedFrom < card.sourceFile {
            numbers[at].learnedFrom = card.sourceFile
          }
          (numbers[at].knownTo, closedBy[at]) = (state.closed?.knownOn ?? "", state.closed?.run)
        }
      }
    }
    for i in numbers.indices where closedBy[i] != nil {
      let next = first { $0.opened.run == closedBy[i] }?.attribute?.card
      numbers[i].successor = numbers[i].kind == .card ? next?.cardNumber : next?.insuranceNumber
    }
    return numbers
  }
}
