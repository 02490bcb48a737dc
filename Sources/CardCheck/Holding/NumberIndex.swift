// Persons by the numbers of their cards, in memory: what a server looks up instead of passing over all cards.
// Invariant: it finds every person one of whose cards has the digits, and perhaps others; the cards themselves decide.
// Load: 100 million cards, 16 bytes for each number that is not its person's own ID number; a look-up is a binary search.

package import Rules
package import Values

/// The digits of insurance and card numbers, and whose they are.
package struct NumberIndex: Sendable {
  private struct Entry: BitwiseCopyable {
    var digits: UInt64
    var person: UInt64
  }

  private var entries: [Entry] = []

  package init() {}

  package var count: Int { entries.count }

  /// Adds the numbers of a card.
  ///
  /// - Parameter other: what it has is left out.
  package mutating func add(
    _ id: PersonalID, _ insurance: InsuranceNumber, _ card: CardNumber, unlessIn other: NumberIndex? = nil
  ) {
    add(id, insurance, other)
    if card.tail != insurance { add(id, card.tail, other) }
  }

  /// A person's own ID number leads to the person without an entry.
  private mutating func add(_ id: PersonalID, _ number: InsuranceNumber, _ other: NumberIndex?) {
    guard !number.isNone, number.digitCount != 12 || number.digits != id.packed else { return }
    if let other, other.range(of: number.packed).contains(where: { other.entries[$0].person == id.packed }) {
      return
    }
    entries.append(Entry(digits: number.packed, person: id.packed))
  }

  /// Sorts the numbers; to be called once, after the last one.
  package mutating func finish() {
    entries.sort { ($0.digits, $0.person) < ($1.digits, $1.person) }
  }

  /// The persons whose cards have these digits.
  package func persons(of number: AskedNumber) -> [PersonalID] {
    guard number.legacyID == nil else { return [] }
    var found: [PersonalID] = []
    for i in range(of: number.tail.packed) where found.last?.packed != entries[i].person {
      found.append(PersonalID(packed: entries[i].person))
    }
    if let own = number.personalID { found.append(own) }
    return found
  }

  private func range(of digits: UInt64) -> Range<Int> {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].digits < digits { low = middle + 1 } else { high = middle }
    }
    var end = low
    while end < entries.count, entries[end].digits == digits { end += 1 }
    return low..<end
  }
}

extension CardSource where Self: ~Copyable {
  /// Finds the persons of the wanted numbers by an index, and notes the numbers of their cards.
  mutating func resolve(_ wanted: inout WantedNumbers, by index: NumberIndex) throws(Stop) {
    var people = PersonBatch()
    for number in wanted.all {
      for id in index.persons(of: number) { try noteCards(of: id, in: &wanted, by: &people) }
    }
  }

  /// Notes the numbers of a person's cards.
  ///
  /// - Parameter people: memory for the person.
  mutating func noteCards(
    of id: PersonalID, in wanted: inout WantedNumbers, by people: inout PersonBatch
  ) throws(Stop) {
    people.removeAll()
    guard try append(id, to: &people) else { return }
    for card in people.cards { wanted.note(id, card.insuranceNumber, card.cardNumber) }
  }
}
