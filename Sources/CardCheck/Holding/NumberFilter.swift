// A filter for the numbers of the questions: a few bits for each number that is wanted.
// Invariant: a wanted number always passes; of the others about one in a hundred does.
// Load: every card of a store in one pass, ten million a second. The bits fit in the processor's cache; a
// table of a million numbers would not.

import Rules
import Values

/// A set of numbers with false positives and no false negatives.
///
/// A class, because SQLite keeps its address and calls it.
final class NumberFilter {
  private var bits: UnsafeMutablePointer<UInt64>
  private var wordCount = 1
  private var mask: UInt64 = 63

  init() {
    bits = .allocate(capacity: 1)
    unsafe bits.initialize(to: 0)
  }

  deinit { unsafe bits.deallocate() }

  /// Replaces the numbers by the digits of these.
  func take(_ numbers: [AskedNumber]) {
    wordCount = 1
    // Sixteen bits for each number, so that at most one in sixteen is set.
    while wordCount * 64 < numbers.count * 16 { wordCount *= 2 }
    mask = UInt64(wordCount * 64 - 1)
    unsafe bits.deallocate()
    bits = .allocate(capacity: wordCount)
    unsafe bits.initialize(repeating: 0, count: wordCount)
    for number in numbers {
      let (a, b) = places(number.tail)
      unsafe bits[Int(a >> 6)] |= 1 << (a & 63)
      unsafe bits[Int(b >> 6)] |= 1 << (b & 63)
    }
  }

  /// Whether these digits may be in the set.
  @inline(__always)
  func mayHold(_ number: InsuranceNumber) -> Bool {
    let (a, b) = places(number)
    guard unsafe bits[Int(a >> 6)] >> (a & 63) & 1 == 1 else { return false }
    return unsafe bits[Int(b >> 6)] >> (b & 63) & 1 == 1
  }

  @inline(__always)
  private func places(_ number: InsuranceNumber) -> (UInt64, UInt64) {
    let word = number.packed &* 0x9E37_79B9_7F4A_7C15
    return (word >> 20 & mask, word >> 38 & mask)
  }
}
