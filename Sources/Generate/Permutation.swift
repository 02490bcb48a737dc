// A pseudorandom permutation of the numbers from 0 to size − 1, and its inverse.
// Invariant: one to one, so invented numbers are unique without a table of numbers already used.
// Load: one or two calls per number; a call is four multiplications and seldom a second round.
//
// A Feistel network over pairs (left, right) of digits to the base `side`, where side² is just above size. A
// result beyond the end is permuted again, which stays one to one.
//
// Source: Black, Rogaway, "Ciphers with arbitrary finite domains", 2002.

struct Permutation: Sendable {
  let size: UInt64
  private let side: UInt64
  private let keys: (UInt64, UInt64, UInt64, UInt64)

  /// - Parameter size: from 1 to 2⁴⁰.
  init(size: Int, seed: UInt64) {
    self.size = UInt64(size)
    var side = UInt64(Double(size).squareRoot())
    while side * side < self.size { side += 1 }
    self.side = side
    var random = SeededGenerator(seed)
    keys = (random.next(), random.next(), random.next(), random.next())
  }

  /// The image of `number`.
  func place(of number: Int) -> Int {
    var x = UInt64(number)
    repeat {
      var (left, right) = (x / side, x % side)
      (left, right) = (right, sum(left, shift(right, keys.0)))
      (left, right) = (right, sum(left, shift(right, keys.1)))
      (left, right) = (right, sum(left, shift(right, keys.2)))
      (left, right) = (right, sum(left, shift(right, keys.3)))
      x = left * side + right
    } while x >= size
    return Int(x)
  }

  /// The number whose image is `place`.
  func number(at place: Int) -> Int {
    var x = UInt64(place)
    repeat {
      var (left, right) = (x / side, x % side)
      (left, right) = (difference(right, shift(left, keys.3)), left)
      (left, right) = (difference(right, shift(left, keys.2)), left)
      (left, right) = (difference(right, shift(left, keys.1)), left)
      (left, right) = (difference(right, shift(left, keys.0)), left)
      x = left * side + right
    } while x >= size
    return Int(x)
  }

  private func shift(_ half: UInt64, _ key: UInt64) -> UInt64 { ((mixed(half &+ key) >> 32) * side) >> 32 }
  private func sum(_ a: UInt64, _ b: UInt64) -> UInt64 { a + b >= side ? a + b - side : a + b }
  private func difference(_ a: UInt64, _ b: UInt64) -> UInt64 { a >= b ? a - b : a + side - b }
}
