// Draws the trouble of each person.
// Invariant: depends only on the seed, the rates and the person's index; both people of a pair have its kind.
// In a population of 500 or more each kind with a rate above zero occurs at least twice.
// Load: two mixed words per person; only the few people with trouble cost a search.

struct TroubleDraw: Sendable {
  private let people: Int
  private let pairKey: UInt64
  private let singleKey: UInt64
  private let pairs: [(end: UInt64, trouble: Trouble)]
  private let singles: [(end: UInt64, trouble: Trouble)]
  /// The troubles of the first people.
  private let first: [Trouble]

  private static let smallestComplete = 500

  init(_ rates: TroubleRates, people: Int, seed: UInt64) {
    self.people = people
    var random = SeededGenerator(mixed(seed ^ 0x5472_6F75_626C_6573))
    pairKey = random.next()
    singleKey = random.next()
    let occurring = Trouble.allCases.filter { rates[$0] > 0 }
    let pairSum = occurring.filter(\.isOfPair).reduce(0) { $0 + rates[$1] }
    pairs = Self.ends(occurring.filter(\.isOfPair), rates, scale: 1)
    singles = Self.ends(occurring.filter { !$0.isOfPair }, rates, scale: pairSum < 1 ? 1 / (1 - pairSum) : 0)
    var first: [Trouble] = []
    if people >= Self.smallestComplete {
      // Kinds added later come last, so that the people of the earlier ones stay the same.
      let pairs = occurring.filter { $0.isOfPair && $0 != .numberOfAnother }
      for trouble in pairs { first += Array(repeating: trouble, count: 4) }
      for trouble in occurring where !trouble.isOfPair { first += [trouble, trouble] }
      if occurring.contains(.numberOfAnother) { first += Array(repeating: .numberOfAnother, count: 4) }
    }
    self.first = first
  }

  /// Cumulated rates as 53-bit numbers.
  private static func ends(
    _ troubles: [Trouble], _ rates: TroubleRates, scale: Double
  ) -> [(end: UInt64, trouble: Trouble)] {
    var sum = 0.0
    return troubles.map {
      sum = min(1, sum + rates[$0] * scale)
      return (UInt64(sum * 0x1p53), $0)
    }
  }

  func trouble(of index: Int) -> Trouble {
    if index < first.count { return first[index] }
    if index ^ 1 < people, let pair = Self.find(mixed(pairKey &+ UInt64(index >> 1)), pairs) { return pair }
    return Self.find(mixed(singleKey &+ UInt64(index)), singles) ?? .none
  }

  private static func find(_ word: UInt64, _ ends: [(end: UInt64, trouble: Trouble)]) -> Trouble? {
    let draw = word >> 11
    guard let last = ends.last, draw < last.end else { return nil }
    for entry in ends where draw < entry.end { return entry.trouble }
    return nil
  }
}
