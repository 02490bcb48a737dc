// The ledger as a flow from files to outcomes: bands as wide as the records they stand for.
// Invariant: the bands of a file and of an outcome add up to its height; what is too thin to see is drawn as a
// hairline and nowhere else made larger.
// Load: one picture per export and report; files beyond the sixth are drawn as one.

import Values
import Workspace

/// The geometry of one export's flow, in units that the page stretches.
struct Flow {
  struct Node: Hashable {
    /// A file's name; nil for the files that are drawn as one, and for outcomes.
    var file: String?
    var fileCount = 1
    var outcome: Outcome?
    var records: Int
    /// The slot that its label stands in, and the band inside it.
    var slotHeight: Double
    var top: Double
    var height: Double
  }
  struct Band {
    var path: String
    var outcome: Outcome
  }

  private(set) var sources: [Node] = []
  private(set) var outcomes: [Node] = []
  private(set) var bands: [Band] = []
  private(set) var height = 0.0

  private static let scale = 240.0
  private static let slot = 44.0
  private static let most = 6

  init(_ run: RunRecord, _ export: ExportKind) {
    let lines = run.matched.ledger.filter { $0.export == export.name }
    let total = lines.reduce(0) { $0 + $1.records }
    guard total > 0 else { return }
    var files: [String] = []
    for line in lines where !files.contains(line.sourceFile) { files.append(line.sourceFile) }
    let shown = files.count <= Self.most ? files : Array(files.prefix(Self.most - 1))
    var groups = shown.map { [$0] }
    if shown.count < files.count { groups.append(Array(files.dropFirst(shown.count))) }
    let kinds =
      export == .insurance
      ? Outcome.ofInsurance.reversed() : [.registered, .repeated, .personDuplicated, .quarantined]
    let counts = groups.map { group in
      kinds.map { kind in
        lines.filter { group.contains($0.sourceFile) && $0.outcome == kind.name }.reduce(0) {
          $0 + $1.records
        }
      }
    }
    func node(_ records: Int, at y: inout Double) -> Node {
      let height = Self.scale * Double(records) / Double(total)
      let slot = max(Self.slot, height + 4)
      defer { y += slot }
      return Node(records: records, slotHeight: slot, top: y + (slot - height) / 2, height: height)
    }
    var y = 0.0
    for (i, group) in groups.enumerated() {
      var source = node(counts[i].reduce(0, +), at: &y)
      source.file = group.count == 1 ? group[0] : nil
      source.fileCount = group.count
      sources.append(source)
    }
    let left = y
    y = 0
    var seen: [Int] = []
    for (k, kind) in kinds.enumerated() {
      let records = counts.reduce(0) { $0 + $1[k] }
      guard records > 0 else { continue }
      var outcome = node(records, at: &y)
      outcome.outcome = kind
      outcomes.append(outcome)
      seen.append(k)
    }
    height = max(left, y)
    var from = sources.map(\.top)
    var to = outcomes.map(\.top)
    for (i, _) in groups.enumerated() {
      for (o, k) in seen.enumerated() where counts[i][k] > 0 {
        let width = Self.scale * Double(counts[i][k]) / Double(total)
        bands.append(Band(path: Self.path(from[i], to[o], width), outcome: kinds[k]))
        from[i] += width
        to[o] += width
      }
    }
  }

  /// From x 0 to x 100; at least a hairline.
  private static func path(_ from: Double, _ to: Double, _ width: Double) -> String {
    let width = max(width, 0.7)
    func text(_ y: Double) -> String { "\((y * 100).rounded() / 100)" }
    let (a, b, c, d) = (text(from), text(to), text(to + width), text(from + width))
    return "M0 \(a)C45 \(a) 55 \(b) 100 \(b)V\(c)C55 \(c) 45 \(d) 0 \(d)Z"
  }
}
