// Gates that did not pass as people read them: a line for each, and one for all places together.
// Invariant: places are judged by the 63 provinces before July 2025, because in a province of today one of its former
// provinces could be missing unnoticed; they are shown by province of today. The five that changed most are named; a change
// is rounded to a whole percent, so that no count below five follows from it.

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
    if let today = verdict.today, today.former.count > 1 {
      about = Bilingual(
        "\(subject), nay thuộc \(today.label)", "\(subject), now in \(today.label)")
    }
    (limit, figure) = (verdict.limit.text, verdict.shownFigure)
  }

  /// All places that are beyond their limits.
  fileprivate init(places: [GateVerdict]) {
    let groups = Self.byProvinceOfToday(places)
    gate = .province
    subject = "\(groups.count) places"
    about = Bilingual(
      "\(groups.count) nơi đăng ký khai sinh theo tỉnh hiện nay",
      "\(groups.count) places of birth registration, by province of today")
    limit = places[0].limit.changeText
    let worst = groups.sorted { abs($0.change) > abs($1.change) }.prefix(Self.shownPlaces)
    let list = worst.map { group in
      let percent = Int((group.change * 100).rounded())
      return "\(group.label) \(percent < 0 ? "−" : "+")\(abs(percent)) %"
    }.joined(separator: ", ")
    figure =
      groups.count > worst.count
      ? Bilingual(
        "\(list) và \(groups.count - worst.count) nơi khác", "\(list) and \(groups.count - worst.count) more")
      : Bilingual(list, list)
  }

  /// The verdicts by province of today, each with the change of its places together; another place stands for itself.
  private static func byProvinceOfToday(_ places: [GateVerdict]) -> [(label: String, change: Double)] {
    var groups: [(label: String, verdicts: [GateVerdict])] = []
    for verdict in places {
      let label = verdict.placeOfToday
      if let i = groups.firstIndex(where: { $0.label == label }) {
        groups[i].verdicts.append(verdict)
      } else {
        groups.append((label, [verdict]))
      }
    }
    return groups.map { group in
      let counts = group.verdicts.compactMap(\.counts)
      let (now, usual) = counts.reduce((0, 0)) { ($0.0 + $1.now, $0.1 + $1.usual) }
      let former = group.verdicts[0].today?.former ?? []
      let codes = group.verdicts.map { String($0.subject.prefix(3)) }.joined(separator: ", ")
      return (
        former.count > 1 ? "\(group.label) (\(codes))" : group.label, Double(now) / Double(max(1, usual)) - 1
      )
    }
  }

  private static let shownPlaces = 5
}

extension [GateVerdict] {
  /// What did not pass, in the order of the gates.
  package var linesOfFailed: [GateLine] {
    let failed = filter { !$0.passed }
    let places = failed.filter { $0.gate == .province && $0.counts != nil }
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
  /// A count and the median that it is compared with; nil for others.
  fileprivate var counts: (now: Int, usual: Int)? {
    guard case .between(_, _, _, let usual) = limit, case .count(let median) = usual.median,
      case .count(let count) = figure, median > 0
    else { return nil }
    return (count, median)
  }

  /// The place of birth registration as messages show it: a province of today, or a place that is none.
  package var placeOfToday: String { today?.label ?? subject }

  /// The province of today of a place of birth registration.
  fileprivate var today: ProvinceOfToday? {
    gate == .province ? Int(subject.prefix(3)).flatMap { ProvinceOfToday.of($0) } : nil
  }
}
