// Officers' decisions, in the orders in which the matcher meets them.
// Invariant: decisions lie sorted and are walked along beside the records; nothing is looked up by hashing, and a
// night without decisions pays one comparison per person.
// Load: 100 bytes each: two million decisions, the work of years, are 200 MB, taken off the memory for sorting.

package import Values

/// All decisions in force.
package struct Decisions: Sendable {
  /// By person, then number.
  let byPerson: [Decision]
  /// Places in ``byPerson``, by insurance number, card number, then the decision's number.
  private let byRecord: [UInt32]
  /// Places in ``byPerson`` of accepted pairs whose record held a 12-digit number of nobody, by that number.
  let ofUnknownNumbers: [UInt32]

  /// - Parameter decisions: in any order; of one person, record and judged fields at most one.
  package init(_ decisions: [Decision] = []) {
    let sorted = decisions.sorted { a, b in
      a.person != b.person ? a.person < b.person : a.number < b.number
    }
    byPerson = sorted
    byRecord = sorted.indices.map { UInt32($0) }.sorted { a, b in
      let (x, y) = (sorted[Int(a)], sorted[Int(b)])
      return Self.precedes(x, (y.insuranceNumber, y.cardNumber)) ?? (x.number < y.number)
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
  /// Memory that they take.
  var byteCount: Int { byPerson.count * (MemoryLayout<Decision>.stride + 8) }

  /// Whether a decision's record comes before the record with these numbers; nil if it is that record.
  private static func precedes(_ a: Decision, _ b: (InsuranceNumber, CardNumber)) -> Bool? {
    if a.insuranceNumber != b.0 { return a.insuranceNumber.packed < b.0.packed }
    if a.cardNumber.head != b.1.head { return a.cardNumber.head < b.1.head }
    if a.cardNumber.tail != b.1.tail { return a.cardNumber.tail.packed < b.1.tail.packed }
    return nil
  }

  /// A person's decisions, as places in ``byPerson``.
  ///
  /// - Parameter start: where to begin to look; decisions of lesser persons stand before it.
  func range(of person: PersonalID, from start: Int) -> Range<Int> {
    var low = start
    while low < byPerson.count, byPerson[low].person < person { low += 1 }
    var high = low
    while high < byPerson.count, byPerson[high].person == person { high += 1 }
    return low..<high
  }

  /// Where the decisions of a person not below this one begin.
  func start(of person: PersonalID) -> Int {
    var (low, high) = (0, byPerson.count)
    while low < high {
      let middle = (low + high) / 2
      if byPerson[middle].person < person { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The decisions on a record, whichever person they name, in the order in which they were taken.
  private func places(on record: InsuranceRecord) -> Range<Int> {
    guard !byRecord.isEmpty else { return 0..<0 }
    let wanted = (record.insuranceNumber, record.cardNumber)
    var (low, high) = (0, byRecord.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.precedes(byPerson[Int(byRecord[middle])], wanted) == true {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var end = low
    while end < byRecord.count, Self.precedes(byPerson[Int(byRecord[end])], wanted) == nil { end += 1 }
    return low..<end
  }

  /// What decisions say about a record that has no person.
  struct Route {
    /// The person to whom it was given.
    var person: PersonalID?
    /// Where nobody has it: what has changed since it was given to someone.
    var reopened = Reasons()
  }

  /// The person to whom an officer gave a record that has none.
  ///
  /// - Parameter now: the record as it is now.
  func route(_ record: InsuranceRecord, _ now: InsuranceFields) -> Route {
    var route = Route()
    for i in places(on: record) {
      let decision = byPerson[Int(byRecord[i])]
      guard decision.isAccepted else { continue }
      if decision.insurance == now {
        // A record that holds the person's own number was not given to anyone: it leads there by itself.
        if decision.insurance.held.personalID != decision.person { route.person = decision.person }
      } else {
        route.reopened = decision.judged.changes(to: JudgedFields(now, nil), comparingHeld: true)
      }
    }
    if route.person != nil { route.reopened = Reasons() }
    return route
  }

  /// Whether an officer decided that a record is not this person's, both being as they were then.
  func isRejected(_ record: InsuranceRecord, _ judged: JudgedFields, _ person: PersonalID) -> Bool {
    for i in places(on: record) {
      let decision = byPerson[Int(byRecord[i])]
      if decision.person == person, !decision.isAccepted, decision.judged == judged { return true }
    }
    return false
  }

  /// Whether anybody decided on a record.
  func haveAny(on record: InsuranceRecord) -> Bool { !places(on: record).isEmpty }
}
