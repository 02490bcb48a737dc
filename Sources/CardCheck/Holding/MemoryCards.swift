// Persons and cards in memory: what a facility's package comes to.
// Invariant: persons ascend by personal ID number, whatever the order of the file.
// Load: a facility's some ten thousand people, at most a province's; 170 bytes each.

package import Package
package import Values

/// A source in memory.
package struct MemoryCards: CardSource, Sendable {
  package private(set) var standing: DataStanding
  private var people: PersonBatch
  /// Of these people; without it, numbers that are not personal ID numbers need a pass over them.
  package var index: NumberIndex?

  /// - Parameter people: each person once; cards in the order of the export.
  package init(_ people: PersonBatch, _ standing: DataStanding) {
    self.people = people
    self.standing = standing
    let persons = people.persons
    for i in persons.indices.dropFirst() where persons[i].personalID < persons[i - 1].personalID {
      self.people.persons.sort { $0.personalID < $1.personalID }
      break
    }
  }

  /// The people of a package.
  package init(_ package: PackagePeople) {
    var standing = DataStanding()
    (standing.asOf, standing.validUntil, standing.isPackage) = (package.asOf, package.validUntil, true)
    standing.armedForces = package.armedForces
    self.init(package.batch, standing)
  }

  package var personCount: Int { people.persons.count }

  /// The persons of all cards' numbers, for a server.
  package func numberIndex() -> NumberIndex {
    var index = NumberIndex()
    for person in people.persons {
      for i in person.cards {
        index.add(person.personalID, people.cards[i].insuranceNumber, people.cards[i].cardNumber)
      }
    }
    index.finish()
    return index
  }

  package mutating func resolve(_ wanted: inout WantedNumbers) throws(Stop) {
    if let index { return try resolve(&wanted, by: index) }
    for person in people.persons {
      for i in person.cards {
        wanted.note(person.personalID, people.cards[i].insuranceNumber, people.cards[i].cardNumber)
      }
    }
  }

  package mutating func append(_ id: PersonalID, to batch: inout PersonBatch) throws(Stop) -> Bool {
    var (low, high) = (0, people.persons.count)
    while low < high {
      let middle = (low + high) / 2
      if people.persons[middle].personalID < id { low = middle + 1 } else { high = middle }
    }
    guard low < people.persons.count, people.persons[low].personalID == id else { return false }
    var person = people.persons[low]
    let (nameStart, cardStart) = (batch.bytes.count, batch.cards.count)
    batch.bytes.append(contentsOf: people.bytes[person.nameRange])
    batch.cards.append(contentsOf: people.cards[person.cards])
    person.nameRange = nameStart..<batch.bytes.count
    person.cards = cardStart..<batch.cards.count
    batch.persons.append(person)
    return true
  }

  package mutating func isHeld(_ id: PersonalID) throws(Stop) -> Bool { false }
  package mutating func beginReading() throws(Stop) {}
  package mutating func endReading() throws(Stop) {}
}
