// What a file keeps of a passphrase: its scrypt hash with a random salt (RFC 7914).
// Load: 64 MiB and some 0.3 seconds for each hash; the caller lets one be made at a time.

import CryptoExtras
import Foundation

package struct PassphraseHash: Hashable, Sendable {
  /// The cost: `rounds` times `blockSize` times 128 bytes of memory, `parallelism` times over.
  ///
  /// OWASP's password storage cheat sheet names 2^16, 8 and 2.
  private let rounds: Int
  private let blockSize: Int
  private let parallelism: Int
  private let salt: Data
  private let hash: Data

  /// The hash of a passphrase, with a new salt.
  package init(of passphrase: String) {
    var generator = SystemRandomNumberGenerator()
    let salt = Data((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
    self.init(of: passphrase, salt: salt, rounds: 1 << 16, blockSize: 8, parallelism: 2)
  }

  init(of passphrase: String, salt: Data, rounds: Int, blockSize: Int, parallelism: Int) {
    (self.rounds, self.blockSize, self.parallelism, self.salt) = (rounds, blockSize, parallelism, salt)
    hash = Self.hash(passphrase, salt, rounds, blockSize, parallelism) ?? Data()
  }

  /// Reads what ``text`` gives.
  package init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 6, words[0] == "scrypt", let rounds = Int(words[1]), let blockSize = Int(words[2]),
      let parallelism = Int(words[3]), let salt = Data(base64Encoded: words[4]),
      let hash = Data(base64Encoded: words[5]),
      // Neither a hash that is guessed at once nor one that takes the machine's memory.
      (1 << 14...1 << 16).contains(rounds), rounds & (rounds - 1) == 0, blockSize == 8,
      (1...8).contains(parallelism), salt.count >= 16, hash.count == 32
    else { return nil }
    (self.rounds, self.blockSize, self.parallelism) = (rounds, blockSize, parallelism)
    (self.salt, self.hash) = (salt, hash)
  }

  /// `scrypt ROUNDS BLOCK PARALLEL SALT HASH`, the last two in base64.
  package var text: String {
    "scrypt \(rounds) \(blockSize) \(parallelism) \(salt.base64EncodedString()) \(hash.base64EncodedString())"
  }

  /// Whether this is the hash of a passphrase.
  package func matches(_ passphrase: String) -> Bool {
    guard let other = Self.hash(passphrase, salt, rounds, blockSize, parallelism), other.count == hash.count
    else { return false }
    // Takes as long whichever byte differs.
    return zip(other, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0 && !hash.isEmpty
  }

  static func hash(
    _ passphrase: String, _ salt: Data, _ rounds: Int, _ blockSize: Int, _ parallelism: Int, length: Int = 32
  ) -> Data? {
    guard
      let key = try? KDF.Scrypt.deriveKey(
        from: Data(passphrase.utf8), salt: salt, outputByteCount: length, rounds: rounds,
        blockSize: blockSize, parallelism: parallelism)
    else { return nil }
    return unsafe key.withUnsafeBytes { unsafe Data($0) }
  }
}
