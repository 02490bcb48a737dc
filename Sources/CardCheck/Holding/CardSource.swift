// The source of cards: the store, or a facility's package.
// Invariant: read-only; a store and a package with the same person and cards give the same answer.
// Load: look-ups in ascending order of personal ID numbers; a hundred thousand numbers of other kinds are
// resolved in one pass.

package import Rules
package import Values

/// The age of the data and how long they may be used.
package struct DataStanding: Sendable, Hashable {
  /// The business date; `none` if unknown.
  package var asOf = CalendarDate.none
  /// The last day on which the data may be used; `none` if unlimited.
  package var validUntil = CalendarDate.none
  /// Whether the source holds only one facility's people.
  package var isPackage = false
  /// Whether the source finds persons by numbers that they had before.
  package var knowsEarlierNumbers = false
  /// Groups of the armed forces besides ``ArmedForces/known``.
  package var armedForces: [String] = []

  package init() {}
}

/// Persons with their linked cards.
package protocol CardSource: ~Copyable {
  var standing: DataStanding { get }

  /// Passes every card's person and numbers to `wanted`, or at least those that it asks for.
  mutating func resolve(_ wanted: inout WantedNumbers) throws(Stop)

  /// Appends a person with all cards, in the order of the export.
  ///
  /// The caller asks in ascending order.
  /// - Returns: false if no card is linked to the number.
  mutating func append(_ id: PersonalID, to batch: inout PersonBatch) throws(Stop) -> Bool

  /// Whether records of a number are held back for a data officer.
  mutating func isHeld(_ id: PersonalID) throws(Stop) -> Bool

  /// The caller calls these before and after some thousand look-ups.
  mutating func beginReading() throws(Stop)
  mutating func endReading() throws(Stop)
}

/// Numbers that are not personal ID numbers, and the persons whom they name.
///
/// A hash table with open addressing over the questions' numbers: memory depends on how many are asked, not
/// on the store.
package struct WantedNumbers: Sendable {
  package enum Holder: Hashable, Sendable, BitwiseCopyable {
    case noPerson
    case person(PersonalID)
    /// Two or more persons have the number: no answer is right.
    case several
  }

  private var numbers: [AskedNumber] = []
  private var holders: [Holder] = []
  /// Which number it is, where the person had it before.
  private var earlier: [EarlierNumber?] = []
  /// 1 + the index in `numbers`; 0 is free.
  private var slots: [UInt32] = []
  private var mask = 0

  package init() {}

  package var isEmpty: Bool { numbers.isEmpty }

  /// The numbers, for a source that can search for them instead of reading all cards.
  package var all: [AskedNumber] { numbers }

  package mutating func removeAll() {
    numbers.removeAll(keepingCapacity: true)
    holders.removeAll(keepingCapacity: true)
    earlier.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
    mask = 0
  }

  package mutating func want(_ number: AskedNumber) {
    if (numbers.count + 1) * 2 > slots.count { grow() }
    let slot = place(of: number)
    guard slots[slot] == 0 else { return }
    numbers.append(number)
    holders.append(.noPerson)
    earlier.append(nil)
    slots[slot] = UInt32(truncatingIfNeeded: numbers.count)
  }

  /// Records a card's person if one of the card's numbers is wanted.
  package mutating func note(_ id: PersonalID, _ insurance: InsuranceNumber, _ card: CardNumber) {
    if !insurance.isNone { note(id, AskedNumber(insurance)) }
    guard !card.isNone else { return }
    note(id, AskedNumber(card))
    if card.tail != insurance { note(id, AskedNumber(card.tail)) }
  }

  /// Records the person of a number, if it is wanted, and which number it is.
  package mutating func note(_ id: PersonalID, _ number: AskedNumber, as which: EarlierNumber) {
    note(id, number)
    let slot = slots[place(of: number)]
    if slot > 0, earlier[Int(slot) - 1] == nil { earlier[Int(slot) - 1] = which }
  }

  /// Takes from another source the persons of the numbers that this one does not know.
  package mutating func takeUnknown(from other: WantedNumbers) {
    for i in numbers.indices where holders[i] == .noPerson {
      (holders[i], earlier[i]) = (other.holder(of: numbers[i]), other.earlier(numbers[i]))
    }
  }

  /// Which number it is, if its person had it before; nil for one that the person still has.
  package func earlier(_ number: AskedNumber) -> EarlierNumber? {
    guard !slots.isEmpty else { return nil }
    let slot = slots[place(of: number)]
    return slot == 0 ? nil : earlier[Int(slot) - 1]
  }

  package func holder(of number: AskedNumber) -> Holder {
    guard !slots.isEmpty else { return .noPerson }
    let slot = slots[place(of: number)]
    return slot == 0 ? .noPerson : holders[Int(slot) - 1]
  }

  private mutating func note(_ id: PersonalID, _ number: AskedNumber) {
    let slot = slots[place(of: number)]
    guard slot > 0 else { return }
    let i = Int(slot) - 1
    switch holders[i] {
    case .noPerson: holders[i] = .person(id)
    case .person(let other): if other != id { holders[i] = .several }
    case .several: break
    }
  }

  private func place(of number: AskedNumber) -> Int {
    var word = number.card.tail.packed ^ number.card.head &* 0x9E37_79B9_7F4A_7C15
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    var slot = Int(truncatingIfNeeded: word ^ (word >> 31)) & mask
    while slots[slot] != 0, numbers[Int(slots[slot]) - 1] != number { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let count = max(16, slots.count * 2)
    slots = [UInt32](repeating: 0, count: count)
    mask = count - 1
    for i in numbers.indices { slots[place(of: numbers[i])] = UInt32(truncatingIfNeeded: i + 1) }
  }
}
