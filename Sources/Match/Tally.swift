// How many records of each file ended how, and why.
// Invariant: a record is counted in the same place where its outcome is written, once; tallies add up in any order.
// Load: one increment per record, and one per reason.

import Record

/// Counts of one part of the work; parts are added together.
struct Tally: Sendable {
  static let outcomes = Outcome.allCases.count
  private static let bits = 128
  /// By export, then file index × outcome.
  private var files: [[Int]]
  /// By export × outcome × bit of the reason.
  private var reasons: [Int]

  /// - Parameter fileCounts: population, insurance.
  init(fileCounts: (Int, Int)) {
    files = [
      Array(repeating: 0, count: fileCounts.0 * Self.outcomes),
      Array(repeating: 0, count: fileCounts.1 * Self.outcomes),
    ]
    reasons = Array(repeating: 0, count: 2 * Self.outcomes * Self.bits)
  }

  /// Counts a record, or with a negative `count` takes one back.
  mutating func add(_ export: ExportKind, file: Int, _ outcome: Outcome, _ words: Reasons, count: Int = 1) {
    let e = Int(export.rawValue)
    let at = file * Self.outcomes + Int(outcome.rawValue)
    if at >= files[e].count {
      files[e] += repeatElement(0, count: (file + 1) * Self.outcomes - files[e].count)
    }
    files[e][at] += count
    if !words.isEmpty { add(export, outcome, words, count: count) }
  }

  /// Counts reasons or notes only.
  mutating func add(_ export: ExportKind, _ outcome: Outcome, _ words: Reasons, count: Int) {
    let base = (Int(export.rawValue) * Self.outcomes + Int(outcome.rawValue)) * Self.bits
    var (low, high) = (words.low, words.high)
    while low != 0 {
      reasons[base + low.trailingZeroBitCount] += count
      low &= low - 1
    }
    while high != 0 {
      reasons[base + 64 + high.trailingZeroBitCount] += count
      high &= high - 1
    }
  }

  mutating func add(_ other: Tally) {
    for e in 0..<2 {
      if other.files[e].count > files[e].count {
        files[e] += repeatElement(0, count: other.files[e].count - files[e].count)
      }
      for i in other.files[e].indices { files[e][i] += other.files[e][i] }
    }
    for i in reasons.indices { reasons[i] += other.reasons[i] }
  }

  /// By file index and outcome.
  func outcomeCounts(_ export: ExportKind) -> [[Int]] {
    let all = files[Int(export.rawValue)]
    return stride(from: 0, to: all.count, by: Self.outcomes).map { Array(all[$0..<$0 + Self.outcomes]) }
  }

  /// `outcome/reason` → records; for linked records the notes.
  func reasonCounts(_ export: ExportKind) -> [String: Int] {
    var counts: [String: Int] = [:]
    for outcome in Outcome.allCases {
      for reason in Reason.allCases {
        let i =
          (Int(export.rawValue) * Self.outcomes + Int(outcome.rawValue)) * Self.bits + Int(reason.rawValue)
        if reasons[i] != 0 { counts["\(outcome.name)/\(reason.word)"] = reasons[i] }
      }
    }
    return counts
  }
}
