// The key of a facility's desk: a passphrase gives it, and it encrypts the facility's data file of each night.
// Invariant: the passphrase is not kept, only the key that it gives, in a file that its owner alone may read. Each data file
// has a random salt and therefore a key of its own, whose nonces are the frames' numbers.
// Load: PBKDF2 once when the passphrase is made; a night derives only the files' keys. AES-GCM runs at 1 GB/s or more.
//
//   # the key file
//   cardlink-desk-key 600000 SALT KEY        (both base64)

import Crypto
import CryptoExtras
import Files
import Foundation
package import Values

package struct DeskKey: Sendable {
  package static let rounds = 600_000
  private static let word = "cardlink-desk-key"
  private let salt: Data
  private let key: Data

  /// The key of a new passphrase, with a random salt.
  package init(passphrase: String) throws(Stop) {
    salt = Self.randomBytes()
    do {
      let derived = try KDF.Insecure.PBKDF2.deriveKey(
        from: Data(passphrase.utf8), salt: salt, using: .sha256, outputByteCount: 32, rounds: Self.rounds)
      key = unsafe derived.withUnsafeBytes { unsafe Data($0) }
    } catch {
      throw .noKey
    }
  }

  /// Reads a key that ``write(to:)`` wrote.
  ///
  /// - Throws: ``Stop`` with ``Exit/pipelineWrong`` if there is none, it is another file, or others may read it.
  package init(file path: String) throws(Stop) {
    func stop(_ expected: String, _ found: String, _ remedy: String) -> Stop {
      Stop(.pipelineWrong, at: path, expected: expected, found: found, remedy: remedy)
    }
    guard let text = try Folder.read(path) else {
      throw stop(
        "the key of a facility's passphrase", "no such file", "Make one: cardlink keys passphrase \(path)")
    }
    guard let attributes = try FileAttributes(of: path), attributes.rights & 0o077 == 0 else {
      throw stop("a key that only its owner may read", "one that others may read", "chmod 600 \(path)")
    }
    let words = KeyFile.lines(text).first?.text.split(separator: " ").map(String.init) ?? []
    guard words.count == 4, words[0] == Self.word, words[1] == "\(Self.rounds)",
      let salt = Data(base64Encoded: words[2]), salt.count == 16,
      let key = Data(base64Encoded: words[3]), key.count == 32
    else {
      throw stop(
        "a key that `cardlink keys passphrase` made", "another file",
        "Make a new one: cardlink keys passphrase ANOTHER-FILE")
    }
    (self.salt, self.key) = (salt, key)
  }

  /// Writes the key with access for its owner only.
  ///
  /// - Throws: ``Stop`` with ``Exit/cannotCreate`` if the file exists.
  package func write(to path: String) throws(Stop) {
    if try Folder.exists(path) {
      throw Stop(
        .cannotCreate, at: path, expected: "no file of this name", found: "one",
        remedy:
          "A key is never written over: the facility's passphrase would stop working. Move it away for a new passphrase.",
        next: "cardlink keys passphrase ANOTHER-FILE")
    }
    try Folder.create(Folder.parent(of: path))
    try Folder.writeWhole(
      "\(Self.word) \(Self.rounds) \(salt.base64EncodedString()) \(key.base64EncodedString())\n", to: path)
  }

  fileprivate static func randomBytes() -> Data {
    unsafe SymmetricKey(size: .bits128).withUnsafeBytes { unsafe Data($0) }
  }

  /// Begins a data file.
  package func seal() -> DeskSeal { DeskSeal(salt: salt, key: key) }
}

/// Encrypts the frames of one data file, in their order.
package struct DeskSeal {
  private let salt: Data
  private let fileSalt = DeskKey.randomBytes()
  private let passphraseKey: SymmetricKey
  private let key: SymmetricKey
  private var frames: UInt32 = 0

  fileprivate init(salt: Data, key: Data) {
    self.salt = salt
    passphraseKey = SymmetricKey(data: key)
    self.key = Self.expand(passphraseKey, fileSalt, "cardlink-desk data")
  }

  /// The key's entry in the header of the data file, a JSON object.
  package var header: String {
    let check = Self.expand(passphraseKey, fileSalt, "cardlink-desk check")
    let text = unsafe check.withUnsafeBytes { unsafe Data($0) }.base64EncodedString()
    return """
      {"rounds":\(DeskKey.rounds),"salt":"\(salt.base64EncodedString())",\
      "file_salt":"\(fileSalt.base64EncodedString())","check":"\(text)"}
      """
  }

  /// Encrypts the next frame.
  ///
  /// - Parameter header: the bytes before the first frame, which every frame authenticates.
  package mutating func seal(_ frame: [UInt8], isLast: Bool, header: [UInt8]) throws(Stop) -> [UInt8] {
    var nonce = [UInt8](repeating: 0, count: 12)
    for i in 0..<4 { nonce[7 + i] = UInt8(truncatingIfNeeded: frames >> (24 - 8 * UInt32(i))) }
    nonce[11] = isLast ? 1 : 0
    frames += 1
    do {
      let box = try AES.GCM.seal(
        frame, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: header)
      return Array(box.ciphertext + box.tag)
    } catch {
      throw .noKey
    }
  }

  private static func expand(_ key: SymmetricKey, _ salt: Data, _ info: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(inputKeyMaterial: key, salt: salt, info: Data(info.utf8), outputByteCount: 32)
  }
}

extension Stop {
  fileprivate static var noKey: Stop {
    Stop(
      .internalError, at: "desk key", expected: "to encrypt with it", found: "an error of the library",
      remedy: "Report this.")
  }
}
