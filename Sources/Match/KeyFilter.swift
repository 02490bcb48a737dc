// A Bloom filter in blocks of one word: remembers keys in memory of a fixed size.
// Invariant: no false negatives; false positives increase with the number of keys per word. Any number of threads insert
// and ask at once; of two threads that insert one key, at least one learns that the key was there.
// Load: a hundred million keys at 16 bits each, one cache miss for a key.

internal import CScan
import Synchronization

@safe final class KeyFilter: Sendable {
  /// Written by atomic operations alone.
  nonisolated(unsafe) private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  /// - Parameters:
  ///   - keyCount: about how many keys will be inserted; sixteen bits are kept for each.
  ///   - memoryBytes: how much memory it may take at most.
  init(keyCount: Int, memoryBytes: Int) {
    count = max(16, min(keyCount / 4 + 1, memoryBytes / 8))
    unsafe words = .allocate(capacity: count)
    for i in 0..<count { unsafe (words + i).initialize(to: Atomic(0)) }
  }

  deinit { unsafe words.deallocate() }

  /// Three bits in one word.
  @inline(__always)
  private func place(_ key: UInt64) -> (word: Int, bits: UInt64) {
    var mixed = (key ^ key >> 32) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 29) &* 0x94D0_49BB_1331_11EB
    let word = Int(mixed.multipliedFullWidth(by: UInt64(count)).high)
    return (word, 1 << (mixed & 63) | 1 << (mixed >> 6 & 63) | 1 << (mixed >> 12 & 63))
  }

  /// Brings the place of a key into the cache, while the caller does something else.
  @inline(__always)
  func ask(for key: UInt64) { unsafe cardlink_prefetch(words + place(key).word) }

  /// Inserts a key.
  /// - Returns: whether it may have been there before.
  @inline(__always)
  @discardableResult
  func insert(_ key: UInt64) -> Bool {
    let (word, bits) = place(key)
    if unsafe words[word].load(ordering: .relaxed) & bits == bits { return true }
    return unsafe words[word].bitwiseOr(bits, ordering: .relaxed).oldValue & bits == bits
  }

  @inline(__always)
  func mayContain(_ key: UInt64) -> Bool {
    let (word, bits) = place(key)
    return unsafe words[word].load(ordering: .relaxed) & bits == bits
  }
}
