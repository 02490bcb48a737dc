// The ledger as a flow from files to outcomes: the width of a band shows the number of its records.
// Invariant: the bands of a file and of an outcome add up to its height; a band that would be too thin to see
// is drawn as a hairline.

package import Values
package import Workspace

extension ReportPage {
  /// The chart of one export, in units that the page scales.
  package struct Flow {
    package struct Node {
      package var title: Bilingual
      /// The colour.
      package var style: String
      package var count: Bilingual
      package var share: Bilingual
      /// The height of its label, and the band inside.
      package var slot: Double
      package var top: Double
      package var height: Double
    }
    package struct Band {
      package var path: String
      package var style: String
    }

    package var title: Bilingual
    package private(set) var sources: [Node] = []
    package private(set) var outcomes: [Node] = []
    package private(set) var bands: [Band] = []
    package private(set) var height = 0.0

    private static let scale = 240.0
    private static let slot = 44.0
    /// Further files are drawn as one.
    private static let mostFiles = 6
  }
}

extension ReportPage.Flow {
  /// Nil if the run read no record of the export.
  package init?(_ run: RunRecord, _ export: ExportKind) {
    title = export.title
    let lines = run.matched.ledger.filter { $0.export == export.name }
    let total = lines.reduce(0) { $0 + $1.records }
    guard total > 0 else { return nil }
    let groups = Self.groups(of: lines.map(\.sourceFile))
    let kinds = export.outcomesForPeople
    let counts = groups.map { group in
      kinds.map { kind in
        lines.filter { group.contains($0.sourceFile) && $0.outcome == kind.name }.reduce(0) {
          $0 + $1.records
        }
      }
    }
    var left = 0.0
    for (group, counts) in zip(groups, counts) {
      let name =
        group.count == 1
        ? Bilingual(group[0], group[0]) : Bilingual("\(group.count) tệp khác", "\(group.count) more files")
      sources.append(Self.node(name, "left", counts.reduce(0, +), of: total, at: &left))
    }
    let seen = kinds.indices.filter { k in counts.contains { $0[k] > 0 } }
    var right = 0.0
    for k in seen {
      let records = counts.reduce(0) { $0 + $1[k] }
      outcomes.append(Self.node(kinds[k].title, kinds[k].style, records, of: total, at: &right))
    }
    height = Self.rounded(max(left, right))
    draw(counts.map { counts in seen.map { counts[$0] } }, of: total)
  }

  /// The files' names, each alone or the last ones together.
  private static func groups(of files: [String]) -> [[String]] {
    var names: [String] = []
    for file in files where !names.contains(file) { names.append(file) }
    let shown = names.count <= mostFiles ? names.count : mostFiles - 1
    let groups = names.prefix(shown).map { [$0] }
    return shown < names.count ? groups + [Array(names.dropFirst(shown))] : groups
  }

  private static func node(
    _ title: Bilingual, _ style: String, _ records: Int, of total: Int, at y: inout Double
  ) -> Node {
    let height = scale * Double(records) / Double(total)
    let slot = max(slot, height + 4)
    defer { y += slot }
    return Node(
      title: title, style: style, count: FigureText.count(records),
      share: FigureText.percent(records, of: total), slot: rounded(slot),
      top: rounded(y + (slot - height) / 2),
      height: rounded(max(height, 0.7)))
  }

  /// Adds the bands: one for each file and outcome that share records.
  private mutating func draw(_ counts: [[Int]], of total: Int) {
    var from = sources.map(\.top)
    var to = outcomes.map(\.top)
    for (i, counts) in counts.enumerated() {
      for (k, count) in counts.enumerated() where count > 0 {
        let width = Self.scale * Double(count) / Double(total)
        bands.append(Band(path: Self.path(from[i], to[k], width), style: outcomes[k].style))
        from[i] += width
        to[k] += width
      }
    }
  }

  /// From x 0 to x 100; at least a hairline.
  private static func path(_ from: Double, _ to: Double, _ width: Double) -> String {
    let width = max(width, 0.7)
    let (a, b, c, d) = (rounded(from), rounded(to), rounded(to + width), rounded(from + width))
    return "M0 \(a)C45 \(a) 55 \(b) 100 \(b)V\(c)C55 \(c) 45 \(d) 0 \(d)Z"
  }

  private static func rounded(_ units: Double) -> Double { (units * 100).rounded() / 100 }
}

extension Outcome {
  /// The colour of the outcome.
  fileprivate var style: String {
    switch self {
    case .linked, .registered, .repeated, .quarantined: name
    default: "waits"
    }
  }
}
