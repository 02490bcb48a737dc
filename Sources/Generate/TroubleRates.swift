// The rate of each kind of trouble: the share of people who have it.
// Invariant: each rate is between 0 and 1; their sum is at most 1 when people are generated.

package import Values

package struct TroubleRates: Sendable {
  private var rates: [Double]

  /// About seven insured people in a hundred are not linked.
  ///
  /// No public text breaks mismatches down by kind, so these rates are ours to choose.
  package static let `default` = TroubleRates(Trouble.allCases.map(\.facts.defaultRate))
  /// People without any trouble: all are insured, and all are linked.
  package static let none = TroubleRates(Trouble.allCases.map { _ in 0 })

  private init(_ rates: [Double]) { self.rates = rates }

  subscript(_ trouble: Trouble) -> Double { rates[Int(trouble.rawValue)] }

  var sum: Double { rates.reduce(0, +) }

  /// Sets the rate of a kind, or the sum of the rates of a group, which keep their proportions.
  ///
  /// - Throws: ``Stop`` with ``Exit/usage`` if there is no such kind or the rate is not between 0 and 1.
  package mutating func set(name: String, rate: Double) throws(Stop) {
    guard rate >= 0, rate <= 1 else {
      throw Stop(
        .usage, at: "--rate", field: name, expected: "a share from 0 to 1", found: "\(rate)",
        remedy: "One person in fifty is \(name)=0.02.")
    }
    let kinds = Trouble.allCases.dropFirst()
    if let trouble = kinds.first(where: { $0.name == name }) {
      rates[Int(trouble.rawValue)] = rate
      return
    }
    let group = kinds.filter { $0.facts.group == name }
    guard !group.isEmpty else {
      let known = Set(kinds.flatMap { [$0.name, $0.facts.group] })
      let near = rankedWords(to: name, among: known.sorted()).prefix(3).map(\.word).joined(separator: ", ")
      throw Stop(
        .usage, at: "--rate", field: name, expected: "the name of a trouble, such as \(near)",
        found: "a name that is not known", remedy: "The names nearest to it: \(near).")
    }
    let sum = group.reduce(0) { $0 + $1.facts.defaultRate }
    for trouble in group { rates[Int(trouble.rawValue)] = rate * trouble.facts.defaultRate / sum }
  }
}
