// Gates that did not pass as people read them: a line for each, and one for all places together.
// Invariant: the five places that changed most are named; a change is rounded to a whole percent, so that no count below
// five follows from it.

/// One line on gates that did not pass.
package struct GateLine: Hashable, Sendable {
  package var gate: Gate
  /// What the gate looked at: an export, a field, a place, several places.
  package var subject: String
  /// As messages name it: `link_rate of insurance`.
  package var name: String { GateVerdict.name(gate, of: subject) }
  package var about: Bilingual
  package var limit: Bilingual
  package var figure: Bilingual

  fileprivate init(_ verdict: GateVerdict) {
    (gate, subject, about) = (verdict.gate, verdict.subject, verdict.about)
    (limit, figure) = (verdict.limit.text, verdict.shownFigure)
  }

  /// All places that are beyond their limits.
  fileprivate init(places: [GateVerdict]) {
    gate = .province
    subject = "\(places.count) places"
    about = Bilingual("\(places.count) nơi đăng ký khai sinh", "\(places.count) places of birth registration")
    limit = places[0].limit.changeText
    let worst = places.sorted { abs($0.change ?? 0) > abs($1.change ?? 0) }.prefix(Self.shownPlaces)
    let list = worst.map { verdict in
      let percent = Int(((verdict.change ?? 0) * 100).rounded())
      return "\(verdict.subject) \(percent < 0 ? "−" : "+")\(abs(percent)) %"
    }.joined(separator: ", ")
    figure =
      places.count > worst.count
      ? Bilingual(
        "\(list) và \(places.count - worst.count) nơi khác", "\(list) and \(places.count - worst.count) more")
      : Bilingual(list, list)
  }

  private static let shownPlaces = 5
}

extension [GateVerdict] {
  /// What did not pass, in the order of the gates.
  package var linesOfFailed: [GateLine] {
    let failed = filter { !$0.passed }
    let places = failed.filter { $0.gate == .province && $0.change != nil }
    guard places.count > 1 else { return failed.map { GateLine($0) } }
    var lines: [GateLine] = []
    for verdict in failed {
      if !places.contains(verdict) {
        lines.append(GateLine(verdict))
      } else if verdict == places[0] {
        lines.append(GateLine(places: places))
      }
    }
    return lines
  }
}

extension GateVerdict {
  /// How far a count is from the median that it is compared with, as a part of that; nil for others.
  fileprivate var change: Double? {
    guard case .between(_, _, _, let usual) = limit, case .count(let median) = usual.median,
      case .count(let count) = figure, median > 0
    else { return nil }
    return Double(count) / Double(median) - 1
  }
}
