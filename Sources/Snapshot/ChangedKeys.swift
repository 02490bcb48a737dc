// A filter of the identities that deltas name: tells which records of the base may be changed.
// Invariant: no changed identity is missed; about one other in two hundred passes.
// Load: two bytes for each record of the deltas.

import SortedRuns
import Values

struct ChangedKeys: Sendable {
  private var words: [UInt64]

  /// - Parameter changes: runs by ``RecordIdentity/key``.
  init(_ changes: [SortedRun], in folder: String) throws(Stop) {
    words = Array(repeating: 0, count: changes.reduce(16) { $0 + $1.recordCount / 4 })
    var merge = try Merge(changes, in: folder)
    while merge.hasRecord {
      let (word, bits) = place(merge.key)
      words[word] |= bits
      try merge.advance()
    }
  }

  func mayContain(_ key: UInt64) -> Bool {
    let (word, bits) = place(key)
    return words[word] & bits == bits
  }

  /// Three bits in one word.
  private func place(_ key: UInt64) -> (word: Int, bits: UInt64) {
    let mixed = (key ^ key >> 31) &* 0xBF58_476D_1CE4_E5B9
    let word = Int(mixed.multipliedFullWidth(by: UInt64(words.count)).high)
    return (word, 1 << (mixed & 63) | 1 << (mixed >> 6 & 63) | 1 << (mixed >> 12 & 63))
  }
}
