// Makes the passphrase of a facility's desk.
// Invariant: seven words drawn by the system's generator, which are Vietnamese syllables without marks that Telex and VNI leave
// as they are typed: no letter a, d, e or o twice, and no w, f, j or z.
// Load: once for each facility; a third of a second, because of PBKDF2.

import Files
import Names
import Seal
package import Values

package enum DeskPassphrase {
  static let wordCount = 7

  /// Writes the key of a new passphrase to a file that must not exist.
  ///
  /// - Returns: the passphrase, which is not kept.
  package static func make(at path: String) throws(Stop) -> String {
    let passphrase = random(of: wordCount)
    try DeskKey(passphrase: passphrase).write(to: path)
    return passphrase
  }

  /// Words drawn at random, with a space between them; each has about eleven bits.
  package static func random(of count: Int) -> String {
    let words = words
    return (0..<count).map { _ in words.randomElement() ?? "" }.joined(separator: " ")
  }

  /// The words, ascending.
  static let words: [String] = Syllables.shared.bareSpellings.filter { word in
    word.utf8.count > 1
      && "adeo".allSatisfy { letter in word.count { $0 == letter } < 2 }
  }
}
