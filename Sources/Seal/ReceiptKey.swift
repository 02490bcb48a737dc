// The key with which a facility seals its receipt of a package, and with which the publisher checks the receipt.
// Invariant: the publisher keeps no such keys: it derives one from its signing key and the package's place. The key
// travels in the package, so a sealed receipt proves that its sender had the package, and no more.

import Crypto
import Foundation
import Values

package struct ReceiptKey: Sendable {
  /// 32 hexadecimal digits.
  package let text: String

  /// - Returns: nil if the text doesn't have the form of a key.
  package init?(_ text: String) {
    let isHexadecimal = text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard text.utf8.count == 32, isHexadecimal else { return nil }
    self.text = text
  }

  fileprivate init(_ key: SymmetricKey) {
    text = unsafe key.withUnsafeBytes { bytes in unsafe hexText(bytes.bytes) }
  }

  /// The HMAC-SHA-256 of a text, as 64 hexadecimal digits.
  package func seal(of content: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(content.utf8), using: SymmetricKey(data: Data(text.utf8)))
    return unsafe code.withUnsafeBytes { bytes in unsafe hexText(bytes.bytes) }
  }
}

extension SigningKey {
  /// The key for receipts of one package.
  ///
  /// - Parameter package: a text that is different for each of the publisher's packages.
  package func receiptKey(of package: String) -> ReceiptKey {
    ReceiptKey(
      HKDF<SHA256>.deriveKey(
        inputKeyMaterial: seed, info: Data("cardlink receipt\n\(package)".utf8), outputByteCount: 16))
  }
}
