// Officers' decisions, sorted in the orders in which the match reads persons and records.
// Invariant: the match advances through the decisions in step with ascending persons, without hashing.
// Without decisions, a person costs one comparison.
// Load: 100 bytes per decision. Two million decisions, several years of work, take 200 MB of the match's
// memory.

package import Values

/// All decisions in force.
package struct Decisions: Sendable {
  /// By person, then number.
  package let byPerson: [Decision]
  /// Indices in ``byPerson``, by insurance number, card number, then the decision's number.
  private let byRecord: [UInt32]
  /// Indices in ``byPerson`` of accepted pairs whose record held a 12-digit number other than the person's,
  /// by that number.
  package let ofUnknownNumbers: [UInt32]

  /// - Parameter decisions: in any order; at most one for the same person, record and judged fields.
  package init(_ decisions: [Decision] = []) {
    let sorted = decisions.sorted { a, b in
      a.person != b.person ? a.person < b.person : a.number < b.number
    }
    byPerson = sorted
    byRecord = sorted.indices.map { UInt32($0) }.sorted { a, b in
      let (x, y) = (sorted[Int(a)], sorted[Int(b)])
      return Self.precedes(x, RecordNumbers(y.insuranceNumber, y.cardNumber)) ?? (x.number < y.number)
    }
    ofUnknownNumbers = sorted.indices.filter { i in
      guard let held = sorted[i].insurance.held.personalID else { return false }
      return sorted[i].isAccepted && held != sorted[i].person
    }.sorted { a, b in
      let (x, y) = (sorted[a].insurance.held, sorted[b].insurance.held)
      return x != y ? x < y : a < b
    }.map { UInt32($0) }
  }

  package var isEmpty: Bool { byPerson.isEmpty }
  /// Memory that the decisions take.
  package var byteCount: Int { byPerson.count * (MemoryLayout<Decision>.stride + 8) }

  /// Whether a decision's record comes before the record with these numbers; nil if it is that record.
  private static func precedes(_ a: Decision, _ b: RecordNumbers) -> Bool? {
    if a.insuranceNumber != b.insuranceNumber { return a.insuranceNumber.packed < b.insuranceNumber.packed }
    if a.cardNumber.head != b.cardNumber.head { return a.cardNumber.head < b.cardNumber.head }
    if a.cardNumber.tail != b.cardNumber.tail {
      return a.cardNumber.tail.packed < b.cardNumber.tail.packed
    }
    return nil
  }

  /// A person's decisions, as indices in ``byPerson``.
  ///
  /// - Parameter start: where the search begins; decisions about lesser persons come before it.
  func range(of person: PersonalID, from start: Int) -> Range<Int> {
    var low = start
    while low < byPerson.count, byPerson[low].person < person { low += 1 }
    var high = low
    while high < byPerson.count, byPerson[high].person == person { high += 1 }
    return low..<high
  }

  /// The index of the first decision about this person or a greater one.
  func start(of person: PersonalID) -> Int {
    var (low, high) = (0, byPerson.count)
    while low < high {
      let middle = (low + high) / 2
      if byPerson[middle].person < person { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The decisions on a record, whichever person they name, in the order in which they were made.
  private func places(on record: RecordNumbers) -> Range<Int> {
    guard !byRecord.isEmpty else { return 0..<0 }
    var (low, high) = (0, byRecord.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(byPerson[Int(byRecord[middle])], record) == true {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var end = low
    while end < byRecord.count, Self.precedes(byPerson[Int(byRecord[end])], record) == nil { end += 1 }
    return low..<end
  }

  /// What decisions say about a record whose personal ID field leads to no person.
  package struct Route {
    /// The person to whom an officer gave the record.
    package var person: PersonalID?
    /// If there is none: what has changed since an officer gave the record to a person.
    package var reopened = Reasons()
  }

  /// Finds the person to whom an officer gave a record that leads to no person.
  ///
  /// - Parameter now: the record as it is now.
  package func route(_ record: RecordNumbers, _ now: InsuranceFields) -> Route {
    var route = Route()
    for i in places(on: record) {
      let decision = byPerson[Int(byRecord[i])]
      guard decision.isAccepted else { continue }
      if decision.insurance == now {
        // A record with the person's own number leads there without a decision.
        if decision.insurance.held.personalID != decision.person { route.person = decision.person }
      } else {
        route.reopened = decision.judged.changes(to: JudgedFields(now, nil), comparingHeld: true)
      }
    }
    if route.person != nil { route.reopened = Reasons() }
    return route
  }

  /// Whether an officer decided that a record is not this person's, and neither has changed since.
  package func isRejected(_ record: RecordNumbers, _ judged: JudgedFields, _ person: PersonalID) -> Bool {
    for i in places(on: record) {
      let decision = byPerson[Int(byRecord[i])]
      if decision.person == person, !decision.isAccepted, decision.judged == judged { return true }
    }
    return false
  }

  /// Whether there is a decision on a record.
  package func haveAny(on record: RecordNumbers) -> Bool { !places(on: record).isEmpty }
}
