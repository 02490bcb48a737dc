// The header of an age file: the file's key, wrapped once for each recipient, and a code made with that key.
// Invariant: a header with any changed bit is refused: it is accepted only in the one form that the format
// allows, and the code covers its bytes.
// Load: one for each of 13,000 packages, with a key or two; some 100 µs each.
//
// Source: age-encryption.org/v1 (C2SP), "Header" and "The X25519 recipient type".

import Crypto
import Foundation

/// What is wrong with an encrypted file.
package enum EncryptedFault: Error, Hashable {
  /// Not a file in the age format, version 1.
  case notEncrypted
  /// The file was encrypted to none of the keys.
  case otherKey
  case altered
  /// Its end is missing.
  case cutShort
}

enum AgeHeader {
  private static let version = "age-encryption.org/v1\n"
  private static let stanza = "-> X25519 "
  private static let end = "---"
  private static let wrapInfo = Data("age-encryption.org/v1/X25519".utf8)
  static let fileKeyBytes = 16
  /// The most bytes searched for a header's end: some six hundred keys.
  static let longest = 64 << 10

  /// Whether a file begins like one of age's, of any version.
  static func isHeader(_ bytes: [UInt8]) -> Bool { bytes.starts(with: "age-encryption.org/".utf8) }

  /// - Parameter keys: the recipients; at least one.
  static func bytes(_ fileKey: SymmetricKey, for keys: [EncryptionKey]) throws -> [UInt8] {
    var text = version
    for key in keys {
      let ephemeral = Curve25519.KeyAgreement.PrivateKey()
      let share = ephemeral.publicKey.rawRepresentation
      let receiver = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: key.bytes)
      let wrap = try wrapKey(ephemeral.sharedSecretFromKeyAgreement(with: receiver), share, Data(key.bytes))
      let wrapped = try ChaChaPoly.seal(fileKey.data, using: wrap, nonce: zeroNonce())
      text += stanza + share.unpadded + "\n" + (wrapped.ciphertext + wrapped.tag).unpadded + "\n"
    }
    text += end
    let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: headerKey(fileKey))
    return Array((text + " " + Data(code).unpadded + "\n").utf8)
  }

  /// Reads the header that a file begins with.
  ///
  /// - Returns: the file's key, and how long the header is.
  static func read(_ file: [UInt8], with keys: [DecryptionKey]) throws(EncryptedFault) -> (SymmetricKey, Int)
  {
    guard file.starts(with: version.utf8) else { throw isHeader(file) ? .altered : .notEncrypted }
    var position = version.utf8.count
    func line() throws(EncryptedFault) -> ArraySlice<UInt8> {
      guard let lineEnd = file[position...].firstIndex(of: UInt8(ascii: "\n")) else {
        throw file.count < longest ? .cutShort : .altered
      }
      defer { position = lineEnd + 1 }
      return file[position..<lineEnd]
    }
    var found: SymmetricKey?
    var current = try line()
    while !current.starts(with: end.utf8) {
      guard current.starts(with: "-> ".utf8), current.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
        throw .altered
      }
      let head = current
      // A stanza's body is lines of 64 characters and a shorter one.
      var body: [UInt8] = []
      repeat {
        current = try line()
        guard current.count <= 64 else { throw .altered }
        body += current
      } while current.count == 64
      current = try line()
      // Skip stanzas of other types.
      guard head.starts(with: stanza.utf8) else { continue }
      guard let share = Data(unpadded: head.dropFirst(stanza.utf8.count)), share.count == 32,
        let wrapped = Data(unpadded: body[...]), wrapped.count == fileKeyBytes + 16
      else { throw .altered }
      for key in keys where found == nil { found = fileKey(wrapped, share, key) }
    }
    guard let found else { throw .otherKey }
    let endStart = current.startIndex
    let codeStart = endStart + end.utf8.count
    guard current.count > end.utf8.count, file[codeStart] == UInt8(ascii: " "),
      let code = Data(unpadded: file[(codeStart + 1)..<current.endIndex]),
      HMAC<SHA256>.isValidAuthenticationCode(
        code, authenticating: file[..<codeStart], using: headerKey(found))
    else { throw .altered }
    return (found, position)
  }

  private static func fileKey(_ wrapped: Data, _ share: Data, _ key: DecryptionKey) -> SymmetricKey? {
    guard let sender = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: share),
      let secret = try? key.key.sharedSecretFromKeyAgreement(with: sender),
      let box = try? ChaChaPoly.SealedBox(
        nonce: zeroNonce(), ciphertext: wrapped.dropLast(16), tag: wrapped.suffix(16)),
      let opened = try? ChaChaPoly.open(
        box, using: wrapKey(secret, share, key.key.publicKey.rawRepresentation))
    else { return nil }
    return SymmetricKey(data: opened)
  }

  private static func wrapKey(_ secret: SharedSecret, _ share: Data, _ receiver: Data) -> SymmetricKey {
    secret.hkdfDerivedSymmetricKey(
      using: SHA256.self, salt: share + receiver, sharedInfo: wrapInfo, outputByteCount: 32)
  }

  private static func headerKey(_ fileKey: SymmetricKey) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(inputKeyMaterial: fileKey, info: Data("header".utf8), outputByteCount: 32)
  }

  /// An all-zero nonce, safe for a key that encrypts only once.
  private static func zeroNonce() throws -> ChaChaPoly.Nonce { try ChaChaPoly.Nonce(data: Data(count: 12)) }
}

extension SymmetricKey {
  fileprivate var data: Data { unsafe withUnsafeBytes { unsafe Data($0) } }
}

extension Data {
  /// Base64 without `=` at its end.
  fileprivate var unpadded: String { String(base64EncodedString().prefix { $0 != "=" }) }

  /// Reads base64 in its canonical form; nil for any other, even if only unused bits differ.
  fileprivate init?(unpadded text: ArraySlice<UInt8>) {
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    guard let data = Data(base64Encoded: String(decoding: text, as: UTF8.self) + padding),
      Array(data.unpadded.utf8) == Array(text)
    else { return nil }
    self = data
  }
}
