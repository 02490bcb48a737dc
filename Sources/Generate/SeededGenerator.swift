// Random numbers that depend on the seed alone, on every machine.
// Invariant: the sequence is SplitMix64's; it uses neither the system, the clock nor addresses.
// Load: some ten numbers per person, seeded for each person, so that any person can be computed without the
// others.
//
// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
  }

  /// A number from 0 to `bound` − 1; the bias is below one in a hundred million for the small bounds used here.
  mutating func below(_ bound: Int) -> Int { cut(next(), to: bound) }
}

/// Mixes a word so that each bit depends on every bit of `word`; distinct words stay distinct.
@inline(__always)
func mixed(_ word: UInt64) -> UInt64 {
  var z = word
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// Maps a random word to a number from 0 to `bound` − 1.
@inline(__always)
func cut(_ word: UInt64, to bound: Int) -> Int {
  Int(word.multipliedFullWidth(by: UInt64(bound)).high)
}
