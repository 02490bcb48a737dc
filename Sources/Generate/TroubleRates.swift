// The rate of each kind of trouble: the share of people who have it.
// Invariant: each rate is between 0 and 1; their sum is at most 1 when people are generated.

package import Values

package struct TroubleRates: Sendable {
  private var rates: [Double]

  /// About seven insured people in a hundred are not linked.
  ///
  /// No public text counts mismatches by kind, so these rates are invented.
  package static let `default` = TroubleRates(Trouble.allCases.map(\.defaultRate))
  /// No trouble: all people are insured, and all are linked.
  package static let none = TroubleRates(Trouble.allCases.map { _ in 0 })

  /// The names of the kinds; ``groupNames`` are accepted too.
  package static let allNames = Trouble.allCases.dropFirst().map(\.name)
  /// Names of groups of kinds, after the outcome they lead to.
  package static let groupNames: [String] = {
    var names: [String] = []
    for trouble in Trouble.allCases.dropFirst() where !names.contains(trouble.group) {
      names.append(trouble.group)
    }
    return names
  }()

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
    if let trouble = Trouble.allCases.dropFirst().first(where: { $0.name == name }) {
      rates[Int(trouble.rawValue)] = rate
      return
    }
    let group = Trouble.allCases.filter { $0.group == name && $0 != .none }
    guard !group.isEmpty else {
      let known = Set(Self.groupNames + Self.allNames)
      let near = rankedWords(to: name, among: known.sorted()).prefix(3).map(\.word).joined(separator: ", ")
      throw Stop(
        .usage, at: "--rate", field: name, expected: "the name of a trouble, such as \(near)",
        found: "a name that is not known", remedy: "The names nearest to it: \(near).")
    }
    let sum = group.reduce(0) { $0 + $1.defaultRate }
    for trouble in group { rates[Int(trouble.rawValue)] = rate * trouble.defaultRate / sum }
  }
}
