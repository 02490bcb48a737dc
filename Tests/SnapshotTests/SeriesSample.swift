// A base and deltas invented from a seed, their staged form, and what is in force by a slow dictionary.
// Invariant: few numbers, names and orders, so that moves, conflicts, repeats and returns are frequent.

import Files
import Rules
import Snapshot
import SortedRuns
import Support
import Values

/// A record of either export, as far as these tests look at it.
struct SampleContent: Hashable {
  /// The person's number: of the population record itself, or what the insurance record leads to.
  var person: UInt64
  var name: String
  /// Population only; zero is none.
  var legacy: UInt32 = 0

  static func random(_ random: inout SeededGenerator, person: UInt64) -> SampleContent {
    SampleContent(
      person: person, name: ["AN", "BÌNH", "CHI"].any(&random),
      legacy: random.chance(40) ? 100_000_000 + UInt32.random(in: 0..<4, using: &random) : 0)
  }
}

/// A record of a delivery.
struct SampleChange: Hashable {
  enum Kind: Hashable { case upsert, delete, quarantined }
  /// The number of its identity.
  var identity: Int
  var kind: Kind
  var order: UInt64
  var place: Place
  var line: UInt32
  var content: SampleContent
}

/// A record in force or in quarantine, as a test compares it.
struct SampleRecord: Hashable {
  var identity: Int
  var place: Place
  var line: UInt32
  var content: SampleContent?
  var reasons: Reasons
}

/// The series of one export.
struct SeriesSample {
  static let identityCount = 6
  let export: ExportKind
  let isOrdered: Bool
  /// Delivery 0 is the base.
  var deliveries: [[SampleChange]] = []

  init(_ export: ExportKind, seed: UInt64) {
    self.export = export
    var random = SeededGenerator(seed)
    isOrdered = random.chance(50)
    for file in 0...Int.random(in: 0...6, using: &random) {
      let count = Int.random(in: 0...(file == 0 ? 8 : 10), using: &random)
      deliveries.append(
        (0..<count).map { ordinal in
          let identity = Int.random(in: 0..<Self.identityCount, using: &random)
          let kind: SampleChange.Kind =
            random.chance(15) ? .quarantined : file > 0 && random.chance(30) ? .delete : .upsert
          let person = export == .population ? identity : Int.random(in: 0..<3, using: &random)
          return SampleChange(
            identity: identity, kind: kind,
            order: isOrdered && file > 0 ? UInt64.random(in: 1...3, using: &random) : 0,
            place: Place(file: file, ordinal: ordinal * 2), line: UInt32(ordinal + 2),
            content: .random(&random, person: 1_080_000_001 + UInt64(person)))
        })
    }
  }

  // MARK: The slow dictionary

  struct Expected {
    var inForce: Set<SampleRecord> = []
    var quarantine: Set<SampleRecord> = []
    var outcomes: [[DeltaOutcome: Int]] = []
    var repeats = 0
    var base = 0
  }

  /// What is in force after all deliveries.
  func expected() -> Expected {
    var expected = Expected()
    var state: [Int: [SampleChange]] = [:]
    var open: [Int: [(change: SampleChange, reasons: Reasons)]] = [:]
    for change in deliveries[0] { state[change.identity, default: []].append(change) }
    expected.base = deliveries[0].count
    for delta in deliveries.dropFirst() {
      var outcomes: [DeltaOutcome: Int] = [:]
      for (identity, changes) in Dictionary(grouping: delta, by: \.identity) {
        var held = changes.filter { $0.kind == .quarantined }.map { ($0, Reasons(.nameMissing)) }
        var valid = changes.filter { $0.kind != .quarantined }
        var last: SampleChange?
        // From the latest on: two that are equal in order and differ cancel each other.
        while let newest = valid.map(\.rank).max(by: <), last == nil {
          let level = valid.filter { $0.rank == newest }
          valid.removeAll { $0.rank == newest }
          if Set(level.map(\.effect)).count > 1 {
            held += level.map { ($0, Reasons(.orderConflict)) }
          } else {
            last = level.max { $0.place < $1.place }
            outcomes[.superseded, default: 0] += level.count - 1 + valid.count
            valid = []
          }
        }
        outcomes[.quarantined, default: 0] += held.count
        if let last {
          open[identity] = held.filter { ($0.0.order, $0.0.place) > (last.order, last.place) }
          let before = state[identity] ?? []
          switch (last.kind, before.count) {
          case (.delete, 0):
            outcomes[.deleteUnknown, default: 0] += 1
            open[identity, default: []].append((last, Reasons(.deleteUnknown)))
          case (.delete, let count):
            outcomes[.deleted, default: 0] += 1
            expected.repeats += count - 1
            state[identity] = []
          case (_, 0):
            outcomes[.inserted, default: 0] += 1
            state[identity] = [last]
          case (_, 1) where before[0].kind == .upsert && before[0].content == last.content:
            outcomes[.unchanged, default: 0] += 1
          case (_, let count):
            outcomes[.updated, default: 0] += 1
            expected.repeats += count - 1
            state[identity] = [last]
          }
        } else {
          open[identity, default: []] += held
        }
      }
      expected.outcomes.append(outcomes.filter { $0.value > 0 })
    }
    for identity in 0..<Self.identityCount {
      let records = state[identity] ?? []
      let waiting = open[identity] ?? []
      let isMarked = !records.isEmpty && waiting.contains { !$0.reasons.contains(.deleteUnknown) }
      let mark = isMarked ? Reasons(.updateQuarantined) : Reasons()
      for record in records {
        if record.kind == .quarantined {
          expected.quarantine.insert(
            record.seen(reasons: Reasons(.nameMissing).union(mark), hasContent: false))
        } else {
          expected.inForce.insert(
            record.seen(reasons: export == .insurance ? mark : Reasons(), hasContent: true))
        }
      }
      for one in waiting {
        let isUpdate = !one.reasons.contains(.deleteUnknown)
        expected.quarantine.insert(
          one.change.seen(reasons: isUpdate ? one.reasons.union(mark) : one.reasons, hasContent: false))
      }
    }
    return expected
  }
}

extension SampleChange {
  /// What orders it within its delta: without an order, its place.
  fileprivate var rank: UInt64 { order > 0 ? order : place.packed }
  /// What it leaves.
  fileprivate var effect: SampleContent? { kind == .delete ? nil : content }

  fileprivate func seen(reasons: Reasons, hasContent: Bool) -> SampleRecord {
    SampleRecord(
      identity: identity, place: place, line: line, content: hasContent ? content : nil, reasons: reasons)
  }
}

extension Reasons {
  fileprivate func union(_ other: Reasons) -> Reasons {
    var all = self
    all.formUnion(other)
    return all
  }
}
